# split/tasks.s - the host's tasks: the VM thread, which is task 0, and a process for each slot with a program.
#
# Round robin. A task keeps the CPU until the host's clock ticks, it sleeps, or it has ended. When all sleep, the hart
# does; when all have ended the host turns the machine off. Its exit code is the highvisor's.

        .section .bss
        .balign 4
tasks:
        .space  TASK_COUNT * T_SIZE
tasks_end:
current:                                        # whose turn it is, or was last
        .space  4
turn_is_over:                                   # 1: the clock has ticked since it began
        .space  4

        .section .text

# tasks_init: the VM thread, and a process for each program.
tasks_init:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        la      s0, tasks
        la      t0, stack_top - 4 * THREAD_KEEPS - 12
        sw      t0, 4*2(s0)
        la      t1, vm_thread                   # its first turn begins as if it had yielded there
        sw      t1, 0(t0)
        li      t0, TASK_READY
        sw      t0, T_STATE(s0)
        li      s1, 0
1:
        li      t0, T_SIZE
        add     s0, s0, t0
        mv      a0, s1
        call    process_init
        addi    s1, s1, 1
        li      t0, SLOT_COUNT
        bltu    s1, t0, 1b
        la      t0, tasks_end - T_SIZE          # so that the VM thread comes first
        sw      t0, current, t1
        lw      ra, 12(sp)
        addi    sp, sp, 16
        ret

# process_init: if there is a program in slot a0, make a process of it, in the task s0.
process_init:
        li      t0, SLOT_SIZE
        mul     t0, t0, a0
        li      t1, SLOTS
        add     t0, t0, t1                      # t0 = its memory
        lw      t1, 0(t0)
        li      t2, PROGRAM_MAGIC
        bne     t1, t2, 2f
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      t0, T_MEMORY(s0)
        addi    t1, a0, 1
        sw      t1, T_ID(s0)
        lw      t1, HEADER_START(t0)
        li      t2, PROGRAM
        add     t1, t1, t2
        sw      t1, T_PC(s0)
        li      t1, PROGRAM + SLOT_SIZE
        sw      t1, 4*2(s0)                     # its stack is at the end of the slot
        .irp    n, 0,4,8,12
        lw      t1, HEADER_NAME + \n(t0)
        sw      t1, T_NAME + \n(s0)
        .endr
        sb      zero, T_NAME + NAME_SIZE - 1(s0)
        li      t1, TASK_READY
        sw      t1, T_STATE(s0)

        slli    t1, a0, 13                      # its tables: a pair of pages
        li      a0, SPACES + PAGE_SIZE
        add     a0, a0, t1
        sw      a0, 8(sp)
        srli    t1, a0, 12
        li      t2, SATP_SV32
        or      t1, t1, t2
        sw      t1, T_SATP(s0)
        call    space_fill
        lw      a0, 8(sp)
        li      t0, PAGE_SIZE
        add     a0, a0, t0
        call    clear_page
        lw      t0, 8(sp)
        li      t1, PAGE_SIZE
        add     t1, t0, t1                      # t1 = the last table
        srli    t2, t1, 12
        slli    t2, t2, PTE_PPN_LOW
        ori     t2, t2, PTE_V
        li      t3, PROGRAM >> MEGAPAGE << 2
        add     t3, t3, t0
        sw      t2, 0(t3)
        lw      t2, T_MEMORY(s0)
        srli    t2, t2, 12
        slli    t2, t2, PTE_PPN_LOW
        ori     t2, t2, ENTRY_PROCESS
        sw      t2, 0(t1)                       # PROGRAM is at the beginning of the table: two pages
        addi    t2, t2, 1 << PTE_PPN_LOW
        sw      t2, 4(t1)
        lw      ra, 12(sp)
        addi    sp, sp, 16
2:
        ret

# task_next: whose turn is it? sp is the kernel's. Ends in the task.
task_next:
        sw      zero, turn_is_over, t0
        lw      s0, current
        li      s1, TASK_COUNT
        li      s2, 0                           # s2 = 1: somebody has not ended
1:
        li      t0, T_SIZE
        add     s0, s0, t0
        la      t0, tasks_end
        bltu    s0, t0, 2f
        la      s0, tasks
2:
        lw      t0, T_STATE(s0)
        li      t1, TASK_READY
        beq     t0, t1, 4f
        li      t1, TASK_ASLEEP
        bne     t0, t1, 3f
        li      s2, 1
3:
        addi    s1, s1, -1
        bnez    s1, 1b
        beqz    s2, host_off
        call    clock_set_idle
        wfi                                     # interrupts are off: it wakes us, and does not trap
        csrr    t0, sip
        andi    t0, t0, IP_SEIP
        li      a0, SCAUSE_EXTERNAL
        bnez    t0, 5f
        li      a0, SCAUSE_TIMER
5:
        call    host_interrupt
        j       task_next
4:
        sw      s0, current, t0
        lw      t0, T_MEMORY(s0)
        beqz    t0, 6f
        call    clock_set                       # a guest has had the timer, or another has waited for its time
        j       process_continue
6:
        j       thread_continue

# tasks_wake: wake who has slept until the time a1:a0.
tasks_wake:
        la      t0, tasks
        la      t1, tasks_end
        li      t2, TASK_READY
1:
        lw      t3, T_STATE(t0)
        addi    t3, t3, -TASK_ASLEEP
        bnez    t3, 3f
        lw      t3, T_WAKE + 4(t0)
        bltu    a1, t3, 3f
        bne     a1, t3, 2f
        lw      t3, T_WAKE(t0)
        bltu    a0, t3, 3f
2:
        sw      t2, T_STATE(t0)
3:
        addi    t0, t0, T_SIZE
        bltu    t0, t1, 1b
        ret

# host_off: turn the machine off.
host_off:
        la      a0, text_off
        call    say
        lw      t1, tasks + T_EXIT_CODE
        li      t0, FINISH_PASS
        beqz    t1, 1f
        slli    t1, t1, 16
        li      t0, FINISH_FAIL
        or      t0, t0, t1
1:
        li      t1, FINISHER
        sw      t0, 0(t1)
2:
        wfi
        j       2b

# panic: the kernel itself is wrong; cause a0 at pc a1.
panic:
        mv      s1, a0
        mv      s2, a1
        la      sp, kernel_stack_top
        la      a0, text_panic
        call    say
        mv      a0, s1
        call    print_hex
        la      a0, text_at_pc
        call    print
        mv      a0, s2
        call    print_hex
        la      a0, text_newline
        call    print
        li      t0, EXIT_PANIC
        sw      t0, tasks + T_EXIT_CODE, t1
        j       host_off

        .section .rodata
text_off:
        .asciz  "all tasks have ended\n"
text_panic:
        .asciz  "PANIC in the kernel, cause "
