# pagingos/frames.s - physical memory in frames of 4 KiB.
#
# Each frame has a count of its users, 0 if it is free. After a fork two processes use the same frame: the count is
# 2, and the frame is free when both have let go of it. Addresses outside the frames, such as the pages of a
# program slot, are accepted and not counted: they are never free.

        .section .bss
frame_users:
        .space  FRAME_COUNT                     # a byte for each frame

        .section .text

# frame_take: a0 = the address of a frame that was free. What is in it is left over from its last user!
frame_take:
        la      t0, frame_users
        li      a0, FRAMES
        li      t2, PAGE_SIZE
1:
        lbu     t1, 0(t0)
        beqz    t1, 2f
        addi    t0, t0, 1
        add     a0, a0, t2
        li      t1, FRAMES + FRAME_COUNT * PAGE_SIZE
        bltu    a0, t1, 1b
        j       panic                           # cannot be: see FRAME_COUNT
2:
        li      t1, 1
        sb      t1, 0(t0)
        ret

# frame_share: one more user for the frame a0.
frame_share:
        li      t2, 1
        j       frame_count
# frame_release: one user less.
frame_release:
        li      t2, -1
        j       frame_count
# frame_users_of: how many users has the frame a0?
frame_users_of:
        li      t2, 0
# frame_count: add t2 to the users of the frame a0. Returns in a0 how many there are now; 0 for addresses outside.
frame_count:
        li      t0, FRAMES
        sub     t0, a0, t0
        srli    t0, t0, PAGE_SHIFT              # t0 = number of the frame; huge if the address is below FRAMES
        li      a0, 0
        li      t1, FRAME_COUNT
        bgeu    t0, t1, 1f
        la      t1, frame_users
        add     t1, t1, t0
        lbu     a0, 0(t1)
        add     a0, a0, t2
        sb      a0, 0(t1)
1:
        ret

# zero_page: fill the page at a0 with zeros. What a process gets must not hold another one's secrets. a0 is
# unchanged.
zero_page:
        li      t0, PAGE_SIZE
        add     t0, a0, t0
        mv      t1, a0
1:
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15
        sw      zero, 4*\n(t1)
        .endr
        addi    t1, t1, 64
        bltu    t1, t0, 1b
        ret

# copy_page: copy the page at a1 to the page at a0. a0 is unchanged.
copy_page:
        li      t0, PAGE_SIZE
        add     t0, a0, t0
        mv      t1, a0
1:
        .irp    n, 0,1,2,3,4,5,6,7
        lw      t2, 4*\n(a1)
        sw      t2, 4*\n(t1)
        .endr
        addi    a1, a1, 32
        addi    t1, t1, 32
        bltu    t1, t0, 1b
        ret
