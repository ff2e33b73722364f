# type1/boot.s - from reset to the first guest.

        .section .bss
bss_start:
        .balign 16
vcpus:                                          # one after the other, vm1 first
        .space  MAX_VMS * VCPU_SIZE

        .equ    TABLES, RAM + 0x200000          # the upper half of our memory: pages for shadow tables

        .section .text
        .globl  _start
_start:
        csrr    t0, mhartid
        bnez    t0, park                        # one hart is enough for us
        la      sp, stack_top
        la      t0, guest_left
        csrw    mtvec, t0
        csrw    mie, zero
        csrw    medeleg, zero                   # every trap of a guest comes here
        csrw    mideleg, zero
        csrw    mcounteren, zero                # the real clock is not for guests: reading it traps
        csrw    satp, zero

        la      t0, bss_start                   # RAM is not known to be zero when power comes on
        la      t1, bss_end
1:
        sw      zero, 0(t0)
        addi    t0, t0, 4
        bltu    t0, t1, 1b
        la      s0, vcpus
        csrw    mscratch, s0

        call    console_init
        la      a0, text_hello
        call    say
        li      a0, VMS
        call    print_decimal
        la      a0, text_hello_size
        call    print
        li      a0, VM_SIZE >> 10
        call    print_decimal
        la      a0, text_hello_end
        call    print
        call    cpu_init
        call    walls_init
        call    world_init
        call    csrs_init
        .ifdef  NESTED
        call    nested_init
        .endif

        li      s1, 0
2:
        mv      a0, s1
        call    vcpu_init
        addi    s1, s1, 1
        li      t0, VMS
        bltu    s1, t0, 2b

        la      s0, vcpus                       # vm1 begins
        call    slice_begin
        j       resume

park:
        wfi
        j       park

        .include "type1/poweron.s"

# walls_init: the real PMP, the outer wall. Even if a shadow table were wrong, a guest could not reach the
# hypervisor or a device: entry 1 closes our memory up to the tables (these the hardware itself must read when it
# translates), entry 2 opens the rest of RAM, and what no entry names is closed.
walls_init:
        li      t0, RAM >> 2
        csrw    pmpaddr0, t0
        li      t0, TABLES >> 2
        csrw    pmpaddr1, t0
        li      t0, (RAM + HYPERVISOR_SIZE + VMS * VM_SIZE) >> 2
        csrw    pmpaddr2, t0
        li      t0, 0x0f0800                    # 0: off, the lower end of 1; 1: TOR, no rights; 2: TOR, R W X
        csrw    pmpcfg0, t0
        ret

        .section .rodata
text_hello:
        .asciz  "VMs: "
text_hello_size:
        .asciz  ", memory of each: "
text_hello_end:
        .asciz  " KiB\n"
