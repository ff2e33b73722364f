"""From a pc to what a person calls it: component, label, file and line.

A pc is a virtual address, and two components may run at the same one. So a position is found through
the physical address that the pc leads to, and every comparison of places in the debugger is between
physical addresses.

A hypervisor that fills its tables when a guest faults lets guests run, for one fetch, at addresses
that lead nowhere yet. What a guest calls physical is where its programs were linked: that tells
where such an address will lead. If several virtual machines could be meant it is a presumption, and
it lasts until that fault is over. If several programs of one were linked for the same address, that
machine's own page tables tell.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from asm.isa.csrs import CSRS_BY_NAME
from asm.program import Expansion, Place
from hvtui.machine.board import Machine
from hvtui.machine.events import NOT_LOOKED_UP
from hvtui.machine.privilege import Privilege
from hvtui.machine.translation import Access
from hvtui.machinefile.system import Component, System, Translates


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the running machine.

    `pc` is the virtual address; `physical` where it leads, or will when the hypervisor has filled its
    tables (None if it leads nowhere); `linked` the address that `component` was linked to have there.
    `place` is the line in the program's own flow: for an instruction that a macro made, the line that
    uses the macro, and `inner` with `expansions` the way down to the macro's body. `origin` is, for
    code that a hypervisor has translated, the place in the guest that it came from.
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
    origin: Position | None = None
    # The component's name, or an empty string. Asked for much more often than positions are made.
    owner: str = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "owner", self.component.name if self.component else "")

    @property
    def symbol(self) -> str:
        """Label and distance, ``resume+0x8``; the address where there is no label."""
        if not self.label:
            return f"{self.pc:#010x}"
        return f"{self.label}+{self.offset:#x}" if self.offset else self.label

    @property
    def where(self) -> str:
        """The shortest exact name of the place: ``scheduler.s:33``, else `symbol`.

        For translated code it is that of its origin.
        """
        if self.origin is not None:
            return self.origin.where
        return f"{short_file(self.place.file)}:{self.place.line}" if self.place else self.symbol

    def __str__(self) -> str:
        """A place for sentences: ``in tinyos at scheduler.s:33``."""
        if self.origin is not None:
            return f"in {self.owner}, translated from {self.origin.owner} at {self.origin.where}"
        return f"in {self.owner} at {self.where}" if self.component else f"at {self.symbol}"


def short_file(file: str) -> str:
    """Return the last part of a file name, which is enough for a person who knows the program."""
    return file.replace("\\", "/").rsplit("/", 1)[-1]


class Whereabouts:
    """Finds positions in one machine. What depends on the program alone is remembered."""

    def __init__(self, system: System, machine: Machine) -> None:
        self._system = system
        self._machine = machine
        self._guests = tuple(part for part in system.components if part.vm is not None)
        self._is_translating = any(part.translates is not None for part in system.components)
        # Which virtual machine was last seen behind a value of satp, and behind any of them
        # (_ANY_SPACE); and which runs, or ran last, behind which one (_running_in). Replaced, never
        # changed.
        self._vms: Mapping[int, str] = {}
        # Behind which value of satp which one was seen last: to see it again teaches nothing.
        self._settled: tuple[int, str] | None = None
        self._known: dict[tuple[int, int | None], Position] = {}
        # Leads where the page tables of a virtual machine do, if somebody knows them.
        self.walk: Callable[[str, int], int | None] | None = None
        # Tells the virtual machines that an xRET is likely to lead to, the likeliest first: where it
        # goes, to which mode, and its own position.
        self.expected: Callable[[int, Privilege, Position], Sequence[str]] = lambda *_: ()

    def physical(self, pc: int, privilege: Privilege) -> int | None:
        """Return where a fetch at `pc` in that mode leads, even if it is refused there, or None."""
        if privilege is Privilege.M or not self._machine.hart.csr_value("satp") & _TRANSLATES:
            return pc
        return self._machine.translate(pc, Access.FETCH, privilege).target

    def at(self, pc: int, privilege: Privilege, *, physical: int | None = NOT_LOOKED_UP) -> Position:
        """Return the position of `pc`, fetched in that mode under the present translation.

        `physical` is where the pc leads, if that has been looked up.
        """
        if physical == NOT_LOOKED_UP:
            physical = self.physical(pc, privilege)
        if physical is None and self._guests and privilege is not Privilege.M:
            satp = self._machine.hart.csr_value("satp")
            physical = self._presumed(pc, satp, self._running_behind(satp))
        return self.now(pc, physical)

    def now(self, pc: int, physical: int | None) -> Position:
        """Return the position of `pc`, with what the code that is there now was translated from."""
        position = self.of(pc, physical)
        component = position.component
        if component is None or component.translates is None:
            return position
        return self._with_origin(position, component, component.translates)

    def _with_origin(
        self, position: Position, component: Component, translates: Translates
    ) -> Position:
        """Return the position with what it was translated from. Caches are filled anew: ask memory."""
        if not translates.first <= position.linked < translates.last:
            return position
        distance = (position.linked - translates.first) & ~3
        word = self._machine.read_physical(translates.map + distance + component.relocation, 4)
        address = int.from_bytes(word, "little") & ~1 if word is not None else 0
        for part in self._guests:
            if address and part.vm == translates.vm and _holds(part, address + part.relocation):
                return replace(position, origin=self.of(address, address + part.relocation))
        return position

    def notice(
        self,
        pc: int,
        privilege: Privilege,
        physical: int | None = NOT_LOOKED_UP,
        satp: int | None = None,
        by: Position | None = None,
    ) -> Position:
        """Return the position of `pc`, where an event took place, and learn from it.

        `physical` is where the pc leads, if that has been looked up, and `satp` what it was then, if
        that is known. `by` is the position of the xRET that has led there; without one, what ran goes
        on. What is learned here is part of the run: looking at a machine must not change it.
        """
        if physical == NOT_LOOKED_UP:
            physical = self.physical(pc, privilege)
        position = self._known.get((pc, physical))
        if position is None or self._is_translating:
            position = self.now(pc, physical)
        if privilege is _MACHINE or not self._guests:
            return position
        if satp is None:
            satp = self._machine.hart.csr_value("satp")
        if physical is None:
            likely = self._running_behind(satp) if by is None else self.expected(pc, privilege, by)
            position = self.now(pc, self._presumed(pc, satp, likely))
        vm = position.component.vm if position.component is not None else None
        if vm is None:
            if by is not None:
                self._learn({_running_in(satp): ""})
        elif physical is None:
            self._learn({_running_in(satp): vm})
        elif self._settled != (satp, vm):
            self._learn({satp: vm, _ANY_SPACE: vm, _running_in(satp): vm})
            self._settled = (satp, vm)
        return position

    def _learn(self, vms: Mapping[int, str]) -> None:
        if not vms.items() <= self._vms.items():
            kept = self._vms if len(self._vms) < _MOST_SPACES else {}
            self.learned = {**{space: vm for space, vm in kept.items() if space >= _ANY_SPACE}, **vms}

    def _running_behind(self, satp: int) -> Sequence[str]:
        vm = self._vms.get(_running_in(satp))
        return (vm,) if vm else ()

    @property
    def learned(self) -> Mapping[int, str]:
        """What the events so far have taught: the virtual machine seen last behind each `satp`."""
        return self._vms

    @learned.setter
    def learned(self, vms: Mapping[int, str]) -> None:
        self._vms = vms
        self._settled = None

    @property
    def last_vm(self) -> str | None:
        """The virtual machine whose code was seen last, as events came."""
        return self._vms.get(_ANY_SPACE)

    def _presumed(self, pc: int, satp: int, expected: Sequence[str]) -> int | None:
        """Return where a guest's address that is not mapped yet will lead, if that can be known."""
        found = [part for part in self._guests if _holds(part, pc + part.relocation)]
        likely = [part for part in found if part.vm in expected]
        found = likely or found
        if len({part.vm for part in found}) > 1:
            seen = set(self._vms.values())
            begins = [part for part in found if _begins(part, pc) and part.vm not in seen]
            behind = self._vms.get(satp)
            if behind not in {part.vm for part in found}:
                behind = begins[0].vm if begins else self._vms.get(_ANY_SPACE)
            found = [part for part in found if part.vm == behind]
        if len(found) == 1:
            return pc + found[0].relocation
        return self._walked(pc, satp, expected)

    def _walked(self, pc: int, satp: int, expected: Sequence[str]) -> int | None:
        """Return where the page tables of the guest that was seen last lead, if that can be known."""
        vm = next(iter(expected), None) or self._vms.get(satp) or self._vms.get(_ANY_SPACE)
        return None if self.walk is None or vm is None else self.walk(vm, pc)

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


def _begins(component: Component, pc: int) -> bool:
    """Tell whether a virtual machine begins there, as after power-on."""
    return component.role != "user" and pc == component.program.entry


def _running_in(satp: int) -> int:
    """Return the key of the virtual machine that runs behind a value of `satp`: below all others."""
    return _ANY_SPACE - 1 - satp


def _holds(component: Component, physical: int) -> bool:
    return any(start <= physical < end for start, end in component.extents)


_MACHINE = Privilege.M
_MOST_REMEMBERED = 1 << 16
_MOST_SPACES = 256
_ANY_SPACE = -1
_TRANSLATES = CSRS_BY_NAME["satp"].fields_by_name["MODE"].mask
