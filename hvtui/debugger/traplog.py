"""The log of what crossed the border between modes, and counts since the reset.

The log is written once for each instant of the run: after a travel back in time it ends earlier, and
what happens again is known already. Entries are packed, and unpacked when somebody looks at them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from struct import Struct
from typing import NamedTuple, TypeAlias, overload

from asm.isa.trapbits import TrapBit
from hvtui.debugger.positions import Position
from hvtui.debugger.rows import RowStore
from hvtui.machine.events import KernelInstruction, Outcome, TrapReturned, TrapTaken
from hvtui.machine.privilege import Privilege

# About four million entries: some 60 MB, for they compress well.
LOG_CHUNKS = 1024


class Kind(Enum):
    """What an entry of the log is about."""

    TRAP = "trap"
    INTERRUPT = "interrupt"
    RETURN = "return"
    INJECTION = "injection"
    IGNORED = "ignored"
    LEAKED = "leaked"


Event: TypeAlias = TrapTaken | TrapReturned | KernelInstruction


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One event with the position of the instruction that it happened at."""

    kind: Kind
    event: Event
    position: Position

    @property
    def instant(self) -> int:
        """The machine's instant before the event."""
        return self.event.instant


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

    def __init__(
        self, locate: Callable[[int, int | None], Position], *, chunks: int = LOG_CHUNKS
    ) -> None:
        self._locate = locate
        self._rows = RowStore(_ROW.size, chunks)
        self._length = 0
        self.hits: Counter[TrapBit] = Counter()
        self.outcomes: Counter[tuple[TrapBit, Outcome]] = Counter()
        self.causes: Counter[tuple[bool, int]] = Counter()
        self.components: Counter[str] = Counter()

    @property
    def entries(self) -> Sequence[LogEntry]:
        """The entries up to now, as they are at this moment: the oldest may have been forgotten."""
        return LogEntries(self._rows, min(self._rows.first, self._length), self._length, self._locate)

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
        kinds = {_OUTCOME_KINDS[outcome] for _, outcome in event.outcomes if outcome in _OUTCOME_KINDS}
        for kind in sorted(kinds, key=lambda kind: kind.value):
            self._add(kind, event, position)

    def _add(self, kind: Kind, event: Event, position: Position) -> None:
        if self._length == self._rows.end:
            self._rows.append(_packed(kind, event, position))
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


class LogEntries(Sequence[LogEntry]):
    """A view of the log, as long as it was when it was taken."""

    def __init__(
        self, rows: RowStore, first: int, end: int, locate: Callable[[int, int | None], Position]
    ) -> None:
        self._rows, self._first, self._end, self._locate = rows, first, end, locate

    def __len__(self) -> int:
        return self._end - self._first

    @overload
    def __getitem__(self, index: int) -> LogEntry: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[LogEntry]: ...

    def __getitem__(self, index: int | slice) -> LogEntry | Sequence[LogEntry]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        number = index + len(self) if index < 0 else index
        if not 0 <= number < len(self):
            raise IndexError(f"entry {index} of {len(self)}")
        return _unpacked(self._rows[self._first + number], self._locate)

    def __iter__(self) -> Iterator[LogEntry]:
        return (self[number] for number in range(len(self)))


# Entries as rows: instant, pc, its physical address, two words that depend on the kind (of a trap
# `tval` and `handler`, of a return where it leads), the instruction, cause, classes, then kind and
# the two privileges.
_ROW = Struct("<QQQQQIIIBBBx")
_NOWHERE = (1 << 64) - 1
_KINDS = tuple(Kind)
_OUTCOMES = tuple(Outcome)
_OUTCOME_KINDS = {Outcome.IGNORED: Kind.IGNORED, Outcome.LEAKED: Kind.LEAKED}
_RETURN_KINDS = frozenset({Kind.RETURN, Kind.INJECTION})
_TRAP_KINDS = frozenset({Kind.TRAP, Kind.INTERRUPT})
_RETURNS = ("sret", "mret")

# The classes of an instruction, a byte for each: the bit's number + 1, and above it the outcome.
_CLASS_BITS = 8
_OUTCOME_SHIFT = 6
_NUMBER = (1 << _OUTCOME_SHIFT) - 1


def _packed(kind: Kind, event: Event, position: Position) -> bytes:
    physical = _NOWHERE if position.physical is None else position.physical
    code = _KINDS.index(kind)
    if isinstance(event, TrapTaken):
        classes = _pack_classes((bit, Outcome.TRAPPED) for bit in event.bits)
        return _ROW.pack(
            event.instant, event.pc, physical, event.tval, event.handler, event.word, event.cause,
            classes, code, event.origin, event.target,
        )  # fmt: skip
    if isinstance(event, TrapReturned):
        name = _RETURNS.index(event.name)
        return _ROW.pack(
            event.instant, event.pc, physical, event.resumed, 0, 0, name, 0, code, event.origin,
            event.target,
        )  # fmt: skip
    classes = _pack_classes(iter(event.outcomes))
    return _ROW.pack(
        event.instant, event.pc, physical, 0, 0, event.word, 0, classes, code, event.privilege, 0
    )


def _unpacked(row: bytes, locate: Callable[[int, int | None], Position]) -> LogEntry:
    instant, pc, physical, first, second, word, cause, classes, code, origin, target = _ROW.unpack(row)
    kind = _KINDS[code]
    event: Event
    outcomes = tuple(_unpack_classes(classes))
    if kind in _TRAP_KINDS:
        bits = tuple(bit for bit, _ in outcomes)
        event = TrapTaken(
            instant, pc, cause, kind is Kind.INTERRUPT, first, word, Privilege(origin),
            Privilege(target), second, bits,
        )  # fmt: skip
    elif kind in _RETURN_KINDS:
        event = TrapReturned(instant, pc, _RETURNS[cause], Privilege(origin), Privilege(target), first)
    else:
        event = KernelInstruction(instant, pc, word, Privilege(origin), outcomes)
    return LogEntry(kind, event, locate(pc, None if physical == _NOWHERE else physical))


def _pack_classes(outcomes: Iterator[tuple[TrapBit, Outcome]]) -> int:
    packed = 0
    for place, (bit, outcome) in enumerate(outcomes):
        packed |= (bit + 1 | _OUTCOMES.index(outcome) << _OUTCOME_SHIFT) << place * _CLASS_BITS
    return packed


def _unpack_classes(packed: int) -> Iterator[tuple[TrapBit, Outcome]]:
    while packed:
        code = packed & (1 << _CLASS_BITS) - 1
        yield TrapBit((code & _NUMBER) - 1), _OUTCOMES[code >> _OUTCOME_SHIFT]
        packed >>= _CLASS_BITS
