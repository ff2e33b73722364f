# pagingos/replacement.s - which page has to go: the A and D bits at work.
#
# A process may have HEAP_FRAMES pages of its heap in memory. When it touches one more, one of them must leave for
# the swap area. Best would be the one that is not needed for the longest time to come; nobody knows which. The
# next best guess is one that was not used lately, and that the hardware tells: it sets A in the entry of every
# page it uses.
#
# Second chance: a hand goes round the pages, as on the face of a clock. A page with A = 1 is spared, but its A is
# cleared. A page with A = 0 has not been used since the hand came by last: it goes.
#
# D says whether the page was stored to since it was mapped. A page with D = 0 that has a copy in the swap area need
# not be written there again: it is just dropped.
#
# Clearing A needs an sfence.vma. A hart that remembers the entry with A = 1 would not set it again in memory, and a
# page in heavy use would look as if nobody wanted it.

        .section .text

# heap_make_room: if the process s0 has as many heap pages in memory as it may, move one out; then count one more
# in.
heap_make_room:
        lw      t0, P_RESIDENT(s0)
        li      t1, HEAP_FRAMES
        bgeu    t0, t1, 1f
        addi    t0, t0, 1
        sw      t0, P_RESIDENT(s0)
        ret
1:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s1, 8(sp)
        sw      s2, 4(sp)
        sw      s3, 0(sp)
advance_hand:
        lw      t0, P_HAND(s0)
        slli    s2, t0, PAGE_SHIFT              # s2 = the page, in bytes from the beginning of the heap
        addi    t0, t0, 1
        li      t1, HEAP_PAGES
        remu    t0, t0, t1
        sw      t0, P_HAND(s0)

        li      a1, HEAP
        add     a1, a1, s2
        call    find_entry
        lw      t0, 0(a0)
        andi    t1, t0, PTE_V
        beqz    t1, advance_hand                # not in memory
        andi    t1, t0, PTE_A
        beqz    t1, 2f
        andi    t0, t0, ~PTE_A                  # used since we came by last: a second chance
        sw      t0, 0(a0)
        sfence.vma a1
        j       advance_hand
2:
        mv      s1, t0                          # s1 = the entry of the page that has to go
        li      t0, PTE_SAVED
        sw      t0, 0(a0)                       # V = 0: from here on nobody can use it ...
        sfence.vma a1                           # ... not even by what the hart remembers
        srli    s3, s1, 10
        slli    s3, s3, PAGE_SHIFT              # s3 = its frame

        andi    t0, s1, PTE_D | PTE_SAVED
        li      t1, PTE_SAVED
        beq     t0, t1, 3f                      # clean, and there is a copy
        lw      a0, P_SWAP(s0)
        add     a0, a0, s2
        mv      a1, s3
        call    copy_page
        lw      t0, P_MOVED_OUT(s0)
        addi    t0, t0, 1
        sw      t0, P_MOVED_OUT(s0)
        j       4f
3:
        lw      t0, P_DROPPED(s0)
        addi    t0, t0, 1
        sw      t0, P_DROPPED(s0)
4:
        mv      a0, s3
        call    frame_release
        lw      ra, 12(sp)
        lw      s1, 8(sp)
        lw      s2, 4(sp)
        lw      s3, 0(sp)
        addi    sp, sp, 16
        ret

# swap_in: bring the page a1 of the process s0 back; its entry is at a0. The caller executes sfence.vma.
swap_in:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s1, 8(sp)
        sw      s2, 4(sp)
        mv      s1, a0
        mv      s2, a1
        call    heap_make_room
        call    frame_take
        lw      a1, P_SWAP(s0)
        add     a1, a1, s2
        li      t0, HEAP
        sub     a1, a1, t0
        call    copy_page
        srli    a0, a0, 2
        ori     a0, a0, PTE_SAVED | PTE_U | PTE_W | PTE_R | PTE_V
        sw      a0, 0(s1)                       # D = 0: the copy in the swap area is still good
        lw      t0, P_MOVED_IN(s0)
        addi    t0, t0, 1
        sw      t0, P_MOVED_IN(s0)
        lw      ra, 12(sp)
        lw      s1, 8(sp)
        lw      s2, 4(sp)
        addi    sp, sp, 16
        ret

# describe_heap: write a letter for each page of the heap of the process s0 to a0:
#
#       -       never touched
#       s       swapped out
#       .       in memory, clean, not used since the hand came by
#       r       in memory, clean, used
#       d       in memory, dirty, not used since the hand came by
#       w       in memory, dirty, used
describe_heap:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        mv      t2, a0
        li      a1, HEAP
        call    find_entry                      # the entries of the heap follow each other
        addi    t3, t2, HEAP_PAGES
1:
        lw      t0, 0(a0)
        li      t1, '-'
        beqz    t0, 2f
        li      t1, 's'
        andi    t4, t0, PTE_V
        beqz    t4, 2f
        srli    t0, t0, 6                       # A and D are bits 6 and 7: now they are bits 0 and 1 ...
        andi    t0, t0, 3
        la      t1, heap_letters
        add     t1, t1, t0                      # ... and a number from 0 to 3
        lbu     t1, 0(t1)
2:
        sb      t1, 0(t2)
        addi    a0, a0, 4
        addi    t2, t2, 1
        bltu    t2, t3, 1b
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

# report_moves: if pages of the process s0 have gone and come, say how many.
report_moves:
        lw      t0, P_MOVED_OUT(s0)
        lw      t1, P_DROPPED(s0)
        or      t0, t0, t1
        bnez    t0, 1f
        ret
1:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        call    print_process
        la      a0, text_moved
        call    print
        lw      a0, P_MOVED_OUT(s0)
        call    print_number
        la      a0, text_moved_out
        call    print
        lw      a0, P_DROPPED(s0)
        call    print_number
        la      a0, text_dropped
        call    print
        lw      a0, P_MOVED_IN(s0)
        call    print_number
        la      a0, text_moved_in
        call    print
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

        .section .rodata
heap_letters:
        .ascii  ".rdw"
text_moved:
        .asciz  "): pages: "
text_moved_out:
        .asciz  " out, "
text_dropped:
        .asciz  " dropped, "
text_moved_in:
        .asciz  " in\n"
