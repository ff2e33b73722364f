"""Into traps and back: causes, values, delegation, vectors, the mode stacks, xRET."""

import pytest

from asm.isa.causes import Cause
from hvtui.machine.events import TrapReturned, TrapTaken
from hvtui.machine.privilege import Privilege
from tests.support.guest import HANDLER, S_HANDLER, START, Guest, word

M, S, U = Privilege.M, Privilege.S, Privilege.U

MIE, MPIE, MPRV = 1 << 3, 1 << 7, 1 << 17
SIE, SPIE, SPP = 1 << 1, 1 << 5, 1 << 8
MPP = 3 << 11
TW, TSR = 1 << 21, 1 << 22


def status(guest: Guest) -> int:
    return guest.hart.csr_value("mstatus")


@pytest.mark.parametrize(
    ("mode", "cause"),
    [(M, Cause.ECALL_FROM_M), (S, Cause.ECALL_FROM_S), (U, Cause.ECALL_FROM_U)],
)
def test_ecall_names_the_mode_it_came_from(mode: Privilege, cause: Cause) -> None:
    guest = Guest(mode=mode)
    retired = guest.machine.retired
    guest.execute("ecall")
    assert (guest.mode, guest.pc) == (M, HANDLER)
    assert guest.hart.csr_value("mcause") == cause
    assert guest.hart.csr_value("mepc") == START
    assert guest.hart.csr_value("mtval") == 0
    assert status(guest) & MPP == mode << 11
    assert guest.machine.retired == retired


def test_ebreak_gives_its_own_address() -> None:
    guest = Guest()
    guest.execute("ebreak")
    assert guest.hart.csr_value("mcause") == Cause.BREAKPOINT
    assert guest.hart.csr_value("mtval") == guest.hart.csr_value("mepc") == START


@pytest.mark.parametrize("bits", [0, 0xFFFF_FFFF, 0x0000_007F, 0x0000_4033 | 1 << 30])
def test_an_unknown_instruction_gives_its_bits(bits: int) -> None:
    guest = Guest()
    guest.execute_word(bits)
    assert guest.hart.csr_value("mcause") == Cause.ILLEGAL_INSTRUCTION
    assert guest.hart.csr_value("mtval") == bits


@pytest.mark.parametrize("bits", [0x1234_0000, 0xABCD_8082, 0xFFFF_FFFE])
def test_a_compressed_instruction_gives_its_16_bits(bits: int) -> None:
    guest = Guest()
    guest.execute_word(bits)
    assert guest.hart.csr_value("mcause") == Cause.ILLEGAL_INSTRUCTION
    assert guest.hart.csr_value("mtval") == bits & 0xFFFF


@pytest.mark.parametrize(
    ("name", "fields", "target"),
    [
        ("jal", {"rd": 1, "target": 6}, START + 6),
        ("jalr", {"rd": 1, "rs1": 5, "imm": 3}, START + 2),
        ("beq", {"target": -2}, START - 2),
    ],
)
def test_a_jump_to_where_no_instruction_can_be_traps_at_the_jump(
    name: str, fields: dict[str, int], target: int
) -> None:
    guest = Guest()
    guest.x[5] = START
    guest.execute(name, **fields)
    assert guest.hart.csr_value("mcause") == Cause.MISALIGNED_FETCH
    assert guest.hart.csr_value("mtval") == target
    assert guest.hart.csr_value("mepc") == START
    assert guest.x[1] == 0


def test_a_branch_that_is_not_taken_may_name_any_target() -> None:
    guest = Guest()
    guest.execute("bne", target=6)
    assert guest.pc == START + 4
    assert not guest.traps


@pytest.mark.parametrize(
    ("name", "fields", "cause"),
    [
        ("lw", {"rd": 6, "rs1": 5}, Cause.LOAD_ACCESS),
        ("sw", {"rs2": 6, "rs1": 5}, Cause.STORE_ACCESS),
        ("amoadd.w", {"rd": 6, "rs1": 5}, Cause.STORE_ACCESS),
        ("lr.w", {"rd": 6, "rs1": 5}, Cause.LOAD_ACCESS),
        ("sc.w", {"rd": 6, "rs1": 5}, Cause.STORE_ACCESS),
    ],
)
def test_an_access_to_nowhere_gives_its_address(
    name: str, fields: dict[str, int], cause: Cause
) -> None:
    guest = Guest()
    guest.x[5] = 0x4000_0000
    guest.x[6] = 0x66
    guest.execute(name, **fields)
    assert guest.hart.csr_value("mcause") == cause
    assert guest.hart.csr_value("mtval") == 0x4000_0000
    assert guest.x[6] == 0x66


def test_a_fetch_from_nowhere_traps_after_the_jump_has_retired() -> None:
    guest = Guest()
    guest.x[5] = 0x4000_0000
    guest.execute("jalr", rs1=5)
    assert guest.pc == 0x4000_0000
    guest.machine.step()
    assert guest.hart.csr_value("mcause") == Cause.FETCH_ACCESS
    assert guest.hart.csr_value("mtval") == guest.hart.csr_value("mepc") == 0x4000_0000
    assert guest.traps[-1].word == 0


@pytest.mark.parametrize("enabled", [0, MIE])
def test_a_trap_to_m_stacks_the_interrupt_enable_and_the_mode(enabled: int) -> None:
    guest = Guest()
    guest.hart.set_csr("mstatus", enabled)
    guest.execute("ecall")
    assert status(guest) == MPP | (MPIE if enabled else 0)


