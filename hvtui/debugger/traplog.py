"""The log of what crossed the border between modes, bounded, and counts since the reset."""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from enum import Enum

from asm.isa.trapbits import TrapBit
from hvtui.debugger.positions import Position
from hvtui.machine.events import KernelInstruction, Outcome, TrapReturned, TrapTaken

LOG_LENGTH = 10_000


class Kind(Enum):
    """What an entry of the log is about."""

    TRAP = "trap"
    INTERRUPT = "interrupt"
    RETURN = "return"
    INJECTION = "injection"
    IGNORED = "ignored"
    LEAKED = "leaked"


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One event with the position of the instruction that it happened at."""

    kind: Kind
    event: TrapTaken | TrapReturned | KernelInstruction
    position: Position

    @property
    def instant(self) -> int:
        """The machine's instant before the event."""
        return self.event.instant


class TrapLog:
    """The last entries, and counts since the reset.

    `hits` counts the kernel instructions below M by class, whatever became of them, and `outcomes`
    by class and outcome; `causes` the traps and interrupts by (is interrupt, cause); `components`
    by the component that they interrupted.
    """

    def __init__(self) -> None:
        self.entries: deque[LogEntry] = deque(maxlen=LOG_LENGTH)
        self.hits: Counter[TrapBit] = Counter()
        self.outcomes: Counter[tuple[TrapBit, Outcome]] = Counter()
        self.causes: Counter[tuple[bool, int]] = Counter()
        self.components: Counter[str] = Counter()

    def trap(self, event: TrapTaken, position: Position) -> None:
        """Record a trap or an interrupt."""
        kind = Kind.INTERRUPT if event.is_interrupt else Kind.TRAP
        self.entries.append(LogEntry(kind, event, position))
        self.causes[event.is_interrupt, event.cause] += 1
        self.components[position.owner] += 1

    def trap_return(self, event: TrapReturned, position: Position, *, injected: bool) -> None:
        """Record an xRET; `injected` if it handed a trap on."""
        self.entries.append(LogEntry(Kind.INJECTION if injected else Kind.RETURN, event, position))

    def kernel(self, event: KernelInstruction, position: Position) -> None:
        """Record a kernel instruction met below M. What trapped stands in the log as a trap."""
        for outcome in event.outcomes:
            self.outcomes[outcome] += 1
            self.hits[outcome[0]] += 1
        kinds = {_KINDS[outcome] for _, outcome in event.outcomes if outcome in _KINDS}
        for kind in sorted(kinds, key=lambda kind: kind.value):
            self.entries.append(LogEntry(kind, event, position))


_KINDS = {Outcome.IGNORED: Kind.IGNORED, Outcome.LEAKED: Kind.LEAKED}
