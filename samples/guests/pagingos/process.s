# pagingos/process.s - the process table, and how the program slots fill it.
#
# A process is its saved registers, its address space and a little bookkeeping. The registers come first, register
# xN at 4*N, so that trap_entry can save them with the process's address as its only base. x0 needs no saving: its
# place holds the pc.

        .equ    PROCESS_COUNT,  8

        .equ    P_PC,           0
        .equ    P_SP,           2 * 4
        .equ    P_A0,           10 * 4
        .equ    P_A1,           11 * 4
        .equ    P_A7,           17 * 4
        .equ    P_STATE,        128             # one of the states below
        .equ    P_PID,          132             # 1, 2, 3, ... in the order in which processes begin
        .equ    P_WAKE_LOW,     136             # asleep: when to wake, in units of time, 64 bits
        .equ    P_WAKE_HIGH,    140
        .equ    P_WAITS_FOR,    144             # waiting: pid of the process whose end it waits for
        .equ    P_RESERVE,      148             # a word that dispatch may overwrite
        .equ    P_NAME,         152
        .equ    P_FILLED,       P_NAME + NAME_SIZE  # pages that it got on demand, filled with zeros
        .equ    P_RESIDENT,     P_FILLED + 4    # heap pages in memory
        .equ    P_HAND,         P_FILLED + 8    # number of the heap page at which the hand stands
        .equ    P_MOVED_OUT,    P_FILLED + 12   # how often a heap page was written to the swap area,
        .equ    P_DROPPED,      P_FILLED + 16   # ... was clean and given up without,
        .equ    P_MOVED_IN,     P_FILLED + 20   # ... was fetched back
        .equ    P_FRESH_SIZE,   P_FILLED + 24   # what is above begins as 0. What is below stays with the entry:
        .equ    P_SATP,         P_FRESH_SIZE    # its address space as satp wants it
        .equ    P_TABLE,        P_FRESH_SIZE + 4 # address of the table of the user part; 0: has none yet
        .equ    P_SWAP,         P_FRESH_SIZE + 8 # address of its part of the swap area
        .equ    P_SIZE,         P_FRESH_SIZE + 12

        .equ    STATE_FREE,     0               # no process here, or one that has ended
        .equ    STATE_READY,    1               # runs, or would run if it had the CPU
        .equ    STATE_ASLEEP,   2               # until P_WAKE
        .equ    STATE_WAITING,  3               # until P_WAITS_FOR has ended

        .section .bss
        .balign 4
processes:
        .space  (PROCESS_COUNT - 1) * P_SIZE
processes_last:
        .space  P_SIZE
processes_end:
last_pid:
        .space  4
current:
        .space  4                               # the process that has the CPU; for people with debuggers

        .section .text

# process_create: a0 = a new process with nothing in it but a number and an empty address space, or 0 if the table
# is full. It does not run before its P_STATE is STATE_READY.
process_create:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s0, 8(sp)
        la      s0, processes
        li      t1, SWAP
        li      t2, HEAP_PAGES * PAGE_SIZE
1:
        lw      t0, P_STATE(s0)
        beqz    t0, 2f                          # STATE_FREE
        addi    s0, s0, P_SIZE
        add     t1, t1, t2
        la      t0, processes_end
        bltu    s0, t0, 1b
        li      a0, 0
        j       4f
2:
        sw      t1, P_SWAP(s0)
        mv      t0, s0
        addi    t1, s0, P_FRESH_SIZE
3:
        sw      zero, 0(t0)
        addi    t0, t0, 4
        bltu    t0, t1, 3b
        la      t1, last_pid
        lw      t0, 0(t1)
        addi    t0, t0, 1
        sw      t0, 0(t1)
        sw      t0, P_PID(s0)
        call    space_create
        mv      a0, s0
4:
        lw      ra, 12(sp)
        lw      s0, 8(sp)
        addi    sp, sp, 16
        ret

# find_programs: make a process of every slot that holds a program. Returns their number in a0.
find_programs:
        addi    sp, sp, -32
        sw      ra, 28(sp)
        .irp    n, 0,1,2,3,4
        sw      s\n, 4*\n(sp)
        .endr
        li      s1, SLOTS                       # s1 = the slot we look at
        li      s2, SLOT_COUNT                  # s2 = how many slots are left
