"""Which files a source may reach, and reading them.

A source may come from a stranger, so ``.include`` and ``.incbin`` reach only the folder of the source
and folders the person named, with symbolic links resolved.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from asm.assembler.source import Source
from asm.diagnostics import UnusedReplacementError
from asm.options import Limits, Options


class FileError(Exception):
    """A file cannot be used. `message` says why, `expected` what would be right."""

    def __init__(self, message: str, expected: str = "", line: int = 0, column: int = 0) -> None:
        super().__init__(message)
        self.message = message
        self.expected = expected
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class Found:
    """A file that may be read: where it is, and the name that places use for it."""

    path: Path
    name: str


class Folders:
    """The folders that a source and its includes may read from."""

    def __init__(self, source: Path | None, options: Options) -> None:
        own = () if source is None else (source.parent,)
        self._searched = (*own, *options.include_dirs, *options.allowed_dirs)
        self._allowed = tuple(dict.fromkeys(_resolved(folder) for folder in self._searched))
        self._replace = options.replace
        self._included: dict[str, None] = {}
        self._found: dict[Path, None] = {}

    @property
    def found(self) -> tuple[Path, ...]:
        """The files that were found so far."""
        return tuple(self._found)

    def find_included(self, name: str, includer: str | None) -> Found:
        """Return the file that an ``.include`` of `name` reads: what replaces it, or else `find`'s."""
        self._included[name] = None
        replacement = self._replace.get(name)
        if replacement is None:
            return self.find(name, includer)
        path = _resolved(replacement)
        self._found[path] = None
        return Found(path, os.path.normpath(replacement))

    def check_replaced(self, source: str) -> None:
        """Raise UnusedReplacementError if a file that is to be replaced was never included."""
        unused = [name for name in self._replace if name not in self._included]
        if unused:
            raise UnusedReplacementError(source, unused, tuple(self._included))

    def find(self, name: str, includer: str | None) -> Found:
        """Return the file that `name`, in the source that places call `includer`, stands for.

        The folder of the including source is searched first, then the folder of the main source,
        the ``-I`` folders and the other allowed ones. Raises FileError if there is none, or if
        it lies outside of the allowed folders.
        """
        if not name or "\0" in name:
            raise FileError("the file name is empty or has a NUL in it", 'a name such as "defs.s"')
        refused = ""
        own = () if includer is None else (Path(includer).parent,)
        for folder in dict.fromkeys((*own, *self._searched)):
            shown = os.path.normpath(folder / name)
            try:
                path = (folder / name).resolve()
                exists = path.exists()
            except (OSError, RuntimeError, ValueError) as error:
                raise FileError(f'cannot find "{name}": {_reason(error)}') from None
            if not any(path.is_relative_to(root) for root in self._allowed):
                refused = refused or shown
                continue
            if exists:
                self._found[path] = None
                return Found(path, shown)
        if refused:
            raise FileError(
                f'"{name}" leads outside of the folders that this source may read',
                self._allowed_in_words(),
            )
        raise FileError(
            f'there is no file "{name}"',
            self._allowed_in_words(),
        )

    def _allowed_in_words(self) -> str:
        shown = [str(folder) or "." for folder in dict.fromkeys(self._searched)]
        if not shown:
            return "a folder named with -I DIR; this source may read no other file"
        return f"a file in {' or '.join(shown)}; -I DIR allows one more folder"


def _resolved(folder: Path) -> Path:
    try:
        return folder.resolve()
    except (OSError, RuntimeError):
        return folder.absolute()


def _reason(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    return "the name or a link in it is not usable"


def read_bytes(found: Found, skip: int, count: int) -> bytes:
    """Return up to `count` bytes of a file from `skip` on. Raises FileError if it cannot be read."""
    try:
        if found.path.is_dir():
            raise FileError(f'"{found.name}" is a folder', "the name of a file")
        if not found.path.exists():
            raise FileError(f'there is no file "{found.name}"')
        if not found.path.is_file():
            raise FileError(f'"{found.name}" is not an ordinary file')
        with found.path.open("rb") as stream:
            stream.seek(skip)
            return stream.read(count)
    except (OSError, ValueError) as error:
        raise FileError(f'cannot read "{found.name}": {_reason(error)}') from None


def file_size(found: Found) -> int:
    """Return the size of a file in bytes; 0 if it cannot be found out."""
    try:
        return found.path.stat().st_size
    except OSError:
        return 0


def read_source(found: Found, limits: Limits) -> Source:
    """Return a source file's text. Raises FileError, with line and column if it is not UTF-8."""
    data = read_bytes(found, 0, limits.source + 1)
    if len(data) > limits.source:
        raise FileError(f'"{found.name}" is larger than {limits.source} bytes')
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        offset = error.start + len(data) - len(error.object)
        before = data[:offset]
        start = before.rfind(b"\n") + 1
        raise FileError(
            f"the file is not UTF-8: byte 0x{data[offset]:02x} at offset {offset}",
            "a text file in UTF-8; save it again in that encoding",
            before.count(b"\n") + 1,
            len(before[start:].decode("utf-8", "replace")) + 1,
        ) from None
    return Source(found.name, text)
