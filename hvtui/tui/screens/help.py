"""The help: what the focused pane shows, and every key, from the table of actions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Static

from hvtui.tui.actions.everything import GROUPS
from hvtui.tui.actions.keys import Keys

# Keys that belong to no action of the table: Textual's own, and those of panes.
_OTHER_KEYS = (
    ("Tab", "To the next pane; Shift+Tab to the one before"),
    ("↑ ↓ j k", "Move in the focused pane; g and G to its ends"),
    (".", "In the source: back to the current line"),
    ("Enter", "In the call stack: show where an entry waits"),
    ("", "In the trap bitmap: set or remove a breakpoint on the bit"),
    ("← →", "In the source: move the text; in the trap bitmap: the cursor"),
    ("Ctrl+P", "Palette: all of this by name, and themes"),
    ("Ctrl+C", "Copy what is selected with the mouse"),
    ("Ctrl+Q", "Quit at once"),
)
_KEY_WIDTH = 12


def help_content(pane: Widget | None = None, keys: Keys | None = None) -> Content:
    """Return the help; what `pane` shows comes first."""
    keys = keys or Keys()
    parts: list[Content] = []
    if pane is not None and pane.HELP:
        parts += [*_paragraphs(pane.HELP), Content()]
    for group in GROUPS:
        parts.append(Content.styled(group.title, "bold $ring3"))
        parts += [_line(keys.all_shown(action), action.summary) for action in group]
        parts.append(Content())
    parts.append(Content.styled("Everywhere", "bold $ring3"))
    parts += [_line(keys, summary) for keys, summary in _OTHER_KEYS]
    return Content("\n").join(parts)


def _paragraphs(text: str) -> Iterator[Content]:
    """Read a pane's help: a heading with ``# ``, paragraphs, `keys` and **words** in them."""
    for paragraph in text.split("\n\n"):
        line = " ".join(paragraph.split())
        if line.startswith("# "):
            yield Content.styled(line.removeprefix("# "), "bold $ring3")
            continue
        pieces = _BETWEEN.split(line)
        yield Content.assemble(
            *(
                (marked["key"] or marked["word"], "bold $text-strong")
                if (marked := _MARKED.fullmatch(piece))
                else piece
                for piece in pieces
            )
        )


_MARKED = re.compile(r"`(?P<key>[^`]+)`|\*\*(?P<word>[^*]+)\*\*")
_BETWEEN = re.compile(r"(`[^`]+`|\*\*[^*]+\*\*)")


def _line(keys: str, summary: str) -> Content:
    return Content.assemble(("  " + keys.ljust(_KEY_WIDTH), "bold $text-strong"), summary)


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
            dialog.border_title = " Help "
            dialog.border_subtitle = " Esc closes "
            keys = getattr(self.app, "keys", None)
            yield Static(help_content(self._pane, keys if isinstance(keys, Keys) else None))

    def on_mount(self) -> None:
        """Let the arrows scroll."""
        self.query_one(VerticalScroll).focus()
