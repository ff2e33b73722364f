"""What the source pane can show: a file, the memory as code, or what is wrong with a program.

A view has rows, which it draws one by one, and knows the place in memory of each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from hvtui.debugger.locations import Location
from hvtui.debugger.positions import Position
from hvtui.debugger.snapshot import BreakpointView, Snapshot
from hvtui.tui.rows import Row, Span
from hvtui.tui.source.beside import note_spans
from hvtui.tui.source.gutter import Marks
from hvtui.tui.source.way import NOWHERE, Way

# From this width on (cells) there is room beside the code for what happens.
WIDTH_FOR_NOTES = 60

NamedPlace = tuple[str, tuple[Location, ...]]


@dataclass(frozen=True, slots=True)
class Looking:
    """How a view is looked at.

    `width` is that of the pane in cells, `left` how many cells the text is scrolled. `current` is the
    index of the present row; `is_elsewhere` tells that somebody only looks there, and that the
    machine stands at another place. `cursor` is -1 while it is not seen.
    """

    snapshot: Snapshot
    width: int
    left: int = 0
    current: int | None = None
    is_elsewhere: bool = False
    cursor: int = -1
    way: Way = NOWHERE

    def marks(self, index: int, breakpoint: int, *, waits: bool) -> Marks:
        """Return the marks of a row."""
        is_current = index == self.current
        arrives = self.is_standing and self.current is not None and index == self.current - 1
        return Marks(
            breakpoint,
            is_here=is_current and not self.is_elsewhere and not self.snapshot.running,
            waits=waits,
            is_looked_at=is_current and self.is_elsewhere,
            has_ended=self.snapshot.has_ended,
            is_cursor=index == self.cursor,
            way=self.way.sign if arrives else "",
            way_ring=self.way.ring,
        )

    @property
    def is_standing(self) -> bool:
        """Tell whether the machine stands at the present row and can go on."""
        return not (self.is_elsewhere or self.snapshot.running)

    def notes(self, index: int, waiting: str | None) -> tuple[Span, ...]:
        """Return what is to be said beside a row; `waiting` if another place of the stack is there."""
        if self.width < WIDTH_FOR_NOTES:
            return ()
        if self.current is not None and self.is_standing:
            if index == self.current:
                ahead = self.snapshot.upcoming
                return note_spans(ahead.notes, ahead.ring_after)
            if index == self.current - 1 and self.way.arrival:
                return self.way.arrival
        return (Span(waiting, "dim"),) if waiting else ()


class View(Protocol):
    """Rows of code."""

    @property
    def count(self) -> int:
        """How many rows there are."""

    @property
    def widest(self) -> int:
        """The width of the longest row in cells, if rows can be wider than the pane, else 0."""

    def way(self, snapshot: Snapshot) -> Way:
        """Return the way that led here as far as this view shows it."""

    def index_of(self, position: Position) -> int | None:
        """Return the row of a position, None if it is not in this view."""

    def row(self, index: int, looking: Looking) -> Row:
        """Draw a row."""

    def place(self, index: int) -> NamedPlace:
        """Return how a person calls the place of a row, and where in memory its code begins."""


def breakpoint_mark(found: Sequence[BreakpointView]) -> int:
    """Return the mark for the breakpoints at one place: 2 if one is enabled, 0 if there is none."""
    return (2 if any(view.enabled for view in found) else 1) if found else 0
