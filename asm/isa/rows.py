"""The instructions: one row each, with operands, encoding, meaning and summary.

Sources: the RISC-V unprivileged manual 20191213 (RV32I 2.1, M 2.0, A 2.1, Zicsr 2.0, Zifencei 2.0)
and the privileged manual 1.12. To add an instruction is to add a row.
"""

from __future__ import annotations

from asm.isa.instruction import Instruction, Needs
from asm.isa.trapbits import TrapBit


def _rows(extension: str, *rows: tuple[str, str, str, str, str]) -> tuple[Instruction, ...]:
    return tuple(Instruction(*row, extension=extension) for row in rows)


_BASE = _rows(
    "I",
    ("lui", "rd, upper", "upper[31:12] rd 0110111", "rd = upper",
     "Load a 20-bit constant into the upper bits of rd."),
    ("auipc", "rd, upper", "upper[31:12] rd 0010111", "rd = pc + upper",
     "Add a 20-bit constant, as upper bits, to the pc."),
    ("jal", "rd, target", "target[20|10:1|11|19:12] rd 1101111",
     "jump(pc + target)\nrd = pc + length",
     "Jump to target; rd gets the address after this instruction."),
    ("jalr", "rd, imm(rs1)", "imm[11:0] rs1 000 rd 1100111",
     "jump((rs1 + imm) & ~1)\nrd = pc + length",
     "Jump to rs1 + imm; rd gets the address after this instruction."),
    ("beq", "rs1, rs2, target", "target[12|10:5] rs2 rs1 000 target[4:1|11] 1100011",
     "if rs1 == rs2: jump(pc + target)", "Branch if rs1 equals rs2."),
    ("bne", "rs1, rs2, target", "target[12|10:5] rs2 rs1 001 target[4:1|11] 1100011",
     "if rs1 != rs2: jump(pc + target)", "Branch if rs1 differs from rs2."),
    ("blt", "rs1, rs2, target", "target[12|10:5] rs2 rs1 100 target[4:1|11] 1100011",
     "if signed(rs1) < signed(rs2): jump(pc + target)", "Branch if rs1 < rs2, signed."),
    ("bge", "rs1, rs2, target", "target[12|10:5] rs2 rs1 101 target[4:1|11] 1100011",
     "if signed(rs1) >= signed(rs2): jump(pc + target)", "Branch if rs1 >= rs2, signed."),
    ("bltu", "rs1, rs2, target", "target[12|10:5] rs2 rs1 110 target[4:1|11] 1100011",
     "if rs1 < rs2: jump(pc + target)", "Branch if rs1 < rs2, unsigned."),
    ("bgeu", "rs1, rs2, target", "target[12|10:5] rs2 rs1 111 target[4:1|11] 1100011",
     "if rs1 >= rs2: jump(pc + target)", "Branch if rs1 >= rs2, unsigned."),
    ("lb", "rd, imm(rs1)", "imm[11:0] rs1 000 rd 0000011",
     "rd = sext(load(rs1 + imm, 1), 8)", "Load a byte, sign-extended."),
    ("lh", "rd, imm(rs1)", "imm[11:0] rs1 001 rd 0000011",
     "rd = sext(load(rs1 + imm, 2), 16)", "Load a halfword, sign-extended."),
    ("lw", "rd, imm(rs1)", "imm[11:0] rs1 010 rd 0000011",
     "rd = sext(load(rs1 + imm, 4), 32)", "Load a word."),
    ("lbu", "rd, imm(rs1)", "imm[11:0] rs1 100 rd 0000011",
     "rd = load(rs1 + imm, 1)", "Load a byte, zero-extended."),
    ("lhu", "rd, imm(rs1)", "imm[11:0] rs1 101 rd 0000011",
     "rd = load(rs1 + imm, 2)", "Load a halfword, zero-extended."),
    ("sb", "rs2, imm(rs1)", "imm[11:5] rs2 rs1 000 imm[4:0] 0100011",
     "store(rs1 + imm, 1, rs2)", "Store the low byte of rs2."),
    ("sh", "rs2, imm(rs1)", "imm[11:5] rs2 rs1 001 imm[4:0] 0100011",
     "store(rs1 + imm, 2, rs2)", "Store the low halfword of rs2."),
    ("sw", "rs2, imm(rs1)", "imm[11:5] rs2 rs1 010 imm[4:0] 0100011",
     "store(rs1 + imm, 4, rs2)", "Store the low word of rs2."),
    ("addi", "rd, rs1, imm", "imm[11:0] rs1 000 rd 0010011",
     "rd = rs1 + imm", "Add a constant."),
    ("slti", "rd, rs1, imm", "imm[11:0] rs1 010 rd 0010011",
     "rd = signed(rs1) < imm", "Set rd to 1 if rs1 < imm, signed, else to 0."),
    ("sltiu", "rd, rs1, imm", "imm[11:0] rs1 011 rd 0010011",
     "rd = rs1 < unsigned(imm)", "Set rd to 1 if rs1 < imm, unsigned, else to 0."),
    ("xori", "rd, rs1, imm", "imm[11:0] rs1 100 rd 0010011",
     "rd = rs1 ^ unsigned(imm)", "Exclusive or with a constant."),
    ("ori", "rd, rs1, imm", "imm[11:0] rs1 110 rd 0010011",
     "rd = rs1 | unsigned(imm)", "Or with a constant."),
    ("andi", "rd, rs1, imm", "imm[11:0] rs1 111 rd 0010011",
     "rd = rs1 & unsigned(imm)", "And with a constant."),
    ("slli", "rd, rs1, shamt", "0000000 shamt rs1 001 rd 0010011",
     "rd = rs1 << shamt", "Shift left by a constant."),
    ("srli", "rd, rs1, shamt", "0000000 shamt rs1 101 rd 0010011",
     "rd = rs1 >> shamt", "Shift right by a constant, zeros come in."),
    ("srai", "rd, rs1, shamt", "0100000 shamt rs1 101 rd 0010011",
     "rd = signed(rs1) >> shamt", "Shift right by a constant, copies of the sign come in."),
    ("add", "rd, rs1, rs2", "0000000 rs2 rs1 000 rd 0110011",
     "rd = rs1 + rs2", "Add."),
    ("sub", "rd, rs1, rs2", "0100000 rs2 rs1 000 rd 0110011",
     "rd = rs1 - rs2", "Subtract."),
    ("sll", "rd, rs1, rs2", "0000000 rs2 rs1 001 rd 0110011",
     "rd = rs1 << (rs2 & (xlen - 1))", "Shift left."),
    ("slt", "rd, rs1, rs2", "0000000 rs2 rs1 010 rd 0110011",
     "rd = signed(rs1) < signed(rs2)", "Set rd to 1 if rs1 < rs2, signed, else to 0."),
    ("sltu", "rd, rs1, rs2", "0000000 rs2 rs1 011 rd 0110011",
     "rd = rs1 < rs2", "Set rd to 1 if rs1 < rs2, unsigned, else to 0."),
    ("xor", "rd, rs1, rs2", "0000000 rs2 rs1 100 rd 0110011",
     "rd = rs1 ^ rs2", "Exclusive or."),
    ("srl", "rd, rs1, rs2", "0000000 rs2 rs1 101 rd 0110011",
     "rd = rs1 >> (rs2 & (xlen - 1))", "Shift right, zeros come in."),
    ("sra", "rd, rs1, rs2", "0100000 rs2 rs1 101 rd 0110011",
     "rd = signed(rs1) >> (rs2 & (xlen - 1))", "Shift right, copies of the sign come in."),
    ("or", "rd, rs1, rs2", "0000000 rs2 rs1 110 rd 0110011",
     "rd = rs1 | rs2", "Or."),
    ("and", "rd, rs1, rs2", "0000000 rs2 rs1 111 rd 0110011",
     "rd = rs1 & rs2", "And."),
    ("fence", "pred, succ", "fm pred succ rs1 000 rd 0001111",
     "pass", "Order earlier accesses of the pred kinds before later ones of the succ kinds."),
    ("fence.tso", "", "1000 0011 0011 00000 000 00000 0001111",
     "pass", "Order earlier accesses before later ones, but for stores before loads."),
    ("ecall", "", "000000000000 00000 000 00000 1110011",
     "environment_call()", "Call the kernel: trap, the cause names the calling mode."),
    ("ebreak", "", "000000000001 00000 000 00000 1110011",
     "breakpoint_trap()", "Trap to the debugger: breakpoint."),
)  # fmt: skip

