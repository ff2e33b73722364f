# type2/boot.s - from the first instruction to the guest's.

        .section .text
_start:
        la      sp, stack_top
        la      t0, vcpu_page                   # a virtual hart after reset: nearly all is 0
        li      t1, 4096
        add     t1, t1, t0
1:
        sw      zero, 0(t0)
        addi    t0, t0, 4
        bltu    t0, t1, 1b

        li      a0, 0                           # our own space: the virtual CPU ...
        li      a1, -4096
        la      a2, vcpu_page
        li      a3, 1
        li      a4, MAP_READ | MAP_WRITE
        host    HOST_MAP
        bnez    a0, no_memory
        li      a0, 0                           # ... and the guest's memory, at the guest's addresses, so that its
        li      a1, GUEST_RAM                   # kernel's loads and stores need no change. Not to be executed:
        li      a2, GUEST_OWN                   # nobody shall run its kernel as it is
        li      a3, GUEST_PAGES
        li      a4, MAP_READ | MAP_WRITE
        host    HOST_MAP
        bnez    a0, no_memory

        la      a0, signalled                   # faults in translated code are ours
        la      a1, signal_frame
        la      a2, cache
        la      a3, cache_end
        host    HOST_SIGNALS

        call    cache_init
        call    walls_init

        li      t0, GUEST_RAM
        sw      t0, V_PC(zero)                  # a0 = 0, the hart; a1 = 0, no device tree
        li      t0, PRIV_M
        sw      t0, V_PRIVILEGE(zero)
        li      t0, MISA
        sw      t0, V_MISA(zero)
        li      t0, 1
        sw      t0, V_MIMPID(zero)              # legacy: what the guest's programs really run on
        li      t0, -1
        sw      t0, V_ALARM(zero)
        sw      t0, V_ALARM + 4(zero)
        j       dispatch

no_memory:
        la      a0, text_no_memory
        j       die

        .section .rodata
text_no_memory:
        .asciz  "the host gives no memory"
