"""Which interrupt is taken now, if any (privileged specification 1.12, section 3.1.9)."""

from __future__ import annotations

from collections.abc import Callable

from asm.isa.causes import INTERRUPT_PRIORITY, Interrupt
from asm.isa.csrs import CSRS_BY_NAME
from hvtui.machine.hart_state import HartState
from hvtui.machine.privilege import Privilege

_MIE = CSRS_BY_NAME["mstatus"].fields_by_name["MIE"].mask
_SIE = CSRS_BY_NAME["mstatus"].fields_by_name["SIE"].mask


class Interrupts:
    """The pending and enabled interrupts of a hart. `lines` returns the bits that devices drive."""

    __slots__ = ("_csr", "_state", "lines")

    def __init__(self, state: HartState, lines: Callable[[], int]) -> None:
        self._state = state
        self._csr = state.csr
        self.lines = lines

    @property
    def enabled_and_pending(self) -> int:
        """`mip` & `mie`: what ends a `wfi`, whether it can be taken or not."""
        enabled = self._csr["mie"]
        return enabled and enabled & (self._csr["mip"] | self.lines())

    @property
    def open(self) -> int:
        """The bits of the interrupts that would be taken in the current mode if they were pending."""
        return self._open_to_m() | self._open_to_s()

    def next(self) -> tuple[Interrupt, Privilege] | None:
        """Return the interrupt that is to be taken now and the mode that takes it."""
        candidates = self.enabled_and_pending
        if not candidates:
            return None
        for open_now, target in ((self._open_to_m(), Privilege.M), (self._open_to_s(), Privilege.S)):
            taken = candidates & open_now
            for interrupt in INTERRUPT_PRIORITY if taken else ():
                if taken >> interrupt & 1:
                    return interrupt, target
        return None

    def _open_to_m(self) -> int:
        if self._state.privilege is Privilege.M and not self._csr["mstatus"] & _MIE:
            return 0
        return self._csr["mie"] & ~self._csr["mideleg"]

    def _open_to_s(self) -> int:
        privilege = self._state.privilege
        if privilege is Privilege.M:
            return 0
        if privilege is Privilege.S and not self._csr["mstatus"] & _SIE:
            return 0
        return self._csr["mie"] & self._csr["mideleg"]
