"""The platform-level interrupt controller at 0xC00_0000 (RISC-V PLIC specification 1.0.0).

Sources 1 to 95 as on QEMU's `virt`, two contexts: M and S of hart 0. Every source is level-triggered.
A request that its device withdraws before it is claimed is withdrawn here too, as on Spike and
QEMU (the specification would keep it, and let a handler find nothing to do).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from hvtui.machine.devices.lines import MEIP, SEIP, InterruptLines

SOURCES = 96  # source 0 does not exist
CONTEXT_LINES = (MEIP, SEIP)

_WORDS = SOURCES // 32
_PRIORITY_MASK = 7
_WORD = 0xFFFF_FFFF

_PENDING_BASE = 0x1000
_ENABLE_BASE = 0x2000
_ENABLE_STRIDE = 0x80
_CONTEXT_BASE = 0x20_0000
_CONTEXT_STRIDE = 0x1000
_THRESHOLD = 0
_CLAIM = 4


class PlicState(NamedTuple):
    """Everything the PLIC knows. Sets of sources are integers with bit n for source n."""

    priority: tuple[int, ...]
    levels: int
    in_service: int
    enabled: tuple[int, ...]
    threshold: tuple[int, ...]


_RESET = PlicState((0,) * SOURCES, 0, 0, (0,) * len(CONTEXT_LINES), (0,) * len(CONTEXT_LINES))


class Plic:
    """Registers of 4 bytes, accessed whole; contexts that do not exist are access faults.

    The gateway of a source passes one request on at a time: while its level is high the source is
    pending, unless it was claimed and not completed yet.
    """

    __slots__ = (
        "_enabled",
        "_in_service",
        "_levels",
        "_lines",
        "_priority",
        "_threshold",
    )

    def __init__(self, lines: InterruptLines) -> None:
        self._lines = lines
        self._levels = self._in_service = 0
        self._load_state(_RESET)

    def set_level(self, source: int, *, high: bool) -> None:
        """Drive the line from a device."""
        bit = 1 << source
        levels = self._levels | bit if high else self._levels & ~bit
        if levels != self._levels:
            self._levels = levels
            self._update()

    def is_enabled(self, source: int, context: int) -> bool:
        """Tell whether a request of `source` would interrupt `context` (0 is M, 1 is S)."""
        return (
            self._enabled[context] >> source & 1 != 0
            and self._priority[source] > self._threshold[context]
        )

    def reset(self) -> None:
        """Disable everything; the devices' levels stay."""
        self.restore(_RESET._replace(levels=self._levels))

    def capture(self) -> PlicState:
        """Return the state."""
        return PlicState(
            tuple(self._priority), self._levels, self._in_service,
            tuple(self._enabled), tuple(self._threshold),
        )  # fmt: skip

    def restore(self, state: PlicState) -> None:
        """Take up a state and drive the hart's lines as it says."""
        self._load_state(state)
        self._update()

    def _load_state(self, state: PlicState) -> None:
        self._priority = list(state.priority)
        self._levels = state.levels
        self._in_service = state.in_service
        self._enabled = list(state.enabled)
        self._threshold = list(state.threshold)

    def accepts(self, offset: int, size: int) -> bool:
        """Tell whether a place that can be both read and written lies there."""
        if not _exists(offset, size):
            return False
        return offset < _CONTEXT_BASE or offset % _CONTEXT_STRIDE in (_THRESHOLD, _CLAIM)

    def load(self, offset: int, size: int) -> int | None:
        """Read a register; reading the claim register claims."""
        if not _exists(offset, size):
            return None
        if offset < _PENDING_BASE:
            source = offset >> 2
            return self._priority[source] if source < SOURCES else 0
        if offset < _ENABLE_BASE:
            return _word(self._pending, (offset - _PENDING_BASE) >> 2)
        if offset < _CONTEXT_BASE:
            context, place = divmod(offset - _ENABLE_BASE, _ENABLE_STRIDE)
            return _word(self._enabled[context], place >> 2)
        context, register = divmod(offset - _CONTEXT_BASE, _CONTEXT_STRIDE)
        if register == _THRESHOLD:
            return self._threshold[context]
        return self._claim(context) if register == _CLAIM else 0

    def store(self, offset: int, size: int, value: int) -> bool:
        """Write a register; writing the claim register completes. Pending bits ignore it."""
        if not self.accepts(offset, size):
            return False
        if offset < _PENDING_BASE:
            source = offset >> 2
            if 0 < source < SOURCES:
                self._priority[source] = value & _PRIORITY_MASK
        elif _ENABLE_BASE <= offset < _CONTEXT_BASE:
            context, place = divmod(offset - _ENABLE_BASE, _ENABLE_STRIDE)
            self._enable(context, place >> 2, value)
        elif offset >= _CONTEXT_BASE:
            context, register = divmod(offset - _CONTEXT_BASE, _CONTEXT_STRIDE)
            if register == _THRESHOLD:
                self._threshold[context] = value & _PRIORITY_MASK
            else:
                self._complete(context, value)
        self._update()
        return True

    def _enable(self, context: int, word: int, value: int) -> None:
        if word < _WORDS:
            shift = 32 * word
            enabled = self._enabled[context] & ~(_WORD << shift) | (value & _WORD) << shift
            self._enabled[context] = enabled & ~1

    def _claim(self, context: int) -> int:
        """Return the source to serve, 0 for none, and take its request. No threshold applies."""
        source = self._best(context)
        if source:
            self._in_service |= 1 << source
            self._update()
        return source

    def _complete(self, context: int, source: int) -> None:
        """End the service of `source`; ignored if it is not enabled for the context."""
        if source < SOURCES and self._enabled[context] >> source & 1:
            self._in_service &= ~(1 << source)

    @property
    def _pending(self) -> int:
        return self._levels & ~self._in_service

    def _best(self, context: int) -> int:
        """Return the pending, enabled source of the highest priority, the lowest among equals."""
        candidates = _sources(self._pending & self._enabled[context])
        best = max(candidates, key=lambda source: (self._priority[source], -source), default=0)
        return best if self._priority[best] else 0

    def _update(self) -> None:
        for context, line in enumerate(CONTEXT_LINES):
            best = self._best(context)
            self._lines.set(line, high=self._priority[best] > self._threshold[context])


def _exists(offset: int, size: int) -> bool:
    """Tell whether an access is of a whole register, of a context that exists if it is of one."""
    if offset < _ENABLE_BASE:
        return size == 4
    if offset < _CONTEXT_BASE:
        context = (offset - _ENABLE_BASE) // _ENABLE_STRIDE
    else:
        context = (offset - _CONTEXT_BASE) // _CONTEXT_STRIDE
    return size == 4 and context < len(CONTEXT_LINES)


def _sources(members: int) -> Iterator[int]:
    while members:
        lowest = members & -members
        yield lowest.bit_length() - 1
        members ^= lowest


def _word(members: int, word: int) -> int:
    return members >> 32 * word & _WORD
