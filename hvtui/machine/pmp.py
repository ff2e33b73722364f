"""Physical memory protection: 16 entries that say what may be done where.

Privileged specification 1.12, section 3.7. Addresses are 34 bits wide, the grain is 4 bytes. Choices
are Spike's: a write that would leave an entry writable but not readable leaves it neither.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from asm.isa.csrs import PMP_ENTRIES

READ = 1
WRITE = 2
EXECUTE = 4
ALL = READ | WRITE | EXECUTE

# The other bits of an entry's byte: its mode, off if 0, and whether it is locked.
MODE = 0x18
TOR, NA4 = 0x08, 0x10
LOCK = 0x80
USED = LOCK | MODE | ALL
_ENTRIES_PER_REGISTER = 4
_WORD = 0xFFFF_FFFF
_IN_PAGE = 0xFFF


class PmpRegion(NamedTuple):
    """What an active entry covers: the bytes from `low` up to but not including `high`."""

    entry: int
    low: int
    high: int
    permissions: int
    locked: bool


class PmpState(NamedTuple):
    """The registers of all entries."""

    config: tuple[int, ...]
    address: tuple[int, ...]


class Pmp:
    """The registers `pmpcfg0`-`pmpcfg3` and `pmpaddr0`-`pmpaddr15`, and their verdicts.

    `on_change` is called whenever a verdict may have changed. `changes` grows whenever a register may
    have.
    """

    def __init__(self) -> None:
        self._config = [0] * PMP_ENTRIES
        self._address = [0] * PMP_ENTRIES
        self.regions: tuple[PmpRegion, ...] = ()
        self.changes = 0
        self.on_change: Callable[[], None] = lambda: None

    def config(self, register: int) -> int:
        """Return `pmpcfg<register>`: 32 bits, four entries."""
        first = register * _ENTRIES_PER_REGISTER
        return int.from_bytes(self._config[first : first + _ENTRIES_PER_REGISTER], "little")

    def set_config(self, register: int, value: int) -> None:
        """Write `pmpcfg<register>`: locked entries keep theirs, reserved bits stay 0."""
        first = register * _ENTRIES_PER_REGISTER
        for entry in range(first, first + _ENTRIES_PER_REGISTER):
            byte = value >> 8 * (entry - first) & USED
            if not byte & READ:
                byte &= ~WRITE
            if not self._config[entry] & LOCK:
                self._config[entry] = byte
        self._update()

    def address(self, entry: int) -> int:
        """Return `pmpaddr<entry>`: bits 33 to 2 of an address."""
        return self._address[entry]

    def set_address(self, entry: int, value: int) -> None:
        """Write `pmpaddr<entry>`, unless it is locked or the base of a locked TOR entry."""
        if not self._is_address_locked(entry):
            self._address[entry] = value & _WORD
            self._update()

    def reset(self) -> None:
        """Switch every entry off and unlock it."""
        self.restore(PmpState((0,) * PMP_ENTRIES, (0,) * PMP_ENTRIES))

    def permissions(self, address: int, size: int, *, machine: bool) -> int | None:
        """Return what M (`machine`) or else S and U may do with the bytes: READ, WRITE, EXECUTE bits.

        None if the first entry that matches any of these bytes does not match all: an access of just
        these bytes is refused, and parts of them may be ruled by different entries.
        """
        end = address + size
        for _, low, high, permissions, locked in self.regions:
            if low < end and address < high:
                if address < low or high < end:
                    return None
                return permissions if locked or not machine else ALL
        return ALL if machine else 0

    def allows(self, address: int, size: int, permission: int, *, machine: bool) -> bool:
        """Tell whether an access of `size` bytes that needs the bit `permission` may take place."""
        granted = self.permissions(address, size, machine=machine)
        return granted is not None and granted & permission != 0

    def explain(self, address: int, size: int, *, machine: bool) -> str:
        """Say in words which entry decides over the bytes, and what it permits."""
        end = address + size
        for region in self.regions:
            if region.low < end and address < region.high:
                name = f"PMP entry {region.entry}"
                if address < region.low or region.high < end:
                    return f"{name} matches only a part of the access, which is refused"
                if machine and not region.locked:
                    return f"{name} is not locked and does not bind M"
                letters = "".join(
                    letter if region.permissions & bit else "-"
                    for letter, bit in (("r", READ), ("w", WRITE), ("x", EXECUTE))
                )
                return f"{name} permits {letters}"
        return f"no PMP entry matches: {'M may do anything' if machine else 'S and U may do nothing'}"

    def binding_on_machine(self) -> tuple[PmpRegion, ...]:
        """Return the regions that M's aligned accesses depend on: those up to the last locked one."""
        return self._up_to_last(lambda region: region.locked)

    def binding_on_machine_data(self) -> tuple[PmpRegion, ...]:
        """Return the regions that any access of M to data may depend on.

        A region that matches only a part of a misaligned access refuses it, locked or not, so that
        those with an edge within a page count, too.
        """
        return self._up_to_last(
            lambda region: region.locked or (region.low | region.high) & _IN_PAGE != 0
        )

    def _up_to_last(self, binds: Callable[[PmpRegion], bool]) -> tuple[PmpRegion, ...]:
        last = max((n for n, region in enumerate(self.regions, 1) if binds(region)), default=0)
        return self.regions[:last]

    def capture(self) -> PmpState:
        """Return all registers."""
        return PmpState(tuple(self._config), tuple(self._address))

    def restore(self, state: PmpState) -> None:
        """Set all registers, locked or not."""
        if state == self.capture():
            return
        self._config = list(state.config)
        self._address = list(state.address)
        self._update()

    def _is_address_locked(self, entry: int) -> bool:
        if self._config[entry] & LOCK:
            return True
        if entry + 1 == PMP_ENTRIES:
            return False
        above = self._config[entry + 1]
        return above & LOCK != 0 and above & MODE == TOR

    def _update(self) -> None:
        self.changes += 1
        regions = tuple(self._regions())
        if regions != self.regions:
            self.regions = regions
            self.on_change()

    def _regions(self) -> Iterator[PmpRegion]:
        for entry, config in enumerate(self._config):
            mode = config & MODE
            if not mode:
                continue
            address = self._address[entry]
            if mode == TOR:
                low = self._address[entry - 1] << 2 if entry else 0
                high = address << 2
            elif mode == NA4:
                low = address << 2
                high = low + 4
            else:
                ones = address ^ (address + 1)  # the trailing ones and the zero above them
                low = (address & ~ones) << 2
                high = low + (ones + 1 << 2)
            if low < high:
                yield PmpRegion(entry, low, high, config & ALL, config & LOCK != 0)
