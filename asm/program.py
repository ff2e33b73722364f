"""What the assembler produces and every loader consumes: bytes, symbols and where they came from."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a source file. Lines and columns count from 1; a column of 0 means the whole line."""

    file: str
    line: int
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" + (f":{self.column}" if self.column else "")


@dataclass(frozen=True, slots=True)
class Expansion:
    """One step of the macro chain: `name` (a macro, ``.rept`` or ``.irp``) was expanded at `place`."""

    name: str
    place: Place


@dataclass(frozen=True, slots=True)
class LineEntry:
    """The bytes from `address` on, `size` of them, come from `place`.

    `place` is where the text stands that produced the bytes: inside a macro's body for an expansion,
    with `expansions` leading from the outermost use inwards. `is_code` tells instructions from data.
    """

    address: int
    size: int
    place: Place
    expansions: tuple[Expansion, ...] = ()
    is_code: bool = True

    @property
    def outermost(self) -> Place:
        """The place that a person wrote in the program's own flow: the outermost expansion's use."""
        return self.expansions[0].place if self.expansions else self.place


class LineTable:
    """All line entries of a program, by address and by file and line."""

    def __init__(self, entries: Iterable[LineEntry] = ()) -> None:
        filled = (entry for entry in entries if entry.size)
        self._entries = tuple(sorted(filled, key=lambda entry: entry.address))
        self._starts = [entry.address for entry in self._entries]

    def __iter__(self) -> Iterator[LineEntry]:
        return iter(self._entries)

    def __len__(self) -> int:
        return len(self._entries)

    def at(self, address: int) -> LineEntry | None:
        """Return the entry that covers `address`, or None."""
        index = bisect_right(self._starts, address) - 1
        if index < 0:
            return None
        entry = self._entries[index]
        return entry if address < entry.address + entry.size else None

    def addresses(self, file: str, line: int) -> tuple[int, ...]:
        """Return the addresses whose text, or a macro use leading to it, stands on that line."""
        return self._by_line.get((file, line), ())

    @cached_property
    def _by_line(self) -> Mapping[tuple[str, int], tuple[int, ...]]:
        found: dict[tuple[str, int], list[int]] = {}
        for entry in self._entries:
            places = (entry.place, *(step.place for step in entry.expansions))
            for key in dict.fromkeys((place.file, place.line) for place in places):
                found.setdefault(key, []).append(entry.address)
        return {key: tuple(addresses) for key, addresses in found.items()}


@dataclass(frozen=True, slots=True)
class Segment:
    """Memory to fill: `data` at `address`, zeros up to `size` bytes."""

    name: str
    address: int
    data: bytes
    size: int
    writable: bool = True
    executable: bool = True

    @property
    def end(self) -> int:
        """The first address after the segment."""
        return self.address + self.size


@dataclass(frozen=True, slots=True)
class Symbol:
    """A name for a value. `section` is None for a plain number (``.equ``)."""

    name: str
    value: int
    section: str | None = None
    is_global: bool = False
    is_function: bool = False
    size: int = 0


@dataclass(frozen=True)
class Program:
    """A program ready to load.

    `name` is the file it came from; `sources` holds the text of every source file as it was read,
    by the file name that places use, so that a debugger shows what was assembled and not what stands
    on disk by now. `files` are the paths of all files that the bytes were made of, where that is known.
    """

    name: str
    entry: int
    segments: tuple[Segment, ...]
    symbols: Mapping[str, Symbol] = field(default_factory=dict)
    lines: LineTable = field(default_factory=LineTable)
    sources: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()

    @property
    def base(self) -> int:
        """The lowest address that the program fills; its entry if it fills none."""
        return min((segment.address for segment in self.segments if segment.size), default=self.entry)

    @property
    def end(self) -> int:
        """The first address after the program."""
        return max((segment.end for segment in self.segments if segment.size), default=self.entry)

    @cached_property
    def _labels(self) -> tuple[list[int], list[Symbol]]:
        labels = sorted(
            (symbol for symbol in self.symbols.values() if symbol.section is not None),
            key=lambda symbol: (symbol.value, symbol.is_function, symbol.is_global),
        )
        return [symbol.value for symbol in labels], labels

    def label_at(self, address: int) -> tuple[Symbol, int] | None:
        """Return the nearest label at or below `address` within the program, and the distance."""
        if not self.base <= address < self.end:
            return None
        values, labels = self._labels
        index = bisect_right(values, address) - 1
        return (labels[index], address - values[index]) if index >= 0 else None
