"""DWARF line programs, read: which source line each address comes from (DWARF 5, section 6.2).

Versions 2 to 5 in the 32-bit format, as gcc, clang and GNU `as` write them. The sections may come
from a stranger: every loop consumes bytes of the section, and the rows are bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from asm.objects.image import printable

MAX_SECTION_SIZE = 32 << 20
MAX_ROWS = 4_000_000
_MAX_NAME = 4096
_MAX_TEXT = 64 << 20  # all names together: many entries can share one long string

# Content types and forms of the tables in a version 5 header (sections 6.2.4.1 and 7.5.6).
_PATH, _DIRECTORY_INDEX = 1, 2
_FORM_BLOCK, _FORM_STRING, _FORM_SDATA, _FORM_STRP, _FORM_UDATA = 0x09, 0x08, 0x0D, 0x0E, 0x0F
_FORM_LINE_STRP = 0x1F
_FORM_SIZES = {0x0B: 1, 0x05: 2, 0x06: 4, 0x07: 8, 0x1E: 16}

_EXTENDED_END_SEQUENCE, _EXTENDED_SET_ADDRESS, _EXTENDED_DEFINE_FILE = 1, 2, 3


class DwarfError(ValueError):
    """The debug sections are damaged, or of a kind that is not understood."""


class LineRange(NamedTuple):
    """The bytes from `start` up to `end` come from `line` and `column` (0: unknown) of `file`."""

    start: int
    end: int
    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class DebugSections:
    """The contents of the sections of those names; empty where the file has none."""

    debug_line: bytes
    debug_str: bytes = b""
    debug_line_str: bytes = b""


class _Cursor:
    """Reads numbers and strings of `data` from `at` up to `end`."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0
        self.end = len(data)
        self._text = 0

    def text(self, found: bytes) -> str:
        """Return a name as text, and count it against what is allowed."""
        self._text += len(found)
        if self._text > _MAX_TEXT:
            raise DwarfError("the names are too long")
        return printable(found.decode("utf-8", "replace"))

    def number(self, size: int) -> int:
        start = self.at
        self.at += size
        if self.at > self.end:
            raise DwarfError("the line table is cut short")
        return int.from_bytes(self.data[start : self.at], "little")

    def skip(self, size: int) -> None:
        self.at += size
        if self.at > self.end:
            raise DwarfError("the line table is cut short")

    def uleb(self) -> int:
        value = 0
        for shift in range(0, 70, 7):
            byte = self.number(1)
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
        raise DwarfError("a number has more than 64 bits")

    def sleb(self) -> int:
        value = 0
        for shift in range(0, 70, 7):
            byte = self.number(1)
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value - (1 << (shift + 7)) if byte & 0x40 else value
        raise DwarfError("a number has more than 64 bits")

    def string(self) -> str:
        found = _string_at(self.data, self.at, self.end)
        self.at += len(found) + 1
        return self.text(found)


def _string_at(data: bytes, start: int, end: int) -> bytes:
    stop = data.find(b"\0", start, min(end, start + _MAX_NAME)) if start < end else -1
    if stop < 0:
        raise DwarfError("a name has no end")
    return data[start:stop]


@dataclass(frozen=True, slots=True)
class _Header:
    minimum_length: int
    line_base: int
    line_range: int
    opcode_base: int
    operand_counts: tuple[int, ...]
    files: list[str]
    directories: list[str]
    first_file: int

    def file(self, index: int) -> str:
        index -= self.first_file
        if not 0 <= index < len(self.files):
            raise DwarfError(f"there is no file number {index + self.first_file}")
        return self.files[index]


def read_line_ranges(sections: DebugSections) -> list[LineRange]:
    """Return what the line programs say, in their order; a place that goes on is one range.

    File names stand as in DWARF: relative to the compilation directory, or absolute. Raises
    DwarfError if the sections are damaged, too large, or of an unknown version.
    """
    data = sections.debug_line
    if len(data) > MAX_SECTION_SIZE:
        raise DwarfError("the line table is too large")
    ranges: list[LineRange] = []
    cursor = _Cursor(data)
    while cursor.at < len(data):
        cursor.end = len(data)
        length = cursor.number(4)
        if length >= 0xFFFF_FFF0:
            raise DwarfError("the 64-bit DWARF format is not understood")
        cursor.end = cursor.at + length
        if cursor.end > len(data):
            raise DwarfError("the line table is cut short")
        header = _read_header(cursor, sections)
        for found in _run(cursor, header):
            if ranges and ranges[-1][1:] == (found.start, *found[2:]):
                ranges[-1] = ranges[-1]._replace(end=found.end)
                continue
            ranges.append(found)
            if len(ranges) > MAX_ROWS:
                raise DwarfError("the line table is too large")
    return ranges


