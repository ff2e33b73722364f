"""The svm generation: a control block in memory instead of the bitmap register."""

import pytest

from asm.isa.causes import Cause
from asm.isa.trapbits import ALL_TRAP_BITS, TrapBit
from hvtui.machine.privilege import Privilege
from tests.support.guest import HANDLER, S_HANDLER, START, Guest, word

M, S, U = Privilege.M, Privilege.S, Privilege.U
BLOCK = 0x8000_4000
GUEST_PC = START + 0x1000
OUTSIDE = 0x4000_0000


def entered(mode: Privilege, bitmap: int = 0, block: int = BLOCK) -> Guest:
    """Return a machine that went to `mode` by an mret under a control block."""
    guest = Guest("svm")
    guest.put(BLOCK, bitmap, 0x11, 0x22, 0x33, 0x44)
    guest.hart.set_csr("mepc", GUEST_PC)
    guest.hart.set_csr("mstatus", mode << 11)
    guest.write("mvmcb", block)
    guest.execute("mret")
    return guest


def block(guest: Guest) -> list[int]:
    return [guest.word_at(BLOCK + 4 * index) for index in range(1, 5)]


@pytest.mark.parametrize("mode", [S, U])
def test_an_mret_that_leaves_m_loads_the_bitmap(mode: Privilege) -> None:
    guest = entered(mode, 0xFFFF_FFFF)
    assert guest.mode is mode
    assert guest.hart.csr_value("mtrapmap") == ALL_TRAP_BITS
    assert block(guest) == [0x11, 0x22, 0x33, 0x44]


def test_an_sret_that_leaves_m_loads_it_too() -> None:
    guest = Guest("svm")
    guest.put(BLOCK, 5)
    guest.hart.set_csr("sepc", GUEST_PC)
    guest.write("mvmcb", BLOCK)
    guest.execute("sret")
    assert (guest.mode, guest.pc) == (U, GUEST_PC)
    assert guest.hart.csr_value("mtrapmap") == 5


def test_an_mret_that_stays_in_m_loads_nothing() -> None:
    guest = entered(M, 7)
    assert guest.mode is M
    assert guest.hart.csr_value("mtrapmap") == 0


def test_an_sret_below_m_loads_nothing() -> None:
    guest = entered(S, 0)
    guest.put(BLOCK, 7)
    guest.hart.set_csr("sepc", GUEST_PC)
    guest.execute("sret")
    assert guest.mode is U
    assert guest.hart.csr_value("mtrapmap") == 0


def test_without_a_block_the_register_is_the_bitmap() -> None:
    guest = Guest("svm")
    guest.write("mtrapmap", 1 << TrapBit.RDSUP)
    guest.enter(S)
    guest.execute("csrrs", rd=5, csr="sstatus")
    assert [trap.bits for trap in guest.traps] == [(TrapBit.RDSUP,)]
    assert guest.word_at(BLOCK + 4) == 0


@pytest.mark.parametrize("mode", [S, U])
def test_a_trapped_kernel_instruction_tells_its_bit(mode: Privilege) -> None:
    guest = entered(mode, 1 << TrapBit.WFI)
    guest.execute("wfi")
    assert (guest.mode, guest.pc) == (M, HANDLER)
    assert block(guest) == [TrapBit.WFI, word("wfi"), GUEST_PC + 4, mode]
    assert guest.word_at(BLOCK) == 1 << TrapBit.WFI


@pytest.mark.parametrize(
    ("bitmap", "code"),
    [
        (1 << TrapBit.WRTVEC, TrapBit.WRTVEC),
        (1 << TrapBit.RDTVEC | 1 << TrapBit.WRTVEC, TrapBit.RDTVEC),
        (ALL_TRAP_BITS, TrapBit.RDTVEC),
    ],
)
def test_of_two_classes_the_lowest_set_bit_is_the_exit_code(bitmap: int, code: TrapBit) -> None:
    guest = entered(U, bitmap)
    guest.execute("csrrw", rd=5, csr="mtvec", rs1=6)
    assert block(guest)[0] == code


def test_any_other_exception_tells_its_cause() -> None:
    guest = entered(U)
    guest.execute("ecall")
    assert block(guest) == [0x100 + Cause.ECALL_FROM_U, word("ecall"), GUEST_PC + 4, U]


def test_an_illegal_instruction_that_no_bit_is_about_tells_its_cause() -> None:
    guest = entered(S, ALL_TRAP_BITS)
    guest.execute_word(0xFFFF_FFFF)
    assert block(guest) == [0x100 + 2, 0xFFFF_FFFF, GUEST_PC + 4, S]


