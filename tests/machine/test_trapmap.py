"""The trap bitmap: each class of kernel instruction, on each generation, in each mode.

The tables below are the design's, written out a second time on purpose.
"""

from dataclasses import dataclass

import pytest

from asm.isa.trapbits import ALL_TRAP_BITS, TrapBit
from hvtui.machine.board import StopReason
from hvtui.machine.events import Outcome
from hvtui.machine.privilege import Privilege
from tests.support.guest import HANDLER, S_HANDLER, START, Guest, word

M, S, U = Privilege.M, Privilege.S, Privilege.U
TRAPPED, EXECUTED, IGNORED, LEAKED = Outcome
GENERATIONS = ("classic", "legacy", "pentium", "vt", "svm")

OLD = 0x1357_9BDF  # what rd holds before
NEW = 0x0000_0F00  # what a write wants to store


@dataclass(frozen=True)
class Kernel:
    """A kernel instruction: its classes and the modes below M that may execute it by the base spec."""

    bits: tuple[str, ...]
    name: str
    csr: str = ""
    allowed: frozenset[Privilege] = frozenset()
    reads: bool = False
    writes: bool = False

    @property
    def word(self) -> int:
        if not self.csr:
            return word(self.name)
        return word(self.name, csr=self.csr, rd=5 if self.reads else 0, rs1=6 if self.writes else 0)

    def __str__(self) -> str:
        return f"{self.name} {self.csr} {'+'.join(self.bits)}".replace("  ", " ")


def reading(bit: str, csr: str, *allowed: Privilege) -> Kernel:
    return Kernel((bit,), "csrrs", csr, frozenset(allowed), reads=True)


def writing(bit: str, csr: str, *allowed: Privilege) -> Kernel:
    return Kernel((bit,), "csrrw", csr, frozenset(allowed), writes=True)


def swapping(bits: str, csr: str, *allowed: Privilege) -> Kernel:
    return Kernel(tuple(bits.split()), "csrrw", csr, frozenset(allowed), reads=True, writes=True)


KERNEL_INSTRUCTIONS = (
    reading("rdstatus", "mstatus"),
    reading("rdstatus", "mstatush"),
    reading("rdstatus", "misa"),
    reading("rdstatus", "menvcfg"),
    reading("rdtvec", "mtvec"),
    reading("rdtvec", "medeleg"),
    reading("rdtvec", "mideleg"),
    reading("rdtrap", "mscratch"),
    reading("rdtrap", "mepc"),
    reading("rdtrap", "mcause"),
    reading("rdtrap", "mtval"),
    reading("rdint", "mie"),
    reading("rdint", "mip"),
    reading("rdvm", "satp", S),
    reading("rdvm", "pmpcfg0"),
    reading("rdvm", "pmpaddr5"),
    reading("rdcount", "mcycle"),
    reading("rdcount", "minstreth"),
    reading("rdcount", "mhpmcounter7"),
    reading("rdcount", "cycle"),
    reading("rdcount", "time"),
    reading("rdcount", "instreth"),
    reading("rdcount", "hpmcounter9"),
    reading("rdid", "mvendorid"),
    reading("rdid", "marchid"),
    reading("rdid", "mimpid"),
    reading("rdid", "mhartid"),
    reading("rdid", "mconfigptr"),
    reading("rdsup", "sstatus", S),
    reading("rdsup", "sie", S),
    reading("rdsup", "sip", S),
    reading("rdsup", "stvec", S),
    reading("rdsup", "sscratch", S),
    reading("rdsup", "sepc", S),
    reading("rdsup", "scause", S),
    reading("rdsup", "stval", S),
    reading("rdsup", "senvcfg", S),
    writing("wrstatus", "mstatus"),
    writing("wrstatus", "misa"),
    writing("wrtvec", "mtvec"),
    writing("wrtvec", "mideleg"),
    writing("wrtrap", "mscratch"),
    writing("wrtrap", "mtval"),
    writing("wrint", "mie"),
    writing("wrint", "mip"),
    writing("wrvm", "satp", S),
    writing("wrvm", "pmpaddr3"),
    writing("wrcount", "mcycle"),
    writing("wrcount", "mcounteren"),
    writing("wrcount", "scounteren", S),
    writing("wrcount", "mcountinhibit"),
    writing("wrcount", "mhpmevent4"),
    writing("wrsup", "sstatus", S),
    writing("wrsup", "sscratch", S),
    swapping("rdstatus wrstatus", "mstatus"),
    swapping("rdtvec wrtvec", "mtvec"),
    swapping("rdtrap wrtrap", "mscratch"),
    swapping("rdint wrint", "mie"),
    swapping("rdvm wrvm", "satp", S),
    swapping("rdcount wrcount", "mcycle"),
    swapping("rdsup wrsup", "sscratch", S),
    # A set or clear without rd writes only; one without rs1 reads only.
    Kernel(("wrint",), "csrrs", "mie", writes=True),
    Kernel(("wrstatus",), "csrrc", "mstatus", writes=True),
    Kernel(("rdint",), "csrrc", "mie", reads=True),
    Kernel(("rdint",), "csrrs", "mie"),
    Kernel(("mret",), "mret"),
    Kernel(("sret",), "sret", allowed=frozenset({S})),
    Kernel(("wfi",), "wfi", allowed=frozenset({S})),
    Kernel(("sfence",), "sfence.vma", allowed=frozenset({S})),
)
TRAPMAP_INSTRUCTIONS = (
    reading("rdtrapmap", "mtrapmap"),
    reading("rdtrapmap", "mtrapcap"),
    writing("wrtrapmap", "mtrapmap"),
    swapping("rdtrapmap wrtrapmap", "mtrapmap"),
)

