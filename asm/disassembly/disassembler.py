"""From bits to text: an instruction as a person writes it, derived from its row.

By default the names are those GNU objdump chooses: ``ret`` for ``jalr zero, 0(ra)``, ``li``, ``mv``,
``beqz``, ``csrr``, the ABI names of registers, the names of CSRs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from asm.isa.csrs import CSRS_BY_NAME, CSRS_BY_NUMBER
from asm.isa.decode import INSTRUCTIONS_BY_NAME, Decoded, decode
from asm.isa.instruction import Instruction
from asm.isa.meaning import REGISTER_FIELDS
from asm.isa.pseudo import PSEUDO_INSTRUCTIONS, PseudoInstruction
from asm.isa.registers import ABI_NAMES, REGISTER_NUMBERS
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


_FIELD = re.compile(r"[a-z][a-z0-9]*")
_SEPARATORS = re.compile(r"[\s,()]+")
_FENCE_KINDS = {"i": 8, "o": 4, "r": 2, "w": 1}
_ORDERINGS = {(0, 0): "", (1, 0): ".aq", (0, 1): ".rl", (1, 1): ".aqrl"}


def _aliases() -> Mapping[str, tuple[Alias, ...]]:
    """The second names of each row, those that fix more fields first, else in the table's order.

    They are the pseudo-instructions that stand for one instruction and fix some of its fields; one
    that fixes none, such as ``bgt`` for ``blt``, would only be another spelling.
    """
    found = [alias for row in PSEUDO_INSTRUCTIONS if (alias := _alias_of(row)) is not None]
    groups: dict[str, list[Alias]] = {}
    for alias in sorted(found, key=lambda alias: -len(alias.fixed)):
        groups.setdefault(alias.row, []).append(alias)
    return {row: tuple(aliases) for row, aliases in groups.items()}


def _alias_of(pseudo: PseudoInstruction) -> Alias | None:
    if pseudo.form == "li rd, value":
        # What li becomes depends on the number: for a small one it is an addi.
        return Alias("li", "rd, imm", "addi", {"rs1": 0})
    if len(pseudo.expansion) != 1 or "%" in pseudo.expansion[0]:
        return None
    name, _, operands = pseudo.expansion[0].partition(" ")
    row = INSTRUCTIONS_BY_NAME[name]
    fixed: dict[str, int] = {}
    for field, text in zip(_parts(row.operands), _parts(operands), strict=True):
        if text != field:
            value = _fixed_value(field, text)
            if value is None:
                return None
            fixed[field] = value
    return Alias(pseudo.name, pseudo.operands, name, fixed) if fixed else None


def _parts(operands: str) -> list[str]:
    return [part for part in _SEPARATORS.split(operands) if part]


def _fixed_value(field: str, text: str) -> int | None:
    """The value that an operand of an expansion gives to a field; None for another operand's name."""
    if field in REGISTER_FIELDS:
        return REGISTER_NUMBERS.get(text)
    if field == "csr":
        row = CSRS_BY_NAME.get(text)
        return row.number if row is not None else None
    if field in ("pred", "succ") and set(text) <= _FENCE_KINDS.keys():
        return sum(_FENCE_KINDS[kind] for kind in text)
    try:
        return int(text, 0)
    except ValueError:
        return None


_ALIASES_BY_ROW = _aliases()


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
    alias = _alias(decoded) if aliases else None
    if alias is not None:
        name, operands = alias.name, alias.operands
    elif "aq" in fields:
        name += _ORDERINGS[fields["aq"], fields["rl"]]

    def text(field: str) -> str:
        if field == "target" and target is not None:
            return show_target(target)
        return _operand(field, fields[field])

    shown = _FIELD.sub(lambda found: text(found[0]), operands)
    return Disassembly(word, name, shown, row, target, _is_exact(decoded, alias))


def label_finder(program: Program) -> SymbolOf:
    """Return the `symbol_of` for a program: its labels, ``label+0x8`` for places behind one."""

    def symbol_of(address: int) -> str | None:
        found = program.label_at(address)
        if found is None:
            return None
        symbol, distance = found
        return f"{symbol.name}+{distance:#x}" if distance else symbol.name

    return symbol_of


def value_of_pair(previous: int, word: int, pc: int) -> int | None:
    """Return the address or number that two instructions make together, or None if they make none.

    `previous` is an auipc or lui at `pc` - 4, `word` adds the low part: an addi, a load, a store or
    a jalr.
    """
    first, second = decode(previous), decode(word)
    if first is None or second is None or first.row.name not in ("auipc", "lui"):
        return None
    adds = second.row.name == "addi" or "imm(rs1)" in second.row.operands
    if not adds or not first.fields["rd"] or second.fields["rs1"] != first.fields["rd"]:
        return None
    base = pc - first.row.encoding.length if first.row.name == "auipc" else 0
    return (base + first.fields["upper"] + second.fields["imm"]) & MASK


def _alias(decoded: Decoded) -> Alias | None:
    fields = decoded.fields
    for alias in _ALIASES_BY_ROW.get(decoded.row.name, ()):
        if all(fields[name] == value for name, value in alias.fixed.items()):
            return alias
    return None


def _operand(field: str, value: int) -> str:
    """Write a field's value as an operand; `upper` is the 20-bit number that sources give."""
    if field in REGISTER_FIELDS:
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
    return "".join(kind for kind, bit in _FENCE_KINDS.items() if value & bit) or "0"


def _is_exact(decoded: Decoded, alias: Alias | None) -> bool:
    fields = decoded.fields
    named = {*_FIELD.findall(decoded.row.operands), "aq", "rl"}
    if any(value for name, value in fields.items() if name not in named):
        return False
    # No letter stands for an empty set of accesses; only `pause` has one.
    fixed = alias.fixed if alias is not None else {}
    return all(fields[name] or name in fixed for name in ("pred", "succ") if name in fields)
