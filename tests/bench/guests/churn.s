# churn.s - code, page tables, address spaces and protection that never stay as they are. It goes on for ever.
#
# Each round writes a small program to one of CODE_PAGES pages, maps the page in one of ROOTS address spaces, and runs
# the program in user mode. The program overwrites one of its own instructions before it gets there. Now and then
# what a PMP entry allows changes, or an alarm interrupts. Everything is chosen by s1, a number that each round makes
# anew; a0 adds up what the programs computed.
#
#       CODE_PAGES      how many pages get code: a power of two
#       ROOTS           how many address spaces there are: a power of two, at most 256

        .equ    RAM,            0x80000000
        .equ    CODE,           RAM + 0x400000
        .equ    TABLES,         RAM + 0x200000  # a page for each root, then one for what it maps at SPACE
        .equ    ELSEWHERE,      RAM + 0xe00000  # what the PMP entry is about
        .equ    SPACE,          0x40000000
        .equ    UART,           0x10000000
        .equ    CLINT,          0x02000000
        .equ    CLINT_MTIMECMP, 0x4000
        .equ    CLINT_MTIME,    0xbff8
        .equ    LEAF,           0xdf            # V R W X U A D
        .equ    ALARMED,        1 << 7          # of mie: the timer's interrupt

        # The word of an instruction whose last 12 bits, an immediate, are those of \number (which changes).
        .macro  with_immediate word, number
        slli    \number, \number, 20
        li      t6, \word
        or      \number, \number, t6
        .endm

        .section .text
        .globl  _start
_start:
        la      t0, trapped
        csrw    mtvec, t0
        li      t0, -1
        csrw    pmpaddr1, t0
        li      s1, 1                           # s1 = what is chosen next
        li      s2, 0                           # s2 = rounds
        li      s3, CLINT
        li      t0, -1
        li      t1, CLINT_MTIMECMP + 4
        add     t1, t1, s3
        sw      t0, 0(t1)
        li      t0, ALARMED
        csrw    mie, t0
        li      t0, 0x1f00
        csrw    pmpcfg0, t0

        # All roots: a table for SPACE, and nothing else.
        li      t0, TABLES
        li      t1, ROOTS
1:
        li      t2, 0x1000 * ROOTS
        add     t2, t0, t2
        srli    t2, t2, 12
        slli    t2, t2, 10
        ori     t2, t2, 1
        li      t3, (SPACE >> 22) * 4
        add     t3, t3, t0
        sw      t2, 0(t3)
        li      t2, 0x1000
        add     t0, t0, t2
        addi    t1, t1, -1
        bnez    t1, 1b

round:
        addi    s2, s2, 1
        slli    t0, s1, 13
        xor     s1, s1, t0
        srli    t0, s1, 17
        xor     s1, s1, t0
        slli    t0, s1, 5
        xor     s1, s1, t0

        # The page and its program.
        srli    t0, s1, 4
        li      t1, CODE_PAGES - 1
        and     s4, t0, t1
        slli    s4, s4, 12
        li      t0, CODE
        add     s4, s4, t0                      # s4 = the page
        la      t0, program
        mv      t1, s4
        li      t2, (program_end - program) / 4
1:
        lw      t3, 0(t0)
        sw      t3, 0(t1)
        addi    t0, t0, 4
        addi    t1, t1, 4
        addi    t2, t2, -1
        bnez    t2, 1b
        srli    t0, s1, 9
        with_immediate 0x00050513, t0           # addi a0, a0, number
        sw      t0, first - program(s4)
        fence.i

        # The address space, and where the page is in it.
        srli    t0, s1, 7
        andi    t0, t0, ROOTS - 1
        slli    t0, t0, 12
        li      s5, TABLES
        add     s5, s5, t0                      # s5 = the root
        srli    t0, s1, 17
        andi    t0, t0, 1023                    # the page's number in SPACE
        li      t1, 0x1000 * ROOTS
        add     t1, t1, s5
        slli    t2, t0, 2
        add     t1, t1, t2
        srli    t2, s4, 12
        slli    t2, t2, 10
        ori     t2, t2, LEAF
        sw      t2, 0(t1)
        slli    t0, t0, 12
        li      s6, SPACE
        add     s6, s6, t0                      # s6 = where it is
        srli    t0, s5, 12
        li      t1, 1 << 31
        or      t0, t0, t1
        csrw    satp, t0
        andi    t0, s1, 1
        beqz    t0, 1f
        sfence.vma
        j       2f
1:
        sfence.vma s6
2:

        # The PMP, each sixteenth time: 8 bytes to 64 KiB that nobody needs get other rights. The next entry lets all
        # else be.
        andi    t0, s1, 15 << 1
        bnez    t0, 1f
        srli    t0, s1, 3
        li      t1, 0x1fff
        and     t0, t0, t1
        li      t1, ELSEWHERE >> 2
        or      t0, t0, t1
        csrw    pmpaddr0, t0
        srli    t0, s1, 21
        andi    t0, t0, 5                       # R, X: W without R is not allowed
        ori     t0, t0, 0x18
        li      t1, 0x1f00
        or      t0, t0, t1
        csrw    pmpcfg0, t0
1:

        # Now and then an alarm that goes off on the way.
        andi    t0, s1, 31 << 3
        bnez    t0, 1f
        li      t1, CLINT_MTIME
        add     t1, t1, s3
        lw      t2, 0(t1)
        srli    t0, s1, 27
        add     t2, t2, t0
        li      t1, CLINT_MTIMECMP
        add     t1, t1, s3
        sw      t2, 0(t1)
        sw      zero, 4(t1)
1:

        # Now and then something to read.
        andi    t0, s2, 255
        bnez    t0, 1f
        li      t1, '\n'
        srli    t0, s2, 8
        andi    t0, t0, 31
        beqz    t0, 2f
        addi    t1, t0, 'a' - 1
2:
        li      t0, UART
        sb      t1, 0(t0)
1:

        csrw    mstatus, zero                   # MPP: U
        csrw    mepc, s6
        mv      a2, s6
        srli    a1, s1, 19
        with_immediate 0x00050513, a1
        mret

        .balign 4
trapped:
        csrr    t0, mcause
        bgez    t0, round                       # what the program ends with
        li      t0, -1                          # the alarm: off with it, and on
        li      t1, CLINT_MTIMECMP + 4
        add     t1, t1, s3
        sw      t0, 0(t1)
        mret

# What is copied. a1 is an instruction, a2 where the program lies.
        .balign 4
program:
        sw      a1, second - program(a2)
        fence.i
first:
        addi    a0, a0, 0
second:
        addi    a0, a0, 0
        xor     a0, a0, a1
        ecall
program_end:
