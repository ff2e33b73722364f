# type2/signals.s - what the host tells us: an instruction in the cache has faulted, or the alarm is due.
#
# The host has written all registers into a frame. It is not the virtual CPU, where in the midst of a translation ra may
# already be kept. If the moment is a good one, the registers are the guest's, and go there.

        .equ    MOMENT,         1500            # how long we let it go on in a bad moment, in units of the clock: the
                                                # way back through the host takes some hundreds
        .section .bss
        .balign 4
signal_frame:
        .space  FRAME_SIZE

        .section .text
signalled:
        la      sp, stack_top
        la      s3, signal_frame
        lw      s1, FRAME_PC(s3)                # s1 = where in the cache
        mv      a0, s1
        call    origin
        lw      s2, FRAME_CAUSE(s3)             # s2 = why
        andi    t0, a0, 1
        bnez    t0, in_between
        .irp    n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        lw      t0, 4*\n(s3)
        sw      t0, V + 4*\n(zero)
        .endr
        sw      a0, V_PC(zero)                  # and the guest's pc
        bltz    s2, signalled_time

        lw      a1, FRAME_VALUE(s3)
        li      t0, CAUSE_LOAD_PAGE
        li      s4, CAUSE_LOAD_ACCESS           # what a hart without page tables would say
        beq     s2, t0, signalled_access
        li      t0, CAUSE_STORE_PAGE
        li      s4, CAUSE_STORE_ACCESS
        beq     s2, t0, signalled_access
        mv      a0, s2                          # the guest's own fault
signalled_fault:
        call    raise

# The guest goes on elsewhere. We return from the signal, as one should, but to the loop.
signalled_end:
        la      t0, dispatch
        sw      t0, FRAME_PC(s3)
        mv      a0, s3
        host    HOST_RETURN

signalled_time:
        call    time_update
        j       signalled_end

# signalled_access: a load or store of a1, where there is no memory. If that is a device the guest will do it again.
# From now on this instruction calls us, and it begins with this time. Atomic instructions our devices do not know.
signalled_access:
        lw      t0, V_PC(zero)
        lw      t0, 0(t0)
        andi    t0, t0, 0x7f
        addi    t0, t0, -0x2f
        beqz    t0, signalled_hole
        mv      a0, a1
        call    is_device
        beqz    a0, signalled_hole
        .if     ADAPT
        mv      a0, s1
        call    adapt
        bnez    a0, signalled_again
        .endif
        call    emulate
        j       signalled_end
signalled_hole:
        mv      a0, s4
        lw      a1, FRAME_VALUE(s3)
        j       signalled_fault

# in_between: in the midst of a translation registers are not the guest's. For an alarm this is just a bad moment.
in_between:
        bgez    s2, signalled_badly
        host    HOST_CLOCK
        addi    a0, a0, MOMENT
        sltiu   t0, a0, MOMENT                  # the carry
        add     a1, a1, t0
        host    HOST_ALARM
signalled_again:
        mv      a0, s3
        host    HOST_RETURN

signalled_badly:                                # translations have no faults of their own, but for the loads and
        la      a0, text_badly                  # stores of the virtual CPU: somebody has taken it away
        j       die

# adapt: replace the instruction in the cache at a0, the translation of the one at V_PC, by a jump to a call of us.
# a0 = 0 if there is no room for that; next time, after a flush.
adapt:
        addi    sp, sp, -32
        sw      ra, 28(sp)
        sw      s1, 24(sp)
        sw      s2, 20(sp)
        sw      s3, 16(sp)
        sw      s6, 12(sp)
        mv      s3, a0
        lw      s2, cache_next
        la      t0, cache_end - BLOCK_ROOM
        li      a0, 0
        bgtu    s2, t0, 1f
        sub     a0, s2, s3
        call    jump_word
        sw      a0, 0(s3)
        lw      s1, V_PC(zero)
        li      s6, 0
        call    emit_callout
        addi    a0, s3, 4
        sub     a0, a0, s2
        call    jump_word
        call    emit                            # and back
        sw      s2, cache_next, t0
        fence.i
        li      a0, 1
1:
        lw      ra, 28(sp)
        lw      s1, 24(sp)
        lw      s2, 20(sp)
        lw      s3, 16(sp)
        lw      s6, 12(sp)
        addi    sp, sp, 32
        ret

        .section .rodata
text_badly:
        .asciz  "a fault in the midst of a translation; I end vm1"
