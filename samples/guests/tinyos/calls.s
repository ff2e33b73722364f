# tinyos/calls.s - which function does which system call. tinyos/syscalls.s says what each means to a program.

        .equ    SYSTEM_CALLS,   8               # length of the table that follows

        .section .rodata
        .balign 4
system_calls:
        .word   system_call_refused             # 0 is not a system call
        .word   sys_write
        .word   sys_getpid
        .word   sys_yield
        .word   sys_sleep
        .word   sys_uptime
        .word   sys_exit
        .word   sys_wait
