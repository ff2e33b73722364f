"""The width of the integer registers: the one module that knows it is 32 bits.

RV64 is to come as a parameter; until then everything asks here.
"""

from __future__ import annotations

XLEN = 32
MASK = (1 << XLEN) - 1
SIGN_BIT = 1 << (XLEN - 1)


def signed(value: int) -> int:
    """Read the low XLEN bits of `value` as a two's complement number."""
    value &= MASK
    return value - (1 << XLEN) if value & SIGN_BIT else value


def sign_extend(value: int, bits: int) -> int:
    """Read the low `bits` bits of `value` as a two's complement number."""
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value