_FENCEI = _rows(
    "Zifencei",
    ("fence.i", "", "imm[11:0] rs1 001 rd 0001111",
     "fence_code()", "Make earlier stores visible to instruction fetches."),
)  # fmt: skip

# With rd = x0 a set or clear is no read, unless it does not write either: it has one trap class.
_CSR_MODIFY = """\
access = csr_access(csr, number(rd) != 0 or not {writes}, {writes})
old = csr_read(csr) if access & 1 else 0
if access & 2: csr_write(csr, {value})
if access & 1: rd = old
"""

_CSR = _rows(
    "Zicsr",
    ("csrrw", "rd, csr, rs1", "csr rs1 001 rd 1110011",
     "access = csr_access(csr, number(rd) != 0, 1)\n"
     "old = csr_read(csr) if access & 1 else 0\n"
     "if access & 2: csr_write(csr, rs1)\n"
     "if access & 1: rd = old",
     "Swap: rd gets the CSR, the CSR gets rs1."),
    ("csrrs", "rd, csr, rs1", "csr rs1 010 rd 1110011",
     _CSR_MODIFY.format(writes="number(rs1) != 0", value="csr_stored(csr) | rs1"),
     "rd gets the CSR, then the bits of rs1 are set in it."),
    ("csrrc", "rd, csr, rs1", "csr rs1 011 rd 1110011",
     _CSR_MODIFY.format(writes="number(rs1) != 0", value="csr_stored(csr) & ~rs1"),
     "rd gets the CSR, then the bits of rs1 are cleared in it."),
    ("csrrwi", "rd, csr, zimm", "csr zimm 101 rd 1110011",
     "access = csr_access(csr, number(rd) != 0, 1)\n"
     "old = csr_read(csr) if access & 1 else 0\n"
     "if access & 2: csr_write(csr, zimm)\n"
     "if access & 1: rd = old",
     "rd gets the CSR, the CSR gets a 5-bit constant."),
    ("csrrsi", "rd, csr, zimm", "csr zimm 110 rd 1110011",
     _CSR_MODIFY.format(writes="zimm != 0", value="csr_stored(csr) | zimm"),
     "rd gets the CSR, then the bits of a 5-bit constant are set in it."),
    ("csrrci", "rd, csr, zimm", "csr zimm 111 rd 1110011",
     _CSR_MODIFY.format(writes="zimm != 0", value="csr_stored(csr) & ~zimm"),
     "rd gets the CSR, then the bits of a 5-bit constant are cleared in it."),
)  # fmt: skip

