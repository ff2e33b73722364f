"""Source text: reading it, cutting it into statements, and finding the place of each character.

A statement is a line, or a part of one between ``;``, without its comments. Its text keeps the
columns of the line, so that a column in the text leads back to the file.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from asm.program import Expansion, Place


@dataclass(frozen=True)
class Source:
    """A source file as it was read. `name` is what places call it."""

    name: str
    text: str

    @cached_property
    def lines(self) -> list[str]:
        """The lines, without their ends."""
        return self.text.split("\n")


@dataclass(frozen=True, slots=True)
class Piece:
    """Where a part of a statement's text comes from.

    The text from `offset` on stands at `line` and `column` of the source, character by character;
    if `width` is not 0, the whole piece stands for that many characters there (a macro's ``\\arg``).
    """

    offset: int
    line: int
    column: int
    width: int = 0


@dataclass(slots=True)
class Statement:
    """The text of one statement and where it stands.

    `pieces` is empty when the text stands in the source as it is, from `line` and `column` on.
    `expansions` leads from the outermost macro use to this text. `problem` is a mistake found while
    cutting (message, start, end), reported only if the statement counts. `begin` keeps `place`.
    """

    text: str
    source: Source
    line: int
    column: int
    pieces: tuple[Piece, ...] = ()
    expansions: tuple[Expansion, ...] = ()
    problem: tuple[str, int, int] | None = None
    begin: Place | None = None

    def locate(self, start: int, end: int) -> tuple[Place, int]:
        """Return the place of the text from `start` to `end`, and how many columns to mark."""
        width = max(end - start, 1)
        if not self.pieces:
            return Place(self.source.name, self.line, self.column + start), width
        first = self._piece(start)
        column = first.column + (0 if first.width else start - first.offset)
        last = self._piece(max(end - 1, start))
        if last.line == first.line:
            stop = last.column + (last.width if last.width else end - last.offset)
            width = max(stop - column, 1)
        return Place(self.source.name, first.line, column), width

    def _piece(self, offset: int) -> Piece:
        found = self.pieces[0]
        for piece in self.pieces:
            if piece.offset > offset:
                break
            found = piece
        return found

    @property
    def place(self) -> Place:
        """Where the statement begins."""
        found = self.begin
        if found is None:
            start = len(self.text) - len(self.text.lstrip())
            found = self.begin = self.locate(start, start + 1)[0]
        return found

    def source_line(self, line: int) -> str:
        """Return a line of the source, as written."""
        lines = self.source.lines
        return lines[line - 1].rstrip("\r") if 0 < line <= len(lines) else ""


# The labels before the first word of a statement, and that word.
HEAD = re.compile(
    r"\s*(?P<labels>(?:(?:[A-Za-z_.$][\w.$]*+|[0-9]++)\s*:\s*)*)(?P<word>[A-Za-z_.$][\w.$]*)?"
)


def word_span(statement: Statement) -> tuple[int, int]:
    """Return the columns of the first word of a statement."""
    head = HEAD.match(statement.text)
    assert head is not None
    return head.span("word") if head["word"] else (0, 1)


_SPECIAL = re.compile(r"""["'#;]|/[/*]""")
_TOKEN = re.compile(
    r"""(?P<string>"(?:[^"\\]|\\.)*+(?P<closed>")?)"""
    r"""|(?P<character>'(?:\\.|[^\\])'?)"""
    r"""|(?P<comment>\#|//)"""
    r"""|(?P<block>/\*)"""
    r"""|(?P<end>;)"""
)


def parts(statement: Statement) -> list[Statement]:
    """Cut a statement that a macro's argument has made several of, at each ``;``."""
    text = statement.text
    marks = [found.start() for found in _TOKEN.finditer(text) if found["end"]]
    if not marks:
        return [statement]
    cut = []
    start = 0
    for end in (*marks, len(text)):
        if text[start:end].strip():
            cut.append(_part(statement, start, end))
        start = end + 1
    return cut


def _part(statement: Statement, start: int, end: int) -> Statement:
    kept = [piece for piece in statement.pieces if piece.offset < end]
    first = max((index for index, piece in enumerate(kept) if piece.offset <= start), default=0)
    pieces = []
    for piece in kept[first:]:
        offset = max(piece.offset - start, 0)
        # Within a piece that stands as it is, its beginning moves along.
        moved = start - piece.offset if piece.offset < start and not piece.width else 0
        pieces.append(Piece(offset, piece.line, piece.column + moved, piece.width))
    return Statement(
        statement.text[start:end],
        statement.source,
        statement.line,
        statement.column,
        tuple(pieces),
        statement.expansions,
        statement.problem,
    )


@dataclass
class _Cutter:
    """Collects the text of the current statement, which a block comment may spread over lines."""

    source: Source
    text: str = ""
    pieces: list[Piece] = field(default_factory=list)
    problem: tuple[str, int, int] | None = None

    def add(self, text: str, line: int, column: int) -> None:
        text = text.rstrip()
        if text:
            if self.text:
                self.text += " "
            self.pieces.append(Piece(len(self.text), line, column))
            self.text += text

    def finish(self) -> Iterator[Statement]:
        if self.text:
            first = self.pieces[0]
            pieces = tuple(self.pieces) if len(self.pieces) > 1 else ()
            yield Statement(
                self.text, self.source, first.line, first.column, pieces, problem=self.problem
            )
        self.text = ""
        self.pieces = []
        self.problem = None


def statements(source: Source) -> Iterator[Statement]:
    """Cut `source` into its statements, empty ones left out."""
    cutter = _Cutter(source)
    opened: tuple[int, int] | None = None
    for number, line in enumerate(source.lines, 1):
        start = 0
        if opened is not None:
            close = line.find("*/")
            if close < 0:
                continue
            start = close + 2
            opened = None
        elif not _SPECIAL.search(line):
            if line and not line.isspace():
                yield Statement(line.rstrip(), source, number, 1)
            continue
        column = yield from _cut_line(cutter, line, number, start)
        if column:
            opened = (number, column)
        else:
            yield from cutter.finish()
    if opened is not None:
        yield from cutter.finish()
        number, column = opened
        text = source.lines[number - 1][column - 1 :]
        problem = ("the comment is not closed: */ is missing", 0, 2)
        yield Statement(text, source, number, column, problem=problem)


def _cut_line(cutter: _Cutter, line: str, number: int, start: int) -> Generator[Statement, None, int]:
    """Cut one line; the generator returns the column of a comment that stays open, or 0."""
    position = start
    while True:
        found = _TOKEN.search(line, position)
        if found is None:
            cutter.add(line[start:], number, start + 1)
            return 0
        position = found.end()
        kind = found.lastgroup if found["string"] is None else "string"
        if kind == "string" and not found["closed"]:
            cutter.add(line[start:], number, start + 1)
            begin = len(cutter.text) - (len(line.rstrip()) - found.start())
            message = 'the string is not closed: a " is missing'
            cutter.problem = (message, begin, len(cutter.text))
            return 0
        if kind in ("comment", "block", "end"):
            cutter.add(line[start : found.start()], number, start + 1)
        if kind == "comment":
            return 0
        if kind == "end":
            yield from cutter.finish()
            start = position
        elif kind == "block":
            close = line.find("*/", position)
            if close < 0:
                return found.start() + 1
            start = position = close + 2
