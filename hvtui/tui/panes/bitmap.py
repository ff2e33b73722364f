"""The trap bitmap pane: 32 bits, each with what it does to an instruction in the current mode."""

from __future__ import annotations

from collections import Counter

from hvtui.debugger.snapshot import Snapshot, TrapCell
from hvtui.tui.panes.pane import DrawnPane
from hvtui.tui.rows import Row, Span, fit, join, pad, row

SET, CLEAR = "■", "□"
# One sign for each effect, for narrow cells. The words are the same everywhere.
SIGNS = {"traps": "T", "executes": "·", "ignored": "∅", "leaks": "!"}

_NAME_WIDTH = 9
_EFFECT_WIDTH = 8
_WIDE_CELL = 1 + 1 + 2 + 1 + _NAME_WIDTH + 1 + _EFFECT_WIDTH + 1 + 4
_NARROW_CELL = 1 + 1 + 1 + _NAME_WIDTH
_NARROW_CELL_WITH_HITS = _NARROW_CELL + 4


def bitmap_rows(snapshot: Snapshot, width: int, height: int) -> tuple[Row, ...]:
    """Draw the cells: with words where they fit, else with a sign, and the reserved ones as a strip."""
    named = [cell for cell in snapshot.cells if cell.name]
    reserved = [cell for cell in snapshot.cells if not cell.name]
    wide_columns = width // _WIDE_CELL
    if wide_columns >= 1 and -(-(len(named) + 1) // wide_columns) <= height:
        cells = [_wide(cell) for cell in named]
        return _columns([*cells, _strip(reserved, _WIDE_CELL)], wide_columns, _WIDE_CELL, width)
    cell_width = _NARROW_CELL_WITH_HITS
    columns = width // cell_width
    if columns < 1 or -(-len(named) // columns) > height:
        cell_width = _NARROW_CELL
        columns = max(width // cell_width, 1)
    with_hits = cell_width == _NARROW_CELL_WITH_HITS
    cells = [_narrow(cell, with_hits) for cell in named]
    if len(cells) % columns:
        return _columns([*cells, _strip(reserved, cell_width)], columns, cell_width, width)
    rows = _columns(cells, columns, cell_width, width)
    return (*rows, _strip(reserved, width)) if len(rows) < height else rows


def _columns(cells: list[Row], columns: int, cell_width: int, width: int) -> tuple[Row, ...]:
    count = -(-len(cells) // columns)
    gap = " " * min((width - columns * cell_width) // max(columns - 1, 1), 3)
    return tuple(
        join([pad(cell, cell_width) for cell in cells[index::count]], gap) for index in range(count)
    )


def _wide(cell: TrapCell) -> Row:
    hits = _short(cell.hits) if cell.hits else ""
    return row(
        _box(cell),
        Span(f" {cell.bit:>2} ", "dim"),
        Span(fit(cell.name, _NAME_WIDTH) + " ", "strong" if cell.hits else ""),
        Span(fit(cell.effect, _EFFECT_WIDTH) + " ", cell.effect),
        Span(f"{hits:>4}", "changed"),
    )


def _narrow(cell: TrapCell, with_hits: bool) -> Row:
    hits = f"{_short(cell.hits):>4}" if with_hits and cell.hits else ""
    return row(
        _box(cell),
        Span(SIGNS[cell.effect] + " ", cell.effect),
        Span(fit(cell.name, _NAME_WIDTH), "strong" if cell.hits else ""),
        Span(hits, "changed"),
    )


def _box(cell: TrapCell) -> Span:
    return Span(SET, "traps") if cell.is_set else Span(CLEAR, "faint")


def _strip(reserved: list[TrapCell], width: int) -> Row:
    boxes = "".join(SET if cell.is_set else CLEAR for cell in reserved)
    text = f" {reserved[0].bit}-{reserved[-1].bit} reserved"
    return row(Span(boxes, "faint"), Span(text[: max(width - len(boxes), 0)], "faint"))


def _short(count: int) -> str:
    """Write a count in at most four characters."""
    for limit, divisor, unit in ((10_000, 1, ""), (1_000_000, 1_000, "k"), (10**9, 10**6, "M")):
        if count < limit:
            return f"{count // divisor}{unit}"
    return f"{count // 10**9}G"


def summary(snapshot: Snapshot, *, with_signs: bool = False) -> str:
    """Count the effects in words, ``19 trap 2 execute``, or with their signs, ``19T 2·``."""
    counts = Counter(cell.effect for cell in snapshot.cells if cell.name)
    if len(counts) == 1:
        return f"all {_WORDS[next(iter(counts))]}"
    return " ".join(
        f"{counts[effect]}{SIGNS[effect] if with_signs else ' ' + word}"
        for effect, word in _WORDS.items()
        if counts[effect]
    )


_WORDS = {"traps": "trap", "executes": "execute", "ignored": "ignored", "leaks": "leak"}


class BitmapPane(DrawnPane):
    """Which kernel instructions trap, and what becomes of the others."""

    TITLE = "Trap bitmap"
    HELP = """\
# Trap bitmap

A cell for each class of kernel instruction: the bit of `mtrapmap` (■ set, □ clear), its name, what
an instruction of the class does **in the mode that runs now**, and how many were met below ring 0.

`T` **traps**: ring 0 gets control, so trap and emulate can work

`·` **executes**: this mode may

`∅` **ignored**: nothing happens and nobody is told: the hole of the old CPUs

`!` **leaks**: the real value is read: the guest sees the truth

`t` sets a breakpoint on a bit."""

    def draw(self, snapshot: Snapshot, width: int, height: int) -> tuple[Row, ...]:
        """Return the rows."""
        return bitmap_rows(snapshot, width, height)

    def title(self, snapshot: Snapshot) -> str:
        """Say what the bitmap holds and what it amounts to in this ring."""
        value = "" if snapshot.trapmap is None else f" {snapshot.trapmap:08x}"
        is_narrow = self.size.width < 50
        name = "Bitmap" if is_narrow else "Trap bitmap"
        return f"{name}{value}  [dim]{summary(snapshot, with_signs=is_narrow)}[/]"
