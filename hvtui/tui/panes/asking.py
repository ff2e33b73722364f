"""A pane that can ask for a text: a view, and below it a line that opens when it is needed."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static

from hvtui.tui.input_line import InputLine
from hvtui.tui.panes.pane import DrawnPane

# So many older texts can be brought back with the arrow keys.
_REMEMBERED = 50


class AskLine(InputLine):
    """The line. Enter submits, Esc leaves, the arrows bring back what was entered before."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Close", show=False),
        Binding("up", "recall(-1)", "The text before", show=False),
        Binding("down", "recall(1)", "The text after", show=False),
    ]

    class Left(Message):
        """The person gave it up."""

    def __init__(self) -> None:
        super().__init__(compact=True, classes="ask-input")
        self.remembered: list[str] = []
        self._at = 0

    def begin(self, text: str, older: list[str]) -> None:
        """Show a text to be changed; `older` ones can be brought back."""
        self.remembered, self._at = older, len(older)
        self.value = text
        self.cursor_position = len(text)
        self.action_select_all()

    def action_leave(self) -> None:
        """Close the line."""
        self.post_message(self.Left())

    def action_recall(self, by: int) -> None:
        """Bring back an older text, or a newer one."""
        self._at = min(max(self._at + by, 0), len(self.remembered))
        self.value = self.remembered[self._at] if self._at < len(self.remembered) else ""
        self.cursor_position = len(self.value)


class AskingPane(Vertical):
    """A view that can be asked to show something else; subclasses say what it is called.

    `view` is what gets the focus. What is entered stays in the line until `accept` is called, so that
    a mistake can be mended.
    """

    def __init__(self, view: DrawnPane, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.view = view
        self.purpose = ""
        self._older: dict[str, list[str]] = {}

    def compose(self) -> ComposeResult:
        """Yield the view and the line."""
        yield self.view
        with Horizontal(classes="ask-line"):
            yield Static("", classes="ask-prompt", markup=False)
            yield AskLine()

    def on_mount(self) -> None:
        """Begin without the line."""
        self.query_one(".ask-line").display = False

    def entered(self, purpose: str, text: str) -> None:
        """Take what was entered."""
        raise NotImplementedError

    def ask(self, purpose: str, prompt: str, text: str = "", placeholder: str = "") -> None:
        """Open the line for a purpose; `prompt` stands before it."""
        self.purpose = purpose
        self.query_one(".ask-prompt", Static).update(prompt)
        line = self.query_one(AskLine)
        line.placeholder = placeholder
        line.begin(text, self._older.setdefault(purpose, []))
        self.query_one(".ask-line").display = True
        line.focus()

    def accept(self) -> None:
        """Close the line: what was entered has been done."""
        if not self.query_one(".ask-line").display:
            return
        text, older = self.query_one(AskLine).value, self._older.setdefault(self.purpose, [])
        if text and text not in older[-1:]:
            older.append(text)
            del older[:-_REMEMBERED]
        self._close()

    @property
    def is_asking(self) -> bool:
        """Tell whether the line is open."""
        return bool(self.query_one(".ask-line").display)

    def on_ask_line_left(self, message: AskLine.Left) -> None:
        """Close the line, and change nothing."""
        message.stop()
        self.given_up(self.purpose)
        self._close()

    def given_up(self, purpose: str) -> None:
        """The line was left without an answer."""

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take what was entered."""
        event.stop()
        self.entered(self.purpose, event.value.strip())

    def _close(self) -> None:
        had_focus = self.query_one(AskLine).has_focus
        self.query_one(".ask-line").display = False
        if had_focus:
            self.view.focus()
