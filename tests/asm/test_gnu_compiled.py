"""What gcc writes: the assembler takes it and makes the same bytes as GNU as and ld."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from asm import assemble_file
from tests.support.gnu_layout import PREFIX, build, layout_of, needs_gnu

SOURCE = Path(__file__).parent / "compiled" / "sample.c"

needs_gcc = pytest.mark.skipif(
    shutil.which(PREFIX + "gcc") is None,
    reason="gcc for RISC-V (riscv64-unknown-elf-gcc) is not installed",
)


@needs_gnu
@needs_gcc
@pytest.mark.parametrize(
    "options",
    [
        "-O0",
        "-O2",
        "-Os -g",
        "-O3 -mcmodel=medany",
        "-O1 -ffunction-sections -fdata-sections -mbranch-cost=1",
    ],
)
def test_compiled_c(tmp_path: Path, options: str) -> None:
    made = tmp_path / "sample.s"
    machine = ("-march=rv32ima_zicsr_zifencei", "-mabi=ilp32", "-ffreestanding")
    command = [PREFIX + "gcc", *machine, *options.split(), "-S", "-o", str(made), str(SOURCE)]
    subprocess.run(command, check=True)
    assert layout_of(assemble_file(made)) == build(made, tmp_path)
