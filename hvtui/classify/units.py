"""What is tried: every instruction of the table, with every CSR and in every form that matters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from asm.disassembly.disassembler import disassemble
from asm.isa.csrs import CSRS, CsrRow
from asm.isa.instruction import Instruction
from asm.isa.rows import INSTRUCTIONS
from hvtui.classify.states import CODE
from hvtui.machine.generations import Generation

# The registers of every unit: a result, an address, a value. The others are never named.
RESULT, ADDRESS, VALUE = 10, 11, 12

_REGISTERS = {"rd": RESULT, "rs1": ADDRESS, "rs2": VALUE}
# Small and aligned for every row that has them: offsets, shift distances. Of bits to set or clear, all.
_NUMBERS = {"imm": 8, "target": 8, "upper": 0x5000, "shamt": 3, "zimm": 31, "pred": 3, "succ": 3}

# Of a family whose members all read as a constant, these forms are enough: a read, a write, both.
_FEW_FORMS = (("csrrs", 1, 0), ("csrrw", 0, 1), ("csrrw", 1, 1), ("csrrwi", 0, 1))


@dataclass(frozen=True, slots=True)
class Unit:
    """An instruction with operands, as a person writes it, and the CSR that it accesses, if any."""

    text: str
    row: Instruction
    word: int
    csr: CsrRow | None = None


def units(generation: Generation) -> Iterator[Unit]:
    """Yield all units of a CPU of `generation`, in the order of the tables."""
    for row in INSTRUCTIONS:
        if "csr" not in row.encoding.fields:
            yield from _forms_of(row)
    for csr in CSRS:
        if _exists(csr, generation):
            for row in INSTRUCTIONS:
                if "csr" in row.encoding.fields:
                    yield from _accesses(row, csr)


def _exists(csr: CsrRow, generation: Generation) -> bool:
    wanted = {None: True, "trapmap": generation.has_trapmap, "mvmcb": generation.has_mvmcb}
    return wanted[csr.only_on]


def _forms_of(row: Instruction) -> Iterator[Unit]:
    """Yield the row with operands, and once more with its result thrown away."""
    yield _unit(row, {})
    if "rd" in _named(row):
        yield _unit(row, {"rd": 0})


def _accesses(row: Instruction, csr: CsrRow) -> Iterator[Unit]:
    """Yield the forms of a CSR instruction: with and without a result, with and without a source."""
    source = "zimm" if "zimm" in row.encoding.fields else "rs1"
    is_one_of_many = (csr.write_mask == 0 and csr.name[-1].isdigit()) or csr.name.startswith("hpm")
    for has_result in (0, 1):
        for has_source in (0, 1):
            if is_one_of_many and (row.name, has_result, has_source) not in _FEW_FORMS:
                continue
            fields = {"csr": csr.number, "rs1": VALUE}
            if not has_result:
                fields["rd"] = 0
            if not has_source:
                fields[source] = 0
            yield _unit(row, fields, csr)


def _unit(row: Instruction, given: dict[str, int], csr: CsrRow | None = None) -> Unit:
    named = _named(row)
    fields = {
        name: given.get(name, _REGISTERS.get(name, _NUMBERS.get(name, 0)) if name in named else 0)
        for name in row.encoding.fields
    }
    word = row.encoding.encode(fields)
    return Unit(str(disassemble(word, CODE)), row, word, csr)


def _named(row: Instruction) -> frozenset[str]:
    """Return the fields that a person writes; the others are 0."""
    return frozenset(re.findall(r"\w+", row.operands))
