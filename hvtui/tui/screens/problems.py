"""What is wrong with a machine that the gallery could not open."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import ScrollableContainer
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static


class ProblemsScreen(ModalScreen[None]):
    """The diagnostics as they are written on a command line."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,enter", "dismiss", "Close", show=False)]

    def __init__(self, title: str, text: str) -> None:
        super().__init__()
        self._title = title
        self._text = text

    def compose(self) -> ComposeResult:
        """Yield the text."""
        with ScrollableContainer(classes="dialog problems") as dialog:
            dialog.border_title = Content(f" {self._title} ")
            dialog.border_subtitle = " Esc closes "
            yield Static(Content(self._text))

    def on_mount(self) -> None:
        """Let the arrows scroll."""
        self.query_one(ScrollableContainer).focus()
