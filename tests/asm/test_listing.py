"""The listing: each source line with what it became, macros indented below their use."""

from __future__ import annotations

from asm.disassembly.listing import listing, symbol_table
from asm.program import Expansion, LineEntry, LineTable, Place, Program, Segment, Symbol

SOURCE = """\
# a program
.include "macros.s"
_start: li a0, 0x12345678
        twice
        .data
text:   .string "abcdefghi"
table:  .space 100, 1
        .bss
room:   .space 64
"""

MACROS = """\
.macro twice
  once
  once
.endm
.macro once
  nop
.endm
"""

NOP = 0x13


def words(*values: int) -> bytes:
    return b"".join(value.to_bytes(4, "little") for value in values)


def once(line: int) -> tuple[Expansion, ...]:
    return (
        Expansion("twice", Place("prog.s", 4, 9)),
        Expansion("once", Place("macros.s", line, 3)),
    )


PROGRAM = Program(
    "prog.s",
    0x80000000,
    (
        Segment(".text", 0x80000000, words(0x12345537, 0x67850513, NOP, NOP), 16),
        Segment(".data", 0x80000010, b"abcdefghi\0" + b"\1" * 100, 110, executable=False),
        Segment(".bss", 0x80000080, b"", 64, executable=False),
    ),
    {
        "_start": Symbol("_start", 0x80000000, ".text", is_global=True),
        "table": Symbol("table", 0x8000001A, ".data"),
        "MINUS": Symbol("MINUS", -1),
    },
    LineTable(
        [
            LineEntry(0x80000000, 8, Place("prog.s", 3, 9)),
            LineEntry(0x80000008, 4, Place("macros.s", 6, 3), once(2)),
            LineEntry(0x8000000C, 4, Place("macros.s", 6, 3), once(3)),
            LineEntry(0x80000010, 10, Place("prog.s", 6, 9), is_code=False),
            LineEntry(0x8000001A, 100, Place("prog.s", 7, 9), is_code=False),
            LineEntry(0x80000080, 64, Place("prog.s", 9, 9), is_code=False),
        ]
    ),
    {"prog.s": SOURCE, "macros.s": MACROS},
)


def test_a_listing_shows_every_line_with_address_and_bytes() -> None:
    lines = listing(PROGRAM).splitlines()
    data = [f"        {address:08x}  01010101 01010101" for address in range(0x80000022, 0x8000005A, 8)]
    assert lines[:30] == [
        "prog.s:",
        "     1                               # a program",
        '     2                               .include "macros.s"',
        "     3  80000000  12345537           _start: li a0, 0x12345678",
        "        80000004  67850513",
        "     4                                       twice",
        "    +2                                 once",
        "    +6  80000008  00000013               nop",
        "    +3                                 once",
        "    +6  8000000c  00000013               nop",
        "     5                                       .data",
        '     6  80000010  61626364 65666768  text:   .string "abcdefghi"',
        "        80000018  6900",
        "     7  8000001a  01010101 01010101  table:  .space 100, 1",
        *data,
        "                  (+36 bytes)",
        "     8                                       .bss",
        "     9  80000080  (64 zeros)         room:   .space 64",
        "",
        "macros.s:",
        "     1                               .macro twice",
        "     2                                 once",
        "     3                                 once",
        "     4                               .endm",
    ]


def test_a_listing_ends_with_the_symbols() -> None:
    assert listing(PROGRAM).endswith(symbol_table(PROGRAM))
    assert symbol_table(PROGRAM).splitlines() == [
        "ffffffff   (number)     MINUS",
        "80000000 g .text        _start",
        "8000001a   .data        table",
    ]


def test_a_place_whose_text_is_not_there_is_named() -> None:
    entry = LineEntry(0x80000000, 4, Place("gone.s", 7), (Expansion("m", Place("prog.s", 1)),))
    program = Program("p", 0, PROGRAM.segments, {}, LineTable([entry]), {"prog.s": "m\n"})
    assert listing(program).splitlines()[2] == ("    +7  80000000  12345537             gone.s:7")
