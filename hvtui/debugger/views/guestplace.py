"""Which virtual machine a person looks at: the one that runs, or that waits for what runs."""

from __future__ import annotations

from dataclasses import dataclass

from hvtui.debugger.positions import Position
from hvtui.debugger.session import Session
from hvtui.debugger.views.guestcsrs import GuestCsrs, believed_privilege
from hvtui.debugger.views.guestmemory import GuestRam, ram_of
from hvtui.machine.privilege import Privilege
from hvtui.machine.translation import Access, AddressSpace, data_space, fetch_space


@dataclass(frozen=True, slots=True)
class GuestPlace:
    """The virtual machine whose code runs, or waits for the hypervisor (`waits`).

    `privilege` is the mode it really runs in, `believed` the one it thinks it does.
    """

    vm: str
    privilege: Privilege
    believed: Privilege
    position: Position
    waits: bool


def guest_place(session: Session) -> GuestPlace | None:
    """Return which virtual machine runs, or waits for what runs; None if there is none."""
    if not session.guests:
        return None
    here, running = session.here, session.machine.hart.privilege
    waiting = session.callstack.top
    position, privilege, waits = here, running, False
    callers = _translated_callers(session, here)
    while True:
        # What is executed of a guest may be a translation, and that may have called the hypervisor.
        place = position.origin or position
        vm = _vm_of(session, place, privilege)
        if vm is None and waiting.serial in callers:
            place, waits = callers[waiting.serial], True
            vm = _vm_of(session, place, privilege)
        if vm is not None:
            return GuestPlace(vm, privilege, _believed(session, vm, place, privilege), place, waits)
        if waiting.below is None:
            return None
        position, privilege, waits = waiting.below.position, waiting.below.privilege, True
        waiting = waiting.below.activation


def guest_space(guest: GuestCsrs, believed: Privilege, access: Access) -> AddressSpace:
    """Return the address space that a guest believes in."""
    satp, mstatus = guest.value("satp"), guest.value("mstatus")
    if access is Access.FETCH:
        return fetch_space(believed, satp)
    return data_space(believed, satp, mstatus)


def guest_ram(session: Session, vm: str) -> GuestRam | None:
    """Return what a virtual machine takes for its RAM, None if nobody said where it lies."""
    return ram_of(session.system, session.machine.ram, vm)


# Details


def _translated_callers(session: Session, here: Position) -> dict[int, Position]:
    """Return, by activations, the places in guests whose translations wait for a call to return."""
    callers: dict[int, Position] = {}
    for level in session.callstack.levels(here):
        origin = level.position.origin
        if origin is not None:
            callers.setdefault(level.activation.serial, origin)
    return callers


def _vm_of(session: Session, position: Position, privilege: Privilege) -> str | None:
    component = position.component
    if component is not None:
        return component.vm if component.vm in session.guests else None
    if privilege is Privilege.M:
        return None
    # Guests copy programs, and those go on in memory of no component.
    learned = session.whereabouts.learned
    vms = (learned.get(session.machine.hart.csr_value("satp")), *learned.values())
    return next((vm for vm in vms if vm in session.guests), None)


def _believed(session: Session, vm: str, position: Position, privilege: Privilege) -> Privilege:
    component, place = position.component, position.place
    if component is not None:
        believed = believed_privilege(component, place.file if place else None)
        if believed is not None:
            return believed
    if privilege is Privilege.U:
        return Privilege.U
    is_on = fetch_space(Privilege.S, session.guests[vm].value("satp")).root is not None
    return Privilege.S if is_on else Privilege.M
