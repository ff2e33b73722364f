"""A memory system without a hart, and a model of it that remembers nothing.

`BareMemory` is the machine's own: RAM, bus, PMP and access path, with a scratch device.
`PlainMemory` says what every access must do, written once more from the specifications and without
any cache, so that a test can hold the one against the other.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hvtui.machine.access import AccessPath
from hvtui.machine.bus import Bus, Region
from hvtui.machine.memory import Ram
from hvtui.machine.pmp import Pmp
from hvtui.machine.privilege import Privilege

RAM_BASE = 0x8000_0000
DEVICE_BASE = 0x1000_0000
DEVICE_SIZE = 0x20

V, R, W, X, U, A, D = 0x01, 0x02, 0x04, 0x08, 0x10, 0x40, 0x80
MPRV, SUM, MXR = 1 << 17, 1 << 18, 1 << 19
PAGED = 1 << 31

ACCESS_FAULT = {"fetch": 1, "load": 5, "store": 7}
PAGE_FAULT = {"fetch": 12, "load": 13, "store": 15}
NEEDED = {"fetch": 4, "load": 1, "store": 2}


def mpp(privilege: int) -> int:
    """Return `mstatus` with that previous privilege."""
    return privilege << 11


def pte(physical: int, flags: int) -> int:
    """Return a page-table entry for the page at `physical`."""
    return physical >> 12 << 10 | flags


class ScratchDevice:
    """Eight words that take accesses of 4 bytes only."""

    def __init__(self) -> None:
        self.words = [0] * (DEVICE_SIZE // 4)

    def accepts(self, offset: int, size: int) -> bool:
        return size == 4

    def load(self, offset: int, size: int) -> int | None:
        return self.words[offset >> 2] if size == 4 else None

    def store(self, offset: int, size: int, value: int) -> bool:
        if size == 4:
            self.words[offset >> 2] = value
        return size == 4


class BareMemory:
    """The machine's memory system, in M mode with the PMP off at first."""

    def __init__(self, pages: int = 16) -> None:
        self.ram = Ram(RAM_BASE, pages << 12)
        self.device = ScratchDevice()
        self.bus = Bus([Region("scratch", DEVICE_BASE, DEVICE_SIZE, self.device)])
        self.pmp = Pmp()
        self.path = AccessPath(self.ram, self.bus, self.pmp)

    def page(self, number: int) -> int:
        """Return the physical address of a page of RAM."""
        return RAM_BASE + (number << 12)

    def permit_all(self) -> None:
        """Let S and U use all of memory."""
        self.pmp.set_address(0, 0xFFFF_FFFF)
        self.pmp.set_config(0, 0x1F)

    def enter(self, privilege: Privilege, *, root: int | None = None, status: int = 0) -> None:
        """Go to a mode, with the page table at `root`."""
        satp = 0 if root is None else PAGED | root >> 12
        self.path.switch(privilege, satp, status)

    def put_word(self, physical: int, value: int) -> None:
        """Change a word of RAM from outside."""
        self.ram.write(physical, value.to_bytes(4, "little"))

    def word(self, physical: int) -> int:
        """Read a word of RAM."""
        data = self.ram.read(physical, 4)
        assert data is not None
        return int.from_bytes(data, "little")


class FaultError(Exception):
    """What `PlainMemory` raises: a trap's cause and value."""

    def __init__(self, cause: int, tval: int) -> None:
        super().__init__(cause, tval)
        self.cause = cause
        self.tval = tval


