# tinyos/protection.s - the walls between processes: physical memory protection (PMP).
#
# The PMP is a list of regions with permissions. Entries hold for U mode; the kernel, in M mode, reaches everything.
# A program can touch what an entry allows it, and nothing else: no entry, no access.
#
#       entry 0     the slot of the current process     read, write, execute
#       entry 1     the shared page                     read, write
#
# The slots themselves never change, entry 0 moves: at every switch it is laid over the slot of the process that
# is about to run.
#
# Only the kernel can move it, or change what an entry allows: to write a register of the PMP is a kernel instruction.
# A program that tries it is killed.
#
# Both regions are NAPOT, a naturally aligned power of two. Then one register holds address and size: the address
# divided by 4, with the low bits replaced by ones: 8 bytes no ones, 16 bytes one, each doubling one more.

        .include "tinyos/pmp.s"                 # the bits of an entry: definitions only

        .equ    PMP_SLOT,       PMP_NAPOT | PMP_R | PMP_W | PMP_X
        .equ    PMP_SHARED,     PMP_NAPOT | PMP_R | PMP_W

        .section .text

# protection_init: entry 1 for good, entry 0's permissions; four 8-bit entries share one pmpcfg register.
protection_init:
        li      t0, (SHARED >> 2) | (SHARED_SIZE / 8 - 1)
        csrw    pmpaddr1, t0
        li      t0, PMP_SHARED << 8 | PMP_SLOT
        csrw    pmpcfg0, t0
        ret

# protection_switch: open the slot at address a0, and so close the one that was open.
protection_switch:
        srli    a0, a0, 2
        ori     a0, a0, SLOT_SIZE / 8 - 1
        csrw    pmpaddr0, a0
        sfence.vma                              # the hart may keep old answers of the PMP: forget them
        ret
