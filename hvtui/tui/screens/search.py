"""A dialog with an input line over a list that it narrows: the arrows choose while one types."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static

from hvtui.tui.choice_list import ChoiceList
from hvtui.tui.input_line import InputLine

T = TypeVar("T")


class SearchScreen(ModalScreen[T]):
    """The frame of such a dialog; `has_chosen` tells that an arrow key was the last to choose."""

    HEADING: ClassVar[str] = ""
    KEYS: ClassVar[str] = ""
    EXPLANATION: ClassVar[str] = ""
    PLACEHOLDER: ClassVar[str] = ""

    def __init__(self) -> None:
        super().__init__()
        self.has_chosen = False

    def fill(self, typed: str) -> None:
        """Fill the list with what goes with the words `typed`."""
        raise NotImplementedError  # (Textual's metaclass leaves no room for an abstract base class.)

    def compose(self) -> ComposeResult:
        """Yield what is asked, the input line and the choices."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = f" {self.HEADING} "
            dialog.border_subtitle = f" {self.KEYS} "
            yield Static(self.EXPLANATION, classes="explanation")
            yield InputLine(placeholder=self.PLACEHOLDER, compact=True, id="search")
            yield Static("", classes="problem")
            yield ChoiceList(id="choices", compact=True)

    def on_mount(self) -> None:
        """Fill the list."""
        self.fill("")
        self.query_one("#search").focus()

    @on(Input.Changed, "#search")
    def narrow(self, event: Input.Changed) -> None:
        """Show the choices that go with what is typed."""
        self.query_one(".problem", Static).update("")
        self.has_chosen = False
        self.fill(event.value)

    def on_key(self, event: events.Key) -> None:
        """Let the arrows choose in the list while the input line has the keys."""
        if event.key not in ("down", "up") or not isinstance(self.focused, Input):
            return
        event.stop()
        self.has_chosen = True
        choice_list = self.query_one(OptionList)
        if event.key == "down":
            choice_list.action_cursor_down()
        else:
            choice_list.action_cursor_up()
