"""Where the panes stand: computed from the screen's size and the person's wishes, with numbers alone.

Three shapes. *Compact*, down to 80 by 24: source beside ring and bitmap, and one area below. *Full*,
from 110 columns: two columns, and the timeline along the lower edge. *Wide*, from 176: three columns.

A slot of a shape is for one pane, or it is an area: several panes of which one is open, the one that
was looked at last, under a row of tabs.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum

from textual.geometry import Region

SOURCE, RINGS, BITMAP, STACK, CONSOLE = "source", "rings", "bitmap", "stack", "console"
REGISTERS, CSRS, COMMAND, LOG, TIMELINE = "registers", "csrs", "command", "log", "timeline"
MEMORY, PAGES, BREAKPOINTS, LESSON = "memory", "pages", "breakpoints", "lesson"

# The areas: each has its row of tabs, whose id is its name.
AREAS = ("tabs-low", "tabs-side", "tabs-far", "tabs-corner")
_LOW, _SIDE, _FAR, _CORNER = AREAS

_GAP = 1
_LEAST_WIDTH, _LEAST_HEIGHT = 24, 3
# The height of the timeline's strip.
_STRIP = 4

# From these heights on there is room for the strip, and for the call stack at the right.
_WITH_STRIP = 34
_STACK_AT_THE_RIGHT = 40


class Shape(Enum):
    """Which arrangement a size gets."""

    COMPACT = "compact"
    FULL = "full"
    WIDE = "wide"


@dataclass(frozen=True, slots=True)
class Layout:
    """A person's wishes, whatever the size of the screen.

    `recent` names the panes in the order in which they were last gone to, `zoomed` the one that has
    all the room. `right` and `low` say by how many cells the column at the right is wider, and the
    area at the lower left higher, than they are of themselves.
    """

    recent: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()
    zoomed: str | None = None
    right: int = 0
    low: int = 0

    def gone_to(self, name: str) -> Layout:
        """Return the layout after somebody went to a pane: it is seen, and its tab is open."""
        recent = (*(other for other in self.recent if other != name), name)
        zoomed = name if self.zoomed is not None else None
        return replace(self, recent=recent, hidden=self.hidden - {name}, zoomed=zoomed)

    def without(self, name: str) -> Layout:
        """Return the layout without a pane. The source always stays."""
        if name == SOURCE:
            return self
        zoomed = None if self.zoomed == name else self.zoomed
        return replace(self, hidden=self.hidden | {name}, zoomed=zoomed)

    def open_of(self, panes: Sequence[str]) -> str:
        """Return which of some panes in one area is open: the one that was gone to last."""
        return max(panes, key=lambda name: self.recent.index(name) if name in self.recent else -1)


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The shape, the region of each pane that is seen, and of the rows of tabs by their area's name.

    `tabs` names the panes of each area that has such a row, `open_tabs` the one that is open.
    """

    shape: Shape
    regions: Mapping[str, Region]
    tabs: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    open_tabs: Mapping[str, str] = field(default_factory=dict)

    def is_tabbed(self, name: str) -> bool:
        """Tell whether a pane stands under a row of tabs, which says its title."""
        return name in self.open_tabs.values()


@dataclass(frozen=True, slots=True)
class _Slot:
    """A place in a column for one of `panes`; `height` 0 takes what the others leave."""

    panes: tuple[str, ...]
    height: int = 0
    area: str = ""


@dataclass(frozen=True, slots=True)
class _Column:
    region: Region
    slots: tuple[_Slot, ...]


def shape_of(width: int, height: int) -> Shape:
    """Return the shape for a body of `width` by `height` cells."""
    if width < 110 or height < 32:
        return Shape.COMPACT
    return Shape.WIDE if width >= 176 and height >= 44 else Shape.FULL


def arrange(width: int, height: int, layout: Layout, present: Collection[str]) -> Arrangement:
    """Return where each of the `present` panes stands in a body of that size.

    Panes without a region are not seen.
    """
    shape = shape_of(width, height)
    if layout.zoomed is not None:
        return Arrangement(shape, {layout.zoomed: Region(0, 0, width, height)})
    shown = frozenset(present) - layout.hidden
    whole = Region(0, 0, width, height)
    regions: dict[str, Region] = {}
    if shape is not Shape.COMPACT and height >= _WITH_STRIP and TIMELINE in shown:
        whole, regions[TIMELINE] = whole.split_horizontal(height - _STRIP)
        shown -= {TIMELINE}
    tabs: dict[str, tuple[str, ...]] = {}
    open_tabs: dict[str, str] = {}
    for column in _SHAPES[shape](whole, layout, shown):
        for slot, region in _stacked(column, shown):
            panes = tuple(name for name in slot.panes if name in shown)
            chosen = layout.open_of(panes)
            if len(panes) > 1:
                tabs[slot.area], open_tabs[slot.area] = panes, chosen
                regions[slot.area], region = region.split_horizontal(min(1, region.height))
            regions[chosen] = region
    return Arrangement(
        shape, {name: region for name, region in regions.items() if region.area}, tabs, open_tabs
    )


