"""All samples come out the same in both engines, and so does everything that the debugger follows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from hvtui.debugger.session import Session
from hvtui.machine.engines import Engine, why_not_fast
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.system import Overrides, System
from tests.support.engine_agreement import compare

SAMPLES = Path(__file__).parents[3] / "samples"
MACHINES = sorted([*SAMPLES.glob("*/machine.toml"), *SAMPLES.glob("bugs/*/machine.toml")])
INSTANTS = (1_000, 5_003, 20_011, 60_000)

pytestmark = pytest.mark.skipif(bool(why_not_fast()), reason=f"no fast engine: {why_not_fast()}")


def _with_both(path: Path) -> list[System]:
    system = load_system(path)
    return [
        replace(system, overrides=Overrides(engine=each)) for each in (Engine.REFERENCE, Engine.FAST)
    ]


def _name(path: Path) -> str:
    return path.parent.name


@pytest.mark.parametrize("path", MACHINES, ids=_name)
def test_a_sample_runs_alike_when_nobody_listens(path: Path) -> None:
    reference, fast = (system.fresh_machine() for system in _with_both(path))
    for instant in INSTANTS:
        assert reference.run(until_instant=instant) == fast.run(until_instant=instant)
        assert not compare(reference.capture(), fast.capture())


@pytest.mark.parametrize("path", MACHINES, ids=_name)
def test_the_debugger_follows_a_sample_alike(path: Path) -> None:
    sessions = [Session(system) for system in _with_both(path)]
    for instant in INSTANTS:
        states = []
        for session in sessions:
            session.machine.uart.input_open = False
            timeline = session._mover.timeline
            while timeline.now < instant and session.machine.exit is None:
                timeline.run(instant)
            states.append((session.machine.capture(), session._mover.follower.capture()))
        (machine, followed), (fast_machine, fast_followed) = states
        assert not compare(machine, fast_machine)
        assert followed == fast_followed
