"""The CSRs of the machine, or of a guest as it wrote them: values, fields in words, changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from asm.isa.causes import Cause
from asm.isa.csrs import CSRS, CSRS_BY_NAME
from hvtui.debugger.baseline import every_csr
from hvtui.debugger.narration import instruction_text
from hvtui.debugger.session import Session
from hvtui.debugger.views.csrfields import decoded, pmp_letters
from hvtui.debugger.views.guestcsrs import GuestState, Told, Written
from hvtui.machine.pmp import Pmp, PmpRegion
from hvtui.machine.privilege import Privilege

HARDWARE = ""

# What always reads 0 here, in families of which one line tells all.
_CONSTANT_FAMILIES = (
    ("pmpcfg4-15", "no such PMP entries"),
    ("pmpaddr16-63", "no such PMP entries"),
    ("mhpmevent3-31", "no further counters"),
    ("mhpmcounter3-31(h)", "no further counters"),
    ("hpmcounter3-31(h)", "no further counters"),
    ("tselect, tdata1-3", "no debug triggers"),
)
_CODE = frozenset({"mtvec", "stvec", "mepc", "sepc"})
_CAUSE_OF = {"mtval": "mcause", "stval": "scause"}
_MPP, _SPP = (CSRS_BY_NAME["mstatus"].fields_by_name[name] for name in ("MPP", "SPP"))
_ADDRESS_SHIFT = 2
_TOR = 1
_HIGHEST = 0xFFFF_FFFF

_STATUS = ("mstatus", "mstatush", "misa", "menvcfg", "menvcfgh", "sstatus", "senvcfg")
_TRAPS = (
    "mtvec", "medeleg", "mepc", "mcause", "mtval", "mscratch",
    "stvec", "sepc", "scause", "stval", "sscratch",
)  # fmt: skip
_INTERRUPTS = ("mie", "mip", "mideleg", "sie", "sip")
_BITMAP = ("mtrapmap", "mtrapcap", "mvmcb")
_IDENTITY = ("mvendorid", "marchid", "mimpid", "mhartid", "mconfigptr")


@dataclass(frozen=True, slots=True)
class CsrLine:
    """A CSR: what it holds, that in words, and whether that has changed since the last stop.

    Of a guest's, `written` says when and how it was written last, `told` what it was told last.
    """

    name: str
    value: int
    told: str
    changed: bool = False
    written: Written | None = None
    read: Told | None = None


@dataclass(frozen=True, slots=True)
class CsrGroup:
    """CSRs of one subject. `zeros` PMP registers are left out: what they are about is off."""

    title: str
    lines: tuple[CsrLine, ...]
    zeros: int = 0


@dataclass(frozen=True, slots=True)
class CsrsView:
    """All CSRs of `source`: the hardware (an empty string) or a virtual machine.

    `sources` are all there are. `constants` are families of registers that always read 0, each with
    the reason.
    """

    source: str
    sources: tuple[str, ...]
    groups: tuple[CsrGroup, ...]
    constants: tuple[tuple[str, str], ...] = ()


def view_csrs(session: Session, source: str = HARDWARE) -> CsrsView:
    """Return the CSRs of the hardware, or those of a virtual machine as it wrote them."""
    sources = (HARDWARE, *session.guests)
    if source in session.guests:
        return CsrsView(source, sources, tuple(_grouped(dict(_guest_lines(session, source)))))
    lines = dict(_hardware_lines(session))
    return CsrsView(HARDWARE, sources, tuple(_grouped(lines)), _CONSTANT_FAMILIES)


def group_of(name: str) -> str:
    """Return the title of the group that a CSR belongs to."""
    for title, names in _NAMED_GROUPS.items():
        if name in names:
            return title
    return "Memory protection" if name.startswith("pmp") else "Counters"


_NAMED_GROUPS: Mapping[str, tuple[str, ...]] = {
    "Status": _STATUS,
    "Traps": _TRAPS,
    "Interrupts": _INTERRUPTS,
    "Translation": ("satp",),
    "Trap bitmap": _BITMAP,
    "Identity": _IDENTITY,
}
_TITLES = (
    "Status", "Traps", "Interrupts", "Translation", "Trap bitmap", "Memory protection", "Counters",
    "Identity",
)  # fmt: skip


def _grouped(lines: Mapping[str, CsrLine]) -> Iterator[CsrGroup]:
    for title in _TITLES:
        order = _NAMED_GROUPS.get(title, tuple(lines))
        chosen = tuple(lines[name] for name in order if name in lines and group_of(name) == title)
        kept = tuple(line for line in chosen if not _is_off(line))
        if chosen:
            yield CsrGroup(title, kept, len(chosen) - len(kept))


def _is_off(line: CsrLine) -> bool:
    """Tell whether a PMP register says nothing at all."""
    is_pmp = line.name.startswith("pmp")
    return is_pmp and not (line.value or line.changed or line.told or line.written or line.read)


def _hardware_lines(session: Session) -> Iterator[tuple[str, CsrLine]]:
    hart, before = session.machine.hart, session.before.csrs
    values = every_csr(session.machine)
    for name, value in values.items():
        told = _told(name, value, hart.pmp)
        if value and name in _CODE:
            told = f"{told} {_label(session, name, value, values)}".strip()
        elif value and values.get(_CAUSE_OF.get(name, "")) == Cause.ILLEGAL_INSTRUCTION:
            told = instruction_text(value, 0)
        yield name, CsrLine(name, value, told, before.get(name, value) != value)


def _label(session: Session, name: str, value: int, values: Mapping[str, int]) -> str:
    """Return the place in a program that a CSR is the address of."""
    privilege = Privilege.M if name[0] == "m" else Privilege.S
    if name == "mepc":
        privilege = Privilege(_MPP.of(values["mstatus"]))
    elif name == "sepc":
        privilege = Privilege(_SPP.of(values["mstatus"]))
    position = session.whereabouts.at(value & ~3, privilege)
    return f"<{position.owner}: {position.symbol}>" if position.label else ""


def _guest_lines(session: Session, vm: str) -> Iterator[tuple[str, CsrLine]]:
    guest = session.guests[vm]
    before: GuestState | None = session.before.guests.get(vm)
    for row in CSRS:
        name = row.name
        written, read = guest.written.get(name), guest.told.get(name)
        if written is None and read is None:
            continue
        value = guest.value(name)
        changed = before is not None and (
            before.written.get(name) != written or before.told.get(name) != read
        )
        told = _told(name, value, guest.pmp) if written is not None else ""
        yield name, CsrLine(name, value, told, changed, written, read)


def _told(name: str, value: int, pmp: Pmp) -> str:
    if name.startswith("pmpaddr"):
        return _pmp_address(int(name.removeprefix("pmpaddr")), value, pmp)
    if CSRS_BY_NAME[name].trap_class.name == "count" and not value:
        return ""
    return decoded(name, value)


def _pmp_address(entry: int, value: int, pmp: Pmp) -> str:
    """Tell the range of a PMP entry, or what else its address is good for."""
    region: PmpRegion | None = next((known for known in pmp.regions if known.entry == entry), None)
    if region is not None:
        letters = pmp_letters(region.permissions)
        if not region.low and region.high > _HIGHEST:
            return f"everywhere {letters}"
        lock = " locked" if region.locked else ""
        return f"{region.low:#010x}-{region.high - 1:#010x} {letters}{lock}"
    above = next((known for known in pmp.regions if known.entry == entry + 1), None)
    if above is not None and above.low == value << _ADDRESS_SHIFT and _mode(pmp, entry + 1) == _TOR:
        return f"where entry {entry + 1} begins"
    return "off" if value else ""


def _mode(pmp: Pmp, entry: int) -> int:
    return pmp.config(entry // 4) >> 8 * (entry % 4) + 3 & 3
