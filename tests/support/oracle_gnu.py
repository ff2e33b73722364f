"""GNU's RISC-V tools: they build the programs that the differential tests run on two machines.

The tools are an oracle, too: a program built by them knows nothing of our assembler. Where they are
not installed, `missing` says which, and the tests are skipped.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

PREFIX = "riscv64-unknown-elf-"
ARCHITECTURE = ("-march=rv32ima_zicsr_zifencei", "-mabi=ilp32")
BASE = 0x8000_0000


def missing(*tools: str) -> str | None:
    """Return why a test that needs these GNU tools ("as", "ld", "gcc") has to be skipped."""
    for tool in tools:
        if shutil.which(PREFIX + tool) is None:
            return f"{PREFIX}{tool} is not installed (Debian: binutils- or gcc-riscv64-unknown-elf)"
    return None


def assemble(source: Path, folder: Path) -> bytes:
    """Return the ELF file of an assembly source, laid out from 0x8000_0000 without relaxation.

    `folder` is for what is made on the way; what the source includes may lie there, too.
    """
    made = folder / f"{source.stem}.o"
    include = ("-I", str(source.parent), "-I", str(folder))
    _run("as", *ARCHITECTURE, "-mno-relax", *include, "-o", str(made), str(source))
    return _link([made], folder / f"{source.stem}.elf", "-Ttext", hex(BASE))


def compile_c(sources: Iterable[Path], script: Path, folder: Path, *options: str) -> bytes:
    """Return the ELF file of freestanding C and assembly sources, laid out by a linker script.

    `options` go to the compiler: an optimization level, or ``-DNAME=VALUE``.
    """
    elf = folder / "kernel.elf"
    # The compiler picks its library by the shorter name alone.
    library = _run("gcc", "-march=rv32im", "-mabi=ilp32", "-print-libgcc-file-name").strip()
    flags = (
        "-ffreestanding",
        "-fno-builtin",
        "-fno-tree-loop-distribute-patterns",
        "-fno-pic",
        "-Wall",
    )
    link = ("-nostdlib", "-nostartfiles", "-Wl,--build-id=none", "-T", str(script), "-o", str(elf))
    _run(
        "gcc", *ARCHITECTURE, "-mcmodel=medany", *flags, *options, *link, *map(str, sources), library
    )  # fmt: skip
    return elf.read_bytes()


def _link(objects: Iterable[Path], elf: Path, *options: str) -> bytes:
    _run("ld", "-m", "elf32lriscv", "-N", "--no-relax", *options, "-o", str(elf), *map(str, objects))
    return elf.read_bytes()


def _run(tool: str, *arguments: str) -> str:
    done = subprocess.run([PREFIX + tool, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{tool} failed:\n{done.stderr[:2000]}"
    return done.stdout
