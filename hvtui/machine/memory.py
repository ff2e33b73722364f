"""RAM: bytes, and a mark for every 16 bytes of them that says what a store there must look after.

Pages are captured by sharing: a page that did not change since the last capture is the same object
in both states.
"""

from __future__ import annotations

import mmap
from collections.abc import Callable, Iterable
from typing import TypeAlias

PAGE_SIZE = 4096
PAGE_SHIFT = 12
PAGE_OFFSET = PAGE_SIZE - 1
GRANULE_SHIFT = 4

CODE = 1  # an instruction of this granule is cached
TABLE = 2  # a cached translation used a page-table entry of this granule
CLEAN = 4  # the page is as it was captured last
WATCH = 8  # somebody wants to hear of stores here
DECODED = 16  # the fast engine has decoded an instruction of this granule
WALKED = 32  # the fast engine has cached a translation that used an entry of this granule

RAM_BASE = 0x8000_0000
DEFAULT_RAM_SIZE = 16 << 20
MAX_RAM_SIZE = 2 << 30

_GRANULES_PER_PAGE = PAGE_SIZE >> GRANULE_SHIFT
_PAGES_PER_CHUNK = 64
_ZERO_PAGE = bytes(PAGE_SIZE)
_SET_CLEAN = bytes(mark | CLEAN for mark in range(256))
_DROP_CLEAN = bytes(mark & ~CLEAN for mark in range(256))
_ENGINE_MARKS = DECODED | WALKED
_CACHE_MARKS = CODE | TABLE | _ENGINE_MARKS
_TABLE_MARKS = TABLE | WALKED
_WITHOUT_CACHES = bytes(mark for mark in range(256) if not mark & _CACHE_MARKS)

# The contents of RAM: chunks of pages, both shared with the states before as far as they are equal.
RamState: TypeAlias = tuple[tuple[bytes, ...], ...]


def _nothing(granule: int) -> None:
    """Stand in for a cache that is not there."""


def _no_engine(granule: int, marks: int) -> None:
    """Stand in for a fast engine that is not there."""


