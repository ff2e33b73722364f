"""From a pc to what a person calls it: component, label, file and line.

A pc is a virtual address, and two components may run at the same one. So a position is found through
the physical address that the pc leads to, and every comparison of places in the debugger is between
physical addresses.
"""

from __future__ import annotations

from dataclasses import dataclass

from asm.isa.csrs import CSRS_BY_NAME
from asm.program import Expansion, Place
from hvtui.machine.board import Machine
from hvtui.machine.privilege import Privilege
from hvtui.machine.translation import Access
from hvtui.machinefile.system import Component, System


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the running machine.

    `pc` is the virtual address; `physical` where it leads (None if it leads nowhere); `linked` the
    address that `component` was linked to have there. `place` is the line in the program's own flow:
    for an instruction that a macro made, the line that uses the macro, and `inner` with `expansions`
    the way down to the macro's body.
    """

    pc: int
    physical: int | None = None
    component: Component | None = None
    linked: int = 0
    label: str = ""
    offset: int = 0
    place: Place | None = None
    inner: Place | None = None
    expansions: tuple[Expansion, ...] = ()

    @property
    def owner(self) -> str:
        """The component's name, or an empty string."""
        return self.component.name if self.component else ""

    @property
    def symbol(self) -> str:
        """Label and distance, ``resume+0x8``; the address where there is no label."""
        if not self.label:
            return f"{self.pc:#010x}"
        return f"{self.label}+{self.offset:#x}" if self.offset else self.label

    @property
    def where(self) -> str:
        """The shortest exact name of the place: ``scheduler.s:33``, else `symbol`."""
        return f"{short_file(self.place.file)}:{self.place.line}" if self.place else self.symbol

    def __str__(self) -> str:
        """A place for sentences: ``in tinyos at scheduler.s:33``."""
        return f"in {self.owner} at {self.where}" if self.component else f"at {self.symbol}"


def short_file(file: str) -> str:
    """Return the last part of a file name, which is enough for a person who knows the program."""
    return file.replace("\\", "/").rsplit("/", 1)[-1]


class Whereabouts:
    """Finds positions in one machine. What depends on the program alone is remembered."""

    def __init__(self, system: System, machine: Machine) -> None:
        self._system = system
        self._machine = machine
        self._known: dict[tuple[int, int], Position] = {}

    def physical(self, pc: int, privilege: Privilege) -> int | None:
        """Return where a fetch at `pc` in that mode leads, even if it is refused there, or None."""
        if privilege is Privilege.M or not self._machine.hart.csr_value("satp") & _TRANSLATES:
            return pc
        return self._machine.translate(pc, Access.FETCH, privilege).target

    def at(self, pc: int, privilege: Privilege) -> Position:
        """Return the position of `pc`, fetched in that mode under the present translation."""
        return self.of(pc, self.physical(pc, privilege))

    def of(self, pc: int, physical: int | None) -> Position:
        """Return the position of `pc`, which is known to lead to `physical`."""
        if physical is None:
            return Position(pc)
        key = (pc, physical)
        found = self._known.get(key)
        if found is None:
            if len(self._known) > _MOST_REMEMBERED:
                self._known.clear()
            found = self._known[key] = self._find(pc, physical)
        return found

    def _find(self, pc: int, physical: int) -> Position:
        component = self._system.component_at(physical)
        if component is None:
            return Position(pc, physical)
        linked = component.linked + physical - component.at
        program = component.program
        labelled = program.label_at(linked)
        label, offset = (labelled[0].name, labelled[1]) if labelled else ("", 0)
        entry = program.lines.at(linked)
        if entry is None:
            return Position(pc, physical, component, linked, label, offset)
        lines = (entry.outermost, entry.place, entry.expansions)
        return Position(pc, physical, component, linked, label, offset, *lines)


_MOST_REMEMBERED = 1 << 16
_TRANSLATES = CSRS_BY_NAME["satp"].fields_by_name["MODE"].mask
