"""What a virtual machine takes for its RAM: a part of the real one, at another address.

A machine file says where the programs of a virtual machine lie and for which address they are linked.
The distance is that of the kernel's: what the guest calls physical, the host finds so much further.
"""

from __future__ import annotations

from dataclasses import dataclass

from hvtui.machine import bus
from hvtui.machine.memory import Ram
from hvtui.machinefile.system import System

_KERNEL_ROLES = frozenset({"kernel", "hypervisor", "host", "firmware"})
_WORD = 4

DEVICES = (
    ("finisher", bus.FINISHER_BASE, bus.FINISHER_SIZE),
    ("clint", bus.CLINT_BASE, bus.CLINT_SIZE),
    ("plic", bus.PLIC_BASE, bus.PLIC_SIZE),
    ("uart", bus.UART_BASE, bus.UART_SIZE),
)


def device_at(address: int) -> str:
    """Return the name of the device whose registers lie at a physical address, or an empty string."""
    for name, base, size in DEVICES:
        if base <= address < base + size:
            return name
    return ""


def relocation_of(system: System, vm: str) -> int | None:
    """Return what to add to what a virtual machine calls a physical address, to get the real one.

    None if it has no program that would tell, or lies at an odd address.
    """
    parts = [part for part in system.components if part.vm == vm]
    kernels = [part for part in parts if part.role in _KERNEL_ROLES]
    for part in (*kernels, *parts):
        return part.relocation if part.relocation % _WORD == 0 else None
    return None


def end_of(system: System, vm: str) -> int | None:
    """Return where a VM's memory must end: where the next thing after it is another's. Or None."""
    last = max((part.at for part in system.components if part.vm == vm), default=0)
    others = (start for part in system.components if part.vm != vm for start, _ in part.extents)
    return min((start for start in others if start > last), default=None)


@dataclass(frozen=True, slots=True)
class GuestRam:
    """The part of `ram` that a virtual machine sees, `relocation` below the real addresses.

    Where it ends nobody has said: at the real address `end`, or as far as RAM goes. It can be walked,
    but not changed.
    """

    ram: Ram
    relocation: int
    end: int | None = None

    @property
    def base(self) -> int:
        """The guest-physical address of the first byte."""
        return max(self.ram.base, self.ram.base - self.relocation)

    @property
    def size(self) -> int:
        """How many bytes could be the guest's."""
        end = self.ram.base + self.ram.size
        if self.end is not None:
            end = min(end, self.end)
        return end - (self.base + self.relocation)

    @property
    def words(self) -> memoryview[int]:
        """The bytes in words."""
        return self.ram.words[(self.base + self.relocation - self.ram.base) // _WORD :]

    def contains(self, address: int, size: int = 1) -> bool:
        """Tell whether `size` bytes at the guest-physical `address` lie in it."""
        return self.base <= address and address + size <= self.base + self.size

    def host(self, address: int) -> int:
        """Return where a guest-physical address of it really is."""
        return address + self.relocation

    def update_pte(self, offset: int, value: int) -> None:
        """Refuse: what is looked at does not change."""
        raise TypeError("a guest's page tables are only looked at")


def ram_of(system: System, ram: Ram, vm: str) -> GuestRam | None:
    """Return what a virtual machine takes for its RAM, None if nobody said where it lies."""
    relocation = relocation_of(system, vm)
    return None if relocation is None else GuestRam(ram, relocation, end_of(system, vm))
