"""A program shown as memory: instructions with labels, data as bytes and text, zeros counted."""

from __future__ import annotations

from asm.disassembly.dump import dump
from asm.disassembly.pieces import Kind, pieces_of
from asm.program import LineEntry, LineTable, Place, Program, Segment, Symbol


def words(*values: int) -> bytes:
    return b"".join(value.to_bytes(4, "little") for value in values)


CODE = words(0x00100513, 0xFFDFF06F, 0x6C6C6548, 0x0000006F, 0xFFFFFFFF)

PROGRAM = Program(
    "guest.s",
    0x80000000,
    (
        Segment(".text", 0x80000000, CODE, 20, writable=False),
        Segment(".data", 0x80000020, b"Hello, you\0" + bytes(37) + b"\1", 49, executable=False),
        Segment(".bss", 0x80000060, b"", 64, executable=False),
    ),
    {
        "_start": Symbol("_start", 0x80000000, ".text", is_global=True),
        "text": Symbol("text", 0x80000008, ".text"),
        "loop": Symbol("loop", 0x8000000C, ".text"),
        "again": Symbol("again", 0x8000000C, ".text"),
        "greeting": Symbol("greeting", 0x80000020, ".data"),
        "flag": Symbol("flag", 0x80000050, ".data"),
        "room": Symbol("room", 0x80000060, ".bss"),
        "SIZE": Symbol("SIZE", 0x80000004),
    },
    LineTable(
        [
            LineEntry(0x80000000, 8, Place("guest.s", 2)),
            LineEntry(0x80000008, 4, Place("guest.s", 3), is_code=False),
            LineEntry(0x8000000C, 8, Place("guest.s", 4)),
        ]
    ),
)


def test_a_program_is_shown_with_labels_instructions_data_and_zeros() -> None:
    assert list(dump(PROGRAM)) == [
        "guest.s: entry 0x80000000 <_start>",
        "",
        ".text: 0x80000000 to 0x80000013, read, execute",
        "80000000 <_start>:",
        "80000000:  00100513  li      a0, 1",
        "80000004:  ffdff06f  j       0x80000000 <_start>",
        "80000008 <text>:",
        "80000008:  48 65 6c 6c                                      |Hell|",
        "8000000c <again>:",
        "8000000c <loop>:",
        "8000000c:  0000006f  j       0x8000000c <again>",
        "80000010:  ffffffff  .word   0xffffffff",
        "",
        ".data: 0x80000020 to 0x80000050, read, write",
        "80000020 <greeting>:",
        "80000020:  48 65 6c 6c 6f 2c 20 79 6f 75 00 00 00 00 00 00  |Hello, you......|",
        "80000030:  (32 zeros)",
        "80000050 <flag>:",
        "80000050:  01                                               |.|",
        "",
        ".bss: 0x80000060 to 0x8000009f, read, write",
        "80000060 <room>:",
        "80000060:  (64 zeros)",
    ]


def test_without_aliases_instructions_have_their_own_names() -> None:
    assert "80000000:  00100513  addi    a0, zero, 1" in list(dump(PROGRAM, aliases=False))


def test_code_without_a_line_table_is_read_as_instructions_throughout() -> None:
    bare = Program("raw.bin", 0, (Segment("raw", 0, CODE, 20),))
    assert "00000008:  6c6c6548  .word   0x6c6c6548" in list(dump(bare))


def test_code_that_is_not_on_a_word_is_shown_as_bytes_up_to_the_next_one() -> None:
    odd = Program("raw.bin", 2, (Segment("raw", 2, b"\1\2" + words(0x13) + b"\3", 7),))
    assert [line.split(":", 1)[1].strip() for line in list(dump(odd))[3:]] == [
        "01 02                                            |..|",
        "00000013  nop",
        "03                                               |.|",
    ]


def test_an_address_made_by_two_instructions_is_shown_with_its_label() -> None:
    text = Segment(".text", 0, words(0x00000517, 0x00850513, 0x12345537, 0x67850513), 16)
    program = Program("p", 0, (text,), {"here": Symbol("here", 8, ".text")})
    lines = list(dump(program))
    assert "00000004:  00850513  addi    a0, a0, 8  # 0x8 <here>" in lines
    assert "0000000c:  67850513  addi    a0, a0, 1656  # 0x12345678" in lines


def test_pieces_cover_a_segment_without_gaps() -> None:
    for segment in PROGRAM.segments:
        address = segment.address
        for piece in pieces_of(PROGRAM, segment):
            assert piece.address == address
            assert len(piece.data) == (0 if piece.kind is Kind.ZEROS else piece.size)
            address += piece.size
        assert address == segment.end
