# tinyos-pv/instead.s - what stands instead of tinyos' kernel instructions: macros of the same names.
#
# The files of the kernel that are included after this one still say `csrr t0, mepc`. But that is no instruction any
# more: the assembler writes down what stands here. There are three kinds:
#
#       CSRs            a word in the shared page, read and written without anybody's help
#       mret, wfi       a hypercall
#       sfence.vma      nothing: the hypervisor does it
#
# A real kernel does it in the same way: Linux writes such places as macros, which are the instruction on the bare
# machine and something else above a hypervisor.
#
# Some need a register of their own: they overwrite t5 and t6. tinyos uses neither.

# csrr RD, CSR
        .macro  csrr rd, csr
        lui     \rd, %hi(PAGE)
        lw      \rd, PAGE_\csr(\rd)
        .endm

# csrw CSR, RS. With UNBATCHED, which a machine file may define, each write is told to the hypervisor at once, to see
# what the batch is worth.
        .ifndef UNBATCHED
        .equ    UNBATCHED, 0
        .endif
        .macro  csrw csr, rs
        lui     t6, %hi(PAGE)
        sw      \rs, PAGE_\csr(t6)
        .if     UNBATCHED
        hypercall CALL_LOOK
        .endif
        .endm

# csrrw RD, CSR, RS: exchange. The one at the entry of trap_entry has been done already: there is no register
# free yet, so it comes with the trap.
        .macro  csrrw rd, csr, rs
        .ifnc   \rd, sp
        lui     t6, %hi(PAGE)
        lw      \rd, PAGE_\csr(t6)
        sw      \rs, PAGE_\csr(t6)
        .endif
        .endm

# hypercall NUMBER: no register changes but t5 and t6.
        .macro  hypercall number
        lui     t6, %hi(PAGE)
        li      t5, \number
        sw      t5, PAGE_CALL(t6)
        ecall
        .endm

        .macro  mret                            # PAGE_CALL is 0, CALL_RETURN: there is no register free to say so
        ecall
        .endm

        .macro  wfi
        hypercall CALL_WAIT
        .endm

        .macro  sfence.vma
        .endm
