"""A machine as expressions read it: between two steps, and without any effect on it."""

from __future__ import annotations

from collections.abc import Callable

from asm.isa.causes import trap_name
from asm.isa.width import MASK
from hvtui.debugger.expressions.readable import ReadError
from hvtui.machine import bus
from hvtui.machine.board import Machine
from hvtui.machine.memory import PAGE_OFFSET, PAGE_SIZE
from hvtui.machine.pmp import READ
from hvtui.machine.privilege import Privilege
from hvtui.machine.translation import Access, PageWalker, Translation
from hvtui.machine.trap import Trap

_PAGE = MASK & ~PAGE_OFFSET
_DEVICES = (
    ("finisher", bus.FINISHER_BASE, bus.FINISHER_SIZE),
    ("clint", bus.CLINT_BASE, bus.CLINT_SIZE),
    ("plic", bus.PLIC_BASE, bus.PLIC_SIZE),
    ("uart", bus.UART_BASE, bus.UART_SIZE),
)


class LiveMachine:
    """Reads `machine`. It is true between steps; while an instruction executes, `pc` may lag."""

    __slots__ = ("_access", "_csrs", "_machine", "_pmp", "_state", "_walker", "register")

    def __init__(self, machine: Machine) -> None:
        hart = machine.hart
        self._machine = machine
        self._state = hart.state
        self._access = hart.access
        self._csrs = hart.csrs.by_name
        self._pmp = hart.pmp
        self._walker = PageWalker(machine.ram, hart.pmp)
        # Nothing is quicker than the list's own look-up; the list is one for good.
        self.register: Callable[[int], int] = hart.x.__getitem__

    @property
    def pc(self) -> int:
        """The address of the next instruction."""
        return self._state.pc

    @property
    def privilege(self) -> Privilege:
        """The current mode."""
        return self._state.privilege

    @property
    def instant(self) -> int:
        """Steps since reset."""
        return self._state.instant

    @property
    def retired(self) -> int:
        """Instructions retired since reset."""
        return self._state.clock.retired

    def csr(self, name: str) -> int:
        """Return a CSR's value, whoever may read it. Raises ReadError if this CPU does not have it."""
        try:
            return self._csrs[name].read()
        except KeyError:
            raise ReadError(f"{self._machine.generation.name} has no CSR {name}") from None

    def memory(self, address: int, size: int) -> int:
        """Return 1, 2 or 4 bytes as a load of the current mode sees them. Raises ReadError."""
        inside = address & PAGE_OFFSET
        if inside + size > PAGE_SIZE:
            room = PAGE_SIZE - inside
            high = self.memory(address + room & MASK, size - room)
            return high << 8 * room | self.memory(address, room)
        access = self._access
        page = access.load_pages.get(address & _PAGE)
        if page is not None:
            # A load has been here under the present translation, and may come again.
            offset = page | inside
            return int.from_bytes(access.data[offset : offset + size], "little")
        return self.physical_memory(self._arrival(address, size), size)

    def physical_memory(self, address: int, size: int) -> int:
        """Return bytes of RAM at a physical address. Raises ReadError."""
        data = self._machine.read_physical(address, size)
        if data is None:
            raise ReadError(self._not_in_ram(address, size))
        return int.from_bytes(data, "little")

    def physical(self, address: int) -> int:
        """Return where a load from `address` arrives in the current mode. Raises ReadError."""
        return self._arrival(address, 1)

    def _arrival(self, address: int, size: int) -> int:
        access = self._access
        space = access.space()
        try:
            # To record a walk is to leave the A bits alone.
            target = self._walker.walk(address, Access.LOAD, space, record=[]).physical
        except Trap:
            pass
        else:
            allowed = self._pmp.allows(target, size, READ, machine=space.is_machine)
            if allowed and self._machine.ram.contains(target, size):
                return target
        # What is refused, or no RAM, may take its time: the reason is to be told.
        found = access.explain(address, Access.LOAD, size=size)
        if found.physical is None:
            raise ReadError(self._refusal(found))
        return found.physical

    def _refusal(self, found: Translation) -> str:
        """Say which trap a load would meet, and which entry of a page table or the PMP decided."""
        cause = trap_name(int(found.cause or 0), interrupt=False).text
        last = found.steps[-1] if found.steps and found.target is None else None
        where = f" (page-table entry at {last.pte_address:#010x}, level {last.level})" if last else ""
        mode = found.space.privilege.label
        return f"{found.address:#010x} cannot be read in {mode}: {cause}: {found.verdict}{where}"

    def _not_in_ram(self, address: int, size: int) -> str:
        for name, base, length in _DEVICES:
            if base < address + size and address < base + length:
                return f"{address:#010x} is a register of the {name}, and reading it could change it"
        ram = self._machine.ram
        extent = f"{ram.base:#010x} to {ram.base + ram.size - 1:#010x}"
        return f"{address:#010x} is not in RAM, which is {extent}"
