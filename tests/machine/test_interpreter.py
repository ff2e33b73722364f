"""The interpreter follows the rows: whatever a row says is what the op does.

The oracle here evaluates a meaning in the most literal way, node by node, with unbounded integers.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asm.isa.decode import Decoded
from asm.isa.instruction import Instruction
from asm.isa.meaning import (
    SERVICES,
    Assign,
    Binary,
    Call,
    Choice,
    Constant,
    Expression,
    Name,
    Perform,
    Statement,
    Unary,
    When,
    walk,
)
from asm.isa.rows import INSTRUCTIONS
from hvtui.machine.interpreter import bind, source_of

MASK = 0xFFFF_FFFF
PC = 0x8000_0100

_OPERATORS: Mapping[str, Callable[[int, int], int]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "&": operator.and_, "|": operator.or_,
    "^": operator.xor, "<<": operator.lshift, ">>": operator.rshift,
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt,
    ">=": operator.ge,
}  # fmt: skip


def signed(value: int, bits: int = 32) -> int:
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


@dataclass
class Literal:
    """The oracle: executes one instruction on its own registers, recording calls of services."""

    decoded: Decoded
    x: list[int]
    answers: Mapping[str, int]
    calls: list[tuple[str, tuple[int, ...]]] = field(default_factory=list)
    locals: dict[str, int] = field(default_factory=dict)
    next_pc: int = PC + 4

    def run(self) -> None:
        sources = {
            name: self.x[self.decoded.fields[name]]
            for name in ("rs1", "rs2")
            if name in self.decoded.fields
        }
        self.locals = {**self.decoded.fields, **sources, "pc": PC, "length": 4, "xlen": 32}
        self.block(self.decoded.row.statements)

    def block(self, statements: tuple[Statement, ...]) -> None:
        for statement in statements:
            match statement:
                case Assign("rd", value):
                    result = self.value(value) & MASK
                    if self.decoded.fields["rd"]:
                        self.x[self.decoded.fields["rd"]] = result
                case Assign(name, value):
                    self.locals[name] = self.value(value)
                case Perform(Call("jump", (target,))):
                    self.next_pc = self.value(target) & MASK
                case Perform(call):
                    self.value(call)
                case When(condition, body):
                    if self.value(condition):
                        self.block(body)

    def value(self, node: Expression) -> int:
        match node:
            case Constant(value):
                return value
            case Name(name):
                return self.locals[name]
            case Unary("-", operand):
                return -self.value(operand)
            case Unary("~", operand):
                return ~self.value(operand)
            case Unary(_, operand):
                return int(not self.value(operand))
            case Binary("and", left, right):
                return int(bool(self.value(left) and self.value(right)))
            case Binary("or", left, right):
                return int(bool(self.value(left) or self.value(right)))
            case Binary(symbol, left, right):
                return int(_OPERATORS[symbol](self.value(left), self.value(right)))
            case Choice(condition, yes, no):
                return self.value(yes) if self.value(condition) else self.value(no)
            case Call(function, arguments):
                return self.call(function, arguments)
        raise AssertionError(node)

    def call(self, function: str, arguments: tuple[Expression, ...]) -> int:
        if function == "number":
            (name,) = arguments
            assert isinstance(name, Name)
            return self.decoded.fields[name.name]
        values = tuple(self.value(argument) for argument in arguments)
        if function in SERVICES:
            self.calls.append((function, _wide(function, values)))
            return self.answers.get(function, 0)
        match function:
            case "signed":
                return signed(values[0])
            case "unsigned":
                return values[0] & MASK
            case "sext":
                return signed(*values)
        quotient = abs(values[0]) // abs(values[1])
        quotient = -quotient if (values[0] < 0) != (values[1] < 0) else quotient
        return quotient if function == "quotient" else values[0] - quotient * values[1]


def _wide(function: str, values: tuple[int, ...]) -> tuple[int, ...]:
    """Cut the arguments of a service to what counts: addresses to words, values to their size."""
    parameters = SERVICES[function].parameters
    named = dict(zip(parameters, values, strict=True))
    mask = (1 << 8 * named.get("size", 4)) - 1
    return tuple(
        value & mask if name == "value" else value & MASK if name == "address" else value
        for name, value in named.items()
    )


class Recorder:
    """The hart's services as the ops call them: records each call and answers what it was told."""

    def __init__(self, answers: Mapping[str, int]) -> None:
        self.answers = answers
        self.calls: list[tuple[str, tuple[int, ...]]] = []
        self.odd_jumps: list[int] = []
        self.services: dict[str, Callable[..., object]] = {"odd_jump": self.odd_jump}
        for name, service in SERVICES.items():
            if "size" in service.parameters:
                for size in (1, 2, 4):
                    physical = {"read": "read_physical", "write": "write_physical"}.get(name, name)
                    self.services[f"{physical}{size}"] = self.sized(name, size)
            else:
                self.services[name] = self.plain(name)

    def odd_jump(self, target: int, pc: int) -> None:
        self.odd_jumps.append(target)

    def sized(self, name: str, size: int) -> Callable[..., int]:
        at = SERVICES[name].parameters.index("size")

        def service(*values: int) -> int:
            self.calls.append((name, _wide(name, (*values[:at], size, *values[at:]))))
            return self.answers.get(name, 0)

        return service

    def plain(self, name: str) -> Callable[..., int]:
        count = len(SERVICES[name].parameters)

        def service(*values: int) -> int:
            self.calls.append((name, _wide(name, values[:count])))
            return PC + 0x40 if name == "return_from_trap" else self.answers.get(name, 0)

        return service


