"""The core-local interruptor at 0x200_0000: software interrupt and timer of hart 0.

Time is the count of retired instructions, so nothing ticks: `mtime` is computed when asked for.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from hvtui.machine.devices.lines import MSIP, InterruptLines

_MSIP_BASE = 0x0
_MSIP_SIZE = 4
MTIMECMP_BASE = 0x4000
MTIME_BASE = 0xBFF8
_TIMER_SIZE = 8
_WORD64 = (1 << 64) - 1
_NEVER = 1 << 63


class Clock(Protocol):
    """What the time is made of."""

    @property
    def retired(self) -> int:
        """Instructions retired since reset."""


class ClintState(NamedTuple):
    """Everything the CLINT knows; `offset` is that of `mtime` against the clock."""

    msip: int
    mtimecmp: int
    offset: int


class Clint:
    """`msip` at 0, `mtimecmp` at 0x4000, `mtime` at 0xBFF8; the rest reads as 0 and ignores writes.

    The timers are 64 bits wide and may be accessed in parts. ``mtime = retired // timebase +
    offset``, modulo 2**64. All registers are 0 after reset, as on Spike, so that the timer interrupt
    is pending until software sets `mtimecmp`.

    Raises ValueError for a `timebase` (instructions a tick) below 1.
    """

    __slots__ = ("_clock", "_lines", "_msip", "_mtimecmp", "_offset", "timebase")

    def __init__(self, clock: Clock, lines: InterruptLines, timebase: int = 1) -> None:
        if timebase < 1:
            raise ValueError(f"timebase {timebase}: a tick lasts at least one instruction")
        self.timebase = timebase
        self._clock = clock
        self._lines = lines
        self._msip = self._mtimecmp = self._offset = 0

    @property
    def mtime(self) -> int:
        """The time now, 64 bits."""
        return self._clock.retired // self.timebase + self._offset & _WORD64

    @mtime.setter
    def mtime(self, value: int) -> None:
        self._offset = value - self._clock.retired // self.timebase & _WORD64
        self._lines.on_change()

    @property
    def mtimecmp(self) -> int:
        """When the timer interrupt becomes pending."""
        return self._mtimecmp

    @mtimecmp.setter
    def mtimecmp(self, value: int) -> None:
        self._mtimecmp = value & _WORD64
        self._lines.on_change()

    @property
    def timer_pending(self) -> bool:
        """Whether MTIP is set."""
        return self.mtime >= self._mtimecmp

    @property
    def timer_comes(self) -> bool:
        """Whether MTIP is set, or will be: a date 2**63 ticks ahead is how software turns it off."""
        return self._mtimecmp - self.mtime < _NEVER

    def next_timer_event(self) -> int | None:
        """Return the retired count at which MTIP becomes pending, None if it is, or never will be."""
        ticks = self._mtimecmp - self.mtime
        if not 0 < ticks < _NEVER:
            return None
        return (self._clock.retired // self.timebase + ticks) * self.timebase

    def skip_to_timer(self) -> None:
        """Advance `mtime` to `mtimecmp` at once, if that lies ahead."""
        if not self.timer_pending:
            self.mtime = self._mtimecmp

    def reset(self) -> None:
        """Set all registers to 0; `mtime` then counts from the clock's zero."""
        self.restore(ClintState(0, 0, 0))

    def capture(self) -> ClintState:
        """Return the state."""
        return ClintState(self._msip, self._mtimecmp, self._offset)

    def restore(self, state: ClintState) -> None:
        """Take up a state; the clock's is restored elsewhere."""
        self._mtimecmp, self._offset = state.mtimecmp, state.offset
        self._set_msip(state.msip)
        self._lines.on_change()

    def _set_msip(self, value: int) -> None:
        self._msip = value & 1
        self._lines.set(MSIP, high=self._msip != 0)

    def accepts(self, offset: int, size: int) -> bool:
        """Every aligned access of 1, 2 or 4 bytes is taken."""
        return True

    def load(self, offset: int, size: int) -> int | None:
        """Read a register or a part of one."""
        mask = (1 << 8 * size) - 1
        for base, length, value in (
            (_MSIP_BASE, _MSIP_SIZE, self._msip),
            (MTIMECMP_BASE, _TIMER_SIZE, self._mtimecmp),
            (MTIME_BASE, _TIMER_SIZE, self.mtime),
        ):
            if base <= offset < base + length:
                return value >> 8 * (offset - base) & mask
        return 0

    def store(self, offset: int, size: int, value: int) -> bool:
        """Write a register or a part of one."""
        if offset == _MSIP_BASE:
            self._set_msip(value)
        elif MTIMECMP_BASE <= offset < MTIMECMP_BASE + _TIMER_SIZE:
            self.mtimecmp = _merge(self._mtimecmp, offset - MTIMECMP_BASE, size, value)
        elif MTIME_BASE <= offset < MTIME_BASE + _TIMER_SIZE:
            self.mtime = _merge(self.mtime, offset - MTIME_BASE, size, value)
        return True


def _merge(old: int, offset: int, size: int, value: int) -> int:
    """Return `old` with `size` bytes from byte `offset` on replaced."""
    mask = (1 << 8 * size) - 1
    return old & ~(mask << 8 * offset) | (value & mask) << 8 * offset
