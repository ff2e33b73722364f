"""A program written back as a source assembles to the same bytes, with its labels."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asm.assembler.assembly import assemble_file
from asm.disassembly.source_writer import disassemble_program
from asm.isa.encoding import Field
from asm.isa.instruction import Instruction
from asm.isa.rows import INSTRUCTIONS
from asm.objects.image import ImageError
from asm.options import Options
from asm.program import LineEntry, LineTable, Place, Program, Segment, Symbol

BASE = 0x80000000


def assembled(text: str, folder: Path, base: int = BASE) -> Program:
    source = folder / "prog.s"
    source.write_text(text)
    return assemble_file(source, Options(base=base))


def written(program: Program, *, aliases: bool = True) -> str:
    return "\n".join(disassemble_program(program, aliases=aliases)) + "\n"


def memory(program: Program) -> dict[int, int]:
    """Every byte of a program that is not zero: zeros fill what lies between segments."""
    return {
        segment.address + offset: byte
        for segment in program.segments
        for offset, byte in enumerate(segment.data)
        if byte
    }


SOURCE = """\
        .equ LIMIT, 42
        .globl _start
_start: li a0, 0x12345678
        la a1, greeting
        call print
        beqz a0, _start
1:      bnez a0, 1b
        csrw mtvec, a0
        csrr a0, 0x800
        amoadd.w.aqrl a0, a1, (a2)
        lr.w.aq a0, (a2)
        fence rw, w
        fence.tso
        sfence.vma
        j . + 6
        .word 0x8ff0000f, 0xffffffff
print:  lw a0, -4(a1)
        ret
        .section .rodata
greeting: .asciz "hello"
        .data
        .byte 1
table:  .half 1, 2, 3
        .bss
room:   .space 100
        .text
        unimp
"""


def test_a_program_assembles_again_to_the_same_bytes_and_symbols(tmp_path: Path) -> None:
    program = assembled(SOURCE, tmp_path)
    again = assembled(written(program), tmp_path)
    assert [(part.address, part.data, part.size) for part in again.segments] == [
        (part.address, part.data, part.size) for part in program.segments
    ]
    assert [(part.writable, part.executable) for part in again.segments] == [
        (part.writable, part.executable) for part in program.segments
    ]
    assert again.entry == program.entry
    for symbol in program.symbols.values():
        assert again.symbols[symbol.name].value == symbol.value
        assert again.symbols[symbol.name].is_global == symbol.is_global


def test_without_aliases_the_bytes_are_the_same(tmp_path: Path) -> None:
    program = assembled(SOURCE, tmp_path)
    assert memory(assembled(written(program, aliases=False), tmp_path)) == memory(program)


def test_the_text_has_labels_and_pseudo_instructions(tmp_path: Path) -> None:
    text = written(assembled(SOURCE, tmp_path))
    assert text.startswith(f"# {tmp_path / 'prog.s'}: assemble it with --base 0x80000000\n")
    assert "_start:\n        lui     a0, 0x12345\n" in text
    assert "        beqz    a0, _start\n" in text
    assert "        .word   0x8ff0000f, 0xffffffff\nprint:\n" in text
    assert "        ret\n" in text


def test_bits_without_a_notation_are_words_with_a_remark() -> None:
    data = bytes.fromhex("0f00f08f ffffffff")
    text = written(Program("raw", BASE, (Segment("raw", BASE, data, 8),)))
    assert "        .word   0x8ff0000f  # fence\n        .word   0xffffffff\n" in text


def values(field: Field) -> st.SearchStrategy[int]:
    steps = (field.maximum - field.minimum) // field.alignment
    return st.integers(0, steps).map(lambda step: field.minimum + step * field.alignment)


def words_of(row: Instruction) -> st.SearchStrategy[int]:
    fields = row.encoding.fields.items()
    return st.fixed_dictionaries({name: values(field) for name, field in fields}).map(
        row.encoding.encode
    )


WORDS = st.sampled_from(INSTRUCTIONS).flatmap(words_of) | st.integers(0, 0xFFFFFFFF)


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=60), st.booleans())
def test_any_stream_of_words_comes_back(
    tmp_path_factory: pytest.TempPathFactory, words: list[int], aliases: bool
) -> None:
    data = b"".join(word.to_bytes(4, "little") for word in words)
    program = Program("raw", BASE, (Segment("raw", BASE, data, len(data)),))
    again = assembled(written(program, aliases=aliases), tmp_path_factory.mktemp("s"))
    assert memory(again) == memory(program)


@st.composite
def programs(draw: st.DrawFn) -> Program:
    segments: list[Segment] = []
    symbols: dict[str, Symbol] = {}
    lines: list[LineEntry] = []
    address = base = draw(st.integers(0, 1 << 30))
    names = st.sampled_from(["loop", "a0", "init@2", "x y", "with.dot", "ünicode", "$x", "_x"])
    for number in range(draw(st.integers(1, 4))):
        data = draw(st.binary(max_size=80))
        size = len(data) + draw(st.integers(0, 40))
        if not size:
            continue
        executable = draw(st.booleans())
        name = draw(st.sampled_from([".text", ".data", ".bss", "odd name", f".s{number}"]))
        segments.append(Segment(name, address, data, size, draw(st.booleans()), executable))
        for _ in range(draw(st.integers(0, 3))):
            label = Symbol(
                draw(names) + draw(st.sampled_from(["", "1"])),
                address + draw(st.integers(0, size)),
                name,
                draw(st.booleans()),
            )
            symbols[label.name] = label
        if draw(st.booleans()):
            start = address + draw(st.integers(0, size))
            lines.append(LineEntry(start, address + size - start, Place("a", 1), (), False))
        address += size + draw(st.integers(0, 300))
    return Program("p", base, tuple(segments), symbols, LineTable(lines))


@settings(max_examples=60, deadline=None)
@given(programs())
def test_any_program_comes_back(tmp_path_factory: pytest.TempPathFactory, program: Program) -> None:
    base = program.base - program.base % 4
    again = assembled(written(program), tmp_path_factory.mktemp("s"), base)
    assert memory(again) == memory(program)
    for symbol in program.symbols.values():
        if symbol.name.isidentifier() and symbol.name.isascii() and symbol.name != "a0":
            assert again.symbols[symbol.name].value == symbol.value


def test_segments_too_far_apart_for_one_source_are_refused() -> None:
    far = (Segment(".text", 0, b"\1", 1), Segment(".data", 0x90000000, b"\1", 1))
    with pytest.raises(ImageError, match=r"p: it reaches from 0x0 to 0x90000000: .*--source"):
        list(disassemble_program(Program("p", 0, far)))


def test_what_is_too_large_for_a_source_is_refused() -> None:
    large = (Segment(".data", 0, bytes(9 << 20), 9 << 20),)
    with pytest.raises(ImageError, match="p: 9 MiB are too much for a source"):
        list(disassemble_program(Program("p", 0, large)))


def test_segments_in_an_order_the_assembler_would_not_keep_become_one_section(
    tmp_path: Path,
) -> None:
    parts = (
        Segment(".data", BASE, b"\1\2", 2, executable=False),
        Segment(".text", BASE + 16, b"\x13\0\0\0", 4, writable=False),
    )
    again = assembled(written(Program("p", BASE + 16, parts)), tmp_path)
    assert memory(again) == memory(Program("p", BASE, parts))
    assert again.entry == BASE + 16
    assert len(again.segments) == 1
