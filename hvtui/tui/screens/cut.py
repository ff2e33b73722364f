"""The question before a change in the past: may the known future be cut off?"""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from hvtui.debugger.history import Cut
from hvtui.tui.choice_list import ChoiceList

_KEEP, _CUT = "keep", "cut"


class CutScreen(ModalScreen[bool]):
    """Asks about `cut`; the result is whether the person agrees. Enter alone changes nothing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "dismiss(False)", "Keep the future", show=False),
        Binding("j", "move(1)", "Down", show=False),
        Binding("k", "move(-1)", "Up", show=False),
    ]

    def __init__(self, cut: Cut) -> None:
        super().__init__()
        self._cut = cut

    def compose(self) -> ComposeResult:
        """Yield the question and its two answers."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = " A change in the past "
            dialog.border_subtitle = " Enter chooses · Esc changes nothing "
            yield Static(Content(f"It would cut off {self._cut}."), classes="explanation")
            yield ChoiceList(
                Option("Keep what is known: change nothing", id=_KEEP),
                Option("Change it here: the run goes another way", id=_CUT),
                compact=True,
            )

    def on_mount(self) -> None:
        """Let the arrows choose."""
        self.query_one(OptionList).focus()

    def action_move(self, steps: int) -> None:
        """Go to the other answer."""
        options = self.query_one(OptionList)
        if steps > 0:
            options.action_cursor_down()
        else:
            options.action_cursor_up()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Answer."""
        self.dismiss(event.option.id == _CUT)
