"""Breakpoints: at places in physical memory, and at traps.

A breakpoint at a place is bound to the component, not to a virtual address: two components that
run at the same one do not share it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from hvtui.debugger.locations import Location
from hvtui.debugger.trapconditions import TrapCondition


@dataclass(slots=True)
class Breakpoint:
    """What all breakpoints have: `number` is how a person calls it, `hits` how often it stopped.

    A breakpoint with `one_shot` is removed when it stops the machine.
    """

    number: int
    text: str
    enabled: bool = True
    one_shot: bool = False
    hits: int = 0


@dataclass(slots=True)
class PlaceBreakpoint(Breakpoint):
    """Stops before the instruction at any of `locations` is executed."""

    locations: tuple[Location, ...] = ()


@dataclass(slots=True)
class TrapBreakpoint(Breakpoint):
    """Stops after an event that meets `condition`: at the handler's first instruction."""

    condition: TrapCondition = field(default_factory=TrapCondition)


class UnknownBreakpointError(KeyError):
    """No breakpoint has that number."""


class Breakpoints:
    """All breakpoints of a session, in the order of their numbers, which are never used again."""

    def __init__(self) -> None:
        self._by_number: dict[int, Breakpoint] = {}
        self._next = 1

    def __iter__(self) -> Iterator[Breakpoint]:
        return iter(tuple(self._by_number.values()))

    def __len__(self) -> int:
        return len(self._by_number)

    def __getitem__(self, number: int) -> Breakpoint:
        if number not in self._by_number:
            raise UnknownBreakpointError(number)
        return self._by_number[number]

    def add_place(
        self, text: str, locations: tuple[Location, ...], *, one_shot: bool = False
    ) -> PlaceBreakpoint:
        """Add a breakpoint at `locations`, which the person called `text`."""
        added = PlaceBreakpoint(self._number(), text, one_shot=one_shot, locations=locations)
        self._by_number[added.number] = added
        return added

    def add_trap(self, condition: TrapCondition, *, one_shot: bool = False) -> TrapBreakpoint:
        """Add a breakpoint at the events that meet `condition`."""
        added = TrapBreakpoint(self._number(), condition.text, one_shot=one_shot, condition=condition)
        self._by_number[added.number] = added
        return added

    def remove(self, number: int) -> None:
        """Remove the breakpoint with that number. Raises UnknownBreakpointError."""
        if self._by_number.pop(number, None) is None:
            raise UnknownBreakpointError(number)

    def at(self, physical: int) -> tuple[PlaceBreakpoint, ...]:
        """Return the breakpoints, enabled or not, at that physical address."""
        return tuple(
            breakpoint
            for breakpoint in self._by_number.values()
            if isinstance(breakpoint, PlaceBreakpoint)
            and any(location.physical == physical for location in breakpoint.locations)
        )

    @property
    def places(self) -> frozenset[int]:
        """The physical addresses at which an enabled breakpoint stops."""
        return frozenset(
            location.physical
            for breakpoint in self._by_number.values()
            if isinstance(breakpoint, PlaceBreakpoint) and breakpoint.enabled
            for location in breakpoint.locations
        )

    @property
    def traps(self) -> tuple[TrapBreakpoint, ...]:
        """The enabled breakpoints at traps."""
        return tuple(
            breakpoint
            for breakpoint in self._by_number.values()
            if isinstance(breakpoint, TrapBreakpoint) and breakpoint.enabled
        )

    def hit(self, breakpoint: Breakpoint) -> None:
        """Count a stop; remove a one-shot."""
        breakpoint.hits += 1
        if breakpoint.one_shot:
            self._by_number.pop(breakpoint.number, None)

    def forget_hits(self) -> None:
        """Set every count back to zero, for a machine that starts anew."""
        for breakpoint in self._by_number.values():
            breakpoint.hits = 0

    def _number(self) -> int:
        self._next += 1
        return self._next - 1
