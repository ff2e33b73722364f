"""From Markdown to a page: headings, paragraphs, lists, quotes, code and tables as lines."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token
from rich.cells import cell_len, chop_cells

from hvtui.tui.lesson.inline import InlineText
from hvtui.tui.lesson.page import Line, Page, Piece
from hvtui.tui.lesson.tables import Cell, Table, table_lines
from hvtui.tui.lesson.wrapping import FIRM_BLANK, LEAST_WIDTH, width_of, wrap
from hvtui.tui.rows import printable

# A line that is wider than this is hard to read.
MOST_WIDTH = 100
_TAB = 4
_TAG = re.compile(r"<[^<>]*>")


@cache
def _parser() -> MarkdownIt:
    return MarkdownIt("commonmark").enable("table")


def parse(text: str) -> list[Token]:
    """Read Markdown."""
    return _parser().parse(text)


def render(tokens: Sequence[Token], width: int, *, has_machine: bool = True) -> Page:
    """Lay a lesson out for that many cells. Without a machine of its own nothing in it drives one."""
    renderer = _Renderer(has_machine=has_machine)
    lines = _separated(renderer.blocks(tokens, max(min(width, MOST_WIDTH), LEAST_WIDTH)))
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    for index, line in enumerate(lines):
        for piece in line.pieces:
            if piece.link is not None:
                first.setdefault(piece.link, index)
                last[piece.link] = index
    # A link without any text is nowhere.
    places = tuple((first.get(n, -1), last.get(n, -1)) for n in range(len(renderer.text.links)))
    return Page(tuple(lines), tuple(renderer.text.links), places)


Block = list[Line]


def _separated(blocks: Sequence[Block]) -> Block:
    """Put an empty line between blocks."""
    lines: Block = []
    for block in blocks:
        if lines and block:
            lines.append(Line((), lines[-1].source))
        lines += block
    return lines


class _Renderer:
    """Draws the tokens of one lesson."""

    def __init__(self, *, has_machine: bool) -> None:
        self.text = InlineText(has_machine=has_machine)
        self._draw: dict[str, Callable[[Sequence[Token], int, int], Block]] = {
            "heading_open": self._heading,
            "paragraph_open": self._paragraph,
            "bullet_list_open": self._list,
            "ordered_list_open": self._list,
            "blockquote_open": self._quote,
            "table_open": self._table,
            "fence": self._code,
            "code_block": self._code,
            "html_block": self._html,
            "hr": self._rule,
        }

    def blocks(self, tokens: Sequence[Token], width: int) -> list[Block]:
        """Draw tokens that stand one after the other, each with what it holds."""
        drawn = []
        for part in _parts(tokens):
            draw = self._draw.get(part[0].type)
            if draw is not None:
                drawn.append(draw(part, width, _source(part)))
        return drawn

    def _paragraph(self, tokens: Sequence[Token], width: int, source: int) -> Block:
        pieces = self.text.pieces(tokens[1].children)
        return [Line(tuple(line), source) for line in wrap(pieces, width)]

    def _heading(self, tokens: Sequence[Token], width: int, source: int) -> Block:
        pieces = self.text.pieces(tokens[1].children, "title")
        lines = [Line(tuple(line), source) for line in wrap(pieces, width)]
        if tokens[0].tag == "h1":
            lines.append(Line((Piece("━" * width, "faint"),), source))
        elif tokens[0].tag == "h2" and lines:
            room = width - width_of(lines[-1].pieces) - 1
            rule = Piece(" " + "─" * room, "faint") if room > 0 else Piece("")
            lines[-1] = Line((*lines[-1].pieces, rule), source)
        return lines

    def _list(self, tokens: Sequence[Token], width: int, source: int) -> Block:
        items = _parts(tokens[1:-1])
        number = int(tokens[0].attrGet("start") or 1)
        is_numbered = tokens[0].type == "ordered_list_open"
        sign_width = len(f"{number + len(items) - 1}. ") if is_numbered else 2
        drawn = []
        is_loose = False
        for index, item in enumerate(items):
            sign = f"{number + index}. ".rjust(sign_width) if is_numbered else "• "
            inner = item[1:-1]
            is_loose |= any(token.type == "paragraph_open" and not token.hidden for token in inner)
            blocks = self.blocks(inner, width - sign_width)
            lines = _separated(blocks) if is_loose else [line for block in blocks for line in block]
            drawn.append(
                _hung(lines or [Line((), _source(item))], Piece(sign, "dim"), " " * sign_width)
            )
        return _separated(drawn) if is_loose else [line for block in drawn for line in block]

    def _quote(self, tokens: Sequence[Token], width: int, source: int) -> Block:
        lines = _separated(self.blocks(tokens[1:-1], width - 2))
        return [line.before(Piece("▌ ", "dim")) for line in lines]

    def _code(self, tokens: Sequence[Token], width: int, source: int) -> Block:
        lines: Block = []
        for text in tokens[0].content.rstrip().expandtabs(_TAB).split("\n"):
            lines += _code_line(printable(text.replace(FIRM_BLANK, " ")), width, source)
        return lines

    def _rule(self, tokens: Sequence[Token], width: int, source: int) -> Block:
        return [Line((Piece("─" * width, "faint"),), source)]

    def _html(self, tokens: Sequence[Token], width: int, source: int) -> Block:
        """Show what stands between the tags, and no comments."""
        content = tokens[0].content
        text = "" if content.lstrip().startswith("<!--") else _TAG.sub("", content)
        return [
            Line(tuple(line), source)
            for line in wrap([Piece(printable(" ".join(text.split())), "dim")], width)
            if line
        ]

    def _table(self, tokens: Sequence[Token], width: int, source: int) -> Block:
        rows: list[list[Cell]] = []
        aligns: list[str] = []
        for token, inner in pairwise(tokens):
            if token.type == "tr_open":
                rows.append([])
            elif token.type in ("th_open", "td_open"):
                style = "strong" if token.type == "th_open" else ""
                rows[-1].append(self.text.pieces(inner.children, style))
                if token.type == "th_open":
                    is_right = "right" in str(token.attrGet("style") or "")
                    aligns.append("right" if is_right else "left")
        return table_lines(Table(rows[0], rows[1:], aligns, source), width)


def _parts(tokens: Sequence[Token]) -> list[Sequence[Token]]:
    """Return the tokens that stand side by side, each with all that it holds."""
    parts = []
    depth = begins = 0
    for index, token in enumerate(tokens):
        depth += token.nesting
        if depth <= 0:
            parts.append(tokens[begins : index + 1])
            begins = index + 1
    return parts


def _source(tokens: Sequence[Token]) -> int:
    return tokens[0].map[0] if tokens[0].map else 0


def _hung(lines: Block, sign: Piece, indent: str) -> Block:
    """Put a sign before the first line, and as much room before the others."""
    return [line.before(Piece(indent) if index else sign) for index, line in enumerate(lines)]


def _code_line(text: str, width: int, source: int) -> Block:
    """Draw a line of code; if it is too long it goes on in the next line, further to the right."""
    body = text.lstrip(" ")
    indent = min(len(text) - len(body) + 2, width // 2)
    lines: Block = []
    while body or not lines:
        room = max(width - indent, 1)
        # A line may be as long as its file: never look at all of it more than once.
        fits = len(body) <= room and cell_len(body) <= room
        part = body if fits else _beginning(body, room)
        lines.append(Line((Piece(" " * indent), Piece(part.rstrip(), "code")), source))
        body = body[len(part) :].lstrip(" ")
        indent += 2 if len(lines) == 1 else 0
    return lines


def _beginning(text: str, room: int) -> str:
    """Return as much of a text as has room, up to a blank if there is one: a character at least."""
    some = text[: room + 1]
    part = next((part for part in chop_cells(some, room) if part), some)
    blank = part.rfind(" ")
    return part[:blank] if blank > 0 else part
