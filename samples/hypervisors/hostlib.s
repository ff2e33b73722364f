# hostlib.s - what every program of hostos begins with.
#
#               .include "hostlib.s"
#               program  ticker             # the header; must come first
#       _start:
#               ...
#               host     HOST_EXIT
#
# What the calls do is told in the kernel: samples/guests/hostos/syscalls.s.
        .equ    HOST_WRITE,     1               # a0 = address, a1 = length
        .equ    HOST_EXIT,      2               # a0 = code
        .equ    HOST_YIELD,     3
        .equ    HOST_SLEEP,     4               # a1:a0 = until when
        .equ    HOST_CLOCK,     5               # answer: a1:a0
        .equ    HOST_MAP,       6               # a0 = space, a1 = address, a2 = own address, a3 = pages, a4 = rights
        .equ    HOST_SIGNALS,   7               # a0 = handler, a1 = frame, a2 = from, a3 = up to
        .equ    HOST_ALARM,     8               # a1:a0 = when, all ones: never
        .equ    HOST_RETURN,    9               # a0 = frame
        .equ    HOST_RUN,       10              # a0 = frame, a2:a1 = alarm; answer: mcause

        .equ    MAP_READ,       1 << 1          # what it may say of a page: the bits of a page table entry
        .equ    MAP_WRITE,      1 << 2
        .equ    MAP_EXECUTE,    1 << 3

        .include "abi.s"                        # where a process finds its memory, frames, headers

# program NAME: the header by which hostos recognizes a program. The program begins at its label _start.
        .macro  program name
        .section .text
        .globl  _start
header:
        .ascii  "HOST"
        .word   _start
        .asciz  "\name"
        .org    header + HEADER_SIZE
        .endm

# host NUMBER: ask the host kernel. Arguments in a0 to a4, answer in a0 (and a1, for the clock).
        .macro  host number
        li      a7, \number
        ecall
        .endm
