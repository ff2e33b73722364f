"""Somebody who presses anything: keys, clicks, sizes, commands, lines for the guest."""

from __future__ import annotations

import random
import string

from textual.events import Key
from textual.keys import _character_to_key as character_to_key
from textual.pilot import Pilot
from textual.widgets import Input

from hvtui.debugger.commands.everything import COMMANDS
from hvtui.tui.actions.everything import ACTIONS
from hvtui.tui.palette import Palette
from tests.support.screens import debugger

SIZES = ((80, 24), (120, 40), (160, 48), (200, 60), (40, 12), (17, 5), (1, 1), (110, 36), (250, 80))

# It may do anything but go away.
_GOES_AWAY = frozenset({"leave"})
_KEYS = tuple(key for action in ACTIONS if action.name not in _GOES_AWAY for key in action.keys)
_STEPS = ("s", "i", "n", "o", "f", "S", "I", "N", "O", "F")
_WITHIN_PANES = (
    "up", "down", "left", "right", "pageup", "pagedown", "home", "end", "enter", "escape", "tab",
    "shift+tab", "j", "k", "g", "G", "space", "delete", "backspace", "plus", "minus", "comma",
    "full_stop", "0", "h", "e", "f", "a", "n", "shift+left", "shift+right", "ctrl+c", "ctrl+p",
    "ctrl+r", "ctrl+u",
)  # fmt: skip
_WORDS = (
    "trap", "any", "wrstatus", "ecall-u", "ignored", "injection", "to", "from", "1", "0", "3", "8",
    "a0", "sp", "*sp", "pc", "mstatus", "mstatus.MIE", "satp", "_start", "main", "tinyos::_start",
    "0x80000000", "*word(sp)", "if", "==", "+", "::", "(", "'", "on", "off", "/8xw", "-1", "-cut",
    "stack", "breakpoints", "csr", "log", "pages", "registers", "end", "silent", "continue", "stepi",
)  # fmt: skip
# Commands that end the program, or write files of names that a monkey makes up.
_NOT_TYPED = frozenset({"quit", "save"})


class Monkey:
    """Acts on the screen that `pilot` drives, as the random numbers of `seed` have it."""

    def __init__(self, pilot: Pilot[None], seed: int) -> None:
        self._pilot = pilot
        self._random = random.Random(seed)
        self.done: list[str] = []

    async def act(self) -> None:
        """Do one thing, and mostly wait until it has its effect."""
        chosen = self._random.choices(
            (self._press, self._step, self._move_within, self._click, self._command, self._line,
             self._resize, self._burst),
            (40, 15, 20, 8, 8, 3, 3, 3),
        )[0]  # fmt: skip
        await chosen()
        if self._random.random() < 0.9:
            await self.calm_down()

    async def calm_down(self) -> None:
        """Wait until the machine stands still; where it runs, have it paused."""
        await self._pilot.pause(0)
        screen = debugger(self._pilot)
        for _ in range(3):
            if not screen.is_moving:
                break
            await self._pilot.pause(0.01)
        while screen.is_moving:
            screen.pause()
            await self._pilot.pause(0.005)
        await self._pilot.pause(0)

    async def _press(self) -> None:
        self._key(self._random.choice(_KEYS))

    async def _step(self) -> None:
        self._key(self._random.choice(_STEPS))

    async def _move_within(self) -> None:
        for _ in range(self._random.randint(1, 4)):
            self._key(self._random.choice(_WITHIN_PANES))
            await self._pilot.pause(0)

    async def _burst(self) -> None:
        for _ in range(self._random.randint(2, 8)):
            self._key(self._random.choice((*_STEPS, "c", "C", "p", "r")))

    async def _click(self) -> None:
        width, height = self._pilot.app.size
        x, y = self._random.randrange(max(width, 1)), self._random.randrange(max(height, 1))
        if y == height - 1:
            return  # the keys' own bar: one of them is to quit
        self.done.append(f"click {x},{y}")
        await self._pilot.click(offset=(x, y), times=self._random.choice((1, 1, 1, 2)))

    async def _resize(self) -> None:
        size = self._random.choice(SIZES)
        self.done.append(f"resize {size}")
        await self._pilot.resize_terminal(*size)

    async def _command(self) -> None:
        name = self._random.choice([known for known in COMMANDS if known not in _NOT_TYPED])
        words = self._random.choices(_WORDS, k=self._random.randint(0, 3))
        self._key("escape")
        self._key("escape")
        self._key("colon")
        await self._pilot.pause(0)
        await self._type(" ".join([name, *words]))

    async def _line(self) -> None:
        self._key("escape")
        self._key("greater_than_sign")
        await self._pilot.pause(0)
        await self._type("".join(self._random.choices(string.printable[:95], k=5)))

    async def _type(self, text: str) -> None:
        """Type into the line that has the focus, if one has."""
        if not isinstance(self._pilot.app.focused, Input):
            return
        self.done.append(f"type {text!r}")
        for character in text:
            self._pilot.app.post_message(Key(character_to_key(character), character))
        self._key("enter")
        await self._pilot.pause(0)

    def _key(self, key: str) -> None:
        if key == "enter" and isinstance(self._pilot.app.screen, Palette):
            key = "escape"  # what it lists would end the program too
        self.done.append(key)
        self._pilot.app.simulate_key(key)
