"""Kernels in C that know nothing of a hypervisor print the same under it as on the bare machine.

gcc compiles them for M mode, with S and U below. Here are those that look hard at the machine: all
of Zicsr, every trap, memory protection to the word, devices, code that changes and moves itself,
address spaces; and the kernels that are compared with QEMU elsewhere: a Unix, a real-time kernel, a
firmware with its supervisor.

Each is run at one level of optimization a CPU, the longest on one CPU alone; HVTUI_ALL_LEVELS=1 runs
every level on every CPU.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from asm.objects.elf_reader import read_elf
from tests.support import oracle_gnu
from tests.support.agreement import Ending, run_native, run_virtual
from tests.support.virtualized import CPUS, Guest, guest_of_program, spoken_by
from tests.support.walker import walk

OURS = Path(__file__).parent / "kernels"
OTHERS = Path(__file__).parents[1] / "machine" / "kernels"
LIMIT = 20_000_000
SLOWDOWN = 200

LONGEST = "unix"
LEVELS = ("-O0", "-O1", "-O2")
TYPED = b"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGH and more."

_NO_GCC = oracle_gnu.missing("gcc")
pytestmark = pytest.mark.skipif(_NO_GCC is not None, reason=_NO_GCC or "")


@dataclass(frozen=True)
class Kernel:
    """A kernel: its sources, what is typed, its exit status."""

    sources: tuple[Path, ...]
    typed: bytes = b""
    status: int = 0


KERNELS: Mapping[str, Kernel] = {
    "zicsr": Kernel((OURS / "zicsr.c",)),
    "traps": Kernel((OURS / "traps.c",)),
    "walls": Kernel((OURS / "walls.c",)),
    "devices": Kernel((OURS / "devices.c",), TYPED, 3),
    "moving": Kernel((OURS / "moving.c",), b"", 2),
    "spaces": Kernel((OURS / "spaces.c",)),
    "monitor": Kernel((OTHERS / "monitor.c",), b"\nsome words typed\n.", 12),
    "rtos": Kernel((OTHERS / "rtos.c",), b"\n\nfirst line\nthe second, somewhat longer\nx\n"),
    "unix": Kernel(
        (OTHERS / "unix.c", OTHERS / "user.c"),
        b"\n\nHello, small Unix\nsecond line\n\nabcdefghijklmnopqrstuvwxyz0123456789\n.\n",
        7,
    ),
}


def _cases() -> list[tuple[str, str, str]]:
    if os.environ.get("HVTUI_ALL_LEVELS"):
        return [(name, level, cpu) for name in KERNELS for level in LEVELS for cpu in CPUS]
    cases = [
        (name, LEVELS[(number + shift) % 3], cpu)
        for number, name in enumerate(KERNELS)
        for shift, cpu in enumerate(CPUS)
        if name != LONGEST
    ]
    return [*cases, (LONGEST, "-O2", "vt")]


CASES = _cases()


def built(name: str, level: str, folder: Path) -> Guest:
    """Compile a kernel; the linker's script knows the user's program by the name of a saved object."""
    options = (level, "-save-temps=obj", "-I", str(OTHERS))
    elf = oracle_gnu.compile_c(KERNELS[name].sources, OTHERS / "link.ld", folder, *options)
    return guest_of_program(read_elf(elf, "kernel.elf"), name)


def printed(ending: Ending) -> list[str]:
    return ending.console.decode(errors="replace").splitlines()


def said(hosted: Ending) -> list[str]:
    return spoken_by(1, hosted.console).decode(errors="replace").splitlines()


@pytest.mark.parametrize(("name", "level", "cpu"), CASES)
def test_a_kernel_prints_the_same_under_the_hypervisor(
    name: str, level: str, cpu: str, tmp_path: Path
) -> None:
    guest, typed = built(name, level, tmp_path), KERNELS[name].typed
    bare = run_native(guest, LIMIT, typed)
    assert bare.code == KERNELS[name].status, printed(bare)[-5:]
    assert len(printed(bare)) > 8
    hosted = run_virtual(guest, cpu, bare.retired * SLOWDOWN, typed)
    if (said(hosted), hosted.code) != (printed(bare), bare.code):
        first = walk(guest, cpu, typed=typed, limit=bare.retired * SLOWDOWN).divergence
        assert said(hosted) == printed(bare), first
        assert hosted.code == bare.code, first
