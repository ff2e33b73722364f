# pagingos/space.s - address spaces: making them, changing between them, going through them. What a page table
# consists of is in entries.s.

        .equ    SATP_SV32,      1 << 31         # translation is on. ASID is 0: one address space is known at a time
        .equ    ROOT_RAM,       (RAM >> 22) * 4
        .equ    ROOT_UART,      (UART >> 22) * 4
        .equ    ROOT_USER,      (USER >> 22) * 4
        .equ    TABLE_UART,     (UART >> PAGE_SHIFT & 1023) * 4

        .section .bss
        .balign 4
device_table:
        .space  4                               # address of the table that all address spaces share

        .section .rodata
        .balign 4
areas:                                          # where pages of a process can be: first address, bytes
        .word   USER, SLOT_SIZE
        .word   HEAP, HEAP_PAGES * PAGE_SIZE
        .word   SHARED, PAGE_SIZE
        .word   STACK, STACK_PAGES * PAGE_SIZE
        .word   0

        .section .text

# space_init: make the table of devices and an address space with nothing but the kernel, and turn translation on.
#
# The next instruction after csrw satp is fetched through the new tables. It is found where it was, because the
# kernel's part maps each address to itself.
space_init:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    frame_take
        call    zero_page
        la      t0, device_table
        sw      a0, 0(t0)
        li      t0, PTE_UART
        sw      t0, TABLE_UART(a0)
        call    new_root
        csrw    satp, a0
        sfence.vma                              # forget everything that was ever known of any address
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

# new_root: make a root table with the kernel's part. a0 = what satp must hold to use it, a1 = the address of the
# table.
new_root:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    frame_take
        call    zero_page
        mv      a1, a0
        li      t0, PTE_RAM
        li      t1, ROOT_RAM
        add     t1, t1, a1                      # beyond the reach of a store's 12-bit offset
        sw      t0, 0(t1)
        la      t0, device_table
        lw      t0, 0(t0)
        srli    t0, t0, 2                       # address to frame number, at its place: (a >> 12) << 10
        ori     t0, t0, PTE_V
        sw      t0, ROOT_UART(a1)
        srli    a0, a0, PAGE_SHIFT
        li      t0, SATP_SV32
        or      a0, a0, t0
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

# space_create: see to it that the entry s0 of the process table has an address space without user pages. Its
# tables are made once: they outlive the process and serve the next one in the same entry. (A process that has just
# ended may still be the one that satp names. If its tables were freed, the kernel would saw off the branch it sits
# on.)
space_create:
        lw      t0, P_TABLE(s0)
        bnez    t0, 1f
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    new_root
        sw      a0, P_SATP(s0)
        sw      a1, 8(sp)
        call    frame_take
        call    zero_page
        sw      a0, P_TABLE(s0)
        lw      a1, 8(sp)
        srli    a0, a0, 2
        ori     a0, a0, PTE_V                   # not a leaf: R, W and X are 0
        sw      a0, ROOT_USER(a1)
        lw      ra, 12(sp)
        addi    sp, sp, 16
1:
        ret

# space_switch: make the address space of the process s0 the current one.
#
# All address spaces use ASID 0, so the hart cannot tell one's translations from another's: it must forget them.
# With a register for the ASID sfence.vma spares the global pages, the kernel's, which are the same everywhere.
space_switch:
        lw      t0, P_SATP(s0)
        csrr    t1, satp
        beq     t0, t1, 1f                      # it ran last: nothing to do
        csrw    satp, t0
        li      t0, 0
        sfence.vma zero, t0                     # all addresses of ASID 0
1:
        ret

# find_entry: a0 = the address of the entry for the address a1 in the table of the process s0. a1 is in the user
# part.
find_entry:
        lw      a0, P_TABLE(s0)
        srli    t0, a1, PAGE_SHIFT
        andi    t0, t0, 1023
        slli    t0, t0, 2
        add     a0, a0, t0
        ret

# space_walk: call the function a0 for every entry of the process s0 that is not zero. It gets in a0 the address of
# the entry, in a1 the virtual address of its page, in a2 what space_walk got in a1.
space_walk:
        addi    sp, sp, -32
        sw      ra, 28(sp)
        .irp    n, 1,2,3,4,5
        sw      s\n, 4*\n(sp)
        .endr
        mv      s1, a0
        mv      s2, a1
        la      s3, areas
next_area:
        lw      s4, 0(s3)                       # s4 = the page
        beqz    s4, 3f
        lw      s5, 4(s3)
        add     s5, s4, s5                      # s5 = the end of the area
1:
        mv      a1, s4
        call    find_entry
        lw      t0, 0(a0)
        beqz    t0, 2f
        mv      a1, s4
        mv      a2, s2
        jalr    s1
2:
        li      t0, PAGE_SIZE
        add     s4, s4, t0
        bltu    s4, s5, 1b
        addi    s3, s3, 8
        j       next_area
3:
        lw      ra, 28(sp)
        .irp    n, 1,2,3,4,5
        lw      s\n, 4*\n(sp)
        .endr
        addi    sp, sp, 32
        ret

# space_clear: give back all pages of the process s0.
space_clear:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        la      a0, release_page
        call    space_walk
        sfence.vma                              # so many that it is cheaper to forget everything
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

# release_page: for space_walk.
release_page:
        lw      t0, 0(a0)
        sw      zero, 0(a0)
        andi    t1, t0, PTE_V
        beqz    t1, 1f                          # swapped out: there is no frame
        srli    a0, t0, 10
        slli    a0, a0, PAGE_SHIFT
        j       frame_release
1:
        ret
