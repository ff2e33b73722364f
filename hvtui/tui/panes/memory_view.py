"""The bytes of the memory pane: what is in view, the cursor, and digits that are being typed."""

from __future__ import annotations

from textual import events
from textual.message import Message

from hvtui.debugger.session import Lens
from hvtui.debugger.snapshot import Snapshot
from hvtui.debugger.views.finding import Search
from hvtui.debugger.views.memory import Line
from hvtui.debugger.views.memorylook import MemoryRequest, MemorySeen, look
from hvtui.tui.messages import Edit, Refresh, Say
from hvtui.tui.panes.memory_rows import Marks, byte_at, cursor_row, memory_rows, problem_rows, width_for
from hvtui.tui.panes.pane import DrawnPane
from hvtui.tui.rows import Row, crop, row, shorten

_LAST = 0xFFFF_FFFF
_HEX = "0123456789abcdef"
# From this height on a line below the bytes tells of the one at the cursor.
_WITH_FOOTER = 4
_WHEEL = 3


class MemoryView(DrawnPane):
    """The bytes. It shows what was seen last until it has seen what is wanted now."""

    HELP = ""

    class Found(Message):
        """What was tried as an address is one, or what was searched for has been found."""

    def __init__(self) -> None:
        super().__init__(id="memory-view")
        self.place = "sp"
        self.tried: str | None = None
        self.start: int | None = None
        self.value: int | None = None
        self.cursor: int | None = None
        self.search: Search | None = None
        self.pattern = b""
        # Bytes that were typed and not yet written, by their addresses, each with where it lies.
        self.typed: dict[int, tuple[int, int]] = {}
        self.is_editing = False
        # What is wrong with the address that was entered last.
        self.problem = ""
        self._half: int | None = None
        self._head = 0
        self._number = 0

    # Looking

    @property
    def seen(self) -> MemorySeen | None:
        """What was seen last."""
        found = self.snapshot.seen.get(self.id or "") if self.snapshot is not None else None
        return found if isinstance(found, MemorySeen) else None

    @property
    def line_count(self) -> int:
        """How many lines of bytes there is room for."""
        height = self.size.height
        return max(height - self._head - (height >= _WITH_FOOTER), 1)

    def lens(self) -> Lens | None:
        """Return what looks at the memory in view."""
        request = MemoryRequest(
            self.place, width_for(self.size.width), self.line_count, self.start, self.value, self.tried,
            self.search, self._number,
        )  # fmt: skip
        return lambda session: look(session, request)

    def _tell(self, message: Message) -> None:
        """Post a message to the screen.

        From here it would not get there if the pane around this view is at work: what a parent has
        sent ends with the parent.
        """
        self.screen.post_message(message)

    def look_again(self) -> None:
        """Ask for another look."""
        self._number += 1
        self._tell(Refresh())

    def show(self, snapshot: Snapshot) -> None:
        """Draw what was seen, and follow the address if it has changed."""
        self.snapshot = snapshot
        seen = self.seen
        # A look that was begun before the last key tells nothing of what is wanted now.
        if seen is not None and seen.request.number == self._number:
            self._take(seen)
        self.redraw()

    def _take(self, seen: MemorySeen) -> None:
        tried, self.tried = self.tried, None
        accepted = tried is not None and not seen.problem
        if tried is not None:
            self.problem = seen.problem
        self.place, self.value = seen.place, seen.value
        self.start = seen.window.start
        if seen.jumped:
            self.cursor = seen.found if seen.found is not None else seen.value
        if self.search is not None:
            self._go_on_searching(self.search, seen)
        if accepted:
            self.post_message(self.Found())

    def _go_on_searching(self, search: Search, seen: MemorySeen) -> None:
        if seen.found is not None:
            self.search = None
            self._tell(Say(f"found at {seen.found:#010x}"))
            self.post_message(self.Found())
        elif seen.exhausted:
            self.search = None
            where = "before" if search.backwards else "after"
            self._tell(Say(f"not found {where} the cursor", is_problem=True))
        else:
            self.look_again()

    def resized(self) -> None:
        """Look at as much as there is room for now."""
        super().resized()
        if self.size.width:
            self.look_again()

    # Drawing

    def draw(self, snapshot: Snapshot, width: int, height: int) -> tuple[Row, ...]:
        """Return the rows: what is wrong with the address, the bytes, and the one at the cursor."""
        seen = self.seen
        if seen is None:
            return ()
        heading = self._heading(snapshot, width)
        self._head = len(heading)
        cursor = self.cursor if self.has_focus else None
        typed = {address: value for address, (_, value) in self.typed.items()}
        rows = memory_rows(seen.window, width, Marks(cursor, typed, self._half is not None))
        room = max(height - len(heading) - (height >= _WITH_FOOTER), 0)
        footer = (cursor_row(seen.window, self.cursor, width),) if height >= _WITH_FOOTER else ()
        return (*heading, *rows[:room], *footer)[:height]

    def _heading(self, snapshot: Snapshot, width: int) -> tuple[Row, ...]:
        """Return what stands above the bytes: the title, if the edge has none, and what is wrong."""
        seen = self.seen
        problem = self.problem or (seen.problem if seen is not None and self.tried is None else "")
        problems = problem_rows(problem, width)
        if self.parent is None or not self.parent.has_class("-tabbed"):
            return problems
        name, note = self.title(snapshot)
        return (crop(row((name, "strong"), ("  " + note, "dim")), width), *problems)

    def title(self, snapshot: Snapshot) -> tuple[str, str]:
        """Say the address, whose it is, and what is being done."""
        seen = self.seen
        if seen is None:
            return "Memory", ""
        name = f"Memory {shorten(seen.place, 30)}"
        if self.is_editing:
            return name, f"EDITING {len(self.typed)} bytes: Enter writes, Esc leaves"
        if self.search is not None:
            return name, f"searching, {self.search.looked >> 10:,} KiB: Esc ends"
        note = seen.window.space_words
        if seen.value is not None and seen.place != f"{seen.value:#x}":
            note = f"= {seen.value:08x}  {note}"
        return name, shorten(note, max(self.size.width - len(name) - 6, 0))

    def on_focus(self) -> None:
        """Mark the cursor."""
        self.redraw()

    def on_blur(self) -> None:
        """Take the mark away."""
        self.redraw()

    # Going

    def go_to(self, text: str) -> None:
        """Look at what an expression says, if it can be read."""
        self.tried = text
        self.look_again()

    def move(self, by: int, *, page: bool = False) -> None:
        """Move the cursor by so many bytes, and the view with it."""
        seen = self.seen
        if seen is None:
            return
        self._half = None
        width, count = seen.window.width, self.line_count
        at = self.cursor if self.cursor is not None else seen.window.start
        self.cursor = min(max(at + by, 0), _LAST)
        start = self.start if self.start is not None else seen.window.start
        if page:
            start += by
        line = self.cursor & -width
        self._look_from(min(max(start, line - (count - 1) * width), line), width)

    def scroll(self, lines: int) -> None:
        """Move the view; the cursor stays where it is."""
        seen = self.seen
        if seen is not None:
            start = self.start if self.start is not None else seen.window.start
            self._look_from(start + lines * seen.window.width, seen.window.width)

    def _look_from(self, start: int, width: int) -> None:
        start = min(max(start, 0), _LAST & -width)
        if start == self.start:
            self.redraw()
            return
        self.start = start
        self.look_again()

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Go on by some lines."""
        event.stop()
        self.scroll(_WHEEL)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Go back by some lines."""
        event.stop()
        self.scroll(-_WHEEL)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the byte that was clicked."""
        offset, seen = event.get_content_offset(self), self.seen
        if offset is None or seen is None:
            return
        line = offset.y - self._head
        index = byte_at(offset.x, seen.window.width)
        if index is not None and 0 <= line < len(seen.window.lines):
            self.cursor = seen.window.lines[line].address + index
            self._half = None
            self.redraw()

    # Searching

    def find(self, pattern: bytes, *, backwards: bool) -> None:
        """Search from the cursor on, or backwards."""
        seen = self.seen
        if seen is None:
            return
        self.pattern = pattern
        at = self.cursor if self.cursor is not None else seen.window.start
        start = at if backwards else at + 1
        self.search = Search(seen.space, pattern, start, backwards=backwards)
        self.look_again()

    # Editing

    def edit(self) -> None:
        """Let hexadecimal digits change the bytes at the cursor."""
        seen = self.seen
        if seen is None or self._line_at(self.cursor) is None:
            self._tell(Say("there is no byte to change at the cursor", is_problem=True))
            return
        self.is_editing = True
        self.redraw()

    def leave(self) -> None:
        """End what is being done, and forget what was typed and not written."""
        self.is_editing, self._half, self.search = False, None, None
        self.typed = {}
        self.redraw()

    def commit(self) -> None:
        """Write what was typed."""
        seen, typed = self.seen, self.typed
        if seen is not None and typed:
            data = dict(typed.values())
            self._tell(Edit(lambda cut: seen.write(data, cut)))
        self.leave()
        self.look_again()

    def on_key(self, event: events.Key) -> None:
        """Take digits while bytes are being changed, before any key means something else."""
        if not self.is_editing:
            return
        digit = event.character.lower() if event.character else ""
        if digit and digit in _HEX:
            self._type(int(digit, 16))
        elif event.key == "backspace":
            self._take_back()
        elif event.key == "enter":
            self.commit()
        elif event.key == "escape":
            self.leave()
        elif event.character is None or not event.is_printable:
            return
        event.stop()
        event.prevent_default()

    def _type(self, digit: int) -> None:
        cursor, line = self.cursor, self._line_at(self.cursor)
        if cursor is None or line is None or line.physical is None:
            self._tell(Say("this byte cannot be changed", is_problem=True))
            return
        place = line.physical + cursor - line.address
        if self._half is None:
            self._half = digit
            self.typed[cursor] = place, digit
            self.redraw()
            return
        self.typed[cursor] = place, self._half << 4 | digit
        self._half = None
        self.move(1)

    def _take_back(self) -> None:
        """Undo the digit or the byte that was typed last."""
        if self.cursor is None:
            return
        if self._half is None:
            self.move(-1)
        self._half = None
        self.typed.pop(self.cursor, None)
        self.redraw()

    def _line_at(self, address: int | None) -> Line | None:
        """Return the line in view whose bytes can be read at an address."""
        seen = self.seen
        if seen is None or address is None:
            return None
        for line in seen.window.lines:
            if line.address <= address < line.address + seen.window.width:
                return line if line.data is not None else None
        return None