class Ram:
    """`size` bytes of memory at the physical address `base`, zero at first.

    `data` holds the bytes; `halves` and `words` are the same bytes in units of 2 and 4, in the
    host's byte order, which has to be little-endian. All of them are indexed from 0 and may be
    read directly; whoever changes them goes through `store` or `write`, or has seen that the marks
    of the place are 0.

    `on_code` and `on_table` hear of a granule (its number) whose mark CODE or TABLE made a store
    stop; they are called before the store, and the mark is gone when they return. `on_engine` hears
    likewise of those marked DECODED or WALKED, and is told which.

    Raises ValueError for a size that is not a positive multiple of 4 KiB or exceeds 2 GiB, and for
    a base that is not at the start of a page, and if the host cannot give that much.
    """

    __slots__ = (
        "_changed",
        "_chunks",
        "_pages",
        "_watchers",
        "base",
        "data",
        "halves",
        "marks",
        "on_code",
        "on_engine",
        "on_table",
        "size",
        "words",
    )

    def __init__(self, base: int = RAM_BASE, size: int = DEFAULT_RAM_SIZE) -> None:
        if size <= 0 or size % PAGE_SIZE:
            raise ValueError(f"RAM of {size} bytes: the size must be a positive multiple of 4 KiB")
        if size > MAX_RAM_SIZE:
            raise ValueError(f"RAM of {size} bytes: more than 2 GiB do not fit above {base:#x}")
        if base % PAGE_SIZE:
            raise ValueError(f"RAM at {base:#x}: it must start at a multiple of 4 KiB")
        self.base = base
        self.size = size
        try:
            # The host gives anonymous pages when they are first used, and zero.
            self.data: memoryview[int] = memoryview(mmap.mmap(-1, size))
        except OSError as error:
            raise ValueError(f"RAM of {size} bytes: the host has not so much memory") from error
        self.halves: memoryview[int] = self.data.cast("H")
        self.words: memoryview[int] = self.data.cast("I")
        self.marks = bytearray([CLEAN]) * (size >> GRANULE_SHIFT)
        self.on_code: Callable[[int], None] = _nothing
        self.on_table: Callable[[int], None] = _nothing
        self.on_engine: Callable[[int, int], None] = _no_engine
        self._watchers: list[tuple[int, int, Callable[[int, int], None]]] = []
        self._pages = [_ZERO_PAGE] * (size // PAGE_SIZE)
        self._changed: set[int] = set()
        self._chunks = [self._chunk(start) for start in range(0, len(self._pages), _PAGES_PER_CHUNK)]

    def _chunk(self, start: int) -> tuple[bytes, ...]:
        return tuple(self._pages[start : start + _PAGES_PER_CHUNK])

    def contains(self, address: int, size: int = 1) -> bool:
        """Tell whether `size` bytes at the physical `address` all lie in this RAM."""
        return self.base <= address and address + size <= self.base + self.size

    def read(self, address: int, size: int) -> bytes | None:
        """Return `size` bytes at the physical `address`, None unless all lie in RAM."""
        if size < 0 or not self.contains(address, size):
            return None
        offset = address - self.base
        return bytes(self.data[offset : offset + size])

    def write(self, address: int, data: bytes) -> None:
        """Change bytes from outside the machine: caches follow, watchers are not told.

        Raises ValueError if `data` does not fit into RAM at the physical `address`.
        """
        size = len(data)
        if not self.contains(address, size):
            raise ValueError(
                f"{size} bytes at {address:#x} do not fit into RAM,"
                f" which is {self.base:#x} to {self.base + self.size - 1:#x}"
            )
        offset = address - self.base
        end = offset + size
        for page in range(offset >> PAGE_SHIFT, (end + PAGE_OFFSET) >> PAGE_SHIFT):
            start = page << PAGE_SHIFT
            self._announce(max(start, offset), min(start + PAGE_SIZE, end))
        self.data[offset:end] = data

    def store(self, offset: int, size: int, value: int) -> None:
        """Store the low `size` bytes of `value` at `offset` from the base, as the hart does.

        The place must lie in RAM; it needs no alignment. The caches follow, watchers are told.
        """
        watched = self._prepare(offset, size)
        self.data[offset : offset + size] = (value & (1 << 8 * size) - 1).to_bytes(size, "little")
        if watched:
            address = self.base + offset
            for low, high, callback in tuple(self._watchers):
                if low < address + size and address < high:
                    callback(address, size)

    def update_pte(self, offset: int, value: int) -> None:
        """Store a page-table entry of which only A and D changed: translations stay right."""
        granule = offset >> GRANULE_SHIFT
        table = self.marks[granule] & _TABLE_MARKS
        self.marks[granule] ^= table
        self.store(offset, 4, value)
        self.marks[granule] |= table

    def watch(self, address: int, size: int, callback: Callable[[int, int], None]) -> None:
        """Call `callback(address, size)` after every store of the hart that touches these bytes.

        Bytes outside RAM are never stored to and so never reported.
        """
        self._watchers.append((address, address + size, callback))
        self._mark_watched(address, size, WATCH)

    def unwatch(self, callback: Callable[[int, int], None]) -> None:
        """Forget every watch that calls `callback`."""
        for low, high, _ in self._watchers:
            self._mark_watched(low, high - low, 0)
        self._watchers = [watcher for watcher in self._watchers if watcher[2] != callback]
        for low, high, _ in self._watchers:
            self._mark_watched(low, high - low, WATCH)

    def _mark_watched(self, address: int, size: int, flag: int) -> None:
        low = max(address - self.base, 0)
        high = min(address + size - self.base, self.size)
        for granule in range(low >> GRANULE_SHIFT, (high + 15) >> GRANULE_SHIFT):
            self.marks[granule] = self.marks[granule] & ~WATCH | flag

    def _prepare(self, offset: int, size: int) -> int:
        """Do what the marks of a place ask before a store; not zero if it is watched."""
        marks = self.marks
        watched = 0
        for granule in range(offset >> GRANULE_SHIFT, ((offset + size - 1) >> GRANULE_SHIFT) + 1):
            mark = marks[granule]
            if mark:
                if mark & CLEAN:
                    self._change(granule // _GRANULES_PER_PAGE)
                if mark & _CACHE_MARKS:
                    self._drop_caches(granule)
                watched |= mark & WATCH
        return watched

    def _drop_caches(self, granule: int) -> None:
        mark = self.marks[granule]
        self.marks[granule] = mark & ~_CACHE_MARKS
        if mark & CODE:
            self.on_code(granule)
        if mark & TABLE:
            self.on_table(granule)
        if mark & _ENGINE_MARKS:
            self.on_engine(granule, mark & _ENGINE_MARKS)

    def note_stores(self, pages: Iterable[int], granules: Iterable[int]) -> None:
        """Take up what the fast engine has stored: pages that are not clean any more, and granules
        whose marks CODE and TABLE it has taken away.
        """
        self._changed.update(pages)
        for granule in granules:
            self.on_code(granule)
            self.on_table(granule)

    def _change(self, page: int) -> None:
        """Take the page out of those that are as captured."""
        self._changed.add(page)
        self._map_marks(page, _DROP_CLEAN)

    def _map_marks(self, page: int, mapping: bytes) -> None:
        start = page * _GRANULES_PER_PAGE
        end = start + _GRANULES_PER_PAGE
        self.marks[start:end] = self.marks[start:end].translate(mapping)

    def _announce(self, start: int, end: int) -> None:
        """Prepare a change of the bytes from `start` to `end`, offsets inside one page."""
        first, last = start >> GRANULE_SHIFT, (end - 1) >> GRANULE_SHIFT
        if self.marks[first] & CLEAN:
            self._change(start >> PAGE_SHIFT)
        if self.marks[first : last + 1].translate(None, _WITHOUT_CACHES):
            for granule in range(first, last + 1):
                if self.marks[granule] & _CACHE_MARKS:
                    self._drop_caches(granule)

    def capture(self) -> RamState:
        """Return the contents. Costs in proportion to the pages changed since the last capture."""
        chunks = set()
        for page in self._changed:
            start = page << PAGE_SHIFT
            content = bytes(self.data[start : start + PAGE_SIZE])
            self._map_marks(page, _SET_CLEAN)
            if content != self._pages[page]:
                self._pages[page] = _ZERO_PAGE if content == _ZERO_PAGE else content
                chunks.add(page // _PAGES_PER_CHUNK)
        self._changed.clear()
        for chunk in chunks:
            self._chunks[chunk] = self._chunk(chunk * _PAGES_PER_CHUNK)
        return tuple(self._chunks)

    def restore(self, state: RamState) -> None:
        """Make the contents those of `state`. Costs in proportion to the pages that differ.

        Raises ValueError for the state of a RAM of another size.
        """
        if sum(map(len, state)) != len(self._pages):
            raise ValueError("the captured state belongs to a RAM of another size")
        changed = self._changed
        for number, chunk in enumerate(state):
            start = number * _PAGES_PER_CHUNK
            if chunk is self._chunks[number]:
                continue
            for page, content in enumerate(chunk, start):
                if content is not self._pages[page] and content != self._pages[page]:
                    changed.add(page)
                self._pages[page] = content
            self._chunks[number] = chunk
        for page in changed:
            offset = page << PAGE_SHIFT
            self._announce(offset, offset + PAGE_SIZE)
            self.data[offset : offset + PAGE_SIZE] = self._pages[page]
            self._map_marks(page, _SET_CLEAN)
        self._changed = set()
