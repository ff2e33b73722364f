"""Text with styles and links, broken into lines between its words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from rich.cells import cell_len, chop_cells

from hvtui.tui.lesson.page import Piece

# A blank that does not separate words.
FIRM_BLANK = "\N{NO-BREAK SPACE}"
_WORDS = re.compile(rf"[^\S{FIRM_BLANK}]+|(?:\S|{FIRM_BLANK})+")
# No word is given less room than this, however deep the lists around it: the pane cuts it off.
LEAST_WIDTH = 8

Line = list[Piece]


def wrap(pieces: Iterable[Piece], width: int) -> list[Line]:
    """Return the lines: as many words each as fit; a word that is too long for a line is broken."""
    width = max(width, LEAST_WIDTH)
    lines: list[Line] = [[]]
    room = width
    gap: Piece | None = None
    for word in _words(pieces):
        if word is None:
            lines.append([])
            room, gap = width, None
            continue
        if len(word) == 1 and word[0].text == " ":
            gap = Piece(" ", word[0].style, word[0].link) if lines[-1] else None
            continue
        cells = width_of(word)
        if cells + (gap is not None) > room and lines[-1]:
            lines.append([])
            room, gap = width, None
        if gap is not None:
            _add(lines[-1], gap)
            room -= 1
            gap = None
        for piece in word:
            for part in _fitting(piece, room, width):
                if part is None:
                    lines.append([])
                    room = width
                    continue
                _add(lines[-1], part)
                room -= cell_len(part.text)
    return lines


def width_of(pieces: Iterable[Piece]) -> int:
    """Return the cells that pieces take."""
    return sum(cell_len(piece.text) for piece in pieces)


def longest_word(pieces: Iterable[Piece]) -> int:
    """Return the cells of the longest word."""
    return max((width_of(word) for word in _words(pieces) if word is not None), default=0)


def _words(pieces: Iterable[Piece]) -> Iterator[Line | None]:
    """Yield words, which may have several styles, gaps between them, and None for a line's end."""
    word: Line = []
    for piece in pieces:
        for text in _WORDS.findall(piece.text):
            if text.strip() or FIRM_BLANK in text:
                word.append(Piece(text.replace(FIRM_BLANK, " "), piece.style, piece.link))
                continue
            if word:
                yield word
                word = []
            yield None if "\n" in text else [Piece(" ", piece.style, piece.link)]
    if word:
        yield word


def _fitting(piece: Piece, room: int, width: int) -> Iterator[Piece | None]:
    """Yield the piece in parts that fit, and None wherever a line ends between them."""
    if cell_len(piece.text) <= room:
        yield piece
        return
    if room < width:
        yield None
    for index, text in enumerate(chop_cells(piece.text, width)):
        if index:
            yield None
        yield Piece(text, piece.style, piece.link)


def _add(line: Line, piece: Piece) -> None:
    """Add a piece; what looks the same becomes one."""
    if line and (line[-1].style, line[-1].link) == (piece.style, piece.link):
        piece = Piece(line.pop().text + piece.text, piece.style, piece.link)
    line.append(piece)
