"""The run as a strip: bands by ring and component, marks of what happened, and where the present is."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from rich.cells import cell_len

from hvtui.debugger.bands import Column, Run, Runner
from hvtui.debugger.logentries import Kind
from hvtui.tui.panes.event_signs import EVENT_SIGNS
from hvtui.tui.panes.stack import RING_SIGNS
from hvtui.tui.rows import Row, Span, crop, fit, row

# From this height on there is a lane for each component in each ring.
LANES_FROM = 7

CHANGE, HIT = "✎", "●"
_PAST, _FUTURE, _FRONTIER, _NOW, _CHOSEN = "━", "┄", "│", "▲", "◇"
_EIGHTHS = " ▁▂▃▄▅▆▇█"
# Lower ones: the names beside them are to be read first.
_BAND = " ▁▂▃▄▅"
_TALLEST_LANE = 3
_MOST_GUTTER = 18
# What is rarest counts most, where one cell has room for one mark.
_ORDER = (Kind.IGNORED, Kind.LEAKED, Kind.INJECTION, Kind.INTERRUPT, Kind.TRAP)


@dataclass(frozen=True, slots=True)
class Scale:
    """The columns begin at instant `start`; each is `steps` steps wide, or each step `cells` cells."""

    start: int
    steps: int
    cells: int = 1

    def edges(self, width: int) -> tuple[int, ...]:
        """Return the edges of the columns that fill `width` cells."""
        count = -(-width // self.cells)
        return tuple(self.start + self.steps * column for column in range(count + 1))

    def cell_of(self, instant: int) -> int:
        """Return the cell in which an instant's column begins; it may lie outside."""
        return (instant - self.start) // self.steps * self.cells

    def instant_at(self, cell: int) -> int:
        """Return the first instant of the column that a cell belongs to."""
        return self.start + cell // self.cells * self.steps

    def span(self, width: int) -> int:
        """Return how many steps `width` cells show."""
        return max(width // self.cells, 1) * self.steps


@dataclass(frozen=True, slots=True)
class Strip:
    """All that is drawn: the columns in their scale, the run, and the column that is chosen."""

    run: Run
    scale: Scale
    columns: Sequence[Column]
    chosen: int | None = None


def gutter(width: int, height: int, run: Run) -> int:
    """Return how many cells the names of the lanes take, 0 where there are no lanes."""
    if height < LANES_FROM or width < 2 * _MOST_GUTTER:
        return 0
    longest = max((cell_len(name) for name in run.components), default=0)
    return min(longest + 4, _MOST_GUTTER)


def strip_rows(strip: Strip, width: int, height: int) -> tuple[Row, ...]:
    """Draw the strip in `width` by `height` cells."""
    margin = gutter(width, height, strip.run)
    room = width - margin
    bands = list(_lanes(strip, margin, room, height - 3)) if margin else [_band(strip, room)]
    blank = Span(" " * margin)
    rows = [*bands, Row((blank, *_marks(strip, room))), Row((blank, *_axis(strip, room)))]
    if height > len(rows):
        rows.append(crop(_legend(strip, with_rings=not margin), width))
    return tuple(rows[:height])


def _cells(strip: Strip, room: int) -> Iterator[Column]:
    """Yield the column of each cell."""
    for column in strip.columns:
        for _ in range(strip.scale.cells):
            if room == 0:
                return
            room -= 1
            yield column


# Bands


def _band(strip: Strip, room: int) -> Row:
    """Draw who ran most in each column, a piece for as long as that is the same.

    A piece begins with its ring, the name follows if it fits. Then the blocks are the fuller, the more
    of the time it had; on the ground of the ring that had most of the rest.
    """
    spans: list[Span] = []
    cells = list(_cells(strip, room))
    for runner, group in groupby(cells, lambda column: column.runner if column.shares else None):
        piece = list(group)
        if runner is None:
            spans.append(Span(" " * len(piece)))
        elif runner.ring is None:
            spans.append(Span("?" * len(piece), "faint"))
        else:
            told = f"{RING_SIGNS[runner.ring]}{runner.ring} {runner.owner} "
            if cell_len(told) > len(piece):
                told = f"{runner.ring}"
            spans.append(Span(told, f"ring{runner.ring} here{runner.ring} bold"))
            rest = piece[cell_len(told) :]
            for style, alike in groupby(rest, lambda column: _ground(column, column.runner)):
                filled = "".join(
                    _BAND[_level(column.shares[0][1], column, len(_BAND) - 1)] for column in alike
                )
                spans.append(Span(filled, f"ring{runner.ring} {style}"))
    return Row(tuple(spans))


def _ground(column: Column, runner: Runner) -> str:
    """Return the ground for what of a column's time another than its first runner had."""
    others = [other for other, _ in column.shares if other.ring not in (None, runner.ring)]
    return f"here{others[0].ring}" if others else f"here{runner.ring}"


def _lanes(strip: Strip, margin: int, room: int, most: int) -> Iterator[Row]:
    """Draw a lane for each component in each ring; for each ring, if there are more than `most`."""
    seen: dict[Runner, int] = {}
    for column in strip.columns:
        for runner, steps in column.shares:
            seen[runner] = seen.get(runner, 0) + steps
    lanes = sorted(
        (runner for runner in seen if runner.ring is not None),
        key=lambda runner: (runner.ring or 0, _place(strip.run, runner.owner), runner.owner),
    )
    by_ring = len(lanes) > most
    if by_ring:
        lanes = [Runner(ring) for ring in sorted({runner.ring or 0 for runner in lanes})]
    tall = min(max(most // max(len(lanes), 1), 1), _TALLEST_LANE)
    cells = list(_cells(strip, room))
    for lane in lanes:
        ring = lane.ring or 0
        name = f"{RING_SIGNS[ring]}{ring} {lane.owner or ('all' if by_ring else '?')}"
        levels = [_level(_share(column, lane, by_ring=by_ring), column, 8 * tall) for column in cells]
        for line in reversed(range(tall)):
            told = fit(name, margin - 1) if line == 0 else " " * (margin - 1)
            drawn = "".join(_EIGHTHS[min(max(level - 8 * line, 0), 8)] for level in levels)
            yield row(Span(told + " ", f"ring{ring}"), Span(drawn, f"ring{ring}"))


def _place(run: Run, owner: str) -> int:
    return run.components.index(owner) if owner in run.components else len(run.components)


def _share(column: Column, lane: Runner, *, by_ring: bool) -> int:
    return sum(
        steps
        for runner, steps in column.shares
        if (runner.ring == lane.ring if by_ring else runner == lane)
    )


def _level(steps: int, column: Column, most: int) -> int:
    """Return how full a column is, of `most`: any share at all is seen."""
    if not steps:
        return 0
    total = max(sum(count for _, count in column.shares), 1)
    return max(round(most * steps / total), 1)


# Marks and axis


def _marks(strip: Strip, room: int) -> Iterator[Span]:
    run = strip.run
    for index, column in enumerate(_cells(strip, room)):
        # What happened stands in the first cell of its step.
        is_first = index % strip.scale.cells == 0
        yield _mark(run, column) if is_first else Span(" ")


def _mark(run: Run, column: Column) -> Span:
    if _any_between(run.changes, column):
        return Span(CHANGE, "changed")
    if _any_between(run.hits, column):
        return Span(HIT, "breakpoint")
    for kind in _ORDER:
        count = column.events.get(kind, 0)
        if count:
            sign = EVENT_SIGNS[kind]
            few = kind is Kind.TRAP and count == 1 and column.end - column.start > 1
            return Span("▾" if few else sign.sign, sign.style)
    return Span(" ")


def _any_between(instants: Sequence[int], column: Column) -> bool:
    place = bisect_left(instants, column.start)
    return place < len(instants) and instants[place] < column.end


def _axis(strip: Strip, room: int) -> Iterator[Span]:
    """Draw the past, the present, the known future up to the frontier, and instants where they fit."""
    run, scale = strip.run, strip.scale
    now, frontier = scale.cell_of(run.now), scale.cell_of(run.frontier)
    chosen = strip.chosen * scale.cells if strip.chosen is not None else None
    cells: list[tuple[str, str]] = []
    for cell in range(room):
        if cell < now:
            cells.append((_PAST, "dim"))
        elif cell < frontier:
            cells.append((_FUTURE, "faint"))
        else:
            cells.append((" ", ""))
    if 0 <= frontier < room and frontier > now:
        cells[frontier] = (_FRONTIER, "dim")
    for text, at, style in _labels(run, scale, room, now, frontier):
        cells[at : at + len(text)] = [(character, style) for character in text]
    if 0 <= now < room:
        cells[now] = (_NOW, "strong")
    if chosen is not None and 0 <= chosen < room and chosen != now:
        cells[chosen] = (_CHOSEN, "changed")
    for style, group in groupby(cells, lambda cell: cell[1]):
        yield Span("".join(character for character, _ in group), style)


def _labels(
    run: Run, scale: Scale, room: int, now: int, frontier: int
) -> Iterator[tuple[str, int, str]]:
    """Yield instants, their cells and styles: those of the present and the frontier, then the edges."""
    taken: list[tuple[int, int]] = []

    def free(start: int, end: int) -> bool:
        return start >= 0 and end <= room and all(end < low or start > high for low, high in taken)

    wanted = [(f" {run.now:,} ", now + 1, now, "strong")]
    if run.frontier > run.now:
        wanted.append((f" {run.frontier:,}", frontier + 1, frontier, "dim"))
    for text, after, at, style in wanted:
        for start in (after, at - len(text)):
            if 0 <= at < room and free(start, start + len(text)):
                taken.append((start - 1, start + len(text)))
                yield text, start, style
                break
    text = f"{scale.start:,} "
    if free(0, len(text)):
        yield text, 0, "faint"


def _legend(strip: Strip, *, with_rings: bool) -> Row:
    spans: list[Span] = []
    if with_rings:
        shown: dict[Runner, None] = {}
        for column in strip.columns:
            shown |= dict.fromkeys(runner for runner, _ in column.shares if runner.ring is not None)
        for runner in sorted(shown, key=lambda known: (known.ring or 0, known.owner)):
            told = f"{RING_SIGNS[runner.ring or 0]}{runner.ring} {runner.owner or '?'}"
            spans += [Span(told, f"ring{runner.ring}"), Span("  ")]
    kinds: Mapping[Kind, int] = _all_events(strip.columns)
    for kind in reversed(_ORDER):
        if kinds.get(kind):
            sign = EVENT_SIGNS[kind]
            spans += [Span(sign.sign, sign.style), Span(f" {sign.word}  ", "dim")]
    if any(_any_between(strip.run.hits, column) for column in strip.columns):
        spans += [Span(HIT, "breakpoint"), Span(" breakpoint  ", "dim")]
    if any(_any_between(strip.run.changes, column) for column in strip.columns):
        spans += [Span(CHANGE, "changed"), Span(" input or change", "dim")]
    return Row(tuple(spans))


def _all_events(columns: Sequence[Column]) -> Mapping[Kind, int]:
    total: dict[Kind, int] = {}
    for column in columns:
        for kind, count in column.events.items():
            total[kind] = total.get(kind, 0) + count
    return total
