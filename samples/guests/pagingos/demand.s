# pagingos/demand.s - page faults that are no mistake.
#
# A process gets a page of heap or stack when it touches it, not before. Until then its table holds a zero there,
# and the first access is a page fault. So are the first store to a page that waits to be copied, and any access to
# a page that was swapped out. In all three cases the kernel puts things right and the instruction is executed
# again.

        .section .text

# serve_fault: the process s0 (or the kernel on its behalf) met the cause a0 at the address a1. Returns 1 in a0 if
# the page is there now, 0 if the access is not allowed.
serve_fault:
        li      t0, USER
        sub     t0, a1, t0
        li      t1, USER_SIZE
        bgeu    t0, t1, not_served              # not in the user part
        li      t0, CAUSE_LOAD_PAGE
        beq     a0, t0, 1f
        li      t0, CAUSE_STORE_PAGE
        beq     a0, t0, 1f
not_served:                                     # among others instruction page faults: no code comes on demand
        li      a0, 0
        ret
1:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s1, 8(sp)
        sw      s2, 4(sp)
        mv      t3, a0                          # t3 = the cause
        li      t0, -PAGE_SIZE
        and     s2, a1, t0                      # s2 = the page
        mv      a1, s2
        call    find_entry
        mv      s1, a0                          # s1 = the address of its entry

        lw      t0, 0(s1)
        beqz    t0, fresh_page
        andi    t1, t0, PTE_V
        beqz    t1, saved_page

        # The page is there. The only thing that we can do for the access is to copy the page for a store.
        li      t1, CAUSE_STORE_PAGE
        bne     t3, t1, fault_refused
        andi    t1, t0, PTE_COW
        beqz    t1, fault_refused
        mv      a0, s1
        call    make_private
        j       fault_served

saved_page:                                     # only pages of the heap are ever swapped out
        mv      a0, s1
        mv      a1, s2
        call    swap_in
        j       fault_served

fresh_page:
        li      t0, HEAP
        sub     t0, s2, t0
        li      t1, HEAP_PAGES * PAGE_SIZE
        bltu    t0, t1, fresh_heap_page
        li      t0, SHARED
        beq     s2, t0, fill_with_zeros
        li      t0, STACK
        sub     t0, s2, t0
        li      t1, STACK_PAGES * PAGE_SIZE
        bltu    t0, t1, fill_with_zeros
fault_refused:
        li      a0, 0
        j       serve_fault_return

fresh_heap_page:
        call    heap_make_room
fill_with_zeros:
        call    frame_take
        call    zero_page
        srli    a0, a0, 2
        ori     a0, a0, PTE_U | PTE_W | PTE_R | PTE_V
        sw      a0, 0(s1)
        lw      t0, P_FILLED(s0)
        addi    t0, t0, 1
        sw      t0, P_FILLED(s0)
fault_served:
        sfence.vma s2                           # the hart may remember that this page was not there, or was read
        li      a0, 1                           # only: forget this one address
serve_fault_return:
        lw      ra, 12(sp)
        lw      s1, 8(sp)
        lw      s2, 4(sp)
        addi    sp, sp, 16
        ret
