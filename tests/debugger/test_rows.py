"""Rows in great numbers: written by one thread, read by others, cut off and forgotten."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hvtui.debugger.rows import CHUNK_ROWS, RowStore

SIZE = 8


def row(number: int) -> bytes:
    return number.to_bytes(SIZE, "little")


def filled(count: int, chunks: int = 16) -> RowStore:
    store = RowStore(SIZE, chunks)
    for number in range(count):
        store.append(row(number))
    return store


def test_rows_are_read_across_chunks() -> None:
    view = filled(2 * CHUNK_ROWS + 3).view()
    assert (view.first, view.end) == (0, 2 * CHUNK_ROWS + 3)
    for number in (0, CHUNK_ROWS - 1, CHUNK_ROWS, 2 * CHUNK_ROWS + 2):
        assert view[number] == row(number)
    with pytest.raises(IndexError, match=f"row {2 * CHUNK_ROWS + 3}: there are 0 to"):
        view[2 * CHUNK_ROWS + 3]


def test_parts_are_the_chunks_that_hold_some_rows() -> None:
    view = filled(2 * CHUNK_ROWS + 3).view()
    found = [(chunk.start, low, high) for chunk, low, high in view.parts(5, CHUNK_ROWS + 1)]
    assert found == [(0, 5, CHUNK_ROWS), (CHUNK_ROWS, 0, 1)]
    assert list(view.parts(2 * CHUNK_ROWS + 3, 1 << 40)) == []


def test_a_chunk_knows_its_first_row_and_the_one_before() -> None:
    chunks = filled(2 * CHUNK_ROWS + 3).view().chunks
    assert [chunk.head() for chunk in chunks] == [row(0), row(CHUNK_ROWS), row(2 * CHUNK_ROWS)]
    assert [chunk.before for chunk in chunks] == [b"", row(CHUNK_ROWS - 1), row(2 * CHUNK_ROWS - 1)]
    assert [chunk.is_open for chunk in chunks] == [False, False, True]


def test_the_oldest_chunk_is_forgotten_but_not_by_a_view_taken_before() -> None:
    store = filled(2 * CHUNK_ROWS, chunks=2)
    before = store.view()
    for number in range(2 * CHUNK_ROWS, 3 * CHUNK_ROWS):
        store.append(row(number))
    assert (store.first, store.view().first) == (CHUNK_ROWS, CHUNK_ROWS)
    assert before[0] == row(0)
    assert before.end == 2 * CHUNK_ROWS


@pytest.mark.parametrize("end", [0, 1, CHUNK_ROWS - 1, CHUNK_ROWS, CHUNK_ROWS + 7, 2 * CHUNK_ROWS])
def test_a_view_keeps_its_meaning_when_the_store_is_cut(end: int) -> None:
    store = filled(2 * CHUNK_ROWS + 9)
    before = store.view()
    store.cut(end)
    for number in range(end, end + CHUNK_ROWS + 20):
        store.append(row(1_000_000 + number))
    after = store.view()
    assert [before[number] for number in range(before.end)] == [row(n) for n in range(before.end)]
    assert after.end == end + CHUNK_ROWS + 20
    assert all(after[number] == row(number) for number in range(end))
    assert all(after[number] == row(1_000_000 + number) for number in range(end, after.end))


def test_a_cut_before_all_that_is_kept_begins_anew_at_that_number() -> None:
    store = filled(4 * CHUNK_ROWS, chunks=1)
    store.cut(100)
    assert (store.first, store.end) == (100, 100)
    store.append(row(7))
    assert store.view()[100] == row(7)
    with pytest.raises(IndexError):
        store.view()[99]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9000), st.integers(0, 9000)), max_size=6))
def test_a_store_is_like_a_list(steps: list[tuple[int, int]]) -> None:
    store = RowStore(SIZE, 100)
    expected: list[bytes] = []
    for count, end in steps:
        for _ in range(count):
            store.append(row(len(expected)))
            expected.append(row(len(expected)))
        store.cut(end)
        del expected[end:]
        view = store.view()
        read = b"".join(view.part(chunk, low, high) for chunk, low, high in view.parts(0, view.end))
        assert read == b"".join(expected)


def test_another_thread_reads_while_rows_are_added_and_cut() -> None:
    """Each row holds its number, whatever has been cut meanwhile."""
    store = RowStore(SIZE, 4)
    wrong: list[tuple[int, bytes]] = []
    done = threading.Event()
    reads = 0

    def read() -> None:
        nonlocal reads
        while not done.is_set() or not reads:
            view = store.view()
            numbers = range(view.end - 1, view.first - 1, -997)
            wrong.extend((n, found) for n in numbers if (found := view[n]) != row(n))
            reads += 1

    reader = threading.Thread(target=read)
    reader.start()
    number = 0
    for turn in range(20):
        for _ in range(4_001):
            store.append(row(number))
            number += 1
        if turn % 3 == 2:
            number -= 2_345
            store.cut(number)
    done.set()
    reader.join()
    assert not wrong
    assert reads
