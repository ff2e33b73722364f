# type1/world.s - the world switch: the way out of a guest, and the way back in.
#
# The hart has one set of registers. When a guest traps they hold the guest's values; here they go into its vCPU, and
# come back from there, before the mret. mscratch always holds the address of the running vCPU.
#
# The guest's clock counts the guest's own instructions, to the very instruction. So the switch keeps books: minstret
# is read at a fixed place on the way in and at a fixed place on the way out. The difference, less the instructions
# of our own between these places and the guest, is what the guest has retired. For this to be exact there must not
# be a branch on the way from `enter_stamp` to mret, nor from guest_left to `leave_stamp`.

        .section .bss
        .balign 4
world_cost:                                     # our own instructions between the two places
        .space  4
world_ahead:                                    # those of them between enter_stamp and the guest
        .space  4
entered_at:                                     # minstret at enter_stamp, low word
        .space  4

        .section .text

# world_init: count our own instructions on the two ways.
world_init:
        la      t0, enter_stamp
        la      t1, enter_end
        sub     t1, t1, t0
        srli    t1, t1, 2
        sw      t1, world_ahead, t2
        la      t0, guest_left
        la      t2, leave_stamp
        sub     t2, t2, t0
        srli    t2, t2, 2
        add     t1, t1, t2
        sw      t1, world_cost, t2
        ret

# guest_left: the trap vector. Whatever stops a guest - a kernel instruction, a fault, a device, the clock - ends here.
        .balign 4
guest_left:
        csrrw   s0, mscratch, s0                # s0 = the vCPU, mscratch = the guest's s0
        .irp    n, 1,2,3,4,5,6,7,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        sw      x\n, 4*\n(s0)
        .endr
leave_stamp:
        csrr    a0, minstret
        csrrw   t0, mscratch, s0                # t0 = the guest's s0, mscratch = the vCPU again
        sw      t0, 4*8(s0)
        la      sp, stack_top

        lw      t0, entered_at
        sub     a0, a0, t0
        lw      t0, world_cost
        sub     a0, a0, t0                      # a0 = what the guest has retired since
        csrr    t0, mepc
        sw      t0, V_PC(s0)
        csrr    t0, mcause
        sw      t0, V_CAUSE(s0)
        csrr    t0, mtval
        sw      t0, V_VALUE(s0)
        csrr    s1, mstatus
        srli    s1, s1, MSTATUS_MPP_LOW
        andi    s1, s1, 3                       # s1 = the real mode that we come from
        li      t0, PRIV_M
        beq     s1, t0, hypervisor_fault        # not from a guest at all
        call    time_advance

        lw      t0, V_PRIVILEGE(s0)             # a guest below M may have changed between S and U by itself: the
        li      t1, PRIV_M                      # hardware delivers an interrupt that is delegated
        beq     t0, t1, 1f
        sw      s1, V_PRIVILEGE(s0)
1:
        lw      t0, cpu_sup_is_native
        beqz    t0, exit
        call    supervisor_save
        j       exit

# world_enter: run the guest of s0. Nothing returns here; the next we hear is guest_left.
world_enter:
        call    shadow_root
        csrw    satp, a0                        # the guest's memory
        sfence.vma
        .ifdef  NESTED
        call    bitmap_enter
        .endif
        lw      t0, cpu_sup_is_native
        beqz    t0, 1f
        call    supervisor_load
        j       2f
1:
        li      t0, IP_MTIP | IP_MEIP           # nothing but our own clock and console interrupts
        csrw    mie, t0
2:
        call    guest_status
        csrw    mstatus, a0                     # to S or U, with what traps there
        lw      t0, V_PC(s0)
        csrw    mepc, t0

        # The alarm: a0 instructions of the guest from now. It is set as a time, so our own instructions from here
        # to the guest are added. The high half of the clock is read before; if the low half has wrapped since, it
        # is smaller than it was.
        call    time_budget
        rdtimeh t2
        rdtime  t1
        lw      t3, world_ahead
        add     a0, a0, t3
        li      t4, CLINT + CLINT_MTIMECMP
enter_stamp:
        csrr    t0, minstret
        rdtime  t3
        addi    a0, a0, -1                      # the clock is read one instruction after enter_stamp
        sltu    t1, t3, t1
        add     t2, t2, t1                      # t2:t3 = now
        add     a0, a0, t3
        sltu    t3, a0, t3
        add     t2, t2, t3
        sw      a0, 0(t4)
        sw      t2, 4(t4)
        sw      t0, entered_at, t3
        .irp    n, 1,2,3,4,5,6,7,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31
        lw      x\n, 4*\n(s0)
        .endr
        lw      s0, 4*8(s0)                     # the base register comes last
        mret
