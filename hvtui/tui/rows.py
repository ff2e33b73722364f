"""Lines of text with named styles: what panes draw, before there is a colour or a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from rich.cells import cell_len, set_cell_size


class Span(NamedTuple):
    """Text in a style: names from `hvtui.tui.looks`, with blanks between."""

    text: str
    style: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One line. `line` is the style of the whole of it, to the pane's edge."""

    spans: tuple[Span, ...] = ()
    line: str = ""

    @property
    def text(self) -> str:
        """The text without styles."""
        return "".join(span.text for span in self.spans)

    @property
    def width(self) -> int:
        """Cells on the screen."""
        return sum(cell_len(span.text) for span in self.spans)


Piece: TypeAlias = "str | tuple[str, str] | Span"


def row(*pieces: Piece, line: str = "") -> Row:
    """Make a row of plain strings and (text, style) pairs; empty ones are dropped."""
    spans = (Span(piece) if isinstance(piece, str) else Span(*piece) for piece in pieces)
    return Row(tuple(span for span in spans if span.text), line)


def printable(text: str) -> str:
    """Return `text` with a sign for each character that would steer a terminal.

    Sources and names may come from strangers.
    """
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _sign(character) for character in text)


def _sign(character: str) -> str:
    """The picture of a control character; a question mark in a lozenge for what has none."""
    if character == "\x7f":
        return "\N{SYMBOL FOR DELETE}"
    return chr(0x2400 + ord(character)) if character < " " else "\N{REPLACEMENT CHARACTER}"


def fit(text: str, width: int) -> str:
    """Return `text` in exactly `width` cells: padded, or cut with an ellipsis."""
    if width <= 0:
        return ""
    if cell_len(text) <= width:
        return set_cell_size(text, width)
    return set_cell_size(text, width - 1) + "…"


def shorten(text: str, width: int) -> str:
    """Return `text` in at most `width` cells, cut with an ellipsis if need be."""
    return fit(text, width) if cell_len(text) > width else text


def elide(text: str, width: int) -> str:
    """Return `text` in at most `width` cells: if need be, its middle gives way to an ellipsis."""
    missing = cell_len(text) - width
    if missing <= 0:
        return text
    tail = max(width - 1, 0) * 2 // 3
    end = chop_left(text, cell_len(text) - tail) if tail else ""
    return fit(text, width - tail) + end


def join(rows: Iterable[Row], gap: str = "") -> Row:
    """Put rows side by side."""
    spans: list[Span] = []
    for part in rows:
        if spans and gap:
            spans.append(Span(gap))
        spans.extend(part.spans)
    return Row(tuple(spans))


def pad(given: Row, width: int) -> Row:
    """Return the row with blanks up to `width` cells."""
    missing = width - given.width
    return Row((*given.spans, Span(" " * missing)), given.line) if missing > 0 else given


def spread(left: Row, right: Row, width: int) -> Row:
    """Put `left` and `right` at the two edges of `width` cells; `right` gives way."""
    room = width - left.width - right.width
    return join((left, row(" " * room), right)) if room > 0 else left


def crop(given: Row, width: int, mark: str = "…") -> Row:
    """Return the row cut off at `width` cells, with a `mark` if something is lost."""
    if given.width <= width:
        return given
    spans: list[Span] = []
    room = max(width, 0)
    for span in given.spans:
        cells = cell_len(span.text)
        if cells >= room:
            text = fit(span.text + mark, room) if mark and room else set_cell_size(span.text, room)
            return Row((*spans, Span(text, span.style)), given.line)
        spans.append(span)
        room -= cells
    return Row(tuple(spans), given.line)


def cut_left(given: Row, cells: int) -> Row:
    """Return the row without its first `cells` cells, as it looks when it is scrolled."""
    spans: list[Span] = []
    for span in given.spans:
        width = cell_len(span.text)
        if cells >= width:
            cells -= width
        elif cells > 0:
            spans.append(Span(chop_left(span.text, cells), span.style))
            cells = 0
        else:
            spans.append(span)
    return Row(tuple(spans), given.line)


def chop_left(text: str, cells: int) -> str:
    """Return `text` without its first `cells` cells; of half a wide character a blank stays."""
    for index in range(len(text) + 1):
        width = cell_len(text[:index])
        if width >= cells:
            return " " * (width - cells) + text[index:]
    return ""
