# split/boot.s - the host: from the lowvisor's mret to the first task. It stands first: _start is at HOST.

        .include "split/task.s"

        .section .bss
host_bss_start:

        .section .text
        .globl  _start
_start:
        la      sp, kernel_stack_top
        la      t0, host_trap
        csrw    stvec, t0
        csrw    sscratch, zero                  # 0: the kernel runs
        csrw    sie, zero
        csrw    scounteren, zero
        la      t0, host_bss_start
        la      t1, host_bss_end
1:
        sw      zero, 0(t0)
        addi    t0, t0, 4
        bltu    t0, t1, 1b

        li      a0, SPACES
        call    space_fill
        li      t0, SPACES >> 12 | SATP_SV32
        csrw    satp, t0
        sfence.vma

        call    console_init
        la      a0, text_host
        call    say
        call    clock_init
        call    tasks_init
        li      t0, IP_STIP | IP_SEIP
        csrw    sie, t0
        j       task_next

        .section .rodata
text_host:
        .asciz  "a kernel in ring 1; under it, in ring 0, a lowvisor\n"

        .include "split/vms.s"