@dataclass
class PlainMemory:
    """RAM, PMP registers and mode, looked at anew on every access."""

    data: bytearray
    config: list[int] = field(default_factory=lambda: [0] * 16)
    address: list[int] = field(default_factory=lambda: [0] * 16)
    privilege: int = 3
    satp: int = 0
    status: int = 0
    device: ScratchDevice = field(default_factory=ScratchDevice)
    reservation: int | None = None

    def in_ram(self, physical: int, size: int) -> bool:
        return physical >= RAM_BASE and physical + size <= RAM_BASE + len(self.data)

    def word(self, physical: int) -> int:
        offset = physical - RAM_BASE
        return int.from_bytes(self.data[offset : offset + 4], "little")

    # The PMP, asked about single bytes.

    def write_config(self, register: int, value: int) -> None:
        for n in range(4):
            entry = 4 * register + n
            byte = value >> 8 * n & 0x9F
            if byte & 3 == 2:
                byte &= ~2
            if not self.config[entry] & 0x80:
                self.config[entry] = byte

    def write_address(self, entry: int, value: int) -> None:
        locked = self.config[entry] & 0x80
        if entry < 15 and self.config[entry + 1] & 0x98 == 0x88:
            locked = 1
        if not locked:
            self.address[entry] = value

    def matches(self, entry: int, byte: int) -> bool:
        mode = self.config[entry] >> 3 & 3
        if mode == 0:
            return False
        if mode == 1:
            low = self.address[entry - 1] if entry else 0
            return low << 2 <= byte < self.address[entry] << 2
        if mode == 2:
            return byte >> 2 == self.address[entry]
        ones = 0
        while self.address[entry] >> ones & 1:
            ones += 1
        return byte >> (ones + 3) == self.address[entry] >> (ones + 1)

    def permits(self, physical: int, size: int, needed: int, privilege: int) -> bool:
        for entry in range(16):
            matching = [self.matches(entry, physical + n) for n in range(size)]
            if any(matching):
                if privilege == 3 and not self.config[entry] & 0x80:
                    return all(matching)
                return all(matching) and self.config[entry] & needed != 0
        return privilege == 3

    # Translation.

    def translate(self, kind: str, address: int) -> int:
        privilege = self.effective(kind)
        if privilege == 3 or not self.satp & PAGED:
            return address
        table = (self.satp & 0x3F_FFFF) << 12
        for level in (1, 0):
            place = table + 4 * (address >> (12 + 10 * level) & 0x3FF)
            self.check_entry(kind, address, place, 1)
            entry = self.word(place)
            if entry & (V | R | W | X) == V and not entry & (U | A | D):
                table = entry >> 10 << 12
                continue
            if not self.leaf_permits(kind, entry, privilege) or (level and entry >> 10 & 0x3FF):
                break
            updated = entry | A | (D if kind == "store" else 0)
            if updated != entry:
                self.check_entry(kind, address, place, 2)
                self.write(place, 4, updated)
            low = (1 << (12 + 10 * level)) - 1
            return entry >> 10 << 12 | address & low
        raise FaultError(PAGE_FAULT[kind], address)

    def effective(self, kind: str) -> int:
        if kind != "fetch" and self.status & MPRV:
            return self.status >> 11 & 3
        return self.privilege

    def check_entry(self, kind: str, address: int, place: int, needed: int) -> None:
        if not self.in_ram(place, 4) or not self.permits(place, 4, needed, 1):
            raise FaultError(ACCESS_FAULT[kind], address)

    def leaf_permits(self, kind: str, entry: int, privilege: int) -> bool:
        if not entry & V or not entry & (R | X) or entry & (R | W) == W:
            return False
        if privilege == 0 and not entry & U:
            return False
        if privilege == 1 and entry & U and (kind == "fetch" or not self.status & SUM):
            return False
        if kind == "fetch":
            return entry & X != 0
        if kind == "store":
            return entry & W != 0
        return entry & R != 0 or (self.status & MXR != 0 and entry & X != 0)

    def locate(self, kind: str, address: int, size: int) -> int:
        physical = self.translate(kind, address)
        if not self.permits(physical, size, NEEDED[kind], self.effective(kind)):
            raise FaultError(ACCESS_FAULT[kind], address)
        return physical

    # Accesses.

    def write(self, physical: int, size: int, value: int) -> None:
        offset = physical - RAM_BASE
        low = value & (1 << 8 * size) - 1
        self.data[offset : offset + size] = low.to_bytes(size, "little")

    def parts(self, address: int, size: int) -> list[tuple[int, int]]:
        room = 0x1000 - (address & 0xFFF)
        if size <= room:
            return [(address, size)]
        return [(address, room), ((address + room) & 0xFFFF_FFFF, size - room)]

    def load(self, address: int, size: int) -> int:
        value = shift = 0
        for start, length in self.parts(address, size):
            physical = self.locate("load", start, length)
            if self.in_ram(physical, length):
                offset = physical - RAM_BASE
                part = int.from_bytes(self.data[offset : offset + length], "little")
            else:
                part = self.device_word(physical, "load", start, address, size)
            value |= part << shift
            shift += 8 * length
        return value

    def store(self, address: int, size: int, value: int) -> None:
        places = []
        for start, length in self.parts(address, size):
            physical = self.locate("store", start, length)
            if not self.in_ram(physical, length):
                self.device_word(physical, "store", start, address, size)
                self.device.words[(physical - DEVICE_BASE) >> 2] = value
                return
            places.append((physical, length))
        for physical, length in places:
            self.write(physical, length, value)
            value >>= 8 * length

    def device_word(self, physical: int, kind: str, start: int, address: int, size: int) -> int:
        inside = physical >= DEVICE_BASE and physical + size <= DEVICE_BASE + DEVICE_SIZE
        if not inside or size != 4 or address & 3:
            raise FaultError(ACCESS_FAULT[kind], start)
        return self.device.words[(physical - DEVICE_BASE) >> 2]

    def fetch(self, pc: int) -> int:
        physical = self.locate("fetch", pc, 4)
        if not self.in_ram(physical, 4):
            raise FaultError(ACCESS_FAULT["fetch"], pc)
        return self.word(physical)

    def load_reserved(self, address: int) -> int:
        if address & 3:
            raise FaultError(4, address)
        physical = self.locate("load", address, 4)
        if not self.in_ram(physical, 4):
            raise FaultError(5, address)
        self.reservation = physical
        return self.word(physical)

    def store_conditional(self, address: int, value: int) -> int:
        if address & 3:
            raise FaultError(6, address)
        physical = self.locate("store", address, 4)
        if not self.in_ram(physical, 4):
            raise FaultError(7, address)
        held, self.reservation = self.reservation == physical, None
        if held:
            self.write(physical, 4, value)
        return 0 if held else 1

    def swap(self, address: int, value: int) -> int:
        if address & 3:
            raise FaultError(6, address)
        physical = self.locate("store", address, 4)
        if not self.in_ram(physical, 4):
            old = self.device_word(physical, "store", address, address, 4)
            self.device.words[(physical - DEVICE_BASE) >> 2] = value
            return old
        old = self.word(physical)
        self.write(physical, 4, value)
        return old
