# partition/clock.s - one alarm for everybody: the guest that runs, and the end of its slice.
#
# The real alarm is set to whichever comes first. When a guest's own time has come it gets a timer interrupt for S
# mode: mip.STIP is set by software, and stays until the guest sets a later alarm. A guest that does not run gets its
# interrupt when it runs again.

        .section .bss
        .balign 4
slice_end:
        .space  8                               # when the slice is over, 64 bits; -1: never

        .section .text

# clock_now: a1:a0 = mtime.
clock_now:
        li      t0, MTIME
1:
        lw      a1, 4(t0)
        lw      a0, 0(t0)
        lw      t1, 4(t0)
        bne     a1, t1, 1b                      # the low half went round between the loads: again
        ret

# clock_begin_slice: from now on. A guest that is alone has no end to its slice.
clock_begin_slice:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    partition_next
        mv      t2, a0
        li      a0, -1
        li      a1, -1
        beq     t2, s0, 1f
        call    clock_now
        li      t0, SLICE
        add     a0, a0, t0
        sltu    t0, a0, t0                      # the carry
        add     a1, a1, t0
1:
        la      t0, slice_end
        sw      a0, 0(t0)
        sw      a1, 4(t0)
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

# clock_slice_is_over: a0 = 1 if it is, else 0.
clock_slice_is_over:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    clock_now
        la      t2, slice_end
        lw      t0, 0(t2)
        lw      t1, 4(t2)
        call    clock_has_come
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

# clock_deliver: if the alarm of the partition s0 is due, raise its timer interrupt, once.
clock_deliver:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    clock_now
        lw      t0, V_ALARM_LOW(s0)
        lw      t1, V_ALARM_HIGH(s0)
        call    clock_has_come
        beqz    a0, 1f
        li      t0, -1
        sw      t0, V_ALARM_LOW(s0)
        sw      t0, V_ALARM_HIGH(s0)
        li      t0, MIP_STIP
        csrs    mip, t0
1:
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

# clock_has_come: a0 = 1 if a1:a0 is t1:t0 or later, else 0.
clock_has_come:
        bne     a1, t1, 1f                      # compare 64 bits: first the high halves ...
        sltu    a0, a0, t0                      # ... then the low ones
        xori    a0, a0, 1
        ret
1:
        sltu    a0, t1, a1
        ret

# clock_program: set the real alarm to the earlier of the partition's own and the end of the slice.
clock_program:
        mv      t2, ra
        lw      a0, V_ALARM_LOW(s0)
        lw      a1, V_ALARM_HIGH(s0)
        la      t3, slice_end
        lw      t0, 0(t3)
        lw      t1, 4(t3)
        mv      t4, a0
        mv      t5, a1
        call    clock_has_come
        beqz    a0, 1f
        mv      t4, t0                          # the slice ends first
        mv      t5, t1
1:
        mv      ra, t2
        li      t0, MTIMECMP
        li      t1, -1
        sw      t1, 0(t0)                       # no alarm can go off while the halves do not fit together
        sw      t5, 4(t0)
        sw      t4, 0(t0)
        ret