PENTIUM_LEAKS = {"rdstatus", "rdtvec", "rdtrap", "rdid", "rdcount"}
PENTIUM_IGNORES = {"wrstatus", "wrint", "mret"}


def refused(cpu: str, bits: tuple[str, ...]) -> list[Outcome]:
    """Return what the design's table says of an instruction that may not run in its mode."""
    if cpu == "classic":
        return [TRAPPED] * len(bits)
    if cpu != "pentium":
        return [IGNORED] * len(bits)
    each = [
        LEAKED if bit in PENTIUM_LEAKS else IGNORED if bit in PENTIUM_IGNORES else TRAPPED
        for bit in bits
    ]
    return [TRAPPED] * len(bits) if TRAPPED in each else each


def prepared(cpu: str, mode: Privilege) -> Guest:
    """Return a guest with something to see in every register.

    In S and M an interrupt is pending that cannot be taken, so that `wfi` goes on.
    """
    guest = Guest(cpu)
    hart = guest.hart
    for name in ("mscratch", "sscratch", "mtval", "mcause", "stval", "scause", "sepc", "mepc"):
        hart.set_csr(name, START + 0x5550)
    hart.set_csr("mie", 0x020)
    hart.set_csr("mip", 0 if mode is U else 0x020)
    hart.set_csr("mideleg", 0x222)
    hart.set_csr("stvec", S_HANDLER)
    guest.machine.clint.mtimecmp = 1 << 40
    guest.enter(mode)
    guest.hart.set_csr("mepc", START + 0x5550)
    guest.x[5], guest.x[6] = OLD, NEW
    return guest


def everything(guest: Guest) -> dict[str, int]:
    """Return the value of every CSR that does not change by itself."""
    return {
        name: register.read()
        for name, register in guest.hart.csrs.by_name.items()
        if register.row.trap_class.name != "count" or "en" in name or "inhibit" in name
    }


def check(guest: Guest, kernel: Kernel, expected: list[Outcome]) -> None:
    """Execute the instruction and compare everything that can be seen with what is expected."""
    before = everything(guest)
    mode, retired = guest.mode, guest.machine.retired
    value = guest.hart.csr_value(kernel.csr) if kernel.csr else 0
    guest.execute_word(kernel.word)
    assert guest.outcomes() == list(zip(kernel.bits, expected, strict=True))
    if expected[0] is TRAPPED:
        (trap,) = guest.traps
        assert (trap.cause, trap.tval, trap.target) == (2, kernel.word, M)
        assert [bit.key for bit in trap.bits] == list(kernel.bits)
        assert (guest.mode, guest.pc) == (M, HANDLER)
        assert guest.x[5] == OLD
        assert guest.machine.retired == retired
        return
    assert not guest.traps
    assert guest.machine.retired == retired + 1
    if kernel.reads:
        assert guest.x[5] == (OLD if expected[0] is IGNORED else value)
    if kernel.name in ("mret", "sret") and expected == [EXECUTED]:
        return
    assert guest.pc == START + 4
    assert guest.mode is mode
    if expected[-1] is not EXECUTED:
        assert everything(guest) == before


@pytest.mark.parametrize("mode", [S, U], ids=["S", "U"])
@pytest.mark.parametrize("cpu", GENERATIONS)
@pytest.mark.parametrize("kernel", KERNEL_INSTRUCTIONS + TRAPMAP_INSTRUCTIONS, ids=str)
def test_with_an_empty_bitmap_mode_and_generation_decide(
    kernel: Kernel, cpu: str, mode: Privilege
) -> None:
    if cpu == "classic" and kernel in TRAPMAP_INSTRUCTIONS:
        return  # classic has no trap bitmap
    guest = prepared(cpu, mode)
    expected = [EXECUTED] * len(kernel.bits) if mode in kernel.allowed else refused(cpu, kernel.bits)
    check(guest, kernel, expected)


