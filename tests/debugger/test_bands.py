"""What ran when, in columns: against a count step by step."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hvtui.debugger.bands import BLOCK_ROWS, UNKNOWN, Bands, Column, Run, Runner, Stretch
from hvtui.debugger.logentries import LogEntries
from hvtui.debugger.rows import CHUNK_ROWS, Chunk
from hvtui.debugger.traplog import TrapLog
from tests.support.logs import empty_log, fill

LAST = Runner(3, "program")


def run_of(log: TrapLog, frontier: int) -> Run:
    return Run(log.known, log.length, frontier, frontier, LAST)


def slowly(entries: LogEntries, frontier: int, edges: tuple[int, ...]) -> list[Column]:
    """Count every step by itself."""
    ran: list[Runner] = []
    happened = list(entries)
    for entry in happened:
        ran += [Runner(entry.origin.ring, entry.position.owner)] * (entry.instant + 1 - len(ran))
    ran += [LAST] * (frontier - len(ran))
    columns = []
    for start, end in pairwise(edges):
        counted = Counter(ran[start:end])
        events = Counter(entry.kind for entry in happened if start <= entry.instant < end)
        columns.append(Column(start, end, tuple(counted.items()), dict(events)))
    return columns


def exactly(bands: Bands, run: Run, edges: tuple[int, ...]) -> Stretch:
    for _ in range(1000):
        stretch = bands.stretch(run, edges)
        if stretch.exact:
            return stretch
    raise AssertionError("the stretch never became exact")


def same(found: tuple[Column, ...], expected: list[Column]) -> bool:
    def plain(column: Column) -> object:
        return column.start, column.end, dict(column.shares), dict(column.events)

    return [plain(column) for column in found] == [plain(column) for column in expected]


def evenly(start: int, end: int, width: int) -> tuple[int, ...]:
    return tuple(start + (end - start) * column // width for column in range(width + 1))


@settings(max_examples=25, deadline=None)
@given(
    pairs=st.sampled_from([0, 3, 127, 700, 2500]),
    seed=st.integers(0, 99),
    cuts=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 300)), max_size=3),
    window=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    width=st.integers(1, 90),
)
def test_columns_are_what_a_count_step_by_step_gives(
    pairs: int,
    seed: int,
    cuts: list[tuple[float, int]],
    window: tuple[float, float],
    width: int,
) -> None:
    """Whatever was travelled and cut before; the same sums are used all along."""
    log, bands = empty_log(), Bands()
    frontier = fill(log, pairs, seed=seed)
    marks = [log.capture()]
    for where, more in cuts:
        exactly(bands, run_of(log, frontier), evenly(0, frontier, width))
        entries = log.known
        wanted = int(where * len(entries))
        cut_at = entries.entry(wanted).instant if wanted < len(entries) else frontier
        log.restore(marks[0]._replace(length=wanted))
        log.cut()
        frontier = fill(log, more, seed=seed + 1, since=cut_at)
    low, high = sorted(int(place * frontier) for place in window)
    high = max(high, low + 1)
    edges = tuple(sorted(set(evenly(low, high, width))))
    stretch = exactly(bands, run_of(log, frontier), edges)
    assert same(stretch.columns, slowly(log.known, frontier, edges))


class CountingBands(Bands):
    """Counts the rows that are read."""

    read = 0

    def _read(self, entries: LogEntries, chunk: Chunk, low: int, high: int) -> tuple[bytes, int]:
        rows, start = super()._read(entries, chunk, low, high)
        self.read += len(rows) // 56
        return rows, start


def test_shares_come_in_the_order_of_their_size() -> None:
    log = empty_log()
    frontier = fill(log, 500)
    (column,) = exactly(Bands(), run_of(log, frontier), (0, frontier)).columns
    steps = [count for _, count in column.shares]
    assert steps == sorted(steps, reverse=True)
    assert sum(steps) == frontier
    assert column.runner == column.shares[0][0]


def test_beyond_the_frontier_nothing_ran() -> None:
    log = empty_log()
    frontier = fill(log, 5)
    run = run_of(log, frontier)
    column = Bands().stretch(run, (0, frontier, frontier + 50)).columns[1]
    assert (column.shares, column.runner) == ((), UNKNOWN)


def test_a_long_log_is_summed_up_in_slices_and_what_is_spread_adds_up() -> None:
    log = empty_log()
    frontier = fill(log, 3 * CHUNK_ROWS)
    run, bands, edges = run_of(log, frontier), Bands(), evenly(0, frontier, 50)
    first = bands.stretch(run, edges, slice_chunks=1, slice_blocks=0)
    assert not first.exact
    assert UNKNOWN in {runner for column in first.columns for runner, _ in column.shares}
    for _ in range(10):
        spread = bands.stretch(run, edges, slice_chunks=1, slice_blocks=0)
    assert not spread.exact
    expected = slowly(log.known, frontier, edges)
    total: Counter[Runner] = Counter()
    longest = max(_block_lengths(log.known))
    for found, right in zip(spread.columns, expected, strict=True):
        total.update(dict(found.shares))
        # Each share is rounded by itself; over all columns nothing is lost.
        assert abs(sum(dict(found.shares).values()) - (found.end - found.start)) <= 3
        for runner, steps in right.shares:
            assert abs(dict(found.shares)[runner] - steps) <= 2 * longest
    assert total == Counter(dict(exactly(bands, run, (0, frontier)).columns[0].shares))
    assert same(exactly(bands, run, edges).columns, expected)


def test_a_run_that_goes_on_leaves_rough_columns_as_they_are() -> None:
    log, bands = empty_log(), CountingBands()
    frontier = fill(log, 10_000)
    edges = evenly(0, 2 * frontier, 90)
    while any(
        UNKNOWN in dict(column.shares)
        for column in bands.stretch(run_of(log, frontier), edges, slice_blocks=0).columns
    ):
        pass
    bands.read = 0
    frontier = fill(log, 10, since=frontier)
    rough = bands.stretch(run_of(log, frontier), edges, slice_blocks=0, refine=False)
    assert not rough.exact
    assert bands.read <= 2 * BLOCK_ROWS
    found = exactly(bands, run_of(log, frontier), edges)
    assert same(found.columns, slowly(log.known, frontier, edges))


def _block_lengths(entries: LogEntries) -> list[int]:
    whens = [entry.instant for entry in entries][::BLOCK_ROWS]
    return [after - before for before, after in pairwise(whens)]


def test_many_entries_are_read_once_and_then_only_what_is_new() -> None:
    log, bands = empty_log(), CountingBands()
    frontier = fill(log, 60_000)
    scale = frontier // 150
    edges = tuple(range(0, 200 * scale, scale))
    exactly(bands, run_of(log, frontier), edges)
    assert len(log.known) > 120_000
    bands.read = 0
    frontier = fill(log, 10, since=frontier)
    bands.stretch(run_of(log, frontier), edges)
    # The column that grows, and no more: the blocks at its edges and what is in no block yet.
    assert bands.read <= 3 * BLOCK_ROWS


@pytest.mark.parametrize("kept", [1, 2])
def test_what_was_forgotten_is_unknown(kept: int) -> None:
    log = empty_log(chunks=kept)
    frontier = fill(log, 4 * CHUNK_ROWS)
    entries = log.known
    assert entries.first > 0
    edges = (0, entries[0].instant - 100, frontier)
    first, second = exactly(Bands(), run_of(log, frontier), edges).columns
    assert first.runner == UNKNOWN
    assert second.runner != UNKNOWN