def _stacked(column: _Column, shown: Collection[str]) -> Iterator[tuple[_Slot, Region]]:
    """Yield the slots that have a pane to show, from the top downwards, and where they stand.

    If no slot is left that takes the rest, the last one does.
    """
    slots = [slot for slot in column.slots if any(name in shown for name in slot.panes)]
    if slots and all(slot.height for slot in slots):
        slots[-1] = replace(slots[-1], height=0)
    left_over = max(column.region.height - sum(slot.height for slot in slots), 0)
    rest = column.region
    for slot in slots:
        own, rest = rest.split_horizontal(min(slot.height or left_over, rest.height))
        yield slot, own


def _compact(whole: Region, layout: Layout, shown: Collection[str]) -> list[_Column]:
    height = whole.height
    below = min(max(height * 2 // 5, 4), 12) if height >= 12 else max(height // 3, 0)
    below = _moved(below, layout.low, _LEAST_HEIGHT, height - 2 * _LEAST_HEIGHT)
    above, low = whole.split_horizontal(height - below)
    left, right = above, Region(above.right, 0, 0, above.height)
    if {RINGS, BITMAP} & set(shown):
        wanted = _moved(
            min(38, whole.width // 2), layout.right, _LEAST_WIDTH, whole.width - _LEAST_WIDTH
        )
        left, right = _split(above, wanted)
    order = (
        REGISTERS, CSRS, STACK, CONSOLE, LOG, TIMELINE, MEMORY, PAGES, BREAKPOINTS, COMMAND, LESSON,
    )  # fmt: skip
    return [
        _Column(left, (_Slot((SOURCE,)),)),
        _Column(right, (_Slot((RINGS,), 4), _Slot((BITMAP,)))),
        _Column(low, (_Slot(order, area=_LOW),)),
    ]


def _full(whole: Region, layout: Layout, shown: Collection[str]) -> list[_Column]:
    height = whole.height
    most = whole.width - _LEAST_WIDTH
    left, right = _split(whole, _moved(_RIGHT_WIDTH, layout.right, _LEAST_WIDTH, most))
    low = _moved(max(height // 4, 7), layout.low, _LEAST_HEIGHT, height - 10)
    lower = _Slot((CONSOLE, COMMAND, LOG, TIMELINE, BREAKPOINTS), low, _LOW)
    side = (REGISTERS, CSRS, MEMORY, PAGES, LESSON)
    if height >= _STACK_AT_THE_RIGHT:
        return [
            _Column(left, (_Slot((SOURCE,)), lower)),
            _Column(right, (*_BADGES, _Slot(side, 0, _SIDE), _Slot((STACK,), max(height - 34, 7)))),
        ]
    return [
        _Column(left, (_Slot((SOURCE,)), _Slot((STACK,), 7), lower)),
        _Column(right, (*_BADGES, _Slot(side, 0, _SIDE))),
    ]


def _wide(whole: Region, layout: Layout, shown: Collection[str]) -> list[_Column]:
    height = whole.height
    rest, right = _split(
        whole,
        _moved(_RIGHT_WIDTH, layout.right, _LEAST_WIDTH, whole.width - _RIGHT_WIDTH - _LEAST_WIDTH),
    )
    left, middle = _split(rest, min(_RIGHT_WIDTH, rest.width - _LEAST_WIDTH))
    low = _moved(max(height // 4, 7), layout.low, _LEAST_HEIGHT, height - 10)
    return [
        _Column(left, (_Slot((SOURCE,)), _Slot((CONSOLE, COMMAND, TIMELINE), low, _LOW))),
        _Column(middle, (*_BADGES, _Slot((REGISTERS, CSRS), 14, _SIDE), _Slot((STACK,)))),
        _Column(
            right,
            (
                _Slot((LESSON, MEMORY, PAGES), 0, _FAR),
                _Slot((LOG, BREAKPOINTS), max(height * 2 // 5, 7), _CORNER),
            ),
        ),
    ]


# The width of the column of rings and registers, and what stands at its head.
_RIGHT_WIDTH = 58
_BADGES = (_Slot((RINGS,), 8), _Slot((BITMAP,), 12))

_SHAPES: Mapping[Shape, Callable[[Region, Layout, Collection[str]], list[_Column]]] = {
    Shape.COMPACT: _compact,
    Shape.FULL: _full,
    Shape.WIDE: _wide,
}


def _split(region: Region, right: int) -> tuple[Region, Region]:
    """Split a region in two columns with a gap between, the second one `right` cells wide."""
    left = max(region.width - right - _GAP, 0)
    return (
        Region(region.x, region.y, left, region.height),
        Region(region.x + left + _GAP, region.y, max(region.width - left - _GAP, 0), region.height),
    )


def _moved(size: int, by: int, least: int, most: int) -> int:
    """Return a size that a person has changed, within what makes sense."""
    return max(min(max(size + by, least), most), 0) if by else size
