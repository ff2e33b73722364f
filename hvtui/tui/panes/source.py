"""The source pane: source or disassembly, with the current line, breakpoints and a cursor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from hvtui.debugger.listing import CodeRow, Disassembly, SourceListing
from hvtui.debugger.locations import Location
from hvtui.debugger.positions import Position, short_file
from hvtui.debugger.snapshot import Snapshot, Stopped
from hvtui.machinefile.system import Component
from hvtui.tui.colouring import coloured
from hvtui.tui.panes.pane import Pane
from hvtui.tui.rows import Row, Span

ENABLED, DISABLED, CURRENT, WAITS, ENDED, HAS_CODE = "●", "○", "▶", "▷", "■", "·"
_GUTTER = 8
_WIDTH_FOR_BITS = 52


@dataclass(frozen=True, slots=True)
class Marks:
    """What stands in the gutter of a line. `breakpoint` is 2 for enabled, 1 for off, 0 for none."""

    breakpoint: int = 0
    is_here: bool = False
    is_waiting: bool = False
    has_ended: bool = False
    is_cursor: bool = False
    has_code: bool = False


def source_row(number: int, text: str, marks: Marks, ring: int) -> Row:
    """Draw a line of source with its gutter."""
    spans = [*_gutter(marks, ring), Span(f"{number:>4}", "strong" if marks.is_here else "dim")]
    spans.append(Span(f"{HAS_CODE if marks.has_code else ' '} ", "dim"))
    return Row((*spans, *coloured(text)), _line_style(marks, ring))


def code_row(code: CodeRow, marks: Marks, ring: int, *, with_bits: bool = True) -> Row:
    """Draw a line of disassembly with its gutter; `with_bits` shows the instruction's bits too."""
    if code.word is None:
        return Row((Span("  "), Span(code.text, "label")), _line_style(marks, ring))
    line = [
        *_gutter(marks, ring),
        Span(f"{code.address:08x} ", "strong" if marks.is_here else "address"),
        Span(f"{code.word:08x}  " if with_bits else " ", "faint"),
        Span(f"{code.text:<8}", "mnemonic" if code.is_code else "directive"),
    ]
    return Row((*line, *coloured(code.operands, operands=True)), _line_style(marks, ring))


def _gutter(marks: Marks, ring: int) -> list[Span]:
    mark = {2: Span(ENABLED, "breakpoint"), 1: Span(DISABLED, "breakpoint-off"), 0: Span(" ")}
    pointer = Span(" ")
    if marks.is_here:
        pointer = Span(ENDED if marks.has_ended else CURRENT, f"ring{ring} bold")
    elif marks.is_waiting:
        pointer = Span(WAITS, "dim")
    return [mark[marks.breakpoint], pointer]


def _line_style(marks: Marks, ring: int) -> str:
    styles = [f"here{ring}"] if marks.is_here else []
    return " ".join([*styles, "cursor"] if marks.is_cursor and not marks.is_here else styles)


