"""Expressions over the debugged machine, for conditions, watches, `goto` and `print`.

    a0 == 3 && mcause.CODE != 8        *word(sp + 4)        pc == "tinyos of vm1"::trap_entry

`compiling.compile_expression` reads one once, against a `names.Scope`; the `Expression` it returns is
evaluated as often as one likes, over anything that is `readable.Readable`: `live.LiveMachine` for the
machine. `completion.completions` proposes names.

Operands
    numbers             10  0x1f  0b101  017 and 0o17 (octal)  1_000_000  'c'  '\\n'
    registers           a0  x10  pc, and with a dollar sign: $a0
    CSRs and fields     mstatus  mstatus.MIE  mtvec.BASE (shifted down); trapmap is mtrapmap, and its
                        fields are the trap bits: trapmap.wrstatus
    the machine         ring (0, 1, 3)  mode (the mode bit)  instant (steps so far)  retired
    symbols             main  hypervisor::guest_left  "tinyos of vm1"::trap_entry: the value is the
                        address that the component was linked for. A bare name is the current
                        component's, else that of the only component that has it. Names of the machine
                        go before symbols; COMPONENT::NAME is always a symbol, $NAME never.

Functions
    word(A) half(A) byte(A)     memory at A as loads of the current mode see it; *word(A) is the same,
                                *A is word(A)
    pword(A) phalf(A) pbyte(A)  RAM at the physical address A, whoever may read it
    phys(A)                     the physical address where a load from A arrives in the current mode
    at(SYMBOL)                  the physical address where the symbol's component has it
    int(X) int16(X) int8(X)     X, or its low bits, with a sign; uint(X) without

Memory is only looked at: no A bit is set, and a device's register is an error, not a read.

Operators, with C's precedence: - ~ ! * (unary), * / %, + -, << >>, < <= > >=, == !=, &, ^, |, &&, ||,
?:. && || ?: evaluate no more than they need. Comparisons and logic give 1 or 0.

Numbers have the width of a register (32 bits), are unsigned and wrap: -1 is 0xffffffff. `instant`,
`retired` and numbers that need it have 64 bits, and so has what is computed with them; the narrower
operand is extended by its own sign, if it has one. What is computed with an int() is signed, as far as
the operator cares: comparisons, / and %; >> goes by its left operand. Other than in C, signed wins over
unsigned. / rounds towards zero and % has the sign of its left operand. A shift by the width or more
leaves nothing but the sign. A division by zero has no value: evaluation raises EvaluationError.
"""
