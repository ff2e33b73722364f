"""From a parsed instruction to its bytes: choose its form by the operands, fill in its fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from asm.assembler.expression import EvaluationError, Expression
from asm.assembler.forms import CSR_NUMBERS, FENCE_SETS, FORMS, Form, Kind, Part, Step
from asm.assembler.matching import choose
from asm.assembler.misuse import explain_operands, unknown_mnemonic
from asm.assembler.relocation import (
    HIGH_FUNCTIONS,
    LOW_FUNCTIONS,
    HighPatch,
    JumpPatch,
    LowOfPatch,
    LowPatch,
    NumberPatch,
    as_register,
    high_part,
    low_part,
    number_bits,
)
from asm.assembler.sections import Section
from asm.assembler.source import Statement
from asm.assembler.symbols import Bound
from asm.assembler.syntax import Memory, Operand, Parsed
from asm.assembler.unit import Patch, SourceError, Unit
from asm.isa.decode import INSTRUCTIONS_BY_NAME
from asm.isa.registers import REGISTER_NUMBERS
from asm.isa.width import MASK

_BYTES = 4
# Conditional branches hold their distance in 13 bits, jumps in 21.
_BRANCH_BITS = 13
# This bit of a branch's encoding inverts its condition.
_INVERT = 1 << 12

_NEEDS_LABEL = frozenset({"lb", "lbu", "lh", "lhu", "lw", "sb", "sh", "sw"})

_ADDI = INSTRUCTIONS_BY_NAME["addi"].encoding
_LUI = INSTRUCTIONS_BY_NAME["lui"].encoding
_JAL = INSTRUCTIONS_BY_NAME["jal"].encoding

Values = dict[str, "int | Expression"]


def encode(unit: Unit, statement: Statement, parsed: Parsed) -> None:
    """Append the instruction `parsed` to the unit. Raises SourceError."""
    if parsed.encoded is not None:
        unit.emit(parsed.encoded, statement, True)
        return
    forms = FORMS.get(parsed.word)
    if forms is None:
        raise unknown_mnemonic(
            unit, parsed.word, parsed.start, parsed.end, has_operands=bool(parsed.operands)
        )
    form = choose(forms, parsed.operands)
    if form is None:
        raise explain_operands(unit, statement, parsed, forms)
    values = operand_values(unit, statement, form, parsed.operands)
    if not form.steps:
        _load_number(unit, statement, parsed, values)
    elif form.name in ("la", "lla") and _is_number(unit, statement, values["symbol"]):
        _load_number(unit, statement, parsed, {"rd": values["rd"], "value": values["symbol"]})
    else:
        if form.name in _NEEDS_LABEL and len(form.steps) == 2:
            _refuse_number(unit, statement, form, values["symbol"])
        encode_form(unit, statement, parsed, form, values)


def _refuse_number(unit: Unit, statement: Statement, form: Form, value: int | Expression) -> None:
    """Raise SourceError for a load or store whose address is a number, as GNU as does."""
    if isinstance(value, Expression) and _is_number(unit, statement, value):
        text = statement.text[value.start : value.end]
        access = form.text.split(",")[0]
        raise SourceError(
            f'"{text}" is a number; a label or an address such as 8(sp) is needed here',
            value.start,
            value.end,
            f"the address in a register: li t0, {text} and then {access}, 0(t0)",
        )


def operand_values(unit: Unit, statement: Statement, form: Form, operands: Sequence[Operand]) -> Values:
    values: Values = {}
    for slot, operand in zip(form.slots, operands, strict=True):
        kind = slot.kind
        if kind is Kind.REGISTER:
            assert isinstance(operand, Expression)
            assert operand.name
            values[slot.name] = REGISTER_NUMBERS[operand.name]
        elif kind is Kind.MEMORY or kind is Kind.ADDRESS:
            if isinstance(operand, Memory):
                offset, base = operand.offset, operand.base.name
            else:
                assert isinstance(operand, Expression)
                offset, base = Expression((0,), operand.start, operand.end, 0), operand.name
            assert base
            values[slot.base] = REGISTER_NUMBERS[base]
            if slot.name:
                values[slot.name] = offset
        else:
            assert isinstance(operand, Expression)
            if kind is Kind.FENCE:
                values[slot.name] = FENCE_SETS[operand.name or ""]
            elif kind is Kind.CSR:
                values[slot.name] = _csr(unit, statement, operand)
            else:
                values[slot.name] = operand
    return values


def _csr(unit: Unit, statement: Statement, operand: Expression) -> int | Expression:
    name = operand.name
    if name is None:
        return operand
    number = CSR_NUMBERS.get(name.lower())
    if number is not None:
        return number
    if unit.symbols.has(name):
        return operand
    raise SourceError(
        f'there is no CSR "{name}"',
        operand.start,
        operand.end,
        "the name of a CSR such as mstatus, or its number, 0 to 0xfff",
        unit.diagnostics.suggest(name, "csr", CSR_NUMBERS),
    )


def encode_form(unit: Unit, statement: Statement, parsed: Parsed, form: Form, values: Values) -> None:
    data = bytearray()
    patches: list[tuple[int, Patch, Bound]] = []
    depends = False
    for step in form.steps:
        word = step.word
        for part in step.parts:
            value = values[part.source]
            if type(value) is int:
                word |= value << part.shift
                continue
            assert isinstance(value, Expression)
            if value.value is None:
                depends = True
            modifier = part.modifier or value.modifier
            if part.field.name == "target":
                if part.field.width == _BRANCH_BITS:
                    _branch(unit, statement, parsed.word, step.word | word, part, value)
                    return
                depends = True
                patch: Patch = JumpPatch(part.field, parsed.word)
                patches.append((len(data), patch, unit.bind(value, statement)))
            elif modifier:
                depends = True
                is_call = form.steps[-1].row.name == "jalr" and len(form.steps) == 2
                patch = _modified(unit, step, part, value, modifier, is_call)
                patches.append((len(data), patch, unit.bind(value, statement)))
            else:
                number = unit.constant(value, statement)
                if number is None:
                    patch = NumberPatch(step.row, part.field, parsed.word)
                    patches.append((len(data), patch, unit.bind(value, statement)))
                else:
                    word |= number_bits(
                        step.row, part.field, parsed.word, number, value.start, value.end
                    )
        data += word.to_bytes(_BYTES, "little")
    if patches:
        unit.open_bytes(bytes(data), patches, statement, True)
        return
    encoded = bytes(data)
    if not depends:
        parsed.encoded = encoded
    unit.emit(encoded, statement, True)


def _modified(
    unit: Unit, step: Step, part: Part, value: Expression, modifier: str, is_call: bool
) -> Patch:
    """Return what fills in a part with a relocation function. Raises SourceError."""
    field = part.field
    is_upper = field.name == "upper"
    if modifier in HIGH_FUNCTIONS and is_upper:
        return HighPatch(field, modifier == "%pcrel_hi", is_call)
    if modifier in LOW_FUNCTIONS and field.name == "imm":
        if modifier == "%lo":
            return LowPatch(field)
        return LowPatch(field, part.lead, is_call) if part.modifier else LowOfPatch(field, unit.highs)
    known = modifier in HIGH_FUNCTIONS or modifier in LOW_FUNCTIONS
    wanted = "%hi or %pcrel_hi" if is_upper else "%lo or %pcrel_lo"
    raise SourceError(
        f'{modifier} does not belong into "{step.row.name}"'
        if known
        else f"there is no relocation function {modifier} here",
        value.start,
        value.start + len(modifier),
        f"{wanted}, or a number" if is_upper or field.name == "imm" else "a number",
    )


# Branches.


@dataclass(slots=True, eq=False)
class _Branch:
    """A branch ahead. To another section it becomes the opposite branch around a jump, as in GNU as."""

    word: int
    part: Part
    name: str
    bound: Bound
    statement: Statement
    unit: Unit

    def size(self, offset: int, section: Section) -> int:
        """See `asm.assembler.sections.Tail`."""
        try:
            target = self.unit.evaluator.value(self.bound)[1]
        except EvaluationError:
            # Told when the value is filled in.
            return _BYTES
        weak = any(name.is_weak for name in self.bound.names)
        return _BYTES if target is section and not weak else 2 * _BYTES

    def fill(self, offset: int, size: int, section: Section) -> bytes:
        """See `asm.assembler.sections.Tail`."""
        address = section.address + offset
        value = self.unit.evaluator.value(self.bound)
        data = bytearray(size)
        if size == _BYTES:
            data[:] = self.word.to_bytes(_BYTES, "little")
            JumpPatch(self.part.field, self.name).apply(data, 0, address, value, self.bound)
            return bytes(data)
        around = (self.word ^ _INVERT) | self.part.field.insert(size)
        data[:] = around.to_bytes(_BYTES, "little") + _JAL.match.to_bytes(_BYTES, "little")
        patch = JumpPatch(_JAL.fields["target"], self.name)
        patch.apply(data, _BYTES, address + _BYTES, value, self.bound)
        return bytes(data)


def _branch(
    unit: Unit, statement: Statement, name: str, word: int, part: Part, target: Expression
) -> None:
    bound = unit.bind(target, statement)
    goal = bound.names[0] if len(bound.names) == 1 else None
    # A numeric label behind, in this section: nothing can make this branch longer.
    if goal and goal.fragment and goal.fragment.section is unit.section and goal.name.isdecimal():
        patch = JumpPatch(part.field, name)
        unit.open_bytes(word.to_bytes(_BYTES, "little"), [(0, patch, bound)], statement, True)
        return
    unit.add_tail(_Branch(word, part, name, bound, statement, unit), True)


# li


def number_words(rd: int, number: int) -> list[int]:
    """Return the instructions that load a 32-bit number: addi, lui, or both."""
    low = low_part(number)
    high = high_part(number)
    if not high:
        return [_ADDI.match | _ADDI.fields["rd"].insert(rd) | _ADDI.fields["imm"].insert(low)]
    words = [_LUI.match | _LUI.fields["rd"].insert(rd) | _LUI.fields["upper"].insert(high << 12)]
    if low:
        words.append(
            _ADDI.match
            | _ADDI.fields["rd"].insert(rd)
            | _ADDI.fields["rs1"].insert(rd)
            | _ADDI.fields["imm"].insert(low)
        )
    return words


def _number_bytes(name: str, rd: int, number: int, expression: Expression) -> bytes:
    if not -(1 << 31) <= number <= MASK:
        raise SourceError(
            f'{number} is out of range for "{name}"',
            expression.start,
            expression.end,
            "a number of 32 bits: -0x80000000 to 0xffffffff",
        )
    words = number_words(rd, as_register(number))
    return b"".join(word.to_bytes(_BYTES, "little") for word in words)


def _is_number(unit: Unit, statement: Statement, value: int | Expression) -> bool:
    return isinstance(value, Expression) and unit.constant(value, statement) is not None


def _load_number(unit: Unit, statement: Statement, parsed: Parsed, values: Values) -> None:
    rd, value = values["rd"], values["value"]
    assert isinstance(rd, int)
    assert isinstance(value, Expression)
    number = unit.constant(value, statement)
    if number is None:
        bound = unit.bind(value, statement)
        unit.add_tail(_LateNumber(parsed.word, rd, bound, statement, unit), True)
        return
    data = _number_bytes(parsed.word, rd, number, value)
    if value.value is not None:
        parsed.encoded = data
    unit.emit(data, statement, True)


@dataclass(slots=True, eq=False)
class _LateNumber:
    """``li`` of a number that is defined further down."""

    name: str
    rd: int
    bound: Bound
    statement: Statement
    unit: Unit

    def _data(self) -> bytes:
        number, section = self.unit.evaluator.value(self.bound)
        expression = self.bound.expression
        if section is not None:
            raise SourceError(
                f'"{self.name}" takes a number, and this is the address of a label',
                expression.start,
                expression.end,
                "a number; la loads an address: la t1, message",
            )
        return _number_bytes(self.name, self.rd, number, expression)

    def size(self, offset: int, section: Section) -> int:
        """See `asm.assembler.sections.Tail`."""
        try:
            return len(self._data())
        except (EvaluationError, SourceError):
            return 2 * _BYTES

    def fill(self, offset: int, size: int, section: Section) -> bytes:
        """See `asm.assembler.sections.Tail`."""
        return self._data()
