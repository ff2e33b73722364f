"""Small systems with page tables: a native kernel, and a guest whose hypervisor follows no table."""

from __future__ import annotations

from tests.support.debugged import HYPERVISOR, Part

_TABLES = """\
        .data
        .balign 4096
root:   .zero   4 * 256
        .word   ({leaves:#x} >> 2) | 1
        .zero   4 * 255
        .word   (0x80000000 >> 2) | 0xcf
        .zero   4 * 511
        .word   (0x80010000 >> 2) | 0xcf
        .word   (0x80011000 >> 2) | 0x43
        .word   (0x80012000 >> 2) | 0xdf
        .word   (0x80013000 >> 2) | 0x07
        .zero   4 * 1020
"""

_ROOT_TO_SATP = """\
        la      t0, root
        srli    t0, t0, 12
        li      t1, 1 << 31
        or      t0, t0, t1
        csrw    satp, t0
"""

# A kernel with one table: 0x40000000 leads to 0x80010000, the next page may be read alone, the one
# after it is U's, the next has not been used, and 0x80000000 is a superpage over RAM. It goes on in S,
# at the label `on`.
PAGED = (
    """\
_start: li      t0, -1
        csrw    pmpaddr0, t0
        li      t0, 0x1f
        csrw    pmpcfg0, t0
"""
    + _ROOT_TO_SATP
    + """\
        la      t0, on
        csrw    mepc, t0
        li      t0, 1 << 11
        csrw    mstatus, t0
        mret
on:     j       on
"""
    + _TABLES.format(leaves=0x8000_2000)
)

# A guest kernel that believes in ring 1 and writes `satp`. The hypervisor skips the write.
PAGED_GUEST = (
    "_start:\n" + _ROOT_TO_SATP + "        csrr    a0, sscratch\non:     j       on\n"
) + _TABLES.format(leaves=0x8001_2000)

NATIVE = (Part("kernel", PAGED, believes=1),)
GUESTS = (
    Part("hyper", HYPERVISOR, 0x8000_0000, "hypervisor", believes=0),
    Part("guest", PAGED_GUEST, 0x8001_0000, "kernel", "vm1", believes=1),
)
