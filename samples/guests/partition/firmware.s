# partition/firmware.s - in place of pagingos/firmware.s, for a kernel in a partition. There is no firmware to bring
# along: the hypervisor is already there, has delegated the traps, and serves the same two calls.
#
# So the kernel's first instruction is the first of all. It lies on the second page of the partition; the first one
# is the hypervisor's, and the PMP hides it.

        .equ    FIRMWARE_SHUTDOWN, 0            # as in pagingos/firmware.s
        .equ    FIRMWARE_SET_TIMER, 1

        .section .text
        .globl  _start
_start:
