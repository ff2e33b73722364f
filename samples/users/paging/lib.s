# paging/lib.s - what every pagingos program begins with: the numbers of the system calls, the map, and a few
# macros.
#
#               .include "paging/lib.s"
#               program  forker             # the header; must come first
#       _start:
#               ...
#               system   SYS_EXIT
#
# Every program is linked for the same address, USER, although all of them are in memory at the same time. Its code
# can be executed, and nothing else: what it wants to read goes to .rodata, what it wants to write to .data.

        .equ    SYS_WRITE,      1               # a0 = address, a1 = length
        .equ    SYS_GETPID,     2               # answer: the process's number
        .equ    SYS_FORK,       3               # answer: the child's number; to the child 0
        .equ    SYS_SLEEP,      4               # a0 = ticks
        .equ    SYS_PAGES,      5               # a0 = address for HEAP_PAGES letters; answer: pages given on demand
        .equ    SYS_EXIT,       6               # a0 = code, 0 if all is well
        .equ    SYS_WAIT,       7               # a0 = number of a process

        .equ    USER,           0x40000000      # where the program begins
        .equ    HEAP,           0x40100000
        .equ    HEAP_PAGES,     6
        .equ    SHARED,         0x40200000      # a page that parent and child share
        .equ    PAGE_SIZE,      0x1000

# program NAME: the header by which the kernel recognizes a program. The kernel's file pagingos.s describes it. The
# program begins at its label _start.
        .macro  program name
        .section .text
        .globl  _start
        .ascii  "PAGE"
        .word   _start
        .word   constants
        .word   data
        .word   constants                       # the name comes first

        .section .rodata
        .balign PAGE_SIZE
constants:
        .asciz  "\name"
        .balign 16
        .section .data
        .balign PAGE_SIZE
data:
        .word   0                               # the page is there even if the program has nothing to put in
        .section .text
        .endm

# system NUMBER: ask the kernel. Arguments in a0 and a1, answer in a0.
        .macro  system number
        li      a7, \number
        ecall
        .endm

# wait_for N: sleep until the process that comes N places before this one has ended (if there is one). This is how
# the programs take turns on the console: whatever the speed of the machine, their lines come in the same order.
        .macro  wait_for places
        system  SYS_GETPID
        addi    a0, a0, -\places
        system  SYS_WAIT
        .endm

# say LABEL: print the string at LABEL, which ends with a 0.
        .macro  say label
        la      a0, \label
        call    print
        .endm

# quit CODE: end.
        .macro  quit code
        li      a0, \code
        system  SYS_EXIT
        .endm
