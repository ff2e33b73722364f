"""The trap log's pane: the events, and a line to filter them by."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static

from hvtui.debugger.logfilter import FilterError, LogFilter, parse_filter
from hvtui.tui.input_line import InputLine
from hvtui.tui.messages import Say
from hvtui.tui.panes.log_view import LOG_HELP, LogRows
from hvtui.tui.rows import printable


class FilterLine(InputLine):
    """The line in which a filter is written."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear", "Clear the filter", show=False),
        Binding("up,down", "leave", "Back to the events", show=False),
    ]

    class Left(Message):
        """The person went back to the events."""

    def action_clear(self) -> None:
        """Show everything again."""
        self.value = ""
        self.post_message(self.Left())

    def action_leave(self) -> None:
        """Go back to the events that are shown."""
        self.post_message(self.Left())


class LogPane(Vertical):
    """The events, and below them the filter while there is one."""

    HELP = LOG_HELP

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)

    def compose(self) -> ComposeResult:
        """Yield events and filter."""
        yield LogRows()
        with Horizontal(id="log-entry"):
            yield Static("/ ", id="log-prompt")
            yield FilterLine(placeholder='trap, injection, wrstatus, from 1, in NAME, "text"…',
                             compact=True, id="log-filter")  # fmt: skip
            yield Static("", id="log-count")

    def on_mount(self) -> None:
        """Begin without a filter."""
        self.query_one("#log-entry").display = False

    @property
    def wanted(self) -> LogFilter | None:
        """The filter, None if there is none."""
        return self.query_one(LogRows).wanted

    def on_log_rows_counted(self, message: LogRows.Counted) -> None:
        """Say beside the filter how much it lets through."""
        line = self.query_one(FilterLine)
        if line.value.strip() and self.wanted is not None and not line.has_class("-wrong"):
            self._note(f" {message.shown:,} of {message.total:,}")

    def _note(self, text: str) -> None:
        # Its width never changes: to lay everything out anew would cost more than all the rest.
        self.query_one("#log-count", Static).update(printable(text), layout=False)

    def on_log_rows_filter_wanted(self) -> None:
        """Open the line."""
        self.query_one("#log-entry").display = True
        self.query_one(FilterLine).focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Take up the filter as soon as it is one."""
        event.stop()
        self._take_up(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Go to what is shown; say what is wrong with the filter if something is."""
        event.stop()
        problem = self._take_up(event.value)
        if problem:
            self.post_message(Say(problem, is_problem=True))
        else:
            self.on_filter_line_left()

    def on_filter_line_left(self) -> None:
        """Go back to the events; the line stays while it holds a filter."""
        rows = self.query_one(LogRows)
        self.query_one("#log-entry").display = bool(self.query_one(FilterLine).value.strip())
        rows.focus()

    def _take_up(self, text: str) -> str:
        """Filter by `text` if that can be; return what is wrong with it."""
        rows, line = self.query_one(LogRows), self.query_one(FilterLine)
        problem = ""
        if not text.strip():
            self._note("")
            rows.filter(None)
        else:
            try:
                wanted = parse_filter(text, rows.run.components if rows.run else ())
            except FilterError as error:
                problem = str(error)
                self._note(" ?")
            else:
                line.remove_class("-wrong")
                rows.filter(wanted)
        line.set_class(bool(problem), "-wrong")
        return problem
