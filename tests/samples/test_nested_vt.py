"""The sample of nested virtualization: what its guests print, what its lesson says an exit costs."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from asm.disassembly.disassembler import disassemble
from asm.isa.causes import Cause
from asm.isa.trapbits import ALL_TRAP_BITS, TrapBit
from hvtui.checks.vm_console import split_vms
from hvtui.cli import main
from hvtui.comparing.choosing import same_work
from hvtui.debugger.positions import Whereabouts
from hvtui.debugger.session import Session
from hvtui.headless.components import ComponentCounts
from hvtui.machine.events import TrapReturned, TrapTaken
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.ranges import exactly
from hvtui.machinefile.samples import list_samples
from hvtui.machinefile.system import System
from tests.support.computers import SAMPLES, report_of
from tests.support.virtualized import (
    GUEST_RAM,
    HYPERVISOR_SIZE,
    Guest,
    guest_of_sample,
    hypervisor_as_guest,
    listen,
    native,
    virtualized,
)

FOLDER = SAMPLES / "11-nested-vt"
ALL, ONE, OR, SVM, THREE = (
    FOLDER / f"{name}.toml" for name in ("machine", "one", "or", "svm", "three")
)
DEEP = {ALL: 2, ONE: 2, OR: 2, SVM: 2, THREE: 3}
EACH = pytest.mark.parametrize("path", DEEP, ids=lambda path: path.stem)
NESTED = {"NESTED": 1}
MOST_INSTRUCTIONS = 25_000_000
PAGE_FAULTS = (Cause.FETCH_PAGE_FAULT, Cause.LOAD_PAGE_FAULT, Cause.STORE_PAGE_FAULT)

# The instruction whose cost the lesson tells, the second exit of samples/guests/which.s, and the next.
ASKS, NEXT = "csrw mtvec, t0", "csrr a0, mimpid"

# What a hypervisor executes for an exit and traps in ring 1: the rows of the lesson's table.
DEVICE = "an access to a device"
OF_L1 = (
    ("csrrw s0, mscratch, s0", "csrrw t0, mscratch, s0"),
    ("csrr t0, mepc", "csrr t0, mcause", "csrr t0, mtval", "csrr s1, mstatus"),
    ("csrw satp, a0", "csrw mie, t0", "csrw mstatus, a0", "csrw mepc, t0"),
    ("sfence.vma",),
    ("csrr a0, minstret", "csrr t0, minstret", "rdtime t1", "rdtime t3", "rdtimeh t2"),
    (DEVICE,),
    ("mret",),
)


@cache
def system_of(path: Path) -> System:
    return load_system(path)


@cache
def report(path: Path) -> dict[str, Any]:
    return report_of(path, f"--max-instructions={MOST_INSTRUCTIONS}")


@cache
def lesson() -> str:
    return (FOLDER / "LESSON.md").read_text(encoding="utf-8")


def rows(head: str) -> list[list[str]]:
    """Return the cells of the table of the lesson that begins with `head`."""
    _, _, text = lesson().partition(f"\n{head}")
    assert text, f"no table begins with {head}"
    table = text.partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table]


def number(text: str) -> int:
    return int(text.replace(",", ""))


def innermost(path: Path) -> Guest:
    """Return the innermost guest of a machine, as it would lie on a machine of its own."""
    shift = DEEP[path] * HYPERVISOR_SIZE
    deepest = ".".join(["vm1"] * DEEP[path])
    parts = [part for part in system_of(path).components if part.vm == deepest]
    return Guest(tuple(replace(part, at=part.at - shift, vm=None) for part in parts))


@cache
def bare(path: Path) -> tuple[str, dict[str, int]]:
    """Return what the innermost guest prints on the bare machine, and its components' instructions."""
    system = native(innermost(path))
    machine = system.fresh_machine()
    console, counts = listen(machine), ComponentCounts(system, machine)
    machine.run(max_retired=MOST_INSTRUCTIONS)
    instructions = {name: count["instructions"] for name, count in counts.by_name().items()}
    return bytes(console).decode(), instructions


# Who runs.


@EACH
def test_hypervisors_and_guests_are_those_of_the_other_samples_unmodified(path: Path) -> None:
    parts = {part.name: part for part in system_of(path).components}
    levels = [part for part in parts.values() if part.role == "hypervisor"]
    assert [level.name for level in levels] == [f"L{depth}" for depth in range(DEEP[path])]
    assert all(level.program.sources == levels[0].program.sources for level in levels)
    plain = {part.name: part for part in load_system(SAMPLES / "04-type1-vt").components}
    assert levels[-1].program.segments == plain["hypervisor"].program.segments
    for name, part in parts.items():
        if name in plain:
            assert part.program.segments == plain[name].program.segments
    assert ("tinyos" in parts) == (path != THREE)


