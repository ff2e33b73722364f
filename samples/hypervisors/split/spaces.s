# split/spaces.s - the host's address spaces.
#
# Addresses are translated from the start, because in S mode nothing but page tables keeps a process from the kernel's
# memory. There is one table for each process: the process's own pages, and the kernel with all of the memory and the
# devices at the addresses that they really have, for S alone. So a system call needs no change of tables.

        .equ    MEGAPAGE,       22              # an entry of the first table maps 2**22 bytes
        .equ    ENTRY_KERNEL,   PTE_V | PTE_R | PTE_W | PTE_X | PTE_A | PTE_D
        .equ    ENTRY_PROCESS,  ENTRY_KERNEL | PTE_U

        .section .text

# space_fill: the page at a0 becomes a first table with the kernel in it. Leaves s-registers alone.
space_fill:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      a0, 8(sp)
        call    clear_page
        lw      a0, 8(sp)
        la      t0, kernel_pieces
        la      t1, kernel_pieces_end
1:
        lw      t2, 0(t0)                       # the first address ...
        lw      t3, 4(t0)                       # ... and how many entries
        addi    t0, t0, 8
2:
        srli    t4, t2, MEGAPAGE
        slli    t4, t4, 2
        add     t4, t4, a0
        srli    t5, t2, MEGAPAGE                # a piece begins with the whole entry that the address is in
        slli    t5, t5, PTE_PPN_LOW + MEGAPAGE - 12
        ori     t5, t5, ENTRY_KERNEL
        sw      t5, 0(t4)
        li      t4, 1 << MEGAPAGE
        add     t2, t2, t4
        addi    t3, t3, -1
        bnez    t3, 2b
        bltu    t0, t1, 1b
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

        .section .rodata
        .balign 4
kernel_pieces:
        .word   FINISHER, 1
        .word   PLIC, 2
        .word   UART, 1
        .word   RAM, (HYPERVISOR_SIZE + VMS * VM_SIZE) >> MEGAPAGE
kernel_pieces_end:
