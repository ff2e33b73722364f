"""Interrupts: which is taken, by whom, where it leads, and at which instant exactly."""

from itertools import pairwise

import pytest

from asm.isa.causes import INTERRUPT_PRIORITY, Interrupt
from hvtui.machine.board import StopReason
from hvtui.machine.privilege import Privilege
from tests.support.guest import HANDLER, S_HANDLER, START, Guest, machine_with

M, S, U = Privilege.M, Privilege.S, Privilege.U
MIE, SIE = 1 << 3, 1 << 1
SUPERVISOR = (
    Interrupt.SUPERVISOR_EXTERNAL,
    Interrupt.SUPERVISOR_SOFTWARE,
    Interrupt.SUPERVISOR_TIMER,
)
NEVER = 1 << 60


def pending(guest: Guest, *interrupts: Interrupt) -> None:
    """Make exactly these interrupts pending, each in the way that is proper to it, and enable all."""
    machine = guest.machine
    machine.clint.mtimecmp = 0 if Interrupt.MACHINE_TIMER in interrupts else NEVER
    machine.clint.store(0, 4, Interrupt.MACHINE_SOFTWARE in interrupts)
    if Interrupt.MACHINE_EXTERNAL in interrupts:
        machine.plic.store(4 * 10, 4, 1)
        machine.plic.store(0x2000, 4, 1 << 10)
        machine.uart.store(1, 1, 1)
        machine.uart.feed(b"x")
    guest.hart.set_csr("mip", sum(1 << each for each in interrupts if each in SUPERVISOR))
    guest.hart.set_csr("mie", 0xAAA)
    assert guest.hart.csr_value("mip") == sum(1 << each for each in interrupts)


@pytest.mark.parametrize("interrupt", Interrupt)
@pytest.mark.parametrize("mode", [M, S, U])
@pytest.mark.parametrize("enabled", [0, MIE])
def test_an_interrupt_for_m_comes_below_m_always_and_in_m_if_mie_is_set(
    interrupt: Interrupt, mode: Privilege, enabled: int
) -> None:
    guest = Guest(mode=mode)
    guest.hart.state.csr["mstatus"] |= enabled
    pending(guest, interrupt)
    guest.execute("addi", rd=5, rs1=5, imm=1)
    if mode is M and not enabled:
        assert not guest.traps
        assert guest.x[5] == 1
        return
    (trap,) = guest.traps
    assert (trap.cause, trap.is_interrupt, trap.tval, trap.word) == (interrupt, True, 0, 0)
    assert (guest.mode, guest.pc) == (M, HANDLER)
    assert guest.hart.csr_value("mcause") == 1 << 31 | interrupt
    assert guest.hart.csr_value("mepc") == START
    assert guest.x[5] == 0


@pytest.mark.parametrize("interrupt", SUPERVISOR)
@pytest.mark.parametrize("mode", [M, S, U])
@pytest.mark.parametrize("enabled", [0, SIE])
def test_a_delegated_interrupt_comes_below_s_always_in_s_if_sie_is_set_and_never_in_m(
    interrupt: Interrupt, mode: Privilege, enabled: int
) -> None:
    guest = Guest(mode=mode)
    guest.hart.set_csr("mideleg", 0x222)
    guest.hart.state.csr["mstatus"] |= enabled | MIE
    pending(guest, interrupt)
    guest.execute("addi", rd=5, rs1=5, imm=1)
    if mode is M or (mode is S and not enabled):
        assert not guest.traps
        return
    assert (guest.mode, guest.pc) == (S, S_HANDLER)
    assert guest.hart.csr_value("scause") == 1 << 31 | interrupt
    assert guest.hart.csr_value("sepc") == START


@pytest.mark.parametrize("interrupt", Interrupt)
def test_an_interrupt_that_mie_does_not_enable_does_not_come(interrupt: Interrupt) -> None:
    guest = Guest(mode=U)
    pending(guest, interrupt)
    guest.hart.set_csr("mie", 0xAAA & ~(1 << interrupt))
    guest.execute("addi")
    assert not guest.traps


@pytest.mark.parametrize("pair", tuple(pairwise(INTERRUPT_PRIORITY)), ids=str)
def test_of_two_interrupts_for_one_mode_the_more_urgent_comes(
    pair: tuple[Interrupt, Interrupt],
) -> None:
    guest = Guest(mode=U)
    pending(guest, *pair)
    guest.machine.step()
    assert guest.traps[0].cause == pair[0]


def test_an_interrupt_for_m_comes_before_one_for_s() -> None:
    guest = Guest(mode=U)
    guest.hart.set_csr("mideleg", 0x222)
    pending(guest, Interrupt.SUPERVISOR_EXTERNAL, Interrupt.MACHINE_TIMER)
    guest.machine.step()
    assert (guest.traps[0].cause, guest.mode) == (Interrupt.MACHINE_TIMER, M)


@pytest.mark.parametrize("interrupt", Interrupt)
def test_a_vectored_handler_has_a_place_for_each_interrupt(interrupt: Interrupt) -> None:
    guest = Guest(mode=U)
    guest.hart.set_csr("mtvec", HANDLER | 1)
    pending(guest, interrupt)
    guest.machine.step()
    assert guest.pc == HANDLER + 4 * interrupt


