"""The resources of a machine: what a control-sensitive instruction changes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum

from asm.isa.csrs import CSRS_BY_NAME
from hvtui.classify.laboratory import Change


class Resource(Enum):
    """What a virtual machine monitor must keep in its own hands. The values are words for a person."""

    MODE = "the mode"
    TRANSLATION = "translation and protection"
    INTERRUPTS = "the interrupt enables"
    VECTOR = "where traps go"
    TRAP_STATE = "what a trap has left"
    COUNTERS = "counters and timer"
    BITMAP = "the trap bitmap"
    PROCESSOR = "the processor itself: it waits"
    OTHER = "other registers of the host"


_STATUS = CSRS_BY_NAME["mstatus"].fields_by_name


def _mask(*names: str) -> int:
    return sum(_STATUS[name].mask for name in names)


# The fields of mstatus belong to several.
_STATUS_PARTS = (
    (Resource.TRANSLATION, _mask("MPRV", "MXR", "SUM")),
    (Resource.INTERRUPTS, _mask("MIE", "SIE", "MPIE", "SPIE")),
    (Resource.TRAP_STATE, _mask("MPP", "SPP")),
    (Resource.VECTOR, _mask("TVM", "TW", "TSR")),
    (Resource.OTHER, _mask("FS", "VS")),
)
_BY_NAME = {
    "mode": Resource.MODE,
    "satp": Resource.TRANSLATION,
    **dict.fromkeys(("mie", "mip", "mideleg"), Resource.INTERRUPTS),
    **dict.fromkeys(("mtvec", "stvec", "medeleg"), Resource.VECTOR),
    **dict.fromkeys(("mepc", "mcause", "mtval", "mscratch"), Resource.TRAP_STATE),
    **dict.fromkeys(("sepc", "scause", "stval", "sscratch"), Resource.TRAP_STATE),
    **dict.fromkeys(("mcycle", "minstret", "mcountinhibit"), Resource.COUNTERS),
    **dict.fromkeys(("mcounteren", "scounteren"), Resource.COUNTERS),
    **dict.fromkeys(("mtrapmap", "mvmcb"), Resource.BITMAP),
}


def resources_of(changes: Iterable[Change]) -> Iterator[Resource]:
    """Yield what some changes are changes of; one that is of several yields them all."""
    for change in changes:
        if change.name == "mstatus":
            differing = change.before ^ change.after
            yield from (resource for resource, mask in _STATUS_PARTS if differing & mask)
        elif change.name.startswith("pmp"):
            yield Resource.TRANSLATION
        else:
            yield _BY_NAME.get(change.name, Resource.OTHER)
