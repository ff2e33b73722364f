"""What assembling a source gives: bytes, symbols, entry, and the way back from an address."""

from __future__ import annotations

import pytest

from asm import AssemblyError, Options, Program, assemble_text
from asm.program import Expansion, LineEntry, Place, Symbol


def _at(program: Program, address: int) -> LineEntry:
    entry = program.lines.at(address)
    assert entry is not None
    return entry


def test_segments_are_the_sections_that_are_not_empty() -> None:
    program = assemble_text(
        ".data\n.byte 1, 2\n.bss\n.balign 16\n.space 5\n.text\nnop\n.section .rodata\n.word 7\n"
        '.section .comment\n.string "x"\n'
    )
    shown = [
        (item.name, item.address, item.size, item.data, item.writable, item.executable)
        for item in program.segments
    ]
    assert shown == [
        (".text", 0x80000000, 4, b"\x13\0\0\0", False, True),
        (".rodata", 0x80000004, 4, b"\7\0\0\0", False, False),
        (".data", 0x80000008, 2, b"\1\2", True, False),
        (".bss", 0x80000010, 5, b"", True, False),
    ]
    assert (program.base, program.end) == (0x80000000, 0x80000015)


def test_the_base_is_where_the_caller_says() -> None:
    program = assemble_text("a: la a0, b\n.data\nb: .word a\n", options=Options(base=0x400))
    assert program.symbols["a"].value == 0x400
    assert program.segments[1].data == b"\0\4\0\0"


def test_entry_is_start_or_the_base() -> None:
    assert assemble_text("nop\nmain: nop\n").entry == 0x8000_0000
    assert assemble_text("nop\n_start: nop\n").entry == 0x8000_0004


def test_symbols() -> None:
    program = assemble_text(
        ".globl f\n.type f, @function\nf: nop\n ret\n.size f, . - f\n"
        ".Lhidden: nop\n1: j 1b\n.equ N, 5\n.equ here, f + 4\n.bss\n.lcomm buffer, 12\n"
        ".globl never\n.set undefined_use, N\n"
    )
    assert program.symbols == {
        "f": Symbol("f", 0x80000000, ".text", True, True, 8),
        "N": Symbol("N", 5),
        "here": Symbol("here", 0x80000004, ".text"),
        "buffer": Symbol("buffer", 0x80000010, ".bss", size=12),
        "undefined_use": Symbol("undefined_use", 5),
    }


def test_defines_are_known_from_the_first_line() -> None:
    options = Options(defines={"VMS": 2, "BIG": -1})
    text = ".if VMS == 2\n.word BIG\n.endif\n.ifdef VMS\n.word VMS\n.endif\n"
    assert assemble_text(text, options=options).segments[0].data == b"\xff\xff\xff\xff\2\0\0\0"


def test_a_define_gives_way_to_set_but_not_to_a_label() -> None:
    options = Options(defines={"X": 1})
    program = assemble_text(".word X\n.set X, 5\n.word X\n", options=options)
    assert program.segments[0].data == b"\1\0\0\0\5\0\0\0"
    with pytest.raises(AssemblyError, match="already defined by the caller"):
        assemble_text("X: nop\n", options=options)


def test_each_address_leads_to_its_line() -> None:
    program = assemble_text('nop; li a0, 0x12345678\n  .word 1, 2\n  .align 4\n.string "abc"\n')
    shown = [
        (entry.address & 0xFF, entry.size, entry.place.line, entry.place.column, entry.is_code)
        for entry in program.lines
    ]
    assert shown == [
        (0, 4, 1, 1, True),
        (4, 8, 1, 6, True),
        (12, 8, 2, 3, False),
        (20, 12, 3, 3, True),
        (32, 4, 4, 1, False),
    ]
    assert program.lines.addresses("<text>", 1) == (0x80000000, 0x80000004)


def test_macro_chains_lead_from_the_outermost_use_inwards() -> None:
    program = assemble_text(
        ".macro inner reg\n  mv a0, \\reg\n.endm\n"
        ".macro outer\n  nop\n  inner a1\n.endm\n"
        "start: outer\n.rept 2\n  outer\n.endr\n",
        "m.s",
    )
    entry = _at(program, 0x80000004)
    assert entry.place == Place("m.s", 2, 3)
    assert entry.expansions == (
        Expansion("outer", Place("m.s", 8, 8)),
        Expansion("inner", Place("m.s", 6, 3)),
    )
    assert entry.outermost == Place("m.s", 8, 8)
    last = _at(program, 0x80000014)
    assert [step.name for step in last.expansions] == [".rept", "outer", "inner"]
    assert program.lines.addresses("m.s", 10) == tuple(range(0x80000008, 0x80000018, 4))


def test_a_statement_of_a_macro_is_marked_where_its_argument_stands() -> None:
    with pytest.raises(AssemblyError) as caught:
        assemble_text(".macro m a, b\n  add \\a, zero, \\b\n.endm\nm t0, 5000\n")
    (mistake,) = caught.value.diagnostics
    assert mistake.place == Place("<text>", 2, 17)
    assert mistake.width == 2


def test_sources_are_kept_as_they_were_read() -> None:
    text = "nop # é\r\n"
    assert assemble_text(text, "name.s").sources == {"name.s": text}


def test_empty_sources() -> None:
    for text in ("", "\n\n", "# nothing\n", "/* nothing */", ".text\n.data\n", ".if 0\nx\n.endif"):
        program = assemble_text(text)
        assert program.segments == ()
        assert program.entry == 0x8000_0000


def test_a_later_number_is_as_good_as_an_earlier_one() -> None:
    later = assemble_text("li a0, N\naddi a0, a0, M\nlw a0, M(sp)\n.equ N, 0x12345\n.equ M, 8\n")
    earlier = assemble_text(".equ N, 0x12345\n.equ M, 8\nli a0, N\naddi a0, a0, M\nlw a0, M(sp)\n")
    assert later.segments == earlier.segments


def test_sizes_that_hang_on_labels_below_settle() -> None:
    program = assemble_text(".data\n.space end - begin\nbegin: .word 1, 2\nend: .byte 9\n")
    assert program.segments[0].data == bytes(8) + b"\1\0\0\0\2\0\0\0\x09"


def test_a_condition_that_turns_out_otherwise_is_told() -> None:
    text = "start:\n.space late\nhere:\n.if here - start == 0\nnop\n.endif\n.equ late, 8\n"
    with pytest.raises(AssemblyError) as caught:
        assemble_text(text)
    (mistake,) = caught.value.diagnostics
    assert (mistake.place.line, mistake.message) == (
        4,
        "this was -1 when it was needed and came out as 0",
    )


def test_an_address_beyond_the_last_is_told() -> None:
    with pytest.raises(AssemblyError, match="beyond the 32-bit addresses"):
        assemble_text(".space 64\n", options=Options(base=0xFFFF_FFF0))


def test_two_assemblies_do_not_know_of_each_other() -> None:
    assemble_text(".macro m\nnop\n.endm\n.equ X, 5\nlabel: addi a0, a0, X\n")
    with pytest.raises(AssemblyError):
        assemble_text("m\n")
    program = assemble_text(".equ X, 6\nlabel: addi a0, a0, X\n")
    assert program.segments[0].data == (0x00650513).to_bytes(4, "little")
