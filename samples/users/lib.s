# lib.s - what every tinyos program begins with: the numbers of the system calls, and three macros.
#
#               .include "lib.s"
#               program  greeter            # the header; must come first
#       _start:
#               ...
#               system   SYS_EXIT
#
# Functions that print are in print.s.

        .equ    SYS_WRITE,      1               # a0 = address, a1 = length
        .equ    SYS_GETPID,     2               # answer: the process's number
        .equ    SYS_YIELD,      3
        .equ    SYS_SLEEP,      4               # a0 = ticks
        .equ    SYS_UPTIME,     5               # answer: ticks since the start
        .equ    SYS_EXIT,       6               # a0 = code, 0 if all is well
        .equ    SYS_WAIT,       7               # a0 = number of a process

        .equ    SHARED,         0x80030000      # one page that all programs can read and write:
        .equ    SHARED_SPINNING, 0              #   a word, not 0 when spinner has begun to spin
        .equ    SHARED_FREE,    4               #   a word, not 0 when spinner may stop

        .equ    HEADER_SIZE,    24

# program NAME: the header by which the kernel recognizes a program. The kernel's file tinyos.s describes it. The
# program begins at its label _start.
        .macro  program name
        .section .text
        .globl  _start
header:
        .ascii  "TINY"
        .word   _start - header
        .asciz  "\name"
        .org    header + HEADER_SIZE
        .endm

# system NUMBER: ask the kernel. Arguments in a0 and a1, answer in a0.
        .macro  system number
        li      a7, \number
        ecall
        .endm

# wait_for N: sleep until the process that comes N places before this one has ended (if there is one). This is how the
# programs take turns on the console: whatever the speed of the machine, their lines come in the same order.
        .macro  wait_for places
        system  SYS_GETPID
        addi    a0, a0, -\places
        system  SYS_WAIT
        .endm
