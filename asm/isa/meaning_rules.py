"""The rules that keep a row's meaning fit for every way of executing it, checked for all inputs.

1. Every value fits 64 bits, signed or unsigned: found by interval arithmetic from the ranges of
   registers, of the row's fields and of what services return. Along the way: every name is known
   and assigned before its use, no shift leaves 0 to 63, no divisor can be zero, sizes are constants.
2. On no path does a check that can end the instruction come after a write of architectural state,
   or is a register read after `rd` was written (they may be the same one).

A test holds every row of the table to them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import product

from asm.isa.instruction import Instruction
from asm.isa.meaning import (
    REGISTER_FIELDS,
    SERVICES,
    Assign,
    Binary,
    Call,
    Choice,
    Constant,
    Effect,
    Expression,
    Name,
    Perform,
    Statement,
    Unary,
    When,
)
from asm.isa.width import MASK, SIGN_BIT, XLEN

_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
_SIZES = frozenset({1, 2, 4, 8})
_MAX_SHIFT = 63


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a row breaks: the row's name, the expression as text, and what is wrong."""

    row: str
    expression: str
    problem: str

    def __str__(self) -> str:
        return f"{self.row}: {self.expression}: {self.problem}"


@dataclass(frozen=True, slots=True)
class Range:
    """The values from `low` to `high`; without 0 if `nonzero`."""

    low: int
    high: int
    nonzero: bool = False

    @property
    def may_be_zero(self) -> bool:
        """Whether 0 is among the values."""
        return self.low <= 0 <= self.high and not self.nonzero

    @property
    def fits(self) -> bool:
        """Whether all values fit signed, or all fit unsigned, 64 bits."""
        signed = self.low >= -(1 << 63) and self.high < 1 << 63
        return signed or (self.low >= 0 and self.high < 1 << 64)

    @property
    def magnitude(self) -> int:
        """The greatest absolute value."""
        return max(abs(self.low), abs(self.high))

    def union(self, other: Range) -> Range:
        """The least range that holds both."""
        zero = self.may_be_zero or other.may_be_zero
        return Range(min(self.low, other.low), max(self.high, other.high), not zero)

    def without(self, value: int) -> Range:
        """The range after it is known not to be `value`."""
        low = self.low + (self.low == value)
        high = self.high - (self.high == value)
        return Range(low, high, self.nonzero or value == 0) if low <= high else self

    def __str__(self) -> str:
        return f"{self.low:#x} to {self.high:#x}"


_BIT = Range(0, 1)
_REGISTER = Range(0, MASK)
# What stands for a value that could not be worked out, so that one mistake is told once.
_UNKNOWN = _BIT


def violations(row: Instruction) -> list[Violation]:
    """Return every place where the meaning of `row` breaks a rule.

    Raises MeaningError if the meaning is not in the language at all.
    """
    checker = _Checker(row)
    checker.block(row.statements)
    return checker.found


