"""The exception that carries a synchronous trap from where it is found to the trap entry."""

from __future__ import annotations


class Trap(Exception):  # noqa: N818 - a trap is no error, and this is its name in the specification
    """A synchronous exception of the hart: `cause` as in `mcause`, `tval` as in `mtval` (XLEN bits)."""

    __slots__ = ("cause", "tval")

    def __init__(self, cause: int, tval: int = 0) -> None:
        super().__init__(cause, tval)
        self.cause = cause
        self.tval = tval
