"""What an expression is evaluated over: the little that it reads of a machine."""

from __future__ import annotations

from typing import Protocol

from hvtui.machine.privilege import Privilege


class ReadError(Exception):
    """Something cannot be read now; the text says why."""


class Readable(Protocol):
    """A machine that can be looked at. Nothing here changes it."""

    @property
    def pc(self) -> int:
        """The address of the next instruction."""

    @property
    def privilege(self) -> Privilege:
        """The current mode."""

    @property
    def instant(self) -> int:
        """Steps since reset."""

    @property
    def retired(self) -> int:
        """Instructions retired since reset."""

    def register(self, number: int, /) -> int:
        """Return x0 to x31, unsigned."""

    def csr(self, name: str, /) -> int:
        """Return what software that may read the CSR would read. Raises ReadError."""

    def memory(self, address: int, size: int, /) -> int:
        """Return 1, 2 or 4 bytes, unsigned, as a load of the current mode sees them.

        Raises ReadError.
        """

    def physical_memory(self, address: int, size: int, /) -> int:
        """Return bytes of RAM at a physical address, unsigned. Raises ReadError."""

    def physical(self, address: int, /) -> int:
        """Return where a load from `address` arrives in the current mode. Raises ReadError."""
