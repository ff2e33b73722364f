"""Where the panes stand: computed from the screen's size, with nothing but numbers.

Three arrangements. *Compact*, down to 80 by 24: source beside ring and bitmap, and below a row of tabs,
of which one is open. *Normal*, from 110 by 35: all six panes in two columns. *Wide*, from 150 by
41: all six in three columns.
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


class Shape(Enum):
    """Which arrangement a size gets."""

    COMPACT = "compact"
    NORMAL = "normal"
    WIDE = "wide"


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The shape and the region of each pane that is seen; `tabs` is the row that names the tabs."""

    shape: Shape
    regions: Mapping[str, Region]


def shape_of(width: int, height: int) -> Shape:
    """Return the shape for a body of `width` by `height` cells."""
    if width >= 150 and height >= 38:
        return Shape.WIDE
    return Shape.NORMAL if width >= 110 and height >= 32 else Shape.COMPACT


def arrange(width: int, height: int, open_tab: str, zoomed: str | None = None) -> Arrangement:
    """Return where each pane stands in a body of that size. Panes without a region are not seen."""
    shape = shape_of(width, height)
    if zoomed is not None:
        return Arrangement(shape, {zoomed: Region(0, 0, width, height)})
    plan = {Shape.COMPACT: _compact, Shape.NORMAL: _normal, Shape.WIDE: _wide}[shape]
    regions = plan(width, height, open_tab)
    return Arrangement(shape, {name: region for name, region in regions.items() if region.area})


def _compact(width: int, height: int, open_tab: str) -> dict[str, Region]:
    right = min(36, width // 2)
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


def _normal(width: int, height: int, _open_tab: str) -> dict[str, Region]:
    right = 56
    left = width - right - _GAP
    console = max(height // 4, 7)
    return {
        SOURCE: Region(0, 0, left, height - console),
        CONSOLE: Region(0, height - console, left, console),
        **_column(left + _GAP, right, height, {RINGS: 8, BITMAP: 12, REGISTERS: 10, STACK: 0}),
    }


def _wide(width: int, height: int, _open_tab: str) -> dict[str, Region]:
    right = 56
    rest = width - right - 2 * _GAP
    left = max(rest * 2 // 3, rest - 44)
    middle = rest - left
    console = max(height // 4, 10)
    above = height - console
    return {
        SOURCE: Region(0, 0, left, above),
        **_column(left + _GAP, middle, above, {REGISTERS: 0}),
        CONSOLE: Region(0, above, left + _GAP + middle, console),
        **_column(left + middle + 2 * _GAP, right, height, {RINGS: 8, BITMAP: 12, STACK: 0}),
    }


def _column(x: int, width: int, height: int, heights: Mapping[str, int]) -> dict[str, Region]:
    """Stack panes of given heights; the one with 0 takes what is left."""
    left_over = height - sum(heights.values())
    regions, y = {}, 0
    for name, wanted in heights.items():
        taken = wanted or max(left_over, 0)
        regions[name] = Region(x, y, width, min(taken, height - y))
        y += taken
    return regions
