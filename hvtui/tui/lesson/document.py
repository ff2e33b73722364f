"""A lesson's file, read once and laid out for whatever width is asked for."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

from hvtui.tui.lesson.page import Page
from hvtui.tui.lesson.rendering import parse, render

# A lesson is something to read. More than this (bytes) of a file that says it is one is not shown.
MOST_BYTES = 1 << 16


class Document:
    """The Markdown of a file. `has_machine` tells whether its links may drive the machine."""

    def __init__(self, path: Path, text: str, *, has_machine: bool = True) -> None:
        self.path = path
        self.has_machine = has_machine
        self._tokens = parse(text)
        self._page: tuple[int, Page] | None = None
        self.title = self._first_heading()

    @classmethod
    def read(cls, path: Path, *, has_machine: bool = True) -> Document:
        """Read a file; what cannot be read becomes a lesson that says so."""
        try:
            with path.open("rb") as file:
                data = file.read(MOST_BYTES + 1)
        except OSError as error:
            cause = error.strerror or "it cannot be opened"
            text = f"# This lesson cannot be read\n\n    {path}: {cause}\n"
            return cls(path, text, has_machine=False)
        text = data[:MOST_BYTES].decode("utf-8", "replace")
        if len(data) > MOST_BYTES:
            text += f"\n\n---\n\nThe file goes on, but no more than {MOST_BYTES >> 10} KiB are shown.\n"
        return cls(path, text, has_machine=has_machine)

    def page(self, width: int) -> Page:
        """Return the lines for that many cells."""
        if self._page is None or self._page[0] != width:
            self._page = width, render(self._tokens, width, has_machine=self.has_machine)
        return self._page[1]

    def _first_heading(self) -> str:
        for token, after in pairwise(self._tokens):
            if token.type == "heading_open":
                return " ".join(after.content.replace("`", "").split())
        return self.path.name


NO_LESSON = """\
# No lesson

A lesson is Markdown about a machine, beside it in the folder: `LESSON.md`, or what the key `lesson`
of the machine file's `[machine]` names. This machine has none.

Links in it drive the debugger:

    [set it](<hv:break trap wrstatus>)
    [go on](hv:continue)
    [look at the bits](<hv:pane bitmap>)
    [see the stack](<hv:memory sp>)

What follows `hv:` is a command, as the command line takes it.
"""
