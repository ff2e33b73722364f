"""Capturing and restoring: the same state goes on in the same way, on this machine or another."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hvtui.machine.board import Machine
from hvtui.machine.state import MachineState
from tests.support.guest import machine_with

# Everything moves here: modes, traps, timer interrupts, a page table, an LR/SC pair, devices, counters,
# the trap bitmap and its control block, and code that rewrites itself.
PROGRAM = """
        .equ  CLINT, 0x02000000
        .equ  UART,  0x10000000
_start: la    t0, handler
        csrw  mtvec, t0
        la    t0, s_handler + 0x40000000
        csrw  stvec, t0
        li    t0, -1
        csrw  pmpaddr0, t0
        li    t0, 0x1f
        csrw  pmpcfg0, t0
        la    t0, block
        csrw  mvmcb, t0
        li    t1, 1 << 8                # rdvm traps
        sw    t1, 0(t0)
        li    t0, 0x100                 # ecall from U goes to S
        csrw  medeleg, t0
        la    t0, root + 2048           # pages of 4 MiB: 0x80000000 is itself for U,
        li    t1, (0x80000000 >> 12 << 10) | 0x1f
        sw    t1, 0(t0)
        sw    t1, -2048(t0)             # 0 is the same memory,
        addi  t1, t1, -0x10
        sw    t1, 1024(t0)              # and so is 0xc0000000, for S
        srli  t0, t0, 12
        li    t1, 1 << 31
        or    t0, t0, t1
        csrw  satp, t0
        li    t0, CLINT + 0x4000
        li    t1, 300
        sw    t1, 0(t0)
        sw    zero, 4(t0)
        li    t0, 0x80
        csrw  mie, t0
        la    t0, user
        csrw  mepc, t0
        csrw  mstatus, zero
        mret

        .balign 4
handler:
        csrw  mscratch, t0
        csrr  t0, mcause
        bltz  t0, tick
        csrr  t0, mepc                  # a trapped kernel instruction: skip it
        addi  t0, t0, 4
        csrw  mepc, t0
        csrr  t0, mscratch
        mret
tick:   li    t0, CLINT + 0xbff8
        lw    t0, 0(t0)
        addi  t0, t0, 171
        sw    t1, tick_save, t2
        li    t1, CLINT + 0x4000
        sw    t0, 0(t1)
        li    t0, UART
        li    t1, 46
        sb    t1, 0(t0)
        lw    t1, tick_save
        csrr  t0, mscratch
        mret

        .balign 4
s_handler:
        csrr  s2, sepc
        addi  s2, s2, 4
        csrw  sepc, s2
        csrr  s3, satp                  # traps, by the bitmap
        sret

user:   la    s4, counter
1:      lr.w  s5, (s4)
        addi  s5, s5, 1
        sc.w  s6, s5, (s4)
        bnez  s6, 1b
        ecall
        csrr  s7, mhartid               # ignored
        la    s8, patched
        lw    s9, 0(s8)
        li    s10, 1 << 20
        add   s9, s9, s10
        sw    s9, 0(s8)                 # the next instruction adds one more than the time before
patched: addi s11, s11, 0
        lui   s8, %hi(counter - 0x80000000)
        lw    a0, %lo(counter - 0x80000000)(s8)     # the same word through the other mapping
        j     1b

        .data
        .balign 4
tick_save: .word 0
counter: .word 0
block:  .space 20
        .balign 4096