def test_of_an_illegal_compressed_instruction_the_block_has_the_16_bits_that_mtval_has() -> None:
    guest = entered(S)
    guest.execute_word(0xABCD_8082)
    assert guest.hart.csr_value("mtval") == 0x8082
    assert block(guest) == [0x100 + 2, 0x8082, GUEST_PC + 4, S]
    assert guest.traps[-1].word == 0x8082


def test_a_fetch_fault_has_no_instruction() -> None:
    guest = entered(S)
    guest.hart.set_pc(OUTSIDE)
    guest.machine.step()
    assert block(guest) == [0x100 + Cause.FETCH_ACCESS, 0, OUTSIDE + 4, S]


def test_an_interrupt_tells_its_number_and_the_pc_itself() -> None:
    guest = entered(U)
    guest.hart.set_csr("mie", 1 << 7)
    guest.machine.clint.mtimecmp = 0
    guest.machine.step()
    assert guest.mode is M
    assert block(guest) == [0x8000_0007, 0, GUEST_PC, U]


def test_a_trap_to_s_leaves_the_block_alone() -> None:
    guest = entered(U)
    guest.hart.set_csr("medeleg", 1 << Cause.ECALL_FROM_U)
    guest.execute("ecall")
    assert (guest.mode, guest.pc) == (S, S_HANDLER)
    assert block(guest) == [0x11, 0x22, 0x33, 0x44]


def test_a_trap_from_m_leaves_the_block_alone() -> None:
    guest = entered(M)
    guest.execute("ecall")
    assert block(guest) == [0x11, 0x22, 0x33, 0x44]


# Of the last, the words are written partly beyond the end of RAM.
BAD_BLOCKS = (OUTSIDE, 0x7FFF_FFFC, 0x8010_0000 - 16)


@pytest.mark.parametrize("address", BAD_BLOCKS)
def test_a_return_under_a_block_outside_ram_is_a_machine_check_instead(address: int) -> None:
    guest = entered(U, block=address)
    assert (guest.mode, guest.pc) == (M, HANDLER)
    assert guest.hart.csr_value("mcause") == Cause.MACHINE_CHECK
    assert guest.hart.csr_value("mtval") == address
    assert guest.hart.csr_value("mepc") == START + 4  # the mret, after the write of mvmcb
    assert not guest.returns


@pytest.mark.parametrize("address", BAD_BLOCKS)
def test_a_trap_under_a_block_outside_ram_becomes_a_machine_check(address: int) -> None:
    guest = entered(U)
    guest.hart.set_csr("mvmcb", address)
    end = guest.machine.read_physical(0x800F_FFF0, 16)
    guest.execute("ecall")
    assert (guest.mode, guest.pc) == (M, HANDLER)
    assert guest.hart.csr_value("mcause") == Cause.MACHINE_CHECK
    assert guest.hart.csr_value("mtval") == address
    assert guest.hart.csr_value("mepc") == GUEST_PC
    assert guest.hart.csr_value("mstatus") >> 11 & 3 == U
    assert guest.machine.read_physical(0x800F_FFF0, 16) == end


def test_an_interrupt_under_a_block_outside_ram_stays_pending() -> None:
    guest = entered(U)
    guest.hart.set_csr("mvmcb", OUTSIDE)
    guest.hart.set_csr("mie", 1 << 7)
    guest.machine.clint.mtimecmp = 0
    guest.machine.step()
    assert guest.hart.csr_value("mcause") == Cause.MACHINE_CHECK
    assert guest.hart.csr_value("mepc") == GUEST_PC
    assert not guest.traps[-1].is_interrupt
    assert guest.hart.csr_value("mip") & 1 << 7


def test_a_block_that_lies_in_the_guests_code_changes_what_it_executes() -> None:
    guest = entered(U)
    guest.hart.set_pc(BLOCK + 16)  # word 4, where the hardware will write the privilege 0 or 1
    guest.put(BLOCK + 16, word("addi", rd=7, rs1=7, imm=1), word("ecall"))
    guest.machine.step()
    guest.machine.step()
    assert guest.x[7] == 1
    guest.hart.set_csr("mepc", BLOCK + 16)
    guest.hart.set_csr("mstatus", 0)
    guest.execute("mret")
    guest.machine.step()
    assert [(trap.cause, trap.tval) for trap in guest.traps[-1:]] == [(2, 0)]