@pytest.mark.parametrize("mode", [S, U], ids=["S", "U"])
@pytest.mark.parametrize("cpu", ["vt", "svm"])
@pytest.mark.parametrize("kernel", KERNEL_INSTRUCTIONS + TRAPMAP_INSTRUCTIONS, ids=str)
def test_one_set_bit_of_a_class_traps_whatever_medeleg_says(
    kernel: Kernel, cpu: str, mode: Privilege
) -> None:
    for bit in kernel.bits:
        guest = prepared(cpu, mode)
        guest.hart.set_csr("medeleg", 0xFFFF)
        guest.hart.set_csr("mtrapmap", 1 << TrapBit[bit.upper()])
        check(guest, kernel, [TRAPPED] * len(kernel.bits))


@pytest.mark.parametrize("mode", [S, U], ids=["S", "U"])
@pytest.mark.parametrize("cpu", ["vt", "svm"])
@pytest.mark.parametrize("kernel", KERNEL_INSTRUCTIONS + TRAPMAP_INSTRUCTIONS, ids=str)
def test_the_bits_of_other_classes_do_not_matter(kernel: Kernel, cpu: str, mode: Privilege) -> None:
    guest = prepared(cpu, mode)
    own = sum(1 << TrapBit[bit.upper()] for bit in kernel.bits)
    guest.hart.set_csr("mtrapmap", ALL_TRAP_BITS & ~own)
    expected = [EXECUTED] * len(kernel.bits) if mode in kernel.allowed else refused(cpu, kernel.bits)
    check(guest, kernel, expected)


@pytest.mark.parametrize("cpu", GENERATIONS)
@pytest.mark.parametrize("kernel", KERNEL_INSTRUCTIONS, ids=str)
def test_in_m_every_kernel_instruction_executes_and_nobody_is_told(kernel: Kernel, cpu: str) -> None:
    guest = prepared(cpu, M)
    guest.hart.set_csr("mtvec", HANDLER)
    if cpu in ("vt", "svm"):
        guest.hart.set_csr("mtrapmap", ALL_TRAP_BITS)
    value = guest.hart.csr_value(kernel.csr) if kernel.csr else 0
    guest.execute_word(kernel.word)
    assert not guest.traps
    assert not guest.kernel
    if kernel.reads:
        assert guest.x[5] == value


@pytest.mark.parametrize("cpu", ["classic", "pentium"])
def test_a_refusal_by_the_mode_may_be_delegated_to_s(cpu: str) -> None:
    guest = prepared(cpu, U)
    guest.hart.set_csr("medeleg", 1 << 2)
    guest.execute("csrrs", rd=5, csr="satp")
    assert (guest.mode, guest.pc) == (S, S_HANDLER)
    assert [bit.key for bit in guest.traps[0].bits] == ["rdvm"]


@pytest.mark.parametrize("cpu", GENERATIONS)
@pytest.mark.parametrize("mode", [S, U], ids=["S", "U"])
def test_the_counters_open_gate_by_gate(cpu: str, mode: Privilege) -> None:
    for index, csr in enumerate(("cycle", "time", "instret", "hpmcounter3")):
        for m_gate, s_gate in ((0, 0), (1, 0), (0, 1), (1, 1)):
            guest = prepared(cpu, mode)
            guest.hart.set_csr("mcounteren", m_gate << index)
            guest.hart.set_csr("scounteren", s_gate << index)
            is_open = m_gate and (s_gate or mode is S)
            check(
                guest,
                reading("rdcount", csr),
                [EXECUTED] if is_open else refused(cpu, ("rdcount",)),
            )


@pytest.mark.parametrize("cpu", GENERATIONS)
@pytest.mark.parametrize(
    ("kernel", "bit"),
    [
        (Kernel(("sret",), "sret"), 22),
        (Kernel(("wfi",), "wfi"), 21),
        (Kernel(("sfence",), "sfence.vma"), 20),
        (reading("rdvm", "satp"), 20),
    ],
    ids=str,
)
def test_tvm_tw_and_tsr_refuse_s_and_the_generation_decides(cpu: str, kernel: Kernel, bit: int) -> None:
    guest = prepared(cpu, S)
    guest.hart.set_csr("mstatus", 1 << bit)
    check(guest, kernel, refused(cpu, kernel.bits))


