"""What the lines of a source file made: instructions, or, where they use macros, lines of macros.

An expansion is a tree: the line that uses a macro, below it the lines of the macro's body that made
something, some of which use macros again. Repetitions (``.rept``, ``.irp``) are expansions like any.
A listing shows the tree unfolded as far as the person wants.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

from asm.disassembly.disassembler import disassemble
from asm.program import LineEntry, Place, Program
from hvtui.debugger.listing import SourceListing

_WORD = 4


@dataclass(frozen=True, slots=True)
class Made:
    """What one line made: `entries` by their addresses.

    `macro` names what the line uses, and is empty if it made the entries by itself; `parts` are then
    the lines of the expansion. `depth` is 0 for a line in the program's own flow.
    """

    place: Place
    entries: tuple[LineEntry, ...]
    depth: int = 0
    macro: str = ""
    parts: tuple[Made, ...] = ()

    @property
    def key(self) -> tuple[int, int]:
        """What tells this line from all others: how deep it lies, and where its bytes begin."""
        return self.depth, self.entries[0].address

    def covers(self, address: int) -> bool:
        """Tell whether the byte at a linked address is among what the line made."""
        return any(entry.address <= address < entry.address + entry.size for entry in self.entries)

    @property
    def instructions(self) -> tuple[int, ...]:
        """The linked addresses of the instructions that the line made."""
        return tuple(
            address
            for entry in self.entries
            if entry.is_code
            for address in range(entry.address, entry.address + entry.size, _WORD)
        )

    def uses(self) -> Iterator[Made]:
        """Yield this line and the lines below it that use macros."""
        if self.macro:
            yield self
            for part in self.parts:
                yield from part.uses()


@dataclass(frozen=True, slots=True)
class ListedRow:
    """A row of a listing: line `line` of the file, or, with a `depth`, what came of it.

    `instruction` is the linked address of the instruction that stands beside it; a row without
    `text` goes on with the instructions of the row before.
    """

    line: int
    text: str | None
    made: Made | None = None
    is_unfolded: bool = False
    instruction: int | None = None

    @property
    def depth(self) -> int:
        """How many macros lead here."""
        return self.made.depth if self.made is not None else 0

    @property
    def macro(self) -> str:
        """The name of the macro that the row uses, or an empty string."""
        return self.made.macro if self.made is not None and self.text is not None else ""


# The key of a line that is unfolded.
Key: TypeAlias = tuple[int, int]


def lines_made(listing: SourceListing) -> dict[int, Made]:
    """Return what each line of the file made that stands in the program's own flow."""
    entries = [
        entry for entry in listing.component.program.lines if entry.outermost.file == listing.file
    ]
    found: dict[int, list[LineEntry]] = {}
    for entry in entries:
        found.setdefault(entry.outermost.line, []).append(entry)
    return {line: _tree(made, 0) for line, made in found.items()}


def _tree(entries: Sequence[LineEntry], depth: int) -> Made:
    """Return what the one line made that all `entries` come from, `depth` expansions down."""
    first = entries[0]
    if depth == len(first.expansions):
        return Made(first.place, tuple(entries), depth)
    step = first.expansions[depth]
    parts = tuple(
        _tree(tuple(group), depth + 1)
        for _, group in groupby(entries, lambda entry: _line(entry, depth))
    )
    return Made(step.place, tuple(entries), depth, step.name, parts)


def _line(entry: LineEntry, depth: int) -> object:
    """Return what tells apart the lines of an expansion that is `depth` expansions down."""
    if depth + 1 == len(entry.expansions):
        return entry.address
    return entry.expansions[: depth + 2]


def listed(
    listing: SourceListing,
    made: dict[int, Made],
    unfolded: Collection[Key],
    *,
    with_instructions: bool = False,
) -> list[ListedRow]:
    """Return the rows of a file, with the expansions whose keys are `unfolded`.

    With instructions, each stands in a row, beside the line that made it; what is unfolded has those
    of its lines.
    """
    rows: list[ListedRow] = []
    for line, text in enumerate(listing.lines, 1):
        rows += _rows(line, text, made.get(line), listing, unfolded, with_instructions)
    return rows


def _rows(
    line: int,
    text: str,
    made: Made | None,
    listing: SourceListing,
    unfolded: Collection[Key],
    with_instructions: bool,
) -> Iterator[ListedRow]:
    if made is None:
        yield ListedRow(line, text)
        return
    if made.macro and made.key in unfolded:
        yield ListedRow(line, text, made, is_unfolded=True)
        for part in made.parts:
            told = _text(listing, part.place)
            yield from _rows(line, told, part, listing, unfolded, with_instructions)
        return
    first, *more = (made.instructions if with_instructions else ()) or (None,)
    yield ListedRow(line, text, made, instruction=first)
    for address in more:
        yield ListedRow(line, None, made, instruction=address)


def instructions_as_assembled(program: Program, made: Made) -> Iterator[str]:
    """Yield the instructions that a line made, with the arguments that its text only names."""
    for address in made.instructions:
        for segment in program.segments:
            if segment.address <= address <= segment.address + len(segment.data) - _WORD:
                place = address - segment.address
                word = int.from_bytes(segment.data[place : place + _WORD], "little")
                yield str(disassemble(word, address))


def _text(listing: SourceListing, place: Place) -> str:
    lines = (
        listing.lines
        if place.file == listing.file
        else SourceListing(listing.component, place.file).lines
    )
    return lines[place.line - 1] if 0 < place.line <= len(lines) else ""


def row_of(rows: Sequence[ListedRow], line: int, address: int) -> int | None:
    """Return the index of the row nearest to the instruction at a linked address, from `line`."""
    found: int | None = None
    start = _first(rows, lambda row: row.line >= line)
    for index in range(start, len(rows)):
        row = rows[index]
        if row.line != line:
            break
        made = row.made if row.text is not None else None
        is_nearer = row.instruction == address or (made is not None and made.covers(address))
        if found is None or is_nearer:
            found = index
    return found


def _first(rows: Sequence[ListedRow], holds: Callable[[ListedRow], bool]) -> int:
    """Return the index of the first row for which a condition holds, as it does for all after it."""
    low, high = 0, len(rows)
    while low < high:
        middle = (low + high) // 2
        if holds(rows[middle]):
            high = middle
        else:
            low = middle + 1
    return low
