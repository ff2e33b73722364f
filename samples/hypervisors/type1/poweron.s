# type1/poweron.s - a virtual machine as it is when power comes on.

        .section .text

# vcpu_init: VM number a0 (0 is the first) as after power-on, its memory as it was loaded. Leaves s0 there.
vcpu_init:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        li      t0, VCPU_SIZE
        mul     t0, t0, a0
        la      s0, vcpus
        add     s0, s0, t0                      # all its words are zero: they lie in .bss
        addi    t0, a0, 1
        sw      t0, V_NUMBER(s0)
        li      t0, VM_SIZE
        mul     t0, t0, a0
        li      t1, RAM + HYPERVISOR_SIZE
        add     t0, t0, t1
        sw      t0, V_BASE(s0)
        li      t0, TABLE_PAGES * PAGE_SIZE
        mul     t0, t0, a0
        li      t1, TABLES
        add     t0, t0, t1
        sw      t0, V_TABLES(s0)
        li      t0, GUEST_RAM                   # a0 = hart 0 and a1 = no device tree are zero already
        sw      t0, V_PC(s0)
        li      t0, PRIV_M
        sw      t0, V_PRIVILEGE(s0)
        call    devices_reset
        call    shadow_init
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret
