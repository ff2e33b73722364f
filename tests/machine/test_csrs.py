"""The CSRs one by one: what is writable, what is made legal, which are views of others."""

import pytest

from asm.isa.csrs import CSRS, CSRS_BY_NAME
from asm.isa.trapbits import ALL_TRAP_BITS
from hvtui.machine.privilege import Privilege
from tests.support.guest import HANDLER, Guest, word

ONES = 0xFFFF_FFFF

# What remains in a register after all ones were written, and after zero was written then.
WRITTEN = {
    "mstatus": (0x807E_79AA, 0),
    "medeleg": (0x0000_B3FF, 0),
    "mideleg": (0x0000_0222, 0),
    "mie": (0x0000_0AAA, 0),
    "mtvec": (0xFFFF_FFFD, 0),
    "stvec": (0xFFFF_FFFD, 0),
    "mcounteren": (ONES, 0),
    "scounteren": (ONES, 0),
    "mcountinhibit": (0xFFFF_FFFD, 0),
    "mscratch": (ONES, 0),
    "sscratch": (ONES, 0),
    "mepc": (0xFFFF_FFFC, 0),
    "sepc": (0xFFFF_FFFC, 0),
    "mcause": (ONES, 0),
    "scause": (ONES, 0),
    "mtval": (ONES, 0),
    "stval": (ONES, 0),
    "satp": (ONES, 0),
    "senvcfg": (1, 0),
    "menvcfg": (1, 0),
    "misa": (0x4014_1101, 0x4014_1101),
    "mstatush": (0, 0),
    "menvcfgh": (0, 0),
    "mhpmcounter3": (0, 0),
    "mhpmevent31": (0, 0),
    "tselect": (0, 0),
    "pmpcfg4": (0, 0),
    "pmpaddr16": (0, 0),
    "pmpaddr15": (ONES, 0),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_what_a_register_keeps_of_what_is_written(name: str) -> None:
    guest = Guest()
    after_ones, after_zero = WRITTEN[name]
    guest.write(name, ONES)
    assert guest.read(name) == after_ones
    guest.write(name, 0)
    assert guest.read(name) == after_zero
    assert not guest.traps


@pytest.mark.parametrize("row", CSRS, ids=lambda row: row.name)
@pytest.mark.parametrize("cpu", ["classic", "svm"])
def test_every_register_of_the_table_can_be_read_in_m_if_the_cpu_has_it(cpu: str, row) -> None:
    guest = Guest(cpu)
    exists = row.only_on is None or cpu == "svm"
    guest.x[5] = 0xABCD
    guest.execute("csrrs", rd=5, csr=row.number)
    if exists:
        assert not guest.traps
        assert 0 <= guest.x[5] <= ONES
    else:
        assert [trap.cause for trap in guest.traps] == [2]
        assert guest.x[5] == 0xABCD


@pytest.mark.parametrize("row", [row for row in CSRS if row.read_only], ids=lambda row: row.name)
def test_a_write_to_a_read_only_register_is_illegal_but_reading_by_csrrs_x0_is_not(row) -> None:
    guest = Guest("svm")
    guest.execute("csrrs", rd=5, csr=row.number)
    assert not guest.traps
    bits = word("csrrs", rd=5, csr=row.number, rs1=6)
    guest.execute_word(bits)
    assert [(trap.cause, trap.tval) for trap in guest.traps] == [(2, bits)]


@pytest.mark.parametrize("number", [0x000, 0x200, 0x5A8, 0x7B0, 0x7C0, 0xC20, 0xFFF])
def test_a_register_that_does_not_exist_is_illegal(number: int) -> None:
    guest = Guest()
    assert number not in {row.number for row in CSRS if row.only_on is None}
    bits = word("csrrw", rd=5, csr=number, rs1=6)
    guest.execute_word(bits)
    assert [(trap.cause, trap.tval) for trap in guest.traps] == [(2, bits)]
    assert guest.pc == HANDLER


def test_mpp_never_holds_the_reserved_mode() -> None:
    guest = Guest()
    guest.write("mstatus", 3 << 11)
    guest.write("mstatus", 2 << 11)
    assert guest.read("mstatus") >> 11 & 3 in (0, 1, 3)


def test_sd_says_that_fs_is_dirty() -> None:
    guest = Guest()
    for fs, sd in ((1, 0), (2, 0), (3, 1)):
        guest.write("mstatus", fs << 13)
        assert guest.read("mstatus") >> 31 == sd
        assert guest.read("sstatus") >> 31 == sd


def test_sstatus_is_a_view_of_mstatus() -> None:
    guest = Guest()
    guest.write("mstatus", ONES)
    assert guest.read("sstatus") == 0x800C_6122
    guest.write("sstatus", 0)
    assert guest.read("mstatus") == 0x0072_1888
    guest.write("mstatus", 0)
    guest.write("sstatus", ONES)
    assert guest.read("mstatus") == 0x800C_6122


def test_mtvec_drops_the_upper_bit_of_a_reserved_mode() -> None:
    guest = Guest()
    guest.write("mtvec", 0x8000_0101)
    assert guest.read("mtvec") == 0x8000_0101
    guest.write("mtvec", 0x8000_0202)
    assert guest.read("mtvec") == 0x8000_0200


def test_sie_and_sip_show_delegated_interrupts_alone() -> None:
    guest = Guest()
    guest.write("mie", ONES)
    guest.write("mip", ONES)
    assert guest.read("sie") == guest.read("sip") == 0
    guest.write("mideleg", 0x002)
    assert guest.read("sie") == guest.read("sip") == 0x002
    guest.write("mideleg", ONES)
    assert guest.read("sie") == 0x222
    assert guest.read("sip") == 0x222


def test_writes_through_sie_and_sip_reach_delegated_bits_alone() -> None:
    guest = Guest()
    guest.write("mideleg", 0x020)
    guest.write("sie", ONES)
    assert guest.read("mie") == 0x020
    guest.write("sip", ONES)
    assert guest.read("mip") & 0x222 == 0
    guest.write("mideleg", 0x222)
    guest.write("sip", ONES)
    assert guest.read("mip") & 0x222 == 0x002  # of sip, software can set SSIP only


def test_in_mip_software_sets_the_supervisor_bits_alone() -> None:
    guest = Guest()
    guest.machine.clint.mtimecmp = 1 << 60
    guest.write("mip", ONES)
    assert guest.read("mip") == 0x222
    guest.write("mip", 0)
    assert guest.read("mip") == 0


def test_clearing_another_bit_of_mip_does_not_turn_the_plics_line_into_a_software_bit() -> None:
    guest = Guest()
    guest.machine.clint.mtimecmp = 1 << 60
    raise_console_interrupt(guest, context=1)
    assert guest.read("mip") == 0x200
    guest.x[5] = 0x002
    guest.execute("csrrs", rd=6, csr="mip", rs1=5)  # the read shows the line, the set starts without
    assert guest.x[6] == 0x200
    guest.machine.plic.reset()
    assert guest.read("mip") == 0x002


def raise_console_interrupt(guest: Guest, context: int) -> None:
    guest.machine.plic.store(4 * 10, 4, 1)
    guest.machine.plic.store(0x2000 + 0x80 * context, 4, 1 << 10)
    guest.machine.uart.store(1, 1, 1)
    guest.machine.uart.feed(b"x")


def test_a_swap_exchanges_register_and_csr() -> None:
    guest = Guest()
    guest.write("mscratch", 0x1111)
    guest.x[5] = 0x2222
    guest.execute("csrrw", rd=5, csr="mscratch", rs1=5)
    assert guest.x[5] == 0x1111
    assert guest.read("mscratch") == 0x2222


@pytest.mark.parametrize(
    ("name", "fields", "after"),
    [
        ("csrrs", {"rs1": 5}, 0xF3),
        ("csrrc", {"rs1": 5}, 0xC0),
        ("csrrsi", {"zimm": 0x0F}, 0xFF),
        ("csrrci", {"zimm": 0x10}, 0xE0),
        ("csrrwi", {"zimm": 0x1F}, 0x1F),
    ],
)
def test_set_clear_and_constants(name: str, fields: dict[str, int], after: int) -> None:
    guest = Guest()
    guest.write("mscratch", 0xF0)
    guest.x[5] = 0x33
    guest.execute(name, rd=6, csr="mscratch", **fields)
    assert guest.x[6] == 0xF0
    assert guest.read("mscratch") == after


def test_identity_registers() -> None:
    for number, cpu in enumerate(("classic", "legacy", "pentium", "vt", "svm")):
        guest = Guest(cpu)
        names = ("mvendorid", "marchid", "mimpid", "mhartid", "mconfigptr")
        assert [guest.read(name) for name in names] == [0, 0, number, 0, 0]


@pytest.mark.parametrize(("cpu", "settable"), [("legacy", 0), ("pentium", 0), ("vt", ALL_TRAP_BITS)])
def test_mtrapmap_takes_the_bits_of_mtrapcap(cpu: str, settable: int) -> None:
    guest = Guest(cpu)
    assert guest.read("mtrapcap") == settable
    guest.write("mtrapmap", ONES)
    assert guest.read("mtrapmap") == settable
    assert not guest.traps


def test_mvmcb_is_a_word_address_and_exists_on_svm_alone() -> None:
    guest = Guest("svm")
    guest.write("mvmcb", 0x8000_1003)
    assert guest.read("mvmcb") == 0x8000_1000
    other = Guest("vt")
    other.read("mvmcb")
    assert [trap.cause for trap in other.traps] == [2]


def test_a_locked_pmp_entry_keeps_its_registers_until_reset() -> None:
    guest = Guest()
    guest.write("pmpaddr2", 0x2000_4000)
    guest.write("pmpcfg0", 0x0080_001F | 0x18 << 16)
    guest.write("pmpcfg0", 0x1F)
    guest.write("pmpaddr2", 0)
    assert guest.read("pmpcfg0") >> 16 & 0xFF == 0x98
    assert guest.read("pmpaddr2") == 0x2000_4000
    guest.machine.reset(0x8000_0000)
    assert guest.hart.csr_value("pmpcfg0") == 0


def test_the_state_after_reset() -> None:
    guest = Guest()
    guest.machine.place_dtb(bytes(100))
    guest.write("mscratch", 5)
    guest.machine.reset(0x8000_0400)
    hart = guest.hart
    assert (hart.pc, hart.privilege, hart.retired, hart.traps) == (0x8000_0400, Privilege.M, 0, 0)
    assert hart.x == [0] * 11 + [0x800F_FF98] + [0] * 20
    constants = {"misa", "mimpid", "mtrapcap", "mip"}
    for row in CSRS:
        if row.only_on is None and row.name not in constants:
            assert hart.csr_value(row.name) == 0, row.name
    assert hart.csr_value("mip") == 0x080  # mtimecmp is 0, so its time has come


@pytest.mark.parametrize("mode", [Privilege.S, Privilege.U])
def test_registers_of_a_higher_mode_are_illegal_on_the_standard_cpu(mode: Privilege) -> None:
    for row in CSRS:
        if row.only_on is not None or row.privilege <= mode:
            continue
        guest = Guest(mode=mode)
        bits = word("csrrs", rd=5, csr=row.number)
        guest.execute_word(bits)
        assert [(trap.cause, trap.tval, trap.target) for trap in guest.traps] == [
            (2, bits, Privilege.M)
        ], row.name


def test_tvm_keeps_satp_and_sfence_from_s() -> None:
    guest = Guest(mode=Privilege.S)
    guest.read("satp")
    guest.execute("sfence.vma")
    assert not guest.traps
    guest.hart.set_csr("mstatus", 1 << 20)
    for name, fields in (("csrrs", {"csr": "satp"}), ("sfence.vma", {})):
        guest.execute(name, **fields)
        assert [trap.cause for trap in guest.traps] == [2]
        guest.enter(Privilege.S)


def test_a_debugger_can_read_and_set_every_register_whatever_the_mode() -> None:
    guest = Guest("svm", Privilege.U)
    for name in CSRS_BY_NAME:
        before = guest.hart.csr_value(name)
        guest.hart.set_csr(name, before)
        assert guest.hart.csr_value(name) == before, name
    assert guest.mode is Privilege.U
    with pytest.raises(KeyError):
        guest.hart.csr_value("mnonsense")
