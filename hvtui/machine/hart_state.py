"""What the parts of a hart share: registers, pc, mode, the stored words of the CSRs, and its clock.

The clock counts retired instructions without adding to a number for each of them: the run loop
takes a tick from an iterator per instruction, and the count is what the iterator has given so far.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol, cast

from hvtui.machine.privilege import Privilege

REGISTERS = 32

# More ticks than a C long holds everywhere would make a slower kind of iterator.
MAX_TICKS = 1 << 30


class _Ticks(Protocol):
    """The iterator of a range: it knows how much is left, and can be moved to its end."""

    def __iter__(self) -> Iterator[int]: ...

    def __next__(self) -> int: ...

    def __length_hint__(self) -> int: ...

    def __setstate__(self, position: int, /) -> None: ...


def _ticks(count: int) -> _Ticks:
    return cast("_Ticks", iter(range(count)))


# Nothing is ever taken from it, so one does for all.
_NO_TICKS = _ticks(0)


class RetireClock:
    """The count of retired instructions, and the means to stop the run loop after any of them."""

    __slots__ = ("_at_end", "_ticks", "is_executing")

    def __init__(self) -> None:
        self._ticks = _NO_TICKS
        self._at_end = 0
        self.is_executing = False

    @property
    def retired(self) -> int:
        """Instructions retired so far; the one that executes now is not among them."""
        return self._at_end - self._ticks.__length_hint__()

    @retired.setter
    def retired(self, count: int) -> None:
        self._ticks = _NO_TICKS
        self._at_end = count
        self.is_executing = False

    @property
    def after_this(self) -> int:
        """The count once the instruction that executes now has retired; `retired` between two."""
        return self.retired + self.is_executing

    def start(self, count: int) -> Iterator[int]:
        """Return an iterator that gives a tick for each of at most `count` instructions (1 or more)."""
        ticks = _ticks(min(count, MAX_TICKS))
        self._at_end = self.retired + min(count, MAX_TICKS) - 1
        self._ticks = ticks
        self.is_executing = True
        return iter(ticks)

    def leave(self) -> None:
        """Let the run loop end after the instruction that executes now."""
        self._at_end = self.retired
        self._ticks.__setstate__(MAX_TICKS)

    def finish(self, *, retires: bool) -> None:
        """End what `start` began; `retires` tells whether the last instruction did."""
        self.retired = self.retired + retires


class HartState:
    """The shared state. `csr` holds, by name, the words that belong to no other part.

    `x` is one list for good, as is `csr`: the ops hold on to them.
    """

    __slots__ = ("clock", "csr", "pc", "privilege", "traps", "x")

    def __init__(self) -> None:
        self.x = [0] * REGISTERS
        self.pc = 0
        self.privilege = Privilege.M
        self.traps = 0
        self.csr: dict[str, int] = {}
        self.clock = RetireClock()

    @property
    def instant(self) -> int:
        """Steps since reset: instructions that retired and traps that were taken."""
        return self.clock.retired + self.traps