_MULTIPLY = _rows(
    "M",
    ("mul", "rd, rs1, rs2", "0000001 rs2 rs1 000 rd 0110011",
     "rd = rs1 * rs2", "Multiply, low half."),
    ("mulh", "rd, rs1, rs2", "0000001 rs2 rs1 001 rd 0110011",
     "rd = signed(rs1) * signed(rs2) >> xlen", "Multiply signed by signed, high half."),
    ("mulhsu", "rd, rs1, rs2", "0000001 rs2 rs1 010 rd 0110011",
     "rd = signed(rs1) * rs2 >> xlen", "Multiply signed by unsigned, high half."),
    ("mulhu", "rd, rs1, rs2", "0000001 rs2 rs1 011 rd 0110011",
     "rd = rs1 * rs2 >> xlen", "Multiply unsigned by unsigned, high half."),
    ("div", "rd, rs1, rs2", "0000001 rs2 rs1 100 rd 0110011",
     "rd = -1 if rs2 == 0 else quotient(signed(rs1), signed(rs2))",
     "Divide, signed, towards zero; -1 for a division by zero."),
    ("divu", "rd, rs1, rs2", "0000001 rs2 rs1 101 rd 0110011",
     "rd = -1 if rs2 == 0 else quotient(rs1, rs2)",
     "Divide, unsigned; all ones for a division by zero."),
    ("rem", "rd, rs1, rs2", "0000001 rs2 rs1 110 rd 0110011",
     "rd = rs1 if rs2 == 0 else remainder(signed(rs1), signed(rs2))",
     "Remainder, with the sign of rs1; rs1 for a division by zero."),
    ("remu", "rd, rs1, rs2", "0000001 rs2 rs1 111 rd 0110011",
     "rd = rs1 if rs2 == 0 else remainder(rs1, rs2)",
     "Remainder, unsigned; rs1 for a division by zero."),
)  # fmt: skip