root:   .space 4096
"""


def busy(timebase: int = 1) -> Machine:
    machine, _ = machine_with(PROGRAM, cpu="svm", timebase=timebase)
    return machine


def observed(machine: Machine, until: int) -> tuple[list[object], MachineState]:
    """Run to an instant and return every event on the way and the state at its end."""
    events: list[object] = []
    observers = machine.observers
    lists = (observers.trap, observers.trap_return, observers.kernel, observers.output)
    for listeners in lists:
        listeners.append(events.append)
    machine.run(until_instant=until)
    for listeners in lists:
        listeners.remove(events.append)
    return events, machine.capture()


def test_the_program_of_these_tests_does_what_its_comments_say() -> None:
    machine = busy()
    events, _ = observed(machine, 5000)
    kinds = {type(event).__name__ for event in events}
    assert kinds == {"TrapTaken", "TrapReturned", "KernelInstruction", "DeviceOutput"}
    causes = {(event.cause, event.is_interrupt) for event in events if hasattr(event, "cause")}
    assert causes == {(7, True), (8, False), (2, False)}
    outcomes = {
        outcome.value for event in events if hasattr(event, "outcomes") for _, outcome in event.outcomes
    }
    assert outcomes == {"trapped", "executed", "ignored"}
    stored, loaded = machine.hart.x[21], machine.hart.x[10]
    assert stored - loaded in (0, 1)
    assert loaded > 5
    assert machine.hart.x[27] > 10


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 4000), st.integers(0, 2000), st.integers(1, 3))
def test_a_restored_state_goes_on_as_the_captured_one_did(first: int, then: int, timebase: int) -> None:
    machine = busy(timebase)
    machine.run(until_instant=first)
    state = machine.capture()
    once = observed(machine, first + then)
    machine.run(until_instant=first + then + 777)
    machine.restore(state)
    assert machine.capture() == state
    assert observed(machine, first + then) == once
    other = busy(timebase)
    other.restore(state)
    assert observed(other, first + then) == once


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 3000), min_size=2, max_size=6))
def test_jumping_between_states_in_any_order_is_exact(instants: list[int]) -> None:
    straight = busy()
    expected = {}
    for instant in sorted(instants):
        straight.run(until_instant=instant)
        expected[instant] = straight.capture()
    machine = busy()
    start = machine.capture()
    for instant in instants:
        below = [each for each in expected if each <= instant]
        machine.restore(expected[min(below)] if below else start)
        machine.run(until_instant=instant)
        assert machine.capture() == expected[instant]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(1, 400), min_size=1, max_size=12))
def test_running_in_pieces_is_the_same_as_running_through(pieces: list[int]) -> None:
    through, piecewise = busy(), busy()
    for piece in pieces:
        piecewise.run(until_instant=piecewise.instant + piece)
    through.run(until_instant=sum(pieces))
    assert piecewise.capture() == through.capture()


def test_stepping_is_the_same_as_running() -> None:
    ran, stepped = busy(), busy()
    ran.run(until_instant=1500)
    for _ in range(1500):
        assert stepped.step() is None
    assert stepped.capture() == ran.capture()


def test_listening_changes_nothing() -> None:
    quiet, heard = busy(), busy()
    quiet.run(until_instant=3000)
    observed(heard, 3000)
    assert quiet.capture() == heard.capture()


def test_two_machines_take_turns_without_noticing_each_other() -> None:
    alone = busy()
    alone.run(until_instant=2000)
    first, second = busy(), busy(timebase=3)
    for until in range(0, 2001, 50):
        first.run(until_instant=until)
        second.run(until_instant=until)
    assert first.capture() == alone.capture()
    assert second.capture() != alone.capture()


def test_states_share_the_pages_that_are_equal() -> None:
    machine = busy()
    machine.run(until_instant=100)
    before = machine.capture()
    machine.run(until_instant=400)
    after = machine.capture()
    pairs = zip((p for c in before.ram for p in c), (p for c in after.ram for p in c), strict=True)
    assert sum(one is not two for one, two in pairs) <= 4


def test_an_edit_after_a_restore_takes_effect_and_is_undone_by_the_next() -> None:
    machine = busy()
    machine.run(until_instant=200)
    state = machine.capture()
    machine.hart.set_x(10, 5)
    machine.hart.set_csr("mscratch", 6)
    machine.write_physical(0x8000_0000, b"\xff" * 8)
    assert machine.capture() != state
    machine.restore(state)
    assert machine.capture() == state


def test_pending_input_and_the_exit_belong_to_the_state() -> None:
    machine, _ = machine_with("_start: li t0, 0x10000000\n lb t1, 0(t0)\n lb t2, 0(t0)\n j .\n")
    machine.uart.feed(b"ab")
    machine.step()
    state = machine.capture()
    machine.run()
    assert machine.exit is not None
    machine.restore(state)
    assert machine.exit is None
    machine.run()
    assert machine.hart.x[6:8] == [ord("a"), ord("b")]


def test_a_state_of_another_ram_size_is_refused() -> None:
    with pytest.raises(ValueError, match="another size"):
        Machine(ram_size=2 << 20).restore(busy().capture())
