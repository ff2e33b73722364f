"""The view of a source file: its lines, what macros made of them, and, beside them, instructions."""

from __future__ import annotations

from functools import cached_property, lru_cache

from rich.cells import cell_len

from hvtui.debugger.expansions import (
    Key,
    ListedRow,
    Made,
    instructions_as_assembled,
    lines_made,
    listed,
    row_of,
)
from hvtui.debugger.listing import Disassembly, SourceListing
from hvtui.debugger.locations import Location
from hvtui.debugger.positions import Position, short_file
from hvtui.debugger.snapshot import Snapshot
from hvtui.machinefile.system import Component
from hvtui.tui.colouring import coloured
from hvtui.tui.rows import Row, Span, crop, pad
from hvtui.tui.source import gutter
from hvtui.tui.source.beside import moved, with_notes
from hvtui.tui.source.code_text import code_spans
from hvtui.tui.source.views import Looking, NamedPlace, breakpoint_mark
from hvtui.tui.source.way import Way, way_in_file

# From this width on (cells) instructions have room beside the source, and from that their bits.
WIDTH_FOR_CODE = 80
_WIDTH_FOR_BITS = 100
_CODE_WIDTH, _CODE_AND_BITS_WIDTH = 36, 46
# The source takes no more than it needs, and this.
_WIDE_ENOUGH = 80
_RULE = " │ "
_INDENT = "┊ "
# What stands before the name of a macro's argument in its body.
_ARGUMENT = "\\"