@pytest.mark.parametrize("timebase", [1, 7])
@pytest.mark.parametrize("due", [5, 100, 40_000])
def test_the_timer_interrupt_comes_when_mtime_reaches_mtimecmp(timebase: int, due: int) -> None:
    machine, symbols = machine_with(
        """
        _start: addi t0, t0, 1
                j _start
        handler: wfi
        """,
        timebase=timebase,
    )
    machine.clint.mtimecmp = due
    machine.hart.set_csr("mie", 1 << 7)
    machine.hart.set_csr("mstatus", MIE)
    machine.hart.set_csr("mtvec", symbols["handler"])
    traps = []
    machine.observers.trap.append(traps.append)
    machine.run(max_retired=due * timebase + 10, stop_at={symbols["handler"]})
    assert [(trap.instant, trap.cause) for trap in traps] == [(due * timebase, 7)]
    assert machine.retired == due * timebase
    assert machine.clint.mtime == due


def test_stepping_and_running_take_an_interrupt_at_the_same_instant() -> None:
    machines = []
    for steps in (False, True):
        machine, symbols = machine_with("_start: addi t0, t0, 1\n j _start\n handler: mret\n")
        machine.clint.mtimecmp = 101
        machine.hart.set_csr("mie", 1 << 7)
        machine.hart.set_csr("mstatus", MIE)
        machine.hart.set_csr("mtvec", symbols["handler"])
        if steps:
            while machine.instant < 150:
                machine.step()
        else:
            machine.run(until_instant=150)
        machines.append(machine)
    ran, stepped = machines
    assert ran.capture() == stepped.capture()
    assert ran.hart.traps == 25  # from then on, an interrupt and an mret by turns


def test_enabling_a_pending_interrupt_takes_it_before_the_next_instruction() -> None:
    guest = Guest()
    pending(guest, Interrupt.MACHINE_TIMER)
    guest.execute("csrrsi", csr="mstatus", zimm=MIE)
    assert guest.pc == START + 4
    guest.machine.step()
    assert guest.hart.csr_value("mepc") == START + 4
    assert guest.pc == HANDLER


def test_a_software_interrupt_that_a_store_raises_comes_before_the_next_instruction() -> None:
    machine, symbols = machine_with(
        """
        _start: la   t0, handler
                csrw mtvec, t0
                csrsi mie, 8
                csrsi mstatus, 8
                li   t0, 0x02000000
                li   t1, 1
        raise:  sw   t1, 0(t0)
                li   t2, 99
        handler: wfi
        """
    )
    machine.run(stop_at={symbols["handler"]}, max_retired=100)
    assert machine.hart.csr_value("mepc") == symbols["raise"] + 4
    assert machine.hart.x[7] == 0


@pytest.mark.parametrize("mode", [M, S])
def test_wfi_skips_to_the_timer_event(mode: Privilege) -> None:
    guest = Guest(mode=mode)
    guest.hart.set_csr("mie", 1 << 7)
    guest.machine.clint.mtimecmp = 1_000_000
    retired = guest.machine.retired
    guest.execute("wfi")
    assert guest.pc == START + 4
    assert guest.machine.retired == retired + 1
    assert guest.machine.clint.mtime == 1_000_001  # reached while wfi retired
    assert guest.hart.csr_value("mip") & 1 << 7


def test_wfi_goes_on_at_once_if_an_enabled_interrupt_is_pending_though_it_cannot_be_taken() -> None:
    guest = Guest()
    pending(guest, Interrupt.SUPERVISOR_SOFTWARE)
    before = guest.machine.clint.mtime
    guest.execute("wfi")
    assert guest.pc == START + 4
    assert guest.machine.clint.mtime == before + 1
    assert not guest.traps


def test_wfi_waits_for_console_input_if_that_would_wake_it() -> None:
    guest = Guest()
    machine = guest.machine
    machine.clint.mtimecmp = NEVER
    machine.plic.store(4 * 10, 4, 1)
    machine.plic.store(0x2000, 4, 1 << 10)
    machine.uart.store(1, 1, 1)
    machine.uart.input_open = True
    guest.hart.set_csr("mie", 1 << 11)
    before = machine.capture()
    for _ in range(2):
        stop = guest.execute("wfi")
        assert stop is not None
        assert stop.reason is StopReason.WAITING
        assert machine.instant == before.instant
    machine.uart.feed(b"k")
    assert guest.execute("wfi") is None
    assert guest.pc == START + 4


@pytest.mark.parametrize("missing", ["input", "uart", "plic", "mie"])
def test_wfi_that_no_input_can_wake_is_stuck(missing: str) -> None:
    guest = Guest()
    machine = guest.machine
    machine.clint.mtimecmp = NEVER
    machine.plic.store(4 * 10, 4, 1)
    machine.plic.store(0x2000, 4, 0 if missing == "plic" else 1 << 10)
    machine.uart.store(1, 1, 0 if missing == "uart" else 1)
    machine.uart.input_open = missing != "input"
    guest.hart.set_csr("mie", 0 if missing == "mie" else 1 << 11)
    stop = guest.execute("wfi")
    assert stop is not None
    assert (stop.reason, stop.code) == (StopReason.STUCK, 1)
    assert guest.pc == START
