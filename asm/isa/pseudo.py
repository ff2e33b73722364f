"""The pseudo-instructions: second names and short forms, and the instructions they stand for.

Source: the RISC-V assembly programmer's manual, and what GNU as makes of them. The operand names
of a row mean what they mean in the instruction table; `symbol` is an address, `value` any number of 32
bits. ``%pcrel_lo(symbol)`` belongs to the ``%pcrel_hi(symbol)`` of its row. To add one: add a row.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PseudoInstruction:
    """A row: name, operand form, the instructions it becomes, and help text.

    An empty `expansion` marks ``li``, whose instructions depend on the number (see
    `asm.assembler.encoder`).
    """

    name: str
    operands: str
    expansion: tuple[str, ...]
    summary: str

    @property
    def form(self) -> str:
        """Name and operands as a person writes them."""
        return f"{self.name} {self.operands}".rstrip()


def _row(name: str, operands: str, *rest: str) -> PseudoInstruction:
    return PseudoInstruction(name, operands, rest[:-1], rest[-1])


_MOVES = (
    _row("nop", "", "addi zero, zero, 0", "Do nothing."),
    _row("li", "rd, value", "Load a 32-bit number."),
    _row("li", "rd, %lo(symbol)", "addi rd, zero, %lo(symbol)", "Load the low part of an address."),
    _row("mv", "rd, rs1", "addi rd, rs1, 0", "Copy a register."),
    _row("move", "rd, rs1", "addi rd, rs1, 0", "Copy a register."),
    _row("not", "rd, rs1", "xori rd, rs1, -1", "Invert every bit."),
    _row("neg", "rd, rs2", "sub rd, zero, rs2", "Negate."),
    _row("seqz", "rd, rs1", "sltiu rd, rs1, 1", "Set rd to 1 if rs1 is zero, else to 0."),
    _row("snez", "rd, rs2", "sltu rd, zero, rs2", "Set rd to 1 if rs2 is not zero, else to 0."),
    _row("sltz", "rd, rs1", "slt rd, rs1, zero", "Set rd to 1 if rs1 < 0, else to 0."),
    _row("sgtz", "rd, rs2", "slt rd, zero, rs2", "Set rd to 1 if rs2 > 0, else to 0."),
    _row("sgt", "rd, rs2, rs1", "slt rd, rs1, rs2",
         "Set rd to 1 if the first is greater, signed, else to 0."),
    _row("sgtu", "rd, rs2, rs1", "sltu rd, rs1, rs2",
         "Set rd to 1 if the first is greater, unsigned, else to 0."),
    _row("sext.b", "rd, rs1", "slli rd, rs1, 24", "srai rd, rd, 24", "Sign-extend a byte."),
    _row("sext.h", "rd, rs1", "slli rd, rs1, 16", "srai rd, rd, 16", "Sign-extend a halfword."),
    _row("zext.b", "rd, rs1", "andi rd, rs1, 255", "Zero-extend a byte."),
    _row("zext.h", "rd, rs1", "slli rd, rs1, 16", "srli rd, rd, 16", "Zero-extend a halfword."),
)  # fmt: skip

_IMMEDIATE_NAMES = tuple(
    _row(name, f"rd, rs1, {operand}", f"{name}{suffix} rd, rs1, {operand}",
         f"The same as {name}{suffix}.")
    for name, suffix, operand in (
        ("add", "i", "imm"), ("and", "i", "imm"), ("or", "i", "imm"), ("xor", "i", "imm"),
        ("slt", "i", "imm"), ("sll", "i", "shamt"), ("srl", "i", "shamt"), ("sra", "i", "shamt"),
    )
)  # fmt: skip

_JUMPS = (
    _row("sltu", "rd, rs1, imm", "sltiu rd, rs1, imm", "The same as sltiu."),
    _row("j", "target", "jal zero, target", "Jump."),
    _row("jal", "target", "jal ra, target", "Call a function within 1 MiB."),
    _row("jr", "rs1", "jalr zero, 0(rs1)", "Jump to the address in a register."),
    _row("jr", "imm(rs1)", "jalr zero, imm(rs1)", "Jump to rs1 + imm."),
    _row("jr", "rs1, imm", "jalr zero, imm(rs1)", "Jump to rs1 + imm."),
    _row("jalr", "rs1", "jalr ra, 0(rs1)", "Call the function whose address is in a register."),
    _row("jalr", "imm(rs1)", "jalr ra, imm(rs1)", "Call the function at rs1 + imm."),
    _row("jalr", "rd, rs1", "jalr rd, 0(rs1)", "Jump to rs1; rd gets the address after it."),
    _row("jalr", "rs1, imm", "jalr ra, imm(rs1)", "Call the function at rs1 + imm."),
    _row("jalr", "rd, rs1, imm", "jalr rd, imm(rs1)",
         "Jump to rs1 + imm; rd gets the address after it."),
    _row("ret", "", "jalr zero, 0(ra)", "Return from a function."),
    _row("call", "symbol", "auipc ra, %pcrel_hi(symbol)", "jalr ra, %pcrel_lo(symbol)(ra)",
         "Call a function, however far."),
    _row("call", "rd, symbol", "auipc t1, %pcrel_hi(symbol)", "jalr rd, %pcrel_lo(symbol)(t1)",
         "Call a function, however far; rd gets the return address, t1 is lost."),
    _row("tail", "symbol", "auipc t1, %pcrel_hi(symbol)", "jalr zero, %pcrel_lo(symbol)(t1)",
         "Jump to a function, however far; t1 is lost."),
    _row("jump", "symbol, rt", "auipc rt, %pcrel_hi(symbol)", "jalr zero, %pcrel_lo(symbol)(rt)",
         "Jump, however far; rt is lost."),
    _row("beqz", "rs1, target", "beq rs1, zero, target", "Branch if rs1 is zero."),
    _row("bnez", "rs1, target", "bne rs1, zero, target", "Branch if rs1 is not zero."),
    _row("blez", "rs2, target", "bge zero, rs2, target", "Branch if the register <= 0."),
    _row("bgez", "rs1, target", "bge rs1, zero, target", "Branch if the register >= 0."),
    _row("bltz", "rs1, target", "blt rs1, zero, target", "Branch if the register < 0."),
    _row("bgtz", "rs2, target", "blt zero, rs2, target", "Branch if the register > 0."),
    _row("bgt", "rs2, rs1, target", "blt rs1, rs2, target",
         "Branch if the first is greater, signed."),
    _row("ble", "rs2, rs1, target", "bge rs1, rs2, target",
         "Branch if the first is less or equal, signed."),
    _row("bgtu", "rs2, rs1, target", "bltu rs1, rs2, target",
         "Branch if the first is greater, unsigned."),
    _row("bleu", "rs2, rs1, target", "bgeu rs1, rs2, target",
         "Branch if the first is less or equal, unsigned."),
)  # fmt: skip

_ADDRESSES = (
    _row("la", "rd, symbol", "auipc rd, %pcrel_hi(symbol)", "addi rd, rd, %pcrel_lo(symbol)",
         "Load an address."),
    _row("lla", "rd, symbol", "auipc rd, %pcrel_hi(symbol)", "addi rd, rd, %pcrel_lo(symbol)",
         "Load an address."),
    *(
        _row(name, "rd, symbol", "auipc rd, %pcrel_hi(symbol)",
             f"{name} rd, %pcrel_lo(symbol)(rd)", f"Load from a label{what}.")
        for name, what in (
            ("lb", ": a byte, sign-extended"), ("lbu", ": a byte, zero-extended"),
            ("lh", ": a halfword, sign-extended"), ("lhu", ": a halfword, zero-extended"),
            ("lw", ": a word"),
        )
    ),
    *(
        _row(name, "rs2, symbol, rt", "auipc rt, %pcrel_hi(symbol)",
             f"{name} rs2, %pcrel_lo(symbol)(rt)", f"Store {what} at a label; rt is lost.")
        for name, what in (("sb", "a byte"), ("sh", "a halfword"), ("sw", "a word"))
    ),
)  # fmt: skip

_SYSTEM = (
    _row("csrr", "rd, csr", "csrrs rd, csr, zero", "Read a CSR."),
    _row("csrw", "csr, rs1", "csrrw zero, csr, rs1", "Write a CSR."),
    _row("csrs", "csr, rs1", "csrrs zero, csr, rs1", "Set bits of a CSR."),
    _row("csrc", "csr, rs1", "csrrc zero, csr, rs1", "Clear bits of a CSR."),
    *(
        _row(name, "csr, zimm", f"{full} zero, csr, zimm", f"{what} of a CSR, from a 5-bit number.")
        for name, full, what in (
            ("csrwi", "csrrwi", "Write all"), ("csrw", "csrrwi", "Write all"),
            ("csrsi", "csrrsi", "Set bits"), ("csrs", "csrrsi", "Set bits"),
            ("csrci", "csrrci", "Clear bits"), ("csrc", "csrrci", "Clear bits"),
        )
    ),
    *(
        _row(name, "rd, csr, zimm", f"{name}i rd, csr, zimm", f"The same as {name}i.")
        for name in ("csrrw", "csrrs", "csrrc")
    ),
    *(
        _row(f"rd{counter}", "rd", f"csrrs rd, {counter}, zero", f"Read the {counter} counter.")
        for counter in ("cycle", "time", "instret", "cycleh", "timeh", "instreth")
    ),
    _row("fence", "", "fence iorw, iorw", "Order all earlier accesses before all later ones."),
    _row("pause", "", "fence w, 0", "Tell the hart that it waits in a loop."),
    _row("sfence.vma", "", "sfence.vma zero, zero", "Order all page-table writes."),
    _row("sfence.vma", "rs1", "sfence.vma rs1, zero", "Order page-table writes for one address."),
    _row("scall", "", "ecall", "The old name of ecall."),
    _row("sbreak", "", "ebreak", "The old name of ebreak."),
    _row("unimp", "", "csrrw zero, cycle, zero", "An instruction that is always illegal."),
)  # fmt: skip

PSEUDO_INSTRUCTIONS: tuple[PseudoInstruction, ...] = (
    *_MOVES, *_IMMEDIATE_NAMES, *_JUMPS, *_ADDRESSES, *_SYSTEM,
)  # fmt: skip
