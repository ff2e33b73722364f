"""What the guest wrote on its console, as lines of text."""

from __future__ import annotations

import codecs
from collections import deque

LINES_KEPT = 2000
# A guest that never ends its line must not grow without bound.
LONGEST_LINE = 4096

_CONTROLS = dict.fromkeys(range(32)) | {0x7F: None, 0x09: "    "}


class Console:
    """Turns device output into lines; the last one is the line still being written."""

    def __init__(self) -> None:
        self._decode = codecs.getincrementaldecoder("utf-8")("replace").decode
        self._ended: deque[str] = deque(maxlen=LINES_KEPT)
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
            self._ended.append(self._open)
            self._open = ""

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
