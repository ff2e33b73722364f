"""What an action is: a function over the screen, with its keys and what footer and help say of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from hvtui.tui.screens.debugger import DebuggerScreen

Run: TypeAlias = "Callable[[DebuggerScreen], None]"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do.

    `name` is what key maps call it; `keys` are the keys, the first being the one that is shown.
    `label` is the footer's word, empty for what the footer does not show; where it is narrow, those
    of a high `rank` go first. `standing` actions need a machine that stands still, `running` ones a
    machine that runs; `alive` ones need one that has not ended.
    """

    name: str
    keys: tuple[str, ...]
    summary: str
    group: str
    run: Run
    label: str = ""
    rank: int = 0
    standing: bool = False
    running: bool = False
    alive: bool = False

    def is_available(self, *, running: bool, ended: bool) -> bool:
        """Tell whether it makes sense now."""
        if self.running and not running:
            return False
        if self.standing and running:
            return False
        return not (self.alive and ended)


class Group:
    """The actions of one subject, collected as they are defined."""

    def __init__(self, title: str) -> None:
        self.title = title
        self._actions: list[Action] = []

    def __iter__(self) -> Iterator[Action]:
        return iter(self._actions)

    def add(self, action: Action) -> None:
        """Take up an action that is made from a table."""
        self._actions.append(action)

    def action(
        self,
        name: str,
        *keys: str,
        label: str = "",
        rank: int = 0,
        standing: bool = False,
        running: bool = False,
        alive: bool = False,
    ) -> Callable[[Run], Run]:
        """Make a function an action; the first sentence of its documentation is the summary."""

        def define(run: Run) -> Run:
            told = (inspect.getdoc(run) or "").partition("\n\n")[0].replace("\n", " ")
            summary = told.removesuffix(".")
            self._actions.append(
                Action(
                    name, keys, summary, self.title, run, label, rank, standing, running, alive
                )
            )  # fmt: skip
            return run

        return define


_KEY_NAMES = {
    "question_mark": "?", "colon": ":", "full_stop": ".", "slash": "/", "escape": "Esc",
    "asterisk": "*", "greater_than_sign": ">", "less_than_sign": "<", "left_square_bracket": "[",
    "right_square_bracket": "]", "space": "Space", "delete": "Del", "enter": "Enter",
    "plus": "+", "minus": "-", "comma": ",", "up": "↑", "down": "↓", "left": "←", "right": "→",
}  # fmt: skip
_MODIFIERS = {"ctrl": "Ctrl", "shift": "Shift", "alt": "Alt"}


def key_name(key: str) -> str:
    """Return a key as people write it."""
    *modifiers, base = key.split("+") if len(key) > 1 else [key]
    if modifiers:
        named = base.upper() if len(base) == 1 else key_name(base)
        return "+".join([*(_MODIFIERS.get(word, word) for word in modifiers), named])
    return _KEY_NAMES.get(key, key.upper() if key.startswith("f") and key[1:].isdecimal() else key)
