"""GNU as and ld as the oracle of the assembler: the same source, laid out in the same shape.

The linker script is written for each program: one output section for each loaded section of the
object file, in the order that the assembler documents, code first, then constants, data and zeros.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Mapping
from io import BytesIO
from pathlib import Path

import pytest
from elftools.elf.constants import SH_FLAGS
from elftools.elf.elffile import ELFFile

from asm.program import Program

PREFIX = "riscv64-unknown-elf-"
TOOLS = ("as", "ld")
BASE = 0x8000_0000

needs_gnu = pytest.mark.skipif(
    any(shutil.which(PREFIX + tool) is None for tool in TOOLS),
    reason="GNU binutils for RISC-V (riscv64-unknown-elf-as) are not installed",
)

# Name of a section: its address, its size, and its bytes (none for zeros).
Layout = Mapping[str, tuple[int, int, bytes]]


class RefusedError(Exception):
    """GNU as or ld does not take the source; the text is what it says."""


def build(source: str | Path, folder: Path, includes: tuple[Path, ...] = ()) -> Layout:
    """Assemble and link `source`, a file or a text. Raises RefusedError."""
    if isinstance(source, str):
        path = folder / "source.s"
        path.write_text(source, encoding="utf-8")
    else:
        path = source
    made, script, elf = folder / "made.o", folder / "script.ld", folder / "made.elf"
    options = ["-march=rv32ima_zicsr_zifencei_zihintpause", "-mabi=ilp32", "-mno-relax"]
    for directory in includes:
        options += ["-I", str(directory)]
    _run("as", *options, "-o", str(made), str(path))
    names = _placed_names(ELFFile(BytesIO(made.read_bytes())))
    script.write_text(_script(names), encoding="utf-8")
    _run("ld", "-m", "elf32lriscv", "--no-relax", "-N", "-T", str(script), "-o", str(elf), str(made))
    return dict(_contents(ELFFile(BytesIO(elf.read_bytes()))))


def layout_of(program: Program) -> Layout:
    """Return our own program in the same form."""
    return {segment.name: (segment.address, segment.size, segment.data) for segment in program.segments}


def _run(tool: str, *arguments: str) -> None:
    done = subprocess.run([PREFIX + tool, *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise RefusedError(done.stderr)


def _placed_names(elf: ELFFile) -> list[str]:
    ranked = []
    for number, section in enumerate(elf.iter_sections()):
        flags = section["sh_flags"]
        if not flags & SH_FLAGS.SHF_ALLOC:
            continue
        if flags & SH_FLAGS.SHF_EXECINSTR:
            rank, usual = 0, ".text"
        elif not flags & SH_FLAGS.SHF_WRITE:
            rank, usual = 1, ".rodata"
        elif section["sh_type"] != "SHT_NOBITS":
            rank, usual = 2, ".data"
        else:
            rank, usual = 3, ".bss"
        kin = section.name.startswith(usual + ".")
        ranked.append((rank, 0 if section.name == usual else 1 if kin else 2, number, section.name))
    return [name for *_, name in sorted(ranked)]


def _script(names: list[str]) -> str:
    lines = [f'  "{name}" : {{ *("{name}") {_commons(name)} }}' for name in names]
    discarded = "  /DISCARD/ : { *(.riscv.attributes) }"
    return "\n".join(["SECTIONS {", f"  . = {BASE:#x};", *lines, discarded, "}", ""])


def _commons(name: str) -> str:
    return "*(COMMON)" if name == ".bss" else ""


def _contents(elf: ELFFile) -> Iterator[tuple[str, tuple[int, int, bytes]]]:
    for section in elf.iter_sections():
        if section["sh_flags"] & SH_FLAGS.SHF_ALLOC and section["sh_size"]:
            data = b"" if section["sh_type"] == "SHT_NOBITS" else section.data()
            yield section.name, (section["sh_addr"], section["sh_size"], data)
