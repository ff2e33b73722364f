"""Operand forms: what each mnemonic takes and which instructions come of it.

Everything is derived from the instruction table and the table of pseudo-instructions: the kinds of
the operands, the words and the example that a diagnostic shows, and the fields each operand fills.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from asm.isa.csrs import CSRS_BY_NAME
from asm.isa.decode import INSTRUCTIONS_BY_NAME
from asm.isa.encoding import Field
from asm.isa.instruction import Instruction
from asm.isa.other_csrs import OTHER_CSR_NUMBERS
from asm.isa.pseudo import PSEUDO_INSTRUCTIONS, PseudoInstruction
from asm.isa.registers import REGISTER_NUMBERS
from asm.isa.rows import INSTRUCTIONS


class Kind(Enum):
    """What an operand may be."""

    REGISTER = auto()
    MEMORY = auto()
    ADDRESS = auto()
    NUMBER = auto()
    UPPER = auto()
    TARGET = auto()
    SYMBOL = auto()
    LOW = auto()
    VALUE = auto()
    CSR = auto()
    FENCE = auto()

    @property
    def words(self) -> str:
        """The kind as a person calls it."""
        return _WORDS[self]


_WORDS: Mapping[Kind, str] = {
    Kind.REGISTER: "a register",
    Kind.MEMORY: "an address such as 8(sp)",
    Kind.ADDRESS: "an address such as (sp)",
    Kind.NUMBER: "a number",
    Kind.UPPER: "a number of 20 bits or %hi(symbol)",
    Kind.TARGET: "a label",
    Kind.SYMBOL: "a label",
    Kind.LOW: "%lo(symbol)",
    Kind.VALUE: "a number",
    Kind.CSR: "a CSR",
    Kind.FENCE: "some of i, o, r, w in that order",
}

_KINDS: Mapping[str, Kind] = {
    **dict.fromkeys(("rd", "rs1", "rs2", "rs3", "rt"), Kind.REGISTER),
    **dict.fromkeys(("imm", "zimm", "shamt"), Kind.NUMBER),
    # Fields of .insn.
    **dict.fromkeys(("opcode", "func2", "func3", "func7"), Kind.NUMBER),
    "upper": Kind.UPPER,
    "target": Kind.TARGET,
    "symbol": Kind.SYMBOL,
    "%lo(symbol)": Kind.LOW,
    "value": Kind.VALUE,
    "csr": Kind.CSR,
    "pred": Kind.FENCE,
    "succ": Kind.FENCE,
}

_EXAMPLES: Mapping[str, str] = {
    "imm": "8", "zimm": "5", "shamt": "3", "upper": "0x12345", "target": "loop",
    "symbol": "message", "%lo(symbol)": "%lo(message)", "value": "0x12345678", "csr": "mstatus",
    "pred": "rw", "succ": "w", "opcode": "0x33", "func2": "0", "func3": "0", "func7": "0",
}  # fmt: skip
_CALLEE_EXAMPLES = frozenset({"call", "tail", "jump"})
_REGISTER_EXAMPLES = ("t1", "t2", "t3", "t4", "t5")

# Every CSR that a source may name, those of this machine first.
CSR_NUMBERS: Mapping[str, int] = {
    **{name: row.number for name, row in CSRS_BY_NAME.items()},
    **{name: number for name, number in OTHER_CSR_NUMBERS.items() if name not in CSRS_BY_NAME},
}

# The sets of a fence, by the letters in their fixed order; bit 3 is i.
FENCE_SETS: Mapping[str, int] = {
    "".join(letter for bit, letter in zip((8, 4, 2, 1), "iorw", strict=True) if bits & bit): bits
    for bits in range(1, 16)
}


@dataclass(frozen=True, slots=True)
class Slot:
    """One operand of a form: its kind, the field it fills, and the base register's field."""

    text: str
    kind: Kind
    name: str
    base: str = ""


