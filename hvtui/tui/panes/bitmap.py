"""The trap bitmap pane: 32 bits, each with what it does to an instruction in the current mode."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from asm.isa.trapbits import TRAP_BITS, TrapBit
from hvtui.debugger.snapshot import BreakpointView, Snapshot, TrapCell
from hvtui.tui.panes.pane import DrawnPane
from hvtui.tui.rows import Row, Span, fit, join, pad, row, shorten
from hvtui.tui.source.gutter import DISABLED, ENABLED

SET, CLEAR, NO_BIT = "■", "□", "-"
# One sign for each effect, for narrow cells. The words are the same everywhere.
SIGNS = {"traps": "T", "executes": "·", "ignored": "∅", "leaks": "!"}

_NAME_WIDTH = 9
_EFFECT_WIDTH = 8


class _Form(Enum):
    """How much a cell says; the value is its width."""

    WIDE = 1 + 1 + 2 + 1 + _NAME_WIDTH + 1 + _EFFECT_WIDTH + 1 + 4
    COUNTED = 1 + 1 + 1 + _NAME_WIDTH + 4
    NARROW = 1 + 1 + 1 + _NAME_WIDTH


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the named cells stand: in columns that are read downwards, `gap` blanks between them."""

    form: _Form
    columns: int
    lines: int
    gap: int

    def index_at(self, x: int, y: int) -> int | None:
        """Return the index of the cell there; it may be beyond the last one."""
        column, inside = divmod(x, self.form.value + self.gap)
        if inside >= self.form.value or column >= self.columns or not 0 <= y < self.lines:
            return None
        return column * self.lines + y

    def is_box(self, x: int) -> bool:
        """Tell whether there is a cell's box."""
        return x % (self.form.value + self.gap) == 0


