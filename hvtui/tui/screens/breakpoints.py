"""The list of all breakpoints: switch them on and off, or remove them."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from hvtui.debugger.breakpoints import Breakpoint, PlaceBreakpoint
from hvtui.debugger.session import Session
from hvtui.tui.choice_list import ChoiceList
from hvtui.tui.panes.source import DISABLED, ENABLED

_NOTHING = "There are none. b sets one on a line or a trap bit, t on traps."


def told(breakpoint: Breakpoint) -> Content:
    """Return a line about a breakpoint: its sign, its number, where it stops, how often it did."""
    hits = f"{breakpoint.hits} hit{'s' if breakpoint.hits != 1 else ''}"
    kind = "at" if isinstance(breakpoint, PlaceBreakpoint) else "on"
    components: tuple[str, ...] = ()
    if isinstance(breakpoint, PlaceBreakpoint):
        owners = (location.component for location in breakpoint.locations)
        components = tuple(dict.fromkeys(owner.name for owner in owners if owner))
    return Content.assemble(
        (f"{ENABLED if breakpoint.enabled else DISABLED} ", "$danger"),
        f"{breakpoint.number}  ",
        (f"{kind} ", "$text-dim"),
        (breakpoint.text, "bold"),
        (f" in {', '.join(components)}" if components else "", "$text-dim"),
        (f"   {hits}" + ("" if breakpoint.enabled else ", off"), "$text-dim"),
    )


class BreakpointsScreen(ModalScreen[None]):
    """Enter switches the chosen breakpoint on or off, Del removes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,B", "dismiss", "Close", show=False),
        Binding("delete,backspace,d,x", "remove", "Remove", show=False),
        Binding("space", "switch", "On or off", show=False),
        Binding("j", "move(1)", "Down", show=False),
        Binding("k", "move(-1)", "Up", show=False),
    ]

    def __init__(self, session: Session, change: Callable[[Callable[[], object]], None]) -> None:
        super().__init__()
        self._session = session
        self._change = change

    def compose(self) -> ComposeResult:
        """Yield the list."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = " Breakpoints "
            dialog.border_subtitle = " Enter on/off · Del removes · Esc closes "
            yield ChoiceList(id="breakpoints", compact=True)
            yield Static(_NOTHING, classes="explanation")

    def on_mount(self) -> None:
        """Fill the list."""
        self.fill()
        self.query_one(OptionList).focus()

    def fill(self) -> None:
        """Show the breakpoints as they are now, with the same line chosen."""
        choice_list = self.query_one(OptionList)
        index = choice_list.highlighted or 0
        choice_list.clear_options()
        for breakpoint in self._session.breakpoints:
            choice_list.add_option(Option(told(breakpoint), id=str(breakpoint.number)))
        count = choice_list.option_count
        choice_list.highlighted = min(index, count - 1) if count else None
        choice_list.display = bool(count)
        self.query_one(".explanation", Static).display = not count

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Switch a breakpoint on or off."""
        event.stop()
        number = int(event.option.id or 0)
        self._do(
            number, lambda known: self._session.enable_breakpoint(number, enabled=not known.enabled)
        )

    def action_switch(self) -> None:
        """Do what Enter does."""
        self.query_one(OptionList).action_select()

    def action_move(self, by: int) -> None:
        """Choose another."""
        choice_list = self.query_one(OptionList)
        if by > 0:
            choice_list.action_cursor_down()
        else:
            choice_list.action_cursor_up()

    def action_remove(self) -> None:
        """Remove the chosen breakpoint."""
        chosen = self.query_one(OptionList).highlighted_option
        if chosen is not None:
            number = int(chosen.id or 0)
            self._do(number, lambda _: self._session.remove_breakpoint(number))

    def _do(self, number: int, action: Callable[[Breakpoint], object]) -> None:
        """Change a breakpoint, if it is still there, and show the list anew."""

        def act() -> None:
            for breakpoint in self._session.breakpoints:
                if breakpoint.number == number:
                    action(breakpoint)
            if self.is_attached:
                self.app.call_later(self.fill)

        self._change(act)
