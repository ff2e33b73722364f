"""A machine in which a hypervisor's process runs a guest's kernel in translation.

The hypervisor is linked for another address than it lies at, and where the guest thinks that it is
there is the hypervisor to the hardware: so every address means two things. Its translation has been
made beforehand, and the map with it.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from asm import Options, assemble_text
from hvtui.machinefile.system import Component, System, Translates

TRANSLATOR_AT, WINDOW = 0x8000_0000, 0x4000_0000
GUEST_AT, GUEST_RAM = 0x8040_0000, 0x8000_0000

TRANSLATOR = """\
_start: li      t0, -1                  # everything is permitted
        csrw    pmpaddr0, t0
        li      t0, 0x1f
        csrw    pmpcfg0, t0
        la      t0, table
        srli    t0, t0, 12
        li      t1, 1 << 31
        or      t0, t0, t1
        csrw    satp, t0
        la      t0, signalled
        csrw    mtvec, t0
        csrw    mstatus, zero
        lui     t0, %hi(cache)          # as it was linked
        addi    t0, t0, %lo(cache)
        csrw    mepc, t0
        mret

callout:                                # in place of a kernel instruction
        li      t0, 0
        ret

signalled:
        csrr    t0, mepc
        addi    t0, t0, 4
        csrw    mepc, t0
        mret

        .balign 16
cache:
        mv      ra, ra
        jal     callout
        mv      ra, ra
        lui     sp, 0x80000
        addi    sp, sp, 8
        addi    sp, sp, 36
        li      a0, 5
        sw      a0, 0(zero)
        jal     callout
        .word   0x80000014
        mv      ra, ra
        j       .
cache_end:
        nop
cache_map:
        .word   0x80000001, 0x80000000, 0x80000001, 0x80000004, 0x80000005, 0x80000008
        .word   0x8000000c, 0x80000010, 0x80000014, 0x80000015, 0x80000015, 0x80000014

        .balign 4096
table:
        .space  256 * 4
        .word   0x200000df              # the hypervisor's window
        .space  255 * 4
        .word   0x201000df              # the guest's memory
        .space  511 * 4
"""

GUEST = """\
_start: csrr    t0, mhartid             # which hart is it?
        la      sp, top
work:   li      a0, 5                   # what it works with
        sw      a0, 0(zero)
1:      j       1b
        .balign 16
top:
"""


def translated() -> System:
    """Return the machine. 14 steps lead to the first translated instruction."""
    folder = Path("/lab")
    translator = assemble_text(TRANSLATOR, str(folder / "translator.s"), Options(base=WINDOW))
    guest = assemble_text(GUEST, str(folder / "guest.s"), Options(base=GUEST_RAM))
    labels = {name: symbol.value for name, symbol in translator.symbols.items()}
    cache = Translates("vm1", labels["cache"], labels["cache_end"], labels["cache_map"])
    hypervisor = Component("translator", "hypervisor", translator, TRANSLATOR_AT, WINDOW, believes=3)
    return System(
        path=folder / "machine.toml",
        title="translated",
        cpu="legacy",
        ram_size=8 << 20,
        timebase=1,
        components=(
            replace(hypervisor, translates=cache),
            Component("guest", "kernel", guest, GUEST_AT, GUEST_RAM, vm="vm1", believes=0),
        ),
    )
