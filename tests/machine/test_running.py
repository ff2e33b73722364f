"""Running a machine: limits, breakpoints, stops, and the ways a run can end."""

import threading

import pytest

from hvtui.machine.board import Machine, Stop, StopReason
from hvtui.machine.events import ExitReason, MachineExit
from hvtui.machine.privilege import Privilege
from tests.support.guest import HANDLER, START, Guest, machine_with, word

COUNTING = """
_start: addi t0, t0, 1
        addi t1, t1, 1
        j    _start
"""
FINISH = """
        li   t5, 0x00100000
        li   t6, {value}
        sw   t6, 0(t5)
        addi s11, s11, 1
"""


def test_run_stops_at_a_count_of_retired_instructions() -> None:
    machine, _ = machine_with(COUNTING)
    for limit in (0, 1, 2, 100, 100_000):
        assert machine.run(max_retired=limit) == Stop(StopReason.LIMIT)
        assert machine.retired == limit
    assert machine.run(max_retired=5) == Stop(StopReason.LIMIT)  # already beyond
    assert machine.retired == 100_000


def test_run_stops_at_an_instant_which_traps_count_towards() -> None:
    machine, symbols = machine_with("_start: ecall\n j _start\n handler: mret\n")
    machine.hart.set_csr("mtvec", symbols["handler"])
    for instant in (1, 2, 7, 1000):
        assert machine.run(until_instant=instant) == Stop(StopReason.LIMIT)
        assert machine.instant == instant
        assert machine.retired + machine.hart.traps == instant
    assert machine.hart.traps == 500  # an ecall, an mret, and so on: mret goes back to the ecall


def test_step_takes_one_step_whatever_it_is() -> None:
    guest = Guest()
    instants = [guest.machine.instant]
    for name in ("addi", "ecall", "mret", "fence"):
        assert guest.execute(name) is None
        instants.append(guest.machine.instant)
    assert [after - instants[0] for after in instants] == [0, 1, 2, 3, 4]


def test_run_stops_before_an_address() -> None:
    machine, _ = machine_with(COUNTING)
    assert machine.run(stop_at={START + 8}) == Stop(StopReason.BREAKPOINT)
    assert (machine.hart.pc, machine.retired) == (START + 8, 2)


def test_the_first_step_of_a_run_is_not_held_back() -> None:
    machine, _ = machine_with(COUNTING)
    for rounds in (1, 2, 3):
        assert machine.run(stop_at={START}) == Stop(StopReason.BREAKPOINT)
        assert (machine.hart.pc, machine.retired) == (START, 3 * rounds)


def test_a_breakpoint_behind_a_trap_or_a_system_instruction_is_met() -> None:
    machine, symbols = machine_with(
        "_start: la t0, handler\n csrw mtvec, t0\n after: ecall\n .balign 4\n handler: j .\n"
    )
    assert machine.run(stop_at={symbols["after"]}) == Stop(StopReason.BREAKPOINT)
    assert machine.run(stop_at={symbols["handler"]}) == Stop(StopReason.BREAKPOINT)
    assert machine.hart.pc == symbols["handler"]


def test_an_interrupt_is_taken_before_a_breakpoint_at_the_interrupted_address() -> None:
    machine, symbols = machine_with(COUNTING + "handler: mret\n")
    machine.clint.mtimecmp = 3
    machine.hart.set_csr("mtvec", symbols["handler"])
    machine.hart.set_csr("mie", 1 << 7)
    machine.hart.set_csr("mstatus", 1 << 3)
    stop_at = {START, symbols["handler"]}
    assert machine.run(stop_at=stop_at) == Stop(StopReason.BREAKPOINT)
    assert machine.hart.pc == symbols["handler"]
    assert machine.hart.csr_value("mepc") == START


def test_a_breakpoint_at_the_limit_counts_as_a_breakpoint() -> None:
    machine, _ = machine_with(COUNTING)
    assert machine.run(max_retired=2, stop_at={START + 8}) == Stop(StopReason.BREAKPOINT)


def test_an_observer_can_stop_the_run_after_the_current_step() -> None:
    guest = Guest()
    guest.put(START, word("ecall"))
    guest.machine.observers.trap.append(lambda _: guest.machine.request_stop())
    assert guest.machine.run(max_retired=10_000) == Stop(StopReason.REQUESTED)
    assert guest.pc == HANDLER


def test_an_observer_of_output_can_stop_the_run_after_the_store() -> None:
    machine, _ = machine_with(
        "_start: li t0, 0x10000000\n li t1, 65\n again: sb t1, 0(t0)\n addi t2, t2, 1\n j again\n"
    )
    machine.observers.output.append(lambda _: machine.request_stop())
    for rounds in (0, 1, 2):
        assert machine.run(max_retired=1000) == Stop(StopReason.REQUESTED)
        assert machine.hart.x[7] == rounds


def test_another_thread_can_stop_the_run() -> None:
    machine, _ = machine_with(COUNTING)
    timer = threading.Timer(0.05, machine.request_stop)
    timer.start()
    stop = machine.run(max_retired=10**12)
    timer.join()
    assert stop == Stop(StopReason.REQUESTED)
    rounds, rest = divmod(machine.retired, 3)
    assert machine.hart.x[5:7] == [rounds + (rest > 0), rounds + (rest > 1)]


