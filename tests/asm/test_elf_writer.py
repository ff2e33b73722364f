"""ELF out: what is written is what GNU binutils and our own reader find in the file."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asm.isa.decode import INSTRUCTIONS_BY_NAME
from asm.objects.elf_reader import read_elf
from asm.objects.elf_writer import write_elf
from asm.program import Expansion, LineEntry, LineTable, Place, Program, Segment, Symbol

NOP = (0x13).to_bytes(4, "little")

PROGRAM = Program(
    "guest.s",
    0x80000004,
    (
        Segment(".text", 0x80000000, NOP * 6, 24, writable=False),
        Segment(".data", 0x80000018, b"hello", 5, executable=False),
        Segment(".bss", 0x80000020, b"", 64, executable=False),
        Segment(".heap", 0x80001001, b"\1\2\3", 4096, executable=False),
    ),
    {
        "_start": Symbol("_start", 0x80000004, ".text", is_global=True, is_function=True, size=8),
        "loop": Symbol("loop", 0x80000008, ".text"),
        "greeting": Symbol("greeting", 0x80000018, ".data"),
        "data_end": Symbol("data_end", 0x8000001D, ".data"),
        "LIMIT": Symbol("LIMIT", 42),
        "tohost": Symbol("tohost", 0x80000020, ".bss", is_global=True),
    },
    LineTable(
        [
            LineEntry(0x80000000, 4, Place("guest.s", 3, 5)),
            LineEntry(0x80000004, 4, Place("inc/macros.s", 900, 2)),
            LineEntry(
                0x80000008,
                8,
                Place("inc/macros.s", 7, 1),
                (Expansion("twice", Place("guest.s", 5, 9)),),
            ),
            LineEntry(0x80000014, 4, Place("guest.s", 1, 0)),
            LineEntry(0x80000018, 5, Place("guest.s", 12, 1), is_code=False),
        ]
    ),
)


def tool(name: str) -> str:
    path = shutil.which(f"riscv64-unknown-elf-{name}")
    if path is None:
        pytest.skip(f"GNU binutils for RISC-V ({name}) are not installed")
    return path


def output_of(arguments: Sequence[str]) -> str:
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout


@pytest.fixture
def elf_file(tmp_path: Path) -> str:
    path = tmp_path / "guest.elf"
    path.write_bytes(write_elf(PROGRAM))
    return str(path)


def test_a_program_comes_back_as_it_was_written() -> None:
    back = read_elf(write_elf(PROGRAM), "guest.s")
    assert back.entry == PROGRAM.entry
    assert back.segments == PROGRAM.segments
    assert back.symbols == PROGRAM.symbols


def test_the_lines_of_code_come_back_with_macros_as_their_outermost_use() -> None:
    back = read_elf(write_elf(PROGRAM))
    found = [(entry.address, entry.size, str(entry.place)) for entry in back.lines]
    assert found == [
        (0x80000000, 4, "guest.s:3:5"),
        (0x80000004, 4, "inc/macros.s:900:2"),
        (0x80000008, 8, "guest.s:5:9"),
        (0x80000014, 4, "guest.s:1"),
    ]


def test_the_same_program_gives_the_same_bytes() -> None:
    assert write_elf(PROGRAM) == write_elf(PROGRAM)


def test_a_program_without_symbols_and_lines_is_an_elf_file_too() -> None:
    plain = Program("a", 16, (Segment(".text", 16, NOP, 4),))
    back = read_elf(write_elf(plain), "a")
    assert (back.segments, back.entry, back.symbols) == (plain.segments, 16, {})
    assert not len(back.lines)


def test_readelf_accepts_every_table(elf_file: str) -> None:
    text = output_of([tool("readelf"), "--all", "--wide", elf_file])
    assert "Entry point address:               0x80000004" in text
    assert re.search(r"LOAD +0x\w+ 0x80000000 0x80000000 0x00018 0x00018 R E 0x4", text)
    assert re.search(r"LOAD +0x\w+ 0x80001001 0x80001001 0x00003 0x01000 RW +0x4", text)
    assert re.search(r"\d+: 80000004 +8 FUNC +GLOBAL DEFAULT +1 _start", text)
    assert re.search(r"\d+: 0000002a +0 NOTYPE +LOCAL +DEFAULT +ABS LIMIT", text)
    assert not re.search(r"warning|error", text, re.IGNORECASE)


def test_objdump_finds_code_labels_and_lines(elf_file: str) -> None:
    text = output_of([tool("objdump"), "-d", "-l", elf_file])
    assert "80000004 <_start>:\n_start():\ninc/macros.s:900\n" in text
    assert "80000008 <loop>:\nguest.s:5\n" in text
    assert "80000014:\t00000013          \tnop" in text


def test_objdump_reads_the_line_table_without_complaint(elf_file: str) -> None:
    text = output_of([tool("objdump"), "--dwarf=decodedline,info,abbrev", elf_file])
    assert re.search(r"guest\.s +3 +0x80000000", text)
    assert re.search(r"DW_AT_low_pc +: 0x80000000\n.*DW_AT_high_pc +: 0x18\n", text)


def test_objcopy_takes_the_same_raw_bytes_out(elf_file: str, tmp_path: Path) -> None:
    raw = tmp_path / "raw.bin"
    output_of([tool("objcopy"), "-O", "binary", "-j", ".text", "-j", ".data", elf_file, str(raw)])
    assert raw.read_bytes() == NOP * 6 + b"hello"


@st.composite
def programs(draw: st.DrawFn) -> Program:
    segments: list[Segment] = []
    address = draw(st.integers(0, 1 << 20)) * 4
    for number in range(draw(st.integers(1, 4))):
        data = draw(st.binary(max_size=40))
        size = len(data) + draw(st.integers(0, 40))
        if not size:
            continue
        name = f".s{number}"
        segments.append(Segment(name, address, data, size, draw(st.booleans()), True))
        address += size + draw(st.integers(0, 5000))
    places = st.builds(
        Place, st.sampled_from(["a.s", "lib/b.s", "c"]), st.integers(1, 1 << 20), st.integers(0, 300)
    )
    lines: list[LineEntry] = []
    symbols: dict[str, Symbol] = {}
    for segment in segments:
        at = segment.address
        while at < segment.end:
            size = min(draw(st.integers(1, 400)), segment.end - at)
            if draw(st.booleans()):
                lines.append(LineEntry(at, size, draw(places)))
            at += size
        label = Symbol(f"at{segment.name}", segment.address, segment.name, draw(st.booleans()))
        symbols[label.name] = label
    entry = segments[0].address if segments else 0
    segments = segments or [Segment(".text", 0, NOP, 4)]
    return Program("p.elf", entry, tuple(segments), symbols, LineTable(lines))


def test_a_line_that_goes_on_in_the_next_segment_keeps_both_parts() -> None:
    place = Place("a.s", 1)
    segments = (Segment(".text", 0, NOP, 4), Segment(".text.more", 4, NOP, 4))
    lines = LineTable([LineEntry(0, 4, place), LineEntry(4, 4, place)])
    back = read_elf(write_elf(Program("p.elf", 0, segments, {}, lines)), "p.elf")
    assert [(entry.address, entry.size) for entry in back.lines] == [(0, 4), (4, 4)]


def test_a_line_beyond_its_segment_is_cut_there() -> None:
    lines = LineTable([LineEntry(0, 400, Place("a.s", 1))])
    segments = (Segment(".text", 0, NOP, 4), Segment(".text.more", 8, NOP, 4))
    back = read_elf(write_elf(Program("p.elf", 0, segments, {}, lines)), "p.elf")
    assert [(entry.address, entry.size) for entry in back.lines] == [(0, 4)]


@given(programs())
def test_any_program_survives_the_way_through_a_file(program: Program) -> None:
    back = read_elf(write_elf(program), program.name)
    assert back.entry == program.entry
    assert back.segments == program.segments
    assert back.symbols == program.symbols
    for entry in program.lines:
        for address in (entry.address, entry.address + entry.size - 1):
            found = back.lines.at(address)
            assert found is not None
            assert found.place == entry.place
    covered = sum(entry.size for entry in program.lines)
    assert sum(entry.size for entry in back.lines) == covered


def code(*instructions: tuple[str, dict[str, int]]) -> bytes:
    """Encode instructions; fields that are not given are zero."""
    words = []
    for name, values in instructions:
        encoding = INSTRUCTIONS_BY_NAME[name].encoding
        words.append(encoding.encode({field: values.get(field, 0) for field in encoding.fields}))
    return b"".join(word.to_bytes(4, "little") for word in words)


def test_qemu_loads_every_segment_and_runs_the_program(tmp_path: Path) -> None:
    qemu = shutil.which("qemu-system-riscv32")
    if qemu is None:
        pytest.skip("qemu-system-riscv32 is not installed")
    # Print the byte of .data and the zero of .bss plus `!`, then end through the test finisher.
    text = code(
        ("lui", {"rd": 5, "upper": 0x10000000}),
        ("auipc", {"rd": 6, "upper": 0x1000}),
        ("lbu", {"rd": 7, "rs1": 6, "imm": -4}),
        ("sb", {"rs2": 7, "rs1": 5}),
        ("lbu", {"rd": 7, "rs1": 6, "imm": 0x7FC}),
        ("addi", {"rd": 7, "rs1": 7, "imm": ord("!")}),
        ("sb", {"rs2": 7, "rs1": 5}),
        ("lui", {"rd": 5, "upper": 0x100000}),
        ("lui", {"rd": 6, "upper": 0x5000}),
        ("addi", {"rd": 6, "rs1": 6, "imm": 0x555}),
        ("sw", {"rs2": 6, "rs1": 5}),
        ("jal", {"rd": 0, "target": 0}),
    )
    program = Program(
        "uart",
        0x80000000,
        (
            Segment(".text", 0x80000000, text, len(text), writable=False),
            Segment(".data", 0x80001000, b"Q", 1, executable=False),
            Segment(".bss", 0x80001800, b"", 8, executable=False),
        ),
    )
    path = tmp_path / "uart.elf"
    path.write_bytes(write_elf(program))
    options = ["-M", "virt", "-bios", "none", "-nographic", "-kernel", str(path)]
    done = subprocess.run([qemu, *options], capture_output=True, timeout=60, check=False)
    assert done.returncode == 0
    assert done.stdout == b"Q!"