@dataclass
class _Checker:
    row: Instruction
    found: list[Violation] = field(default_factory=list)
    locals: dict[str, Range] = field(default_factory=dict)
    facts: Mapping[str, Range] = field(default_factory=dict)
    wrote: bool = False
    wrote_rd: bool = False

    def blame(self, node: Expression | Statement, problem: str) -> Range:
        self.found.append(Violation(self.row.name, text_of(node), problem))
        return _UNKNOWN

    # -- statements -----------------------------------------------------------------------------

    def block(self, statements: tuple[Statement, ...]) -> None:
        for statement in statements:
            self.statement(statement)

    def statement(self, node: Statement) -> None:
        match node:
            case Assign("rd", value):
                self.value(value)
                if "rd" not in self.row.encoding.fields:
                    self.blame(node, "the encoding has no field rd")
                self.wrote = self.wrote_rd = True
            case Assign(name, value):
                found = self.value(value)
                if name in self.locals:
                    self.blame(node, f"{name} is assigned twice")
                elif self._given(name) is not None:
                    self.blame(node, f"{name} is not a local and cannot be assigned")
                self.locals[name] = found
            case Perform(call):
                self.call(call)
            case When(condition, body):
                self.value(condition)
                outside = dict(self.locals)
                with self.assuming(condition, holds=True):
                    self.block(body)
                # What was assigned on this path alone is not there on the other one.
                self.locals = outside

    @contextmanager
    def assuming(self, condition: Expression, *, holds: bool) -> Iterator[None]:
        """Narrow the ranges of names by ``name == constant`` and ``name != constant``."""
        before = self.facts
        match condition:
            case Binary("==" | "!=" as operator, Name(name), Constant(value)):
                known = self._known(name)
                if known is not None:
                    equal = (operator == "==") == holds
                    fact = Range(value, value) if equal else known.without(value)
                    self.facts = {**before, name: fact}
        yield
        self.facts = before

    # -- expressions ----------------------------------------------------------------------------

    def value(self, node: Expression) -> Range:
        """Return the range of a value that is needed, and check that it fits."""
        if isinstance(node, Call):
            found = self.call(node)
            if found is None:
                return self.blame(node, "this service gives no value")
        else:
            found = self._plain(node)
        return found if found.fits else self.blame(node, f"does not fit 64 bits: {found}")

    def _plain(self, node: Constant | Name | Unary | Binary | Choice) -> Range:
        match node:
            case Constant(value):
                return Range(value, value)
            case Name(name):
                return self._name(node, name)
            case Unary(operator, operand):
                inner = self.value(operand)
                if operator == "not":
                    return _BIT
                if operator == "-":
                    return Range(-inner.high, -inner.low, inner.nonzero)
                return Range(~inner.high, ~inner.low)
            case Binary(operator, left, right):
                return self._binary(node, operator, self.value(left), self.value(right))
            case Choice(condition, yes, no):
                return self._choice(condition, yes, no)

    def _choice(self, condition: Expression, yes: Expression, no: Expression) -> Range:
        self.value(condition)
        before = self.wrote
        with self.assuming(condition, holds=True):
            chosen = self.value(yes)
        after, self.wrote = self.wrote, before
        with self.assuming(condition, holds=False):
            other = self.value(no)
        self.wrote |= after
        return chosen.union(other)

    def _name(self, node: Name, name: str) -> Range:
        if name == "rd":
            return self.blame(node, "rd can only be assigned; number(rd) is its number")
        if name in ("rs1", "rs2") and self.wrote_rd:
            self.blame(node, "is read after rd was written: they may be the same register")
        known = self._known(name)
        if known is None:
            return self.blame(node, f"{name} is neither a field of the encoding nor assigned before")
        return known

    def _known(self, name: str) -> Range | None:
        return self.facts.get(name) or self.locals.get(name) or self._given(name)

    def _given(self, name: str) -> Range | None:
        """The range of a name that is no local: a register, a field or one of the constants."""
        if name == "pc":
            return _REGISTER
        if name in ("xlen", "length"):
            value = XLEN if name == "xlen" else self.row.encoding.length
            return Range(value, value)
        operand = self.row.encoding.fields.get(name)
        if operand is None:
            return None
        if name in REGISTER_FIELDS:
            return _REGISTER
        return Range(operand.minimum, operand.maximum)

    def _binary(self, node: Binary, operator: str, left: Range, right: Range) -> Range:
        if operator in _COMPARISONS:
            return _BIT
        if operator in ("and", "or"):
            return replace(left.union(right).union(_BIT), nonzero=False)
        if operator in ("<<", ">>"):
            if right.low < 0 or right.high > _MAX_SHIFT:
                return self.blame(node, f"shifts by {right}; 0 to {_MAX_SHIFT} can be compiled")
            return _corners(operator, left, right)
        if operator in ("&", "|", "^"):
            return _bitwise(operator, left, right)
        return _corners(operator, left, right)

    # -- calls ------------------------------------------------------------------------------------

    def call(self, node: Call) -> Range | None:
        if node.function in SERVICES:
            return self._service(node)
        if node.function == "number":
            return self._number(node)
        values = [self.value(argument) for argument in node.arguments]
        match node.function:
            case "signed":
                return _wrapped(values[0], -SIGN_BIT, SIGN_BIT - 1)
            case "unsigned":
                return _wrapped(values[0], 0, MASK)
            case "sext":
                bits = node.arguments[1]
                if not isinstance(bits, Constant) or not 1 <= bits.value <= 64:
                    return self.blame(node, "the number of bits must be a constant from 1 to 64")
                top = 1 << (bits.value - 1)
                return Range(-top, top - 1)
        dividend, divisor = values
        if divisor.may_be_zero:
            return self.blame(node, "the divisor may be zero")
        if node.function == "quotient":
            limit = dividend.magnitude
            positive = dividend.low >= 0 and divisor.low >= 0
            return Range(0 if positive else -limit, limit)
        limit = min(dividend.magnitude, divisor.magnitude - 1)
        return Range(-limit if dividend.low < 0 else 0, limit if dividend.high > 0 else 0)

    def _number(self, node: Call) -> Range:
        match node.arguments:
            case (Name(name),) if name in REGISTER_FIELDS and name in self.row.encoding.fields:
                return Range(0, self.row.encoding.fields[name].maximum)
        return self.blame(node, "number() takes a register of the encoding")

    def _service(self, node: Call) -> Range | None:
        service = SERVICES[node.function]
        for parameter, argument in zip(service.parameters, node.arguments, strict=True):
            self.value(argument)
            constant = isinstance(argument, Constant) and argument.value in _SIZES
            if parameter == "size" and not constant:
                self.blame(node, "the size must be a constant: 1, 2, 4 or 8")
        if self.wrote and service.effect in (Effect.CHECK, Effect.CHECKED_WRITE):
            self.blame(node, "can end the instruction after state was written")
        if service.effect in (Effect.WRITE, Effect.CHECKED_WRITE):
            self.wrote = True
        return Range(*service.result) if service.result is not None else None


