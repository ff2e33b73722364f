"""Rows of bytes in great numbers: appended, read anywhere, cut off, forgotten from the start.

Rows are kept in chunks, and the full ones compressed: what crosses the border between modes repeats
itself, so millions of rows need little room.

One thread writes. Any thread may take a view and read it: a chunk is only ever added to, and then
compressed, and what is cut off is left to the views that were taken before.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import count

CHUNK_ROWS = 4096
# Speed matters more than the last bit of room: the machine waits meanwhile.
_LEVEL = 1
# Who reads looks at a place here and a place there.
_UNCOMPRESSED_CHUNKS = 8
_SERIALS = count()


class Chunk:
    """Up to `CHUNK_ROWS` rows, of which `start` is the first's number.

    `before` is the row that came before them, empty if there was none. `serial` is the chunk's alone:
    what was found out about its rows stays true, and may be kept under that number.
    """

    __slots__ = ("_compressed", "_head", "_open", "before", "serial", "size", "start")

    def __init__(self, size: int, start: int, before: bytes = b"", rows: bytes = b"") -> None:
        self.size = size
        self.start = start
        self.before = before
        self.serial = next(_SERIALS)
        self._open: bytearray | None = bytearray(rows)
        self._compressed = b""
        self._head = b""

    @property
    def is_open(self) -> bool:
        """Tell whether rows may come yet."""
        return self._open is not None

    @property
    def count(self) -> int:
        """How many rows there are."""
        rows = self._open
        return CHUNK_ROWS if rows is None else len(rows) // self.size

    def rows_to_add_to(self) -> bytearray:
        """Return the rows of an open chunk, for its writer."""
        assert self._open is not None, "rows are added to the last chunk, which is open"
        return self._open

    def close(self) -> None:
        """Compress the rows: the chunk is full."""
        rows = self.rows_to_add_to()
        self._head = bytes(rows[: self.size])
        self._compressed = zlib.compress(rows, _LEVEL)
        self._open = None

    def part(self, low: int, high: int) -> bytes | None:
        """Return the rows `low` to `high` - 1 of an open chunk, None if it is none any more."""
        rows = self._open
        # A copy, taken in one go: the writer goes on.
        return None if rows is None else bytes(rows[low * self.size : high * self.size])

    def head(self) -> bytes:
        """Return the first row, which is at hand without uncompressing; empty if there is none."""
        part = self.part(0, 1)
        return self._head if part is None else part

    def uncompressed(self) -> bytes:
        """Return the rows of a chunk that is not open."""
        return zlib.decompress(self._compressed)


class RowStore:
    """Rows of `row_size` bytes, numbered from 0; the last `most_chunks` chunks at least are kept."""

    def __init__(self, row_size: int, most_chunks: int) -> None:
        self._row_size = row_size
        self._most_chunks = most_chunks
        # The last chunk is open. The list is replaced or changed by single operations, so that a
        # copy of it taken in another thread is right.
        self._chunks = [Chunk(row_size, 0)]
        self._open = self._chunks[-1].rows_to_add_to()
        self._full = row_size * CHUNK_ROWS
        # The number that the next row will have.
        self.end = 0
        self._content = lru_cache(_UNCOMPRESSED_CHUNKS)(Chunk.uncompressed)

    @property
    def first(self) -> int:
        """The number of the oldest row that is kept."""
        return self._chunks[0].start

    def append(self, row: bytes) -> None:
        """Add a row at the end."""
        self._open += row
        self.end += 1
        if len(self._open) == self._full:
            last = self._chunks[-1]
            last.close()
            self._chunks.append(Chunk(self._row_size, last.start + CHUNK_ROWS, before=row))
            self._open = self._chunks[-1].rows_to_add_to()
            if len(self._chunks) > self._most_chunks + 1:
                del self._chunks[0]

    def view(self) -> RowView:
        """Return the rows that there are now. For any thread."""
        return RowView(tuple(self._chunks), self._content)

    def cut(self, end: int) -> None:
        """Remove the rows from number `end` on. Views that were taken before keep them."""
        if end >= self.end:
            return
        self.end = end
        if end < self.first:
            # All that was kept is cut, and more.
            self._chunks = [Chunk(self._row_size, end)]
        else:
            index, place = divmod(end - self.first, CHUNK_ROWS)
            chunk = self._chunks[index]
            rows = self.view().part(chunk, 0, place)
            kept = Chunk(self._row_size, chunk.start, chunk.before, rows)
            self._chunks = [*self._chunks[:index], kept]
        self._open = self._chunks[-1].rows_to_add_to()


class RowView:
    """The rows that a store had at one moment: numbers `first` to `end` - 1. For any thread."""

    __slots__ = ("_content", "chunks", "end", "first")

    def __init__(self, chunks: tuple[Chunk, ...], content: Callable[[Chunk], bytes]) -> None:
        self.chunks = chunks
        self.first = chunks[0].start
        self.end = chunks[-1].start + chunks[-1].count
        self._content = content

    def __getitem__(self, number: int) -> bytes:
        """Return a row. Raises IndexError for one that is not here."""
        chunk = self.chunk_of(number)
        place = number - chunk.start
        return self.part(chunk, place, place + 1)

    def chunk_of(self, number: int) -> Chunk:
        """Return the chunk that holds a row. Raises IndexError for one that is not here."""
        if not self.first <= number < self.end:
            raise IndexError(f"row {number}: there are {self.first} to {self.end - 1}")
        return self.chunks[(number - self.first) // CHUNK_ROWS]

    def part(self, chunk: Chunk, low: int, high: int) -> bytes:
        """Return the rows `low` to `high` - 1 of a chunk, counted from its beginning."""
        part = chunk.part(low, high)
        if part is None:
            part = self._content(chunk)[low * chunk.size : high * chunk.size]
        return part

    def parts(self, first: int, end: int) -> Iterator[tuple[Chunk, int, int]]:
        """Yield the chunks that hold the rows `first` to `end` - 1, and which of its rows each time.

        Numbers of rows that are not here are passed over.
        """
        first, end = max(first, self.first), min(end, self.end)
        while first < end:
            chunk = self.chunk_of(first)
            stop = min(end, chunk.start + CHUNK_ROWS)
            yield chunk, first - chunk.start, stop - chunk.start
            first = stop
