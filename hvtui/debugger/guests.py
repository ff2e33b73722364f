"""Whose instruction is it: a guest's, or that of what runs the guests."""

from __future__ import annotations

from hvtui.debugger.moving import MoveError
from hvtui.debugger.positions import Position
from hvtui.machine.privilege import Privilege
from hvtui.machinefile.system import System

_HYPERVISOR = "hypervisor"


class Guests:
    """The guests of a system: the components of its virtual machines, but no hypervisors in them.

    A hypervisor in a virtual machine is a guest only if it has none itself.
    """

    def __init__(self, system: System) -> None:
        inside = [part for part in system.components if part.vm is not None]
        innermost = [part for part in inside if part.role != _HYPERVISOR]
        self._components = frozenset(innermost or inside)

    def require(self) -> None:
        """Raise MoveError if there are none."""
        if not self._components:
            raise MoveError("there are no guests: no component of this machine belongs to a VM")

    def run_at(self, position: Position, privilege: Privilege) -> bool:
        """Tell whether the instruction at `position`, in that mode, is a guest's.

        Code below M that belongs to no component is: guests copy programs, and those go on somewhere.
        """
        if position.component is None:
            return privilege is not Privilege.M
        return position.component in self._components