class SourcePane(Pane):
    """Follows the pc; the cursor can be moved away from it, and comes back at the next stop."""

    TITLE = "Source"
    HELP = """\
# Source and disassembly

`▶` is the line that runs next, `■` the one where the run has ended; the colour is the ring. `●` is a
breakpoint, `○` one that is off; a dot behind the line number says that the line makes instructions.

Up and Down move the cursor, Left and Right the text. `b` sets or removes a breakpoint, `u` runs until
there, a click into the left edge does what `b` does. `d` shows the instructions in memory instead of
the source."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("pageup", "move_page(-1)", "Page up", show=False),
        Binding("pagedown", "move_page(1)", "Page down", show=False),
        Binding("home,g", "move(-1000000)", "To the top", show=False),
        Binding("end,G", "move(1000000)", "To the end", show=False),
        Binding("full_stop", "follow", "To the current line", show=False),
    ]

    @dataclass
    class ToggleBreakpoint(Message):
        """The person clicked into the gutter: a breakpoint there, or none any more."""

        text: str
        locations: tuple[Location, ...]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.disassembles = False
        self.cursor = 0
        self.disassembly_of: Callable[[Component | None, int], Disassembly] | None = None
        self._looking_at: Position | None = None
        self._standing_at: Position | None = None
        self._stop: Stopped | None = None
        self._source: SourceListing | None = None
        self._code: Disassembly | None = None

    # What is shown

    def show(self, snapshot: Snapshot) -> None:
        """Draw `snapshot`: follow the pc where the machine stopped anew, else keep what is in view."""
        self.snapshot = snapshot
        if not snapshot.running and snapshot.stop is not self._stop:
            self._stop = snapshot.stop
            self._looking_at = None
            self._standing_at = snapshot.position
            self._choose_listing()
            self._to_current()
        self.repaint()

    def look_at(self, position: Position) -> None:
        """Show another place than the current one, until the next stop."""
        self._looking_at = position
        self._choose_listing()
        self._to_current()
        self.repaint()

    def toggle_disassembly(self) -> None:
        """Change between source and disassembly."""
        self.disassembles = not self.disassembles
        self._choose_listing()
        self._to_current()
        self.repaint()

    @property
    def position(self) -> Position | None:
        """The place in view: the pc's, or the one that somebody wants to look at."""
        return self._looking_at or self._standing_at

    def _choose_listing(self) -> None:
        position = self.position
        if position is None:
            return
        component, place = position.component, position.place
        has_source = component and place and place.file in component.program.sources
        if component and place and has_source and not self.disassembles:
            self._source, self._code = _source_listing(component, place.file), None
            self._name_source(position)
            return
        self._source = None
        self._code = self._disassembly(component, position.physical or position.pc)
        name = component.name if component else "memory"
        self.set_title("Disassembly", f"{name}, {position.symbol}")

    def _disassembly(self, component: Component | None, physical: int) -> Disassembly | None:
        code = self._code
        is_same = code is not None and code.component is component
        if code is not None and is_same and code.index_of(physical) is not None:
            return code
        return self.disassembly_of(component, physical) if self.disassembly_of else None

    def _name_source(self, position: Position) -> None:
        assert self._source is not None
        note = self._source.component.name
        if position.inner is not None and position.inner != position.place:
            chain = " → ".join(step.name for step in position.expansions)
            inner = f"{short_file(position.inner.file)}:{position.inner.line}"
            note += f"  in {chain} {inner}"
        self.set_title(short_file(self._source.file), note)

    def _current_index(self) -> int | None:
        position = self.position
        if position is None:
            return None
        if self._source is not None:
            return position.place.line - 1 if position.place else None
        if self._code is not None and position.physical is not None:
            return self._code.index_of(position.physical)
        return None

    def _to_current(self) -> None:
        index = self._current_index()
        if index is not None:
            self.cursor = index
            self.repaint()
            self.show_line(index)

    # Lines

    @property
    def row_count(self) -> int:
        """How many lines there are."""
        if self._source is not None:
            return len(self._source.lines)
        return len(self._code) if self._code is not None else 0

    @property
    def row_width(self) -> int:
        """The width of the longest line of source."""
        return _widest(self._source) + _GUTTER if self._source is not None else 0

    def row_at(self, index: int) -> Row:
        """Return a line with its marks."""
        assert self.snapshot is not None
        ring = self.snapshot.privilege.ring
        marks = self._marks(index)
        if self._source is not None:
            return source_row(index + 1, self._source.lines[index], marks, ring)
        assert self._code is not None
        with_bits = self.size.width >= _WIDTH_FOR_BITS
        return code_row(self._code[index], marks, ring, with_bits=with_bits)

    def _marks(self, index: int) -> Marks:
        assert self.snapshot is not None
        is_current = index == self._current_index()
        looking = self._looking_at is not None and self._looking_at != self._standing_at
        return Marks(
            self._breakpoint(index),
            is_here=is_current and not looking and not self.snapshot.running,
            is_waiting=is_current and looking,
            has_ended=self.snapshot.has_ended,
            is_cursor=index == self.cursor and self.has_focus,
            has_code=self._source is not None and index + 1 in self._source.code_lines,
        )

    def _breakpoint(self, index: int) -> int:
        assert self.snapshot is not None
        if self._source is not None:
            key = (self._source.component.name, self._source.file, index + 1)
            found = [view for view in self.snapshot.breakpoints if key in view.lines]
        else:
            assert self._code is not None
            code = self._code[index]
            found = [
                view
                for view in self.snapshot.breakpoints
                if code.word is not None and code.physical in view.physical
            ]
        return (2 if any(view.enabled for view in found) else 1) if found else 0

    # The cursor

    def at_cursor(self) -> tuple[str, tuple[Location, ...]]:
        """Return how the place under the cursor is called, and where it is in memory."""
        return self.at_line(self.cursor)

    def at_line(self, index: int) -> tuple[str, tuple[Location, ...]]:
        """Return how the place of a line is called, and where it is in memory."""
        if self._source is not None:
            locations = self._source.locations(index + 1)
            line = _line_of(locations) or index + 1
            return f"{short_file(self._source.file)}:{line}", locations
        if self._code is not None and index < len(self._code):
            code = self._code[index]
            component = self._code.component
            return f"{code.address:#010x}", (Location(code.physical, component, code.address),)
        return "", ()

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        if self.row_count:
            self.cursor = min(max(self.cursor + by, 0), self.row_count - 1)
            self.show_line(self.cursor)
            self.repaint()

    def action_move_page(self, by: int) -> None:
        """Move the cursor by what is in view."""
        self.action_move(by * max(self.size.height - 2, 1))

    def action_follow(self) -> None:
        """Bring the cursor back to the current line."""
        self._looking_at = None
        self._choose_listing()
        self._to_current()
        self.repaint()

    def on_focus(self) -> None:
        """Show the cursor."""
        self.repaint()

    def on_blur(self) -> None:
        """Hide the cursor."""
        self.repaint()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the clicked line; in the left edge, toggle a breakpoint."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        index = offset.y + self.scroll_offset.y
        if index >= self.row_count:
            return
        self.cursor = index
        self.repaint()
        if offset.x < _GUTTER - 1:
            self.post_message(self.ToggleBreakpoint(*self.at_line(index)))

    def resized(self) -> None:
        """Keep the current line in view."""
        super().resized()
        index = self._current_index()
        if index is not None:
            self.show_line(index)


@lru_cache(maxsize=64)
def _source_listing(component: Component, file: str) -> SourceListing:
    return SourceListing(component, file)


@lru_cache(maxsize=64)
def _widest(listing: SourceListing) -> int:
    return max((cell_len(line.expandtabs(8)) for line in listing.lines), default=0)


def _line_of(locations: tuple[Location, ...]) -> int | None:
    for location in locations:
        if location.component is not None:
            entry = location.component.program.lines.at(location.linked)
            if entry is not None:
                return entry.outermost.line
    return None
