# paravirt/walls.s - who reaches what memory: two views, one for the guest's kernel and one for its programs.
#
# The PMP does not tell ring 1 from ring 3: an entry holds for both. But the guest's kernel wants its memory closed to
# its programs. So there are two views, and whenever the guest changes between kernel and program, the view
# changes; that is one write to pmpcfg0. It is also why every system call has to come to us first: if it went to
# the guest's kernel directly, the kernel would find its own code closed.
#
#       entry 0         below the guest's memory        closed
#       entry 1         the guest's memory              the kernel's view: open. The programs': no entry
#       entry 2         above the guest's memory        closed: the hypervisor
#       entries 4-7     the guest's own four entries    as pmpcfg0, pmpaddr0 to pmpaddr3 in the page
#
# The first entry that fits an address decides. So the guest may put into its own entries whatever it likes: outside
# of its memory, 0 and 2 come first. There is no range to check.

        .equ    PMP_TOR,        1 << 3          # from the address of the entry before it to its own
        .equ    PMP_RWX,        7
        .equ    PMP_KNOWN,      0x1f            # the bits of an entry that the guest may set: A, X, W and R. Not L:
                                                # a locked entry could never be changed again, and would bind us, too

        .equ    VIEW_PROGRAM,   PMP_TOR | PMP_TOR << 16
        .equ    VIEW_KERNEL,    VIEW_PROGRAM | (PMP_TOR | PMP_RWX) << 8

        .section .text

# walls_init: the outer walls.
walls_init:
        li      t0, GUEST_RAM >> 2
        csrw    pmpaddr0, t0
        li      t0, (GUEST_RAM + GUEST_SIZE) >> 2
        csrw    pmpaddr1, t0
        li      t0, -1
        csrw    pmpaddr2, t0
        li      t0, VIEW_KERNEL
        csrw    pmpcfg0, t0
        ret

# walls_from_page: the guest's own entries, from the page into the hart.
walls_from_page:
        li      t0, PAGE
        lw      t1, PAGE_pmpaddr0(t0)
        csrw    pmpaddr4, t1
        lw      t1, PAGE_pmpaddr1(t0)
        csrw    pmpaddr5, t1
        lw      t1, PAGE_pmpaddr2(t0)
        csrw    pmpaddr6, t1
        lw      t1, PAGE_pmpaddr3(t0)
        csrw    pmpaddr7, t1
        lw      t1, PAGE_pmpcfg0(t0)
        li      t2, PMP_KNOWN * 0x01010101
        and     t1, t1, t2
        csrw    pmpcfg1, t1
        ret

# view_choose: the view of the ring that mret will lead to.
view_choose:
        li      t1, VIEW_KERNEL
        csrr    t0, mstatus
        li      t2, MSTATUS_MPP
        and     t0, t0, t2
        bnez    t0, 1f
        li      t1, VIEW_PROGRAM
1:
        csrw    pmpcfg0, t1
        sfence.vma                              # the hart may keep old answers of the PMP: forget them
        ret