def test_a_delegated_exception_goes_to_s() -> None:
    guest = Guest(mode=U)
    guest.hart.set_csr("medeleg", 1 << Cause.ECALL_FROM_U)
    guest.hart.set_csr("mstatus", SIE)
    guest.execute("ecall")
    assert (guest.mode, guest.pc) == (S, S_HANDLER)
    assert guest.hart.csr_value("scause") == Cause.ECALL_FROM_U
    assert guest.hart.csr_value("sepc") == START
    assert guest.hart.csr_value("mcause") == 0
    assert status(guest) & (SIE | SPIE | SPP) == SPIE


def test_a_delegated_exception_from_s_remembers_s() -> None:
    guest = Guest(mode=S)
    guest.hart.set_csr("medeleg", 1 << Cause.BREAKPOINT)
    guest.execute("ebreak")
    assert guest.mode is S
    assert status(guest) & SPP
    assert guest.hart.csr_value("stval") == START


def test_no_exception_of_m_is_delegated() -> None:
    guest = Guest()
    guest.hart.set_csr("medeleg", 0xFFFF)
    guest.execute("ebreak")
    assert (guest.mode, guest.pc) == (M, HANDLER)


def test_exceptions_go_to_the_base_of_a_vectored_handler() -> None:
    guest = Guest()
    guest.hart.set_csr("mtvec", HANDLER | 1)
    guest.execute("ecall")
    assert guest.pc == HANDLER


@pytest.mark.parametrize("target", [M, S, U])
@pytest.mark.parametrize("previous", [0, MPIE])
def test_mret_takes_mode_and_enable_from_their_stack(target: Privilege, previous: int) -> None:
    guest = Guest()
    guest.hart.set_csr("mepc", START + 0x100)
    guest.hart.set_csr("mstatus", target << 11 | previous | MPRV)
    guest.execute("mret")
    assert (guest.mode, guest.pc) == (target, START + 0x100)
    assert status(guest) == MPIE | (MIE if previous else 0) | (MPRV if target is M else 0)


@pytest.mark.parametrize("mode", [M, S])
@pytest.mark.parametrize("target", [S, U])
def test_sret_takes_mode_and_enable_from_their_stack(mode: Privilege, target: Privilege) -> None:
    guest = Guest(mode=mode)
    guest.hart.set_csr("sepc", START + 0x200)
    guest.hart.set_csr("mstatus", (SPP if target is S else 0) | SPIE | MPRV)
    guest.execute("sret")
    assert (guest.mode, guest.pc) == (target, START + 0x200)
    assert status(guest) == SIE | SPIE


@pytest.mark.parametrize(
    ("name", "mode", "bits", "is_legal"),
    [
        ("mret", S, 0, False),
        ("mret", U, 0, False),
        ("sret", U, 0, False),
        ("sret", S, TSR, False),
        ("sret", M, TSR, True),
        ("wfi", U, 0, False),
        ("wfi", S, TW, False),
        ("wfi", S, 0, True),
        ("wfi", M, TW, True),
        ("sfence.vma", U, 0, False),
        ("sfence.vma", S, 0, True),
    ],
)
def test_who_may_execute_the_privileged_instructions(
    name: str, mode: Privilege, bits: int, is_legal: bool
) -> None:
    guest = Guest(mode=mode)
    guest.hart.set_csr("mie", 1 << 7)  # the timer's time has come, so wfi goes on
    guest.hart.set_csr("mideleg", 0x222)
    guest.hart.state.csr["mstatus"] |= bits
    guest.machine.clint.mtimecmp = 0 if mode is M else 1 << 40
    guest.execute(name)
    illegal = [trap for trap in guest.traps if trap.cause == 2 and not trap.is_interrupt]
    assert bool(illegal) is not is_legal
    if illegal:
        assert illegal[0].tval == word(name)


def test_traps_and_returns_are_told_in_full() -> None:
    guest = Guest(mode=U)
    instant = guest.machine.instant
    guest.execute("ecall")
    assert guest.traps == [TrapTaken(instant, START, 8, False, 0, word("ecall"), U, M, HANDLER, ())]
    guest.execute("mret")
    assert guest.returns == [TrapReturned(instant + 1, HANDLER, "mret", M, U, START)]
    assert guest.machine.instant == instant + 2


def test_the_privilege_of_loads_follows_mprv() -> None:
    guest = Guest()
    guest.write("pmpcfg0", 0)  # now S and U may use no memory at all
    guest.x[5] = START
    guest.execute("lw", rd=6, rs1=5)
    assert not guest.traps
    guest.write("mstatus", MPRV)  # with MPP = U
    guest.execute("lw", rd=6, rs1=5)
    assert [(trap.cause, trap.tval) for trap in guest.traps] == [(Cause.LOAD_ACCESS, START)]
    assert status(guest) & MPRV  # a trap leaves it alone


def test_a_handler_that_faults_at_once_is_stuck_for_ever() -> None:
    guest = Guest(mode=U)
    guest.hart.set_csr("mtvec", 0)
    guest.execute("ecall")
    stop = guest.machine.run(max_retired=guest.machine.retired + 1000)
    assert stop.reason.value == "stuck"
    assert guest.machine.exit is not None
    assert guest.machine.exit.code == 1
    assert len(guest.traps) < 5
