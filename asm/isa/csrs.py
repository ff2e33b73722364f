"""The control and status registers: number, fields, which of them are writable and how, trap class.

Source: the privileged manual 1.12, for M, S and U on RV32, and the design of Xtrapmap. Where the
manual leaves a choice, the rows do as Spike does. A register's number says which mode may use it
and whether it can be written (section 2.1); `CsrRow.privilege` and `CsrRow.read_only` read it off.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from asm.isa.trapbits import TrapBit


@dataclass(frozen=True, slots=True)
class CsrField:
    """Bits `high` to `low` of a CSR.

    `writable` fields keep what software writes; if `legal` is not None, any other value than those
    becomes the first of them (WARL). The others are constant or set by the hart alone. Bits that
    no field covers are WPRI: they read as zero and writes of them are lost.
    """

    name: str
    high: int
    low: int
    writable: bool = True
    legal: tuple[int, ...] | None = None

    @property
    def mask(self) -> int:
        """The field's bits, in place."""
        return ((1 << (self.high - self.low + 1)) - 1) << self.low

    def of(self, value: int) -> int:
        """Return the field's value in a CSR `value`, shifted down."""
        return (value & self.mask) >> self.low


@dataclass(frozen=True, slots=True)
class CsrClass:
    """The trap bits of a CSR's reads and writes."""

    name: str
    read: TrapBit
    write: TrapBit | None


@dataclass(frozen=True)
class CsrRow:
    """A CSR: `number` (12 bits), trap class, fields and help text.

    `raised_by` names the mstatus bit that keeps S from it (TVM for satp). `only_on` names what the
    CPU generation must have for the CSR to exist: ``trapmap`` or ``mvmcb``; None for all.
    """

    name: str
    number: int
    trap_class: CsrClass
    fields: tuple[CsrField, ...]
    summary: str
    raised_by: str | None = None
    only_on: str | None = None

    @property
    def privilege(self) -> int:
        """The least mode that may use it: 0 U, 1 S, 3 M."""
        return self.number >> 8 & 3

    @property
    def read_only(self) -> bool:
        """Tell whether every write raises an illegal instruction exception."""
        return self.number >> 10 == 3

    @cached_property
    def write_mask(self) -> int:
        """The bits that software can change."""
        return sum(field.mask for field in self.fields if field.writable)

    @cached_property
    def fields_by_name(self) -> Mapping[str, CsrField]:
        """The fields by their names."""
        return {field.name: field for field in self.fields}

    def legalize(self, old: int, new: int) -> int:
        """Return what the CSR holds after software writes `new` over `old`."""
        value = (old & ~self.write_mask) | (new & self.write_mask)
        for field in self.fields:
            if field.legal is not None and field.of(value) not in field.legal:
                value = (value & ~field.mask) | field.legal[0] << field.low
        return value


STATUS = CsrClass("status", TrapBit.RDSTATUS, TrapBit.WRSTATUS)
TVEC = CsrClass("tvec", TrapBit.RDTVEC, TrapBit.WRTVEC)
TRAP = CsrClass("trap", TrapBit.RDTRAP, TrapBit.WRTRAP)
INT = CsrClass("int", TrapBit.RDINT, TrapBit.WRINT)
VM = CsrClass("vm", TrapBit.RDVM, TrapBit.WRVM)
COUNT = CsrClass("count", TrapBit.RDCOUNT, TrapBit.WRCOUNT)
ID = CsrClass("id", TrapBit.RDID, None)
TRAPMAP = CsrClass("trapmap", TrapBit.RDTRAPMAP, TrapBit.WRTRAPMAP)
SUP = CsrClass("sup", TrapBit.RDSUP, TrapBit.WRSUP)


def _fields(text: str) -> tuple[CsrField, ...]:
    """Read ``"MPP 12:11 legal 0 1 3, SD 31 ro"``: name, bits, then how it may be written."""
    return tuple(_field(part.split()) for part in text.split(",") if part.strip())


def _field(words: list[str]) -> CsrField:
    name, bits, *how = words
    high, _, low = bits.partition(":")
    legal = tuple(int(word) for word in how[1:]) if how[:1] == ["legal"] else None
    return CsrField(name, int(high), int(low or high), how != ["ro"], legal)


