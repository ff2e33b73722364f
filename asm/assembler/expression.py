"""Expressions: the operators, their ranks and what they do, and evaluation.

An expression is kept in postfix order, so that neither depth nor length of a source's expression
can exhaust Python's stack. Numbers are 64 bits wide and wrap, as in GNU as; comparisons give -1 for
true, logical operators 1.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

_BITS = 64
_MASK = (1 << _BITS) - 1
_SIGN = 1 << (_BITS - 1)


@dataclass(frozen=True, slots=True)
class Reference:
    """A name in an expression: a symbol, ``.``, or a numeric label such as ``1f``."""

    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Operator:
    """An operator in an expression, with one operand or two."""

    text: str
    operands: int
    start: int
    end: int


Code = tuple["int | Reference | Operator", ...]


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression in postfix order, which stands at columns `start` to `end` of its statement.

    `value` is its number if it is one without any name; `name` its name if it is nothing else;
    `modifier` the relocation function around it, such as ``%hi``; `grouped` tells that it stands
    in parentheses.
    """

    code: Code
    start: int
    end: int
    value: int | None = None
    name: str | None = None
    modifier: str = ""
    grouped: bool = False


class EvaluationError(Exception):
    """An expression has no value. `start` and `end` are columns of the statement it stands in."""

    def __init__(self, message: str, start: int, end: int, expected: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end
        self.expected = expected


class NotKnownYetError(EvaluationError):
    """An expression must be known at its line, but hangs on addresses that come later."""


class Anchor(Protocol):
    """What an address is relative to: a section. `name` is for messages."""

    name: str


# A number, and the section it is an address in; None for a plain number.
Value = tuple[int, Anchor | None]


def wrap(value: int) -> int:
    """Return `value` as GNU as holds it: 64 bits, two's complement."""
    value &= _MASK
    return value - (1 << _BITS) if value & _SIGN else value


def _quotient(left: int, right: int) -> int:
    result = abs(left) // abs(right)
    return result if (left < 0) == (right < 0) else -result


def _remainder(left: int, right: int) -> int:
    return left - _quotient(left, right) * right


def _shift_left(left: int, right: int) -> int:
    return left << right if 0 <= right < _BITS else 0


def _shift_right(left: int, right: int) -> int:
    return (left & _MASK) >> right if 0 <= right < _BITS else 0


def _truth(compare: Callable[[int, int], bool]) -> Callable[[int, int], int]:
    return lambda left, right: -1 if compare(left, right) else 0


# Operator: its rank (the higher binds first) and what it does.
_BINARY: Mapping[str, tuple[int, Callable[[int, int], int]]] = {
    "*": (5, operator.mul),
    "/": (5, _quotient),
    "%": (5, _remainder),
    "<<": (5, _shift_left),
    ">>": (5, _shift_right),
    "|": (4, operator.or_),
    "&": (4, operator.and_),
    "^": (4, operator.xor),
    "!": (4, lambda left, right: left | ~right),
    "!!": (4, operator.xor),
    "+": (3, operator.add),
    "-": (3, operator.sub),
    "==": (2, _truth(operator.eq)),
    "!=": (2, _truth(operator.ne)),
    "<>": (2, _truth(operator.ne)),
    "<": (2, _truth(operator.lt)),
    "<=": (2, _truth(operator.le)),
    ">": (2, _truth(operator.gt)),
    ">=": (2, _truth(operator.ge)),
    "&&": (1, lambda left, right: int(bool(left) and bool(right))),
    "||": (0, lambda left, right: int(bool(left) or bool(right))),
}

_UNARY: Mapping[str, Callable[[int], int]] = {
    "-": operator.neg,
    "+": operator.pos,
    "~": operator.invert,
    "!": lambda value: int(value == 0),
}

_COMPARISON_RANK = 2


def postfix(items: Sequence[int | Reference | Operator | Expression]) -> Code:
    """Order a flat row of terms, prefix and binary operators by rank (the shunting-yard algorithm).

    An `Expression` among the items is a parenthesised part.
    """
    output: list[int | Reference | Operator] = []
    waiting: list[Operator] = []
    for item in items:
        if isinstance(item, Operator):
            if item.operands == 2:
                rank = _BINARY[item.text][0]
                while waiting and (waiting[-1].operands == 1 or _BINARY[waiting[-1].text][0] >= rank):
                    output.append(waiting.pop())
            waiting.append(item)
        elif isinstance(item, Expression):
            output.extend(item.code)
        else:
            output.append(item)
    output.extend(reversed(waiting))
    return tuple(output)


def evaluate(code: Code, lookup: Callable[[Reference], Value], placed: bool = True) -> Value:
    """Return the value of `code`; `lookup` gives the value of each name.

    Raises EvaluationError, at the operator or the name that is to blame; NotKnownYetError for the
    distance of two sections that are not `placed`.
    """
    stack: list[Value] = []
    for item in code:
        if isinstance(item, int):
            stack.append((item, None))
        elif isinstance(item, Reference):
            stack.append(lookup(item))
        elif item.operands == 1:
            value, section = stack.pop()
            if section is not None and item.text != "+":
                raise _address_misused(item)
            stack.append((wrap(_UNARY[item.text](value)), section))
        else:
            right = stack.pop()
            left = stack.pop()
            if not placed and left[1] is not right[1] and None not in (left[1], right[1]):
                raise NotKnownYetError(
                    "the distance between two sections is not known yet at this line",
                    item.start,
                    item.end,
                )
            stack.append(_combine(item, left, right))
    return stack.pop()


def constant_value(code: Code) -> int | None:
    """Return the number that `code` is, or None if it holds a name or has no value."""
    if any(isinstance(item, Reference) for item in code):
        return None
    try:
        return evaluate(code, _no_names)[0]
    except EvaluationError:
        return None


def _no_names(reference: Reference) -> Value:
    raise EvaluationError("a name", reference.start, reference.end)


def _combine(item: Operator, left: Value, right: Value) -> Value:
    section = None
    if left[1] is not None or right[1] is not None:
        section = _section_of(item, left[1], right[1])
    apply = _BINARY[item.text][1]
    if right[0] == 0 and item.text in "/%":
        raise EvaluationError("division by zero", item.start, item.end)
    return wrap(apply(left[0], right[0])), section


def _section_of(item: Operator, left: Anchor | None, right: Anchor | None) -> Anchor | None:
    if item.text == "+" and (left is None or right is None):
        return left or right
    if item.text == "-" and right is None:
        return left
    pair = left is not None and right is not None
    if pair and (item.text == "-" or _BINARY[item.text][0] == _COMPARISON_RANK):
        return None
    raise _address_misused(item)


def _address_misused(item: Operator) -> EvaluationError:
    return EvaluationError(
        f'"{item.text}" cannot be applied to the address of a label',
        item.start,
        item.end,
        "label + number, label - number, label - label, or a comparison of two labels",
    )
