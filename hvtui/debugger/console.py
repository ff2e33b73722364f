"""What the guest wrote on its console, as lines of text."""

from __future__ import annotations

import codecs
from typing import NamedTuple

LINES_KEPT = 2000
CHARACTERS_KEPT = 200_000
# What is kept beyond that, for travels in time: of more, the older half is forgotten.
LINES_RECORDED = 200_000
CHARACTERS_RECORDED = 20_000_000
# A guest that never ends its line must not grow without bound.
LONGEST_LINE = 4096

# What would steer a terminal, or change the order and the width of what stands beside it.
_CONTROLS = {
    **dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), 0xAD, *range(0x200B, 0x2010))),
    **dict.fromkeys((*range(0x2028, 0x202F), *range(0x2060, 0x2070), 0xFEFF)),
    0x09: "    ",
}


class ConsoleMark(NamedTuple):
    """How far the console had come at one instant."""

    shown_from: int
    ended: int
    length: int
    open: str
    decoder: tuple[bytes, int]
    written: int


class Console:
    """Turns device output into lines; the last one is the line still being written.

    What was written is kept beyond what is shown, so that one can travel in time: back, and forwards
    again without a second copy of anything.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        # The lines that have ended, and how many before them are forgotten for good.
        self._known: list[str] = []
        self._known_length = 0
        self._forgotten = 0
        # Line numbers: the first one that is shown, and how many have ended by now.
        self._shown_from = self._ended = 0
        self._length = 0
        self._open = ""
        self._lines: tuple[str, ...] | None = ("",)
        # How many times devices have written.
        self.written = 0

    def write(self, data: bytes) -> None:
        """Take what a device sent. Control characters but newline, tab and backspace are dropped."""
        self.written += 1
        text = self._decoder.decode(data)
        if text:
            self._lines = None
        while True:
            part, newline, text = text.partition("\n")
            self._append(part)
            if not newline:
                return
            self._end_line()

    def _end_line(self) -> None:
        if self._ended == self._forgotten + len(self._known):
            self._remember(self._open)
        self._ended += 1
        self._length += len(self._open)
        self._open = ""
        while self._ended - self._shown_from > LINES_KEPT or self._length > CHARACTERS_KEPT:
            if self._shown_from < self._forgotten:
                # So far back nobody knows the lines any more: what is shown begins here.
                self._shown_from, self._length = self._ended, 0
                return
            self._length -= len(self._known[self._shown_from - self._forgotten])
            self._shown_from += 1

    def _remember(self, line: str) -> None:
        self._known.append(line)
        self._known_length += len(line)
        if len(self._known) > LINES_RECORDED or self._known_length > CHARACTERS_RECORDED:
            older = len(self._known) // 2
            self._known_length -= sum(map(len, self._known[:older]))
            del self._known[:older]
            self._forgotten += older

    def _append(self, part: str) -> None:
        for index, piece in enumerate(part.split("\b")):
            if index:
                self._open = self._open[:-1]
            self._open = (self._open + piece.translate(_CONTROLS))[:LONGEST_LINE]

    @property
    def lines(self) -> tuple[str, ...]:
        """The last lines, the open one included: empty if the output ended with a newline."""
        if self._lines is None:
            start, end = (max(n - self._forgotten, 0) for n in (self._shown_from, self._ended))
            self._lines = (*self._known[start:end], self._open)
        return self._lines

    # Travelling

    def capture(self) -> ConsoleMark:
        """Return a mark of now, to come back to."""
        return ConsoleMark(
            self._shown_from, self._ended, self._length, self._open, self._decoder.getstate(),
            self.written,
        )  # fmt: skip

    def restore(self, mark: ConsoleMark) -> None:
        """Go back, or forwards again, to a mark of this run."""
        self._shown_from, self._ended, self._length, self._open, decoder, self.written = mark
        self._decoder.setstate(decoder)
        self._lines = None

    def cut(self) -> None:
        """Forget what was written after now: it will not be."""
        if self._ended < self._forgotten:
            self._known, self._forgotten = [], self._ended
        del self._known[self._ended - self._forgotten :]
        self._known_length = sum(map(len, self._known))
