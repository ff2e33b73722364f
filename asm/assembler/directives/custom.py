"""``.insn``: an instruction given by its format and fields, or by its bits.

The formats are rows like those of the instruction table, so that they are matched and encoded by the
same means. Source: the GNU assembler's manual, "RISC-V Instruction Formats".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from asm.assembler.directives.arguments import Handler, check_count, number_of
from asm.assembler.encoder import encode_form, operand_values
from asm.assembler.expression import Expression
from asm.assembler.forms import Form, direct_form
from asm.assembler.matching import choose
from asm.assembler.misuse import expected_forms
from asm.assembler.source import Statement
from asm.assembler.syntax import Attribute, Operand, Parsed
from asm.assembler.unit import SourceError, Unit
from asm.isa.instruction import Instruction


def _format(operands: str, layout: str) -> Form:
    return direct_form(Instruction(".insn", operands, layout, "pass", "", "custom"))


_I = "imm[11:0] rs1 func3[2:0] rd opcode[6:0]"
_R = _format("opcode, func3, func7, rd, rs1, rs2", "func7[6:0] rs2 rs1 func3[2:0] rd opcode[6:0]")
_R4 = _format(
    "opcode, func3, func2, rd, rs1, rs2, rs3",
    "rs3[4:0] func2[1:0] rs2 rs1 func3[2:0] rd opcode[6:0]",
)
_B = _format(
    "opcode, func3, rs1, rs2, target",
    "target[12|10:5] rs2 rs1 func3[2:0] target[4:1|11] opcode[6:0]",
)
_J = _format("opcode, rd, target", "target[20|10:1|11|19:12] rd opcode[6:0]")

_FORMATS: Mapping[str, tuple[Form, ...]] = {
    "r": (_R, _R4),
    "r4": (_R4,),
    "i": (
        _format("opcode, func3, rd, rs1, imm", _I),
        _format("opcode, func3, rd, imm(rs1)", _I),
    ),
    "s": (
        _format(
            "opcode, func3, rs2, imm(rs1)",
            "imm[11:5] rs2 rs1 func3[2:0] imm[4:0] opcode[6:0]",
        ),
    ),
    "b": (_B,),
    "sb": (_B,),
    "u": (_format("opcode, rd, upper", "upper[31:12] rd opcode[6:0]"),),
    "j": (_J,),
    "uj": (_J,),
}

# The names of the major opcodes (unprivileged manual, table "RISC-V base opcode map").
_OPCODES: Mapping[str, int] = {
    "LOAD": 0x03, "LOAD_FP": 0x07, "CUSTOM_0": 0x0B, "MISC_MEM": 0x0F, "OP_IMM": 0x13,
    "AUIPC": 0x17, "OP_IMM_32": 0x1B, "STORE": 0x23, "STORE_FP": 0x27, "CUSTOM_1": 0x2B,
    "AMO": 0x2F, "OP": 0x33, "LUI": 0x37, "OP_32": 0x3B, "MADD": 0x43, "MSUB": 0x47,
    "NMSUB": 0x4B, "NMADD": 0x4F, "OP_FP": 0x53, "CUSTOM_2": 0x5B, "BRANCH": 0x63,
    "JALR": 0x67, "JAL": 0x6F, "SYSTEM": 0x73, "CUSTOM_3": 0x7B,
}  # fmt: skip

_RAW = ".insn 0x00000013"


def _insn(unit: Unit, statement: Statement, parsed: Parsed) -> None:
    operands = parsed.operands
    if not operands or not isinstance(operands[0], Attribute):
        _raw(unit, statement, parsed)
        return
    chosen = operands[0]
    forms = _FORMATS.get(chosen.name)
    if forms is None:
        raise SourceError(
            f'there is no instruction format "{chosen.name}"',
            chosen.start,
            chosen.end,
            ", ".join(_FORMATS),
        )
    fields = tuple(map(_with_opcode, operands[1:]))
    form = choose(forms, fields)
    if form is None:
        raise SourceError(
            f'the operands do not fit the format "{chosen.name}"',
            operands[1].start,
            operands[-1].end,
            expected_forms(forms).replace(".insn", f".insn {chosen.name}"),
        )
    values = operand_values(unit, statement, form, fields)
    encode_form(unit, statement, replace(parsed), form, values)


def _with_opcode(operand: Operand) -> Operand:
    if isinstance(operand, Expression) and operand.name and operand.name in _OPCODES:
        value = _OPCODES[operand.name]
        return Expression((value,), operand.start, operand.end, value)
    return operand


def _raw(unit: Unit, statement: Statement, parsed: Parsed) -> None:
    check_count(parsed, 1, 2, _RAW)
    operands = parsed.operands
    if len(operands) == 2:
        number_of(unit, statement, operands[0], ".insn 4, bits: instructions have 4 bytes", 4, 4)
    value = number_of(unit, statement, operands[-1], _RAW, 0, 0xFFFFFFFF)
    if value & 3 != 3 or value & 0x1F == 0x1F:
        raise SourceError(
            f"0x{value:x} is no instruction of 4 bytes",
            operands[-1].start,
            operands[-1].end,
            "bits that end in 11, but not in 11111",
        )
    unit.emit(value.to_bytes(4, "little"), statement, True)


DIRECTIVES: Mapping[str, Handler] = {".insn": _insn}