look_at_slot:
        lw      t0, 0(s1)
        li      t1, PROGRAM_MAGIC
        bne     t0, t1, next_slot               # empty

        # code, constants and data follow each other, each a page at least, and all are inside the slot
        li      t0, USER
        lw      s3, HEADER_CONSTANTS(s1)
        sub     s3, s3, t0                      # s3 = bytes of code
        lw      s4, HEADER_DATA(s1)
        sub     s4, s4, t0                      # s4 = bytes of code and constants
        or      t1, s3, s4
        slli    t1, t1, 32 - PAGE_SHIFT
        bnez    t1, bad_header                  # not whole pages
        beqz    s3, bad_header
        bleu    s4, s3, bad_header
        li      t1, SLOT_SIZE
        bgeu    s4, t1, bad_header              # no room for the data
        lw      t1, HEADER_START(s1)
        andi    t2, t1, 3
        bnez    t2, bad_header
        sub     t1, t1, t0
        bgeu    t1, s3, bad_header              # it must start in its code
        lw      t1, HEADER_NAME(s1)
        sub     t1, t1, t0
        bltu    t1, s3, bad_header              # its name must be among its constants, all twelve bytes
        addi    t1, t1, NAME_SIZE
        bgtu    t1, s4, bad_header

        call    process_create                  # there are as many entries as slots
        mv      s0, a0
        lw      t0, HEADER_START(s1)
        sw      t0, P_PC(s0)
        li      t0, STACK_TOP
        sw      t0, P_SP(s0)
        li      t0, STATE_READY
        sw      t0, P_STATE(s0)

        lw      t0, HEADER_NAME(s1)
        li      t1, USER
        sub     t0, t0, t1
        add     t0, t0, s1                      # the name in the slot
        addi    t1, s0, P_NAME
        addi    t2, t1, NAME_SIZE - 1           # the entry is zero, so a 0 follows
1:
        lbu     t3, 0(t0)
        sb      t3, 0(t1)
        addi    t0, t0, 1
        addi    t1, t1, 1
        bltu    t1, t2, 1b

        # the pages of the slot itself: code, constants, one page of data. Nothing is copied
        lw      t0, P_TABLE(s0)
        srli    t1, s1, 2                       # the entry for the slot's first page, without permissions
        li      t2, 0                           # bytes so far
        li      t4, PAGE_SIZE
1:
        ori     t3, t1, PTE_U | PTE_X | PTE_V   # code: it runs, but it cannot be read
        bltu    t2, s3, 2f
        ori     t3, t1, PTE_U | PTE_R | PTE_V   # constants
        bltu    t2, s4, 2f
        ori     t3, t1, PTE_COW | PTE_U | PTE_R | PTE_V  # data: a copy as soon as it is written
2:
        sw      t3, 0(t0)
        addi    t0, t0, 4
        addi    t1, t1, 1 << 10                 # the next frame
        add     t2, t2, t4
        bleu    t2, s4, 1b
next_slot:
        li      t0, SLOT_SIZE
        add     s1, s1, t0
        addi    s2, s2, -1
        bnez    s2, look_at_slot

        la      a0, last_pid
        lw      a0, 0(a0)
        lw      ra, 28(sp)
        .irp    n, 0,1,2,3,4
        lw      s\n, 4*\n(sp)
        .endr
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

# list_programs: print the names of all processes on one line.
list_programs:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s1, 8(sp)
        la      a0, text_programs
        call    print
        la      s1, processes
1:
        la      a0, text_space
        call    print
        addi    a0, s1, P_NAME
        call    print
        addi    s1, s1, P_SIZE
        la      t0, processes_end
        bgeu    s1, t0, 2f
        lw      t0, P_STATE(s1)
        bnez    t0, 1b                          # STATE_FREE, 0, ends the list: there are no gaps yet
2:
        la      a0, text_newline
        call    print
        lw      ra, 12(sp)
        lw      s1, 8(sp)
        addi    sp, sp, 16
        ret

# print_process: begin a line about the process s0: "pagingos: NAME (PID". What follows begins with ")".
print_process:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        la      a0, text_pagingos
        call    print
        addi    a0, s0, P_NAME
        call    print
        la      a0, text_open
        call    print
        lw      a0, P_PID(s0)
        call    print_number
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

# end_process: the current process (s0) is over. Those who wait for its end can run again.
end_process:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    report_moves
        call    space_clear
        sw      zero, P_STATE(s0)               # STATE_FREE
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
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

        .section .rodata
text_programs:
        .asciz  "pagingos: programs:"
text_bad_header:
        .asciz  "pagingos: ignored, the program header is wrong: slot at "
text_pagingos:
        .asciz  "pagingos: "
text_open:
        .asciz  " ("
