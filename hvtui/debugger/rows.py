"""Rows of bytes in great numbers: appended, read anywhere, cut off, forgotten from the start.

Rows are kept in chunks, and the full ones compressed: what crosses the border between modes repeats
itself, so millions of rows need little room.
"""

from __future__ import annotations

import zlib

CHUNK_ROWS = 4096
# Speed matters more than the last bit of room: the machine waits meanwhile.
_LEVEL = 1


class RowStore:
    """Rows of `row_size` bytes, numbered from 0; the last `most_chunks` chunks at least are kept.

    The rows `first` to `end` - 1 can be read.
    """

    def __init__(self, row_size: int, most_chunks: int) -> None:
        self._row_size = row_size
        self._most_chunks = most_chunks
        self._chunks: list[bytes] = []
        self._forgotten = 0  # chunks
        self._floor = 0  # rows below it are gone, though their chunk is not
        self._open = bytearray()
        self._unpacked: tuple[int, bytes] = (-1, b"")

    @property
    def first(self) -> int:
        """The number of the oldest row that is kept."""
        return max(self._forgotten * CHUNK_ROWS, self._floor)

    @property
    def end(self) -> int:
        """The number that the next row will have."""
        packed = (self._forgotten + len(self._chunks)) * CHUNK_ROWS
        return packed + len(self._open) // self._row_size

    def append(self, row: bytes) -> None:
        """Add a row at the end."""
        self._open += row
        if len(self._open) == self._row_size * CHUNK_ROWS:
            self._chunks.append(zlib.compress(self._open, _LEVEL))
            self._open = bytearray()
            if len(self._chunks) > self._most_chunks:
                del self._chunks[0]
                self._forgotten += 1

    def __getitem__(self, number: int) -> bytes:
        """Return a row. Raises IndexError for one that is not kept."""
        if not self.first <= number < self.end:
            raise IndexError(f"row {number}: there are {self.first} to {self.end - 1}")
        chunk, place = divmod(number, CHUNK_ROWS)
        content = self._content(chunk - self._forgotten)
        start = place * self._row_size
        return bytes(content[start : start + self._row_size])

    def _content(self, index: int) -> bytes | bytearray:
        if index == len(self._chunks):
            return self._open
        number = index + self._forgotten
        if self._unpacked[0] != number:
            self._unpacked = (number, zlib.decompress(self._chunks[index]))
        return self._unpacked[1]

    def cut(self, end: int) -> None:
        """Remove the rows from number `end` on."""
        if end >= self.end:
            return
        self._unpacked = (-1, b"")
        chunk, place = divmod(end, CHUNK_ROWS)
        index = chunk - self._forgotten
        if index < 0:
            # All that was kept is cut, and more. What fills the chunk up to there is never read.
            self._chunks, self._open = [], bytearray(place * self._row_size)
            self._forgotten, self._floor = chunk, end
            return
        self._open = bytearray(self._content(index)[: place * self._row_size])
        del self._chunks[index:]
