# pagingos/fork.s - a copy of a whole address space that copies nothing: copy on write.
#
# After fork both processes have the same frames in their tables, and neither may write to them: W is taken away
# and COW remembers that it was there. Whoever stores first meets a page fault and gets a copy of that one page.
# Most pages are never written again, so most are never copied.
#
# The data page of a program begins that way, too: the frame is the image in the slot, and the image stays as it
# was.

        .section .text

# space_fork: fill the address space of the process a0 with what the process s0 has.
space_fork:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      a0, 8(sp)
        li      a0, CAUSE_LOAD_PAGE             # the shared page must exist before there are two to share it:
        li      a1, SHARED                      # as if the process had touched it
        call    serve_fault
        la      a0, fork_page
        lw      a1, 8(sp)
        call    space_walk
        sfence.vma                              # many of our own entries have lost W: the hart must not remember it
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

# fork_page: for space_walk. a2 = the child.
fork_page:
        lw      t0, 0(a0)                       # t0 = the entry
        lw      t1, P_TABLE(s0)
        sub     t1, a0, t1
        lw      t2, P_TABLE(a2)
        add     t2, t2, t1                      # t2 = where it is in the child's table
        andi    t1, t0, PTE_V
        beqz    t1, fork_saved_page
        li      t1, SHARED
        beq     a1, t1, 1f                      # this one is meant to be shared
        andi    t1, t0, PTE_W
        beqz    t1, 1f
        xori    t0, t0, PTE_W | PTE_COW         # W was 1 and becomes 0, COW the other way round
        sw      t0, 0(a0)
1:
        andi    t1, t0, ~(PTE_A | PTE_D | PTE_SAVED)
        sw      t1, 0(t2)                       # the child has not used it, and has no copy in its swap area
        srli    a0, t0, 10
        slli    a0, a0, PAGE_SHIFT
        j       frame_share

fork_saved_page:                                # each process has a swap area of its own
        sw      t0, 0(t2)
        li      t0, HEAP
        sub     t0, a1, t0
        lw      a0, P_SWAP(a2)
        add     a0, a0, t0
        lw      a1, P_SWAP(s0)
        add     a1, a1, t0
        j       copy_page

# make_private: let the process s0 write to the page whose entry is at a0. The caller executes sfence.vma.
make_private:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s1, 8(sp)
        sw      s2, 4(sp)
        mv      s1, a0
        lw      t0, 0(s1)
        srli    s2, t0, 10
        slli    s2, s2, PAGE_SHIFT              # s2 = the frame
        mv      a0, s2
        call    frame_users_of
        addi    a0, a0, -1
        beqz    a0, 1f                          # only we use it (the others have their copies): no need to copy

        call    frame_take
        mv      a1, s2
        call    copy_page
        lw      t0, 0(s1)
        andi    t0, t0, 1023                    # the low bits of the old entry ...
        srli    a0, a0, 2
        or      t0, t0, a0                      # ... with the new frame
        sw      t0, 0(s1)
        mv      a0, s2
        call    frame_release                   # we do not use the old one any more
1:
        lw      t0, 0(s1)
        xori    t0, t0, PTE_W | PTE_COW
        sw      t0, 0(s1)
        lw      ra, 12(sp)
        lw      s1, 8(sp)
        lw      s2, 4(sp)
        addi    sp, sp, 16
        ret
