"""A whole page table as ranges: which virtual addresses lead where, and with which leave."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hvtui.machine.memory import PAGE_SHIFT, PAGE_SIZE
from hvtui.machine.translation import (
    ACCESSED,
    DIRTY,
    EXECUTABLE,
    GLOBAL,
    READABLE,
    USER,
    VALID,
    WRITABLE,
    TableMemory,
)

_ENTRIES = 1024
_INDEX_BITS = 10
_PPN_SHIFT = 10
_WORD = 4
_PERMISSIONS = READABLE | WRITABLE | EXECUTABLE
_KIND = _PERMISSIONS | USER | GLOBAL

# A table of as many ranges or second-level tables is nonsense, or a riddle for another day.
MOST_RANGES = 512
MOST_TABLES = 64


@dataclass(frozen=True, slots=True)
class Range:
    """Virtual addresses from `start` up to but not including `end` that lead to `target` and on.

    `flags` are the bits R, W, X, U and G as in a page-table entry; `accessed` and `dirty` count the
    pages with A and D set, of `pages`.
    """

    start: int
    end: int
    target: int
    flags: int
    pages: int
    accessed: int
    dirty: int

    @property
    def letters(self) -> str:
        """The flags in letters, ``rwxug``, with a dash for each that is clear."""
        return "".join(
            letter if self.flags >> bit & 1 else "-" for bit, letter in enumerate("rwxug", 1)
        )


@dataclass(frozen=True, slots=True)
class Ranges:
    """The ranges of a table, in order. `is_whole` is False if there were too many to tell."""

    root: int
    found: tuple[Range, ...]
    is_whole: bool = True


def ranges_of(ram: TableMemory, root: int) -> Ranges:
    """Return what the table at the physical address `root` maps; what no walk could use is left out."""
    found: list[Range] = []
    tables = 0
    for number, pte in _entries(ram, root):
        start = number << PAGE_SHIFT + _INDEX_BITS
        if pte & _PERMISSIONS:
            _add(found, start, pte, _ENTRIES)
            continue
        tables += 1
        if tables > MOST_TABLES:
            return Ranges(root, tuple(found), is_whole=False)
        for index, leaf in _entries(ram, pte >> _PPN_SHIFT << PAGE_SHIFT):
            if leaf & _PERMISSIONS:
                _add(found, start | index << PAGE_SHIFT, leaf, 1)
        if len(found) > MOST_RANGES:
            return Ranges(root, tuple(found[:MOST_RANGES]), is_whole=False)
    return Ranges(root, tuple(found))


def _entries(ram: TableMemory, table: int) -> Iterator[tuple[int, int]]:
    """Yield the valid entries of a table with their numbers; none if it does not lie in RAM."""
    if not ram.contains(table, _ENTRIES * _WORD):
        return
    first = (table - ram.base) // _WORD
    for number, pte in enumerate(ram.words[first : first + _ENTRIES].tolist()):
        if pte & VALID and pte & (READABLE | WRITABLE) != WRITABLE:
            yield number, pte


def _add(found: list[Range], start: int, pte: int, pages: int) -> None:
    """Add pages: to the last range, if they go on where it ends and are of its kind."""
    target, kind = pte >> _PPN_SHIFT << PAGE_SHIFT, pte & _KIND
    accessed, dirty = pages * bool(pte & ACCESSED), pages * bool(pte & DIRTY)
    last = found[-1] if found else None
    if last is not None and (last.end, last.target + last.end - last.start, last.flags) == (
        start, target, kind,
    ):  # fmt: skip
        found.pop()
        start, target = last.start, last.target
        pages += last.pages
        accessed += last.accessed
        dirty += last.dirty
    found.append(Range(start, start + pages * PAGE_SIZE, target, kind, pages, accessed, dirty))
