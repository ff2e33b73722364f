"""DWARF line programs as compilers write them, and such as nobody should."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asm.objects.dwarf_reader import DebugSections, DwarfError, LineRange, read_line_ranges

COPY, ADVANCE_PC, ADVANCE_LINE, SET_FILE, SET_COLUMN = 1, 2, 3, 4, 5
CONST_ADD_PC, FIXED_ADVANCE_PC, SET_PROLOGUE_END = 8, 9, 10
END = bytes((0, 1, 1))
OPERAND_COUNTS = bytes((0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1))

STRINGS = b"/home\0src\0main.c\0other.c\0"
DIRECTORIES_5 = bytes((1, 1, 0x1F, 2)) + struct.pack("<II", 0, 6)
# A path in .debug_line_str, the directory's number, and an MD5 that nobody needs.
FILES_5 = (
    bytes((3, 1, 0x1F, 2, 0x0B, 5, 0x1E, 2))
    + struct.pack("<IB", 10, 0) + bytes(16)
    + struct.pack("<IB", 17, 1) + bytes(16)
)  # fmt: skip
TABLES_4 = b"src\0\0main.c\0\0\0\0other.c\0\1\0\0\0"


def set_address(address: int) -> bytes:
    return bytes((0, 5, 2)) + struct.pack("<I", address)


def unit(program: bytes, version: int = 5, tables: bytes = b"", line_range: int = 14) -> bytes:
    tables = tables or (DIRECTORIES_5 + FILES_5 if version == 5 else TABLES_4)
    fixed = bytes((4, 1, 1)) if version >= 4 else bytes((4, 1))
    header = fixed + struct.pack("<bBB", -5, line_range, 13) + OPERAND_COUNTS + tables
    start = struct.pack("<H", version) + (b"\4\0" if version == 5 else b"")
    body = start + struct.pack("<I", len(header)) + header + program
    return struct.pack("<I", len(body)) + body


def read(data: bytes, strings: bytes = STRINGS) -> list[LineRange]:
    return read_line_ranges(DebugSections(data, strings, strings))


PROGRAM = b"".join(
    (
        set_address(0x80000000),
        bytes((ADVANCE_LINE, 9, SET_COLUMN, 3, COPY)),  # line 10
        bytes((13 + 5 + 1 + 14 * 1,)),  # special: 4 bytes on, line 11
        bytes((SET_FILE, 2, ADVANCE_LINE, 0x7F, SET_PROLOGUE_END, ADVANCE_PC, 2, COPY)),  # line 10
        bytes((FIXED_ADVANCE_PC, 2, 0, COPY)),  # the same place goes on
        bytes((CONST_ADD_PC,)),  # 17 units of 4 bytes
        END,
    )
)


@pytest.mark.parametrize(
    ("version", "second"), [(2, "src/other.c"), (3, "src/other.c"), (4, "src/other.c")]
)
def test_old_versions_count_files_from_one(version: int, second: str) -> None:
    assert read(unit(PROGRAM, version)) == [
        LineRange(0x80000000, 0x80000004, "main.c", 10, 3),
        LineRange(0x80000004, 0x8000000C, "main.c", 11, 3),
        LineRange(0x8000000C, 0x8000000E + 17 * 4, second, 10, 3),
    ]


def test_version_5_counts_files_from_zero_and_keeps_names_elsewhere() -> None:
    program = PROGRAM.replace(bytes((SET_FILE, 2)), bytes((SET_FILE, 0)))
    found = read(unit(program, 5))
    assert [row.file for row in found] == ["src/other.c", "src/other.c", "main.c"]


def test_units_follow_each_other() -> None:
    assert len(read(unit(PROGRAM, 4) + unit(PROGRAM, 5).replace(b"\4\2\3", b"\4\1\3"))) == 6


def test_line_zero_means_no_line() -> None:
    program = set_address(16) + bytes((ADVANCE_LINE, 0x7F, COPY, ADVANCE_PC, 4)) + END
    assert read(unit(program)) == []


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (unit(PROGRAM)[:-1], "cut short"),
        (unit(PROGRAM)[:20], "cut short"),
        (b"\xff\xff\xff\xff", "64-bit"),
        (unit(PROGRAM, 6), "version 6"),
        (unit(PROGRAM, line_range=0), "header is damaged"),
        (unit(bytes((SET_FILE, 9, COPY, ADVANCE_PC, 1)) + END), "no file number 9"),
        (unit(bytes((ADVANCE_PC,)) + b"\xff" * 12), "more than 64 bits"),
        (unit(END, tables=b"\0\xff\xff\xff\x7f"), "no columns"),
        (unit(END, tables=bytes((1, 1, 0x09, 1, 0x7F))), "cut short"),
        (unit(END, tables=bytes((1, 1, 0x55, 1, 0))), "form 0x55"),
        (unit(END, tables=DIRECTORIES_5 + bytes((1, 1, 0x1F, 1)) + b"\xff\0\0\0"), "no end"),
        (unit(END, 4, b"\0main.c\0\7\0\0\0"), "no directory number 7"),
    ],
)
def test_a_damaged_table_is_refused_in_words(data: bytes, complaint: str) -> None:
    with pytest.raises(DwarfError, match=complaint):
        read(data)


def test_many_names_that_share_one_long_string_do_not_eat_the_memory() -> None:
    count = 40_000
    tables = bytes((1, 1, 0x1F, 0xC0, 0xB8, 0x02)) + bytes(4 * count) + b"\0\0"
    with pytest.raises(DwarfError, match="names are too long"):
        read(unit(END, tables=tables), b"x" * 4000 + b"\0")


@given(st.binary(max_size=60), st.integers(2, 5))
def test_any_program_is_read_or_refused(program: bytes, version: int) -> None:
    try:
        ranges = read(unit(program, version))
    except DwarfError:
        return
    assert all(row.start < row.end and row.line > 0 for row in ranges)
