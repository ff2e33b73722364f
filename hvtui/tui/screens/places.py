"""The dialog that leads to a place: a label to choose, or FILE:LINE or an address to type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from hvtui.debugger.locations import Location, LocationError
from hvtui.debugger.session import Session
from hvtui.machinefile.system import System
from hvtui.tui.rows import printable
from hvtui.tui.screens.search import SearchScreen

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


class PlaceScreen(SearchScreen[Location]):
    """Enter leads to the place that is typed or chosen, which is the result."""

    HEADING = "Go to"
    KEYS = "Enter shows it in the source · Esc closes"
    EXPLANATION = "A label, FILE:LINE, an address or *EXPRESSION; COMPONENT:: before it names a program"
    PLACEHOLDER = "where"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Close", show=False)]

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        here = session.here.component
        # The labels of the program that runs come first.
        self._labels = sorted(labels(session.system), key=lambda label: label[1].component is not here)

    @on(Input.Submitted, "#search")
    def take(self, event: Input.Submitted) -> None:
        """Go to what is typed; with nothing typed, or after an arrow key, to what is chosen."""
        if event.value.strip() and not self.has_chosen:
            try:
                self.dismiss(self._session.resolve(event.value)[0])
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

    def action_leave(self) -> None:
        """Go nowhere."""
        self.dismiss(None)

    def fill(self, typed: str) -> None:
        """Show the labels that hold what is typed."""
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
