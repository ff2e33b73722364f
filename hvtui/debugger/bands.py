"""What ran when: a stretch of the run in columns, each with the shares of rings and components.

Between two entries of the trap log the machine stays in one ring, and in the component that the later
one happened in: that is known of the whole run without running it again. Entries are summed up in
blocks, once. A block that lies within one column is not read again; one that crosses an edge is, and
until there is time for that, its steps are spread evenly. Columns that are exact are remembered.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby, pairwise

from hvtui.debugger.logentries import (
    KINDS,
    Kind,
    LogEntries,
    first_instant,
    instants,
    kind_codes,
    position_of,
    runners,
)
from hvtui.debugger.rows import CHUNK_ROWS, Chunk
from hvtui.debugger.tallying import Block, Budget, ChunkSum, Tally, whole
from hvtui.machine.privilege import Privilege

BLOCK_ROWS = 256

# How much is done in one go: chunks that are summed up, and blocks that are read again.
SLICE_CHUNKS = 4
SLICE_BLOCKS = 12

_MOST_COLUMNS = 4096
_MOST_PLACES = 1 << 16
_SPARE = 16


@dataclass(frozen=True, slots=True)
class Runner:
    """Who ran: a component, empty if none is known, in a ring; `ring` is None where that is unknown."""

    ring: int | None
    owner: str = ""


UNKNOWN = Runner(None)


@dataclass(frozen=True, slots=True)
class Column:
    """The steps of the machine from instant `start` to before `end`.

    `shares` are the steps that each runner took, the most first, none beyond the end of the run;
    `events` how often something of each kind happened.
    """

    start: int
    end: int
    shares: tuple[tuple[Runner, int], ...] = ()
    events: Mapping[Kind, int] = field(default_factory=dict)

    @property
    def runner(self) -> Runner:
        """Who ran most."""
        return self.shares[0][0] if self.shares else UNKNOWN


@dataclass(frozen=True, slots=True)
class Run:
    """A run as far as it is known: its log, and who has run since the last entry.

    `now` is the present instant, `present` the number of the first entry that is not in the past;
    `frontier` the furthest instant. `hits` are the instants at which breakpoints were hit, `changes`
    those at which something came from outside: input, or a change by a person. `components` are the
    names of all components of the machine.
    """

    entries: LogEntries
    present: int
    now: int
    frontier: int
    last: Runner = UNKNOWN
    hits: tuple[int, ...] = ()
    changes: tuple[int, ...] = ()
    components: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stretch:
    """Columns side by side. It is `exact` unless something was spread evenly or is not known yet."""

    columns: tuple[Column, ...]
    exact: bool


class Bands:
    """Sums up logs. One thread uses it; what was found out is kept, for the same run and the next."""

    def __init__(self) -> None:
        self._numbers: dict[Runner, int] = {}
        self._runners: list[Runner] = []
        self._places: dict[tuple[int, int, int], int] = {}
        self._sums: dict[int, ChunkSum] = {}
        # Columns that are exact, and those of which something is spread evenly.
        self._columns: dict[tuple[int, int], Column] = {}
        self._rough: dict[tuple[int, int], Column] = {}
        self._last_chunk = -1

    def stretch(
        self,
        run: Run,
        edges: tuple[int, ...],
        *,
        slice_chunks: int = SLICE_CHUNKS,
        slice_blocks: int = SLICE_BLOCKS,
        refine: bool = True,
    ) -> Stretch:
        """Return the columns between `edges`, ascending instants.

        No more than `slice_chunks` are summed up that were not before, and no more than `slice_blocks`
        are read again: if the result is not exact, ask once more. Without `refine`, columns that are
        not exact are left so, but for the growing one: for a run that goes on.
        """
        self._look_for_a_cut(run.entries)
        spans = list(pairwise(edges))
        kept = self._columns if refine else {**self._rough, **self._columns}
        budget = Budget(slice_chunks, slice_blocks)
        exact = True
        settled = _end_of(run.entries)
        columns: list[Column] = []
        for known, group in groupby(range(len(spans)), lambda index: spans[index] in kept):
            indices = list(group)
            if known:
                columns += (kept[spans[index]] for index in indices)
                exact = exact and all(spans[index] in self._columns for index in indices)
                continue
            tally = Tally(edges[indices[0] : indices[-1] + 2])
            self._add_run(tally, run, budget)
            for index, column in enumerate(self._counted(tally)):
                columns.append(column)
                is_exact = index not in tally.blurred
                exact = exact and is_exact
                if column.end <= settled and index not in tally.missing:
                    _remember(self._columns if is_exact else self._rough, column)
        return Stretch(tuple(columns), exact)

    def _look_for_a_cut(self, entries: LogEntries) -> None:
        """Forget the columns of another past: what was the last chunk is not there any more."""
        chunks = entries.rows.chunks
        here = {chunk.serial for chunk in chunks}
        if self._last_chunk not in here:
            self._columns.clear()
            self._rough.clear()
        self._last_chunk = chunks[-1].serial
        if len(self._sums) > 2 * len(here) + _SPARE:
            self._sums = {serial: known for serial, known in self._sums.items() if serial in here}

    # From the log into columns

    def _add_run(self, tally: Tally, run: Run, budget: Budget) -> None:
        entries, low, high = run.entries, tally.edges[0], tally.edges[-1]
        if entries.first < entries.end:
            parts = list(entries.parts(entries.first, entries.end))
            chunks = [chunk for chunk, _, _ in parts]
            starts = [_start_of(chunk) for chunk in chunks]
            tally.add(0, starts[0], self._number(UNKNOWN))
            ends = [*starts[1:], _end_of(entries)]
            since = max(bisect_right(starts, low) - 1, 0)
            # The newest first: what there is no time for is far from where people look.
            for index in reversed(range(since, bisect_left(starts, high))):
                self._add_chunk(tally, entries, parts[index], (starts[index], ends[index]), budget)
        elif entries.first:
            # All that was kept has been cut off.
            tally.add(0, run.frontier, self._number(UNKNOWN))
            return
        tally.add(_end_of(entries), run.frontier, self._number(run.last))

    def _add_chunk(
        self,
        tally: Tally,
        entries: LogEntries,
        part: tuple[Chunk, int, int],
        span: tuple[int, int],
        budget: Budget,
    ) -> None:
        chunk, _, high = part
        known = self._sums.setdefault(chunk.serial, ChunkSum())
        count = high // BLOCK_ROWS
        if len(known.blocks) < count:
            if not budget.take_chunk():
                tally.add(*span, self._number(UNKNOWN))
                tally.blur(*span, is_missing=True)
                return
            self._sum_up(entries, chunk, known, count)
        if known.whole is not None and high == CHUNK_ROWS and tally.holds(known.whole):
            tally.add_block(known.whole)
            return
        for index, block in enumerate(known.blocks[:count]):
            if block.end <= tally.edges[0] or block.start >= tally.edges[-1]:
                continue
            if tally.holds(block):
                tally.add_block(block)
            elif budget.take_block():
                self._add_rows(tally, entries, chunk, index * BLOCK_ROWS, (index + 1) * BLOCK_ROWS)
            else:
                tally.spread_block(block)
        if count * BLOCK_ROWS < high:
            self._add_rows(tally, entries, chunk, count * BLOCK_ROWS, high)

    def _add_rows(self, tally: Tally, entries: LogEntries, chunk: Chunk, low: int, high: int) -> None:
        rows, start = self._read(entries, chunk, low, high)
        for instant, runner, kind in zip(
            instants(rows), self._runners_of(rows, entries), kind_codes(rows), strict=True
        ):
            tally.add(start, instant + 1, runner)
            tally.count(instant, kind)
            start = instant + 1

    def _sum_up(self, entries: LogEntries, chunk: Chunk, known: ChunkSum, count: int) -> None:
        for index in range(len(known.blocks), count):
            low = index * BLOCK_ROWS
            rows, start = self._read(entries, chunk, low, low + BLOCK_ROWS)
            shares: dict[int, int] = {}
            since = start
            for instant, runner in zip(instants(rows), self._runners_of(rows, entries), strict=True):
                shares[runner] = shares.get(runner, 0) + instant + 1 - since
                since = instant + 1
            kinds = kind_codes(rows)
            events = tuple(kinds.count(code) for code in range(len(KINDS)))
            known.blocks.append(Block(start, since, tuple(shares.items()), events))
        if len(known.blocks) * BLOCK_ROWS == CHUNK_ROWS:
            known.whole = whole(known.blocks)

    def _read(self, entries: LogEntries, chunk: Chunk, low: int, high: int) -> tuple[bytes, int]:
        """Return some rows of a chunk, and the instant from which on the first one tells who ran."""
        if low == 0:
            return entries.rows.part(chunk, 0, high), _start_of(chunk)
        rows = entries.rows.part(chunk, low - 1, high)
        return rows[chunk.size :], first_instant(rows) + 1

    # Runners by number

    def _runners_of(self, rows: bytes, entries: LogEntries) -> Iterator[int]:
        """Yield who ran before each of some rows, by number."""
        places = self._places
        if len(places) > _MOST_PLACES:
            places.clear()
        for place in runners(rows):
            number = places.get(place)
            if number is None:
                mode, pc, physical = place
                owner = position_of(pc, physical, entries.locate).owner
                number = places[place] = self._number(Runner(Privilege(mode).ring, owner))
            yield number

    def _number(self, runner: Runner) -> int:
        number = self._numbers.get(runner)
        if number is None:
            number = self._numbers[runner] = len(self._runners)
            self._runners.append(runner)
        return number

    def _counted(self, tally: Tally) -> Iterator[Column]:
        for index, (shares, events) in enumerate(zip(tally.shares, tally.events, strict=True)):
            ordered = sorted(shares.items(), key=lambda share: -share[1])
            yield Column(
                tally.edges[index],
                tally.edges[index + 1],
                tuple((self._runners[number], steps) for number, steps in ordered),
                {kind: number for kind, number in zip(KINDS, events, strict=True) if number},
            )


def _remember(columns: dict[tuple[int, int], Column], column: Column) -> None:
    if len(columns) >= _MOST_COLUMNS:
        columns.clear()
    columns[column.start, column.end] = column


def _start_of(chunk: Chunk) -> int:
    """Return the instant from which on a chunk's first entry tells who ran."""
    if chunk.before:
        return first_instant(chunk.before) + 1
    return 0 if chunk.start == 0 else first_instant(chunk.head())


def _end_of(entries: LogEntries) -> int:
    """Return the instant after the last entry."""
    if entries.first == entries.end:
        return 0
    return first_instant(entries.rows[entries.end - 1]) + 1
