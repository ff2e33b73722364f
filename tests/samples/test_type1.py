"""The hypervisor's samples: one guest on five generations of CPU, two at once, and one that pages."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from asm.isa.causes import Cause
from hvtui.checks.vm_console import split_vms
from hvtui.cli import main
from hvtui.debugger.narration import instruction_text
from hvtui.debugger.positions import Whereabouts
from hvtui.debugger.session import Session
from hvtui.headless.components import ComponentCounts
from hvtui.machine.board import Machine
from hvtui.machine.events import KernelInstruction, Outcome, TrapReturned, TrapTaken
from hvtui.machine.privilege import Privilege
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.system import Component, System
from tests.support.computers import SAMPLES, report_of
from tests.support.virtualized import GUEST_RAM, Guest, listen, native

CLASSIC, LEGACY, VT, SVM = "02-type1-classic", "03-type1-legacy", "04-type1-vt", "05-type1-svm"
PENTIUM, TWO_VMS, PAGING = "06-type1-pentium", "07-two-vms", "08-shadow-paging"
WORKING = (CLASSIC, VT, SVM, TWO_VMS, PAGING)
FAILING = (LEGACY, PENTIUM)
ALL = (*WORKING, *FAILING)
MOST_INSTRUCTIONS = 3_000_000

# Exits by bit and by cause. Why they are as many is told in the lesson of 02-type1-classic.
TINYOS = {
    "rdstatus": 44, "wrstatus": 43, "wrtvec": 1, "rdtrap": 176, "wrtrap": 147, "wrint": 1,
    "wrvm": 19, "wrcount": 1, "rdid": 1, "mret": 43, "wfi": 1, "sfence": 17,
    "illegal": 408, "ecall-u": 39, "fetch-page": 19, "load-page": 738, "store-page": 680,
    "int-m-timer": 2,
}  # fmt: skip
EXITS = {
    CLASSIC: TINYOS,
    VT: TINYOS,
    SVM: TINYOS,
    LEGACY: {"fetch-page": 5, "load-page": 80, "store-page": 79},
    PENTIUM: {
        "wrtvec": 1, "rdtrap": 14, "wrtrap": 29, "wrvm": 9, "wrcount": 1, "sfence": 7,
        "illegal": 47, "fetch-page": 3, "load-page": 726, "store-page": 699,
    },
    TWO_VMS: {
        "rdstatus": 70, "wrstatus": 69, "wrtvec": 2, "rdtrap": 282, "wrtrap": 237, "wrint": 2,
        "wrvm": 32, "wrcount": 2, "rdid": 2, "mret": 69, "wfi": 1, "sfence": 28,
        "illegal": 658, "ecall-u": 62, "fetch-page": 33, "load-page": 1204, "store-page": 1114,
        "int-m-timer": 12,
    },
    PAGING: {
        "wrstatus": 1, "wrtvec": 3, "rdtrap": 115, "wrtrap": 87, "wrint": 59, "rdvm": 25,
        "wrvm": 26, "rdcount": 81, "wrcount": 2, "rdid": 1, "rdsup": 381, "wrsup": 496, "mret": 30,
        "sret": 85, "wfi": 1, "sfence": 75,
        "illegal": 1232, "ecall-u": 53, "ecall-s": 26, "fetch-page": 132, "load-page": 214,
        "store-page": 1044, "int-m-timer": 3,
    },
}  # fmt: skip
FIRST_LOST = {LEGACY: "ignored", PENTIUM: "leaked"}


@cache
def system_of(name: str) -> System:
    return load_system(SAMPLES / name)


@cache
def report(name: str) -> dict[str, Any]:
    return report_of(SAMPLES / name, f"--max-instructions={MOST_INSTRUCTIONS}")


@cache
def lesson(name: str) -> str:
    return (SAMPLES / name / "LESSON.md").read_text(encoding="utf-8")


def vms_of(name: str) -> list[str]:
    return sorted({part.vm for part in system_of(name).components if part.vm is not None})


def parts_of(name: str, vm: str) -> dict[str, Component]:
    """Return a VM's components, by their names on a machine of their own."""
    return {
        part.name.removeprefix(f"{vm} "): part for part in system_of(name).components if part.vm == vm
    }


