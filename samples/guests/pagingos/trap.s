# pagingos/trap.s - the way into the kernel and the way out.
#
# Delegated traps arrive here, in S mode. The hart has put the pc into sepc, the reason into scause, the address
# into stval, the mode it came from into sstatus.SPP, and has turned interrupts off. satp is as it was: the kernel
# runs in the address space of the process that trapped.
#
# sscratch tells where we come from. While a program runs it holds the address of its process; while the kernel runs
# it holds 0. The kernel itself traps only where it expects to: see from_kernel.

        .section .text
        .balign 4                               # stvec keeps two mode bits where the address has zeros
trap_entry:
        csrrw   sp, sscratch, sp                # swap: sp = the process or 0, sscratch = the old sp
        beqz    sp, from_kernel

        sw      x1, 4(sp)
        .irp    n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        sw      x\n, 4*\n(sp)
        .endr
        csrrw   t0, sscratch, zero              # t0 = the program's sp, and sscratch says "kernel"
        sw      t0, P_SP(sp)
        csrr    t0, sepc
        sw      t0, P_PC(sp)

        mv      s0, sp                          # s0 = the current process, all through the kernel
        la      sp, stack_top

        csrr    a0, scause
        bltz    a0, interrupt                   # top bit set
        li      t0, CAUSE_ECALL_U
        beq     a0, t0, system_call
        csrr    a1, stval
        mv      s1, a0                          # keep them: the kernel may itself fault before it is done
        mv      s2, a1
        call    serve_fault                     # a0 = 1 if all is well now
        bnez    a0, resume                      # the program executes the instruction again and notices nothing
        mv      a0, s1
        mv      a1, s2
        j       kill

interrupt:
        slli    a0, a0, 1                       # drop the top bit
        li      t0, CAUSE_S_TIMER << 1
        bne     a0, t0, panic                   # no other interrupt is enabled
        j       schedule                        # the tick is over: somebody else's turn

# resume: go back to the process s0, in U mode, with the registers it had.
resume:
        li      t0, SSTATUS_SPIE                # SPP = 0: sret goes to U mode; SPIE: with interrupts on
        csrw    sstatus, t0
        lw      t0, P_PC(s0)
        csrw    sepc, t0
        csrw    sscratch, s0                    # the next trap saves its registers here
        mv      sp, s0
        lw      x1, 4(sp)
        .irp    n, 3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        lw      x\n, 4*\n(sp)
        .endr
        lw      sp, P_SP(sp)                    # the base register comes last
        sret                                    # pc = sepc, mode = U

# from_kernel: the kernel itself trapped. The functions that touch user memory expect that: before they do, they
# put an address into the word fixup. If the page is one that the kernel would give to the program, too (the
# program passed a buffer that it has never touched, say), we give it and repeat the instruction. Else the function
# goes on at its fixup, with the cause in a0. When fixup is 0 nobody expected anything: the kernel has a bug.
from_kernel:
        csrrw   sp, sscratch, sp                # swap back: the kernel's stack, and sscratch is 0 again
        addi    sp, sp, -128
        .irp    n, 1,5,6,7,9,10,11,12,13,14,15,16,17,18,28,29,30,31
        sw      x\n, 4*\n(sp)                   # all that a function may change, and s1 and s2, which we use
        .endr
        li      t0, SSTATUS_SUM | SSTATUS_MXR
        csrrc   s1, sstatus, t0                 # s1 = the status of what was interrupted; hands off user memory
        csrr    s2, sepc
        la      t0, fixup
        lw      t0, 0(t0)
        beqz    t0, panic

        csrr    a0, scause
        csrr    a1, stval
        li      t0, SSTATUS_SUM
        and     t0, t0, s1
        beqz    t0, 1f                          # without SUM the kernel had no business there, page or no page
        call    serve_fault
        bnez    a0, 2f
1:
        csrr    t0, scause
        sw      t0, 4*10(sp)                    # a0 = the cause
        la      t0, fixup
        lw      s2, 0(t0)
2:
        csrw    sepc, s2
        csrw    sstatus, s1                     # with SPP as it was: sret goes to S mode
        .irp    n, 1,5,6,7,9,10,11,12,13,14,15,16,17,18,28,29,30,31
        lw      x\n, 4*\n(sp)
        .endr
        addi    sp, sp, 128
        sret

        .section .bss
        .balign 4
fixup:
        .space  4
