# What compilers and people write for other tools.
        .file   "remarks.c"
        .option nopic
        .option push
        .option norvc
        .option norelax
        .option arch, +m
        .option pop
        .attribute arch, "rv32ima"
        .attribute unaligned_access, 0
        .attribute stack_align, 16
        .text
        .align  2
        .globl  main
        .hidden helper
        .internal inner
        .protected outer
        .type   main, @function
main:
        .file   1 "remarks.c"
        .loc    1 3 5
        .cfi_sections .debug_frame
        .cfi_startproc
        addi    sp, sp, -16
        .cfi_def_cfa_offset 16
        sw      ra, 12(sp)
        .cfi_offset 1, -4
        .cfi_remember_state
        lw      ra, 12(sp)
        .cfi_restore 1
        .cfi_restore_state
        addi    sp, sp, 16
        .cfi_def_cfa_offset 0
        ret
        .cfi_endproc
        .size   main, . - main
helper: inner: outer:
        .ident  "a compiler"
        .version "1"
        .print  "hello"
        .list
        .nolist
        .title  "a title"
        .sbttl  "a subtitle"
        .psize  60
        .eject
        .line   5