_STATUS_S = (
    "SD 31 ro, MXR 19, SUM 18, XS 16:15 ro, FS 14:13, VS 10:9 ro, SPP 8, UBE 6 ro, SPIE 5, SIE 1"
)
_STATUS_M = (
    "SD 31 ro, TSR 22, TW 21, TVM 20, MXR 19, SUM 18, MPRV 17, XS 16:15 ro, FS 14:13,"
    "MPP 12:11 legal 0 1 3, VS 10:9 ro, SPP 8, MPIE 7, UBE 6 ro, SPIE 5, MIE 3, SIE 1"
)
_INTERRUPT_ENABLES = "MEIE 11, SEIE 9, MTIE 7, STIE 5, MSIE 3, SSIE 1"
_COUNTERS_ENABLED = "HPM 31:3, IR 2, TM 1, CY 0"
_PMP_CONFIG = ",".join(
    f"L{n} {8 * n + 7}, A{n} {8 * n + 4}:{8 * n + 3}, X{n} {8 * n + 2}, W{n} {8 * n + 1}, R{n} {8 * n}"
    for n in (3, 2, 1, 0)
)
_VECTOR = "BASE 31:2, MODE 0"  # modes 2 and 3 are reserved: their upper bit is always 0
_WHOLE = "VALUE 31:0"
_CONSTANT = "VALUE 31:0 ro"


def _row(
    number: int,
    name: str,
    trap_class: CsrClass,
    fields: str,
    summary: str,
    *,
    raised_by: str | None = None,
    only_on: str | None = None,
) -> CsrRow:
    return CsrRow(name, number, trap_class, _fields(fields), summary, raised_by, only_on)


_SINGLE = (
    _row(0x100, "sstatus", SUP, _STATUS_S, "S's view of mstatus: interrupt enable, previous mode."),
    _row(0x104, "sie", SUP, "SEIE 9, STIE 5, SSIE 1", "Which delegated interrupts are enabled."),
    _row(0x105, "stvec", SUP, _VECTOR, "Where traps to S go."),
    _row(0x106, "scounteren", COUNT,
         _COUNTERS_ENABLED, "Which counters U may read."),
    _row(0x10A, "senvcfg", SUP, "FIOM 0", "How U's fences order device accesses."),
    _row(0x140, "sscratch", SUP, _WHOLE, "A word for S's trap handler."),
    _row(0x141, "sepc", SUP, "PC 31:2", "The pc that a trap to S interrupted."),
    _row(0x142, "scause", SUP, "INTERRUPT 31, CODE 30:0", "Why a trap to S was taken."),
    _row(0x143, "stval", SUP, _WHOLE, "The address or instruction that a trap to S is about."),
    _row(0x144, "sip", SUP, "SEIP 9 ro, STIP 5 ro, SSIP 1", "Which delegated interrupts are pending."),
    _row(0x180, "satp", VM, "MODE 31, ASID 30:22, PPN 21:0",
         "Translation: on or off, address space, root page table.", raised_by="TVM"),
    _row(0x300, "mstatus", STATUS, _STATUS_M, "Interrupt enables, previous modes, memory modes."),
    _row(0x301, "misa", STATUS, "MXL 31:30 ro, EXTENSIONS 25:0 ro", "The instruction set."),
    _row(0x302, "medeleg", TVEC,
         "SPAGE 15, LPAGE 13, FPAGE 12, ECALLS 9, ECALLU 8, SACCESS 7, SALIGN 6, LACCESS 5,"
         "LALIGN 4, BREAK 3, ILLEGAL 2, FACCESS 1, FALIGN 0",
         "Which exceptions from S and U go to S."),
    _row(0x303, "mideleg", TVEC, "SEI 9, STI 5, SSI 1", "Which interrupts go to S."),
    _row(0x304, "mie", INT, _INTERRUPT_ENABLES, "Which interrupts are enabled."),
    _row(0x305, "mtvec", TVEC, _VECTOR, "Where traps to M go."),
    _row(0x306, "mcounteren", COUNT, _COUNTERS_ENABLED, "Which counters S may read."),
    _row(0x30A, "menvcfg", STATUS, "FIOM 0", "How S's and U's fences order device accesses."),
    _row(0x310, "mstatush", STATUS, "MBE 5 ro, SBE 4 ro", "Byte order of M and S: little."),
    _row(0x31A, "menvcfgh", STATUS, "", "The upper half of menvcfg."),
    _row(0x320, "mcountinhibit", COUNT, "HPM 31:3, IR 2, CY 0", "Which counters stand still."),
    _row(0x340, "mscratch", TRAP, _WHOLE, "A word for M's trap handler."),
    _row(0x341, "mepc", TRAP, "PC 31:2", "The pc that a trap to M interrupted."),
    _row(0x342, "mcause", TRAP, "INTERRUPT 31, CODE 30:0", "Why a trap to M was taken."),
    _row(0x343, "mtval", TRAP, _WHOLE, "The address or instruction that a trap to M is about."),
    _row(0x344, "mip", INT, "MEIP 11 ro, SEIP 9, MTIP 7 ro, STIP 5, MSIP 3 ro, SSIP 1",
         "Which interrupts are pending."),
    _row(0x7A0, "tselect", STATUS, _CONSTANT, "The debug trigger in view: there is none."),
    _row(0x7A1, "tdata1", STATUS, _CONSTANT, "Its type: 0, no trigger."),
    _row(0x7A2, "tdata2", STATUS, _CONSTANT, "Its address: 0."),
    _row(0x7A3, "tdata3", STATUS, _CONSTANT, "Its context: 0."),
    _row(0x7C0, "mtrapmap", TRAPMAP, _WHOLE,
         "The trap bitmap: which kernel instructions trap below M.", only_on="trapmap"),
    _row(0x7C1, "mvmcb", TRAPMAP, "ADDRESS 31:2",
         "The physical address of the svm control block, 0 for none.", only_on="mvmcb"),
    _row(0xB00, "mcycle", COUNT, _WHOLE, "Cycles: retired instructions, low word."),
    _row(0xB02, "minstret", COUNT, _WHOLE, "Retired instructions, low word."),
    _row(0xB80, "mcycleh", COUNT, _WHOLE, "Cycles, high word."),
    _row(0xB82, "minstreth", COUNT, _WHOLE, "Retired instructions, high word."),
    _row(0xC00, "cycle", COUNT, _CONSTANT, "mcycle for all modes, low word."),
    _row(0xC01, "time", COUNT, _CONSTANT, "mtime, low word."),
    _row(0xC02, "instret", COUNT, _CONSTANT, "minstret for all modes, low word."),
    _row(0xC80, "cycleh", COUNT, _CONSTANT, "mcycle for all modes, high word."),
    _row(0xC81, "timeh", COUNT, _CONSTANT, "mtime, high word."),
    _row(0xC82, "instreth", COUNT, _CONSTANT, "minstret for all modes, high word."),
    _row(0xF11, "mvendorid", ID, _CONSTANT, "Who made the hart."),
    _row(0xF12, "marchid", ID, _CONSTANT, "Its architecture."),
    _row(0xF13, "mimpid", ID, _CONSTANT, "Its implementation: the CPU generation."),
    _row(0xF14, "mhartid", ID, _CONSTANT, "The number of this hart."),
    _row(0xF15, "mconfigptr", ID, _CONSTANT, "Where a configuration structure lies: 0, none."),
    _row(0xFC0, "mtrapcap", CsrClass("trapmap", TrapBit.RDTRAPMAP, None), _CONSTANT,
         "Which bits of mtrapmap software may set.", only_on="trapmap"),
)  # fmt: skip

