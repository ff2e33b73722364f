"""What the simulators are given to do in `bench_fast`: programs for a bare RV32 board.

Each takes a number of rounds, and ends by a word to `tohost`, which ends Spike and ours, and then by
the test finisher, which ends QEMU.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from asm.assembler.assembly import assemble_text
from asm.objects.elf_writer import write_elf
from tests.bench.guest_workloads import SPEAKS, TIMEBASE, pagingos_image, tinyos_image

_GCC = "riscv64-unknown-elf-gcc"

_END = """
        .globl  finish
finish: la      t0, ended
        csrw    mtvec, t0
        la      t0, tohost
        li      t1, 1
        sw      t1, 0(t0)
        li      t0, 0x00100000
        li      t1, 0x5555
        sw      t1, 0(t0)
        .balign 4
ended:  j       ended
        .section .data
        .balign 4096
        .globl  tohost
        .globl  fromhost
tohost: .space  64
fromhost: .space 64
"""

_OPEN = """
        li      t0, -1
        csrw    pmpaddr0, t0
        li      t0, 0x1f
        csrw    pmpcfg0, t0
"""

_TRAPS = (
    """
        .globl  _start
_start: la      t0, handler
        csrw    mtvec, t0
        csrw    mie, zero
"""
    + _OPEN
    + """
        li      s0, {rounds}
        la      t0, user
        csrw    mepc, t0
        csrw    mstatus, zero
        mret
user:   .rept   6
        addi    a0, a0, 1
        xor     a1, a1, a0
        slli    a2, a1, 3
        add     a3, a3, a2
        srli    a4, a3, 5
        addi    a5, a5, 3
        sltu    a6, a4, a5
        or      t1, a6, a0
        .endr
        ecall
        addi    s0, s0, -1
        bnez    s0, user
        li      a7, 1
        ecall
        .balign 4
handler: csrr   t0, mepc
        addi    t0, t0, 4
        csrw    mepc, t0
        bnez    a7, finish
        mret
"""
    + _END
)

# S mode walks through more pages than a TLB holds, loading and storing.
_PAGING = (
    """
        .globl  _start
_start: la      t0, handler
        csrw    mtvec, t0
        csrw    mie, zero
        csrw    medeleg, zero
"""
    + _OPEN
    + """
        # The second 4 MiB and more: tables at 0x80200000, their root before them at 0x801ff000.
        li      t0, 0x801ff000
        li      t1, 0x80200000
        li      t2, 8                   # 8 tables of 4 MiB each, for 0x40000000 on
        srli    t3, t1, 12
        slli    t3, t3, 10
        ori     t3, t3, 1
        li      t4, 0x400
        add     t4, t4, t0
1:      sw      t3, 0(t4)
        addi    t4, t4, 4
        addi    t3, t3, 0x400
        addi    t2, t2, -1
        bnez    t2, 1b
        li      t2, 8 * 1024            # every page of them: one of 2,048 pages from 0x80400000 on
        li      t5, 0
2:      li      t6, 2047
        and     t6, t5, t6
        li      t3, 0x80400
        add     t3, t3, t6
        slli    t3, t3, 10
        ori     t3, t3, 0xcf
        sw      t3, 0(t1)
        addi    t1, t1, 4
        addi    t5, t5, 1
        addi    t2, t2, -1
        bnez    t2, 2b
        li      t3, 0x200000cf          # 0x80000000: itself, by a superpage
        li      t4, 0x800
        add     t4, t4, t0
        sw      t3, 0(t4)
        srli    t0, t0, 12
        li      t1, 0x80000000
        or      t0, t0, t1
        csrw    satp, t0
        sfence.vma
        li      s0, {rounds}
        la      t0, walk
        csrw    mepc, t0
        li      t0, 0x800
        csrw    mstatus, t0
        mret
walk:   li      s1, 0x40000000
        li      s2, 4096 + 32
        li      s3, 1900
3:      lw      t0, 0(s1)
        addi    t0, t0, 1
        sw      t0, 0(s1)
        lw      t1, 64(s1)
        add     s1, s1, s2
        addi    s3, s3, -1
        bnez    s3, 3b
        addi    s0, s0, -1
        bnez    s0, walk
        ecall
        .balign 4
handler: j      finish
"""
    + _END
)

# Two tasks share their code and have a page of data each. M changes what the PMP lets through whenever
# a task calls, about every 200 instructions.
_SWITCHING = (
    """
        .globl  _start
_start: la      t0, handler
        csrw    mtvec, t0
        csrw    mie, zero
        li      s0, {rounds}
        la      s1, first_data
        la      s2, second_data
        la      t0, user
        csrw    mepc, t0
        srli    t0, t0, 2
        andi    t0, t0, -1024
        addi    t0, t0, 511             # 4 KiB of code: read and execute
        csrw    pmpaddr0, t0
        csrw    mstatus, zero
        j       switch
        .balign 4
handler: addi   s0, s0, -1
        beqz    s0, off
        csrr    t0, mepc
        addi    t0, t0, 4
        csrw    mepc, t0
switch: mv      a0, s2                  # the other's turn
        mv      s2, s1
        mv      s1, a0
        csrw    pmpcfg0, zero
        srli    t0, a0, 2
        addi    t0, t0, 511             # 4 KiB of data: read and write
        csrw    pmpaddr1, t0
        li      t0, 0x1b1d
        csrw    pmpcfg0, t0
        mret
off:    csrw    pmpcfg0, zero
        j       finish
        .balign 4096
user:   li      a2, 23
1:      lw      a1, 0(a0)
        addi    a1, a1, 1
        sw      a1, 0(a0)
        xor     a3, a3, a1
        slli    a4, a3, 3
        add     a5, a5, a4
        addi    a2, a2, -1
        bnez    a2, 1b
        ecall
        j       user
