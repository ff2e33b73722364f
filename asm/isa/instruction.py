"""One row of the instruction table: everything the project knows of an instruction.

The assembler, decoder, disassembler, help texts and every way of executing are derived from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from asm.isa.encoding import Encoding
from asm.isa.meaning import Statement, parse_meaning
from asm.isa.trapbits import TrapBit


@dataclass(frozen=True, slots=True)
class Needs:
    """The mode that a kernel instruction or CSR needs by the base specification.

    `privilege` is 3 for M, 1 for S. While the `mstatus` bit named `raised_by` is set, S is not
    enough either (TVM, TW and TSR, privileged specification 1.12, section 3.1.6.5).
    """

    privilege: int
    raised_by: str | None = None


@dataclass(frozen=True)
class Instruction:
    """A row: name, operand form, encoding, meaning (see `asm.isa.meaning`) and help text.

    `operands` is the assembly form, such as ``"rd, imm(rs1)"``; the names are fields of the
    encoding, and fields it does not name are zero. `kernel` is the trap bit of an instruction that
    is a kernel instruction whatever its operands (CSR instructions take theirs from the CSR).
    """

    name: str
    operands: str
    layout: str
    meaning: str
    summary: str
    extension: str
    kernel: TrapBit | None = None
    needs: Needs | None = None

    @cached_property
    def encoding(self) -> Encoding:
        """The parsed layout."""
        return Encoding.parse(self.layout)

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        """The parsed meaning."""
        return parse_meaning(self.meaning, self.name)

    @cached_property
    def form(self) -> str:
        """Name and operands as a person writes them: ``"lw rd, imm(rs1)"``."""
        return f"{self.name} {self.operands}".rstrip()