def _read_header(cursor: _Cursor, sections: DebugSections) -> _Header:
    version = cursor.number(2)
    if not 2 <= version <= 5:
        raise DwarfError(f"line tables of version {version} are not understood")
    if version >= 5:
        cursor.skip(2)  # address size, segment selector size
    header_length = cursor.number(4)
    program = cursor.at + header_length
    minimum_length = cursor.number(1)
    if version >= 4:
        cursor.skip(1)  # operations per instruction: 1 but for VLIW machines
    cursor.skip(1)  # whether rows start as statements: every row counts here
    line_base = cursor.number(1)
    line_range = cursor.number(1)
    opcode_base = cursor.number(1)
    if not line_range or not opcode_base or program > cursor.end:
        raise DwarfError("the line table's header is damaged")
    counts = (0, *(cursor.number(1) for _ in range(opcode_base - 1)))
    files: list[str] = []
    if version >= 5:
        directories = [name for name, _ in _entries(cursor, sections)]
        for name, index in _entries(cursor, sections):
            files.append(_path(cursor, directories, name, index))
    else:
        directories = [""]
        while name := cursor.string():
            directories.append(name)
        while name := cursor.string():
            files.append(_old_file(cursor, directories, name))
    cursor.at = program
    return _Header(
        minimum_length,
        line_base - 256 if line_base > 127 else line_base,
        line_range,
        opcode_base,
        counts,
        files,
        directories,
        0 if version >= 5 else 1,
    )


def _old_file(cursor: _Cursor, directories: list[str], name: str) -> str:
    directory = cursor.uleb()
    cursor.uleb()  # time of modification
    cursor.uleb()  # length
    return _path(cursor, directories, name, directory)


def _path(cursor: _Cursor, directories: list[str], name: str, index: int) -> str:
    # Directory 0 is the one of the compilation: a name in it stands as the compiler was given it.
    if index == 0 or name.startswith("/"):
        return name
    if index >= len(directories):
        raise DwarfError(f"there is no directory number {index}")
    return cursor.text(f"{directories[index]}/{name}".encode())


def _entries(cursor: _Cursor, sections: DebugSections) -> list[tuple[str, int]]:
    """Read a table of directories or files of a version 5 header: names and directory numbers."""
    columns = [(cursor.uleb(), cursor.uleb()) for _ in range(cursor.number(1))]
    count = cursor.uleb()
    # A row without columns takes no bytes: the count alone would bound the loop.
    if not columns and count:
        raise DwarfError("a table of names has no columns")
    found = []
    for _ in range(count):
        name, directory = "", 0
        before = cursor.at
        for content, form in columns:
            value = _form(cursor, form, sections)
            if content == _PATH and isinstance(value, str):
                name = value
            elif content == _DIRECTORY_INDEX and isinstance(value, int):
                directory = value
        if cursor.at == before:
            raise DwarfError("a table of names has empty rows")
        found.append((name, directory))
    return found


def _form(cursor: _Cursor, form: int, sections: DebugSections) -> str | int:
    if form == _FORM_STRING:
        return cursor.string()
    if form in (_FORM_STRP, _FORM_LINE_STRP):
        table = sections.debug_str if form == _FORM_STRP else sections.debug_line_str
        return cursor.text(_string_at(table, cursor.number(4), len(table)))
    if form == _FORM_UDATA:
        return cursor.uleb()
    if form == _FORM_SDATA:
        return cursor.sleb()
    if form == _FORM_BLOCK:
        cursor.skip(cursor.uleb())
        return 0
    if form in _FORM_SIZES:
        return cursor.number(_FORM_SIZES[form])
    raise DwarfError(f"form {form:#x} is not understood")


def _run(cursor: _Cursor, header: _Header) -> Iterator[LineRange]:
    """Execute a line program: yield a range for each row that covers at least a byte."""
    previous: tuple[int, int, int, int] | None = None
    address, file, line, column = 0, 1, 1, 0
    while cursor.at < cursor.end:
        opcode = cursor.number(1)
        row = False
        if opcode >= header.opcode_base:
            advance, step = divmod(opcode - header.opcode_base, header.line_range)
            address += advance * header.minimum_length
            line += header.line_base + step
            row = True
        elif opcode == 0:
            length = cursor.uleb()
            after = cursor.at + length
            extended = cursor.number(1) if length else 0
            if extended == _EXTENDED_END_SEQUENCE:
                yield from _closed(header, previous, address)
                previous = None
                address, file, line, column = 0, 1, 1, 0
            elif extended == _EXTENDED_SET_ADDRESS:
                address = cursor.number(min(length - 1, 8))
            elif extended == _EXTENDED_DEFINE_FILE:
                name = cursor.string()
                header.files.append(_old_file(cursor, header.directories, name))
            cursor.skip(after - cursor.at)
        elif opcode == 1:
            row = True
        elif opcode == 2:
            address += cursor.uleb() * header.minimum_length
        elif opcode == 3:
            line += cursor.sleb()
        elif opcode == 4:
            file = cursor.uleb()
        elif opcode == 5:
            column = cursor.uleb()
        elif opcode == 8:
            address += (255 - header.opcode_base) // header.line_range * header.minimum_length
        elif opcode == 9:
            address += cursor.number(2)
        else:
            for _ in range(header.operand_counts[opcode]):
                cursor.uleb()
        if row:
            yield from _closed(header, previous, address)
            previous = (address, file, line, column)


def _closed(header: _Header, row: tuple[int, int, int, int] | None, end: int) -> Iterator[LineRange]:
    # Line 0 says that the bytes come from no line.
    if row is not None and row[0] < end and row[2] > 0:
        start, file, line, column = row
        yield LineRange(start, end, header.file(file), line, column)
