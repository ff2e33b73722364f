"""From bits to text: an instruction as a person writes it, derived from its row.

By default the names are those GNU objdump chooses: ``ret`` for ``jalr zero, 0(ra)``, ``li``, ``mv``,
``beqz``, ``csrr``, the ABI names of registers, the names of CSRs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from asm.isa.csrs import CSRS_BY_NUMBER
from asm.isa.decode import Decoded, decode
from asm.isa.instruction import Instruction
from asm.isa.registers import ABI_NAMES
from asm.isa.width import MASK
from asm.program import Program

# What stands for an address: a label for it, or None.
SymbolOf = Callable[[int], str | None]


@dataclass(frozen=True, slots=True)
class Disassembly:
    """An instruction in words: `name` and `operands` as shown, and what a face may want besides.

    `row` is None for bits that are no instruction; they are shown as ``.word``. `target` is where a
    branch or jump with a fixed target leads. `exact` tells whether assembling the text gives the
    same bits back: some bits, such as the reserved fields of ``fence``, have no notation.
    """

    word: int
    name: str
    operands: str
    row: Instruction | None = None
    target: int | None = None
    exact: bool = True

    def __str__(self) -> str:
        return f"{self.name} {self.operands}".rstrip()


@dataclass(frozen=True, slots=True)
class Alias:
    """A second name of an instruction whose fields have the values of `fixed`."""

    name: str
    operands: str
    row: str
    fixed: Mapping[str, int]


_ZERO, _RA = 0, 1
_FENCE_ALL = 0b1111
_COUNTERS = {"cycle": 0xC00, "time": 0xC01, "instret": 0xC02}


def _read_counter(name: str, number: int) -> Alias:
    return Alias(f"rd{name}", "rd", "csrrs", {"csr": number, "rs1": _ZERO})


# The first that fits is taken: those with more fixed fields stand first.
ALIASES: tuple[Alias, ...] = (
    Alias("ret", "", "jalr", {"rd": _ZERO, "rs1": _RA, "imm": 0}),
    Alias("jr", "rs1", "jalr", {"rd": _ZERO, "imm": 0}),
    Alias("jr", "imm(rs1)", "jalr", {"rd": _ZERO}),
    Alias("jalr", "rs1", "jalr", {"rd": _RA, "imm": 0}),
    Alias("jalr", "imm(rs1)", "jalr", {"rd": _RA}),
    Alias("jalr", "rd, rs1", "jalr", {"imm": 0}),
    Alias("j", "target", "jal", {"rd": _ZERO}),
    Alias("jal", "target", "jal", {"rd": _RA}),
    Alias("nop", "", "addi", {"rd": _ZERO, "rs1": _ZERO, "imm": 0}),
    Alias("li", "rd, imm", "addi", {"rs1": _ZERO}),
    Alias("mv", "rd, rs1", "addi", {"imm": 0}),
    Alias("zext.b", "rd, rs1", "andi", {"imm": 255}),
    Alias("not", "rd, rs1", "xori", {"imm": -1}),
    Alias("neg", "rd, rs2", "sub", {"rs1": _ZERO}),
    Alias("seqz", "rd, rs1", "sltiu", {"imm": 1}),
    Alias("snez", "rd, rs2", "sltu", {"rs1": _ZERO}),
    Alias("sltz", "rd, rs1", "slt", {"rs2": _ZERO}),
    Alias("sgtz", "rd, rs2", "slt", {"rs1": _ZERO}),
    Alias("beqz", "rs1, target", "beq", {"rs2": _ZERO}),
    Alias("bnez", "rs1, target", "bne", {"rs2": _ZERO}),
    Alias("bltz", "rs1, target", "blt", {"rs2": _ZERO}),
    Alias("bgtz", "rs2, target", "blt", {"rs1": _ZERO}),
    Alias("blez", "rs2, target", "bge", {"rs1": _ZERO}),
    Alias("bgez", "rs1, target", "bge", {"rs2": _ZERO}),
    *(_read_counter(name, number) for name, number in _COUNTERS.items()),
    *(_read_counter(f"{name}h", number + 0x80) for name, number in _COUNTERS.items()),
    Alias("unimp", "", "csrrw", {"csr": _COUNTERS["cycle"], "rd": _ZERO, "rs1": _ZERO}),
    Alias("csrr", "rd, csr", "csrrs", {"rs1": _ZERO}),
    Alias("csrw", "csr, rs1", "csrrw", {"rd": _ZERO}),
    Alias("csrs", "csr, rs1", "csrrs", {"rd": _ZERO}),
    Alias("csrc", "csr, rs1", "csrrc", {"rd": _ZERO}),
    Alias("csrwi", "csr, zimm", "csrrwi", {"rd": _ZERO}),
    Alias("csrsi", "csr, zimm", "csrrsi", {"rd": _ZERO}),
    Alias("csrci", "csr, zimm", "csrrci", {"rd": _ZERO}),
    Alias("fence", "", "fence", {"pred": _FENCE_ALL, "succ": _FENCE_ALL}),
    Alias("sfence.vma", "", "sfence.vma", {"rs1": _ZERO, "rs2": _ZERO}),
    Alias("sfence.vma", "rs1", "sfence.vma", {"rs2": _ZERO}),
)


def _by_row() -> Mapping[str, tuple[Alias, ...]]:
    groups: dict[str, list[Alias]] = {}
    for alias in ALIASES:
        groups.setdefault(alias.row, []).append(alias)
    return {row: tuple(found) for row, found in groups.items()}


_ALIASES_BY_ROW = _by_row()
_FIELD = re.compile(r"[a-z][a-z0-9]*")
_FENCE_KINDS = "iorw"
_ORDERINGS = {(0, 0): "", (1, 0): ".aq", (0, 1): ".rl", (1, 1): ".aqrl"}


def disassemble(
    word: int, pc: int, symbol_of: SymbolOf | None = None, aliases: bool = True
) -> Disassembly:
    """Say in words what the 32 bits of `word`, standing at address `pc`, do.

    The target of a branch is shown as its address, followed by ``<label>`` if `symbol_of` knows one.
    Without `aliases` every instruction has the name of its row. Bits that are no instruction come
    back as ``.word``; nothing is raised.
    """

    def show(address: int) -> str:
        label = symbol_of(address) if symbol_of is not None else None
        return f"{address:#x} <{label}>" if label else f"{address:#x}"

    return describe(word, pc, show, aliases=aliases)


def describe(
    word: int, pc: int, show_target: Callable[[int], str], *, aliases: bool = True
) -> Disassembly:
    """As `disassemble`, with the target of a branch written as `show_target` says."""
    decoded = decode(word)
    if decoded is None:
        return Disassembly(word, ".word", f"{word:#010x}")
    row, fields = decoded.row, decoded.fields
    target = (pc + fields["target"]) & MASK if "target" in fields else None
    name, operands = row.name, row.operands
    if aliases and (alias := _alias(decoded)) is not None:
        name, operands = alias.name, alias.operands
    elif "aq" in fields:
        name += _ORDERINGS[fields["aq"], fields["rl"]]

    def text(field: str) -> str:
        if field == "target" and target is not None:
            return show_target(target)
        return _operand(field, fields[field])

    shown = _FIELD.sub(lambda found: text(found[0]), operands)
    return Disassembly(word, name, shown, row, target, _is_exact(decoded))


def label_finder(program: Program) -> SymbolOf:
    """Return the `symbol_of` for a program: its labels, ``label+0x8`` for places behind one."""

    def symbol_of(address: int) -> str | None:
        found = program.label_at(address)
        if found is None:
            return None
        symbol, distance = found
        return f"{symbol.name}+{distance:#x}" if distance else symbol.name

    return symbol_of


def _alias(decoded: Decoded) -> Alias | None:
    fields = decoded.fields
    for alias in _ALIASES_BY_ROW.get(decoded.row.name, ()):
        if all(fields[name] == value for name, value in alias.fixed.items()):
            return alias
    return None


def _operand(field: str, value: int) -> str:
    """Write a field's value as an operand; `upper` is the 20-bit number that sources give."""
    if field in ("rd", "rs1", "rs2"):
        return ABI_NAMES[value]
    if field == "csr":
        row = CSRS_BY_NUMBER.get(value)
        return row.name if row is not None else f"{value:#x}"
    if field == "upper":
        return f"{value >> 12:#x}"
    if field in ("pred", "succ"):
        return _fence_kinds(value)
    return str(value)


def _fence_kinds(value: int) -> str:
    kinds = (kind for bit, kind in zip((8, 4, 2, 1), _FENCE_KINDS, strict=True) if value & bit)
    return "".join(kinds) or "0"


def _is_exact(decoded: Decoded) -> bool:
    fields = decoded.fields
    named = {*_FIELD.findall(decoded.row.operands), "aq", "rl"}
    if any(value for name, value in fields.items() if name not in named):
        return False
    return all(fields.get(name, 1) for name in ("pred", "succ"))