@cache
def bare(name: str, vm: str) -> tuple[str, dict[str, int], int]:
    """Return what the guest of a VM does when it has the machine for itself.

    That is: what it prints, the instructions of each of its components, and of all.
    """
    parts = parts_of(name, vm)
    shift = next(part.relocation for part in parts.values() if part.role == "kernel")
    moved = tuple(replace(part, name=own, at=part.at - shift, vm=None) for own, part in parts.items())
    system = native(Guest(moved), ram_size=16 << 20)
    machine = system.fresh_machine()
    console, counts = listen(machine), ComponentCounts(system, machine)
    machine.run(max_retired=MOST_INSTRUCTIONS)
    assert machine.exit is not None
    instructions = {own: count["instructions"] for own, count in counts.by_name().items()}
    return bytes(console).decode(), instructions, machine.retired


def test_the_native_console_is_that_of_the_first_sample() -> None:
    console, instructions, _ = bare(VT, "vm1")
    assert console == system_of("01-native").expect.console
    assert instructions == {
        name: count["instructions"] for name, count in report("01-native")["components"].items()
    }


@pytest.mark.parametrize("name", [name for name in ALL if name != PAGING])
def test_the_guests_are_the_very_same_bytes_as_without_a_hypervisor(name: str) -> None:
    originals = {part.name: part for part in system_of("01-native").components}
    bare_machine, machine = (system_of(each).fresh_machine() for each in ("01-native", name))
    for vm in vms_of(name):
        parts = parts_of(name, vm)
        assert parts.keys() == originals.keys() or name == TWO_VMS
        bases = {part.relocation for part in parts.values()}
        assert len(bases) == 1, "a VM's memory is in one piece"
        for own, part in parts.items():
            assert part.extents == tuple(
                (start + part.relocation, end + part.relocation)
                for start, end in originals[own].extents
            )
            for start, end in part.extents:
                expected = bare_machine.read_physical(start - part.relocation, end - start)
                assert machine.read_physical(start, end - start) == expected
    assert parts_of(name, "vm1")["tinyos"].at == GUEST_RAM + (4 << 20)


@pytest.mark.parametrize("name", ALL)
def test_it_ends_by_itself(name: str) -> None:
    assert report(name)["exit"]["reason"] == "finisher"
    assert report(name)["instructions"] < MOST_INSTRUCTIONS


@pytest.mark.parametrize("name", WORKING)
def test_each_guest_prints_what_it_prints_without_a_hypervisor(name: str) -> None:
    consoles = split_vms(report(name)["console"].encode())
    assert sorted(consoles) == vms_of(name)
    for vm, console in consoles.items():
        assert console.decode() == bare(name, vm)[0]
    assert report(name)["exit"]["code"] == 0
    assert report(name)["first_lost"] is None


@pytest.mark.parametrize("name", WORKING)
def test_programs_execute_as_many_instructions_as_without_a_hypervisor(name: str) -> None:
    for vm in vms_of(name):
        _, expected, _ = bare(name, vm)
        for own, part in parts_of(name, vm).items():
            if part.role == "user":
                assert report(name)["components"][part.name]["instructions"] == expected[own]


