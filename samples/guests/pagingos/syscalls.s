# pagingos/syscalls.s - what a program can ask the kernel for.
#
# The program puts the number of the call into a7, the arguments into a0 and a1, and executes ecall. The answer
# is in a0; every other register is as it was. -1 means: refused.
#
#       1  write(address, length)    print; returns length
#       2  getpid()                  the caller's number: 1, 2, 3, ...
#       3  fork()                    make a copy of the caller. Returns the copy's number, and to the copy 0
#       4  sleep(ticks)              do not run for at least so many ticks; returns 0
#       5  pages(address)            write a letter for each page of the heap to the address (see replacement.s);
#                                    returns how many pages the caller has been given on demand
#       6  exit(code)                end; does not return. The kernel reports a code that is not 0
#       7  wait(pid)                 sleep until that process has ended; returns 0, or -1 if there never was one

        .equ    SYSTEM_CALLS,   8               # length of the table that follows
        .equ    BUFFER_SIZE,    64

        .section .rodata
        .balign 4
system_calls:
        .word   system_call_refused             # 0 is not a system call
        .word   sys_write
        .word   sys_getpid
        .word   sys_fork
        .word   sys_sleep
        .word   sys_pages
        .word   sys_exit
        .word   sys_wait

        .section .bss
buffer:
        .space  BUFFER_SIZE                     # what comes from a program, or goes to one

        .section .text

# system_call: the current process (s0) executed ecall.
system_call:
        lw      t0, P_PC(s0)
        addi    t0, t0, 4                       # sepc names the ecall itself: go on after it
        sw      t0, P_PC(s0)

        li      a0, -1                          # the answer to a number that does not exist
        lw      t0, P_A7(s0)
        li      t1, SYSTEM_CALLS
        bgeu    t0, t1, system_call_done        # unsigned: this catches negative numbers, too
        la      t1, system_calls
        slli    t0, t0, 2
        add     t0, t0, t1
        lw      t0, 0(t0)
        lw      a0, P_A0(s0)
        lw      a1, P_A1(s0)
        jalr    t0                              # the functions below: arguments in a0 and a1, answer in a0
system_call_done:
        sw      a0, P_A0(s0)                    # the saved a0: resume loads it
        j       resume

system_call_refused:
        li      a0, -1
        ret

# write(a0 address, a1 length). Piece by piece: the bytes come into the kernel's buffer, and are printed from there.
# If a later piece turns out to be unreadable the earlier ones have been printed.
sys_write:
        mv      t0, a0
        mv      a2, a1
        jal     t2, in_user_part
        beqz    t0, system_call_refused
        addi    sp, sp, -32
        sw      ra, 28(sp)
        sw      s1, 24(sp)
        sw      s2, 20(sp)
        sw      s3, 16(sp)
        mv      s1, a0                          # s1 = where the next piece is
        mv      s2, a1                          # s2 = how much is left
1:
        beqz    s2, 3f
        li      s3, BUFFER_SIZE                 # s3 = length of this piece
        bgeu    s2, s3, 2f
        mv      s3, s2
2:
        la      a0, buffer
        mv      a1, s1
        mv      a2, s3
        call    copy_from_user
        bnez    a0, 4f
        add     s1, s1, s3
        sub     s2, s2, s3
        la      a0, buffer
        mv      a1, s3
        call    print_bytes
        j       1b
3:
        lw      a0, P_A1(s0)
4:
        lw      ra, 28(sp)
        lw      s1, 24(sp)
        lw      s2, 20(sp)
        lw      s3, 16(sp)
        addi    sp, sp, 32
        ret

# getpid()
sys_getpid:
        lw      a0, P_PID(s0)
        ret

# fork()
sys_fork:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s1, 8(sp)
        call    process_create
        mv      s1, a0                          # s1 = the child
        li      a0, -1
        beqz    s1, 2f

        mv      t0, s0
        mv      t1, s1
        addi    t2, s0, 128                     # all registers and the pc
1:
        lw      t3, 0(t0)
        sw      t3, 0(t1)
        addi    t0, t0, 4
        addi    t1, t1, 4
        bltu    t0, t2, 1b
        sw      zero, P_A0(s1)                  # the child's answer
        .irp    offset, P_NAME, P_NAME+4, P_NAME+8, P_RESIDENT, P_HAND
        lw      t0, \offset(s0)
        sw      t0, \offset(s1)
        .endr
        mv      a0, s1
        call    space_fork
        li      t0, STATE_READY
        sw      t0, P_STATE(s1)
        lw      a0, P_PID(s1)                   # the parent's answer
2:
        lw      ra, 12(sp)
        lw      s1, 8(sp)
        addi    sp, sp, 16
        ret

# sleep(a0 ticks). Wakes at time + ticks * 2**TICK_SHIFT, computed in 64 bits.
sys_sleep:
        srli    s1, a0, 32 - TICK_SHIFT
        slli    s2, a0, TICK_SHIFT
        call    clock_now                       # a0 = low half, a1 = high half
        add     t0, a0, s2
        sltu    t1, t0, a0                      # the carry
        add     a1, a1, s1
        add     a1, a1, t1
        sw      t0, P_WAKE_LOW(s0)
        sw      a1, P_WAKE_HIGH(s0)
        li      t0, STATE_ASLEEP
        sw      t0, P_STATE(s0)
        sw      zero, P_A0(s0)
        j       schedule

# pages(a0 address). The answer is counted before the letters are written: that may itself need a new page.
sys_pages:
        addi    sp, sp, -16
        sw      ra, 12(sp)
        sw      s1, 8(sp)
        lw      s1, P_FILLED(s0)
        la      a0, buffer
        call    describe_heap
        lw      a0, P_A0(s0)
        la      a1, buffer
        li      a2, HEAP_PAGES
        call    copy_to_user
        bnez    a0, 1f
        mv      a0, s1
1:
        lw      ra, 12(sp)
        lw      s1, 8(sp)
        addi    sp, sp, 16
        ret

# exit(a0 code)
sys_exit:
        beqz    a0, 1f
        mv      s1, a0
        call    print_process
        la      a0, text_ended_with
        call    print
        mv      a0, s1
        call    print_hex
        la      a0, text_newline
        call    print
1:
        call    end_process
        j       schedule

# wait(a0 pid)
sys_wait:
        lw      t0, P_PID(s0)
        beq     a0, t0, system_call_refused     # itself: that would be a long wait
        la      t0, last_pid
        lw      t0, 0(t0)
        addi    t1, a0, -1
        bgeu    t1, t0, system_call_refused     # there never was such a process; pid 0 makes t1 huge
        la      t2, processes
        la      t3, processes_end
1:
        lw      t0, P_PID(t2)
        bne     t0, a0, 2f
        lw      t0, P_STATE(t2)
        bnez    t0, 3f                          # there it is, and it has not ended
2:
        addi    t2, t2, P_SIZE
        bltu    t2, t3, 1b
        li      a0, 0                           # it has ended already
        ret
3:
        sw      a0, P_WAITS_FOR(s0)
        sw      zero, P_A0(s0)
        li      t0, STATE_WAITING
        sw      t0, P_STATE(s0)
        j       schedule                        # end_process makes us READY again

        .section .rodata
text_ended_with:
        .asciz  ") ended with code "
