"""The 64-bit counters `mcycle` and `minstret`: both count retired instructions (section 3.1.10).

A counter is the hart's own count plus an offset, which changes when software writes it; while
`mcountinhibit` holds it, it is a plain number.
"""

from __future__ import annotations

from dataclasses import dataclass

from hvtui.machine.hart_state import RetireClock

_MASK64 = (1 << 64) - 1
_MASK32 = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class CounterState:
    """A counter's captured state: what is added to the retired count, or the value it stands at."""

    offset: int
    stopped_at: int | None


class Counter:
    """A counter that advances with `clock` unless it is stopped."""

    __slots__ = ("_clock", "_offset", "_stopped_at")

    def __init__(self, clock: RetireClock) -> None:
        self._clock = clock
        self._offset = 0
        self._stopped_at: int | None = None

    @property
    def value(self) -> int:
        """The count as an instruction reads it: 64 bits, without the instruction itself."""
        if self._stopped_at is not None:
            return self._stopped_at
        return (self._clock.retired + self._offset) & _MASK64

    def write(self, value: int) -> None:
        """Set all 64 bits. The instruction that writes does not count: the next one reads `value`."""
        if self._stopped_at is None:
            self._offset = value - self._clock.after_this
        else:
            self._stopped_at = value

    @property
    def low(self) -> int:
        """The low word."""
        return self.value & _MASK32

    @property
    def high(self) -> int:
        """The high word."""
        return self.value >> 32

    def write_low(self, word: int) -> None:
        """Set the low word, keep the high one."""
        self.write(self.value & ~_MASK32 | word)

    def write_high(self, word: int) -> None:
        """Set the high word, keep the low one."""
        self.write(self.value & _MASK32 | word << 32)

    def inhibit(self, stop: bool) -> None:
        """Stop or go on, from the instruction on that says so."""
        if stop and self._stopped_at is None:
            self._stopped_at = self.value
        elif not stop and self._stopped_at is not None:
            self._offset = self._stopped_at - self._clock.retired
            self._stopped_at = None

    def reset(self) -> None:
        """Count from zero, from now on."""
        self._offset, self._stopped_at = -self._clock.retired, None

    def capture(self) -> CounterState:
        """Return the state."""
        return CounterState(self._offset, self._stopped_at)

    def restore(self, state: CounterState) -> None:
        """Go back to `state`."""
        self._offset, self._stopped_at = state.offset, state.stopped_at