_corners = st.sampled_from([0, 1, 2, 31, 32, 0x7FFF_FFFF, 0x8000_0000, 0x8000_0001, MASK - 1, MASK])
_words = st.one_of(_corners, st.integers(0, MASK))


@st.composite
def _situations(draw: st.DrawFn, row: Instruction) -> tuple[Decoded, list[int], dict[str, int]]:
    """Draw an instruction of `row`, registers and what the services answer."""
    fields = {
        name: draw(st.integers(f.minimum // f.alignment, f.maximum // f.alignment)) * f.alignment
        for name, f in row.encoding.fields.items()
    }
    for name in fields.keys() & {"rd", "rs1", "rs2"}:
        fields[name] = draw(st.integers(0, 3))  # few, so that they are often the same
    x = [0, *draw(st.lists(_words, min_size=31, max_size=31))]
    answers = {}
    for name, service in SERVICES.items():
        if service.result is not None:
            answers[name] = draw(_words) & service.result[1]
    sizes = [n.value for s in row.statements for n in _sizes(s)]
    if sizes and "load" in row.meaning:
        answers["load"] &= (1 << 8 * sizes[0]) - 1
    return Decoded(row, row.encoding.encode(fields), fields), x, answers


def _sizes(statement: Statement) -> list[Constant]:
    """Return the sizes of the loads in a statement."""
    loads = (node for node in walk(statement) if isinstance(node, Call) and node.function == "load")
    return [load.arguments[1] for load in loads if isinstance(load.arguments[1], Constant)]


def compare(decoded: Decoded, x: list[int], answers: Mapping[str, int]) -> None:
    oracle = Literal(decoded, x.copy(), answers)
    oracle.run()
    recorder = Recorder(answers)
    registers = x.copy()
    next_pc = bind(decoded, PC, registers, recorder.services)()
    assert registers == oracle.x
    assert all(type(value) is int for value in registers)
    assert recorder.calls == oracle.calls
    if any(name == "return_from_trap" for name, _ in oracle.calls):
        assert next_pc == PC + 0x40
    else:
        assert next_pc == oracle.next_pc
        is_odd = next_pc & 3 or next_pc == PC
        assert recorder.odd_jumps == ([next_pc] if is_odd else [])


@pytest.mark.parametrize("row", INSTRUCTIONS, ids=lambda row: row.name)
def test_every_instruction_does_what_its_row_says(row: Instruction) -> None:
    @settings(max_examples=40, deadline=None)
    @given(_situations(row))
    def check(situation: tuple[Decoded, list[int], dict[str, int]]) -> None:
        compare(*situation)

    check()


# Instructions that nobody has: they use the language in ways the real rows do not.
NEW_ROWS = tuple(
    Instruction(f"new{index}", "rd, rs1, rs2", "0000000 rs2 rs1 000 rd 0001011", meaning, "", "X")
    for index, meaning in enumerate(
        (
            "rd = rs1\nrd = rs1 + rs2",
            "rd = rs1 + 1\nif rs2 != 0: rd = rs1 - rs2",
            "x = rs1 * 3 - rs2\nrd = x ^ ~rs1",
            "pc4 = pc + 8\nif signed(rs1) >= signed(rs2) and rs2 != 0: jump(pc4)\nrd = pc4",
            "if rs1 & 1:\n    jump(pc + 16)\n    rd = 7\nrd = rs2",
            "if rs1:\n    if rs2: jump(rs1 & ~3)\n    rd = not rs2",
            "jump(rs1 + rs2)",
            "rd = (rs1 < rs2) + (signed(rs1) < 5) + (rs1 == 0 or not rs2)",
            "rd = sext(rs1, 7) if rs2 > 10 else unsigned(-number(rs1))",
            "old = load(rs1 + rs2, 2)\nstore(rs1, 1, old + rs2)\nrd = sext(old, 12) << 3",
            "rd = signed(rs1) * signed(rs2) >> 5",
            "n = number(rd) != number(rs1)\nrd = rs2 if n else quotient(signed(rs1), 7)",
            "rd = remainder(signed(rs1), -3) + quotient(rs1, 3)",
            "a = rs1 & 255\nb = -a\nrd = b >> 2 | a << 20",
            "rd = rs1 if number(rs2) < 16 else ~rs2",
        )
    )
)


@pytest.mark.parametrize("row", NEW_ROWS, ids=lambda row: row.name)
def test_a_row_that_is_added_works_at_once(row: Instruction) -> None:
    @settings(max_examples=60, deadline=None)
    @given(_situations(row))
    def check(situation: tuple[Decoded, list[int], dict[str, int]]) -> None:
        compare(*situation)

    check()


def test_a_meaning_with_an_unknown_name_is_refused_with_the_row_and_the_name() -> None:
    row = Instruction("odd", "rd", "0000000 00000 00000 000 rd 0001011", "rd = imm + 1", "", "X")
    with pytest.raises(ValueError, match="odd: its meaning uses 'imm'"):
        source_of(row)


def test_a_result_that_fits_is_not_masked() -> None:
    by_name = {row.name: row for row in INSTRUCTIONS}
    assert str(MASK) not in source_of(by_name["and"]).split("def op")[1]
    assert str(MASK) in source_of(by_name["add"]).split("def op")[1]
