"""A TOML file as data and lines: read within bounds, refused in words."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from asm.objects.image import ImageError, read_file
from hvtui.machinefile.errors import BadInputError, Problem
from hvtui.machinefile.toml_lines import KeyPath, key_lines, line_of

# A machine file is a page of text; more is a mistake.
MAX_DOCUMENT_SIZE = 1 << 20

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


@dataclass(frozen=True)
class Document:
    """A TOML file that has been read: `data` is what tomllib made of `text`."""

    path: Path
    text: str
    data: Mapping[str, Any]

    @cached_property
    def _lines(self) -> Mapping[KeyPath, int]:
        return key_lines(self.text)

    def lines_in(self, table: str) -> Mapping[tuple[str, ...], int]:
        """Return the line of each key in and below a table; the table's name is left out."""
        return {
            tuple(map(str, path[1:])): line
            for path, line in self._lines.items()
            if len(path) > 1 and path[0] == table
        }

    def problem(self, place: KeyPath, key: str, message: str, remedy: str = "") -> Problem:
        """Return a problem with the thing at `place`, called `key` in the message."""
        line = line_of(self._lines, place)
        rows = self.text.splitlines()
        text = rows[line - 1] if 0 < line <= len(rows) else ""
        return Problem(str(self.path), message, key=key, line=line, text=text, remedy=remedy)


def read_document(path: Path) -> Document:
    """Read a TOML file. Raises BadInputError if it cannot be read, is not UTF-8 or is not TOML."""
    try:
        raw = read_file(path, MAX_DOCUMENT_SIZE)
    except ImageError as error:
        raise BadInputError(Problem(str(path), error.cause, remedy=error.remedy)) from error
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = f"byte {raw[error.start]:#04x} is not UTF-8 text"
        remedy = "save the file as UTF-8"
        raise BadInputError(Problem(str(path), message, line=line, remedy=remedy)) from error
    # tomllib takes both ends of a line; a form feed or the like must not count as one below.
    text = text.removeprefix("\ufeff").replace("\r\n", "\n")
    try:
        return Document(path, text, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise BadInputError(_syntax_problem(path, text, str(error))) from error
    except (RecursionError, ValueError) as error:
        # Brackets nested past all use; a number of thousands of digits.
        cause = "too deeply nested" if isinstance(error, RecursionError) else str(error)
        raise BadInputError(Problem(str(path), f"this is not a machine file: {cause}")) from error


def _syntax_problem(path: Path, text: str, complaint: str) -> Problem:
    found = _PLACE.search(complaint)
    message = complaint[: found.start()] if found else complaint
    rows = text.split("\n")
    if found and found[1]:
        line, column = int(found[1]), int(found[2])
    else:
        # At the end of the document: the last line that says something.
        line = max((n for n, row in enumerate(rows, 1) if row.strip()), default=1)
        column = len(rows[line - 1]) + 1
    return Problem(
        str(path),
        f"not TOML: {message[:1].lower()}{message[1:]}",
        line=line,
        column=column,
        text=rows[line - 1] if line <= len(rows) else "",
        remedy="a line is: key = value, [table] or [[table]]; texts stand in double quotes",
    )