def test_a_stop_asked_for_before_the_run_ends_it_at_once_and_then_is_forgotten() -> None:
    machine, _ = machine_with(COUNTING)
    machine.request_stop()
    assert machine.run() == Stop(StopReason.REQUESTED)
    assert machine.retired == 0
    assert machine.run(max_retired=10) == Stop(StopReason.LIMIT)


def test_a_stop_asked_for_does_not_keep_a_step_from_its_step() -> None:
    machine, _ = machine_with(COUNTING)
    machine.request_stop()
    assert machine.step() is None
    assert machine.retired == 1


@pytest.mark.parametrize(
    ("value", "status"), [(0x5555, 0), (0x3333, 0), (0x0007_3333, 7), (0x00FF_3333, 255)]
)
def test_the_finisher_ends_the_run_after_its_store(value: int, status: int) -> None:
    machine, _ = machine_with("_start:" + FINISH.format(value=value))
    exits: list[MachineExit] = []
    machine.observers.exit.append(exits.append)
    assert machine.run() == Stop(StopReason.EXITED, status)
    assert machine.hart.x[27] == 0
    assert exits == [machine.exit]
    assert machine.exit is not None
    assert (machine.exit.reason, machine.exit.code) == (ExitReason.FINISHER, status)
    assert machine.exit.instant == machine.instant - 1
    at_end = machine.capture()
    assert machine.run() == machine.step() == Stop(StopReason.EXITED, status)
    assert machine.capture() == at_end


def test_the_finisher_can_reset_the_machine_while_instants_go_on() -> None:
    machine, _ = machine_with(
        """
        _start: csrr t0, minstret
                csrr t1, time
                lw   t2, seen
                addi t3, t2, 1
                la   t4, seen
                sw   t3, 0(t4)
                bnez t2, done
                csrw mscratch, t3
        """
        + FINISH.format(value=0x7777)
        + "done: \n"
        + FINISH.format(value=0x5555)
        + ".data\nseen: .word 0\n"
    )
    machine.run()
    hart = machine.hart
    assert (hart.x[5], hart.x[6], hart.x[27]) == (0, 1, 0)  # the counters started over
    assert hart.csr_value("mscratch") == 0
    assert hart.x[28] == 2  # RAM was kept
    assert machine.retired == machine.instant > hart.csr_value("minstret")


@pytest.mark.parametrize(("value", "status"), [(1, 0), (3, 1), (2 * 42 + 1, 42)])
def test_an_odd_value_in_tohost_ends_the_run(value: int, status: int) -> None:
    machine, symbols = machine_with(
        f"""
        _start: la   t0, tohost
                sw   zero, 0(t0)
                li   t1, 4
                sw   t1, 0(t0)
                li   t1, {value}
                sw   t1, 0(t0)
                sw   zero, 4(t0)
                j    .
                .balign 64
        tohost: .dword 0
        """
    )
    machine.tohost = symbols["tohost"]
    assert machine.run() == Stop(StopReason.EXITED, status)
    assert machine.exit is not None
    assert machine.exit.reason is ExitReason.TOHOST
    assert machine.hart.x[6] == value


def test_without_tohost_the_same_store_is_a_store() -> None:
    machine, _ = machine_with("_start: la t0, place\n li t1, 1\n sw t1, 0(t0)\n j .\n place: .word 0\n")
    assert machine.run().reason is StopReason.STUCK


@pytest.mark.parametrize(
    "text",
    [
        "_start: j .",
        "_start: jal ra, _start",
        "_start: la t0, _start2\n _start2: jalr ra, 0(t0)",
        "_start: li t0, 1\n 1: bnez t0, 1b",
        "_start: wfi",
    ],
)
def test_what_can_never_go_on_is_stuck(text: str) -> None:
    machine, _ = machine_with(text)
    exits: list[MachineExit] = []
    machine.observers.exit.append(exits.append)
    assert machine.run(max_retired=1000) == Stop(StopReason.STUCK, 1)
    assert [(each.reason, each.code) for each in exits] == [(ExitReason.STUCK, 1)]
    assert machine.retired < 8
    assert machine.run() == Stop(StopReason.EXITED, 1)


def test_stepping_gets_stuck_at_the_same_instant() -> None:
    text = "_start: nop\n jal ra, .\n"
    ran, _ = machine_with(text)
    stepped, _ = machine_with(text)
    ran.run()
    while stepped.step() is None:
        pass
    assert stepped.capture() == ran.capture()


def test_a_jump_to_itself_that_changes_a_register_is_not_stuck_yet() -> None:
    machine, _ = machine_with("_start: jal ra, _start\n")
    assert machine.step() is None
    assert machine.hart.x[1] == START + 4
    stop = machine.step()
    assert stop is not None
    assert stop.reason is StopReason.STUCK


