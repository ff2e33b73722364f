"""Moves that wait for their turn: no key is lost while a step is under way."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import TypeAlias

from hvtui.debugger.snapshot import StopKind, Stopped

Move: TypeAlias = Callable[[], object]

# More than anybody types ahead. A key that is held down waits for the screen anyway.
MOST_WAITING = 64

# After these stops the next move is done. After any other a person wants to look first.
_GOES_ON = frozenset({StopKind.START, StopKind.STEPPED})


class MoveQueue:
    """At most one move is under way; `start` begins it, and whoever ends it calls `ended`."""

    def __init__(self, start: Callable[[Move], object]) -> None:
        self._start = start
        self._waiting: deque[Move] = deque()
        self.is_busy = False

    def want(self, move: Move) -> None:
        """Do a move now, or after those that are wanted already."""
        if not self.is_busy:
            self.is_busy = True
            self._start(move)
        elif len(self._waiting) < MOST_WAITING:
            self._waiting.append(move)

    def ended(self, stop: Stopped) -> None:
        """The move that was under way is over, and `stop` is why the machine stands still."""
        self.is_busy = False
        if stop.kind not in _GOES_ON or stop.numbers:
            self._waiting.clear()
        if self._waiting:
            self.want(self._waiting.popleft())

    def forget(self) -> None:
        """Let nothing follow the move that is under way."""
        self._waiting.clear()
