"""The help: every key, from the table of actions, and what the focused pane shows."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Markdown

from hvtui.tui.actions import ACTIONS, Group, key_name


def help_text(pane: Widget | None = None) -> str:
    """Return the help as Markdown; with a pane, what that pane shows comes first."""
    parts = [pane.HELP] if pane is not None and pane.HELP else []
    for group in Group:
        rows = [f"| {' '.join(f'`{key_name(key)}`' for key in action.keys)} | {action.summary} |"
                for action in ACTIONS if action.group is group]  # fmt: skip
        parts.append("\n".join([f"## {group.value}", "", "| key | |", "| --- | --- |", *rows]))
    parts.append(
        "`Tab` and `Shift+Tab` go from pane to pane, `Ctrl+P` opens the palette, `Ctrl+C` copies"
        " selected text, `Ctrl+Q` quits at once."
    )
    return "\n\n".join(parts)


class HelpScreen(ModalScreen[None]):
    """A page over the debugger."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,enter,f1", "dismiss", "Close", show=False)
    ]

    def __init__(self, pane: Widget | None = None) -> None:
        super().__init__()
        self._pane = pane

    def compose(self) -> ComposeResult:
        """Yield the page."""
        with VerticalScroll(classes="dialog") as dialog:
            dialog.border_title = "Help"
            dialog.border_subtitle = "Esc closes"
            yield Markdown(help_text(self._pane))

    def on_mount(self) -> None:
        """Let the arrows scroll."""
        self.query_one(VerticalScroll).focus()
