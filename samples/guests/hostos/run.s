# hostos/run.s - a process lets something run that it does not trust, in its second address space.
#
# run(frame, low, high) takes the registers and the pc from the frame and goes on with them in ring 3, in space 1: what
# runs there sees the pages that the process has mapped there, and nothing else. The kernel answers none of its system
# calls. Whatever happens to it - a system call, a fault, the alarm at the time high:low - ends the run: its registers
# go back into the frame, and mcause and mtval, and run returns mcause to the process.

        .section .text

# sys_run(a0 frame, a2:a1 alarm)
sys_run:
        mv      s1, ra
        lw      t0, P_SATP + 4(s0)
        beqz    t0, sys_refused_s1              # it has no space 1
        mv      a3, a1
        mv      a1, a0
        call    own_frame
        beqz    a0, sys_refused_s1
        sw      a0, P_RUN_FRAME(s0)
        sw      a3, P_ALARM_LOW(s0)
        lw      t0, P_A2(s0)
        sw      t0, P_ALARM_HIGH(s0)
        mv      s1, a0
        addi    a0, s0, P_OWN                   # keep the process's own registers
        mv      a1, s0
        call    copy_registers
        mv      a0, s0
        mv      a1, s1
        call    copy_registers
        li      t0, 1
        sw      t0, P_SPACE(s0)
        j       go_on

# run_ends: a trap came out of space 1.
run_ends:
        csrr    a0, mcause
        call    leave_run
        j       to_process

# leave_run: the process s0 goes on after its call of run, which returns a0, the cause.
leave_run:
        mv      t3, ra
        mv      t4, a0
        lw      a0, P_RUN_FRAME(s0)
        sw      t4, FRAME_CAUSE(a0)
        csrr    t0, mtval
        sw      t0, FRAME_VALUE(a0)
        mv      a1, s0
        call    copy_registers
        mv      a0, s0
        addi    a1, s0, P_OWN
        call    copy_registers
        sw      t4, P_A0(s0)
        sw      zero, P_SPACE(s0)
        li      t0, -1
        sw      t0, P_ALARM_LOW(s0)
        sw      t0, P_ALARM_HIGH(s0)
        mv      ra, t3
        ret
