"""Privilege modes and how they are shown: M is ring 0 with the mode bit 1, S ring 1, U ring 3."""

from __future__ import annotations

from enum import IntEnum


class Privilege(IntEnum):
    """A privilege mode, by its number in `mstatus.MPP` (privileged specification 1.12, table 1.1)."""

    U = 0
    S = 1
    M = 3

    @property
    def ring(self) -> int:
        """The ring that a person sees: 0 for M, 1 for S, 3 for U."""
        return _RINGS[self]

    @property
    def mode_bit(self) -> int:
        """1 in kernel mode (ring 0), 0 in user mode (rings 1 and 3)."""
        return int(self is Privilege.M)

    @property
    def label(self) -> str:
        """Both names: ``ring 1 (S)``."""
        return f"ring {self.ring} ({self.name})"


_RINGS = {Privilege.M: 0, Privilege.S: 1, Privilege.U: 3}

PRIVILEGE_OF_RING = {ring: privilege for privilege, ring in _RINGS.items()}