def _amo(name: str, code: str, new: str, summary: str) -> tuple[str, str, str, str, str]:
    meaning = (
        f"place = amo_address(rs1, 4)\nold = read(place, 4)\nwrite(place, 4, {new})\nrd = sext(old, 32)"
    )
    return (name, "rd, rs2, (rs1)", f"{code} aq rl rs2 rs1 010 rd 0101111", meaning, summary)


_ATOMIC = _rows(
    "A",
    ("lr.w", "rd, (rs1)", "00010 aq rl 00000 rs1 010 rd 0101111",
     "rd = sext(load_reserved(rs1, 4), 32)", "Load a word and reserve its place."),
    ("sc.w", "rd, rs2, (rs1)", "00011 aq rl rs2 rs1 010 rd 0101111",
     "rd = store_conditional(rs1, 4, rs2)",
     "Store a word if the reservation holds; rd is 0 for success, 1 for failure."),
    _amo("amoswap.w", "00001", "rs2", "Swap rs2 with a word of memory."),
    _amo("amoadd.w", "00000", "old + rs2", "Add rs2 to a word of memory."),
    _amo("amoxor.w", "00100", "old ^ rs2", "Exclusive or of rs2 into a word of memory."),
    _amo("amoand.w", "01100", "old & rs2", "And of rs2 into a word of memory."),
    _amo("amoor.w", "01000", "old | rs2", "Or of rs2 into a word of memory."),
    _amo("amomin.w", "10000", "old if sext(old, 32) < sext(rs2, 32) else rs2",
         "Keep the lesser of rs2 and a word of memory, signed."),
    _amo("amomax.w", "10100", "rs2 if sext(old, 32) < sext(rs2, 32) else old",
         "Keep the greater of rs2 and a word of memory, signed."),
    _amo("amominu.w", "11000", "old if old < rs2 else rs2",
         "Keep the lesser of rs2 and a word of memory, unsigned."),
    _amo("amomaxu.w", "11100", "rs2 if old < rs2 else old",
         "Keep the greater of rs2 and a word of memory, unsigned."),
)  # fmt: skip

_PRIVILEGED = (
    Instruction(
        "mret", "", "0011000 00010 00000 000 00000 1110011",
        "if permit(): return_from_trap(3)",
        "Return from a trap to M: the pc comes from mepc, the mode from mstatus.MPP.",
        "privileged", TrapBit.MRET, Needs(3),
    ),
    Instruction(
        "sret", "", "0001000 00010 00000 000 00000 1110011",
        "if permit(): return_from_trap(1)",
        "Return from a trap to S: the pc comes from sepc, the mode from mstatus.SPP.",
        "privileged", TrapBit.SRET, Needs(1, "TSR"),
    ),
    Instruction(
        "wfi", "", "0001000 00101 00000 000 00000 1110011",
        "if permit(): wait_for_interrupt()",
        "Wait until an interrupt that mie enables is pending.",
        "privileged", TrapBit.WFI, Needs(1, "TW"),
    ),
    Instruction(
        "sfence.vma", "rs1, rs2", "0001001 rs2 rs1 000 00000 1110011",
        "if permit(): fence_translations(rs1, rs2)",
        "Order earlier writes of page tables before later translations.",
        "privileged", TrapBit.SFENCE, Needs(1, "TVM"),
    ),
)  # fmt: skip

INSTRUCTIONS: tuple[Instruction, ...] = (
    *_BASE, *_FENCEI, *_CSR, *_MULTIPLY, *_ATOMIC, *_PRIVILEGED,
)  # fmt: skip
