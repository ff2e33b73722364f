"""Sample 10: binary translation in a process of a host, on the CPU that ignores kernel instructions."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from typing import Any

import pytest

from hvtui.cli import main
from hvtui.debugger.session import Session
from hvtui.debugger.snapshot import StopKind
from hvtui.machinefile.loading import load_system
from tests.support.computers import SAMPLES, report_of
from tests.support.type2 import (
    FOLDER,
    GUEST_AT,
    MOST_INSTRUCTIONS,
    bare,
    hypervisor,
    run,
    sample,
    spoken,
    with_hypervisor,
)
from tests.support.virtualized import GUEST_RAM


@cache
def report() -> dict[str, Any]:
    return report_of(FOLDER, f"--max-instructions={MOST_INSTRUCTIONS}")


@cache
def lesson() -> str:
    return (FOLDER / "LESSON.md").read_text(encoding="utf-8")


# The guest.


def test_its_own_expectations_hold(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(FOLDER)]) == 0, capfd.readouterr().out


def test_the_guest_is_the_very_same_bytes_as_without_a_hypervisor() -> None:
    originals = load_system(SAMPLES / "01-native")
    bare_machine, machine = originals.fresh_machine(), sample().fresh_machine()
    parts = {part.name: part for part in sample().components if part.vm is not None}
    assert parts.keys() == {part.name for part in originals.components}
    for original in originals.components:
        part = parts[original.name]
        assert part.relocation == GUEST_AT - GUEST_RAM
        assert len(part.extents) == len(original.extents)
        for start, end in original.extents:
            there = machine.read_physical(start + part.relocation, end - start)
            assert there == bare_machine.read_physical(start, end - start)


def test_the_guest_prints_what_it_prints_on_this_cpu_without_a_hypervisor() -> None:
    assert spoken(report()["console"]) == bare()[1]
    assert report()["exit"] == {"reason": "finisher", "code": 0}


def test_the_other_process_speaks_at_its_times_in_between() -> None:
    lines = report()["console"].splitlines()
    ticks = [index for index, line in enumerate(lines) if line.startswith("ticker: ")]
    assert [lines[index] for index in ticks] == [f"ticker: {number}" for number in range(1, 6)]
    assert any(later - earlier > 1 for earlier, later in pairwise(ticks))


def test_of_the_kernel_nothing_is_executed_and_nothing_of_it_is_ignored() -> None:
    assert report()["components"]["tinyos"]["instructions"] == 0
    assert report()["first_lost"]["component"] == "spy"
    assert report()["kernel_instructions"]["rdstatus"]["ignored"] == 1


def test_programs_run_as_they_are() -> None:
    """But spinner and waker, whose turns are as long as the host's clock says."""
    alone = report_of(SAMPLES / "01-native", "--cpu=legacy")["components"]
    for name, count in alone.items():
        if name not in ("tinyos", "spinner", "waker"):
            assert report()["components"][name]["instructions"] == count["instructions"]


# The translator's parts: with and without each the guest does the same.

WITHOUT = {
    "inlining": {"INLINE": 0},
    "chains": {"CHAIN": 0},
    "adapting": {"ADAPT": 0},
    "room": {"CACHE_SIZE": 0x1000},
}


@cache
def instructions_without(what: str) -> int:
    machine, console = run(with_hypervisor(hypervisor(**WITHOUT[what])))
    assert machine.exit is not None
    assert spoken(console) == bare()[1]
    return machine.retired


@pytest.mark.parametrize("what", WITHOUT)
def test_each_part_of_the_translator_saves_work_and_changes_nothing_else(what: str) -> None:
    assert instructions_without(what) > report()["instructions"]


def _instructions_of(name: str) -> int:
    count: int = report_of(SAMPLES / name, f"--max-instructions={MOST_INSTRUCTIONS}")["instructions"]
    return count


def test_the_lesson_tells_what_the_parts_save() -> None:
    for what in ("inlining", "chains", "adapting"):
        row = re.search(rf"\| \.\.\. without {what} .* \| ([\d,]+) \|", lesson())
        assert row is not None
        assert row[1] == f"{instructions_without(what):,}"
    for name, count in (
        ("type 2, translation", report()["instructions"]),
        ("type 1, with a trap bitmap", _instructions_of("04-type1-vt")),
        ("without a hypervisor", _instructions_of("01-native")),
    ):
        assert f"| {name} | {count:,} |" in lesson()


def test_the_lesson_counts_what_the_translator_does() -> None:
    rows = {
        "blocks translated": "block_done",
        "calls of the hypervisor out of translated code": "callout",
        "... of them for CSR instructions": "csr_instruction",
        "indirect jumps": "indirect",
        "signals": "signalled",
        "runs of a program": "run_program",
    }
    session = Session(sample())
    numbers = {
        label: session.break_at(label).number
        for label in (*rows.values(), "emulate_load", "emulate_store")
    }
    for number in numbers.values():
        session.ignore_hits(number, 1_000_000)
    assert session.resume().kind is StopKind.ENDED
    hits = {point.number: point.hits for point in session.breakpoints}
    counts = {label: hits[number] for label, number in numbers.items()}
    for words, label in rows.items():
        assert f"| {words} | {counts[label]:,} |" in lesson(), (words, counts[label])
    assert f"There are {counts['signalled']} signals" in lesson()
    touches = counts["emulate_load"] + counts["emulate_store"]
    assert f"touches its devices {touches:,} times" in lesson()


# The debugger.


def test_a_signal_is_over_when_the_translation_goes_on() -> None:
    session = Session(load_system(FOLDER))
    session.break_at("callout")
    session.ignore_hits(1, 1_000)
    session.resume()
    origin = session.snapshot().stack[1].position.origin
    assert len(session.snapshot().stack) == 2
    assert origin is not None
    assert origin.owner == "tinyos"
