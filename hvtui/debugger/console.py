"""What the guest wrote on its console, as lines of text."""

from __future__ import annotations

import codecs
from collections import deque

LINES_KEPT = 2000
CHARACTERS_KEPT = 200_000
# A guest that never ends its line must not grow without bound.
LONGEST_LINE = 4096

# What would steer a terminal, or change the order and the width of what stands beside it.
_CONTROLS = {
    **dict.fromkeys((*range(0x20), *range(0x7F, 0xA0), 0xAD, *range(0x200B, 0x2010))),
    **dict.fromkeys((*range(0x2028, 0x202F), *range(0x2060, 0x2070), 0xFEFF)),
    0x09: "    ",
}


class Console:
    """Turns device output into lines; the last one is the line still being written."""

    def __init__(self) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._ended: deque[str] = deque()
        self._length = 0
        self._open = ""
        self._lines: tuple[str, ...] | None = ("",)

    def write(self, data: bytes) -> None:
        """Take what a device sent. Control characters but newline, tab and backspace are dropped."""
        text = self._decode(data)
        if text:
            self._lines = None
        while True:
            part, newline, text = text.partition("\n")
            self._append(part)
            if not newline:
                return
            self._end_line()

    def _end_line(self) -> None:
        self._ended.append(self._open)
        self._length += len(self._open)
        self._open = ""
        while len(self._ended) > LINES_KEPT or self._length > CHARACTERS_KEPT:
            self._length -= len(self._ended.popleft())

    def _append(self, part: str) -> None:
        for index, piece in enumerate(part.split("\b")):
            if index:
                self._open = self._open[:-1]
            self._open = (self._open + piece.translate(_CONTROLS))[:LONGEST_LINE]

    @property
    def lines(self) -> tuple[str, ...]:
        """The last lines, the open one included: empty if the output ended with a newline."""
        if self._lines is None:
            self._lines = (*self._ended, self._open)
        return self._lines
