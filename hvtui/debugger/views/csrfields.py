"""What the fields of a CSR say, in the words of the specification, and what the whole comes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from asm.isa.causes import CAUSE_NAMES, INTERRUPT_NAMES, Cause, trap_name
from asm.isa.csrs import CSRS_BY_NAME, CsrField
from asm.isa.trapbits import TRAP_BITS, TrapBit
from hvtui.debugger.expressions.names import csr_fields
from hvtui.machine.csr_file import EXTENSIONS
from hvtui.machine.generations import GENERATIONS
from hvtui.machine.pmp import EXECUTE, READ, WRITE
from hvtui.machine.privilege import Privilege

_SINGLE = "VALUE"
_BITMAPS = frozenset({"mtrapmap", "mtrapcap"})
_CAUSES = frozenset({"mcause", "scause"})
_DELEGATION = "medeleg"
_INTERRUPT_BITS = frozenset({"mie", "mip", "sie", "sip", "mideleg"})
_COUNTERS = frozenset({"mcounteren", "scounteren", "mcountinhibit"})
_PPN_SHIFT = 12
_MODES = {int(mode): mode.label for mode in Privilege}

_MEANINGS: Mapping[str, str] = {
    "SD": "the FS, VS or XS state is dirty",
    "MXR": "loads may read pages that are only executable",
    "SUM": "S may use the pages of U",
    "XS": "state of further extensions: none",
    "FS": "state of the floating-point unit",
    "VS": "state of the vector unit: none",
    "SPP": "the mode that a trap to S came from",
    "UBE": "byte order of U: little",
    "SPIE": "SIE before the trap to S",
    "SIE": "interrupts for S are enabled in S",
    "TSR": "sret in S traps",
    "TW": "wfi below M traps",
    "TVM": "satp and sfence.vma in S trap",
    "MPRV": "loads and stores in the mode of MPP",
    "MPP": "the mode that a trap to M came from",
    "MPIE": "MIE before the trap to M",
    "MIE": "interrupts for M are enabled in M",
    "MBE": "byte order of M: little",
    "SBE": "byte order of S: little",
    "FIOM": "fences order device accesses as well",
    "ASID": "the address space's number",
    "PPN": "page number of the root page table",
    "MXL": "width of the registers",
    "EXTENSIONS": "the letters of the instruction set",
    "BASE": "where the handler lies",
    "PC": "the address",
    "INTERRUPT": "an interrupt, not an exception",
    "CODE": "which one",
    "HPM": "the further counters",
    "IR": "retired instructions",
    "TM": "the time",
    "CY": "cycles",
    "ADDRESS": "the physical address",
    "VALUE": "the whole register",
}
_SIZE_NAMES = ("off", "initial", "clean", "dirty")
_DELEGATED: Mapping[str, Cause] = {
    "SPAGE": Cause.STORE_PAGE_FAULT,
    "LPAGE": Cause.LOAD_PAGE_FAULT,
    "FPAGE": Cause.FETCH_PAGE_FAULT,
    "ECALLS": Cause.ECALL_FROM_S,
    "ECALLU": Cause.ECALL_FROM_U,
    "SACCESS": Cause.STORE_ACCESS,
    "SALIGN": Cause.MISALIGNED_STORE,
    "LACCESS": Cause.LOAD_ACCESS,
    "LALIGN": Cause.MISALIGNED_LOAD,
    "BREAK": Cause.BREAKPOINT,
    "ILLEGAL": Cause.ILLEGAL_INSTRUCTION,
    "FACCESS": Cause.FETCH_ACCESS,
    "FALIGN": Cause.MISALIGNED_FETCH,
}
_PMP_MODES = ("off", "TOR", "NA4", "NAPOT")
_PMP_LETTERS = {"R": "may be read", "W": "may be written", "X": "may be executed", "L": "locked"}


@dataclass(frozen=True, slots=True)
class FieldValue:
    """A field of a CSR: bits `high` to `low`, what it holds, that in a word, and what the field is."""

    name: str
    high: int
    low: int
    value: int
    word: str
    meaning: str

    @property
    def bits(self) -> str:
        """Which bits, ``12:11`` or ``3``."""
        return f"{self.high}:{self.low}" if self.high != self.low else str(self.low)


def fields_of(name: str, value: int) -> tuple[FieldValue, ...]:
    """Return the fields of a CSR that holds `value`, the highest first."""
    found = (
        FieldValue(
            field.name, field.high, field.low, field.of(value), _word(name, field, value),
            _meaning(name, field),
        )
        for field in csr_fields(name).values()
    )  # fmt: skip
    return tuple(sorted(found, key=lambda field: -field.low))


@lru_cache(maxsize=1024)
def decoded(name: str, value: int) -> str:
    """Say in a few words what a CSR holds: the fields that are not 0, or what they come to."""
    special = _SPECIAL.get(name)
    if special is not None:
        return special(value)
    if name.startswith("pmpcfg"):
        return _pmp_config(int(name.removeprefix("pmpcfg")), value)
    fields = fields_of(name, value)
    if all(field.name in (_SINGLE, "PC", "ADDRESS") for field in fields):
        return ""
    return " ".join(_told(field) for field in fields if field.value or field.name in _ALWAYS)


def _told(field: FieldValue) -> str:
    if field.high == field.low:
        return field.name
    return f"{field.name}={field.word or hex(field.value)}"


_ALWAYS = frozenset({"MPP"})


def _word(name: str, field: CsrField, value: int) -> str:
    held = field.of(value)
    match name, field.name:
        case _, "MPP":
            return _MODES.get(held, "reserved").partition("(")[2].rstrip(")") or "reserved"
        case _, "SPP":
            return "S" if held else "U"
        case _, "FS" | "VS" | "XS":
            return _SIZE_NAMES[held]
        case "satp", "MODE":
            return "Sv32" if held else "Bare"
        case "satp", "PPN":
            return f"root {held << _PPN_SHIFT:#010x}"
        case _, "MODE":
            return "vectored" if held else "direct"
        case _, "BASE" | "PC" | "ADDRESS":
            return f"{held << field.low:#010x}"
        case "misa", "MXL":
            return {1: "32", 2: "64"}.get(held, "?")
        case "misa", "EXTENSIONS":
            return _letters(held)
        case (("mcause" | "scause"), "CODE"):
            return trap_name(held, interrupt=bool(value >> 31)).text
    if name.startswith("pmpcfg") and field.name[0] == "A":
        return _PMP_MODES[held]
    return ""


def _meaning(name: str, field: CsrField) -> str:
    if name in _BITMAPS:
        return TRAP_BITS[TrapBit(field.low)].covers
    if name == _DELEGATION and field.name in _DELEGATED:
        return CAUSE_NAMES[_DELEGATED[field.name]].text
    if name in _INTERRUPT_BITS:
        return INTERRUPT_NAMES[field.low].text if field.low in INTERRUPT_NAMES else ""
    if field.name == "MODE":
        return "translation" if name == "satp" else "how interrupts find their handler"
    if name.startswith("pmpcfg"):
        if field.name == _SINGLE:
            return "constant"
        entry = 4 * int(name.removeprefix("pmpcfg")) + int(field.name[1:])
        kind = _PMP_LETTERS.get(field.name[0], "how the address is meant")
        return f"entry {entry}: {kind}"
    if field.name == _SINGLE:
        return CSRS_BY_NAME[name].summary.rstrip(".")
    return _MEANINGS.get(field.name, "")


def _letters(extensions: int) -> str:
    found = "".join(chr(ord("A") + bit) for bit in range(26) if extensions >> bit & 1)
    return "".join(sorted(found, key=lambda letter: (EXTENSIONS + found).index(letter)))


def _pmp_config(register: int, value: int) -> str:
    """Tell the entries of a pmpcfg register that are on, the lowest first."""
    told = []
    for number in range(4 * register, 4 * register + 4):
        config = value >> 8 * (number % 4) & 0xFF
        if config & 0x9F:
            letters = pmp_letters(config)
            lock = " locked" if config & 0x80 else ""
            told.append(f"{number}: {_PMP_MODES[config >> 3 & 3]} {letters}{lock}")
    return ", ".join(told)


def pmp_letters(permissions: int) -> str:
    """Write what a PMP entry permits, ``rwx``, with a dash for what it does not."""
    letters = (("r", READ), ("w", WRITE), ("x", EXECUTE))
    return "".join(letter if permissions & bit else "-" for letter, bit in letters)


def _cause(value: int) -> str:
    kind = "interrupt: " if value >> 31 else ""
    return kind + trap_name(value & 0x7FFF_FFFF, interrupt=bool(value >> 31)).text


def _satp(value: int) -> str:
    fields = {field.name: field for field in fields_of("satp", value)}
    if not fields["MODE"].value:
        return "Bare: no translation"
    return f"Sv32 {fields['PPN'].word} ASID={fields['ASID'].value:#x}"


def _vector(value: int) -> str:
    return f"{value & ~3 & 0xFFFFFFFF:#010x} {'vectored' if value & 1 else 'direct'}"


def _bitmap(value: int) -> str:
    names = [bit.key for bit in TrapBit if value >> bit & 1]
    if len(names) == len(TrapBit):
        return "all bits"
    return " ".join(names)


def _counters(value: int) -> str:
    names = [name for name, bit in (("CY", 1), ("TM", 2), ("IR", 4)) if value & bit]
    if value >> 3:
        names.append("HPM" if value >> 3 == (1 << 29) - 1 else f"HPM={value >> 3:#x}")
    return " ".join(names)


def _generation(value: int) -> str:
    return next((known.name for known in GENERATIONS.values() if known.number == value), "")


def _misa(value: int) -> str:
    fields = {field.name: field for field in fields_of("misa", value)}
    return f"RV{fields['MXL'].word} {fields['EXTENSIONS'].word}"


_SPECIAL: Mapping[str, Callable[[int], str]] = {
    **dict.fromkeys(_CAUSES, _cause),
    **dict.fromkeys(("mtvec", "stvec"), _vector),
    **dict.fromkeys(_BITMAPS, _bitmap),
    **dict.fromkeys(_COUNTERS, _counters),
    "satp": _satp,
    "misa": _misa,
    "mimpid": _generation,
}
