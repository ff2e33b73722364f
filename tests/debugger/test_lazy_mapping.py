"""Guests at addresses that a hypervisor maps when they fault: who they are is known before that."""

from __future__ import annotations

from pathlib import Path

from hvtui.debugger.session import Session
from hvtui.debugger.snapshot import StopKind
from hvtui.machine.privilege import Privilege
from hvtui.machinefile.loading import load_system
from tests.support.debugged import Part, lines, session_of

SAMPLES = Path(__file__).parents[2] / "samples"

# Fills its page table when the guest faults, and empties it at each ecall. What is linked at
# 0x40000000 lies at 0x80000000.
HYPERVISOR = """\
_start: la      t0, handler
        csrw    mtvec, t0
        li      t0, -1
        csrw    pmpaddr0, t0
        li      t0, 0x1f
        csrw    pmpcfg0, t0
        li      t0, 0x40010000
        csrw    mepc, t0
        li      t0, 0x80080080
        csrw    satp, t0
        li      t0, 1 << 11
        csrw    mstatus, t0
        mret
        .balign 4
handler:
        li      t1, 0x80080000
        csrr    t0, mcause
        addi    t0, t0, -12
        bnez    t0, empty
        li      t0, (0x80000 << 10) | 0xcf
        sw      t0, 0x400(t1)
        j       back
empty:  sw      zero, 0x400(t1)
        csrr    t0, mepc
        addi    t0, t0, 4
        csrw    mepc, t0
back:   sfence.vma
        mret
"""
GUEST = """\
_start: call    f
f:      ecall
        j       f
"""


def lazy(second_linked: int = 0x4002_0000) -> Session:
    return session_of(
        Part("hyper", HYPERVISOR, role="hypervisor"),
        Part("one", GUEST, 0x8001_0000, "kernel", "vm1", believes=0, linked=0x4001_0000),
        Part("two", GUEST, 0x8002_0000, "kernel", "vm2", believes=0, linked=second_linked),
    )


def test_code_that_is_not_mapped_yet_is_known_by_where_it_was_linked() -> None:
    session = lazy()
    session.break_on_trap("return from 0")
    assert session.resume().text.endswith("to one at one.s:1, ring 0 → ring 1")
    assert session.here.physical == 0x8001_0000
    assert session.snapshot().believes == 0
    assert lines(session) == ["1 one _start one.s:1 [switched to by hyper]"]


def test_a_fault_that_is_filled_returns_to_what_it_interrupted() -> None:
    session = lazy()
    session.break_on_trap("fetch-page")
    session.break_on_trap("return from 0")
    session.resume()
    assert session.resume().text.startswith("trap: instruction page fault (address 0x40010000) in one")
    assert lines(session)[1] == "1 one _start one.s:1 [switched to by hyper]"
    assert session.resume().text.startswith("return: ")
    assert lines(session) == ["1 one _start one.s:1 [switched to by hyper]"]


def test_functions_that_wait_stay_on_the_stack_while_their_code_is_unmapped() -> None:
    session = lazy()
    session.break_on_trap("fetch-page")
    session.resume()
    session.resume()
    waiting = ["1 one f one.s:3", "1 one _start one.s:1 [switched to by hyper]"]
    assert lines(session)[1:] == waiting
    session.break_at("one.s:3")
    session.resume()
    assert lines(session) == waiting


def test_of_two_virtual_machines_the_one_that_has_not_begun_is_presumed_to_begin() -> None:
    session = lazy(second_linked=0x4001_0000)
    session.break_on_trap("fetch-page")
    assert session.resume().text.startswith("trap: instruction page fault (address 0x40010000) in one")
    assert session.resume().text == (
        "trap: instruction page fault (address 0x4001000c) in one at one.s:3, ring 1 → ring 0"
    )
    assert lines(session)[1:] == ["1 one f one.s:3", "1 one _start one.s:1 [switched to by hyper]"]
    # The other one, in an address space of its own.
    hart = session.machine.hart
    hart.set_csr("satp", 0x8008_0081)
    assert session.whereabouts.at(0x4001_0000, Privilege.S).owner == "two"
    assert session.whereabouts.at(0x4001_0004, Privilege.S).owner == "one"


def test_an_address_that_programs_of_one_machine_share_belongs_to_none() -> None:
    session = session_of(
        Part("hyper", HYPERVISOR, role="hypervisor"),
        Part("one", GUEST, 0x8001_0000, "user", "vm1", linked=0x4001_0000),
        Part("two", GUEST, 0x8002_0000, "user", "vm1", linked=0x4001_0000),
    )
    session.break_on_trap("fetch-page")
    assert session.resume().text == (
        "trap: instruction page fault (address 0x40010000) at 0x40010000, ring 1 → ring 0"
    )


def test_a_breakpoint_stops_at_the_instruction_and_not_at_the_fault_before() -> None:
    session = lazy()
    found = session.break_at("one::_start")
    assert session.resume().numbers == (found.number,)
    assert found.hits == 1
    faults = session.break_on_trap("fetch-page")
    session.restart()
    assert session.resume().numbers == (faults.number,)
    assert session.resume().numbers == (found.number,)


def test_who_runs_is_presumed_the_same_after_a_travel_back() -> None:
    # Both guests are linked for the same place, and the first is presumed until the other has run.
    session = session_of(
        Part("hyper", HYPERVISOR, role="hypervisor"),
        Part("two", GUEST, 0x8002_0000, "kernel", "vm2", believes=0, linked=0x4001_0000),
        Part("one", GUEST, 0x8001_0000, "kernel", "vm1", believes=0, linked=0x4001_0000),
    )
    there = []
    for instant in range(80):
        session.goto(instant)
        there.append((instant, str(session.here), lines(session)))
    session.goto(400)
    for instant, here, stack in reversed(there):
        session.goto(0)
        session.goto(instant)
        assert (str(session.here), lines(session)) == (here, stack), f"at instant {instant}"
    components = {here.split()[1] for _, here, _ in there if " at " in here}
    assert components == {"hyper", "one", "two"}


def test_programs_linked_for_one_address_are_told_apart_by_their_guests_own_page_tables() -> None:
    session = Session(load_system(SAMPLES / "08-shadow-paging" / "machine.toml"))
    while session.resume().kind is not StopKind.ENDED:
        pass
    # One remains: a program that jumps into a page of its data, which no program brought along.
    outside = [entry for entry in session.traplog.entries if entry.position.component is None]
    assert [entry.event.pc for entry in outside] == [0x4000_2000]
    session.break_on_trap("trap in grower", one_shot=True)
    session.restart()
    stopped = session.resume()
    assert stopped.text == (
        "trap: instruction page fault (address 0x40000014) in grower at grower.s:16, ring 3 → ring 0"
    )
    assert session.snapshot().stack[-1].reason == "switched to by pagingos through hypervisor"
