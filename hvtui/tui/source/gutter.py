"""The left edge of a line of code: breakpoint, pointer, number, and whether it can be unfolded."""

from __future__ import annotations

from dataclasses import dataclass

from hvtui.tui.rows import Span

ENABLED, DISABLED = "●", "○"
CURRENT, WAITS, ENDED = "▶", "▷", "■"
COMES, RETURNS = "↓", "↩"
# Where a guest believes that it is, while a translation of it runs.
BELIEVED = "◌"
HAS_CODE, FOLDED, UNFOLDED = "·", "▸", "▾"

# Its width in cells, and the column of the sign of a macro.
WIDTH = 8
FOLD_COLUMN = 6


@dataclass(frozen=True, slots=True)
class Marks:
    """What stands in the left edge of a line.

    `breakpoint` is 2 for enabled, 1 for off, 0 for none. `is_here` marks the line that runs next,
    `waits` one that waits for another, `is_looked_at` one that somebody looks at instead. `way` is a
    sign of the way that led to the line below, in the colour of ring `way_ring`.
    """

    breakpoint: int = 0
    is_here: bool = False
    waits: bool = False
    is_looked_at: bool = False
    has_ended: bool = False
    is_cursor: bool = False
    way: str = ""
    way_ring: int = 0


_BREAKPOINTS = {2: Span(ENABLED, "breakpoint"), 1: Span(DISABLED, "breakpoint-off"), 0: Span(" ")}


def signs(marks: Marks, ring: int) -> list[Span]:
    """Return the two cells of breakpoint and pointer."""
    pointer = Span(" ")
    if marks.is_here:
        pointer = Span(ENDED if marks.has_ended else CURRENT, f"ring{ring} bold")
    elif marks.waits or marks.is_looked_at:
        pointer = Span(WAITS, "strong" if marks.is_looked_at else "dim")
    elif marks.way:
        pointer = Span(marks.way, f"ring{marks.way_ring}")
    return [_BREAKPOINTS[marks.breakpoint], pointer]


def numbered(marks: Marks, ring: int, number: str, sign: str) -> list[Span]:
    """Return the whole edge of a line of a file."""
    style = "strong" if marks.is_here else "dim"
    return [
        *signs(marks, ring),
        Span(f"{number:>{FOLD_COLUMN - 2}}", style),
        Span(f"{sign or ' '} ", "dim"),
    ]


def line_style(marks: Marks, ring: int) -> str:
    """Return the style of the whole line, to the pane's edge."""
    if marks.is_here:
        return f"here{ring}"
    return "cursor" if marks.is_cursor else ""
