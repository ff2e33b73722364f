"""Kernels in C, written as strangers would and compiled by gcc: they print the same as in QEMU.

`unix` is a Unix in S with processes, pages on demand, pipes and an interrupt-driven console, `rtos` a
real-time kernel in M with a vectored mtvec and tasks in U, `monitor` a firmware that emulates for the
supervisor above it what traps. Each reads its console, too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from asm.objects.elf_reader import read_elf
from hvtui.machine.board import StopReason
from tests.support import oracle_gnu, oracle_ours, oracle_qemu
from tests.support.oracle_qemu import Shown

KERNELS = Path(__file__).parent
LIMIT = 12_000_000

_NO_GCC = oracle_gnu.missing("gcc")
_NO_QEMU = oracle_qemu.missing()
pytestmark = pytest.mark.skipif(_NO_GCC is not None, reason=_NO_GCC or "")


@dataclass(frozen=True)
class Kernel:
    """A kernel: its sources, what is typed, how it ends, and where QEMU 7.2 shows something else.

    `slips` leads from a pattern in QEMU's text to what the specification asks for.
    """

    sources: tuple[str, ...]
    typed: bytes
    status: int
    slips: Mapping[str, str]


# The lines that are typed begin with empty ones: QEMU may lose a byte that comes before a guest
# switches its FIFOs on.
CASES = {
    "unix": Kernel(
        ("unix.c", "user.c"),
        b"\n\nHello, small Unix\nsecond line\n\nabcdefghijklmnopqrstuvwxyz0123456789\n.\n",
        7,
        {
            r"cause 3 at (\w+), value 0,": r"cause 3 at \1, value \1,",  # as Spike has it
            r"(pid 33 killed), cause 4 ": r"\1, cause 6 ",  # an AMO faults as a store
            r"fault 12: -4": "fault 12: -6",
        },
    ),
    "rtos": Kernel(
        ("rtos.c",),
        b"\n\nfirst line\nthe second, somewhat longer\nx\n",
        0,
        {
            r"order 3 7 11": "order 11 3 7",  # section 3.1.9: MEI, MSI, MTI
            r"user 10 ends: cause 5": "user 10 ends: cause 7",
        },
    ),
    "monitor": Kernel(("monitor.c",), b"\nsome words typed\n.", 12, {}),
}


def built(kernel: Kernel, folder: Path, level: str) -> bytes:
    # The script knows the user's program by the name that saved objects have.
    sources = [KERNELS / name for name in kernel.sources]
    return oracle_gnu.compile_c(sources, KERNELS / "link.ld", folder, level, "-save-temps=obj")


def run_ours(elf: bytes, typed: bytes, timebase: int) -> Shown:
    machine, console = oracle_ours.load(read_elf(elf, "kernel.elf"), timebase=timebase)
    machine.uart.feed(typed)
    stop = machine.run(max_retired=LIMIT)
    assert stop.reason is StopReason.EXITED, (stop, console.decode(errors="replace")[-1000:])
    return Shown(console.decode(), stop.code)


@pytest.mark.skipif(_NO_QEMU is not None, reason=_NO_QEMU or "")
@pytest.mark.parametrize(
    ("name", "level"), [("unix", "-O2"), ("rtos", "-O2"), ("monitor", "-O0"), ("monitor", "-O2")]
)
def test_a_kernel_prints_the_same_as_in_qemu(name: str, level: str, tmp_path: Path) -> None:
    kernel = CASES[name]
    elf = built(kernel, tmp_path, level)
    theirs = oracle_qemu.run(elf, tmp_path, kernel.typed)
    expected = theirs.console
    for pattern, right in kernel.slips.items():
        expected, count = re.subn(pattern, right, expected)
        assert count, f"QEMU no longer slips at {pattern!r}"
    ours = run_ours(elf, kernel.typed, timebase=10)
    assert ours.console.splitlines() == expected.splitlines()
    assert ours.status == theirs.status == kernel.status


def test_a_kernel_prints_the_same_whatever_the_speed_of_its_clock(tmp_path: Path) -> None:
    kernel = CASES["monitor"]
    elf = built(kernel, tmp_path, "-O2")
    shown = {run_ours(elf, kernel.typed, timebase) for timebase in (1, 7, 1000)}
    assert len(shown) == 1
    assert shown.pop().status == kernel.status