class FileView:
    """A file of a component.

    With `beside`, the instructions that it was made of stand beside the lines.
    """

    def __init__(self, component: Component, file: str, beside: Disassembly | None = None) -> None:
        self.listing, self.made = _known(component, file)
        self.beside = beside
        self.unfolded: frozenset[Key] = frozenset()

    # Unfolding

    @cached_property
    def rows(self) -> list[ListedRow]:
        """The rows, with what is unfolded."""
        beside = self.beside is not None
        return listed(self.listing, self.made, self.unfolded, with_instructions=beside)

    def unfold(self, keys: frozenset[Key]) -> None:
        """Have these expansions unfolded, and no others."""
        self.unfolded = keys
        self.__dict__.pop("rows", None)

    @property
    def all_keys(self) -> frozenset[Key]:
        """The keys of all that can be unfolded."""
        return frozenset(use.key for made in self.made.values() for use in made.uses())

    def toggle(self, index: int) -> int | None:
        """Unfold the expansion of a row, or fold it, from within it too.

        Returns the row that the cursor belongs on then, None if there is no macro.
        """
        row = self.rows[index]
        if row.macro and row.made is not None:
            self.unfold(self.unfolded ^ {row.made.key})
            return index
        if not row.depth:
            return None
        outer = next(
            before
            for before in range(index - 1, -1, -1)
            if self.rows[before].is_unfolded and self.rows[before].depth < row.depth
        )
        return self.toggle(outer)

    # As a view

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.rows)

    @property
    def widest(self) -> int:
        """The width of the longest line, with the edge."""
        return _widest(self.listing) + gutter.WIDTH if self.beside is None else 0

    def way(self, snapshot: Snapshot) -> Way:
        """Return the way that led here, by lines."""
        return way_in_file(snapshot, self.listing.component.name, self.listing.file)

    def index_of(self, position: Position) -> int | None:
        """Return the row of a position: the innermost one that is unfolded."""
        place = position.place
        if place is None or place.file != self.listing.file:
            return None
        return row_of(self.rows, place.line, position.linked)

    def row(self, index: int, looking: Looking) -> Row:
        """Draw a line, or what came of one."""
        row, ring = self.rows[index], looking.snapshot.privilege.ring
        waiting = None if row.depth or row.text is None else looking.way.waiting.get(row.line)
        marks = looking.marks(index, self._breakpoint(row, looking), waits=waiting is not None)
        edge = gutter.numbered(marks, ring, self._number(row), self._sign(row))
        notes = looking.notes(index, waiting)
        text = moved(self._text(row), looking.left)
        style = gutter.line_style(marks, ring)
        if self.beside is None or looking.width < WIDTH_FOR_CODE:
            text = with_notes(text, notes, looking.width - gutter.WIDTH)
            return Row((*edge, *text), style)
        with_bits = looking.width >= _WIDTH_FOR_BITS
        least = _CODE_AND_BITS_WIDTH if with_bits else _CODE_WIDTH
        room = min(looking.width - least, max(_widest(self.listing) + gutter.WIDTH, _WIDE_ENOUGH))
        text = with_notes(text, notes, room - gutter.WIDTH)
        left = pad(crop(Row((*edge, *text)), room, mark=""), room)
        code = self._code(row, looking.width - room, with_bits=with_bits, is_here=marks.is_here)
        return Row((*left.spans, Span(_RULE, "faint"), *code), style)

    def place(self, index: int) -> NamedPlace:
        """Return the line of a row, or the label near what a macro made, and where its code begins."""
        row = self.rows[index]
        component = self.listing.component
        if row.made is not None and (row.depth or row.text is None):
            linked = row.instruction or row.made.entries[0].address
            found = component.program.label_at(linked)
            name = f"{linked:#x}"
            if found is not None:
                name = f"{found[0].name}+{found[1]:#x}" if found[1] else found[0].name
            return name, (Location(linked + component.relocation, component, linked),)
        return self._line(row.line)

    def _line(self, number: int) -> NamedPlace:
        locations = self.listing.locations(number)
        return f"{short_file(self.listing.file)}:{_line_of(locations) or number}", locations

    # Details

    def _number(self, row: ListedRow) -> str:
        if row.text is None:
            return ""
        if row.depth and row.made is not None:
            return str(row.made.place.line) if row.made.place.file == self.listing.file else "·"
        return str(row.line)

    def _sign(self, row: ListedRow) -> str:
        if row.text is None:
            return ""
        if row.macro:
            return gutter.UNFOLDED if row.is_unfolded else gutter.FOLDED
        has_code = row.line in self.listing.code_lines if not row.depth else row.made is not None
        return gutter.HAS_CODE if has_code else ""

    def _text(self, row: ListedRow) -> tuple[Span, ...]:
        if row.text is None:
            return ()
        if not row.depth or row.made is None:
            return coloured(row.text)
        text = row.text.expandtabs(8).strip()
        spans = (Span(_INDENT * row.depth, "faint"), *coloured(text))
        if _ARGUMENT not in text or row.macro or self.beside is not None:
            return spans
        made = "; ".join(instructions_as_assembled(self.listing.component.program, row.made))
        return (*spans, Span(f"   {made}", "comment")) if made else spans

    def _code(self, row: ListedRow, width: int, *, with_bits: bool, is_here: bool) -> tuple[Span, ...]:
        if row.instruction is None or self.beside is None:
            return ()
        index = self.beside.index_of(row.instruction + self.listing.component.relocation)
        if index is None:
            return ()
        spans = code_spans(self.beside[index], is_here=is_here, with_bits=with_bits)
        return crop(Row(spans), width - len(_RULE)).spans

    def _breakpoint(self, row: ListedRow, looking: Looking) -> int:
        known = looking.snapshot.breakpoints
        made, component = row.made, self.listing.component
        if made is not None and (row.depth or row.text is None):
            at = row.instruction
            is_there = made.covers if at is None else at.__eq__
            return breakpoint_mark(
                [
                    view
                    for view in known
                    if any(is_there(place - component.relocation) for place in view.physical)
                ]
            )
        key = (component.name, self.listing.file, row.line)
        return breakpoint_mark([view for view in known if key in view.lines])


@lru_cache(maxsize=64)
def _known(component: Component, file: str) -> tuple[SourceListing, dict[int, Made]]:
    listing = SourceListing(component, file)
    return listing, lines_made(listing)


@lru_cache(maxsize=64)
def _widest(listing: SourceListing) -> int:
    return max((cell_len(line.expandtabs(8)) for line in listing.lines), default=0)


def _line_of(locations: tuple[Location, ...]) -> int | None:
    for location in locations:
        if location.component is not None:
            entry = location.component.program.lines.at(location.linked)
            if entry is not None:
                return entry.outermost.line
    return None
