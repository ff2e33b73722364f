"""What a person may change in a machine that stands between two steps, console input included.

A change is a value: recorded with the instant at which it was made, it is made again when the run is
replayed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from asm.isa.trapbits import TrapBit
from hvtui.machine.board import Machine

_WORD = 4

# The top bits of a CSR's number say that it is read-only (privileged specification 1.12, section 2.1).
_ACCESS_SHIFT = 10
_READ_ONLY = 3


class EditError(Exception):
    """The machine cannot be changed in that way; the text says why."""


class Change(Protocol):
    """Something from outside that the run depends on."""

    def apply(self, machine: Machine) -> None:
        """Make the change. Raises EditError, and then has changed nothing."""

    def __str__(self) -> str:
        """What was changed, in a few words."""


@dataclass(frozen=True, slots=True)
class ConsoleInput:
    """Bytes typed at the guest's console."""

    data: bytes

    def apply(self, machine: Machine) -> None:
        """Feed the serial port."""
        machine.uart.feed(self.data)

    def __str__(self) -> str:
        return f"console input {self.data.decode('utf-8', 'replace')!r}"


@dataclass(frozen=True, slots=True)
class TrapBitToggle:
    """A bit of the trap bitmap, set or cleared as ring 0 could (design, section 4).

    Where the bitmap lives in a control block (svm), the block's word changes as well: the next xRET
    out of M loads it.
    """

    bit: TrapBit

    def apply(self, machine: Machine) -> None:
        """Change the bit. Raises EditError on a CPU whose bitmap cannot be set."""
        hart, generation, bit = machine.hart, machine.generation, self.bit
        if not generation.has_trapmap:
            raise EditError(f"{generation.name} has no trap bitmap")
        if not generation.trapcap >> bit & 1:
            raise EditError(f"no software can set this bit on {generation.name}: mtrapcap is 0")
        bitmap = hart.csr_value("mtrapmap") ^ 1 << bit
        hart.set_csr("mtrapmap", bitmap)
        block = hart.csr_value("mvmcb") if generation.has_mvmcb else 0
        if block and (data := machine.read_physical(block, _WORD)) is not None:
            word = int.from_bytes(data, "little")
            word = word | 1 << bit if bitmap >> bit & 1 else word & ~(1 << bit)
            machine.write_physical(block, word.to_bytes(_WORD, "little"))

    def __str__(self) -> str:
        return f"trap bit {int(self.bit)} {self.bit.key} changed"


@dataclass(frozen=True, slots=True)
class RegisterEdit:
    """A new value for register x`number`."""

    number: int
    value: int

    def apply(self, machine: Machine) -> None:
        """Set the register. Raises EditError if there is none of that number, and for x0."""
        if not 0 < self.number < len(machine.hart.x):
            raise EditError(f"x{self.number} cannot be set: x1 to x{len(machine.hart.x) - 1} can")
        machine.hart.set_x(self.number, self.value)

    def __str__(self) -> str:
        return f"x{self.number} set to {self.value:#x}"


@dataclass(frozen=True, slots=True)
class PcEdit:
    """A new address to go on at."""

    address: int

    def apply(self, machine: Machine) -> None:
        """Set the pc. Raises EditError for an address that no instruction can have."""
        try:
            machine.hart.set_pc(self.address)
        except ValueError as error:
            raise EditError(str(error)) from error

    def __str__(self) -> str:
        return f"pc set to {self.address:#010x}"


@dataclass(frozen=True, slots=True)
class CsrEdit:
    """A new value for a CSR, made legal as if software wrote it."""

    name: str
    value: int

    def apply(self, machine: Machine) -> None:
        """Write the CSR. Raises EditError for a name this CPU does not have, or may only read."""
        register = machine.hart.csrs.by_name.get(self.name)
        if register is None:
            raise EditError(f"{machine.generation.name} has no CSR {self.name}")
        if register.row.number >> _ACCESS_SHIFT == _READ_ONLY:
            raise EditError(f"{self.name} is read-only")
        machine.hart.set_csr(self.name, self.value)

    def __str__(self) -> str:
        return f"{self.name} set to {self.value:#x}"


@dataclass(frozen=True, slots=True)
class MemoryEdit:
    """New bytes at a physical address in RAM."""

    address: int
    data: bytes

    def apply(self, machine: Machine) -> None:
        """Write the bytes. Raises EditError unless all of them lie in RAM."""
        try:
            machine.write_physical(self.address, self.data)
        except ValueError as error:
            raise EditError(str(error)) from error

    def __str__(self) -> str:
        return f"{len(self.data)} bytes changed at {self.address:#010x}"