def _corners(operator: str, left: Range, right: Range) -> Range:
    """The range of an operation that is monotonic in both operands."""
    pairs = product((left.low, left.high), (right.low, right.high))
    values = [_apply(operator, a, b) for a, b in pairs]
    return Range(min(values), max(values))


def _apply(operator: str, left: int, right: int) -> int:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "<<":
            return left << right
    return left >> right


def _bitwise(operator: str, left: Range, right: Range) -> Range:
    bits = max(value.bit_length() for value in (left.low, left.high, right.low, right.high))
    if operator == "&":
        # One operand without a sign bounds the result, whatever the other one is.
        highs = [operand.high for operand in (left, right) if operand.low >= 0]
        return Range(0, min(highs)) if highs else Range(-(1 << bits), (1 << bits) - 1)
    if left.low >= 0 and right.low >= 0:
        return Range(0, (1 << bits) - 1)
    return Range(-(1 << bits), (1 << bits) - 1)


def _wrapped(value: Range, low: int, high: int) -> Range:
    """`value` taken modulo 2^XLEN into `low` to `high`; no multiple of 2^XLEN becomes zero."""
    if low <= value.low and value.high <= high:
        return value
    nonzero = not value.may_be_zero and value.magnitude <= MASK
    return Range(low, high, nonzero)


def text_of(node: Expression | Statement) -> str:
    """Write a piece of a meaning as its source has it, nested operations in parentheses."""
    match node:
        case Constant(value):
            return str(value)
        case Name(name):
            return name
        case Unary(operator, operand):
            return f"{operator}{' ' * (operator == 'not')}{_nested(operand)}"
        case Binary(operator, left, right):
            return f"{_nested(left)} {operator} {_nested(right)}"
        case Choice(condition, yes, no):
            return f"{_nested(yes)} if {_nested(condition)} else {_nested(no)}"
        case Call(function, arguments):
            return f"{function}({', '.join(map(text_of, arguments))})"
        case Assign(name, value):
            return f"{name} = {text_of(value)}"
        case Perform(call):
            return text_of(call)
        case When(condition, body):
            return f"if {text_of(condition)}: {'; '.join(map(text_of, body))}"


def _nested(node: Expression) -> str:
    text = text_of(node)
    return f"({text})" if isinstance(node, Binary | Choice) else text
