# split/vms.s - the VM thread: the highvisor's beginning, and what it needs of the kernel that it is a part of.
#
# To the rest of the kernel it is a task like a process. But it runs in ring 1, with the kernel's memory; so it gives
# the CPU away by calling a function, and gets it back when that returns.

        .section .bss
        .balign 16
vcpus:                                          # one after the other, vm1 first
        .space  MAX_VMS * VCPU_SIZE

        .equ    THREAD_KEEPS,   13              # ra and s0-s11 are kept by a call

        .section .text

# vm_thread: all VMs as after power-on, and on to the first. It has a new stack.
vm_thread:
        la      a0, text_vms
        call    say
        li      a0, VMS
        call    print_decimal
        la      a0, text_vms_size
        call    print
        li      a0, VM_SIZE >> 10
        call    print_decimal
        la      a0, text_vms_end
        call    print
        call    csrs_init
        li      s1, 0
1:
        mv      a0, s1
        call    vcpu_init
        addi    s1, s1, 1
        li      t0, VMS
        bltu    s1, t0, 1b

        la      s0, vcpus
        call    slice_begin
        j       resume

# thread_end: the highvisor is done, with exit code a0. The host is not.
thread_end:
        la      s0, tasks
        sw      a0, T_EXIT_CODE(s0)
        li      t0, TASK_ENDED
        sw      t0, T_STATE(s0)
        la      sp, kernel_stack_top
        j       task_next

# thread_sleep: no VM can go on before the time a1:a0 (all ones: never), or before input comes.
thread_sleep:
        la      t0, tasks
        sw      a0, T_WAKE(t0)
        sw      a1, T_WAKE + 4(t0)
        li      t1, TASK_ASLEEP
        sw      t1, T_STATE(t0)
        # fall through

# thread_yield: let others run. Comes back when it is the VM thread's turn.
thread_yield:
        addi    sp, sp, -4 * THREAD_KEEPS - 12
        sw      ra, 0(sp)
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11
        sw      s\n, 4*\n + 4(sp)
        .endr
        la      s0, tasks
        sw      sp, 4*2(s0)
        la      sp, kernel_stack_top
        j       task_next

# thread_continue: its turn. s0 = its task.
thread_continue:
        lw      sp, 4*2(s0)
        lw      ra, 0(sp)
        .irp    n, 0,1,2,3,4,5,6,7,8,9,10,11
        lw      s\n, 4*\n + 4(sp)
        .endr
        addi    sp, sp, 4 * THREAD_KEEPS + 12
        ret

        .include "type1/poweron.s"

        .section .rodata
text_vms:
        .asciz  "VMs: "
text_vms_size:
        .asciz  ", memory of each: "
text_vms_end:
        .asciz  " KiB\n"
