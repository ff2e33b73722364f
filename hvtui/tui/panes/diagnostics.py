"""What is wrong with an edited source, in the place of the source until it is mended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from textwrap import wrap
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from asm.diagnostics import AssemblyError
from asm.program import Place
from hvtui.debugger.positions import short_file
from hvtui.debugger.snapshot import Snapshot
from hvtui.machinefile.errors import BadInputError
from hvtui.tui.panes.pane import Pane
from hvtui.tui.rows import Row, row

DIAGNOSTICS = "diagnostics"

_ADVICE = (
    "The machine goes on with the source as it was before.",
    "Save the file once it is mended: it is read again by itself. Esc shows the old source meanwhile.",
)
_ERROR = ": error: "
_INDENT = "    "
_LEAST_WIDTH = 20


class DiagnosticsPane(Pane):
    """The mistakes as the assembler tells them."""

    TITLE = "Cannot reload"
    HELP = """\
# What is wrong with the edited source

The files of this machine have changed on disk, and have mistakes now. The machine, and everything else
on the screen, is as it was. As soon as the files are mended the new program is taken up, and run to
where the machine stands. Esc shows the source as it was; `R` reads the files again at once."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "scroll_left", "To the left", show=False),
        Binding("right", "scroll_right", "To the right", show=False),
        Binding("pageup", "page_up", "Page up", show=False),
        Binding("pagedown", "page_down", "Page down", show=False),
        Binding("escape", "hide", "Show the old source", show=False),
    ]

    class Hidden(Message):
        """The person wants to see the old source."""

    def __init__(self) -> None:
        super().__init__(id=DIAGNOSTICS)
        self._error: Exception | None = None
        self._rows: tuple[Row, ...] = ()
        self.display = False

    @property
    def row_count(self) -> int:
        """How many lines there are."""
        return len(self._rows)

    @property
    def row_width(self) -> int:
        """The width of the longest line."""
        return max((known.width for known in self._rows), default=0)

    def row_at(self, index: int) -> Row:
        """Return line `index`."""
        return self._rows[index]

    def show(self, snapshot: Snapshot) -> None:
        """Nothing here is of the machine."""

    def tell(self, error: Exception) -> None:
        """Show what is wrong."""
        self._error = error
        self.set_title(self.TITLE, _count(error))
        self.resized()
        self.scroll_to(0, 0, animate=False, force=True, immediate=True)

    def resized(self) -> None:
        """Break the lines for the new width."""
        if self._error is not None:
            width = self.size.width
            advice = (row((line, "dim")) for text in _ADVICE for line in _wrapped(text, width))
            self._rows = (*_rows(self._error, width), row(), *advice)
        self.repaint()

    def action_hide(self) -> None:
        """Show the old source."""
        self.post_message(self.Hidden())


def _count(error: Exception) -> str:
    if not isinstance(error, AssemblyError):
        return ""
    count = sum(not diagnostic.is_warning for diagnostic in error.diagnostics)
    return f"{count:,} error{'s' if count != 1 else ''}"


def _briefly(place: Place) -> Place:
    """Name a file by its last part: a pane is narrow."""
    return replace(place, file=short_file(place.file))


def _told(error: Exception) -> Iterator[str]:
    """Yield each mistake as it is told on a command line, with the names of files cut short."""
    if isinstance(error, AssemblyError):
        for diagnostic in error.diagnostics:
            steps = tuple(replace(step, place=_briefly(step.place)) for step in diagnostic.expansions)
            yield str(replace(diagnostic, place=_briefly(diagnostic.place), expansions=steps))
    elif isinstance(error, BadInputError):
        for problem in error.problems:
            yield str(replace(problem, path=short_file(problem.path)))
    elif isinstance(error, MemoryError):
        yield "this computer has not enough memory for the machine"
    else:
        yield str(error)


def _rows(error: Exception, width: int) -> Iterator[Row]:
    for index, part in enumerate(_told(error)):
        if index:
            yield row()
        for number, text in enumerate(part.split("\n")):
            yield from _first(text, width) if not number else _other(text.expandtabs(8), width)


def _first(text: str, width: int) -> Iterator[Row]:
    """Draw place and message."""
    place, colon, _ = text.partition(_ERROR)
    first, *more = _wrapped(text, width)
    if colon and len(place + colon) <= len(first):
        yield row((place, "strong"), (colon, "danger"), (first[len(place + colon) :], "strong"))
    else:
        yield row((first, "strong"))
    for rest in more:
        yield row((rest, "strong"))


def _other(text: str, width: int) -> Iterator[Row]:
    """Draw what explains it: a line of source and its mark as they are, sentences in lines."""
    number, bar, code = text.partition(" | ")
    if bar and not number.strip().strip("0123456789"):
        is_mark = not code.strip(" ^")
        yield row((number + bar, "dim"), (code, "danger bold" if is_mark else ""))
    else:
        for line in _wrapped(text, width):
            yield row((line, "dim"))


def _wrapped(text: str, width: int) -> list[str]:
    return wrap(text, max(width, _LEAST_WIDTH), subsequent_indent=_INDENT) or [""]
