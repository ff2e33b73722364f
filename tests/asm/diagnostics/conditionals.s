# Conditionals that do not match.
        .else
        .endif
        .if     1
        .else
        .else
        .elseif 1
        .endif
        .if
        .endif
        .ifdef
        .endif
        .ifdef  1 + 2
        .endif
        .ifc    a
        .endif
        .ifeqs  a, b
        .endif
        .if     0
        what is not read is not wrong "
        .endif
        .error  "this machine is too small"
        .error
        .fail
        .option rvc
        .option pic
        .option norelaxx
        .float  1.5
        .octa   5
        .insn   q 0x33, 1
        .insn   r 0x33, 0, a0
        .insn   0x12
        .ifdef  conditionals
        .if     1
