"""The view of memory as instructions."""

from __future__ import annotations

from hvtui.debugger.listing import Disassembly
from hvtui.debugger.locations import Location
from hvtui.debugger.positions import Position
from hvtui.debugger.snapshot import Snapshot
from hvtui.tui.rows import Row, Span, crop
from hvtui.tui.source.beside import with_notes
from hvtui.tui.source.code_text import code_spans
from hvtui.tui.source.gutter import line_style, signs
from hvtui.tui.source.views import Looking, NamedPlace, breakpoint_mark
from hvtui.tui.source.way import Way, way_in_memory

_WIDTH_FOR_BITS = 52
_EDGE = 2


class MemoryView:
    """The code in memory, as `disassembly` reads it."""

    def __init__(self, disassembly: Disassembly) -> None:
        self.code = disassembly

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.code)

    @property
    def widest(self) -> int:
        """Rows are cut at the edge."""
        return 0

    def way(self, snapshot: Snapshot) -> Way:
        """Return the way that led here."""
        return way_in_memory(snapshot)

    def index_of(self, position: Position) -> int | None:
        """Return the row of a position."""
        return None if position.physical is None else self.code.index_of(position.physical)

    def row(self, index: int, looking: Looking) -> Row:
        """Draw an instruction, or a label."""
        code, ring = self.code[index], looking.snapshot.privilege.ring
        waiting = looking.way.waiting.get(code.physical) if code.word is not None else None
        marks = looking.marks(
            index, self._breakpoint(code.physical, looking), waits=waiting is not None
        )
        notes = looking.notes(index, waiting)
        room = looking.width - _EDGE
        if code.word is None:
            label = with_notes((Span(code.text, "label"),), notes, room)
            return crop(Row((*signs(marks, ring), *label), line_style(marks, ring)), looking.width)
        with_bits = looking.width >= _WIDTH_FOR_BITS
        spans = code_spans(code, is_here=marks.is_here, with_bits=with_bits)
        text = with_notes(spans, notes, room)
        return crop(Row((*signs(marks, ring), *text), line_style(marks, ring)), looking.width)

    def place(self, index: int) -> NamedPlace:
        """Return the address of a row, as it was linked, and where that is."""
        if not 0 <= index < len(self.code):
            return "", ()
        code = self.code[index]
        return f"{code.address:#010x}", (Location(code.physical, self.code.component, code.address),)

    def _breakpoint(self, physical: int, looking: Looking) -> int:
        known = looking.snapshot.breakpoints
        return breakpoint_mark([view for view in known if physical in view.physical])
