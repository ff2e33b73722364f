# tinyos/process.s - the process table, and how it is filled from the program slots.
#
# A process is its saved registers and a little bookkeeping. The registers come first, register xN at 4*N, so that
# trap_entry can save them with the process's address as its only base. x0 needs no saving: its place holds the pc.

        .equ    P_PC,           0
        .equ    P_SP,           2 * 4
        .equ    P_A0,           10 * 4
        .equ    P_A1,           11 * 4
        .equ    P_A7,           17 * 4
        .equ    P_STATE,        128             # one of the states below
        .equ    P_PID,          132             # 1, 2, 3, ... in the order of the slots
        .equ    P_SLOT,         136             # address of its slot
        .equ    P_WAKE_LOW,     140             # asleep: when to wake, in mtime units, 64 bits
        .equ    P_WAKE_HIGH,    144
        .equ    P_WAITS_FOR,    148             # waiting: pid of the process whose end it waits for
        .equ    P_NAME,         152             # a copy: the process could overwrite the one in its slot
        .equ    P_RESERVE,      P_NAME + NAME_SIZE  # a word that dispatch may overwrite
        .equ    P_SIZE,         P_RESERVE + 4

        .equ    STATE_FREE,     0               # no process here
        .equ    STATE_READY,    1               # runs, or would run if it had the CPU
        .equ    STATE_ASLEEP,   2               # until P_WAKE
        .equ    STATE_WAITING,  3               # until P_WAITS_FOR has ended
        .equ    STATE_ENDED,    4

        .section .bss
        .balign 4
processes:
        .space  (SLOT_COUNT - 1) * P_SIZE
processes_last:
        .space  P_SIZE
processes_end:
boot_process:
        .space  P_SIZE                          # stands in for the current process until there is one
process_count:
        .space  4
current:
        .space  4                               # the process that has the CPU; for people with debuggers

        .section .text

# find_programs: make a process of every slot that holds a program. Returns their number in a0.
find_programs:
        addi    sp, sp, -32
        sw      ra, 28(sp)
        sw      s1, 24(sp)
        sw      s2, 20(sp)
        sw      s3, 16(sp)
        sw      s4, 12(sp)
        li      s1, SLOTS                       # s1 = the slot we look at
        li      s2, SLOT_COUNT                  # s2 = how many slots are left
        la      s3, processes                   # s3 = the next free entry of the table
        li      s4, 0                           # s4 = programs found

look_at_slot:
        lw      t0, 0(s1)
        li      t1, PROGRAM_MAGIC
        bne     t0, t1, next_slot               # empty

        lw      t0, HEADER_START(s1)            # the entry point must be inside the slot, and on a word
        li      t1, HEADER_SIZE
        bltu    t0, t1, bad_header
        li      t1, SLOT_SIZE
        bgeu    t0, t1, bad_header
        andi    t1, t0, 3
        bnez    t1, bad_header

        add     t0, t0, s1
        sw      t0, P_PC(s3)
        li      t1, SLOT_SIZE
        add     t1, t1, s1
        sw      t1, P_SP(s3)
        sw      s1, P_SLOT(s3)
        addi    s4, s4, 1
        sw      s4, P_PID(s3)
        li      t0, STATE_READY
        sw      t0, P_STATE(s3)

        addi    t0, s1, HEADER_NAME             # copy 15 characters; the table is zero, so a 0 follows them
        addi    t1, s3, P_NAME
        addi    t2, t1, NAME_SIZE - 1
1:
        lbu     t3, 0(t0)
        sb      t3, 0(t1)
        addi    t0, t0, 1
        addi    t1, t1, 1
        bltu    t1, t2, 1b

        addi    s3, s3, P_SIZE
next_slot:
        li      t0, SLOT_SIZE
        add     s1, s1, t0
        addi    s2, s2, -1
        bnez    s2, look_at_slot

        la      t0, process_count
        sw      s4, 0(t0)
        mv      a0, s4
        lw      ra, 28(sp)
        lw      s1, 24(sp)
        lw      s2, 20(sp)
        lw      s3, 16(sp)
        lw      s4, 12(sp)
        addi    sp, sp, 32
        ret

bad_header:
        la      a0, text_bad_header
        call    print
        mv      a0, s1
        call    print_hex
        la      a0, text_newline
        call    print
        j       next_slot

        .include "tinyos/listing.s"             # list_programs

# end_process: the current process (s0) is over. Those who wait for its end can run again.
end_process:
        li      t0, STATE_ENDED
        sw      t0, P_STATE(s0)
        lw      t1, P_PID(s0)
        la      t2, processes
        la      t3, processes_end
1:
        lw      t0, P_STATE(t2)
        addi    t0, t0, -STATE_WAITING
        bnez    t0, 2f
        lw      t0, P_WAITS_FOR(t2)
        bne     t0, t1, 2f
        li      t0, STATE_READY
        sw      t0, P_STATE(t2)
2:
        addi    t2, t2, P_SIZE
        bltu    t2, t3, 1b
        ret

        .section .rodata
text_programs:
        .asciz  "tinyos: programs:"
text_bad_header:
        .asciz  "tinyos: ignored, the program header is wrong: slot at "
