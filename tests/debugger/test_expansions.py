"""Macro expansions below the lines that use them."""

from __future__ import annotations

from hvtui.debugger.expansions import ListedRow, lines_made, listed, row_of
from hvtui.debugger.listing import SourceListing
from tests.support.debugged import Part, system_of

SOURCE = """\
        .macro inner reg
        li      \\reg, 0x12345678
        nop
        .endm
        .macro outer a, b
        inner   \\a
        add     \\a, \\a, \\b
        inner   \\b
        .endm
_start: outer   t0, t1
        .rept   2
        nop
        .endr
        la      t0, _start
"""


def listing() -> SourceListing:
    (component,) = system_of(Part("main", SOURCE)).components
    return SourceListing(component, "main.s")


def text(rows: list[ListedRow], first: int = 10) -> list[str]:
    """Write the rows from a line on: depth, text, macro, offset of the instruction."""
    told = []
    for row in rows:
        if row.line >= first:
            sign = f" <{row.macro}>" if row.macro else ""
            code = "" if row.instruction is None else f" @{row.instruction & 0xFFF:x}"
            told.append(f"{row.depth} {' '.join((row.text or '-').split())}{sign}{code}")
    return told


def test_a_file_is_listed_line_by_line_while_all_is_folded() -> None:
    main = listing()
    rows = listed(main, lines_made(main), ())
    assert [row.text for row in rows] == list(main.lines)
    assert text(rows) == [
        "0 _start: outer t0, t1 <outer>", "0 .rept 2 <.rept>", "0 nop", "0 .endr", "0 la t0, _start",
    ]  # fmt: skip


def test_an_unfolded_expansion_shows_the_lines_that_made_something_and_can_be_unfolded_again() -> None:
    main = listing()
    made = lines_made(main)
    rows = listed(main, made, {made[10].key})
    assert text(rows)[:4] == [
        "0 _start: outer t0, t1 <outer>",
        "1 inner \\a <inner>",
        "1 add \\a, \\a, \\b",
        "1 inner \\b <inner>",
    ]
    every = {use.key for line in made.values() for use in line.uses()}
    assert text(listed(main, made, every)) == [
        "0 _start: outer t0, t1 <outer>",
        "1 inner \\a <inner>",
        "2 li \\reg, 0x12345678",
        "2 nop",
        "1 add \\a, \\a, \\b",
        "1 inner \\b <inner>",
        "2 li \\reg, 0x12345678",
        "2 nop",
        "0 .rept 2 <.rept>",
        "1 nop",
        "1 nop",
        "0 nop",
        "0 .endr",
        "0 la t0, _start",
    ]


def test_each_instruction_stands_beside_its_line() -> None:
    main = listing()
    made = lines_made(main)
    rows = listed(main, made, {made[11].key}, with_instructions=True)
    assert text(rows) == [
        "0 _start: outer t0, t1 <outer> @0",
        "0 - @4", "0 - @8", "0 - @c", "0 - @10", "0 - @14", "0 - @18",
        "0 .rept 2 <.rept>", "1 nop @1c", "1 nop @20", "0 nop", "0 .endr",
        "0 la t0, _start @24", "0 - @28",
    ]  # fmt: skip


def test_the_row_of_an_instruction_is_the_deepest_that_is_unfolded() -> None:
    main = listing()
    made = lines_made(main)
    base = main.component.program.entry

    def row_at(unfolded: set[tuple[int, int]], offset: int, *, beside: bool = False) -> str:
        rows = listed(main, made, unfolded, with_instructions=beside)
        index = row_of(rows, 10, base + offset)
        assert index is not None
        return text(rows[index : index + 1], 0)[0]

    every = {use.key for use in made[10].uses()}
    assert row_at(set(), 8).startswith("0 _start")
    assert row_at({made[10].key}, 8) == "1 inner \\a <inner>"
    assert row_at({made[10].key}, 0x10) == "1 inner \\b <inner>"
    assert row_at(every, 4) == "2 li \\reg, 0x12345678"
    assert row_at(every, 4, beside=True) == "2 - @4"
    assert row_at(every, 8) == "2 nop"
    assert row_at(set(), 8, beside=True) == "0 - @8"
