# partition/traps.s - the few ways into the hypervisor, and the way out.
#
# mscratch always holds the address of the current partition. Its registers are kept there, register xN at 4*N; x0
# needs no saving, and its place holds the pc.

        .equ    V_PC,           0
        .equ    V_SP,           2 * 4
        .equ    V_A0,           10 * 4
        .equ    V_A1,           11 * 4
        .equ    V_A7,           17 * 4

        .equ    CALL_SHUTDOWN,  0               # what a guest may ask for: the number is in a7, arguments in a0 and a1,
        .equ    CALL_SET_TIMER, 1               # the answer in a0

        .section .text
        .balign 4
trap_entry:
        csrrw   sp, mscratch, sp                # swap: sp = the partition, mscratch = the guest's sp
        sw      x1, 4(sp)
        .irp    n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        sw      x\n, 4*\n(sp)
        .endr
        csrrw   t0, mscratch, sp                # t0 = the guest's sp, and mscratch is the partition again
        sw      t0, V_SP(sp)
        csrr    t0, mepc
        sw      t0, V_PC(sp)
        mv      s0, sp
        la      sp, stack_top

        csrr    a0, mcause
        bltz    a0, interrupt                   # top bit set
        li      t0, CAUSE_ECALL_S
        bne     a0, t0, stray                   # all else is delegated

        lw      t0, V_PC(s0)
        addi    t0, t0, 4                       # go on after the ecall
        sw      t0, V_PC(s0)
        lw      t0, V_A7(s0)
        li      t1, CALL_SET_TIMER
        beq     t0, t1, call_set_timer
        li      t1, CALL_SHUTDOWN
        beq     t0, t1, call_shutdown
        li      t0, -1                          # no such call
        sw      t0, V_A0(s0)
        j       resume

# set_timer(low, high): a timer interrupt when the clock reaches high:low. Withdraws the one that is pending.
call_set_timer:
        lw      t0, V_A0(s0)
        lw      t1, V_A1(s0)
        sw      t0, V_ALARM_LOW(s0)
        sw      t1, V_ALARM_HIGH(s0)
        sw      zero, V_A0(s0)
        li      t0, MIP_STIP
        csrc    mip, t0
        call    clock_program
        j       resume

# shutdown(code): this guest is done.
call_shutdown:
        lw      t0, V_A0(s0)
        sw      t0, V_CODE(s0)
        li      t0, 1
        sw      t0, V_ENDED(s0)
        call    partition_next
        beqz    a0, ending                      # it was the last
        mv      s0, a0
        j       partition_enter

# interrupt: only the clock's is enabled. Either the guest's alarm is due, or its slice is over, or both.
interrupt:
        slli    a0, a0, 1                       # drop the top bit
        li      t0, CAUSE_M_TIMER << 1
        bne     a0, t0, stray
        call    clock_deliver
        call    clock_slice_is_over
        bnez    a0, 1f
        call    clock_program
        j       resume
1:
        call    partition_save
        call    partition_next                  # there is one: perhaps this one itself
        mv      s0, a0
        j       partition_enter

# stray: nothing that a guest does leads here.
stray:
        li      a0, EXIT_STRAY
        j       finish

# resume: go back to the partition s0.
resume:
        lw      t0, V_PC(s0)
        csrw    mepc, t0
        mv      sp, s0
        lw      x1, 4(sp)
        .irp    n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        lw      x\n, 4*\n(sp)
        .endr
        lw      sp, V_SP(sp)                    # the base register comes last
        mret
