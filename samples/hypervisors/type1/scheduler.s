# type1/scheduler.s - which VM runs, how long; waiting, waking, and the end.
#
# Round robin: a VM keeps the CPU until its time slice is over, it waits in wfi, or it has ended. A VM that is alone
# has no slices. When all wait, the hypervisor itself waits, for the first alarm or for console input.

        .section .bss
        .balign 4
slice_is_shared:                                # 1: somebody else wants the CPU too
        .space  4

        .section .text

# schedule: s0 cannot or shall not go on. Find the next VM that can.
schedule:
        call    console_poll                    # input may have come for one that waits
        mv      s1, s0
        li      s2, VMS
1:
        li      t0, VCPU_SIZE
        add     s1, s1, t0
        la      t0, vcpus + VMS * VCPU_SIZE
        bltu    s1, t0, 2f
        la      s1, vcpus
2:
        mv      s0, s1
        .ifndef SPLIT
        csrw    mscratch, s0
        .endif
        lw      t0, V_STATE(s0)
        li      t1, VM_ENDED
        beq     t0, t1, 3f
        beqz    t0, 4f
        call    vm_try_wake
        bnez    a0, 4f
3:
        addi    s2, s2, -1
        bnez    s2, 1b
        j       idle
4:
        call    slice_begin
        j       resume

# slice_begin: a new slice for s0.
slice_begin:
        rdtime  t0
        li      t1, SLICE
        add     t0, t0, t1
        sw      t0, V_SLICE_END(s0)
        # fall through

# slice_share: does anybody else want the CPU?
slice_share:
        la      t0, vcpus
        li      t1, VMS
        li      t2, 0
        li      t4, VM_ENDED
1:
        beq     t0, s0, 2f
        lw      t3, V_STATE(t0)
        beq     t3, t4, 2f
        li      t2, 1
2:
        li      t3, VCPU_SIZE
        add     t0, t0, t3
        addi    t1, t1, -1
        bnez    t1, 1b
        sw      t2, slice_is_shared, t3
        ret

# vm_wait: the guest of s0 is in wfi and nothing is pending. It sleeps until its alarm, if that can wake it, or until
# a device has something for it. A VM that nothing can wake has come to its end.
vm_wait:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s1, 8(sp)
        call    time_now                        # a1:a0
        sw      a0, V_WAIT_SINCE(s0)
        sw      a1, V_WAIT_SINCE + 4(s0)
        li      t0, -1
        sw      t0, V_WAKE(s0)
        sw      t0, V_WAKE + 4(s0)
        lw      t0, V_MIE(s0)
        andi    t0, t0, IP_MTIP
        beqz    t0, 1f
        call    time_to_alarm
        bltz    a1, 1f                          # half an eternity ahead: this is how software turns the alarm off
        lw      t0, V_WAIT_SINCE(s0)
        lw      t1, V_WAIT_SINCE + 4(s0)
        add     a0, a0, t0
        sltu    t0, a0, t0
        add     a1, a1, t1
        add     a1, a1, t0
        sw      a0, V_WAKE(s0)
        sw      a1, V_WAKE + 4(s0)
        j       2f
1:
        call    console_can_wake
        bnez    a0, 2f
        li      a0, EXIT_DIED
        la      a1, text_waits
        call    vm_end
        j       3f
2:
        li      t0, VM_WAITING
        sw      t0, V_STATE(s0)
        call    console_flush                   # who waits wants to be read
3:
        li      a0, NO_TRAP
        lw      ra, 12(sp)
        lw      s1, 8(sp)
        addi    sp, sp, 16
        ret

# vm_try_wake: s0 waits. a0 = 1 if it need not any more: then its wfi is done.
vm_try_wake:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    time_now
        lw      t0, V_WAKE(s0)
        lw      t1, V_WAKE + 4(s0)
        bltu    a1, t1, 1f
        bne     a1, t1, 2f
        bltu    a0, t0, 1f
2:
        lw      t0, V_MTIMECMP(s0)              # its alarm: that is what its clock says now, not a moment later
        lw      t1, V_MTIMECMP + 4(s0)
        sw      t0, V_MTIME(s0)
        sw      t1, V_MTIME + 4(s0)
        j       3f
1:
        call    interrupts_pending              # or something else has come
        beqz    a0, 4f
        call    time_now
        lw      t0, V_WAIT_SINCE(s0)
        sub     a0, a0, t0
        addi    a1, s0, V_MTIME
        call    add64
3:
        sw      zero, V_STATE(s0)
        call    retire
        li      a0, 1
4:
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

# time_now: a1:a0 = the real mtime.
time_now:
        rdtimeh a1
        rdtime  a0
        rdtimeh t0
        bne     a1, t0, time_now
        ret

# idle: nobody can run. If all have ended, so do we; else sleep until the first alarm, or until input comes.
idle:
        li      s1, -1                          # s2:s1 = the first alarm
        li      s2, -1
        li      s3, 0                           # how many wait
        la      t0, vcpus
        li      t1, VMS
1:
        lw      t2, V_STATE(t0)
        li      t3, VM_WAITING
        bne     t2, t3, 3f
        addi    s3, s3, 1
        lw      t2, V_WAKE(t0)
        lw      t3, V_WAKE + 4(t0)
        bltu    t3, s2, 2f
        bne     t3, s2, 3f
        bgeu    t2, s1, 3f
2:
        mv      s1, t2
        mv      s2, t3