PMP_ENTRIES = 16


def _families() -> Iterator[CsrRow]:
    for n in range(16):
        yield _row(0x3A0 + n, f"pmpcfg{n}", VM, _PMP_CONFIG if n < PMP_ENTRIES // 4 else _CONSTANT,
                   f"Physical memory protection, entries {4 * n} to {4 * n + 3}.")  # fmt: skip
    for n in range(64):
        yield _row(0x3B0 + n, f"pmpaddr{n}", VM, _WHOLE if n < PMP_ENTRIES else _CONSTANT,
                   f"Physical memory protection, address of entry {n}, bits 33 to 2.")  # fmt: skip
    for n in range(3, 32):
        yield _row(0x320 + n, f"mhpmevent{n}", COUNT, _CONSTANT, "What a counter counts: nothing.")
        for base, prefix, suffix in (
            (0xB00, "m", ""), (0xB80, "m", "h"), (0xC00, "", ""), (0xC80, "", "h"),
        ):  # fmt: skip
            yield _row(base + n, f"{prefix}hpmcounter{n}{suffix}", COUNT, _CONSTANT,
                       "An event counter that counts nothing.")  # fmt: skip


CSRS: tuple[CsrRow, ...] = tuple(sorted((*_SINGLE, *_families()), key=lambda row: row.number))
CSRS_BY_NAME: Mapping[str, CsrRow] = {row.name: row for row in CSRS}
CSRS_BY_NUMBER: Mapping[int, CsrRow] = {row.number: row for row in CSRS}
