"""The dialog of trap breakpoints: choose or type at what to stop; see and remove what is set."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from asm.isa.causes import CAUSE_NAMES, INTERRUPT_NAMES
from asm.isa.trapbits import TRAP_BITS
from hvtui.debugger.breakpoints import TrapBreakpoint
from hvtui.debugger.session import Session
from hvtui.debugger.trapconditions import ConditionError, parse_condition
from hvtui.tui.screens.search import SearchScreen

_KINDS = (
    ("any", "every trap and interrupt"),
    ("trap", "every trap, no interrupts"),
    ("interrupt", "every interrupt"),
    ("ignored", "a kernel instruction is ignored"),
    ("leaked", "a kernel instruction leaks a real value"),
    ("return", "every xRET"),
    ("injection", "a trap is handed on to a guest kernel"),
    ("from 3", "ring 3 is left"),
    ("from 1", "ring 1 is left"),
    ("to 0", "ring 0 is entered"),
    ("to 1", "ring 1 is entered"),
    ("to 3", "ring 3 is entered"),
)


def choices() -> Iterator[tuple[str, str]]:
    """Yield each condition of one word, and what it means."""
    yield from _KINDS
    for bit, info in TRAP_BITS.items():
        yield bit.key, f"bit {int(bit)}: {info.covers}"
    for names in (*CAUSE_NAMES.values(), *INTERRUPT_NAMES.values()):
        yield names.key, names.text


class TrapScreen(SearchScreen[str]):
    """Enter sets the breakpoint that is chosen or typed, or removes one that is set.

    The result says what was done, in words.
    """

    HEADING = "Breakpoints on traps"
    KEYS = "Enter sets, on ● removes · Esc closes"
    EXPLANATION = "Choose or type. Words combine: wrstatus from 1"
    PLACEHOLDER = "at what to stop"
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "dismiss('')", "Close", show=False)]

    def __init__(self, session: Session, change: Callable[[Callable[[], object]], None]) -> None:
        super().__init__()
        self._session = session
        self._change = change
        self._components = tuple(component.name for component in session.system.components)

    @on(Input.Submitted, "#search")
    def take(self, event: Input.Submitted) -> None:
        """Set what is typed; with nothing typed, or after an arrow key, what is chosen."""
        text = event.value.strip()
        if not text or self.has_chosen:
            self.query_one(OptionList).action_select()
            return
        try:
            parse_condition(text, self._components)
        except ConditionError as error:
            only = self._only_choice()
            if only is None:
                self.query_one(".problem", Static).update(Content(str(error)))
                return
            text = only
        self._set(text)

    @on(OptionList.OptionSelected, "#choices")
    def choose(self, event: OptionList.OptionSelected) -> None:
        """Set the chosen one, or remove it if it is set."""
        name = event.option.id or ""
        if name.startswith(_REMOVE):
            number = int(name.removeprefix(_REMOVE))
            self._change(lambda: self._session.remove_breakpoint(number))
            self.dismiss(f"breakpoint {number} removed")
        else:
            self._set(name)

    def _set(self, text: str) -> None:
        self._change(lambda: self._session.break_on_trap(text))
        self.dismiss(f"stops at: {text}")

    def _only_choice(self) -> str | None:
        choice_list = self.query_one(OptionList)
        found = [option.id or "" for option in choice_list.options]
        found = [name for name in found if not name.startswith(_REMOVE)]
        return found[0] if len(found) == 1 else None

    def fill(self, typed: str) -> None:
        """Show the breakpoints on traps that are set, and the conditions that go with what is typed."""
        wanted = typed.lower().split()[-1:] or [""]
        choice_list = self.query_one(OptionList)
        choice_list.clear_options()
        for breakpoint in self._session.breakpoints:
            if isinstance(breakpoint, TrapBreakpoint):
                hits = f"{breakpoint.hits} hit{'s' if breakpoint.hits != 1 else ''}"
                text = Content.assemble(
                    ("● ", "$danger"),
                    f"{breakpoint.number}  {breakpoint.text}",
                    (f"   {hits}", "$text-dim"),
                )
                choice_list.add_option(Option(text, id=f"{_REMOVE}{breakpoint.number}"))
        for name, meaning in choices():
            if wanted[0] in name or wanted[0] in meaning.lower():
                text = Content.assemble((f"{name:<18}", "bold"), (meaning, "$text-dim"))
                choice_list.add_option(Option(text, id=name))
        names = [option.id or "" for option in choice_list.options]
        fresh = [index for index, name in enumerate(names) if not name.startswith(_REMOVE)]
        if fresh:
            choice_list.highlighted = fresh[0]


_REMOVE = "remove "
