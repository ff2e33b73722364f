"""The host-target interface as Spike has it: a doubleword in RAM, `tohost`, that the guest writes.

An odd word ends the run. A doubleword with device 1 (bits 63 to 56) and command 1 (55 to 48) writes
a character to the console; it is taken when `tohost` reads 0 again. Nobody serves other values.

A hart of 32 bits writes a doubleword in two stores, of which the first alone may look like something
else: the letter E like the end of the run. So a store whose next instruction stores the other half
is only the first part of what the guest has to say.
"""

from __future__ import annotations

from collections.abc import Callable

from asm.isa.decode import decode
from asm.isa.width import MASK
from hvtui.machine.access import AccessPath
from hvtui.machine.hart_state import HartState
from hvtui.machine.memory import Ram
from hvtui.machine.translation import Access

_HALF = 4
_SIZE = 8
_CONSOLE_WRITE = 0x0101  # device 1, command 1
_STORE = "sw"


class HostInterface:
    """What happens at `address`, the physical address of `tohost`, or nothing while that is None.

    A store there makes `is_written` true and has the run loop left; `serve` then does what it asks.
    """

    def __init__(
        self,
        ram: Ram,
        access: AccessPath,
        state: HartState,
        *,
        on_exit: Callable[[int], None],
        on_output: Callable[[bytes], None],
    ) -> None:
        self._ram = ram
        self._access = access
        self._state = state
        self._on_exit = on_exit
        self._on_output = on_output
        self._address: int | None = None
        self._written_at = 0
        self.is_written = False

    @property
    def address(self) -> int | None:
        """The physical address of the doubleword, None for none."""
        return self._address

    @address.setter
    def address(self, address: int | None) -> None:
        self._ram.unwatch(self._stored)
        self._address = address
        self.is_written = False
        if address is not None:
            self._ram.watch(address, _SIZE, self._stored)

    def serve(self) -> None:
        """Do what the doubleword asks, unless the next instruction goes on writing it."""
        self.is_written = False
        address = self._address
        if address is None or self._goes_on(address):
            return
        low, high = self._half(address), self._half(address + _HALF)
        if high >> 16 == _CONSOLE_WRITE:
            if low:
                self._ram.write(address, bytes(_SIZE))
                self._on_output(bytes([low & 0xFF]))
        elif low & 1:
            self._on_exit(low >> 1)

    def _stored(self, address: int, size: int) -> None:
        self._written_at = address
        self.is_written = True
        self._state.clock.leave()

    def _goes_on(self, address: int) -> bool:
        """Tell whether the instruction at the pc stores the half that was not written just now."""
        pc = self._access.explain(self._state.pc, Access.FETCH).physical
        decoded = decode(self._half(pc)) if pc is not None else None
        if decoded is None or decoded.row.name != _STORE:
            return False
        target = self._state.x[decoded.fields["rs1"]] + decoded.fields["imm"] & MASK
        other = address if self._written_at >= address + _HALF else address + _HALF
        return self._access.explain(target, Access.STORE).physical == other

    def _half(self, address: int) -> int:
        return int.from_bytes(self._ram.read(address, _HALF) or b"", "little")