def test_the_programs_are_those_of_the_first_sample() -> None:
    names = {part.name for part in guest_of_sample("01-native").components}
    assert {part.name for part in innermost(ALL).components} == names


# What they print.


@EACH
def test_the_innermost_guest_prints_what_it_prints_on_the_bare_machine(
    path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The machine is held to its expectations, and these to what the guest does alone."""
    status = main(["check", str(path)])
    assert status == 0, capfd.readouterr().out
    expect = system_of(path).expect
    console = expect.vm_consoles["vm1"]
    for _ in range(DEEP[path] - 1):
        console = split_vms(console.encode())["vm1"].decode()
    said = [line for line in console.splitlines() if not line.startswith("type1: ")]
    alone, instructions = bare(path)
    assert said == alone.splitlines()
    for part in system_of(path).components:
        if part.role == "user":
            assert expect.ran[part.name] == exactly(instructions[part.name])


def test_the_lesson_tells_what_the_whole_costs() -> None:
    found = [report(SAMPLES / name) for name in ("01-native", "04-type1-vt", FOLDER.name)]
    seen = [[each["instructions"], each["exits"]["total"]] for each in found]
    told = [[number(cell) for cell in row[1:]] for row in rows("| all seven programs |")]
    assert told == [[seen[0][0], 0], *seen[1:]]


def test_compare_takes_it_for_the_same_work() -> None:
    group = next(iter(same_work(list_samples())))
    assert FOLDER.name in [name for name, _ in group]


# What the debugger shows.


def stack(session: Session) -> list[str]:
    """Write the call stack, innermost first: ``ring component function [reason]``."""
    return [
        f"{entry.privilege.ring} {entry.position.owner} {entry.function}"
        + (f" [{entry.reason}]" if entry.reason else "")
        for entry in session.snapshot().stack
    ]


def until(session: Session, condition: str) -> None:
    session.break_on_trap(condition, one_shot=True)
    session.resume()


def test_the_stack_leads_through_three_hypervisors() -> None:
    session = Session(system_of(THREE))
    until(session, "wrtvec in which")
    until(session, "mret in L2")
    until(session, "mret in L1")
    write = "illegal instruction, csrw mtvec, t0 (bit 3 wrtvec)"
    deeper = [
        f"1 L2 guest_left [injected by L1 through L0: {write}]",
        "1 which _start [switched to by L2 through L0]",
    ]
    top, handler, *rest = stack(session)
    assert top.startswith("0 L0 guest_left [trap: illegal instruction, mret (bit 17 mret)")
    assert handler.startswith(
        "1 L1 guest_left [injected by L0: illegal instruction, mret (bit 17 mret)"
    )
    assert rest == deeper
    assert session.finish_trap().text.startswith("return by L2: mret in L0 at world.s:")
    assert stack(session) == deeper[1:]


# What an exit costs.


class Cost(NamedTuple):
    """What one instruction of the innermost guest leads to, up to the guest's next.

    `exits` are by component; `about` says what those of the hypervisor around the guest were.
    """

    exits: Counter[str]
    instructions: int
    about: Counter[str]

    @property
    def total(self) -> int:
        return self.exits.total()


@cache
def cost(depth: int, cpu: str = "vt") -> Cost:
    """Measure `ASKS` under so many hypervisors: from its trap to that of the instruction after it."""
    system = replace(nest(depth), cpu=cpu)
    machine = system.fresh_machine()
    whereabouts = Whereabouts(system, machine)
    exits: Counter[str] = Counter()
    about: Counter[str] = Counter()
    began: list[int] = []

    def on_trap(event: TrapTaken) -> None:
        owner = whereabouts.notice(event.pc, event.origin).owner
        text = str(disassemble(event.word, event.pc)) if event.word else ""
        if owner.endswith("which"):
            if text == ASKS:
                began.append(machine.retired)
            elif text == NEXT:
                began.append(machine.retired)
                machine.request_stop()
        if len(began) == 1:
            exits[owner.rpartition(" ")[2]] += 1
            about[text if event.bits else event_name(event)] += 1

    machine.observers.trap.append(on_trap)
    machine.run(max_retired=MOST_INSTRUCTIONS)
    assert len(began) == 2
    return Cost(exits, began[1] - began[0], about)


def event_name(event: TrapTaken) -> str:
    return "a page for the guest" if event.tval >= 0x8000_0000 else DEVICE


def nest(depth: int) -> System:
    """Return the guest of three.toml under so many hypervisors: 3 is that machine."""
    if depth == DEEP[THREE]:
        return system_of(THREE)
    guest = innermost(THREE)
    if depth == 1:
        return virtualized(guest, cpu="vt")
    return virtualized(hypervisor_as_guest(guest), cpu="vt", vm_size=8 << 20, defines=NESTED)


def test_the_lesson_tells_what_an_exit_costs_at_each_depth() -> None:
    told = [[number(cell) for cell in row] for row in rows("| hypervisors |")]
    assert [row[:3] for row in told] == [
        [depth, cost(depth).total, cost(depth).instructions] for depth in (1, 2, 3)
    ]


def test_on_svm_it_costs_as_many_exits() -> None:
    told = [[number(cell) for cell in row] for row in rows("| hypervisors, on `svm` |")]
    found = {depth: cost(depth, "svm") for depth in (1, 2, 3)}
    assert told == [[depth, each.total, each.instructions] for depth, each in found.items()]
    assert [each.total for each in found.values()] == [cost(depth).total for depth in found]


def test_three_hypervisors_run_on_svm_too() -> None:
    system = replace(system_of(THREE), cpu="svm")
    machine = system.fresh_machine()
    console = listen(machine)
    machine.run(max_retired=MOST_INSTRUCTIONS)
    assert machine.exit is not None
    assert machine.exit.code == 0
    on_vt = system.expect.vm_consoles["vm1"]
    said = on_vt.replace(
        "CPU vt: it traps what the trap bitmap says",
        "CPU svm: it traps what the bitmap in the control block says",
    )
    assert split_vms(bytes(console))["vm1"].decode() == said


def test_the_bitmap_of_the_cpu_is_the_or_of_both() -> None:
    """L0 leaves a bit out: what L1 does not want to be told of itself it still is of its guests."""
    system = system_of(OR)
    machine = system.fresh_machine()
    whereabouts = Whereabouts(system, machine)
    seen: set[tuple[str, int]] = set()
    asked: Counter[str] = Counter()

    def on_return(event: TrapReturned) -> None:
        owner = whereabouts.notice(event.resumed, event.target).owner
        seen.add((owner, machine.hart.csr_value("mtrapmap")))

    def on_trap(event: TrapTaken) -> None:
        if event.bits == (TrapBit.SFENCE,):
            asked[whereabouts.notice(event.pc, event.origin).owner] += 1

    machine.observers.trap_return.append(on_return)
    machine.observers.trap.append(on_trap)
    machine.run(max_retired=MOST_INSTRUCTIONS)
    own, both = ALL_TRAP_BITS & ~(1 << TrapBit.SFENCE), ALL_TRAP_BITS
    assert seen == {("L1", own), ("tinyos", both), ("greeter", both)}
    for bitmap in (own, both):
        assert f"`p mtrapmap` says `{bitmap:#x}`" in lesson()
    assert asked == {"tinyos": 1}
    ignored = system.expect.ignored["sfence"].low
    assert f"Of {ignored + 1} the one of `tinyos` traps, and the {ignored} of" in " ".join(
        lesson().split()
    )


def test_the_lesson_counts_the_pages_that_are_entered_again() -> None:
    def pages(name: str) -> int:
        machine = load_system(SAMPLES / name).fresh_machine()
        found: list[int] = []

        def on_trap(event: TrapTaken) -> None:
            if event.cause in PAGE_FAULTS and not event.is_interrupt and event.tval >= GUEST_RAM:
                found.append(event.tval)

        machine.observers.trap.append(on_trap)
        machine.run(max_retired=MOST_INSTRUCTIONS)
        return len(found)

    once, again = pages("04-type1-vt"), pages(FOLDER.name)
    text = " ".join(lesson().split())
    assert f"{again:,} are for memory; under one hypervisor they are {once}." in text
    assert f"one exit in {report(FOLDER)['exits']['total'] // again}." in text


def test_the_model_is_right_for_two_levels_and_low_for_three() -> None:
    *_, (_, _, _, third) = told = [[number(cell) for cell in row] for row in rows("| hypervisors |")]
    k = cost(2).total - 1
    assert f"k = {k}" in lesson()
    for depth, *_, model in told:
        assert model == (k**depth - 1) // (k - 1)
    assert third < cost(3).total == cost(2).total ** 2 - 1


def test_the_lesson_lists_what_the_inner_hypervisor_executes_for_an_exit() -> None:
    told = [number(count) for _, count in rows("| `L1` executes |")]
    assert told == [sum(cost(2).about[text] for text in row) for row in OF_L1]
    handled = {ASKS: 1, "a page for the guest": 1}
    assert cost(2).about == {text: 1 + (text == DEVICE) for row in OF_L1 for text in row} | handled
    assert sum(told) == 19
