"""Where a guest's addresses lead by its own page tables, before its hypervisor has followed them.

A hypervisor that keeps shadow tables fills them when the guest faults. Where the guest is at such a
fault only its own tables tell: several programs may be linked for one virtual address.
"""

from __future__ import annotations

from hvtui.debugger.views.guestcsrs import VirtualCsrs
from hvtui.debugger.views.guestmemory import ram_of
from hvtui.machine.memory import Ram
from hvtui.machine.privilege import Privilege
from hvtui.machine.translation import Access, PageWalker, fetch_space
from hvtui.machine.trap import Trap
from hvtui.machinefile.system import System


class GuestWalk:
    """Walks the page tables in `ram` of the guests of `system`, as they wrote `satp`."""

    def __init__(self, system: System, ram: Ram, csrs: VirtualCsrs) -> None:
        self._csrs = csrs
        self._rams = {vm: found for vm in csrs.guests if (found := ram_of(system, ram, vm)) is not None}

    def lead(self, vm: str, pc: int) -> int | None:
        """Return where a fetch at `pc` in `vm` will lead: a real address; None if nobody can tell.

        A page for the other mode counts too: it is refused there, but it is what is meant. Changes
        nothing.
        """
        guest, ram = self._csrs.guests.get(vm), self._rams.get(vm)
        if guest is None or ram is None:
            return None
        for privilege in (Privilege.U, Privilege.S):
            space = fetch_space(privilege, guest.value("satp"))
            if space.root is None:
                return None
            try:
                found = PageWalker(ram, guest.pmp).walk(pc, Access.FETCH, space, record=[]).physical
            except Trap:
                continue
            return ram.host(found) if ram.contains(found) else None
        return None
