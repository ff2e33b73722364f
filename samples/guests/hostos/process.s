# hostos/process.s - the process table, and how it is filled.
#
# A process has up to two address spaces: its own, space 0, and space 1, in which it lets something run
# (hostos/run.s). The registers of what runs, or would run, in P_SPACE come first, register xN at 4*N, the pc at 0.

        .equ    P_PC,           0
        .equ    P_SP,           2 * 4
        .equ    P_A0,           10 * 4
        .equ    P_A1,           11 * 4
        .equ    P_A2,           12 * 4
        .equ    P_A3,           13 * 4
        .equ    P_A4,           14 * 4
        .equ    P_A7,           17 * 4
        .equ    P_STATE,        128             # one of the states below
        .equ    P_PID,          132             # 1, 2, 3: which memory is its own
        .equ    P_BASE,         136             # the physical address of its memory
        .equ    P_WAKE_LOW,     140             # asleep: until when, in mtime units, 64 bits
        .equ    P_WAKE_HIGH,    144
        .equ    P_NAME,         148
        .equ    P_SPACE,        P_NAME + NAME_SIZE  # which space runs: 0 its own, 1 the other
        .equ    P_SATP,         P_SPACE + 4     # satp for space 0; for space 1 it follows, 0 if it has none
        .equ    P_TABLES,       P_SATP + 8      # how many page tables it has (hostos/memory.s)
        .equ    P_HANDLER,      P_TABLES + 4    # where signals go, 0: they kill (hostos/signals.s)
        .equ    P_FRAME,        P_HANDLER + 4   # physical address of the frame that a signal fills
        .equ    P_FROM,         P_FRAME + 4     # signals are for code from here ...
        .equ    P_UPTO,         P_FROM + 4      # ... up to, not including, here
        .equ    P_ALARM_LOW,    P_UPTO + 4      # when it wants to be interrupted, 64 bits, all ones: never
        .equ    P_ALARM_HIGH,   P_ALARM_LOW + 4
        .equ    P_RUN_FRAME,    P_ALARM_HIGH + 4  # while space 1 runs: where its registers go in the end ...
        .equ    P_OWN,          P_RUN_FRAME + 4 # ... and the process's own, 32 words
        .equ    P_SIZE,         P_OWN + 128

        .equ    STATE_FREE,     0               # no process here
        .equ    STATE_READY,    1               # runs, or would run if it had the CPU
        .equ    STATE_ASLEEP,   2               # until P_WAKE
        .equ    STATE_ENDED,    3

        .section .bss
        .balign 4
processes:
        .space  (PROCESSES - 1) * P_SIZE
processes_last:
        .space  P_SIZE
processes_end:
boot_process:
        .space  P_SIZE                          # stands in for the current process until there is one
exit_code:
        .space  4                               # the first code of a process that was not 0

        .section .text

# find_programs: make a process of every memory that holds a program.
find_programs:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        la      s0, processes                   # s0 = the process, s1 = its memory, s2 = its number
        li      s1, MEMORY
        li      s2, 1
1:
        lw      t0, 0(s1)
        li      t1, PROGRAM_MAGIC
        bne     t0, t1, 3f
        lw      t0, HEADER_START(s1)
        sw      t0, P_PC(s0)                    # should it be wrong, the process will find out
        li      t0, WINDOW + WINDOW_SIZE
        sw      t0, P_SP(s0)                    # the stack begins at the end of its memory
        sw      s1, P_BASE(s0)
        sw      s2, P_PID(s0)
        li      t0, -1
        sw      t0, P_ALARM_LOW(s0)
        sw      t0, P_ALARM_HIGH(s0)
        addi    t0, s1, HEADER_NAME             # copy 15 characters; the table is zero, so a 0 follows them
        addi    t1, s0, P_NAME
        addi    t2, t1, NAME_SIZE - 1
2:
        lbu     t3, 0(t0)
        sb      t3, 0(t1)
        addi    t0, t0, 1
        addi    t1, t1, 1
        bltu    t1, t2, 2b
        li      a0, 0
        call    space_new
        beqz    a0, 3f                          # no room for its page table
        slli    t0, a0, 12
        srli    t1, s1, 2
        ori     t1, t1, PTE_ALL                 # one large page: all of its memory
        li      t2, WINDOW >> 22 << 2
        add     t0, t0, t2
        sw      t1, 0(t0)
        li      t0, STATE_READY
        sw      t0, P_STATE(s0)
3:
        addi    s0, s0, P_SIZE
        li      t0, WINDOW_SIZE
        add     s1, s1, t0
        addi    s2, s2, 1
        la      t0, processes_end
        bltu    s0, t0, 1b
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

# end_process: the process s0 is over, with code a0.
end_process:
        li      t0, STATE_ENDED
        sw      t0, P_STATE(s0)
        lw      t0, exit_code
        bnez    t0, 1f
        sw      a0, exit_code, t0
1:
        ret
