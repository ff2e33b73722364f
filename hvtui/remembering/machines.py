"""What is remembered of one machine file: breakpoints, watchpoints, displays, and typed commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from hvtui.debugger.kept import Kept, KeptBreakpoint, KeptDisplay
from hvtui.remembering.folders import machines_folder, name_of_machine
from hvtui.remembering.records import Content, Record, T, is_fit, keep_newest

# So many files are kept; there are two for a machine at most.
MOST_FILES = 400

MOST_LINES = 1000
_MOST_BREAKPOINTS = 1000
_MOST_DISPLAYS = 1000


class _Session(Content):
    """What a person has set up to look at a machine. `path` says whose it is."""

    path: str
    breakpoints: Annotated[tuple[KeptBreakpoint, ...], Field(max_length=_MOST_BREAKPOINTS)] = ()
    displays: Annotated[tuple[KeptDisplay, ...], Field(max_length=_MOST_DISPLAYS)] = ()


class _Lines(Content):
    """The lines typed at the command line, the oldest first."""

    path: str
    lines: Annotated[tuple[str, ...], Field(max_length=MOST_LINES)] = ()


class MachineMemory:
    """The memory of the machine file at `path`: what is taken down here comes back the next time."""

    def __init__(self, path: Path) -> None:
        self._path = _shown(path)
        folder, name = machines_folder(), name_of_machine(path)
        self._session = Record(folder / f"{name}.json", _Session, "the breakpoints of the last session")
        self._lines = Record(
            folder / f"{name}.history.json", _Lines, "the commands of the last session"
        )

    def recall(self) -> tuple[Kept, str]:
        """Return what was taken down last, and a message if something is wrong."""
        found, told = self._session.read()
        return Kept(found.breakpoints, found.displays) if found else Kept(), told

    def keep(self, kept: Kept) -> str:
        """Take it down, if it has changed; return a message if that is not possible."""
        if not kept and not self._session.is_there:
            return ""
        breakpoints = tuple(filter(is_fit, kept.breakpoints))[:_MOST_BREAKPOINTS]
        displays = tuple(filter(is_fit, kept.displays))[:_MOST_DISPLAYS]
        return _written(
            self._session, _Session(path=self._path, breakpoints=breakpoints, displays=displays)
        )

    def recall_lines(self) -> tuple[list[str], str]:
        """Return the lines typed at the command line, the oldest first, and a message."""
        found, told = self._lines.read()
        return list(found.lines) if found else [], told

    def keep_lines(self, lines: list[str]) -> str:
        """Take down the last lines; return a message if that is not possible."""
        fitting = list(filter(is_fit, lines))
        if not fitting and not self._lines.is_there:
            return ""
        return _written(self._lines, _Lines(path=self._path, lines=tuple(fitting[-MOST_LINES:])))


def _written(record: Record[T], content: T) -> str:
    is_new = not record.is_there
    told = record.write(content)
    if is_new and not told:
        keep_newest(record.path.parent, MOST_FILES)
    return told


def _shown(path: Path) -> str:
    """Return the path as text that can be shown and stored."""
    text = str(path.absolute())
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text)
