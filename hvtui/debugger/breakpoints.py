"""Breakpoints: at places in physical memory, at traps, and at changes of what is watched.

A breakpoint at a place is bound to the component, not to a virtual address: two components that
run at the same one do not share it.

A breakpoint is *hit* when it is met and its condition holds. Hits have instants. After a travel in
time a breakpoint's count is what had been counted by then: the same hit, met a second time, is one.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import reduce
from operator import or_

from hvtui.debugger.expressions.compiling import Expression
from hvtui.debugger.kept import KeptBreakpoint
from hvtui.debugger.locations import Location
from hvtui.debugger.trapconditions import TrapCondition
from hvtui.machine.events import (
    NOTHING_URGENT,
    KernelInstruction,
    TrapReturned,
    TrapTaken,
    Urgency,
)

# More marks than these nobody could tell apart.
_MOST_HITS_TOLD = 4096


@dataclass(slots=True)
class Breakpoint:
    """What all breakpoints have: `number` is how a person calls it, `hits` how often it was hit.

    With a `condition` it is hit only where that is not 0. The hits up to number `passes` do not stop
    the machine. A breakpoint with `one_shot` is removed when it stops the machine. `commands` are for
    the face that shows the stop.
    """

    number: int
    text: str
    enabled: bool = True
    one_shot: bool = False
    hits: int = 0
    condition: Expression | None = None
    passes: int = 0
    commands: tuple[str, ...] = ()

    @property
    def ignored(self) -> int:
        """How many more hits will not stop the machine."""
        return max(self.passes - self.hits, 0)

    @property
    def words(self) -> str:
        """What a person wrote, condition included."""
        return f"{self.text} if {self.condition.text}" if self.condition else self.text


@dataclass(slots=True)
class PlaceBreakpoint(Breakpoint):
    """Stops before the instruction at any of `locations` is executed."""

    locations: tuple[Location, ...] = ()


@dataclass(slots=True)
class TrapBreakpoint(Breakpoint):
    """Stops after an event that meets `trap`: at the handler's first instruction."""

    trap: TrapCondition = field(default_factory=TrapCondition)


@dataclass(slots=True)
class WatchBreakpoint(Breakpoint):
    """Stops after a step that changed what is watched.

    That is `watched`, an address and a number of bytes of RAM, both physical; if it is None, the
    value of `expression`, which is computed after every step.
    """

    expression: Expression = field(kw_only=True)
    watched: tuple[int, int] | None = None


@dataclass(slots=True)
class LostBreakpoint(Breakpoint):
    """Stops at nothing: what it was set for, `kept`, is not in the program any more, and `why` says so.

    It waits for an edit that brings that back.
    """

    kept: KeptBreakpoint = field(kw_only=True)
    why: str = ""


class UnknownBreakpointError(KeyError):
    """No breakpoint has that number."""


class Breakpoints:
    """All breakpoints of a session, in the order of their numbers, which are never used again."""

    def __init__(self) -> None:
        self._by_number: dict[int, Breakpoint] = {}
        self._next = 1
        # The hits so far, in the order of their instants: (instant, breakpoint's number).
        self._hits: list[tuple[int, int]] = []

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
        added = TrapBreakpoint(self._number(), condition.text, one_shot=one_shot, trap=condition)
        self._by_number[added.number] = added
        return added

    def add_watch(
        self, expression: Expression, watched: tuple[int, int] | None, *, one_shot: bool = False
    ) -> WatchBreakpoint:
        """Add a watchpoint on `watched` bytes of RAM, or on the value of `expression`."""
        added = WatchBreakpoint(
            self._number(), expression.text, one_shot=one_shot, expression=expression, watched=watched
        )
        self._by_number[added.number] = added
        return added

    def replace(self, breakpoints: Iterable[Breakpoint]) -> None:
        """Have these breakpoints, with their numbers, in place of all there were; forget all hits."""
        self._by_number = {known.number: known for known in breakpoints}
        self._next = max(self._next, *(number + 1 for number in (0, *self._by_number)))
        self.forget_hits()

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

    @property
    def urgency(self) -> Urgency:
        """What the enabled breakpoints at traps have to hear of as it takes place."""
        return reduce(or_, (known.trap.urgency for known in self.traps), NOTHING_URGENT)

    @property
    def watches(self) -> tuple[WatchBreakpoint, ...]:
        """The enabled watchpoints."""
        return tuple(
            breakpoint
            for breakpoint in self._by_number.values()
            if isinstance(breakpoint, WatchBreakpoint) and breakpoint.enabled
        )

    @property
    def has_enabled(self) -> bool:
        """Tell whether any breakpoint is enabled."""
        return any(breakpoint.enabled for breakpoint in self._by_number.values())

    def met_by_trap(self, event: TrapTaken, component: str) -> list[TrapBreakpoint]:
        """Return the enabled breakpoints that are meant by a trap which interrupted `component`."""
        return [known for known in self.traps if known.trap.meets_trap(event, component)]

    def met_by_return(
        self, event: TrapReturned, component: str, *, injected: bool
    ) -> list[TrapBreakpoint]:
        """Return the enabled breakpoints that are meant by an xRET of `component`."""
        return [
            known
            for known in self.traps
            if known.trap.meets_return(event, component, injected=injected)
        ]

    def met_by_kernel(self, event: KernelInstruction, component: str) -> list[TrapBreakpoint]:
        """Return the enabled breakpoints that are meant by a kernel instruction of `component`."""
        return [known for known in self.traps if known.trap.meets_kernel(event, component)]

    def hit(self, breakpoint: Breakpoint, instant: int) -> None:
        """Count a hit at `instant`."""
        breakpoint.hits += 1
        hit = (instant, breakpoint.number)
        index = bisect_left(self._hits, hit)
        if self._hits[index : index + 1] != [hit]:
            self._hits.insert(index, hit)

    @property
    def hit_instants(self) -> tuple[int, ...]:
        """The instants of the hits up to the frontier, ascending; of very many, the latest."""
        return tuple(instant for instant, _ in self._hits[-_MOST_HITS_TOLD:])

    def expire(self, breakpoint: Breakpoint) -> None:
        """Remove a one-shot breakpoint that has stopped the machine."""
        self._by_number.pop(breakpoint.number, None)

    def travelled(self, instant: int) -> None:
        """Set every count to what it was at `instant`."""
        counts = Counter(number for when, number in self._hits if when <= instant)
        for breakpoint in self._by_number.values():
            breakpoint.hits = counts[breakpoint.number]

    def forget_hits(self, after: int = -1) -> None:
        """Forget the hits after an instant, which will not come to be; by default all there are."""
        if after < 0:
            for breakpoint in self._by_number.values():
                breakpoint.passes = breakpoint.ignored
        self._hits = [hit for hit in self._hits if hit[0] <= after]
        self.travelled(after)

    def _number(self) -> int:
        self._next += 1
        return self._next - 1
