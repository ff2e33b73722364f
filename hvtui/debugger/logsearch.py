"""Finds the entries of the trap log that a filter lets through, a little at a time.

What is found is remembered by chunk: two bytes for an entry that is let through. A log of millions is
searched in slices, from the part that is in view outwards, so that there is something to see at once.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, compress
from typing import overload

from hvtui.debugger.logentries import (
    Likeness,
    Locate,
    LogEntries,
    LogEntry,
    instants,
    kind_codes,
    likenesses,
)
from hvtui.debugger.logfilter import Alternative, LogFilter
from hvtui.debugger.rows import CHUNK_ROWS, Chunk

# How many chunks are searched in a slice: some ten milliseconds.
SLICE_CHUNKS = 4

_MOST_VERDICTS = 1 << 16


class _Found:
    """The rows of one chunk that are let through, of the first `searched`."""

    __slots__ = ("rows", "searched")

    def __init__(self) -> None:
        self.searched = 0
        self.rows = array("H")


@dataclass(frozen=True, slots=True)
class _Part:
    """The first `count` of the `rows` found in a chunk that begins with entry `start`."""

    start: int
    rows: array[int]
    count: int


class Matches(Sequence[int]):
    """The numbers of the entries that were let through, ascending, of the entries `first` to `end` - 1.

    Nothing is known of entries before and after those; `is_complete` if there are none.
    """

    def __init__(self, parts: tuple[_Part, ...], first: int, end: int, *, is_complete: bool) -> None:
        self.first, self.end = first, end
        self.is_complete = is_complete
        self._parts = parts
        self._ends = list(accumulate(part.count for part in parts))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, index: int) -> int: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[int]: ...

    def __getitem__(self, index: int | slice) -> int | Sequence[int]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        place = index + len(self) if index < 0 else index
        if not 0 <= place < len(self):
            raise IndexError(f"match {index} of {len(self)}")
        which = bisect_right(self._ends, place)
        part = self._parts[which]
        return part.start + part.rows[place - self._ends[which] + part.count]

    def __iter__(self) -> Iterator[int]:
        for part in self._parts:
            for row in part.rows[: part.count]:
                yield part.start + row


class LogSearch:
    """The search for what `wanted` lets through, in any views of a log. One thread uses it."""

    def __init__(self, wanted: LogFilter) -> None:
        self.wanted = wanted
        self._found: dict[int, _Found] = {}
        self._judges = tuple(_Judge(known) for known in wanted.alternatives)

    def advance(self, entries: LogEntries, near: int, slice_chunks: int = SLICE_CHUNKS) -> bool:
        """Search `slice_chunks` more chunks, those nearest to entry number `near` first.

        Returns whether all is known now.
        """
        parts = list(entries.parts(entries.first, entries.end))
        self._forget(entries)
        missing = [part for part in parts if self._missing(part[0], part[2])]
        missing.sort(key=lambda part: abs(2 * (part[0].start - near) + CHUNK_ROWS))
        for chunk, _, high in missing[:slice_chunks]:
            self._search(entries, chunk, high)
        return len(missing) <= slice_chunks

    def matches(self, entries: LogEntries, near: int) -> Matches:
        """Return what is known of the entries around number `near`, as far as it goes on unbroken."""
        parts = list(entries.parts(entries.first, entries.end))
        if not parts:
            return Matches((), entries.first, entries.end, is_complete=True)
        here = min(max(near - parts[0][0].start, 0) // CHUNK_ROWS, len(parts) - 1)
        low = high = here
        if not self._missing(parts[here][0], parts[here][2]):
            high += 1
            while high < len(parts) and not self._missing(parts[high][0], parts[high][2]):
                high += 1
            while low > 0 and not self._missing(parts[low - 1][0], parts[low - 1][2]):
                low -= 1
        known = tuple(self._part(chunk, end) for chunk, _, end in parts[low:high])
        first = parts[low][0].start
        end = parts[high - 1][0].start + parts[high - 1][2] if known else first
        return Matches(known, first, end, is_complete=len(known) == len(parts))

    def before(
        self, entries: LogEntries, number: int, is_interrupted: Callable[[], bool]
    ) -> int | None:
        """Return the last entry before `number` that is let through, None if there is none."""
        for chunk, _, high in reversed(list(entries.parts(entries.first, number))):
            if is_interrupted():
                return None
            part = self._searched(entries, chunk, high)
            if part.count:
                return part.start + part.rows[part.count - 1]
        return None

    def after(self, entries: LogEntries, number: int, is_interrupted: Callable[[], bool]) -> int | None:
        """Return the first entry from `number` on that is let through, None if there is none."""
        for chunk, low, high in entries.parts(number, entries.end):
            if is_interrupted():
                return None
            part = self._searched(entries, chunk, high)
            place = bisect_left(part.rows, low, 0, part.count)
            if place < part.count:
                return part.start + part.rows[place]
        return None

    def every(self, entries: LogEntries) -> Iterator[LogEntry]:
        """Yield all entries that are let through, the oldest first."""
        for chunk, _, high in entries.parts(entries.first, entries.end):
            part = self._searched(entries, chunk, high)
            if part.count:
                for row in part.rows[: part.count]:
                    yield entries.entry(part.start + row)

    # Details

    def _missing(self, chunk: Chunk, high: int) -> bool:
        found = self._found.get(chunk.serial)
        return found is None or found.searched < high

    def _searched(self, entries: LogEntries, chunk: Chunk, high: int) -> _Part:
        if self._missing(chunk, high):
            self._forget(entries)
            self._search(entries, chunk, high)
        return self._part(chunk, high)

    def _forget(self, entries: LogEntries) -> None:
        """Let go of what was found in chunks that the log has forgotten, once they are many."""
        chunks = (entries.end - entries.first) // CHUNK_ROWS + 1
        if len(self._found) > 2 * chunks + _SPARE:
            here = {chunk.serial for chunk, _, _ in entries.parts(entries.first, entries.end)}
            self._found = {serial: found for serial, found in self._found.items() if serial in here}

    def _part(self, chunk: Chunk, high: int) -> _Part:
        rows = self._found[chunk.serial].rows
        return _Part(chunk.start, rows, bisect_left(rows, high))

    def _search(self, entries: LogEntries, chunk: Chunk, high: int) -> None:
        found = self._found.setdefault(chunk.serial, _Found())
        low = found.searched
        rows = entries.rows.part(chunk, low, high)
        places: set[int] = set()
        for judge in self._judges:
            places.update(judge.places(rows, entries.locate))
        found.rows.extend(sorted(place + low for place in places))
        found.searched = high


class _Judge:
    """Applies one alternative of a filter to many rows. Verdicts on likenesses are remembered."""

    def __init__(self, asked: Alternative) -> None:
        self._asked = asked
        self._verdicts: dict[tuple[int, int, int, int], bool] = {}

    def places(self, rows: bytes, locate: Locate) -> Iterator[int]:
        """Yield which of some rows are let through, counted from 0."""
        asked, verdicts = self._asked, self._verdicts
        if asked.low or asked.high is not None:
            when = instants(rows)
            low = bisect_left(when, asked.low)
            high = len(when) if asked.high is None else bisect_left(when, asked.high)
        else:
            low, high = 0, len(kind_codes(rows))
        likes = list(likenesses(rows))[low:high]
        if len(verdicts) > _MOST_VERDICTS:
            verdicts.clear()
        for like in set(likes) - verdicts.keys():
            verdicts[like] = asked.holds_of(Likeness(*like).entry(locate))
        return compress(range(low, high), map(verdicts.__getitem__, likes))


_SPARE = 16
