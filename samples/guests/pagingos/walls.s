# pagingos/walls.s - before it starts, the kernel tries the walls that it relies on.
#
#       pagingos: kernel loads user page 13, SUM 0, code 13, MXR 0, runs it 12, firmware 5
#
# Each number is the cause of the fault, 0 if there was none. A kernel that reads user memory by accident does not
# notice when a wall is missing; here it does so on purpose and looks. The pages are those of the first process:
#
#       its constants       with SUM clear, with SUM set
#       its code            with SUM alone, with SUM and MXR, and as code: S mode never runs a page of U mode
#       the firmware        which the page table allows, but the PMP does not: an access fault, not a page fault

        .section .text

# check_walls: the address space of the process s0 is the current one.
check_walls:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s1, 8(sp)

        li      s1, USER - PAGE_SIZE            # look for its first readable page: its constants
1:
        li      t0, PAGE_SIZE
        add     s1, s1, t0
        mv      a1, s1
        call    find_entry
        lw      t0, 0(a0)
        andi    t0, t0, PTE_R
        beqz    t0, 1b

        mv      a0, s1
        li      a1, 0
        la      a2, text_user_page
        call    try_load
        mv      a0, s1
        li      a1, SSTATUS_SUM
        la      a2, text_with_sum
        call    try_load
        li      a0, USER
        li      a1, SSTATUS_SUM
        la      a2, text_code
        call    try_load
        li      a0, USER
        li      a1, SSTATUS_SUM | SSTATUS_MXR
        la      a2, text_with_mxr
        call    try_load
        la      a0, text_runs
        call    print
        call    try_to_run
        call    print_number
        li      a0, FIRMWARE
        li      a1, 0
        la      a2, text_firmware
        call    try_load
        la      a0, text_newline
        call    print

        lw      ra, 12(sp)
        lw      s1, 8(sp)
        addi    sp, sp, 16
        ret

# try_load: print the text a2 and what comes of a load from a0 with the bits a1 set in sstatus.
try_load:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s1, 8(sp)
        mv      s1, a2
        call    load_with
        mv      t3, a0
        mv      a0, s1
        mv      s1, t3
        call    print
        mv      a0, s1
        lw      ra, 12(sp)
        lw      s1, 8(sp)
        addi    sp, sp, 16
        j       print_number

# try_to_run: jump to the program's code, in S mode. a0 = the cause of the fault. There had better be one.
try_to_run:
        la      t0, close_user_memory           # the fault leads there, and it returns to who called us
        la      t1, fixup
        sw      t0, 0(t1)
        li      a0, USER
        jr      a0

        .section .rodata
text_user_page:
        .asciz  "pagingos: kernel loads user page "
text_with_sum:
        .asciz  ", SUM "
text_code:
        .asciz  ", code "
text_with_mxr:
        .asciz  ", MXR "
text_runs:
        .asciz  ", runs it "
text_firmware:
        .asciz  ", firmware "
