"""ELF and raw files in: what compilers make is understood, what is damaged is refused in words."""

from __future__ import annotations

import contextlib
import io
import shutil
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile
from hypothesis import given, settings
from hypothesis import strategies as st

from asm.objects.elf_reader import ImageError, is_elf, read_binary, read_elf
from asm.objects.elf_writer import write_elf
from asm.program import LineEntry, LineTable, Place, Program, Segment, Symbol

NOP = (0x13).to_bytes(4, "little")
HEADER_SIZE, PROGRAM_HEADER_SIZE = 52, 32

PROGRAM = Program(
    "guest.s",
    0x80000000,
    (
        Segment(".text", 0x80000000, NOP * 16, 64, writable=False),
        Segment(".data", 0x80001000, b"data", 8, executable=False),
    ),
    {
        "_start": Symbol("_start", 0x80000000, ".text", is_global=True),
        "tohost": Symbol("tohost", 0x80001000, ".data", is_global=True),
    },
    LineTable([LineEntry(0x80000000 + 4 * n, 4, Place(f"f{n % 3}.s", 40 * n + 1)) for n in range(16)]),
)
ELF = write_elf(PROGRAM)


def patched(*changes: tuple[int, str, int], data: bytes = ELF) -> bytes:
    """Return the file with numbers of a struct `format` written at offsets."""
    out = bytearray(data)
    for offset, layout, value in changes:
        struct.pack_into(layout, out, offset, value)
    return bytes(out)


def segment_field(segment: int, index: int) -> int:
    """Offset of a field of a program header: 1 offset, 2 virtual, 3 physical, 4 and 5 the sizes."""
    return HEADER_SIZE + segment * PROGRAM_HEADER_SIZE + 4 * index


