"""What the engine and a session keep of a run without end is bounded. Counts are asserted, no time."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from hvtui.debugger.callstack import MOST_PARKED
from hvtui.debugger.console import LINES_RECORDED
from hvtui.debugger.edits import MemoryEdit
from hvtui.debugger.history import History
from hvtui.debugger.rows import CHUNK_ROWS
from hvtui.debugger.session import Session
from hvtui.machine.access import MAX_CONTEXTS
from hvtui.machine.board import Machine
from hvtui.machine.engines import Engine, why_not_fast
from hvtui.machine.fast import hot_code
from hvtui.machine.fast.layout import SETTINGS
from hvtui.machine.memory import PAGE_SIZE, RAM_BASE
from tests.bench.bench_soak import Sample, engine_keeps, verdict
from tests.bench.soak import churning, heating
from tests.bench.soak_kept import grown, kept
from tests.support.engine_agreement import compare

_MIB = 1 << 20
_SAMPLES = 16
# Enough for the guest to fill the table of PMP settings several times.
_STEPS = 8_000_000
_BUDGET = 4 * _MIB
_CHUNKS = 1
_ROUNDS, _ROUND = 8, 80_000

needs_fast = pytest.mark.skipif(bool(why_not_fast()), reason=f"no fast engine: {why_not_fast()}")


def _machine(engine: Engine, **sizes: int) -> Machine:
    system = churning(**sizes)
    machine = Machine(cpu=system.cpu, ram_size=system.ram_size, engine=engine)
    for component in system.components:
        for segment in component.program.segments:
            machine.load(segment.address, segment.data)
    machine.reset(system.entry)
    return machine


@needs_fast
def test_both_engines_make_the_same_of_the_guest_that_changes_everything() -> None:
    states = []
    for engine in (Engine.REFERENCE, Engine.FAST):
        machine = _machine(engine)
        machine.run(until_instant=100_000)
        states.append(machine.capture())
    assert not compare(*states)


@needs_fast
def test_the_fast_engine_keeps_no_more_the_longer_it_runs() -> None:
    machine = _machine(Engine.FAST, code_pages=64, roots=16)
    samples, settings = [], []
    for part in range(1, _SAMPLES + 1):
        machine.run(until_instant=part * _STEPS // _SAMPLES)
        samples.append(kept(machine=machine))
        pages, versions, _ = engine_keeps(machine)
        settings.append(versions)
        # The pages with the guest's programs, and those of the program itself.
        assert pages <= 64 + 2
        assert samples[-1]["machine._access._contexts"] <= MAX_CONTEXTS + 1
    half = _SAMPLES // 2
    assert not grown(samples[:half], samples[half:], slack=MAX_CONTEXTS)
    # The table of PMP settings was full, and was begun anew.
    assert max(settings) <= SETTINGS
    assert any(later < earlier for earlier, later in pairwise(settings))


@needs_fast
def test_decoded_code_never_takes_more_pages_than_ram_has() -> None:
    machine = _machine(Engine.FAST, code_pages=1024, roots=256)
    machine.run(until_instant=2_000_000)
    pages, *_ = engine_keeps(machine)
    assert 900 < pages <= machine.ram.size // PAGE_SIZE


def test_a_session_keeps_what_its_budgets_allow_however_long_it_runs() -> None:
    session = Session(churning(code_pages=16, roots=8), budget=_BUDGET)
    session.traplog._rows._most_chunks = _CHUNKS
    samples = []
    for _ in range(_ROUNDS):
        session.limit = session.machine.instant + _ROUND
        session.resume()
        session.goto(session.machine.instant - 1_000)
        session.reverse_to_trap()
        session.change(MemoryEdit(RAM_BASE + 0xF0_0000, b"bounded!"), cut=True)
        samples.append(kept(session=session))
        history = session._mover.timeline.history
        assert history.size <= _BUDGET
        _check_estimate(history)
        rows = session.traplog._rows
        assert rows.end - rows.first <= (_CHUNKS + 1) * CHUNK_ROWS
    assert session.traplog._rows.first > 0, "the log was never full: nothing was tried"
    last = samples[-1]
    assert last["session.callstack._times"] <= 8
    assert last.get("session.callstack._parked", 0) <= MOST_PARKED
    assert last["session.console._known"] <= LINES_RECORDED
    # An edit is a person's: it is kept, and made again. There were as many as rounds.
    assert last["session._mover.timeline.history.changes"] == _ROUNDS


def _check_estimate(history: History) -> None:
    """The pages that the moments really hold, each counted once, are not more than was estimated."""
    pages = {id(page) for moment in history.moments for chunk in moment.machine.ram for page in chunk}
    assert len(pages) * PAGE_SIZE <= history.size


class _Leaking:
    """Something that keeps all it ever saw."""

    __module__ = "tests.leaking"

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.by_name: dict[str, list[int]] = {"all": []}


def _keeps(leaking: _Leaking) -> None:
    leaking.seen += range(100)


def _keeps_deeper(leaking: _Leaking) -> None:
    leaking.by_name["all"] += range(100)


@pytest.mark.parametrize(("leak", "path"), [(_keeps, "it.seen"), (_keeps_deeper, "it.by_name[]")])
def test_a_soak_names_what_grows(leak: Callable[[_Leaking], None], path: str) -> None:
    leaking = _Leaking()
    samples = []
    for _ in range(4):
        leak(leaking)
        samples.append(kept(it=leaking))
    assert [growth.path for growth in grown(samples[:2], samples[2:])] == [path]
    assert not grown(samples[2:], samples[:2])


@pytest.mark.parametrize(
    ("growing", "flat"),
    [
        ({}, True),
        ({"allocated": 2 * _MIB}, False),
        ({"blocks": 10_000}, False),
        ({"resident": 4 * _MIB}, False),
    ],
    ids=str,
)
def test_a_soak_calls_memory_flat_only_if_it_is(growing: dict[str, int], flat: bool) -> None:
    samples = [
        Sample(
            float(second),
            100 * _MIB + growing.get("resident", 0) * second,
            30 * _MIB + growing.get("allocated", 0) * second,
            300_000 + growing.get("blocks", 0) * second,
            {"it.seen": 5},
        )
        for second in range(30)
    ]
    found, words = verdict(samples)
    assert found is flat
    assert ("GROWS" in words[0]) is not flat


def test_a_soak_of_one_sample_is_no_proof() -> None:
    assert not verdict([Sample(0.0, _MIB, _MIB, 10, {})])[0]


@needs_fast
def test_blocks_that_are_never_the_same_again_are_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hot_code, "_MOST_KEPT", 8)
    monkeypatch.setattr(hot_code, "_COMPILER", hot_code._Compiler())
    machine = heating(pages=4)
    compiled = []
    for part in range(1, 7):
        machine.run(until_instant=20_000 * part)
        assert engine_keeps(machine)[2] <= 4
        compiled.append(len(hot_code._COMPILER._kept))
    assert compiled[-1] == 8
    assert machine._engine is not None
    assert machine._engine.hot_code.taken_up > 20