enter_end:

# supervisor_load: where S mode's CSRs do not trap, the guest's own values into the real ones.
#
# Its delegated interrupts are the hardware's business too then: the guest may turn them on without our noticing.
supervisor_load:
        lw      t0, V_STVEC(s0)
        csrw    stvec, t0
        lw      t0, V_SSCRATCH(s0)
        csrw    sscratch, t0
        lw      t0, V_SEPC(s0)
        csrw    sepc, t0
        lw      t0, V_SCAUSE(s0)
        csrw    scause, t0
        lw      t0, V_STVAL(s0)
        csrw    stval, t0
        lw      t0, V_SCOUNTEREN(s0)
        csrw    scounteren, t0
        lw      t0, V_SENVCFG(s0)
        csrw    senvcfg, t0
        lw      t0, V_MIDELEG(s0)
        csrw    mideleg, t0
        lw      t1, V_MIE(s0)
        and     t1, t1, t0
        li      t2, IP_MTIP | IP_MEIP
        or      t1, t1, t2
        csrw    mie, t1
        lw      t1, V_MIP(s0)
        lw      t2, V_LINES(s0)
        or      t1, t1, t2
        and     t1, t1, t0
        csrw    mip, t1
        ret

# supervisor_save: and back, when the guest is left. s1 = the real mode it was in.
supervisor_save:
        csrr    t0, stvec
        sw      t0, V_STVEC(s0)
        csrr    t0, sscratch
        sw      t0, V_SSCRATCH(s0)
        csrr    t0, sepc
        sw      t0, V_SEPC(s0)
        csrr    t0, scause
        sw      t0, V_SCAUSE(s0)
        csrr    t0, stval
        sw      t0, V_STVAL(s0)
        csrr    t0, scounteren
        sw      t0, V_SCOUNTEREN(s0)
        csrr    t0, senvcfg
        sw      t0, V_SENVCFG(s0)

        lw      t0, V_MIDELEG(s0)
        csrr    t1, mie                         # sie: the delegated bits of mie
        lw      t2, V_MIE(s0)
        and     t5, t2, t0                      # t5: whether SIE was held at 0, see guest_status
        xor     t1, t1, t2
        and     t1, t1, t0
        xor     t2, t2, t1
        sw      t2, V_MIE(s0)
        andi    t0, t0, IP_SSIP                 # sip: of those only SSIP can be written
        csrr    t1, mip
        lw      t2, V_MIP(s0)
        xor     t1, t1, t2
        and     t1, t1, t0
        xor     t2, t2, t1
        sw      t2, V_MIP(s0)

        # sstatus. What guest_status held back in virtual M mode keeps the guest's own value: MXR under MPRV, and
        # SIE, unless the guest has set it since.
        li      t0, MSTATUS_FS | MSTATUS_SUM | MSTATUS_MXR | MSTATUS_SPP | MSTATUS_SPIE | MSTATUS_SIE
        csrr    t1, mstatus
        lw      t2, V_MSTATUS(s0)
        lw      t3, V_PRIVILEGE(s0)
        li      t4, PRIV_M
        bne     t3, t4, 1f
        beqz    t5, 2f
        andi    t3, t2, MSTATUS_SIE
        or      t1, t1, t3
2:
        li      t3, MSTATUS_MPRV
        and     t3, t2, t3
        beqz    t3, 1f
        li      t3, ~MSTATUS_MXR
        and     t0, t0, t3
1:
        xor     t1, t1, t2
        and     t1, t1, t0
        xor     t2, t2, t1
        sw      t2, V_MSTATUS(s0)
        ret

# hypervisor_fault: a trap out of M mode. We never fault, so this is a bug of ours; say what happened and give up.
hypervisor_fault:
        la      a0, text_fault
        call    say
        lw      a0, V_CAUSE(s0)
        call    print_hex
        la      a0, text_fault_at
        call    print
        lw      a0, V_PC(s0)
        call    print_hex
        la      a0, text_newline
        call    print
        li      a0, 0xfe
        j       power_off

        .section .rodata
text_fault:
        .asciz  "the hypervisor itself trapped, cause "
text_fault_at:
        .asciz  ", pc "
