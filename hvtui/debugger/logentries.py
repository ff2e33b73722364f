"""An entry of the trap log, how it is packed into a row, and a view of many of them.

Entries are unpacked when somebody looks at them. Who looks at millions reads the columns that it needs
instead.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import lru_cache
from struct import Struct
from typing import NamedTuple, TypeAlias, overload

from asm.isa.trapbits import TrapBit
from hvtui.debugger.positions import Position
from hvtui.debugger.rows import Chunk, RowView
from hvtui.machine.events import KernelInstruction, Outcome, TrapReturned, TrapTaken
from hvtui.machine.privilege import Privilege


class Kind(Enum):
    """What an entry of the log is about."""

    TRAP = "trap"
    INTERRUPT = "interrupt"
    RETURN = "return"
    INJECTION = "injection"
    IGNORED = "ignored"
    LEAKED = "leaked"


Event: TypeAlias = TrapTaken | TrapReturned | KernelInstruction

# Finds the position of a pc that is known to lead to a physical address, or nowhere.
Locate: TypeAlias = Callable[[int, int | None], Position]

KINDS = tuple(Kind)
KIND_OF_OUTCOME = {Outcome.IGNORED: Kind.IGNORED, Outcome.LEAKED: Kind.LEAKED}
TRAP_KINDS = frozenset({Kind.TRAP, Kind.INTERRUPT})
RETURN_KINDS = frozenset({Kind.RETURN, Kind.INJECTION})


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

    @property
    def origin(self) -> Privilege:
        """The mode that the event happened in."""
        return self.event.privilege if isinstance(self.event, KernelInstruction) else self.event.origin

    @property
    def target(self) -> Privilege:
        """The mode after the event."""
        return self.event.privilege if isinstance(self.event, KernelInstruction) else self.event.target


# A row: instant, pc, its physical address, two words that depend on the kind (of a trap `tval` and
# `handler`, of a return where it leads), the instruction, and where it was translated from: that has
# to be kept, for caches are filled anew. Then, as one word that says nearly all: classes, kind, the two
# modes, the cause.
_ROW = Struct("=QQQQQIIIBBBB")
ROW_SIZE = _ROW.size
_WORDS = 7
_KIND_BYTE, _ORIGIN_BYTE = 52, 53
_INSTANT = Struct("=Q")
_KEY = Struct("=QQQQQQQ")
_NOWHERE = (1 << 64) - 1
_OUTCOMES = tuple(Outcome)
_RETURNS = ("sret", "mret")
# Instructions lie at even addresses: the lowest bit tells an origin at 0 from none.
_IS_ORIGIN, _LAST_ORIGIN = 1, (1 << 32) - 1

# The classes of an instruction, a byte for each: the bit's number + 1, and above it the outcome.
_CLASS_BITS = 8
_OUTCOME_SHIFT = 6
_NUMBER = (1 << _OUTCOME_SHIFT) - 1


def pack(kind: Kind, event: Event, position: Position) -> bytes:
    """Return an entry as a row."""
    physical = _NOWHERE if position.physical is None else position.physical
    code = KINDS.index(kind)
    source = _pack_origin(position.origin) if position.origin is not None else 0
    if isinstance(event, TrapTaken):
        classes = _pack_bits(event.bits) if event.bits else 0
        return _ROW.pack(
            event.instant, event.pc, physical, event.tval, event.handler, event.word, source, classes,
            code, event.origin, event.target, event.cause,
        )  # fmt: skip
    if isinstance(event, TrapReturned):
        return _ROW.pack(
            event.instant, event.pc, physical, event.resumed, 0, 0, source, 0, code,
            event.origin, event.target, _RETURNS.index(event.name),
        )  # fmt: skip
    classes = _pack_classes(iter(event.outcomes))
    return _ROW.pack(
        event.instant, event.pc, physical, 0, 0, event.word, source, classes, code,
        event.privilege, event.privilege, 0,
    )  # fmt: skip


def unpack(row: bytes, locate: Locate) -> LogEntry:
    """Return the entry of a row."""
    instant, pc, physical, first, second, word, source, classes, *modes = _ROW.unpack(row)
    code, origin, target, cause = modes
    kind = KINDS[code]
    event: Event
    outcomes = tuple(_unpack_classes(classes))
    if kind in TRAP_KINDS:
        bits = tuple(bit for bit, _ in outcomes)
        event = TrapTaken(
            instant, pc, cause, kind is Kind.INTERRUPT, first, word, Privilege(origin),
            Privilege(target), second, bits,
        )  # fmt: skip
    elif kind in RETURN_KINDS:
        event = TrapReturned(instant, pc, _RETURNS[cause], Privilege(origin), Privilege(target), first)
    else:
        event = KernelInstruction(instant, pc, word, Privilege(origin), outcomes)
    position = locate(pc, None if physical == _NOWHERE else physical)
    if source:
        position = replace(position, origin=_unpack_origin(source, locate))
    return LogEntry(kind, event, position)


def _pack_origin(origin: Position) -> int:
    """Return where the instruction lies that code was translated from, as a row holds it; 0 if nowhere.

    Programs of guests are linked for one address, so where one lies tells what the guest calls it.
    """
    physical = origin.physical
    return physical | _IS_ORIGIN if physical is not None and physical <= _LAST_ORIGIN else 0


def _unpack_origin(source: int, locate: Locate) -> Position:
    physical = source & ~_IS_ORIGIN
    return locate(locate(physical, physical).linked, physical)


def _pack_classes(outcomes: Iterator[tuple[TrapBit, Outcome]]) -> int:
    packed = 0
    for place, (bit, outcome) in enumerate(outcomes):
        packed |= (bit + 1 | _OUTCOMES.index(outcome) << _OUTCOME_SHIFT) << place * _CLASS_BITS
    return packed


@lru_cache(maxsize=256)
def _pack_bits(bits: tuple[TrapBit, ...]) -> int:
    return _pack_classes((bit, Outcome.TRAPPED) for bit in bits)


def _unpack_classes(packed: int) -> Iterator[tuple[TrapBit, Outcome]]:
    while packed:
        code = packed & (1 << _CLASS_BITS) - 1
        yield TrapBit((code & _NUMBER) - 1), _OUTCOMES[code >> _OUTCOME_SHIFT]
        packed >>= _CLASS_BITS


# Columns of many rows. What an entry is but for its instant, and the words that depend on the kind,
# is its likeness: a run has few different ones, however long it is.


class Likeness(NamedTuple):
    """What an entry shares with many others: columns of rows, `word` with where it came from above."""

    pc: int
    physical: int
    word: int
    rest: int

    def entry(self, locate: Locate) -> LogEntry:
        """Return an entry like this: its instant and what depends on the kind are 0."""
        return unpack(_KEY.pack(0, self.pc, self.physical, 0, 0, self.word, self.rest), locate)


def instants(rows: bytes) -> list[int]:
    """Return the instants of rows."""
    return memoryview(rows).cast("Q")[::_WORDS].tolist()


def likenesses(rows: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Return the fields of the likeness of each of some rows."""
    words = memoryview(rows).cast("Q")
    return zip(*(words[column::_WORDS].tolist() for column in (1, 2, 5, 6)), strict=True)


