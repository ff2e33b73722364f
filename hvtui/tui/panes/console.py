"""The console pane: what the guest wrote, and a line to answer it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import ClassVar

from rich.cells import chop_cells
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Input

from hvtui.debugger.console import LINES_KEPT
from hvtui.debugger.snapshot import Snapshot
from hvtui.tui.input_line import InputLine
from hvtui.tui.panes.pane import DrawnPane
from hvtui.tui.rows import Row, row


def console_rows(lines: tuple[str, ...], width: int) -> tuple[Row, ...]:
    """Draw the output, long lines broken at the pane's edge as on a terminal."""
    shown = lines[:-1] if lines and not lines[-1] else lines
    return tuple(chain.from_iterable(_broken(line, width) for line in shown))


# Most lines were there at the last snapshot already, and there are twenty snapshots a second.
@lru_cache(maxsize=2 * LINES_KEPT)
def _broken(line: str, width: int) -> tuple[Row, ...]:
    return tuple(row(part) for part in chop_cells(line, width)) or (row(),)


class Output(DrawnPane):
    """The lines that the guest wrote; it stays at the end unless somebody scrolled up."""

    HELP = ""

    def __init__(self) -> None:
        super().__init__(id="console-output")
        self.remove_class("pane")
        self._drawn: tuple[tuple[str, ...], int] = ((), 0)

    def draw(self, snapshot: Snapshot, width: int, height: int) -> tuple[Row, ...]:
        """Return the rows."""
        if self._drawn == (snapshot.console, width):
            return self.rows
        self._drawn = (snapshot.console, width)
        return console_rows(snapshot.console, width)

    def show(self, snapshot: Snapshot) -> None:
        """Draw what came, and follow it."""
        at_end = self.scroll_offset.y >= self.row_count - self.size.height
        super().show(snapshot)
        if at_end:
            self.to_end()

    def resized(self) -> None:
        """Break the lines anew, and show the last ones."""
        super().resized()
        self.to_end()

    def to_end(self) -> None:
        """Show the last lines."""
        highest = max(self.row_count - self.size.height, 0)
        self.scroll_to(y=highest, animate=False, force=True, immediate=True)


class GuestLine(InputLine):
    """What the person types, until Enter sends it to the guest and begins the next line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back to the panes", show=False)
    ]

    def action_leave(self) -> None:
        """Give the keys back to the debugger."""
        self.post_message(ConsolePane.Left())

    async def action_submit(self) -> None:
        """Send the line, and make room for the next."""
        await super().action_submit()
        self.value = ""


class ConsolePane(Vertical):
    """Output above, input below."""

    HELP = """\
# Console

What the guest wrote on its serial port. `>` opens the input line; what is typed there goes to the
guest when Enter sends it, with a newline at its end. Esc gives the keys back to the debugger."""

    @dataclass
    class Typed(Message):
        """The person sent a line to the guest."""

        data: bytes

    class Left(Message):
        """The person left the input line."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, classes="pane")
        self.border_title = " Console "

    def compose(self) -> ComposeResult:
        """Yield output and input."""
        yield Output()
        yield GuestLine(
            placeholder="type here for the guest, Enter sends", compact=True, id="console-input"
        )

    def focus_input(self) -> None:
        """Let the person type."""
        self.query_one(GuestLine).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Send the line to the guest."""
        event.stop()
        self.post_message(self.Typed(event.value.encode() + b"\n"))
