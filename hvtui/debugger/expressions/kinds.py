"""The kinds of numbers in an expression, and what the operators do with them.

A number of a kind is a Python int within the kind's range, so that a signed one prints with its sign.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from asm.isa.width import XLEN

Apply = Callable[[int, int], int]
Convert = Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Kind:
    """Numbers of `bits` bits, two's complement if `signed`."""

    bits: int
    signed: bool = False

    @property
    def mask(self) -> int:
        """All bits set."""
        return (1 << self.bits) - 1

    def wrap(self, value: int) -> int:
        """Return the number of this kind that has the low bits of `value`."""
        value &= self.mask
        return value - (1 << self.bits) if self.signed and value >> (self.bits - 1) else value

    def holds(self, other: Kind) -> bool:
        """Tell whether each number of the kind `other` is one of this kind as it is."""
        if self.signed == other.signed:
            return self.bits >= other.bits
        return self.signed and self.bits > other.bits

    def joined(self, other: Kind) -> Kind:
        """Return the kind in which numbers of both kinds are computed: the wider, signed if one is."""
        return Kind(max(self.bits, other.bits), self.signed or other.signed)


WORD = Kind(XLEN)
WIDE = Kind(64)


def quotient(left: int, right: int) -> int:
    """Divide, rounding towards zero. Raises ZeroDivisionError."""
    result = abs(left) // abs(right)
    return result if (left < 0) == (right < 0) else -result


def remainder(left: int, right: int) -> int:
    """Return what `quotient` leaves, with the sign of `left`. Raises ZeroDivisionError."""
    return left - quotient(left, right) * right


# What is the same for signed and unsigned numbers, up to the wrapping of the result.
WRAPPING: Mapping[str, Apply] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "&": operator.and_,
    "^": operator.xor,
    "|": operator.or_,
}

# What needs both operands to be of one kind.
COMPARING: Mapping[str, Apply] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
DIVIDING: Mapping[str, Apply] = {"/": quotient, "%": remainder}


def shift_left(value: int, count: int, bits: int) -> int:
    """Shift a number of `bits` bits; a count that is not below them shifts everything out."""
    return value << count if 0 <= count < bits else 0


def shift_right(value: int, count: int, bits: int) -> int:
    """Shift likewise; of a negative number the sign remains."""
    return value >> (count if 0 <= count < bits else bits)


SHIFTING: Mapping[str, Callable[[int, int, int], int]] = {"<<": shift_left, ">>": shift_right}

NEGATING: Mapping[str, Convert] = {"-": operator.neg, "~": operator.invert, "+": operator.pos}
