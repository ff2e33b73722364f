"""How the memory pane draws bytes: in as many columns as fit, with characters and labels beside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hvtui.debugger.views.memory import Line, Window
from hvtui.tui.rows import Piece, Row, crop, row, shorten

CHANGED, UNREADABLE = "*", "··"
_WIDTHS = (32, 16, 8)
_LEAST_WIDTH = 4
_ADDRESS = 8
# From so many free cells on a line gets its label.
_LEAST_LABEL = 6
# Bytes stand in groups, with a wider gap between.
_GROUP = 8
_MOST_PROBLEM_ROWS = 4
_SIZES = ((1, "byte"), (2, "half"), (4, "word"))


def width_for(cells: int) -> int:
    """Return how many bytes a line of so many cells holds."""
    return next((count for count in _WIDTHS if _hex_cells(count) + count <= cells), _LEAST_WIDTH)


def _hex_cells(count: int) -> int:
    """Return the cells before the characters: address, bytes with what stands behind each, a gap."""
    return _ADDRESS + 1 + 3 * count + max(count // _GROUP - 1, 0) + 1


def byte_at(x: int, width: int) -> int | None:
    """Return the number of the byte that stands in a column, if there is one."""
    for index in range(width):
        column = _ADDRESS + 1 + 3 * index + index // _GROUP
        if column <= x < column + 2:
            return index
    first = _hex_cells(width)
    return x - first if first <= x < first + width else None


@dataclass(frozen=True, slots=True)
class Marks:
    """What is marked: the byte at the address `cursor`, and those that were `typed` and not written.

    Of the one at the cursor only a digit may have been typed (`is_half`).
    """

    cursor: int | None = None
    typed: Mapping[int, int] | None = None
    is_half: bool = False

    def byte(self, line: Line, index: int) -> tuple[str, str]:
        """Return a byte of a line and its style."""
        typed = (self.typed or {}).get(line.address + index)
        if typed is not None:
            is_half = self.is_half and self.is_at(line, index)
            text, style = f"{typed:x}_" if is_half else f"{typed:02x}", "warning bold"
        elif line.data is None:
            text, style = UNREADABLE, "faint"
        else:
            value = line.data[index]
            is_changed = index in line.changed
            text, style = f"{value:02x}", "changed" if is_changed else "" if value else "faint"
        return text, f"{style} cursor" if self.is_at(line, index) else style

    def is_at(self, line: Line, index: int) -> bool:
        """Tell whether the cursor is there."""
        return self.cursor == line.address + index

    def character(self, line: Line, index: int) -> str:
        """Return what a byte is as a character, a dot if it is none."""
        value = (self.typed or {}).get(line.address + index)
        if value is None:
            if line.data is None:
                return " "
            value = line.data[index]
        return chr(value) if 0x20 <= value < 0x7F else "."


def memory_rows(window: Window, cells: int, marks: Marks) -> tuple[Row, ...]:
    """Draw the lines of a window."""
    return tuple(crop(_line(line, window.width, cells, marks), cells) for line in window.lines)


def _line(line: Line, width: int, cells: int, marks: Marks) -> Row:
    here = marks.cursor is not None and 0 <= marks.cursor - line.address < width
    pieces: list[Piece] = [
        (f"{line.address:08x}", "strong" if here else "address"),
        ("[" if marks.is_at(line, 0) else " ", "strong"),
    ]
    for index in range(width):
        pieces.append(marks.byte(line, index))
        pieces.append(_behind(line, index, width, marks))
    text = "".join(marks.character(line, index) for index in range(width))
    pieces += [" ", (text, "string" if line.data is not None else "")]
    pieces += _note(line, cells - _hex_cells(width) - width)
    return row(*_joined(pieces))


def _behind(line: Line, index: int, width: int, marks: Marks) -> tuple[str, str]:
    """Return what stands behind a byte: whether it has changed, and where the cursor is."""
    sign = CHANGED if index in line.changed else " "
    gap = " " if (index + 1) % _GROUP == 0 and index + 1 < width else ""
    if marks.is_at(line, index):
        return "]" + gap, "strong"
    if index + 1 < width and marks.is_at(line, index + 1):
        return (sign if gap else "") + "[", "strong"
    return sign + gap, "changed" if sign != " " else ""


def _note(line: Line, room: int) -> Iterator[Piece]:
    """Yield what is said of a line: its label, or why it cannot be read."""
    if room < _LEAST_LABEL + 1:
        return
    if line.data is None:
        yield shorten("  " + line.reason, room), "warning"
    elif line.label:
        yield shorten("  " + line.label, room), "label"
    elif line.component:
        yield shorten("  " + line.component, room), "dim"


def _joined(pieces: list[Piece]) -> Iterator[tuple[str, str]]:
    """Put neighbours of one style together: a line has many bytes."""
    text, style = "", ""
    for piece in pieces:
        given, its = (piece, "") if isinstance(piece, str) else (piece[0], piece[1])
        if its == style or (not given.strip() and "cursor" not in its and not its):
            text += given
            continue
        if text:
            yield text, style
        text, style = given, its
    if text:
        yield text, style


def problem_rows(problem: str, cells: int) -> tuple[Row, ...]:
    """Draw what is wrong with an address, with its caret."""
    lines = problem.splitlines()[:_MOST_PROBLEM_ROWS]
    return tuple(
        row((shorten(("! " if not number else "") + text, cells), "danger"))
        for number, text in enumerate(lines)
    )


def cursor_row(window: Window, cursor: int | None, cells: int) -> Row:
    """Tell of the byte at the cursor: where it is, what it is part of, as a number of each size."""
    for line in window.lines:
        if cursor is not None and line.address <= cursor < line.address + window.width:
            return crop(row(*_at_cursor(line, cursor)), cells)
    where = f"the cursor is at {cursor:08x}" if cursor is not None else ""
    return row((shorten(where, cells), "dim"))


def _at_cursor(line: Line, cursor: int) -> Iterator[Piece]:
    index = cursor - line.address
    yield f"{cursor:08x}", "strong"
    if line.physical is not None and line.physical != line.address:
        yield f" → {line.physical + index:08x}", "address"
    if line.data is None:
        yield "  " + line.reason, "warning"
        return
    for size, name in _SIZES:
        part = line.data[index : index + size]
        if cursor % size == 0 and len(part) == size:
            value = int.from_bytes(part, "little")
            yield f"  {name} ", "dim"
            yield f"{value:#x}" + (f" {value}" if value > 9 else ""), ""
    if index in line.changed:
        yield "  changed *", "changed"
    if line.component:
        yield f"  {line.component}" + (f": {line.label}" if line.label else ""), "label"
    if line.reason:
        yield f"  {line.reason}", "warning"