3:
        li      t2, VCPU_SIZE
        add     t0, t0, t2
        addi    t1, t1, -1
        bnez    t1, 1b
        beqz    s3, all_ended

        .ifdef  SPLIT                           # we are a thread of a kernel that has others to run
        mv      a0, s1
        mv      a1, s2
        call    thread_sleep
        j       schedule
        .else
        li      t0, CLINT + CLINT_MTIMECMP
        sw      s1, 0(t0)
        sw      s2, 4(t0)
        li      t0, IP_MEIP
        and     t1, s1, s2
        addi    t1, t1, 1
        beqz    t1, 4f                          # no alarm at all
        li      t0, IP_MEIP | IP_MTIP
4:
        csrw    mie, t0
        wfi                                     # interrupts are off in M: it wakes us, and does not trap
        csrr    t0, mip
        li      t1, IP_MEIP
        and     t0, t0, t1
        beqz    t0, schedule
        call    console_interrupt
        j       schedule
        .endif

# vm_end: the VM of s0 ends with exit code a0; a1 = why, a line for the console. The others go on.
vm_end:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    vm_end_with
        la      a0, text_newline
        call    print
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

# vm_end_with: the same, and the caller prints the rest of the line.
vm_end_with:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s1, 8(sp)
        mv      s1, a1
        sw      a0, V_EXIT_CODE(s0)
        call    console_flush
        li      t0, VM_ENDED
        sw      t0, V_STATE(s0)
        la      a0, text_vm
        call    say
        lw      a0, V_NUMBER(s0)
        call    print_decimal
        la      a0, text_blank
        call    print
        mv      a0, s1
        call    print
        lw      ra, 12(sp)
        lw      s1, 8(sp)
        addi    sp, sp, 16
        ret

# stuck_check: a guest that has run long without leaving may be in its last jump, `j .` with nothing that could
# interrupt it. Kernels end like this when something is badly wrong. On a real machine it would hang for ever.
stuck_check:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    guest_fetch
        li      t0, NO_TRAP
        bne     a0, t0, 1f
        li      t0, 0x6f                        # jal x0, 0
        bne     a1, t0, 1f
        lw      t0, V_PRIVILEGE(s0)
        li      t1, PRIV_M
        bne     t0, t1, 2f
        lw      t0, V_MSTATUS(s0)
        andi    t0, t0, MSTATUS_MIE
        beqz    t0, 3f                          # interrupts are off
2:
        lw      t0, V_MIE(s0)
        andi    t0, t0, IP_MTIP
        beqz    t0, 4f
        call    time_to_alarm
        bgez    a1, 1f                          # its alarm will free it
        bnez    a2, 1f
4:
        call    console_can_wake
        bnez    a0, 1f
3:
        li      a0, EXIT_DIED
        la      a1, text_stuck
        call    vm_end_with
        lw      a0, V_PC(s0)
        call    print_hex
        la      a0, text_newline
        call    print
1:
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

        .if     TIME_LIMIT
# limit_check: a guest may go on for ever without being stuck. a0 = 1 if that was long enough, and it has been ended.
limit_check:
        rdtime  t0
        li      t1, TIME_LIMIT
        sltu    a0, t1, t0
        beqz    a0, 1f
        addi    sp, sp, -16
        sw      ra, 12(sp)
        li      a0, EXIT_DIED
        la      a1, text_limit
        call    vm_end
        li      a0, 1
        lw      ra, 12(sp)
        addi    sp, sp, 16
1:
        ret
        .endif

# all_ended: the exit code of the whole run is that of the first VM that went wrong.
all_ended:
        la      t0, vcpus
        li      t1, VMS
1:
        lw      a0, V_EXIT_CODE(t0)
        bnez    a0, power_off
        li      t2, VCPU_SIZE
        add     t0, t0, t2
        addi    t1, t1, -1
        bnez    t1, 1b
        la      a0, text_all_ended
        call    say
        li      a0, 0
        # fall through

# power_off: the end, with exit code a0.
power_off:
        .ifdef  SPLIT
        j       thread_end                      # ours, not the machine's
        .else
        li      t0, FINISH_PASS
        beqz    a0, 1f
        slli    a0, a0, 16
        li      t0, FINISH_FAIL
        or      t0, t0, a0
1:
        .ifdef  TOHOST
        srli    t1, t0, 16                      # the code, and below it the bit that says: the end
        slli    t1, t1, 1
        ori     t1, t1, 1
        sw      t1, tohost, t2
        la      t1, 2f
        csrw    mtvec, t1                       # should there be no finisher, the store to it traps
        .endif
        li      t1, FINISHER
        sw      t0, 0(t1)
2:
        wfi
        j       2b
        .endif

        .ifdef  TOHOST
        .section .data
        .balign 8
        .globl  tohost
        .globl  fromhost
tohost:
        .space  8                               # a word that is not 0 ends the run
fromhost:
        .space  8
        .endif

        .section .rodata
text_vm:
        .asciz  "vm"
text_blank:
        .asciz  " "
text_waits:
        .asciz  "waits for an interrupt that cannot come; I end it"
text_stuck:
        .asciz  "hangs in a jump to itself, and nothing can free it; I end it; pc "
        .if     TIME_LIMIT
text_limit:
        .asciz  "does not come to an end; I end it"
        .endif
text_all_ended:
        .asciz  "all VMs have ended\n"
