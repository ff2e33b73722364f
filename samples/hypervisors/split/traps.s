# split/traps.s - how processes are left, and how they go on. Their traps come straight here: the lowvisor has delegated
# them. Nobody is in between when a host's process calls the host's kernel.

        .equ    SCAUSE_TIMER,   INTERRUPT | 5
        .equ    SCAUSE_EXTERNAL, INTERRUPT | 9
        .equ    SSTATUS_SPP,    1 << 8          # back to S
        .equ    SSTATUS_SPIE,   1 << 5          # interrupts on behind the sret

        .section .text

# host_trap: the trap vector of the host. sscratch has the process that runs; 0 if the kernel does, which never traps.
        .balign 4
host_trap:
        csrrw   s0, sscratch, s0
        beqz    s0, kernel_trap
        .irp    n, 1,2,3,4,5,6,7,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        sw      x\n, 4*\n(s0)
        .endr
        csrrw   t0, sscratch, zero
        sw      t0, 4*8(s0)
        la      sp, kernel_stack_top
        csrr    t0, sepc
        sw      t0, T_PC(s0)
        csrr    a0, scause
        bltz    a0, 1f
        li      t0, CAUSE_ECALL_U
        beq     a0, t0, system_call
        j       process_kill
1:
        call    host_interrupt
        lw      t0, turn_is_over
        bnez    t0, task_next
        call    clock_set
        j       process_continue

kernel_trap:
        csrw    sscratch, zero
        csrr    a0, scause
        csrr    a1, sepc
        j       panic

# process_continue: the process s0 runs.
process_continue:
        lw      t0, T_SATP(s0)
        csrr    t1, satp
        beq     t0, t1, 1f
        csrw    satp, t0
        sfence.vma
1:
        li      t0, SSTATUS_SPP
        csrc    sstatus, t0
        li      t0, SSTATUS_SPIE
        csrs    sstatus, t0
        lw      t0, T_PC(s0)
        csrw    sepc, t0
        csrw    sscratch, s0
        .irp    n, 1,2,3,4,5,6,7,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        lw      x\n, 4*\n(s0)
        .endr
        lw      s0, 4*8(s0)
        sret

# host_interrupt: an interrupt of the host, cause a0: the console's, or the clock's. It interrupts a process here, and a
# guest in the lowvisor; all the same. Keeps s0.
host_interrupt:
        andi    a0, a0, 0xff
        addi    a0, a0, -(SCAUSE_EXTERNAL & 0xff)
        bnez    a0, clock_interrupt
        la      t0, tasks                       # a byte may be what a VM waits for: the VM thread shall look
        lw      t1, T_STATE(t0)
        addi    t1, t1, -TASK_ASLEEP
        bnez    t1, console_interrupt
        li      t1, TASK_READY
        sw      t1, T_STATE(t0)
        j       console_interrupt

# process_kill: the process s0 has done what it must not; the cause is a0.
process_kill:
        mv      s1, a0
        la      a0, text_process
        call    say
        addi    a0, s0, T_NAME
        call    print
        la      a0, text_killed
        call    print
        mv      a0, s1
        call    print_hex
        la      a0, text_address
        call    print
        csrr    a0, stval
        call    print_hex
        la      a0, text_at_pc
        call    print
        lw      a0, T_PC(s0)
        call    print_hex
        la      a0, text_newline
        call    print
        li      t0, TASK_ENDED
        sw      t0, T_STATE(s0)
        j       task_next

        .section .rodata
text_process:
        .asciz  "process "
text_killed:
        .asciz  " killed: scause "
text_address:
        .asciz  ", stval "
