"""The exceptions that leave an instruction before it has changed anything."""

from __future__ import annotations

from asm.isa.causes import Cause
from asm.isa.trapbits import TrapBit


class Trap(Exception):  # noqa: N818 - a trap is no error, and this is its name in the specification
    """A synchronous exception of the hart: `cause` as in `mcause`, `tval` as in `mtval` (XLEN bits)."""

    __slots__ = ("cause", "tval")

    def __init__(self, cause: int, tval: int = 0) -> None:
        super().__init__(cause, tval)
        self.cause = cause
        self.tval = tval


class KernelTrap(Trap):
    """A kernel instruction was refused: an illegal instruction exception.

    `bits` are its classes. `exit_bit` is the class whose bit in the trap bitmap was set, and then the
    trap goes to M; None if it was the mode that refused.
    """

    __slots__ = ("bits", "exit_bit")

    def __init__(self, word: int, bits: tuple[TrapBit, ...], exit_bit: TrapBit | None) -> None:
        super().__init__(Cause.ILLEGAL_INSTRUCTION, word)
        self.bits = bits
        self.exit_bit = exit_bit


class Blocked(Exception):  # noqa: N818 - a hart that waits is no error
    """A `wfi` cannot retire: no interrupt comes by itself.

    `input_helps` tells whether console input would end the wait; else nothing can ever happen again.
    """

    __slots__ = ("input_helps",)

    def __init__(self, input_helps: bool) -> None:
        super().__init__(input_helps)
        self.input_helps = input_helps


def bits_of_instruction(word: int) -> int:
    """Return the bits of the instruction that starts `word`: 16 where its lowest two say so.

    An illegal instruction tells `mtval` these and no more (section 3.1.16).
    """
    return word if word & 3 == 3 else word & 0xFFFF
