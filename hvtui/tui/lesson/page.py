"""A lesson as lines of a given width: what is drawn, where its links are, where its text came from."""

from __future__ import annotations

from dataclasses import dataclass, field

from hvtui.tui.lesson.links import Target
from hvtui.tui.rows import Row, Span


@dataclass(frozen=True, slots=True)
class Piece:
    """Text in a style; `link` is the number of the link that it belongs to."""

    text: str
    style: str = ""
    link: int | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a page. `source` is the line of the Markdown that its block begins on, from 0."""

    pieces: tuple[Piece, ...] = ()
    source: int = 0

    @property
    def row(self) -> Row:
        """The line as panes draw it."""
        return Row(tuple(Span(piece.text, piece.style) for piece in self.pieces))

    def before(self, *pieces: Piece) -> Line:
        """Return the line with something before it."""
        return Line((*pieces, *self.pieces), self.source)


@dataclass(frozen=True, slots=True)
class Page:
    """The lines, and what the links in them lead to."""

    lines: tuple[Line, ...] = ()
    links: tuple[Target, ...] = ()
    places: tuple[tuple[int, int], ...] = field(default=())
    """The first and the last line of each link."""

    def line_from(self, source: int) -> int:
        """Return the first line whose block begins on or after line `source` of the Markdown."""
        found = (index for index, line in enumerate(self.lines) if line.source >= source)
        return next(found, max(len(self.lines) - 1, 0))
