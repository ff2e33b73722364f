"""What becomes of an address: the hardware's walk, and beside it the one that a guest believes in.

For code of a virtual machine there are two ways to the truth. The guest's own table leads from its
virtual to its physical addresses, and from there the virtual machine's place in RAM to the real ones.
The hardware knows nothing of that and walks the table in `satp`, the hypervisor's shadow. Where both
agree the guest runs at full speed; where not, the hypervisor has something in mind, or is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from asm.isa.causes import Cause, trap_name
from asm.isa.width import MASK
from hvtui.debugger.session import Session
from hvtui.debugger.views.guestmemory import device_at
from hvtui.debugger.views.guestplace import GuestPlace, guest_place, guest_ram, guest_space
from hvtui.machine.memory import PAGE_SHIFT
from hvtui.machine.pmp import Pmp
from hvtui.machine.privilege import Privilege
from hvtui.machine.translation import (
    Access,
    AddressSpace,
    PageWalker,
    Translation,
    Verdict,
    WalkStep,
)
from hvtui.machine.trap import Trap

_INDEX_BITS = 10
_INDEX_MASK = (1 << _INDEX_BITS) - 1
_ALL_MEMORY = 0x1F  # NAPOT with r, w and x
_FULL = 0xFFFF_FFFF

ACCESS_NAMES = {Access.FETCH: "fetch", Access.LOAD: "load", Access.STORE: "store"}
ACCESS_OF_NAME = {name: access for access, name in ACCESS_NAMES.items()}


@dataclass(frozen=True, slots=True)
class Entry:
    """A page-table entry that a walk looked at.

    `address` is where the walk finds it; `host` where that really is, which differs for a guest's.
    `pte` is None if it could not be read.
    """

    level: int
    index: int
    address: int
    host: int
    pte: int | None
    verdict: str


@dataclass(frozen=True, slots=True)
class Stage:
    """A walk of one table from the root down, and what was decided in the end.

    `target` is where it leads, even if the access is refused there, None if nowhere; `cause` the trap
    that the access would meet, None if it is permitted. `refused_at` is the level whose entry refused,
    None if none did. `verdict` says what decided.
    """

    space: AddressSpace
    entries: tuple[Entry, ...]
    target: int | None
    cause: Cause | None
    refused_at: int | None
    verdict: str

    @property
    def permitted(self) -> bool:
        """Tell whether the access would take place."""
        return self.cause is None

    @property
    def arrives(self) -> int | None:
        """Where a permitted access arrives."""
        return self.target if self.permitted else None

    @property
    def told(self) -> str:
        """The verdict in words, with the level and the trap if it refuses."""
        if self.cause is None:
            return self.verdict
        where = "" if self.refused_at is None else f"level {self.refused_at}: "
        return f"{where}{self.verdict} → {trap_name(self.cause, interrupt=False).text}"


class Agreement(Enum):
    """What the hardware does with a guest's address, held against the guest's own table."""

    SAME = ("=", "the hardware goes to the same place")
    REFUSED = ("=", "both refuse: this fault is for the guest's own kernel")
    MISSING = ("…", "not in the hardware's table yet: the hypervisor fills it when this faults")
    STRICTER = ("<", "the hardware's table permits less: the hypervisor wants to see this access")
    EMULATED = ("<", "a device of the guest's: the hypervisor emulates it when this faults")
    LAXER = (">", "the hardware permits what the guest's table refuses: stale, or a mistake")
    ELSEWHERE = ("!", "the hardware goes elsewhere: stale, or a mistake of the hypervisor")
    OTHERS = ("?", "the hardware's table is another virtual machine's now")
    UNKNOWN = ("?", "nobody said where this virtual machine lies")

    def __init__(self, sign: str, words: str) -> None:
        self.sign = sign
        self.words = words


@dataclass(frozen=True, slots=True)
class GuestWalk:
    """A guest's address by its own table, and by the hardware's.

    `walk` leads from guest-virtual to guest-physical, `relocation` from there to `host`, the real
    address; None if that cannot be told. `shadow` is what the hardware does for the guest.
    """

    place: GuestPlace
    walk: Stage
    relocation: int | None
    host: int | None
    device: str
    shadow: Stage
    agreement: Agreement


@dataclass(frozen=True, slots=True)
class PageWalk:
    """All there is to say about an access to `address`: by the hardware now, and for a guest."""

    address: int
    access: Access
    hardware: Stage
    guest: GuestWalk | None


def walk(session: Session, address: int, access: Access) -> PageWalk:
    """Tell what an access to `address` would meet, without any effect."""
    address &= MASK
    hardware = _hardware(session, address, access, None)
    place = None if _is_translators(session, hardware) else guest_place(session)
    return PageWalk(
        address, access, hardware, _guest_walk(session, place, address, access) if place else None
    )


def guest_stage(session: Session, place: GuestPlace, address: int, access: Access) -> Stage:
    """Walk the guest's own table, as a CPU of its own would.

    A guest that has not set up its PMP may do anything.
    """
    guest = session.guests[place.vm]
    space = guest_space(guest, place.believed, access)
    ram = guest_ram(session, place.vm)
    if ram is None:
        verdict = "nobody said where this virtual machine lies"
        return Stage(space, (), address if space.root is None else None, None, None, verdict)
    pmp = guest.pmp if any(name.startswith("pmp") for name in guest.written) else _open_pmp()
    steps: list[WalkStep] = []
    try:
        target = PageWalker(ram, pmp).walk(address, access, space, record=steps).physical
    except Trap as trap:
        return _stage(address, space, steps, None, Cause(trap.cause), steps[-1].verdict, ram.relocation)
    cause, verdict = None, "permitted"
    is_device = device_at(target) != "" and access is not Access.FETCH
    if not ram.contains(target) and not is_device:
        cause, verdict = access.access_fault, "no memory there, as far as the guest knows"
    if not pmp.allows(target, 1, access.permission, machine=space.is_machine):
        cause, verdict = access.access_fault, pmp.explain(target, 1, machine=space.is_machine)
    return _stage(address, space, steps, target, cause, verdict, ram.relocation)


# Details


def _is_translators(session: Session, hardware: Stage) -> bool:
    """Tell whether an address leads to memory of a component that translates, and that runs.

    No guest knows of that: it is the translated code, or what the hypervisor keeps for itself.
    """
    here = session.here.component
    if here is None or here.translates is None or hardware.target is None:
        return False
    return session.system.component_at(hardware.target) is here


def _hardware(session: Session, address: int, access: Access, privilege: Privilege | None) -> Stage:
    found: Translation = session.machine.translate(address, access, privilege)
    return _stage(
        address, found.space, found.steps, found.target, found.cause, found.verdict, relocation=0
    )


def _stage(
    address: int,
    space: AddressSpace,
    steps: tuple[WalkStep, ...] | list[WalkStep],
    target: int | None,
    cause: Cause | None,
    verdict: str,
    relocation: int,
) -> Stage:
    entries = tuple(
        Entry(
            step.level,
            address >> PAGE_SHIFT + step.level * _INDEX_BITS & _INDEX_MASK,
            step.pte_address,
            step.pte_address + relocation,
            step.pte,
            step.verdict,
        )
        for step in steps
    )
    refused_at = steps[-1].level if steps and target is None else None
    return Stage(space, entries, target, cause, refused_at, verdict)


def _guest_walk(session: Session, place: GuestPlace, address: int, access: Access) -> GuestWalk:
    stage = guest_stage(session, place, address, access)
    shadow = _hardware(session, address, access, place.privilege)
    ram = guest_ram(session, place.vm)
    host, device = None, ""
    if stage.target is not None and ram is not None:
        device = device_at(stage.target)
        host = ram.host(stage.target) if ram.contains(stage.target) else None
    relocation = ram.relocation if ram is not None else None
    agreement = _agreement(stage, shadow, host, device, is_placed=ram is not None)
    owner = session.whereabouts.learned.get(session.machine.hart.csr_value("satp"))
    if place.waits and owner not in (None, place.vm):
        agreement = Agreement.OTHERS
    return GuestWalk(place, stage, relocation, host, device, shadow, agreement)


def _agreement(
    walk: Stage, shadow: Stage, host: int | None, device: str, *, is_placed: bool
) -> Agreement:
    if not is_placed:
        return Agreement.UNKNOWN
    if not walk.permitted:
        return Agreement.LAXER if shadow.permitted else Agreement.REFUSED
    if device:
        if not shadow.permitted:
            return Agreement.EMULATED
        host = walk.target  # it has the device itself
    if shadow.permitted:
        return Agreement.SAME if shadow.arrives == host else Agreement.ELSEWHERE
    is_missing = bool(shadow.entries) and shadow.verdict == Verdict.INVALID.value
    return Agreement.MISSING if is_missing else Agreement.STRICTER


def _open_pmp() -> Pmp:
    pmp = Pmp()
    pmp.set_address(0, _FULL)
    pmp.set_config(0, _ALL_MEMORY)
    return pmp


def flags(pte: int) -> str:
    """Write the flags of a page-table entry, ``vrwxugad``, with a dash for each that is clear."""
    return "".join(letter if pte >> bit & 1 else "-" for bit, letter in enumerate("vrwxugad"))