def runners(rows: bytes) -> Iterator[tuple[int, int, int]]:
    """Return of each row the mode that its event happened in, as a number, the pc, where that leads."""
    words = memoryview(rows).cast("Q")
    return zip(
        rows[_ORIGIN_BYTE::ROW_SIZE],
        words[1::_WORDS].tolist(),
        words[2::_WORDS].tolist(),
        strict=True,
    )


def kind_codes(rows: bytes) -> bytes:
    """Return the kinds of rows, each as a place in `KINDS`."""
    return rows[_KIND_BYTE::ROW_SIZE]


def position_of(pc: int, physical: int, locate: Locate) -> Position:
    """Return the position of a pc and where it leads, as rows hold them."""
    return locate(pc, None if physical == _NOWHERE else physical)


def first_instant(row: bytes) -> int:
    """Return the instant of the first of some rows."""
    instant: int = _INSTANT.unpack_from(row)[0]
    return instant


class LogEntries(Sequence[LogEntry]):
    """The entries up to number `end` - 1, as they were when this view was taken. For any thread.

    An entry's number is its place in the whole log; an index counts from `first`, the oldest entry
    that is kept. What is cut off the log later stays here.
    """

    def __init__(self, rows: RowView, end: int, locate: Locate) -> None:
        self.rows = rows
        self.end = min(end, rows.end)
        self.first = min(rows.first, self.end)
        self.locate = locate

    def __len__(self) -> int:
        return self.end - self.first

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
        return self.entry(self.first + number)

    def __iter__(self) -> Iterator[LogEntry]:
        return self.between(self.first, self.end)

    def entry(self, number: int) -> LogEntry:
        """Return the entry with a number. Raises IndexError for one that is not here."""
        return unpack(self.rows[number], self.locate)

    def between(self, first: int, end: int) -> Iterator[LogEntry]:
        """Yield the entries `first` to `end` - 1, of those that are here."""
        for chunk, low, high in self.parts(first, end):
            rows = self.rows.part(chunk, low, high)
            for start in range(0, len(rows), ROW_SIZE):
                yield unpack(rows[start : start + ROW_SIZE], self.locate)

    def parts(self, first: int, end: int) -> Iterator[tuple[Chunk, int, int]]:
        """Yield the chunks that hold the entries `first` to `end` - 1, and which rows of each."""
        return self.rows.parts(first, min(end, self.end))

    def number_at(self, instant: int) -> int:
        """Return the number of the first entry that is not before `instant`, `end` if there is none."""
        chunks = [chunk for chunk, _, _ in self.parts(self.first, self.end)]
        index = bisect_left(chunks, instant, key=lambda chunk: first_instant(chunk.head()))
        if index == 0:
            return self.first
        chunk = chunks[index - 1]
        low = bisect_left(instants(self.rows.part(chunk, 0, chunk.count)), instant)
        return min(chunk.start + low, self.end)
