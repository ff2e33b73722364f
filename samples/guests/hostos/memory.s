# hostos/memory.s - address spaces: page tables of two levels (Sv32).
#
# A table has 1024 entries of a word: the physical page number from bit 10 on, and the bits below. An entry of the
# first table stands for 4 MiB; it is one large page, or leads to a table of the second level, for pages of 4 KiB.

        .equ    TABLES_EACH,    5               # page tables that a process may have: nobody can use up the others'
        .equ    TABLES,         PROCESSES * TABLES_EACH

        .equ    PTE_V,          1 << 0          # valid
        .equ    PTE_RWX,        7 << 1
        .equ    PTE_U,          1 << 4          # for U mode
        .equ    PTE_AD,         3 << 6          # accessed and dirty: we do not ask for them
        .equ    PTE_ALL,        PTE_V | PTE_RWX | PTE_U | PTE_AD
        .equ    SATP_SV32,      1 << 31

        .section .bss
        .balign 4
tables_used:
        .space  4

        .section .text

# table_new: a0 = the physical page number of a new, empty table for the process s0, 0 if it has all that it may have.
table_new:
        lw      t0, P_TABLES(s0)
        li      t1, TABLES_EACH
        bgeu    t0, t1, 2f
        addi    t0, t0, 1
        sw      t0, P_TABLES(s0)
        lw      t0, tables_used
        addi    t1, t0, 1
        sw      t1, tables_used, t2
        slli    t0, t0, 12
        la      a0, tables
        add     t0, t0, a0
        srli    a0, t0, 12
        li      t1, 4096
        add     t1, t1, t0
1:
        .irp    n, 0,1,2,3,4,5,6,7
        sw      zero, 4*\n(t0)
        .endr
        addi    t0, t0, 32
        bltu    t0, t1, 1b
        ret
2:
        li      a0, 0
        ret

# space_new: give the process s0 an empty space a0. a0 = the page number of its first table, 0: no room.
space_new:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s1, 8(sp)
        slli    s1, a0, 2
        add     s1, s1, s0
        call    table_new
        beqz    a0, 1f
        li      t0, SATP_SV32
        or      t0, t0, a0
        sw      t0, P_SATP(s1)
1:
        lw      ra, 12(sp)
        lw      s1, 8(sp)
        addi    sp, sp, 16
        ret

# own_memory: a0 = the physical address of the a1 bytes at address a0 of the process's own memory; 0 if they are not.
own_memory:
        li      t0, WINDOW
        sub     a0, a0, t0                      # how far into the window; huge if below it
        li      t0, WINDOW_SIZE
        bgtu    a0, t0, 1f
        sub     t0, t0, a0
        bgtu    a1, t0, 1f
        lw      t0, P_BASE(s0)
        add     a0, a0, t0
        ret
1:
        li      a0, 0
        ret

# sys_map(a0 space, a1 address, a2 own address, a3 pages, a4 rights): put pages of the process's own memory, in its
# window, at another address of its space 0 or 1, too. Rights 0 takes them away. Nobody can reach anybody else's
# memory by this, because the pages are its own. The window itself and what is below it stays as it is.
sys_map:
        addi    sp, sp, -32
        sw      ra, 28(sp)
        li      t0, 1
        bgtu    a0, t0, map_refused
        mv      s1, a0
        mv      s2, a1                          # s2 = address
        mv      s3, a3                          # s3 = how many pages are left
        andi    s5, a4, PTE_RWX                 # s5 = the bits of the entries, 0: none
        or      t0, a1, a2
        slli    t0, t0, 20
        bnez    t0, map_refused                 # not the beginning of a page
        li      t0, WINDOW + WINDOW_SIZE
        bltu    a1, t0, map_refused
        li      t0, WINDOW_SIZE >> 12
        bgtu    a3, t0, map_refused
        beqz    s5, 1f
        li      t0, PTE_V | PTE_U | PTE_AD
        or      s5, s5, t0
1:
        mv      a0, a2
        slli    a1, a3, 12
        call    own_memory
        beqz    a0, map_refused
        srli    s4, a0, 2                       # s4 = the page number, where an entry has it

        slli    t0, s1, 2
        add     t0, t0, s0
        lw      a0, P_SATP(t0)
        bnez    a0, 2f
        mv      a0, s1                          # the first page of this space
        call    space_new
        beqz    a0, map_refused
2:
        slli    s1, a0, 12                      # s1 = the first table
map_page:
        beqz    s3, map_done
        beqz    s2, map_refused                 # gone round the end of the addresses
        srli    t0, s2, 22
        slli    t0, t0, 2
        add     s6, s1, t0                      # s6 = the entry for 4 MiB
        lw      a0, 0(s6)
        bnez    a0, 1f
        call    table_new
        beqz    a0, map_refused
        slli    a0, a0, 10
        ori     a0, a0, PTE_V
        sw      a0, 0(s6)
1:
        srli    t0, a0, 10
        slli    t0, t0, 12                      # t0 = the second table
        slli    t1, s2, 10
        srli    t1, t1, 22
        slli    t1, t1, 2
        add     t0, t0, t1
        or      t1, s4, s5
        bnez    s5, 2f
        li      t1, 0
2:
        sw      t1, 0(t0)
        li      t0, 4096
        add     s2, s2, t0
        addi    s4, s4, 1 << 10
        addi    s3, s3, -1
        j       map_page
map_done:
        li      a0, 0
        j       1f
map_refused:
        li      a0, -1
1:
        lw      ra, 28(sp)
        addi    sp, sp, 32
        ret