REFUSED = {
    "not ELF at all": (b"#!/bin/sh\n", "not an ELF file"),
    "empty": (b"", "not an ELF file"),
    "only the magic": (b"\x7fELF", "damaged or cut short"),
    "cut in the header": (ELF[:40], "damaged or cut short"),
    "cut in the segments' table": (ELF[:70], "table of segments is damaged or cut short"),
    "cut in a segment": (
        patched((segment_field(0, 4), "<I", 0x100000), (segment_field(0, 5), "<I", 0x100000)),
        r"segment 0 \(1,048,576 bytes at 0x80000000\) needs 1,048,576 bytes .* file ends at",
    ),
    "cut in the sections' table": (ELF[:-10], "table of sections"),
    "x86-64": (patched((18, "<H", 62)), "another machine: .*X86-64"),
    "unknown machine": (patched((18, "<H", 60000)), "another machine"),
    "RV64": (patched((4, "<B", 2)), "RV64, little endian"),
    "big endian": (patched((5, "<B", 2), (18, ">H", 243), (16, ">H", 2)), "big endian"),
    "object file": (patched((16, "<H", 1)), "not linked yet; link it"),
    "shared object": (patched((16, "<H", 3)), "position-independent; link it with -static"),
    "core dump": (patched((16, "<H", 4)), "core dump"),
    "odd type": (patched((16, "<H", 77)), "unknown type"),
    "compressed": (patched((36, "<I", 1)), "compressed .*-march=rv32ima_zicsr_zifencei"),
    "no segments": (patched((44, "<H", 0)), "nothing in this file is to be loaded"),
    "dynamic linker": (patched((HEADER_SIZE, "<I", 3)), "needs a dynamic linker"),
    "too many segments": (patched((44, "<H", 9999)), "9999 segments are more than"),
    "odd entry size": (patched((42, "<H", 1)), "table of segments is damaged"),
    "huge segment": (
        patched((segment_field(1, 5), "<I", 0x60000000)),
        r"segment 1 \(1,610,612,736 bytes at 0x80001000\) is larger than 1,024 MiB",
    ),
    "huge together": (
        patched(
            (segment_field(0, 5), "<I", 0x30000000),
            (segment_field(1, 5), "<I", 0x30000000),
            (segment_field(1, 3), "<I", 0x10000000),
        ),
        "need more than 1,024 MiB together; the largest is segment",
    ),
    "past the end": (
        patched((segment_field(1, 3), "<I", 0xFFFFFFFC)),
        r"segment 1 \(8 bytes at 0xfffffffc\) runs past the end of the address space",
    ),
    "more in the file than in memory": (
        patched((segment_field(1, 5), "<I", 2)),
        "segment 1 .* has more bytes in the file",
    ),
    "overlap": (
        patched((segment_field(1, 3), "<I", 0x8000003F)),
        r"segment 0 \(64 bytes at 0x80000000\) and segment 1 \(8 bytes at 0x8000003f\) overlap",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_loaded_is_refused_with_file_and_cause(case: str) -> None:
    data, message = REFUSED[case]
    with pytest.raises(ImageError, match=f"^guest.elf: .*{message}"):
        read_elf(data, "guest.elf")


def test_an_error_names_file_cause_and_remedy() -> None:
    with pytest.raises(ImageError) as caught:
        read_elf(patched((36, "<I", 1)), "guest.elf")
    assert caught.value.file == "guest.elf"
    assert "compressed" in caught.value.cause
    assert "-march" in caught.value.remedy


def test_bytes_are_loaded_at_their_physical_address_and_symbols_and_lines_go_along() -> None:
    data = patched((segment_field(0, 3), "<I", 0x80400000), (segment_field(1, 3), "<I", 0x80500000))
    program = read_elf(data)
    assert [segment.address for segment in program.segments] == [0x80400000, 0x80500000]
    assert program.entry == 0x80400000
    assert program.symbols["tohost"].value == 0x80500000
    assert program.lines.addresses("f0.s", 1) == (0x80400000,)


def test_physical_addresses_that_are_all_zero_mean_the_linked_ones() -> None:
    program = read_elf(patched((segment_field(0, 3), "<I", 0), (segment_field(1, 3), "<I", 0)))
    assert [segment.address for segment in program.segments] == [0x80000000, 0x80001000]


def test_damaged_line_tables_cost_the_lines_only() -> None:
    start = ELF.index(b"f0.s") - 30
    program = read_elf(ELF[:start] + b"\xff" * 12 + ELF[start + 12 :])
    assert not len(program.lines)
    assert "tohost" in program.symbols


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_whatever_the_bytes_only_an_image_error_is_raised(data: st.DataObject) -> None:
    changes = data.draw(
        st.lists(
            st.tuples(st.integers(0, len(ELF) - 4), st.sampled_from(["<B", "<H", "<I"])), max_size=6
        )
    )
    values = st.sampled_from([0, 1, 2, 0x7F, 0x80, 0xFF]) | st.integers(0, 255)
    wide = st.sampled_from([0xFFFFFFFF, 0x80000000, 0x7FFFFFFF, 0x10000]) | st.integers(0, 1 << 31)
    filled = [
        (offset, layout, data.draw(wide if layout == "<I" else values)) for offset, layout in changes
    ]
    end = data.draw(st.just(len(ELF)) | st.integers(0, len(ELF)))
    memory = 0
    with contextlib.suppress(ImageError):
        memory = sum(segment.size for segment in read_elf(patched(*filled)[:end]).segments)
    assert memory <= 1 << 30


@given(st.binary(max_size=300))
def test_noise_behind_a_good_header_is_read_or_refused(noise: bytes) -> None:
    with pytest.raises(ImageError):
        read_elf(ELF[:20] + noise[:10], "noise")
    with contextlib.suppress(ImageError):
        read_elf(ELF[:HEADER_SIZE] + noise + ELF[HEADER_SIZE + len(noise) :])


def test_names_of_a_strangers_file_cannot_command_a_terminal() -> None:
    evil = "\x1b[2J\nevil"
    lines = LineTable([LineEntry(0x80000000, 4, Place(evil, 1))])
    symbols = {evil: Symbol(evil, 0x80000000, ".text")}
    program = read_elf(write_elf(Program("p", 0, PROGRAM.segments, symbols, lines)))
    assert list(program.symbols) == ["\ufffd[2J\ufffdevil"]
    assert [entry.place.file for entry in program.lines] == ["\ufffd[2J\ufffdevil"]


# -- files ------------------------------------------------------------------------------------


def test_a_file_that_is_missing_or_a_directory_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(ImageError, match=r"absent\.elf: there is no such file"):
        read_elf(tmp_path / "absent.elf")
    with pytest.raises(ImageError, match="this is a directory"):
        read_elf(tmp_path)
    with pytest.raises(ImageError, match="there is no such file"):
        read_elf("a\0b")


def test_sources_beside_the_file_are_read_and_no_others(tmp_path: Path) -> None:
    folder = tmp_path / "lab"
    (folder / "src").mkdir(parents=True)
    (folder / "near.s").write_text("nop # near\n")
    (folder / "src" / "below.s").write_text("nop # below\n")
    (folder / "binary.s").write_bytes(b"\xff\xfe\x00")
    (tmp_path / "secret.s").write_text("secret\n")
    (folder / "link.s").symlink_to(tmp_path / "secret.s")
    names = ["near.s", "src/below.s", "../secret.s", "link.s", "absent.s", "src", "binary.s"]
    names += [str(tmp_path / "secret.s"), str(folder / "near.s"), "/etc/passwd"]
    lines = LineTable(LineEntry(0x80000000 + 4 * n, 4, Place(name, 1)) for n, name in enumerate(names))
    program = Program("p", 0x80000000, PROGRAM.segments, {}, lines)
    (folder / "p.elf").write_bytes(write_elf(program))
    back = read_elf(folder / "p.elf")
    assert set(back.sources) == {"near.s", "src/below.s", str(folder / "near.s")}
    assert back.sources["src/below.s"] == "nop # below\n"
    assert {entry.place.file for entry in back.lines} == set(names)


def test_a_raw_binary_is_a_program_at_the_address_given(tmp_path: Path) -> None:
    path = tmp_path / "guest.bin"
    path.write_bytes(NOP * 3)
    program = read_binary(path, 0x80400000)
    assert (program.entry, program.base, program.end) == (0x80400000, 0x80400000, 0x8040000C)
    assert program.segments[0].data == NOP * 3


@pytest.mark.parametrize("address", [-4, 1 << 32, 0xFFFFFFFC])
def test_a_raw_binary_must_lie_within_the_addresses(tmp_path: Path, address: int) -> None:
    path = tmp_path / "guest.bin"
    path.write_bytes(NOP * 3)
    with pytest.raises(ImageError, match=r"12 bytes at .*0xffffffff; give another address"):
        read_binary(path, address)


def test_an_empty_raw_binary_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "guest.bin"
    path.touch()
    with pytest.raises(ImageError, match="empty"):
        read_binary(path, 0)


def test_elf_files_are_told_by_their_first_bytes() -> None:
    assert is_elf(ELF)
    assert not is_elf(b"\x7fEL")


# -- what gcc makes ---------------------------------------------------------------------------

C_SOURCES = {
    "main.c": """\
static int helper(int x) { return x * 3; }
int other(int);
volatile int tohost;
int counter = 5;
char room[5000];
void _start(void)
{
    counter = helper(counter);
    tohost = other(counter);
    for (;;);
}
""",
    "lib/other.c": """\
static int helper(int x) { return x + 7; }
int other(int x)
{
    return helper(x);
}
""",
}

Compile = Callable[..., Path]


@pytest.fixture
def compile_c(tmp_path: Path) -> Compile:
    gcc = shutil.which("riscv64-unknown-elf-gcc")
    if gcc is None:
        pytest.skip("gcc for RISC-V is not installed")
    for name, text in C_SOURCES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    def run(*options: str, arch: str = "rv32ima_zicsr") -> Path:
        common = ["-O0", "-nostdlib", f"-march={arch}", "-mabi=ilp32", "-Wl,-Ttext=0x80000000"]
        subprocess.run(
            [gcc, *common, *options, *C_SOURCES, "-o", "c.elf"], cwd=tmp_path, check=True, timeout=60
        )
        return tmp_path / "c.elf"

    return run


@pytest.mark.parametrize(
    "options", [["-gdwarf-5"], ["-gdwarf-4"], ["-gdwarf-3"], ["-gdwarf-5", "-gz"]], ids=" ".join
)
def test_c_programs_come_with_symbols_lines_and_sources(compile_c: Compile, options: list[str]) -> None:
    program = read_elf(compile_c(*options))
    assert program.base == 0x80000000  # not where the linker mapped the ELF headers
    assert {"_start", "tohost", "helper", "helper@2", "counter"} <= program.symbols.keys()
    start = program.symbols["_start"]
    assert start.is_function
    assert start.is_global
    assert program.entry == start.value
    entry = program.lines.at(start.value)
    assert entry is not None
    assert str(entry.place).startswith("main.c:7:")
    assert program.lines.addresses("main.c", 9)
    assert program.lines.addresses("lib/other.c", 4)
    assert dict(program.sources) == C_SOURCES
    label = program.label_at(start.value + 8)
    assert label is not None
    assert label[0].name == "_start"


def test_a_c_program_without_debug_information_has_no_lines(compile_c: Compile) -> None:
    program = read_elf(compile_c())
    assert not len(program.lines)
    assert program.symbols["room"].size == 5000


def test_a_compressed_c_program_is_refused_with_the_option_that_helps(compile_c: Compile) -> None:
    with pytest.raises(ImageError, match="-march=rv32ima_zicsr_zifencei"):
        read_elf(compile_c(arch="rv32imac_zicsr"))


def test_a_program_that_only_probes_for_compressed_instructions_is_read(
    compile_c: Compile, tmp_path: Path
) -> None:
    # As a conformance suite does: the file is made without them, one place says `.option rvc`.
    probe = 'asm(".option push; .option rvc; c.j .; c.j .; .option pop");'
    (tmp_path / "probe.c").write_text(probe)
    path = compile_c("probe.c")
    assert ELFFile(io.BytesIO(path.read_bytes())).header["e_flags"] & 1
    assert read_elf(path).symbols["_start"].is_function