def test_waiting_in_a_loop_for_the_timer_is_not_stuck_and_exact() -> None:
    text = """
        _start: la   t0, handler
                csrw mtvec, t0
                csrsi mstatus, 8
                li   t0, 0x80
                csrs mie, t0
        1:      j    1b
                .balign 4
        handler: csrr s0, minstret
                csrr s1, mepc
        """ + FINISH.format(value=0x5555)
    machine, _ = machine_with(text)
    machine.clint.mtimecmp = 1_000_000_000_000
    assert machine.run() == Stop(StopReason.EXITED)
    assert machine.hart.x[8] == 1_000_000_000_000 & 0xFFFF_FFFF
    short, _ = machine_with(text)
    stepped, _ = machine_with(text)
    for each in (short, stepped):
        each.clint.mtimecmp = 500
    short.run()
    while stepped.step() is None:
        pass
    assert short.capture() == stepped.capture()


def test_limits_hold_while_a_loop_waits_for_the_timer() -> None:
    machine, _ = machine_with("_start: j .")
    machine.clint.mtimecmp = 10_000
    machine.hart.set_csr("mie", 1 << 7)
    machine.hart.set_csr("mstatus", 1 << 3)
    machine.run(max_retired=5000)
    assert machine.retired == 5000
    machine.run(until_instant=6000)
    assert machine.instant == 6000
    assert machine.run(stop_at={START}) == Stop(StopReason.BREAKPOINT)
    assert machine.instant == 6001


def test_a_breakpoint_at_a_loop_that_waits_for_the_timer_is_met_in_its_next_round() -> None:
    machine, _ = machine_with("_start: j .")
    machine.clint.mtimecmp = 10_000
    machine.hart.set_csr("mie", 1 << 7)
    machine.hart.set_csr("mstatus", 1 << 3)
    machine.probes.breakpoints = {START}
    for rounds in (1, 2, 3):
        assert machine.run() == Stop(StopReason.BREAKPOINT)
        assert machine.instant == rounds
    machine.probes.breakpoints = set()
    machine.run(max_retired=5000)
    assert machine.retired == 5000


@pytest.mark.parametrize("idle", ["j .", "wfi"])
def test_a_timer_that_software_turned_off_wakes_nobody(idle: str) -> None:
    text = f"_start: csrsi mstatus, 8\n li t0, 0x80\n csrs mie, t0\n {idle}\n"
    machine, _ = machine_with(text)
    # A hart of 32 bits sets the upper half alone to put the date out of reach.
    machine.clint.mtimecmp = 0xFFFF_FFFF_0000_0000
    assert machine.run(max_retired=1000).reason is StopReason.STUCK


def test_a_trap_that_repeats_for_ever_is_stuck_though_a_timer_is_set() -> None:
    guest = Guest()
    guest.machine.clint.mtimecmp = 1000
    guest.hart.set_csr("mie", 1 << 7)
    guest.hart.set_csr("mtvec", 0)
    guest.put(START, 0)
    assert guest.machine.run().reason is StopReason.STUCK
    assert guest.mode is Privilege.M
    assert [trap.cause for trap in guest.traps] == [2, 1, 1]


def test_loading_outside_ram_names_the_range() -> None:
    machine = Machine(ram_size=1 << 20)
    with pytest.raises(ValueError, match="0x80000000 to 0x800fffff"):
        machine.load(0x8010_0000, b"x")
    with pytest.raises(ValueError, match="0x7fffffff"):
        machine.load(0x7FFF_FFFF, b"xy")


def test_an_unknown_generation_names_those_there_are() -> None:
    with pytest.raises(ValueError, match="classic, legacy, pentium, vt, svm"):
        Machine(cpu="i386")


def test_the_device_tree_lies_at_the_top_of_ram_and_a1_leads_to_it() -> None:
    machine = Machine(ram_size=1 << 20)
    address = machine.place_dtb(b"\xd0\x0d\xfe\xed" + bytes(9))
    machine.reset(START)
    assert address == 0x800F_FFF0
    assert machine.hart.x[10:12] == [0, address]
    assert machine.read_physical(address, 4) == b"\xd0\x0d\xfe\xed"


def test_console_output_is_told_byte_by_byte_with_its_instant() -> None:
    machine, _ = machine_with(
        "_start: li t0, 0x10000000\n li t1, 72\n sb t1, 0(t0)\n li t1, 105\n sb t1, 0(t0)\n wfi\n"
    )
    events = []
    machine.observers.output.append(events.append)
    machine.run()
    assert b"".join(event.data for event in events) == b"Hi"
    assert [event.instant for event in events] == [2, 4]


def test_a_program_that_overwrites_its_next_instruction_executes_the_new_one() -> None:
    machine, _ = machine_with(
        """
        _start: la   t0, patch
                li   t1, 0x00100513     # addi a0, zero, 1
                li   t2, 2
        again:  addi t2, t2, -1
                call patch
                sw   t1, 0(t0)
                bnez t2, again
                call patch
                j    .
        patch:  li   a0, 99
                add  a1, a1, a0
                ret
        """
    )
    machine.run(max_retired=1000)
    assert machine.hart.x[11] == 99 + 1 + 1
