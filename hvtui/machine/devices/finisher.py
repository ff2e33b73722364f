"""The test finisher at 0x10_0000: a guest ends or resets the machine by a store."""

from __future__ import annotations

from collections.abc import Callable

_PASS = 0x5555
_FAIL = 0x3333
_RESET = 0x7777
_SIZES = (2, 4)


class Finisher:
    """One register at offset 0, written with 2 or 4 bytes; the rest reads as 0.

    A store of 0x5555 passes (exit status 0), ``code << 16 | 0x3333`` fails with exit status `code`,
    0x7777 asks for a reset; other values do nothing. Nothing of it is state.
    """

    __slots__ = ("_on_exit", "_on_reset")

    def __init__(self, on_exit: Callable[[int], None], on_reset: Callable[[], None]) -> None:
        self._on_exit = on_exit
        self._on_reset = on_reset

    def accepts(self, offset: int, size: int) -> bool:
        """Tell whether the size is right."""
        return size in _SIZES

    def load(self, offset: int, size: int) -> int | None:
        """Return 0."""
        return 0 if self.accepts(offset, size) else None

    def store(self, offset: int, size: int, value: int) -> bool:
        """End or reset the machine if the value says so."""
        if not self.accepts(offset, size):
            return False
        if offset == 0:
            command = value & 0xFFFF
            if command == _PASS:
                self._on_exit(0)
            elif command == _FAIL:
                self._on_exit(value >> 16)
            elif command == _RESET:
                self._on_reset()
        return True
