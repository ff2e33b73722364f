"""The physical address map: which device answers where. The map is that of QEMU's `virt` board."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

FINISHER_BASE, FINISHER_SIZE = 0x0010_0000, 0x1000
CLINT_BASE, CLINT_SIZE = 0x0200_0000, 0x1_0000
PLIC_BASE, PLIC_SIZE = 0x0C00_0000, 0x60_0000
UART_BASE, UART_SIZE = 0x1000_0000, 0x100
UART_INTERRUPT = 10


class Device(Protocol):
    """A device as the bus sees it. Every access is naturally aligned, of 1, 2 or 4 bytes."""

    def load(self, offset: int, size: int) -> int | None:
        """Read `size` bytes at `offset`, unsigned; None refuses: an access fault."""

    def store(self, offset: int, size: int, value: int) -> bool:
        """Write the low `size` bytes of `value` at `offset`; False refuses: an access fault."""

    def accepts(self, offset: int, size: int) -> bool:
        """Tell, without doing it, whether both a load and a store would be taken."""


class Region(NamedTuple):
    """The physical addresses from `base` to `base + size - 1` belong to `device`."""

    name: str
    base: int
    size: int
    device: Device


class Bus:
    """Leads physical addresses to devices; an address without one is an access fault."""

    __slots__ = ("regions",)

    def __init__(self, regions: Sequence[Region]) -> None:
        self.regions = tuple(sorted(regions, key=lambda region: region.base))
        for low, high in zip(self.regions, self.regions[1:], strict=False):
            if low.base + low.size > high.base:
                raise ValueError(f"the devices {low.name} and {high.name} overlap")

    def find(self, address: int, size: int) -> Region | None:
        """Return the region in which `size` bytes at the physical `address` lie."""
        for region in self.regions:
            if region.base <= address and address + size <= region.base + region.size:
                return region
        return None

    def load(self, address: int, size: int) -> int | None:
        """Read a device register; None if nothing answers."""
        region = self.find(address, size)
        return None if region is None else region.device.load(address - region.base, size)

    def store(self, address: int, size: int, value: int) -> bool:
        """Write a device register; False if nothing answers."""
        region = self.find(address, size)
        return region is not None and region.device.store(address - region.base, size, value)

    def accepts(self, address: int, size: int) -> bool:
        """Tell, without doing it, whether both a load and a store would be taken."""
        region = self.find(address, size)
        return region is not None and region.device.accepts(address - region.base, size)
