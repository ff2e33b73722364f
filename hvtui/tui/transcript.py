"""What was typed at the command line and what came of it, as lines: bounded, and fed by any thread."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from enum import Enum
from itertools import islice

from rich.cells import cell_len, chop_cells

from hvtui.tui.rows import Row, Span, row

# How many lines are kept, and how many more may gather before the oldest are dropped.
LINES_KEPT = 10_000
_SLACK = 1_000


class Kind(Enum):
    """What a line is."""

    TYPED = "typed"
    TOLD = "told"
    CARET = "caret"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Line:
    """A line of `kind`; `prompt` stands before one that was typed."""

    text: str
    kind: Kind = Kind.TOLD
    prompt: str = ""


class Transcript:
    """The lines, and the rows that they take in the present width.

    `add` is for any thread; everything else for the one that draws.
    """

    def __init__(self) -> None:
        self._inbox: deque[Line] = deque(maxlen=LINES_KEPT)
        self._lines: list[Line] = []
        self._heights: list[int] = []
        self.rows: list[Row] = []
        self._width = 0

    def add(self, line: Line) -> None:
        """Take a line."""
        self._inbox.append(line)

    def collect(self) -> int:
        """Make rows of the lines that have come; return how many rows at the top were dropped."""
        while self._inbox:
            self._append(self._inbox.popleft())
        excess = len(self._lines) - LINES_KEPT
        if excess <= _SLACK:
            return 0
        dropped = sum(islice(self._heights, excess))
        del self._lines[:excess], self._heights[:excess], self.rows[:dropped]
        return dropped

    def fit(self, width: int) -> bool:
        """Break the lines for that many cells; return whether that changed anything."""
        if width == self._width or width <= 0:
            return False
        self._width = width
        lines, self._lines = self._lines, []
        self._heights.clear()
        self.rows.clear()
        for line in lines:
            self._append(line)
        return True

    def clear(self) -> None:
        """Forget all lines."""
        self._inbox.clear()
        self._lines.clear()
        self._heights.clear()
        self.rows.clear()

    @property
    def text(self) -> tuple[str, ...]:
        """All lines as they were given, prompts included."""
        return tuple(line.prompt + line.text for line in self._lines)

    def _append(self, line: Line) -> None:
        rows = _rows(line, self._width)
        self._lines.append(line)
        self._heights.append(len(rows))
        self.rows += rows


def _rows(line: Line, width: int) -> list[Row]:
    style = _STYLES[line.kind]
    text = line.prompt + line.text
    if not width or cell_len(text) <= width:
        return [row((line.prompt, "dim"), Span(line.text, style))]
    first, *more = chop_cells(text, width)
    prompt = first[: len(line.prompt)]
    return [
        row((prompt, "dim"), Span(first[len(prompt) :], style)),
        *(row((part, style)) for part in more),
    ]


_STYLES = {Kind.TYPED: "strong", Kind.TOLD: "", Kind.CARET: "danger", Kind.PROBLEM: "danger"}
