"""The view of translated code: each instruction of the guest's, and what a hypervisor made of it."""

from __future__ import annotations

import re
from bisect import bisect_right

from hvtui.debugger.locations import Location
from hvtui.debugger.positions import Position
from hvtui.debugger.snapshot import Snapshot
from hvtui.debugger.translations import GuestCode, Translation
from hvtui.tui.colouring import coloured
from hvtui.tui.rows import Row, Span, crop, pad
from hvtui.tui.source.beside import with_notes
from hvtui.tui.source.code_text import code_spans
from hvtui.tui.source.gutter import BELIEVED, line_style, signs
from hvtui.tui.source.views import Looking, NamedPlace, breakpoint_mark
from hvtui.tui.source.way import Way, way_in_memory

_RULE = " │ "
_INDENT = "┊ "
_EDGE = 2
# An address, and the number of a line, with the blanks behind them.
_ADDRESS_WIDTH, _NUMBER_WIDTH = 9, 6
# From these widths on (cells) the bits of instructions have room: below the guest's, and beside them.
_WIDTH_FOR_BITS, _WIDTH_FOR_BITS_BESIDE = 76, 110
# Beside the guest's instructions the translated ones have this much room, or, in wider panes, half.
_CODE_WIDTH = 38
# What stands before a comment, which need not be set in a column here; and all that sets columns,
# which is left out where the guest's line has less room than this.
_FAR_COMMENT, _COLUMNS = re.compile(r" {4,}(?=#)"), re.compile(r" {2,}")
_ROOM_FOR_COLUMNS = 56


