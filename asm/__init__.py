"""asm: the language of the machine.

The instruction table, an assembler for the GNU dialect of RISC-V, its diagnostics, a disassembler,
and `Program`, the result: bytes, symbols and the way back to the source. It serves alone
(``python -m asm prog.s -o prog.elf``) and depends on nothing of hvtui.
"""
