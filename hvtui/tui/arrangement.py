"""Where the panes stand: computed from the screen's size, with nothing but numbers.

Two arrangements. *Compact*, down to 80 by 24: source beside ring and bitmap, and below a row of
tabs, of which one is open. *Full*, from 110 by 36: all six panes in two columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from textual.geometry import Region

SOURCE, RINGS, BITMAP = "source", "rings", "bitmap"
REGISTERS, STACK, CONSOLE = "registers", "stack", "console"
TABS = "tabs"

PANES = (SOURCE, RINGS, BITMAP, REGISTERS, STACK, CONSOLE)
TABBED = (REGISTERS, STACK, CONSOLE)

_GAP = 1
# From this height on there is room below the registers and their CSRs.
_STACK_AT_THE_RIGHT = 43


class Shape(Enum):
    """Which arrangement a size gets."""

    COMPACT = "compact"
    FULL = "full"


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The shape and the region of each pane that is seen; `tabs` is the row that names the tabs."""

    shape: Shape
    regions: Mapping[str, Region]


def shape_of(width: int, height: int) -> Shape:
    """Return the shape for a body of `width` by `height` cells."""
    return Shape.FULL if width >= 110 and height >= 32 else Shape.COMPACT


def arrange(width: int, height: int, open_tab: str, zoomed: str | None = None) -> Arrangement:
    """Return where each pane stands in a body of that size. Panes without a region are not seen."""
    shape = shape_of(width, height)
    if zoomed is not None:
        return Arrangement(shape, {zoomed: Region(0, 0, width, height)})
    is_compact = shape is Shape.COMPACT
    regions = _compact(width, height, open_tab) if is_compact else _full(width, height)
    return Arrangement(shape, {name: region for name, region in regions.items() if region.area})


def _compact(width: int, height: int, open_tab: str) -> dict[str, Region]:
    right = min(38, width // 2)
    left = width - right - _GAP
    below = min(max(height * 2 // 5, 4), 12) if height >= 12 else max(height // 3, 0)
    above = height - below
    rings = min(4, above)
    return {
        SOURCE: Region(0, 0, left, above),
        RINGS: Region(left + _GAP, 0, right, rings),
        BITMAP: Region(left + _GAP, rings, right, above - rings),
        TABS: Region(0, above, width, min(1, below)),
        open_tab: Region(0, above + 1, width, max(below - 1, 0)),
    }


def _full(width: int, height: int) -> dict[str, Region]:
    right = 58
    left = width - right - _GAP
    console = max(height // 4, 7)
    if height >= _STACK_AT_THE_RIGHT:
        beside = {RINGS: 8, BITMAP: 12, REGISTERS: 16, STACK: 0}
        below = {SOURCE: 0, CONSOLE: console}
    else:
        beside = {RINGS: 8, BITMAP: 12, REGISTERS: 0}
        below = {SOURCE: 0, STACK: 7, CONSOLE: console}
    return {
        **_column(0, left, height, below),
        **_column(left + _GAP, right, height, beside),
    }


def _column(x: int, width: int, height: int, heights: Mapping[str, int]) -> dict[str, Region]:
    """Stack panes of given heights; the one with 0 takes what is left."""
    left_over = height - sum(heights.values())
    regions, y = {}, 0
    for name, wanted in heights.items():
        taken = wanted or max(left_over, 0)
        regions[name] = Region(x, y, width, max(min(taken, height - y), 0))
        y += taken
    return regions
