"""QEMU as the other machine: runs a bare-metal program and returns what its UART said."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path

BINARY = "qemu-system-riscv32"
VERSION = "7.2"
SECONDS = 60

# An RV32IMA with M, S and U as ours: without what QEMU adds by itself. `pmu-num` is the number of event
# counters, which ours has all of (they count nothing).
CPU = ",".join(
    (
        "rv32", "c=off", "f=off", "d=off", "h=off", "sstc=off", "zba=off", "zbb=off", "zbc=off",
        "zbs=off", "Zihintpause=off", "pmu-num=29", "priv_spec=v1.12.0",
    )
)  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """What a run showed: the console's text and the exit status."""

    console: str
    status: int


@cache
def missing() -> str | None:
    """Return why a test that needs QEMU has to be skipped.

    Other versions are skipped, too: they slip elsewhere, or not where 7.2 is known to.
    """
    if shutil.which(BINARY) is None:
        return f"{BINARY} is not installed (Debian: qemu-system-misc)"
    told = subprocess.run([BINARY, "--version"], capture_output=True, text=True, check=False).stdout
    if f"version {VERSION}." not in told:
        return (
            f"the comparison is with QEMU {VERSION}, not with {told.splitlines()[0] if told else '?'}"
        )
    return None


def run(elf: bytes, folder: Path, console_in: bytes = b"") -> Shown:
    """Run an ELF file from its entry until it uses the test finisher.

    An instruction takes a nanosecond and `mtime` counts at 10 MHz, so it is one step in 100
    instructions.
    """
    image = folder / "image.elf"
    image.write_bytes(elf)
    command = [
        BINARY, "-machine", "virt", "-m", "16M", "-cpu", CPU, "-bios", "none", "-display", "none",
        "-monitor", "none", "-serial", "stdio", "-icount", "shift=0",
        "-device", f"loader,file={image},cpu-num=0",
    ]  # fmt: skip
    done = subprocess.run(command, input=console_in, capture_output=True, timeout=SECONDS, check=False)
    assert not done.stderr, done.stderr.decode()
    return Shown(done.stdout.decode(errors="replace"), done.returncode)
