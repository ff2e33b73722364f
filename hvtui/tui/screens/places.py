"""The dialog that leads to a place: a label to choose, or FILE:LINE or an address to type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from hvtui.debugger.locations import Location, LocationError, resolve
from hvtui.machinefile.system import Component, System
from hvtui.tui.choice_list import ChoiceList
from hvtui.tui.rows import printable

# More than a person reads; a program of a compiler may have thousands.
_MOST_SHOWN = 200


def labels(system: System) -> Iterator[tuple[str, Location]]:
    """Yield every label of the code of every component, in the order of memory."""
    for component in system.components:
        program = component.program
        found = sorted(
            (symbol.value, symbol.name)
            for symbol in program.symbols.values()
            if symbol.section is not None
        )
        for value, name in found:
            entry = program.lines.at(value)
            if entry is None or entry.is_code:
                yield name, Location(value + component.relocation, component, value)


class PlaceScreen(ModalScreen[Location]):
    """Enter leads to the place that is typed or chosen, which is the result."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Close", show=False)]

    def __init__(self, system: System, here: Component | None) -> None:
        super().__init__()
        self._system = system
        self._here = here
        # The labels of the program that runs come first.
        self._labels = sorted(labels(system), key=lambda label: label[1].component is not here)
        self._has_chosen = False

    def compose(self) -> ComposeResult:
        """Yield the input line and the labels."""
        with Vertical(classes="dialog") as dialog:
            dialog.border_title = " Go to "
            dialog.border_subtitle = " Enter shows it in the source · Esc closes "
            yield Static(
                "A label, FILE:LINE or an address; COMPONENT:: before it names a program",
                classes="explanation",
            )
            yield Input(placeholder="where", compact=True, id="place")
            yield Static("", classes="problem")
            yield ChoiceList(id="choices", compact=True)

    def on_mount(self) -> None:
        """Fill the list."""
        self._fill("")
        self.query_one("#place").focus()

    @on(Input.Changed, "#place")
    def narrow(self, event: Input.Changed) -> None:
        """Show the labels that go with what is typed."""
        self.query_one(".problem", Static).update("")
        self._has_chosen = False
        self._fill(event.value)

    @on(Input.Submitted, "#place")
    def take(self, event: Input.Submitted) -> None:
        """Go to what is typed; with nothing typed, or after an arrow key, to what is chosen."""
        if event.value.strip() and not self._has_chosen:
            try:
                self.dismiss(resolve(self._system, event.value, self._here)[0])
                return
            except LocationError as error:
                if not self.query_one(OptionList).option_count:
                    self.query_one(".problem", Static).update(Content(str(error)))
                    return
        self.query_one(OptionList).action_select()

    @on(OptionList.OptionSelected, "#choices")
    def choose(self, event: OptionList.OptionSelected) -> None:
        """Go to the chosen label."""
        self.dismiss(self._labels[int(event.option.id or 0)][1])

    def on_key(self, event: events.Key) -> None:
        """Let the arrows choose in the list while the input line has the keys."""
        if event.key not in ("down", "up") or not isinstance(self.focused, Input):
            return
        event.stop()
        self._has_chosen = True
        choice_list = self.query_one(OptionList)
        if event.key == "down":
            choice_list.action_cursor_down()
        else:
            choice_list.action_cursor_up()

    def action_leave(self) -> None:
        """Go nowhere."""
        self.dismiss(None)

    def _fill(self, typed: str) -> None:
        wanted = typed.strip().lower().rpartition("::")[2]
        choice_list = self.query_one(OptionList)
        choice_list.clear_options()
        found = [
            (index, name, location)
            for index, (name, location) in enumerate(self._labels)
            if wanted in name.lower()
        ]
        # What begins with the words typed comes before what holds them.
        found.sort(key=lambda label: not label[1].lower().startswith(wanted))
        for index, name, location in found[:_MOST_SHOWN]:
            text = Content.assemble(
                (printable(f"{name:<22} "), "bold"), (printable(str(location)), "$text-dim")
            )
            choice_list.add_option(Option(text, id=str(index)))
        if found:
            choice_list.highlighted = 0
