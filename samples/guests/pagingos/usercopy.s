# pagingos/usercopy.s - the only place where the kernel touches user memory: SUM and MXR.
#
# In S mode a load or store to a page with U = 1 is a page fault, unless sstatus.SUM is set. A kernel keeps it
# clear, so that a wrong pointer of its own cannot lead it into the hands of a program. It is set for the few
# instructions that are meant to go there. MXR does the same for pages that may only be executed: with it a load
# may read what a fetch may.
#
# The addresses come from a program, and the functions use them as they are, with the program's own page table. So
# the hardware checks the permissions. One thing it cannot check: S mode may use the kernel's pages, too. So the
# functions see to it that the address is in the user part.
#
# A fault on the way is either served, or it ends the copy (fixup, see trap.s).

        .section .text

# copy_from_user: copy a2 bytes from the program's address a1 to the kernel's address a0.
# copy_to_user:   copy a2 bytes from the kernel's address a1 to the program's address a0.
# Both return in a0 0, or -1 if the program may not do what it asks for.
copy_from_user:
        mv      t0, a1
        j       1f
copy_to_user:
        mv      t0, a0
1:
        jal     t2, in_user_part                # t2, because ra holds the way back to our caller
        beqz    t0, 4f

        la      t0, copy_failed
        la      t1, fixup
        sw      t0, 0(t1)
        li      t1, SSTATUS_SUM
        csrs    sstatus, t1
2:
        beqz    a2, 3f
        lbu     t0, 0(a1)
        sb      t0, 0(a0)
        addi    a0, a0, 1
        addi    a1, a1, 1
        addi    a2, a2, -1
        j       2b
3:
        li      a0, 0
close_user_memory:
        li      t1, SSTATUS_SUM | SSTATUS_MXR
        csrc    sstatus, t1
        la      t1, fixup
        sw      zero, 0(t1)
        ret
copy_failed:
        li      a0, -1
        j       close_user_memory
4:
        li      a0, -1
        ret

# in_user_part: are all the a2 bytes from the address t0 on in the user part? t0 = 1 if they are, else 0. Called
# with jal t2, and changes nothing but t0 and t1. No comparison can overflow.
in_user_part:
        li      t1, USER
        sub     t0, t0, t1                      # t0 = how far into the user part; huge if the address is below it
        li      t1, USER_SIZE
        bgtu    t0, t1, 1f
        sub     t1, t1, t0                      # t1 = how many bytes there are from here to its end
        bgtu    a2, t1, 1f
        li      t0, 1
        jr      t2
1:
        li      t0, 0
        jr      t2

# read_code: a1 = the instruction at the program's address a0; a0 = 0, or the cause of the fault if there is none.
read_code:
        li      t0, USER
        sub     t0, a0, t0
        li      t1, USER_SIZE
        bgeu    t0, t1, copy_failed
        li      a1, SSTATUS_SUM | SSTATUS_MXR

# load_with: load the word at a0 with the bits a1 set in sstatus. a0 = 0 and a1 = the word, or a0 = the cause of the
# fault. Does not check a0: check_walls uses it to see what the hardware checks.
load_with:
        la      t0, close_user_memory           # from_kernel puts the cause into a0
        la      t1, fixup
        sw      t0, 0(t1)
        csrs    sstatus, a1
        lw      a1, 0(a0)
        li      a0, 0
        j       close_user_memory