@dataclass(frozen=True, slots=True)
class Part:
    """A field of an instruction that an operand fills, maybe through a relocation function.

    `lead` is the distance in bytes from the instruction back to the one that %pcrel_lo belongs to.
    """

    field: Field
    source: str
    modifier: str = ""
    lead: int = 0
    shift: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One instruction of a form: its row, the bits that are fixed, and the parts that are not."""

    row: Instruction
    word: int
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Form:
    """One way to write a mnemonic. No steps mark ``li``, whose instructions depend on the number."""

    name: str
    slots: tuple[Slot, ...]
    steps: tuple[Step, ...]

    @property
    def text(self) -> str:
        """Name and operands, as in ``lw rd, imm(rs1)``."""
        return f"{self.name} {', '.join(slot.text for slot in self.slots)}".rstrip()

    @property
    def example(self) -> str:
        """A statement of this form."""
        registers = iter(_REGISTER_EXAMPLES)
        words = []
        for slot in self.slots:
            if slot.kind is Kind.REGISTER:
                words.append(next(registers))
            elif slot.kind is Kind.MEMORY:
                words.append("8(sp)" if slot.name == "imm" else "0(sp)")
            elif slot.kind is Kind.ADDRESS:
                words.append("(a0)")
            elif slot.kind is Kind.SYMBOL and self.name in _CALLEE_EXAMPLES:
                words.append("function")
            else:
                words.append(_EXAMPLES[slot.name])
        return f"{self.name} {', '.join(words)}".rstrip()


_MEMORY = re.compile(r"(?P<offset>.*)\((?P<base>\w+)\)")
_MODIFIED = re.compile(r"%(?P<function>\w+)\((?P<name>\w+)\)")


def parse_slots(operands: str) -> tuple[Slot, ...]:
    """Read an operand form such as ``"rd, imm(rs1)"``."""
    return tuple(_slot(text) for text in operands.split(", ") if text)


def _slot(text: str) -> Slot:
    if text in _KINDS:
        return Slot(text, _KINDS[text], text)
    found = _MEMORY.fullmatch(text)
    if found is None:
        raise ValueError(f"operand form {text!r} is not understood")
    kind = Kind.MEMORY if found["offset"] else Kind.ADDRESS
    return Slot(text, kind, found["offset"], found["base"])


def _part(field: Field, source: str, modifier: str = "", lead: int = 0) -> Part:
    # A field in one piece from its bit 0 on can be shifted in; the others need Field.insert.
    whole = len(field.slices) == 1 and field.slices[0].field_low == 0
    return Part(field, source, modifier, lead, field.slices[0].low if whole else -1)


def direct_form(row: Instruction, slots: tuple[Slot, ...] | None = None) -> Form:
    """Return the form of a row itself: each operand fills the field of its name."""
    slots = parse_slots(row.operands) if slots is None else slots
    names = [name for slot in slots for name in (slot.name, slot.base) if name]
    fields = row.encoding.fields
    parts = tuple(_part(fields[name], name) for name in names)
    return Form(row.name, slots, (Step(row, row.encoding.match, parts),))


def _ordered_forms(row: Instruction) -> Iterable[Form]:
    """The forms of a row with aq and rl bits: the name alone, and with each suffix."""
    plain = direct_form(row)
    step = plain.steps[0]
    aq, rl = row.encoding.fields["aq"].insert(1), row.encoding.fields["rl"].insert(1)
    for suffix, bits in (("", 0), (".aq", aq), (".rl", rl), (".aqrl", aq | rl)):
        changed = Step(row, step.word | bits, step.parts)
        yield Form(row.name + suffix, plain.slots, (changed,))


def _pseudo_form(row: PseudoInstruction) -> Form:
    steps: list[Step] = []
    leads: dict[str, int] = {}
    for index, line in enumerate(row.expansion):
        mnemonic, _, operands = line.partition(" ")
        steps.append(_step(INSTRUCTIONS_BY_NAME[mnemonic], operands, 4 * index, leads))
    return Form(row.name, parse_slots(row.operands), tuple(steps))


def _step(row: Instruction, operands: str, offset: int, leads: dict[str, int]) -> Step:
    """Match the operands of an expansion's line with the fields of its row."""
    word = row.encoding.match
    parts: list[Part] = []
    for slot, text in zip(parse_slots(row.operands), filter(None, operands.split(", ")), strict=True):
        pairs = [(slot.name, text)]
        if slot.base:
            found = _MEMORY.fullmatch(text)
            assert found is not None, text
            pairs = [(slot.name, found["offset"]), (slot.base, found["base"])]
        for name, value in pairs:
            if not name:
                continue
            field = row.encoding.fields[name]
            modified = _MODIFIED.fullmatch(value)
            if modified is not None:
                lead = 0
                if modified["function"] == "pcrel_hi":
                    leads[modified["name"]] = offset
                elif modified["function"] == "pcrel_lo":
                    lead = offset - leads[modified["name"]]
                source = value if value in _KINDS else modified["name"]
                parts.append(_part(field, source, "%" + modified["function"], lead))
            elif value in _KINDS:
                parts.append(_part(field, value))
            else:
                word |= field.insert(_fixed(value))
    return Step(row, word, tuple(parts))


def _fixed(text: str) -> int:
    if text in REGISTER_NUMBERS:
        return REGISTER_NUMBERS[text]
    if text in CSR_NUMBERS:
        return CSR_NUMBERS[text]
    return FENCE_SETS[text] if text in FENCE_SETS else int(text, 0)


def _all_forms() -> dict[str, tuple[Form, ...]]:
    found: dict[str, list[Form]] = {}
    for row in INSTRUCTIONS:
        has_order = {"aq", "rl"} <= row.encoding.fields.keys()
        for form in _ordered_forms(row) if has_order else (direct_form(row),):
            found.setdefault(form.name, []).append(form)
    for pseudo in PSEUDO_INSTRUCTIONS:
        found.setdefault(pseudo.name, []).append(_pseudo_form(pseudo))
    return {name: tuple(forms) for name, forms in found.items()}


# Every mnemonic, and the forms it can be written in, the instruction's own form first.
FORMS: Mapping[str, tuple[Form, ...]] = _all_forms()
