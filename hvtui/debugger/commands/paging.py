"""Output with bounds: a command that tells more than anybody reads is cut off."""

from __future__ import annotations

from collections.abc import Callable

# Lines that are not shown are counted, up to so many times those that are.
_COUNTED = 10


class _EnoughError(Exception):
    """There is no end to what a command tells."""


class Page:
    """Passes `most` lines on to `write`, counts the next ones, and then ends the command."""

    def __init__(self, write: Callable[[str], None], most: int) -> None:
        self._write = write
        self._most = most
        self._count = 0

    def write(self, line: str) -> None:
        """Take a line."""
        self._count += 1
        if self._count <= self._most:
            self._write(line)
        elif self._count > (_COUNTED + 1) * self._most:
            raise _EnoughError

    def fill(self, run: Callable[[], object]) -> None:
        """Let `run` write, and say how much is left out."""
        try:
            run()
        except _EnoughError:
            self._write(f"… more than {_COUNTED * self._most:,} more lines: ask for less")
            return
        left_out = self._count - self._most
        if left_out > 0:
            self._write(f"… {left_out:,} more line{'s' if left_out != 1 else ''}")
