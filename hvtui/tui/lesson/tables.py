"""Tables of a lesson: side by side where they fit, else one entry below the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hvtui.tui.lesson.page import Line, Piece
from hvtui.tui.lesson.wrapping import longest_word, width_of, wrap

_GAP = 2
# A column of running text that has less room than this is hard to read.
_READABLE = 14
_MOST_LINES = 5
_RIGHT = "right"

Cell = list[Piece]


@dataclass(frozen=True, slots=True)
class Table:
    """The cells; `aligns` says of each column whether its text goes to the ``right``."""

    header: Sequence[Cell]
    body: Sequence[Sequence[Cell]]
    aligns: Sequence[str]
    source: int = 0


def table_lines(table: Table, width: int) -> list[Line]:
    """Draw a table in lines of that width."""
    columns = len(table.header)
    if not columns:
        return []
    # What is too wide anyway is not measured cell by cell.
    widths = _widths(table, width) if columns <= width // (_GAP + 1) else None
    if widths is None:
        return _as_entries(table, width)
    lines = []
    if any(table.header):
        lines += _row(table.header, widths, table)
        rule = "─" * min(sum(widths) + _GAP * (columns - 1), width)
        lines.append(Line((Piece(rule, "faint"),), table.source))
    for row in table.body:
        lines += _row(row, widths, table)
    return lines


def _widths(table: Table, width: int) -> list[int] | None:
    """Return the widths of the columns; None if they would be too narrow to read."""
    rows = (table.header, *table.body)
    columns = list(zip(*rows, strict=True))
    wanted = [max(width_of(cell) for cell in column) for column in columns]
    room = width - _GAP * (len(columns) - 1)
    if sum(wanted) <= room:
        return wanted
    least = [
        min(want, max(_READABLE, max(longest_word(cell) for cell in column)))
        for want, column in zip(wanted, columns, strict=True)
    ]
    if sum(least) > room:
        return None
    widths = _shared(wanted, least, room)
    tallest = max(len(wrap(cell, widths[index])) for row in rows for index, cell in enumerate(row))
    return widths if tallest <= _MOST_LINES else None


def _shared(wanted: Sequence[int], least: Sequence[int], room: int) -> list[int]:
    """Give each column its least, and what is left over to those that want more, in equal parts."""
    widths = list(least)
    left = room - sum(widths)
    hungry = [index for index, want in enumerate(wanted) if want > widths[index]]
    while left and hungry:
        for index in list(hungry):
            if not left:
                break
            widths[index] += 1
            left -= 1
            if widths[index] == wanted[index]:
                hungry.remove(index)
    return widths


def _row(cells: Sequence[Cell], widths: Sequence[int], table: Table) -> list[Line]:
    wrapped = [wrap(cell, width) for cell, width in zip(cells, widths, strict=True)]
    lines = []
    for number in range(max(len(lines) for lines in wrapped)):
        pieces: list[Piece] = []
        for index, (cell, width) in enumerate(zip(wrapped, widths, strict=True)):
            part = cell[number] if number < len(cell) else []
            blank = Piece(" " * max(width - width_of(part), 0))
            aligned = [blank, *part] if table.aligns[index] == _RIGHT else [*part, blank]
            pieces += [Piece(" " * _GAP), *aligned] if index else aligned
        lines.append(Line(tuple(piece for piece in pieces if piece.text), table.source))
    return lines


def _as_entries(table: Table, width: int) -> list[Line]:
    """Draw each row as a paragraph that names its columns, the first words at the left edge."""
    lines = []
    for row in table.body:
        pieces: list[Piece] = []
        for name, cell in zip(table.header, row, strict=True):
            if not cell:
                continue
            if pieces:
                pieces.append(Piece(" · ", "faint"))
            label = "".join(piece.text for piece in name).strip()
            if label:
                pieces.append(Piece(f"{label}: ", "dim"))
            pieces += cell
        for index, part in enumerate(wrap(pieces, width - 2)):
            sign = Piece("  ") if index else Piece("▪ ", "dim")
            lines.append(Line((sign, *part), table.source))
    return lines