@pytest.mark.parametrize("cpu", GENERATIONS)
@pytest.mark.parametrize(
    "bits",
    [
        word("csrrw", csr=0x5C0, rd=5),
        word("csrrw", csr="mhartid", rs1=6),
        word("csrrs", csr="cycle", rs1=6, rd=5),
        word("csrrw", csr="mtrapcap", rs1=6),
    ],
)
def test_what_can_never_be_legal_is_illegal_on_every_generation(cpu: str, bits: int) -> None:
    guest = prepared(cpu, U)
    guest.hart.set_csr("medeleg", 1 << 2)
    if cpu in ("vt", "svm"):
        guest.hart.set_csr("mtrapmap", ALL_TRAP_BITS)
    guest.execute_word(bits)
    (trap,) = guest.traps
    assert (trap.cause, trap.tval, trap.target, trap.bits) == (2, bits, S, ())
    assert not guest.kernel


def test_on_the_pentium_a_swap_of_mstatus_leaks_the_value_and_loses_the_write() -> None:
    guest = prepared("pentium", U)
    before = guest.hart.csr_value("mstatus")
    guest.execute("csrrw", rd=5, csr="mstatus", rs1=6)
    assert guest.outcomes() == [("rdstatus", LEAKED), ("wrstatus", IGNORED)]
    assert guest.x[5] == before
    assert guest.hart.csr_value("mstatus") == before


def test_ecall_ebreak_and_fences_are_in_no_class() -> None:
    guest = prepared("svm", U)
    guest.hart.set_csr("mtrapmap", ALL_TRAP_BITS)
    for name in ("fence", "fence.i"):
        guest.execute(name)
    assert not guest.traps
    guest.execute("ecall")
    guest.enter(U)
    guest.execute("ebreak")
    assert not guest.kernel
    assert [trap.bits for trap in guest.traps] == [()]


EFFECTS = {TRAPPED: "traps", EXECUTED: "executes", IGNORED: "ignored", LEAKED: "leaks"}


@pytest.mark.parametrize("cpu", GENERATIONS)
@pytest.mark.parametrize("mode", [M, S, U])
def test_the_effect_shown_for_a_bit_is_what_happens(cpu: str, mode: Privilege) -> None:
    allowed_in_s = {"rdvm", "wrvm", "rdsup", "wrsup", "sret", "wfi", "sfence"}
    guest = prepared(cpu, mode)
    for bit in TrapBit:
        if mode is M or (mode is S and bit.key in allowed_in_s):
            expected = "executes"
        else:
            expected = EFFECTS[refused(cpu, (bit.key,))[0]]
        if "trapmap" in bit.key and cpu == "classic":
            expected = "traps"
        assert guest.hart.effect_of(bit) == expected, bit
    if cpu in ("vt", "svm"):
        guest.hart.set_csr("mtrapmap", ALL_TRAP_BITS)
        shown = {guest.hart.effect_of(bit) for bit in TrapBit}
        assert shown == ({"executes"} if mode is M else {"traps"})


def test_the_effect_shown_follows_tvm_tw_tsr_and_the_gates_of_the_counters() -> None:
    guest = prepared("classic", S)
    guest.hart.set_csr("mstatus", 7 << 20)
    guest.hart.set_csr("mcounteren", 7)
    for bit in (TrapBit.SRET, TrapBit.WFI, TrapBit.SFENCE, TrapBit.RDVM, TrapBit.WRVM):
        assert guest.hart.effect_of(bit) == "traps"
    assert guest.hart.effect_of(TrapBit.RDCOUNT) == "executes"


def test_a_wfi_that_waits_is_told_of_once_when_it_retires() -> None:
    guest = prepared("classic", S)
    machine = guest.machine
    machine.plic.store(4 * 10, 4, 1)
    machine.plic.store(0x2080, 4, 1 << 10)
    machine.uart.store(1, 1, 1)
    machine.uart.input_open = True
    guest.hart.set_csr("mie", 1 << 9)  # delegated, and masked in S
    for _ in range(3):
        stop = guest.execute("wfi")
        assert stop is not None
        assert stop.reason is StopReason.WAITING
    assert not guest.kernel
    machine.uart.feed(b"k")
    assert guest.execute("wfi") is None
    assert guest.outcomes() == [("wfi", EXECUTED)]
    assert not guest.traps


def test_a_wfi_that_waits_for_ever_has_not_been_executed() -> None:
    guest = prepared("classic", S)
    guest.hart.set_csr("mie", 0)
    stop = guest.execute("wfi")
    assert stop is not None
    assert stop.reason is StopReason.STUCK
    assert not guest.kernel
