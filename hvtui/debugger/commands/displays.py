"""Displays: expressions that are shown at every stop, and what changed between two of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from hvtui.debugger.commands.formats import evaluated
from hvtui.debugger.expressions.compiling import Expression
from hvtui.debugger.expressions.errors import EvaluationError
from hvtui.debugger.keeping import renewed
from hvtui.debugger.session import Session
from hvtui.debugger.snapshot import Stopped
from hvtui.machinefile.system import System


@dataclass(frozen=True, slots=True)
class Display:
    """An expression that is shown at every stop. `format` is a letter as of ``print``."""

    number: int
    text: str
    expression: Expression
    format: str = ""


@dataclass(frozen=True, slots=True)
class DisplayView:
    """A display as a screen shows it.

    `value` is empty if it has none now, and `problem` says why. `changed` tells whether it was
    something else at the stop before, namely `before`.
    """

    number: int
    text: str
    value: str
    changed: bool = False
    before: str = ""
    problem: str = ""


class Displays:
    """The displays of a session, by their numbers, which are never used again.

    What a display was at the stop before is known if somebody looked at it there.
    """

    def __init__(self) -> None:
        self._by_number: dict[int, Display] = {}
        self._next = 1
        self._stop: Stopped | None = None
        self._system: System | None = None
        self._here: dict[int, str] = {}
        self._before: dict[int, str] = {}

    def __iter__(self) -> Iterator[Display]:
        return iter(tuple(self._by_number.values()))

    def __len__(self) -> int:
        return len(self._by_number)

    def __contains__(self, number: object) -> bool:
        return number in self._by_number

    def add(self, expression: Expression, format: str = "") -> Display:
        """Show an expression from now on."""
        added = Display(self._next, expression.text, expression, format)
        self._next += 1
        self._by_number[added.number] = added
        return added

    def remove(self, number: int) -> None:
        """Show a display no longer. It is no error if it was not."""
        self._by_number.pop(number, None)

    def look(self, session: Session) -> tuple[DisplayView, ...]:
        """Return what the displays are now: between moves, or in the thread that moves the machine."""
        if session.system is not self._system:
            self._renew(session.system)
        views = tuple(_view(known, session) for known in self)
        values = {view.number: view.value for view in views}
        before = self._here
        if not session.is_moving:
            if session.stop is not self._stop:
                self._before, self._stop = self._here, session.stop
            self._here = values
            before = self._before
        return tuple(_compared(view, before.get(view.number)) for view in views)

    def _renew(self, system: System) -> None:
        """Read the expressions anew if the program has become another one."""
        if self._system is not None:
            for number, known in self._by_number.items():
                expression = renewed(known.expression, system)
                self._by_number[number] = replace(known, expression=expression)
        self._system = system


def _view(known: Display, session: Session) -> DisplayView:
    try:
        value = evaluated(session, known.expression, known.format)
    except EvaluationError as error:
        return DisplayView(known.number, known.text, "", problem=error.brief)
    return DisplayView(known.number, known.text, value)


def _compared(view: DisplayView, before: str | None) -> DisplayView:
    if before is None or before == view.value:
        return view
    return DisplayView(
        view.number, view.text, view.value, changed=True, before=before, problem=view.problem
    )