class TranslatedView:
    """What a component has translated: below, or `beside`, what each instruction came from.

    There is a row for each word in the cache, in the order of the cache. Unless they stand beside, the
    guest's instructions have rows of their own.
    """

    def __init__(self, translation: Translation, *, beside: bool = False) -> None:
        self.translation = translation
        self.beside = beside
        translation.look()
        self._heads = _heads(translation)

    def look(self) -> None:
        """Take in what the hypervisor has translated meanwhile."""
        if self.translation.look():
            self._heads = _heads(self.translation)

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self.translation) + (0 if self.beside else len(self._heads))

    @property
    def widest(self) -> int:
        """Rows are cut at the edge."""
        return 0

    def way(self, snapshot: Snapshot) -> Way:
        """Return the way that led here."""
        return way_in_memory(snapshot)

    def index_of(self, position: Position) -> int | None:
        """Return the row of a position, None if nothing has been translated there."""
        if position.physical is None:
            return None
        number = self.translation.number_of(position.physical)
        return None if number is None else self._row_of(number)

    def head_of(self, index: int) -> int:
        """Return the row with the guest's instruction that a row came from."""
        group = self._group(index)
        return self.translation.beginnings[group] if self.beside else self._heads[group]

    def origin_of(self, index: int) -> Position | None:
        """Return the place in the guest that a row came from, None if that is nowhere."""
        if not 0 <= index < self.count:
            return None
        guest = self.translation.guest_code(self._group(index))
        return None if guest is None else guest.position

    def row(self, index: int, looking: Looking) -> Row:
        """Draw an instruction of the guest's, or one that was made of it, or both."""
        if self.beside:
            return self._row_beside(index, looking)
        group = bisect_right(self._heads, index) - 1
        if self._heads[group] == index:
            return self._head(group, index, looking)
        return self._word(index - group - 1, index, looking)

    def place(self, index: int) -> NamedPlace:
        """Return how the translated instruction of a row is called, and where it is."""
        if not 0 <= index < self.count:
            return "", ()
        number = index if self.beside else index - self._group(index) - 1
        if not self.beside and self._heads[self._group(index)] == index:
            number += 1
        position = self.translation.position(number)
        physical = self.translation.physical(number)
        return position.symbol, (Location(physical, position.component, position.linked),)

    # Details

    def _group(self, index: int) -> int:
        return self.translation.group_of(index) if self.beside else bisect_right(self._heads, index) - 1

    def _row_of(self, number: int) -> int:
        return number if self.beside else number + self.translation.group_of(number) + 1

    def _head(self, group: int, index: int, looking: Looking) -> Row:
        marks = looking.marks(index, 0, waits=False)
        is_guests, believes = self._is_guests_place(index, looking), looking.snapshot.believes
        room = looking.width - _EDGE
        guest = self._guest(group, looking, room, is_guests=is_guests)
        text = with_notes(guest, looking.notes(index, None), room)
        ground = line_style(marks, looking.snapshot.privilege.ring)
        if is_guests and not ground and looking.is_standing and believes is not None:
            ground = f"here{believes}"
        edge = signs(marks, looking.snapshot.privilege.ring)
        if is_guests:
            edge = [Span(" "), Span(BELIEVED, _guest_style(looking))]
        return crop(Row((*edge, *text), ground), looking.width)

    def _word(self, number: int, index: int, looking: Looking) -> Row:
        ring, room = looking.snapshot.privilege.ring, looking.width - _EDGE
        code = self.translation.code(number)
        waiting = looking.way.waiting.get(code.physical)
        marks = looking.marks(index, _breakpoint(code.physical, looking), waits=waiting is not None)
        with_bits = looking.width >= _WIDTH_FOR_BITS
        spans = code_spans(code, is_here=marks.is_here, with_bits=with_bits)
        text = with_notes((Span(_INDENT, "faint"), *spans), looking.notes(index, waiting), room)
        return crop(Row((*signs(marks, ring), *text), line_style(marks, ring)), looking.width)

    def _row_beside(self, number: int, looking: Looking) -> Row:
        ring = looking.snapshot.privilege.ring
        code, group = self.translation.code(number), self.translation.group_of(number)
        waiting = looking.way.waiting.get(code.physical)
        marks = looking.marks(number, _breakpoint(code.physical, looking), waits=waiting is not None)
        with_bits = looking.width >= _WIDTH_FOR_BITS_BESIDE
        right = max(_CODE_WIDTH, looking.width // 2) if with_bits else _CODE_WIDTH
        left = looking.width - right - len(_RULE)
        guest: tuple[Span, ...] = ()
        if self.translation.beginnings[group] == number:
            is_guests = self._is_guests_place(number, looking)
            sign = Span(f" {BELIEVED}", _guest_style(looking)) if is_guests else Span("  ")
            guest = (sign, *self._guest(group, looking, left - _EDGE, is_guests=is_guests))
        spans = code_spans(code, is_here=marks.is_here, with_bits=with_bits)
        text = with_notes(spans, looking.notes(number, waiting), right - _EDGE)
        drawn = pad(crop(Row(guest), left), left).spans
        whole = (*drawn, Span(_RULE, "faint"), *signs(marks, ring), *text)
        return crop(Row(whole, line_style(marks, ring)), looking.width)

    def _guest(self, group: int, looking: Looking, room: int, *, is_guests: bool) -> tuple[Span, ...]:
        """Return the guest's address, the number of the line and its text, or the instruction."""
        guest = self.translation.guest_code(group)
        if guest is None:
            return (Span("of no instruction of the guest's", "dim"),)
        position = guest.position
        style = _guest_style(looking) if is_guests else "label"
        address = Span(f"{position.pc:08x} ", style)
        number = str(position.place.line) if guest.line and position.place is not None else ""
        edge = Span(f"{number:>{_NUMBER_WIDTH - 2}}  ", "strong" if is_guests else "dim")
        return (address, edge, *_guest_text(guest, is_tight=room < _ROOM_FOR_COLUMNS))

    def _is_guests_place(self, index: int, looking: Looking) -> bool:
        """Tell whether a row has the guest's instruction that the present row came from."""
        current = looking.current
        if current is None or looking.snapshot.running:
            return False
        return self.head_of(current) == index


def _heads(translation: Translation) -> list[int]:
    """Return the rows of the guest's instructions, each before the words that came from it."""
    return [number + group for group, number in enumerate(translation.beginnings)]


def _guest_style(looking: Looking) -> str:
    """Return the style of the guest's pc: the colour of the ring that it believes to be in.

    Where somebody only looks it has none.
    """
    believes = looking.snapshot.believes if looking.is_standing else None
    return "strong" if believes is None else f"ring{believes} bold"


def _guest_text(guest: GuestCode, *, is_tight: bool) -> tuple[Span, ...]:
    if not guest.line:
        code = guest.code
        text = f"{code.text:<7} {code.operands}".rstrip()
        return (Span(_INDENT if guest.position.place is not None else "", "faint"), *coloured(text))
    text = _FAR_COMMENT.sub("   ", guest.line.expandtabs(8).strip())
    label, offset = guest.position.label, guest.position.offset
    if label and not offset and not text.startswith(f"{label}:"):
        text = f"{label}: {text}"
    return coloured(_COLUMNS.sub(" ", text) if is_tight else text)


def _breakpoint(physical: int, looking: Looking) -> int:
    known = looking.snapshot.breakpoints
    return breakpoint_mark([view for view in known if physical in view.physical])