def grid_for(count: int, width: int, height: int) -> Grid:
    """Return how to set `count` cells: with words if they fit so, else with as much as fits.

    Where there is a lot of room they stand in one column, and what each is for beside it.
    """
    if width >= _WIDTH_FOR_LEGEND and height >= count:
        return Grid(_Form.WIDE, 1, count, 0)
    for form in _Form:
        columns = max(width // form.value, 1)
        # The wide form keeps a place for the strip of reserved bits.
        lines = -(-(count + (form is _Form.WIDE)) // columns)
        if form is _Form.NARROW or (lines <= height and form.value <= width):
            break
    return Grid(form, columns, lines, min((width - columns * form.value) // max(columns - 1, 1), 3))


def bitmap_rows(
    snapshot: Snapshot, width: int, height: int, chosen: int | None = None
) -> tuple[Row, ...]:
    """Draw the cells, the `chosen` one marked, and the reserved ones as a strip."""
    named = [cell for cell in snapshot.cells if cell.name]
    reserved = [cell for cell in snapshot.cells if not cell.name]
    grid = grid_for(len(named), width, height)
    has_bits = snapshot.trapmap is not None
    cells = [
        _chosen(drawn) if cell.bit == chosen else drawn
        for cell in named
        for drawn in [_cell(cell, grid.form, _breakpoint(snapshot, cell), has_bits=has_bits)]
    ]
    if grid.columns == 1 and width >= _WIDTH_FOR_LEGEND:
        rows = tuple(
            join([drawn, _explained(cell)], "  ") for drawn, cell in zip(cells, named, strict=True)
        )
        strip = _strip(reserved, grid.form.value, has_bits=has_bits)
        return (*rows, strip, row(), *_LEGEND)[:height]
    if len(cells) < grid.columns * grid.lines:
        cells.append(_strip(reserved, grid.form.value, has_bits=has_bits))
        return _columns(cells, grid)
    rows = _columns(cells, grid)
    return (*rows, _strip(reserved, width, has_bits=has_bits)) if len(rows) < height else rows


def _columns(cells: list[Row], grid: Grid) -> tuple[Row, ...]:
    return tuple(
        join([pad(cell, grid.form.value) for cell in cells[index :: grid.lines]], " " * grid.gap)
        for index in range(grid.lines)
    )


def _explained(cell: TrapCell) -> Row:
    """Say what a bit covers, and which instructions of x86 are like that."""
    x86 = TRAP_BITS[TrapBit(cell.bit)].x86
    return row(Span(fit(cell.covers, _COVERS_WIDTH), ""), ("x86: " if x86 else "", "dim"), (x86, "dim"))


_COVERS_WIDTH = 57
_WIDTH_FOR_LEGEND = 112
_LEGEND = (
    row((SET, "traps"), (" the bit is set   ", "dim"), (CLEAR, "faint"), (" it is clear   ", "dim"),
        (NO_BIT, "faint"), (" this CPU has no bitmap   ", "dim"), (ENABLED, "breakpoint"),
        (" a breakpoint   ", "dim"), ("*", "changed"), (" met by the last move", "dim")),
    row(("traps", "traps"), (" ring 0 gets control   ", "dim"), ("executes", "executes"),
        (" this mode may   ", "dim"), ("ignored", "ignored"), (" nothing happens   ", "dim"),
        ("leaks", "leaks"), (" the real value is read", "dim")),
)  # fmt: skip


def _breakpoint(snapshot: Snapshot, cell: TrapCell) -> BreakpointView | None:
    """Return the breakpoint that names the bit; of several one that is on."""
    found = [view for view in snapshot.breakpoints if view.bit is not None and view.bit == cell.bit]
    return max(found, key=lambda view: view.enabled, default=None)


def _cell(cell: TrapCell, form: _Form, at: BreakpointView | None, *, has_bits: bool) -> Row:
    name = "changed" if cell.changed else "strong" if cell.hits else ""
    hits = f"{_short(cell.hits) if cell.hits else '':>4}"
    box = _box(cell, has_bits=has_bits)
    if form is _Form.WIDE:
        return row(
            box, Span(f" {cell.bit:>2}", "dim"), _mark(at),
            Span(fit(cell.name, _NAME_WIDTH) + ("*" if cell.changed else " "), name),
            Span(fit(cell.effect, _EFFECT_WIDTH) + " ", cell.effect), Span(hits, "changed"),
        )  # fmt: skip
    mark = Span("*", "changed") if cell.changed and at is None else _mark(at)
    return row(
        box, Span(SIGNS[cell.effect], cell.effect), mark, Span(fit(cell.name, _NAME_WIDTH), name),
        Span(hits if form is _Form.COUNTED else "", "changed"),
    )  # fmt: skip


def _mark(at: BreakpointView | None) -> Span:
    if at is None:
        return Span(" ")
    return Span(ENABLED, "breakpoint") if at.enabled else Span(DISABLED, "breakpoint-off")


def _chosen(drawn: Row) -> Row:
    return Row(tuple(Span(span.text, f"{span.style} cursor") for span in drawn.spans))


def _box(cell: TrapCell, *, has_bits: bool) -> Span:
    if not has_bits:
        return Span(NO_BIT, "faint")
    return Span(SET, "traps") if cell.is_set else Span(CLEAR, "faint")


def _strip(reserved: list[TrapCell], width: int, *, has_bits: bool) -> Row:
    boxes = (CLEAR if has_bits else NO_BIT) * len(reserved)
    numbers = f" {reserved[0].bit}-{reserved[-1].bit}"
    room = width - len(boxes)
    text = next((told for told in (f"{numbers} reserved", numbers) if len(told) <= room), "")
    return row(Span(boxes + text, "faint"))


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
    """Which kernel instructions trap, and what becomes of the others.

    Enter sets a breakpoint on the chosen bit.
    """

    TITLE = "Trap bitmap"
    HELP = """\
# Trap bitmap

A cell for each class of kernel instruction: the bit of `mtrapmap` (`■` set, `□` clear, `-` this CPU has
no bitmap), its name, what an instruction of the class does **in the mode that runs now**, and how
many were met below ring 0; `*` marks what the last move met.

`T` **traps**: ring 0 gets control, so trap and emulate can work

`·` **executes**: this mode may

`∅` **ignored**: nothing happens and nobody is told: the hole of the old CPUs

`!` **leaks**: the real value is read: the guest sees the truth

The arrows choose a cell. Enter, `b` or a click sets a breakpoint on it, `●`: the machine stops where an
instruction of the class traps, is ignored or leaks below ring 0. Again, and it is removed.

`x`, or a click on the box, sets or clears the bit itself, as the hypervisor could."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "choose(-1, 0)", "Up", show=False),
        Binding("down,j", "choose(1, 0)", "Down", show=False),
        Binding("left,h", "choose(0, -1)", "Left", show=False),
        Binding("right,l", "choose(0, 1)", "Right", show=False),
        Binding("home,g", "choose(-100, 0)", "To the first", show=False),
        Binding("end,G", "choose(100, 0)", "To the last", show=False),
        Binding("enter", "break_on_bit", "Break", show=False),
    ]

    @dataclass
    class ToggleBreakpoint(Message):
        """The person wants a breakpoint on a trap bit, or none any more."""

        bit: TrapBit

    @dataclass
    class ToggleBit(Message):
        """The person wants the bit itself set, or cleared."""

        bit: TrapBit

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.chosen = TrapBit(0)

    def draw(self, snapshot: Snapshot, width: int, height: int) -> tuple[Row, ...]:
        """Return the rows, the chosen cell marked while the pane has the focus."""
        return bitmap_rows(snapshot, width, height, self.chosen if self.has_focus else None)

    def title(self, snapshot: Snapshot) -> tuple[str, str]:
        """Say what the bitmap holds, and what it amounts to in this ring or what is chosen."""
        is_narrow = self.size.width < 50
        name = "Bitmap" if is_narrow else "Trap bitmap"
        if snapshot.trapmap is None:
            name += " none" if is_narrow else f": none on {snapshot.cpu}"
        else:
            name += f" {snapshot.trapmap:08x}"
        told = summary(snapshot, with_signs=is_narrow)
        if self.has_focus:
            covers = next(cell.covers for cell in snapshot.cells if cell.bit == self.chosen)
            x86 = TRAP_BITS[self.chosen].x86
            name, told = f"Bit {int(self.chosen)}", covers + (f"; x86: {x86}" if x86 else "")
        return name, shorten(told, self.size.width - len(name) - 6)

    def action_choose(self, down: int, right: int) -> None:
        """Choose another cell."""
        bits = self._bits
        index = bits.index(self.chosen) + down
        grid = grid_for(len(bits), *self.size)
        beside = index + right * grid.lines
        if 0 <= beside < len(bits):
            index = beside
        self._choose(bits[min(max(index, 0), len(bits) - 1)])

    def action_break_on_bit(self) -> None:
        """Set a breakpoint on the chosen bit, or remove it."""
        self.post_message(self.ToggleBreakpoint(self.chosen))

    def on_click(self, event: events.Click) -> None:
        """Choose the clicked cell. Its box changes the bit, the rest does what Enter does."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        bits = self._bits
        grid = grid_for(len(bits), *self.size)
        index = grid.index_at(offset.x, offset.y + self.scroll_offset.y)
        if index is None or index >= len(bits):
            return
        self._choose(bits[index])
        if grid.is_box(offset.x):
            self.post_message(self.ToggleBit(bits[index]))
        else:
            self.action_break_on_bit()

    def on_focus(self) -> None:
        """Mark the chosen cell."""
        self.redraw()

    def on_blur(self) -> None:
        """Take the mark away."""
        self.redraw()

    def _choose(self, bit: TrapBit) -> None:
        self.chosen = bit
        self.redraw()
        grid = grid_for(len(self._bits), *self.size)
        self.show_line(self._bits.index(bit) % grid.lines, margin=0)

    @property
    def _bits(self) -> list[TrapBit]:
        return list(TrapBit)
