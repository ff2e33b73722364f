"""The log of what crossed the border between modes, and counts since the reset.

The log is written once for each instant of the run: after a travel back in time it ends earlier, and
what happens again is known already.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import NamedTuple

from asm.isa.trapbits import TrapBit
from hvtui.debugger.logentries import (
    KIND_OF_OUTCOME,
    ROW_SIZE,
    Event,
    Kind,
    Locate,
    LogEntries,
    LogEntry,
    pack,
)
from hvtui.debugger.positions import Position
from hvtui.debugger.rows import RowStore
from hvtui.machine.events import KernelInstruction, Outcome, TrapReturned, TrapTaken

__all__ = ["Kind", "LogEntry", "LogMark", "TrapLog"]

# Members that are asked for all the time.
_TRAP, _INTERRUPT, _RETURN, _INJECTION = Kind.TRAP, Kind.INTERRUPT, Kind.RETURN, Kind.INJECTION

# About four million entries: some 60 MB, for they compress well.
LOG_CHUNKS = 1024


class LogMark(NamedTuple):
    """How far the log had come at one instant, and its counts then."""

    length: int
    outcomes: Counter[tuple[TrapBit, Outcome]]
    traps: Counter[tuple[bool, int, str]]


class TrapLog:
    """Entries and counts since the reset. `locate(pc, physical)` returns the position of an entry.

    `outcomes` counts the kernel instructions below M by class and outcome. Of the entries the newest
    are kept, `chunks` times 4096 at least; the counts go on.
    """

    def __init__(self, locate: Locate, *, chunks: int = LOG_CHUNKS) -> None:
        self._locate = locate
        self._rows = RowStore(ROW_SIZE, chunks)
        self._length = 0
        # Gets each entry that is new, not again what happens again.
        self.on_new: Callable[[LogEntry], None] | None = None
        self.outcomes: Counter[tuple[TrapBit, Outcome]] = Counter()
        # Whether it is an interrupt, the cause, and whom it interrupted.
        self._traps: Counter[tuple[bool, int, str]] = Counter()

    @property
    def length(self) -> int:
        """How many entries there have been by now: the number of the next."""
        return self._length

    @property
    def entries(self) -> LogEntries:
        """The entries up to now, as they are at this moment: the oldest may have been forgotten."""
        return LogEntries(self._rows.view(), self._length, self._locate)

    @property
    def known(self) -> LogEntries:
        """All entries that are known, those of the known future too."""
        rows = self._rows.view()
        return LogEntries(rows, rows.end, self._locate)

    @property
    def hits(self) -> Counter[TrapBit]:
        """How many kernel instructions below M there were of each class, whatever became of them."""
        hits: Counter[TrapBit] = Counter()
        for (bit, _), count in self.outcomes.items():
            hits[bit] += count
        return hits

    @property
    def causes(self) -> Counter[tuple[bool, int]]:
        """How many traps and interrupts there were, by (is interrupt, cause)."""
        causes: Counter[tuple[bool, int]] = Counter()
        for (is_interrupt, cause, _), count in self._traps.items():
            causes[is_interrupt, cause] += count
        return causes

    @property
    def components(self) -> Counter[str]:
        """How many there were by the component that they interrupted."""
        components: Counter[str] = Counter()
        for (_, _, owner), count in self._traps.items():
            components[owner] += count
        return components

    def trap(self, event: TrapTaken, position: Position) -> None:
        """Record a trap or an interrupt."""
        self._traps[event.is_interrupt, event.cause, position.owner] += 1
        self._add(_INTERRUPT if event.is_interrupt else _TRAP, event, position)

    def trap_return(self, event: TrapReturned, position: Position, *, injected: bool) -> None:
        """Record an xRET; `injected` if it handed a trap on."""
        self._add(_INJECTION if injected else _RETURN, event, position)

    def kernel(self, event: KernelInstruction, position: Position) -> None:
        """Record a kernel instruction met below M. What trapped stands in the log as a trap."""
        lost = set()
        for classed in event.outcomes:
            self.outcomes[classed] += 1
            kind = KIND_OF_OUTCOME.get(classed[1])
            if kind is not None:
                lost.add(kind)
        if lost:
            for kind in sorted(lost, key=lambda kind: kind.value):
                self._add(kind, event, position)

    def _add(self, kind: Kind, event: Event, position: Position) -> None:
        if self._length == self._rows.end:
            self._rows.append(pack(kind, event, position))
            if self.on_new is not None:
                self.on_new(LogEntry(kind, event, position))
        self._length += 1

    # Travelling

    def capture(self) -> LogMark:
        """Return a mark of now, to come back to."""
        return LogMark(self._length, self.outcomes.copy(), self._traps.copy())

    def restore(self, mark: LogMark) -> None:
        """Go back, or forwards again, to a mark of this run."""
        self._length = mark.length
        self.outcomes, self._traps = mark.outcomes.copy(), mark.traps.copy()

    def cut(self) -> None:
        """Forget what was recorded after now: it will not happen."""
        self._rows.cut(self._length)