@pytest.mark.parametrize("name", FAILING)
def test_on_old_cpus_the_guest_fails_and_the_run_names_the_first_instruction_that_was_lost(
    name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    console = split_vms(report(name)["console"].encode())["vm1"].decode()
    assert console != bare(name, "vm1")[0]
    first = report(name)["first_lost"]
    assert first["file"].endswith("samples/guests/tinyos.s")
    assert first["instruction"] == "csrr t0, mhartid"
    assert first["bits"] == [{"bit": 12, "name": "rdid", "outcome": FIRST_LOST[name]}]
    line = (SAMPLES / "guests" / "tinyos.s").read_text(encoding="utf-8").splitlines()[first["line"] - 1]
    assert re.search(r"csrr\s+t0, mhartid", line)
    main(["run", str(SAMPLES / name)])
    assert f"{FIRST_LOST[name]} first: csrr t0, mhartid (bit 12 rdid) at " in capfd.readouterr().err


@pytest.mark.parametrize("name", ALL)
def test_exits_by_bit_and_by_cause(name: str) -> None:
    exits = report(name)["exits"]
    assert {**exits["bits"], **exits["causes"]} == EXITS[name]
    assert exits["total"] == sum(exits["causes"].values())


@pytest.mark.parametrize("name", [name for name in WORKING if name != PAGING])
def test_every_exit_is_some_component_s(name: str) -> None:
    """Even a page fault at an address that the hypervisor has not mapped yet."""
    counted = report(name)["exits"]["components"]
    assert set(counted) == {part.name for part in system_of(name).components if part.vm is not None}


@pytest.mark.parametrize("name", ALL)
def test_its_own_expectations_hold(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    status = main(["check", str(SAMPLES / name)])
    assert status == 0, capfd.readouterr().out


# What the lessons say of the runs.


def rows(name: str, head: str) -> list[list[str]]:
    """Return the cells of the table of a lesson that begins with `head`."""
    _, _, text = lesson(name).partition(f"\n{head}")
    assert text, f"no table begins with {head}"
    table = text.partition("\n\n")[0].splitlines()[2:]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in table]


def test_the_lesson_counts_the_exits() -> None:
    counted = {
        key.strip("` "): int(count)
        for head in ("| bit | exits |", "| cause | exits |")
        for key, count, _ in rows(CLASSIC, head)
    }
    assert counted == TINYOS
    for name in (CLASSIC, VT, SVM):
        assert re.search(rf"\b{report(name)['exits']['total']}\b", lesson(name))


def test_the_lesson_explains_the_exits() -> None:
    alone, seen = report("01-native"), report(CLASSIC)
    entries, console = alone["exits"]["total"], len(alone["console"])
    assert (entries, console) == (43, 618)
    both = sum(seen["exits"]["bits"].values()) - seen["exits"]["causes"]["illegal"]
    assert f"{both} of them are in two classes" in lesson(CLASSIC)
    # Eight kernel instructions for each way into the kernel and back.
    bits = seen["exits"]["bits"]
    assert bits["mret"] == bits["wrstatus"] == entries
    assert bits["rdstatus"] == entries + 1
    assert bits["rdtrap"] == 4 * entries + 4
    assert bits["wrtrap"] == 3 * entries + 1 + bits["sfence"]


def costs(name: str) -> dict[str, float]:
    """Return the mean number of the hypervisor's instructions for an exit, by what it is about."""
    machine = system_of(name).fresh_machine()
    spent: Counter[str] = Counter()
    times: Counter[str] = Counter()
    last: list[tuple[str, int]] = []

    def on_trap(event: TrapTaken) -> None:
        if event.target is Privilege.M:
            last[:] = [(_about(event), machine.retired)]

    def on_return(event: TrapReturned) -> None:
        if last:
            about, since = last.pop()
            spent[about] += machine.retired - since
            times[about] += 1

    machine.observers.trap.append(on_trap)
    machine.observers.trap_return.append(on_return)
    machine.run(max_retired=MOST_INSTRUCTIONS)
    return {about: spent[about] / times[about] for about in times}


def _about(event: TrapTaken) -> str:
    if event.bits:
        return "a kernel instruction"
    if event.is_interrupt or event.cause == Cause.ECALL_FROM_U:
        return "a trap for the guest"
    return "a page comes into the tables" if event.tval >= GUEST_RAM else "an access to a device"


def test_the_lesson_says_what_exits_cost_within_a_few_percent() -> None:
    measured = costs(CLASSIC)
    told = {about: int(cost) for about, cost in rows(CLASSIC, "| exit | instructions |")}
    assert told.keys() == measured.keys()
    for about, cost in told.items():
        assert cost == pytest.approx(measured[about], rel=0.1), about
    times = report(CLASSIC)["instructions"] / report("01-native")["instructions"]
    found = re.search(r"the run takes\s+(\d+)\s+times as many", lesson(CLASSIC))
    assert found is not None
    assert int(found[1]) == pytest.approx(times, rel=0.05)


def test_a_decoded_exit_saves_about_six_instructions() -> None:
    saved = report(VT)["instructions"] - report(SVM)["instructions"]
    illegal = TINYOS["illegal"]
    assert 5.5 * illegal < saved < 6.5 * illegal
    assert 500 * saved < report(VT)["instructions"]


def lost(name: str) -> list[tuple[str, str, str]]:
    """Return each instruction that was ignored or leaked: outcome, instruction, FILE:LINE."""
    system = system_of(name)
    machine: Machine = system.fresh_machine()
    whereabouts = Whereabouts(system, machine)
    found: list[tuple[str, str, str]] = []

    def on_kernel(event: KernelInstruction) -> None:
        outcome = event.outcomes[-1][1]
        if outcome in (Outcome.IGNORED, Outcome.LEAKED):
            position = whereabouts.at(event.pc, event.privilege)
            found.append((outcome.value, instruction_text(event.word, event.pc), position.where))

    machine.observers.kernel.append(on_kernel)
    machine.run(max_retired=MOST_INSTRUCTIONS)
    return found


def test_the_lesson_lists_the_thirteen_that_were_ignored() -> None:
    told = [
        (instruction.strip("`"), where.strip("`"))
        for _, instruction, where, _ in rows(LEGACY, "| | instruction | where |")
    ]
    assert told == [(instruction, where) for _, instruction, where in lost(LEGACY)]
    assert len(told) == 13


def test_the_lesson_counts_what_leaks_and_shows_what_the_kernel_reads() -> None:
    found = lost(PENTIUM)
    outcomes = Counter(outcome for outcome, _, _ in found)
    assert f"{outcomes['ignored']} instructions were ignored and {outcomes['leaked']} leaked" in (
        " ".join(lesson(PENTIUM).split())
    )
    read = [instruction for outcome, instruction, _ in found[4:9] if outcome == "leaked"]
    table = rows(PENTIUM, "| it reads | and gets |")
    assert read == [instruction.strip("`") for instruction, _, _ in table]
    console = report(PENTIUM)["console"]
    value, place = table[3][1].strip("`"), table[4][1].strip("`")
    assert f"killed: illegal instruction {value}, pc {place}" in console


def test_the_lesson_of_two_machines_counts_the_instructions_of_programs() -> None:
    for name, count in (("primes", "17,231"), ("spinner", "15,920")):
        assert count in lesson(TWO_VMS)
        for vm in ("vm1", "vm2"):
            assert f"{report(TWO_VMS)['components'][f'{vm} {name}']['instructions']:,}" == count


def first_tick(name: str) -> int:
    """Return the instant at which the first clock interrupt has been taken."""
    machine = system_of(name).fresh_machine()
    ticks: list[int] = []

    def on_trap(event: TrapTaken) -> None:
        if event.is_interrupt:
            ticks.append(event.instant + 1)
            machine.request_stop()

    machine.observers.trap.append(on_trap)
    machine.run(max_retired=MOST_INSTRUCTIONS)
    return ticks[0]


def test_the_first_tick_is_as_late_as_the_lesson_says() -> None:
    early = first_tick("01-native")
    assert f"instant {early:,}" in " ".join(lesson(CLASSIC).split())
    assert first_tick(CLASSIC) > 10 * early


def test_the_lesson_on_paging_counts_the_exits() -> None:
    total = report(PAGING)["exits"]["total"]
    text = " ".join(lesson(PAGING).split())
    assert f"called {total} times" in text
    assert sum(int(count) for _, count in rows(PAGING, "| why | how often |")) == total
    _, _, alone = bare(PAGING, "vm1")
    assert f"needs {alone:,} instructions" in text
    times = re.search(r"about (\d+) times as many", text)
    assert times is not None
    assert int(times[1]) == pytest.approx(report(PAGING)["instructions"] / alone, rel=0.05)


def test_a_kernel_with_firmware_believes_in_two_rings() -> None:
    session = Session(system_of(PAGING))
    seen = []
    for label in ("pagingos::_start", "pagingos::kernel_start", "forker::_start"):
        session.break_at(label)
        session.resume()
        snapshot = session.snapshot()
        seen.append((snapshot.believes, snapshot.privilege.ring))
    assert seen == [(0, 1), (1, 1), (3, 3)]