"""
    + _END
    + """
        .balign 4096
first_data: .space 4096
second_data: .space 4096
"""
)

_TIMER = (
    """
        .globl  _start
_start: la      t0, handler
        csrw    mtvec, t0
"""
    + _OPEN
    + """
        li      s0, {rounds}
        li      s1, 0x02004000          # mtimecmp
        li      s2, 0x0200bff8          # mtime
        li      t0, -1
        sw      t0, 4(s1)
        lw      t0, 0(s2)
        addi    t0, t0, {interval}
        sw      t0, 0(s1)
        sw      zero, 4(s1)
        li      t0, 0x80
        csrw    mie, t0
        csrsi   mstatus, 8
1:      addi    a0, a0, 1
        xor     a1, a1, a0
        slli    a2, a1, 3
        add     a3, a3, a2
        srli    a4, a3, 5
        addi    a5, a5, 3
        bltz    zero, 1b
        j       1b
        .balign 4
handler: addi   s0, s0, -1
        beqz    s0, finish
        lw      t0, 0(s2)
        addi    t0, t0, {interval}
        sw      t0, 0(s1)
        mret
"""
    + _END
)

_COMPUTE_C = Path(__file__).with_name("compute.c")
_START = (
    """
        .globl  _start
_start: la      sp, stack_end
        li      a0, {rounds}
        call    compute
"""
    + _END
    + """
        .section .bss
        .space  65536
stack_end: .space 16
"""
)

_COMPUTE_ASM = (
    """
        .equ    SIZE, 8192
        .globl  _start
_start: li      s3, {rounds}
again:  la      s0, flags
        li      s1, SIZE
        add     t1, s0, s1
        mv      t0, s0
        li      t2, 1
1:      sb      t2, 0(t0)
        addi    t0, t0, 1
        bltu    t0, t1, 1b
        li      t3, 2
2:      add     t4, s0, t3
        lbu     t5, 0(t4)
        beqz    t5, 4f
        slli    t6, t3, 1
3:      bgeu    t6, s1, 4f
        add     t4, s0, t6
        sb      zero, 0(t4)
        add     t6, t6, t3
        j       3b
4:      addi    t3, t3, 1
        bltu    t3, s1, 2b
        addi    s3, s3, -1
        bnez    s3, again
        j       finish
"""
    + _END
    + """
        .balign 4096
flags:  .space  SIZE
"""
)


@dataclass(frozen=True)
class Workload:
    """`build(rounds, interval)` makes an ELF file; `rounds` keep a fast simulator busy for a while.

    `bare` says that M mode without traps is enough for it, `timed` that what it does depends on the
    clock. Ours runs it with that `timebase`, the instructions to a tick of the clock. What it prints on
    lines that begin with `speaks` is the same in all simulators.
    """

    name: str
    rounds: int
    build: Callable[[int, int], bytes]
    bare: bool = False
    timed: bool = False
    timebase: int = 1
    speaks: bytes = b""

    def said(self, console: bytes) -> list[bytes]:
        """Return the lines of the console that must be the same everywhere."""
        lines = console.replace(b"\r", b"").split(b"\n")
        return [line for line in lines if self.speaks and line.startswith(self.speaks)]


def _assembled(text: str) -> Callable[[int, int], bytes]:
    def build(rounds: int, interval: int) -> bytes:
        return write_elf(assemble_text(text.format(rounds=rounds, interval=interval)))

    return build


@cache
def _compiled(rounds: int, interval: int) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        shutil.copy(_COMPUTE_C, place / "compute.c")
        (place / "start.s").write_text(_START.format(rounds=rounds))
        (place / "layout.ld").write_text(
            "SECTIONS { . = 0x80000000; .text : { *start*(.text) *(.text*) }"
            " .rodata : { *(.rodata* .srodata*) } . = ALIGN(4096);"
            " .data : { *(.data* .sdata*) } .bss : { *(.bss* .sbss* COMMON) } }"
        )
        command = [
            _GCC, "-march=rv32ima_zicsr", "-mabi=ilp32", "-O2", "-ffreestanding", "-nostdlib",
            "-static", "-fno-tree-loop-distribute-patterns", "-Wl,--no-warn-rwx-segments",
            "-T", "layout.ld",
            "start.s", "compute.c", "-o", "compute.elf",
        ]  # fmt: skip
        done = subprocess.run(command, cwd=place, capture_output=True, text=True, check=False)
        if done.returncode:
            command.remove("-Wl,--no-warn-rwx-segments")
            subprocess.run(command, cwd=place, capture_output=True, check=True)
        return (place / "compute.elf").read_bytes()


def workloads() -> tuple[Workload, ...]:
    """Return all of them; what gcc would compile is ours alone where it is not installed."""
    compute = (
        Workload("compute (gcc)", 4_000, _compiled, bare=True)
        if shutil.which(_GCC)
        else Workload("compute (sieve)", 20_000, _assembled(_COMPUTE_ASM), bare=True)
    )
    return (
        compute,
        Workload("trap-heavy", 20_000_000, _assembled(_TRAPS)),
        Workload("paging", 40_000, _assembled(_PAGING)),
        Workload("PMP switches", 1_000_000, _assembled(_SWITCHING)),
        Workload("timer", 1_000_000, _assembled(_TIMER), timed=True),
        Workload(
            "guest under type1.s", 60_000, tinyos_image, timed=True, timebase=TIMEBASE, speaks=SPEAKS
        ),
        Workload(
            "guest under type1.s, paging",
            2_400,
            pagingos_image,
            timed=True,
            timebase=TIMEBASE,
            speaks=SPEAKS,
        ),
    )
