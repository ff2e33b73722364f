"""Somebody presses thousands of random keys: no traceback, and no state that no run could have.

HVTUI_MONKEY_ACTS is how much is done to each sample (60 by default); HVTUI_MONKEY_SEED begins
another series.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hvtui.machinefile.loading import load_system
from hvtui.machinefile.samples import Sample, list_samples
from tests.support.monkey import Monkey
from tests.support.screens import debugger, running
from tests.support.timetravel import fresh_scenes, recorded, scene_of

ACTS = int(os.environ.get("HVTUI_MONKEY_ACTS", "60"))
SEED = int(os.environ.get("HVTUI_MONKEY_SEED", "1"))
SAMPLES = [sample for sample in list_samples() if "/" not in sample.name]


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
async def test_nothing_that_a_person_presses_breaks_the_debugger(
    sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    system = load_system(sample.path)
    async with running(system, (120, 40)) as pilot:
        monkey = Monkey(pilot, SEED)
        for _ in range(ACTS):
            await monkey.act()
            assert pilot.app.is_running, monkey.done[-30:]
        await monkey.calm_down()
        session = debugger(pilot).session
        instant = session.machine.instant
        there = scene_of(session)
        changes = [change for change in recorded(session) if change.instant <= instant]
        for _, fresh in fresh_scenes(session.system, changes, [instant]):
            assert there == fresh, monkey.done
