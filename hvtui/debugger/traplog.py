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

# About four million entries: some 60 MB, for they compress well.
LOG_CHUNKS = 1024


class LogMark(NamedTuple):
    """How far the log had come at one instant, and its counts then."""

    length: int
    hits: Counter[TrapBit]
    outcomes: Counter[tuple[TrapBit, Outcome]]
    causes: Counter[tuple[bool, int]]
    components: Counter[str]


class TrapLog:
    """Entries and counts since the reset. `locate(pc, physical)` returns the position of an entry.

    `hits` counts the kernel instructions below M by class, whatever became of them, and `outcomes`
    by class and outcome; `causes` the traps and interrupts by (is interrupt, cause); `components`
    by the component that they interrupted. Of the entries the newest are kept, `chunks` times 4096 at
    least; the counts go on.
    """

    def __init__(self, locate: Locate, *, chunks: int = LOG_CHUNKS) -> None:
        self._locate = locate
        self._rows = RowStore(ROW_SIZE, chunks)
        self._length = 0
        # Gets each entry that is new, not again what happens again.
        self.on_new: Callable[[LogEntry], None] | None = None
        self.hits: Counter[TrapBit] = Counter()
        self.outcomes: Counter[tuple[TrapBit, Outcome]] = Counter()
        self.causes: Counter[tuple[bool, int]] = Counter()
        self.components: Counter[str] = Counter()

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

    def trap(self, event: TrapTaken, position: Position) -> None:
        """Record a trap or an interrupt."""
        self.causes[event.is_interrupt, event.cause] += 1
        self.components[position.owner] += 1
        self._add(Kind.INTERRUPT if event.is_interrupt else Kind.TRAP, event, position)

    def trap_return(self, event: TrapReturned, position: Position, *, injected: bool) -> None:
        """Record an xRET; `injected` if it handed a trap on."""
        self._add(Kind.INJECTION if injected else Kind.RETURN, event, position)

    def kernel(self, event: KernelInstruction, position: Position) -> None:
        """Record a kernel instruction met below M. What trapped stands in the log as a trap."""
        for outcome in event.outcomes:
            self.outcomes[outcome] += 1
            self.hits[outcome[0]] += 1
        kinds = {
            KIND_OF_OUTCOME[outcome] for _, outcome in event.outcomes if outcome in KIND_OF_OUTCOME
        }
        for kind in sorted(kinds, key=lambda kind: kind.value):
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
        return LogMark(
            self._length, self.hits.copy(), self.outcomes.copy(), self.causes.copy(),
            self.components.copy(),
        )  # fmt: skip

    def restore(self, mark: LogMark) -> None:
        """Go back, or forwards again, to a mark of this run."""
        self._length = mark.length
        self.hits, self.outcomes = mark.hits.copy(), mark.outcomes.copy()
        self.causes, self.components = mark.causes.copy(), mark.components.copy()

    def cut(self) -> None:
        """Forget what was recorded after now: it will not happen."""
        self._rows.cut(self._length)
