"""Memory for a rehearsal: what an instruction would load, store or be refused; nothing changes.

Loads and stores go the way of `hvtui.machine.access`, each without what it leaves behind: no A and D
bits, no reservation, no byte taken out of a receiver. Devices are asked on copies of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from asm.isa.causes import Cause
from asm.isa.width import MASK
from hvtui.machine.board import Machine, bus_with
from hvtui.machine.bus import Bus
from hvtui.machine.devices.clint import Clint
from hvtui.machine.devices.finisher import Finisher
from hvtui.machine.devices.lines import InterruptLines
from hvtui.machine.devices.plic import Plic
from hvtui.machine.devices.uart import Uart
from hvtui.machine.memory import PAGE_OFFSET, PAGE_SIZE
from hvtui.machine.translation import Access
from hvtui.machine.trap import Trap

_TOHOST_SIZE = 8


@dataclass(frozen=True, slots=True)
class MemoryUse:
    """What an instruction does with `size` bytes at the virtual `address`.

    `physical` is where the first of them lie, None if the access is refused. `before` is what they
    hold, None if that is not known; `after` what a store leaves there, None for a load.
    `device` names the device that answers, and is empty for RAM.
    """

    access: Access
    address: int
    size: int
    physical: int | None = None
    before: int | None = None
    after: int | None = None
    device: str = ""


@dataclass(slots=True)
class DeviceEffects:
    """What a store to a device would lead to: an exit status, a reset, bytes for the outside."""

    exit_status: int | None = None
    resets: bool = False
    output: bytes = b""


@dataclass(slots=True)
class StillMemory:
    """The memory of `machine` as its current mode sees it. `begin` it anew for each instruction."""

    machine: Machine
    use: MemoryUse | None = None
    effects: DeviceEffects = field(default_factory=DeviceEffects)
    # The physical address that is reserved after the instruction.
    reservation: int | None = None

    def begin(self) -> None:
        """Forget the instruction before."""
        self.use, self.effects = None, DeviceEffects()
        self.reservation = self.machine.hart.access.reservation

    def services(self) -> Mapping[str, Callable[..., object]]:
        """Return what `hvtui.machine.interpreter` calls for accesses to memory, by its names."""
        return {
            **{f"load{size}": self._loader(size) for size in (1, 2, 4)},
            **{f"store{size}": self._storer(size) for size in (1, 2, 4)},
            "load_reserved4": self._load_reserved,
            "store_conditional4": self._store_conditional,
            "amo_address4": self._amo_address,
            "read_physical4": self._read_amo,
            "write_physical4": self._write_amo,
        }

    # Loads and stores

    def _loader(self, size: int) -> Callable[[int], int]:
        return lambda address: self._load(address & MASK, size)

    def _storer(self, size: int) -> Callable[[int, int], None]:
        return lambda address, value: self._store(address & MASK, size, value)

    def _load(self, address: int, size: int) -> int:
        self.use = MemoryUse(Access.LOAD, address, size)
        low_size = min(size, PAGE_SIZE - (address & PAGE_OFFSET))
        aligned = not address & (size - 1)
        value = self._load_part(address, low_size, aligned=aligned)
        if low_size < size:
            after = address + low_size & MASK
            value |= self._load_part(after, size - low_size, aligned=False) << 8 * low_size
        self.use = replace(self.use, before=value)
        return value

    def _load_part(self, address: int, size: int, *, aligned: bool) -> int:
        physical = self._locate(address, size, Access.LOAD)
        data = self.machine.ram.read(physical, size)
        if data is not None:
            return int.from_bytes(data, "little")
        value = self._device_load(physical, size) if aligned else None
        if value is None:
            raise Trap(Cause.LOAD_ACCESS, address)
        return value

    def _store(self, address: int, size: int, value: int) -> None:
        value &= (1 << 8 * size) - 1
        self.use = MemoryUse(Access.STORE, address, size, after=value)
        room = PAGE_SIZE - (address & PAGE_OFFSET)
        if size > room:
            low = self._part_in_ram(address, room)
            high = self._part_in_ram(address + room & MASK, size - room)
            self._note(before=low | high << 8 * room)
        elif address & (size - 1):
            self._note(before=self._part_in_ram(address, size))
        else:
            physical = self._locate(address, size, Access.STORE)
            data = self.machine.ram.read(physical, size)
            if data is not None:
                self._note(before=int.from_bytes(data, "little"))
            elif not self._device_store(physical, size, value):
                raise Trap(Cause.STORE_ACCESS, address)

    def _part_in_ram(self, address: int, size: int) -> int:
        """Return what a part of a misaligned store overwrites."""
        data = self.machine.ram.read(self._locate(address, size, Access.STORE), size)
        if data is None:
            raise Trap(Cause.STORE_ACCESS, address)
        return int.from_bytes(data, "little")

    # Atomics

    def _load_reserved(self, address: int) -> int:
        physical, value = self._atomic(address & MASK, Access.LOAD, Cause.MISALIGNED_LOAD)
        self.reservation = physical
        return value

    def _store_conditional(self, address: int, value: int) -> int:
        physical, before = self._atomic(address & MASK, Access.STORE, Cause.MISALIGNED_STORE)
        holds = self.reservation == physical
        self.reservation = None
        self._note(before=before, after=value & MASK if holds else before)
        return int(not holds)

    def _atomic(self, address: int, access: Access, misaligned: Cause) -> tuple[int, int]:
        """Return the place of LR and SC, which lies in RAM, and the word there."""
        self.use = MemoryUse(access, address, 4)
        if address & 3:
            raise Trap(misaligned, address)
        physical = self._locate(address, 4, access)
        data = self.machine.ram.read(physical, 4)
        if data is None:
            raise Trap(access.access_fault, address)
        self._note(before=int.from_bytes(data, "little"))
        return physical, int.from_bytes(data, "little")

    def _amo_address(self, address: int) -> int:
        address &= MASK
        self.use = MemoryUse(Access.STORE, address, 4)
        if address & 3:
            raise Trap(Cause.MISALIGNED_STORE, address)
        physical = self._locate(address, 4, Access.STORE)
        if not self.machine.ram.contains(physical, 4) and not self._devices(physical, 4).accepts(
            physical, 4
        ):
            raise Trap(Cause.STORE_ACCESS, address)
        return physical

    def _read_amo(self, physical: int) -> int:
        data = self.machine.ram.read(physical, 4)
        value = self._device_load(physical, 4) if data is None else int.from_bytes(data, "little")
        self._note(before=value or 0)
        return value or 0

    def _write_amo(self, physical: int, value: int) -> None:
        self._note(after=value & MASK)
        if not self.machine.ram.contains(physical, 4):
            self._device_store(physical, 4, value & MASK)

    # Details

    def _note(self, *, before: int | None = None, after: int | None = None) -> None:
        assert self.use is not None
        if before is not None:
            self.use = replace(self.use, before=before)
        if after is not None:
            self.use = replace(self.use, after=after)

    def _locate(self, address: int, size: int, access: Access) -> int:
        """Return where bytes within a page lie. Raises Trap as the hart would."""
        found = self.machine.hart.access.explain(address, access, None, size)
        if found.physical is None:
            raise Trap(found.cause or access.access_fault, address)
        assert self.use is not None
        if self.use.physical is None:
            tohost = self.machine.tohost
            is_told = tohost is not None and -size < found.physical - tohost < _TOHOST_SIZE
            self.use = replace(self.use, physical=found.physical, device="tohost" if is_told else "")
        return found.physical

    def _device_load(self, physical: int, size: int) -> int | None:
        return self._devices(physical, size).load(physical, size)

    def _device_store(self, physical: int, size: int, value: int) -> bool:
        return self._devices(physical, size).store(physical, size, value)

    def _devices(self, physical: int, size: int) -> Bus:
        """Return copies of the devices, and note the name of the one at an address."""
        machine, effects = self.machine, self.effects

        def end(status: int) -> None:
            effects.exit_status = status

        def reset() -> None:
            effects.resets = True

        def put(data: bytes) -> None:
            effects.output += data

        lines = InterruptLines()
        clint = Clint(machine.hart.state.clock, lines, machine.clint.timebase)
        clint.restore(machine.clint.capture())
        plic = Plic(lines)
        plic.restore(machine.plic.capture())
        uart = Uart(lambda _high: None, put)
        uart.restore(machine.uart.capture())
        bus = bus_with(Finisher(end, reset), clint, plic, uart)
        region = bus.find(physical, size)
        if self.use is not None and region is not None:
            self.use = replace(self.use, device=region.name)
        return bus
