"""The hart's way to memory: loads, stores, atomics and fetches, with everything that is cached of them.

The law of this module: caching cannot be seen. The machine behaves as if every access walked the
page tables, asked the PMP and every fetch decoded anew. What is cached is therefore tied to what it
came from, and dropped when that changes:

- translations belong to a *context*: one address space under one setting of the PMP. Coming back to
  a context finds it as it was left, so `satp` writes, mode changes and PMP writes drop nothing;
- the page-table entries behind a translation are marked in RAM (TABLE); a store there drops it;
- decoded instructions are marked too (CODE); a store there drops them, in every context;
- while a meter counts regions of memory, each region has its own contexts for fetches, so that a
  fetch sees every crossing from one to another.

So `sfence.vma` and `fence.i` have nothing left to do. All is dropped *in place* (`dict.clear`,
`dict.pop`): whoever holds `ops` sees it. Sizes are bounded: past a limit, everything is dropped.
"""

from __future__ import annotations

from typing import TypeAlias

from asm.isa.causes import Cause
from asm.isa.width import MASK
from hvtui.machine.bus import Bus
from hvtui.machine.contexts import Context, DataContext, FetchContext, Op
from hvtui.machine.memory import CODE, GRANULE_SHIFT, PAGE_OFFSET, PAGE_SIZE, TABLE, Ram
from hvtui.machine.pmp import Pmp, PmpRegion
from hvtui.machine.privilege import Privilege
from hvtui.machine.regions import NO_REGION, RegionMeter
from hvtui.machine.translation import (
    SATP_BITS,
    STATUS_BITS,
    Access,
    AddressSpace,
    PageWalker,
    Translation,
    WalkStep,
    data_space,
    fetch_space,
    space_of,
)
from hvtui.machine.trap import Trap

# When more than these have been remembered since the last time, everything is dropped.
MAX_OPS = 1 << 16
MAX_PAGES = 1 << 14
MAX_CONTEXTS = 256

# A page's number and, in the low bits, what makes an access of 4 or 2 bytes misaligned: looked up
# among page addresses, a misaligned address is never found.
_PAGE = MASK & ~PAGE_OFFSET
_PAGE_AND_3 = _PAGE | 3
_PAGE_AND_1 = _PAGE | 1

_RegionsKey: TypeAlias = tuple[PmpRegion, ...]

# A mode's key: the privilege, `satp` and `mstatus`.
_MODE_BITS = 96


class AccessPath:
    """Loads, stores, atomics and fetches of one hart, as its current mode sees memory.

    Addresses are virtual, taken modulo 2**32; values are unsigned. Everything that is refused
    raises Trap with the cause of the access and the address of the part that was refused.

    `ops` are the decoded instructions of the current mode by their addresses. `reservation` is the
    physical address that `load_reserved4` reserved, None for none; it is state of the machine.
    """

    __slots__ = (
        "_base",
        "_bus",
        "_code",
        "_contexts",
        "_data",
        "_fetch",
        "_fetched",
        "_key",
        "_meter",
        "_mode",
        "_ops_remembered",
        "_pages_remembered",
        "_pmp",
        "_pmp_machine",
        "_ram",
        "_region",
        "_selections",
        "_size",
        "_tables",
        "_walker",
        "data",
        "halves",
        "load_pages",
        "marks",
        "ops",
        "reservation",
        "store_pages",
        "words",
    )

    def __init__(self, ram: Ram, bus: Bus, pmp: Pmp) -> None:
        self._ram = ram
        self._base = ram.base
        self._size = ram.size
        self._bus = bus
        self._pmp = pmp
        self._walker = PageWalker(ram, pmp)
        self.data, self.halves, self.words, self.marks = ram.data, ram.halves, ram.words, ram.marks
        self.reservation: int | None = None
        self._code: dict[int, set[tuple[FetchContext, int]]] = {}
        self._tables: dict[int, set[tuple[Context, int]]] = {}
        self._contexts: dict[tuple[AddressSpace, _RegionsKey, int | None], Context] = {}
        self._selections: dict[int, tuple[DataContext, FetchContext]] = {}
        self._ops_remembered = self._pages_remembered = 0
        self._fetched = (-1, -1)
        self._pmp_machine = pmp.binding_on_machine()
        self._meter: RegionMeter | None = None
        self._region = NO_REGION
        self._key = 0
        self._mode = (Privilege.M, 0, 0)
        self.switch(Privilege.M, 0, 0)
        ram.on_code = self._code_changed
        ram.on_table = self._table_changed
        pmp.on_change = self._pmp_changed

    # Loads and stores.

    def load4(self, address: int) -> int:
        """Load a word."""
        try:
            return self.words[(self.load_pages[address & _PAGE_AND_3] | address & PAGE_OFFSET) >> 2]
        except KeyError:
            return self._load(address & MASK, 4)

    def load2(self, address: int) -> int:
        """Load a halfword."""
        try:
            return self.halves[(self.load_pages[address & _PAGE_AND_1] | address & PAGE_OFFSET) >> 1]
        except KeyError:
            return self._load(address & MASK, 2)

    def load1(self, address: int) -> int:
        """Load a byte."""
        try:
            return self.data[self.load_pages[address & _PAGE] | address & PAGE_OFFSET]
        except KeyError:
            return self._load(address & MASK, 1)

    def store4(self, address: int, value: int) -> None:
        """Store the word `value`."""
        try:
            offset = self.store_pages[address & _PAGE_AND_3] | address & PAGE_OFFSET
        except KeyError:
            self._store(address & MASK, 4, value)
            return
        if self.marks[offset >> 4]:
            self._ram.store(offset, 4, value)
        else:
            self.words[offset >> 2] = value

    def store2(self, address: int, value: int) -> None:
        """Store the low halfword of `value`."""
        try:
            offset = self.store_pages[address & _PAGE_AND_1] | address & PAGE_OFFSET
        except KeyError:
            self._store(address & MASK, 2, value)
            return
        if self.marks[offset >> 4]:
            self._ram.store(offset, 2, value)
        else:
            self.halves[offset >> 1] = value & 0xFFFF

    def store1(self, address: int, value: int) -> None:
        """Store the low byte of `value`."""
        try:
            offset = self.store_pages[address & _PAGE] | address & PAGE_OFFSET
        except KeyError:
            self._store(address & MASK, 1, value)
            return
        if self.marks[offset >> 4]:
            self._ram.store(offset, 1, value)
        else:
            self.data[offset] = value & 0xFF

    # Atomics.

    def load_reserved4(self, address: int) -> int:
        """Load a word of RAM and reserve its place."""
        offset = self._atomic_offset(address & MASK, Access.LOAD, Cause.MISALIGNED_LOAD)
        self.reservation = self._ram.base + offset
        return self.words[offset >> 2]

    def store_conditional4(self, address: int, value: int) -> int:
        """Store a word if its place is the reserved one: 0 for success. Ends the reservation."""
        offset = self._atomic_offset(address & MASK, Access.STORE, Cause.MISALIGNED_STORE)
        holds = self.reservation == self._ram.base + offset
        self.reservation = None
        if not holds:
            return 1
        if self.marks[offset >> 4]:
            self._ram.store(offset, 4, value)
        else:
            self.words[offset >> 2] = value & MASK
        return 0

    def amo_address4(self, address: int) -> int:
        """Return the physical address of a word that may be both read and written."""
        page = self.store_pages.get(address & _PAGE_AND_3)
        if page is not None:
            return self._base + (page | address & PAGE_OFFSET)
        address &= MASK
        if address & 3:
            raise Trap(Cause.MISALIGNED_STORE, address)
        physical = self._locate(address, 4, Access.STORE)
        if not self._ram.contains(physical, 4) and not self._bus.accepts(physical, 4):
            raise Trap(Cause.STORE_ACCESS, address)
        return physical

    def read_physical4(self, physical: int) -> int:
        """Read a word at an address that `amo_address4` returned."""
        offset = physical - self._base
        if 0 <= offset < self._size:
            return self.words[offset >> 2]
        return self._bus.load(physical, 4) or 0

    def write_physical4(self, physical: int, value: int) -> None:
        """Write a word at an address that `amo_address4` returned."""
        offset = physical - self._base
        if not 0 <= offset < self._size:
            self._bus.store(physical, 4, value & MASK)
        elif self.marks[offset >> 4]:
            self._ram.store(offset, 4, value)
        else:
            self.words[offset >> 2] = value & MASK

    # Fetches.

    def fetch(self, pc: int) -> int:
        """Return the word at `pc`, a multiple of 4. Code can only lie in RAM."""
        if pc & 3:
            raise Trap(Cause.MISALIGNED_FETCH, pc)
        page = self._fetch.pages.get(pc & _PAGE)
        if page is not None:
            offset = page | pc & PAGE_OFFSET
        else:
            physical = self._locate(pc, 4, Access.FETCH)
            if not self._ram.contains(physical, 4):
                raise Trap(Cause.FETCH_ACCESS, pc)
            offset = physical - self._ram.base
        self._fetched = (pc, offset)
        if self._meter is not None and self._crosses(self._base + offset):
            return self.fetch(pc)  # its page belongs to the other region's context, too
        return self.words[offset >> 2]

    def remember(self, pc: int, op: Op) -> None:
        """Keep `op` in `ops` for the word that `fetch(pc)` has just returned, as long as it is true."""
        address, offset = self._fetched
        if address != pc:
            raise ValueError(f"{pc:#x} has not just been fetched")
        if self._ops_remembered >= MAX_OPS:
            self.forget()
            self.fetch(pc)  # its translation is to be remembered anew, too
        self._ops_remembered += 1
        granule = offset >> GRANULE_SHIFT
        self.marks[granule] |= CODE
        self._code.setdefault(granule, set()).add((self._fetch, pc))
        self._fetch.addresses.setdefault(pc & _PAGE, set()).add(pc)
        self._fetch.ops[pc] = op

    # Contexts.

    def switch(self, privilege: Privilege, satp: int, mstatus: int) -> None:
        """Take up the mode that these registers say. `ops` may be another object afterwards."""
        mode = (privilege << 32 | satp & SATP_BITS) << 32 | mstatus & STATUS_BITS
        self._key = self._region << _MODE_BITS | mode
        self._mode = privilege, satp, mstatus
        self._select()

    def use_meter(self, meter: RegionMeter) -> None:
        """Tell `meter` from now on whenever execution crosses into another of its regions."""
        self._meter = meter
        self.forget()

    @property
    def meter(self) -> RegionMeter | None:
        """Who wants to hear of crossings."""
        return self._meter

    def follow_meter(self) -> None:
        """Take up the region that the meter has been led to; `switch` is to be called afterwards."""
        if self._meter is not None:
            self._region = self._meter.current

    def _crosses(self, physical: int) -> bool:
        """Tell the meter if the instruction that is fetched lies in another region, and go there."""
        meter = self._meter
        if meter is None or not meter.enter(physical):
            return False
        self._region = meter.current
        self.switch(*self._mode)
        return True

    def forget(self) -> None:
        """Drop everything that is cached, in place. Nobody can tell, but by the time it takes."""
        for context in self._contexts.values():
            context.clear()
        for granule in self._code:
            self.marks[granule] &= ~CODE
        for granule in self._tables:
            self.marks[granule] &= ~TABLE
        self._code.clear()
        self._tables.clear()
        self._ops_remembered = self._pages_remembered = 0

    def space(self, privilege: Privilege | None = None) -> AddressSpace:
        """Return the address space of loads and stores now, or that of `privilege` itself."""
        if privilege is None:
            return self._data.space
        return space_of(privilege, *self._mode[1:])

    def explain(
        self, address: int, access: Access, privilege: Privilege | None = None, size: int = 1
    ) -> Translation:
        """Tell what an access of `size` bytes within a page would meet, without any effect.

        `privilege` None is the hart as it is, with MPRV. Alignment and what a device makes of the
        access are not looked at.
        """
        address &= MASK
        space = self.space(privilege)
        if access is Access.FETCH:
            space = self._fetch.space if privilege is None else space_of(privilege, self._mode[1], 0)
        steps: list[WalkStep] = []
        try:
            target = self._walker.walk(address, access, space, record=steps).physical
        except Trap as trap:
            verdict = steps[-1].verdict
            return Translation(
                address, access, space, None, Cause(trap.cause), None, tuple(steps), verdict
            )
        verdict = self._pmp.explain(target, size, machine=space.is_machine)
        permitted = self._pmp.allows(target, size, access.permission, machine=space.is_machine)
        region = None if access is Access.FETCH else self._bus.find(target, size)
        if permitted and not self._ram.contains(target, size) and not region:
            permitted = False
            verdict = "neither RAM nor a device answers" if access is not Access.FETCH else "not in RAM"
        physical, cause = (target, None) if permitted else (None, access.access_fault)
        return Translation(address, access, space, physical, cause, target, tuple(steps), verdict)

    def _select(self) -> None:
        selection = self._selections.get(self._key)
        if selection is None:
            selection = self._make_selection()
        self._data, self._fetch = selection
        self.load_pages, self.store_pages = self._data.load_pages, self._data.store_pages
        self.ops = self._fetch.ops

    def _make_selection(self) -> tuple[DataContext, FetchContext]:
        if len(self._contexts) >= MAX_CONTEXTS or len(self._selections) >= MAX_CONTEXTS:
            self.forget()
            self._contexts.clear()
            self._selections.clear()
        privilege, satp, mstatus = self._mode
        data = self._context(data_space(privilege, satp, mstatus), DataContext)
        fetch = self._context(fetch_space(privilege, satp), FetchContext)
        assert isinstance(data, DataContext)
        assert isinstance(fetch, FetchContext)
        self._selections[self._key] = data, fetch
        return data, fetch

    def _context(self, space: AddressSpace, kind: type[DataContext] | type[FetchContext]) -> Context:
        regions = self._pmp.regions
        if space.is_machine:
            regions = self._pmp_machine if kind is FetchContext else self._pmp.binding_on_machine_data()
        key = space, regions, None if kind is DataContext else self._region
        context = self._contexts.get(key)
        if context is None:
            context = self._contexts[key] = kind(space)
        return context

    # Hearing of changes.

    def _pmp_changed(self) -> None:
        """Choose contexts anew: they belong to a setting of the PMP.

        What binds M changes rarely (it takes locked entries); as M may be running from `ops` right
        now, its contexts are dropped in place then.
        """
        self._selections.clear()
        machine = self._pmp.binding_on_machine()
        if machine != self._pmp_machine:
            self._pmp_machine = machine
            self.forget()
            self._contexts.clear()
        self._select()

    def _code_changed(self, granule: int) -> None:
        for context, address in self._code.pop(granule, ()):
            context.ops.pop(address, None)

    def _table_changed(self, granule: int) -> None:
        for context, page in self._tables.pop(granule, ()):
            context.drop(page)

    # The slow ways.

    def _locate(self, address: int, size: int, access: Access) -> int:
        """Return the physical address of `size` bytes within a page, having checked everything.

        If they are in RAM and the whole page may be used likewise, the page is remembered.
        """
        context: Context = self._fetch if access is Access.FETCH else self._data
        machine = context.space.is_machine
        physical, entries = self._walker.walk(address, access, context.space)
        if not self._pmp.allows(physical, size, access.permission, machine=machine):
            raise Trap(access.access_fault, address)
        start = physical & ~PAGE_OFFSET
        if self._ram.contains(start, PAGE_SIZE):
            whole = self._pmp.permissions(start, PAGE_SIZE, machine=machine)
            if whole is not None:
                self._remember_page(context, access, address & _PAGE, start - self._ram.base, entries)
            elif access is Access.FETCH:
                self._tie(context, address & _PAGE, entries)
        return physical

    def _remember_page(
        self, context: Context, access: Access, page: int, offset: int, entries: tuple[int, ...]
    ) -> None:
        self._tie(context, page, entries)
        if isinstance(context, FetchContext):
            context.pages[page] = offset
        elif access is Access.LOAD:
            context.load_pages[page] = offset
        else:
            context.store_pages[page] = offset

    def _tie(self, context: Context, page: int, entries: tuple[int, ...]) -> None:
        """Have `page` of `context` dropped when one of the page-table entries changes."""
        if self._pages_remembered >= MAX_PAGES:
            self.forget()
        self._pages_remembered += 1
        for place in entries:
            granule = (place - self._ram.base) >> GRANULE_SHIFT
            self.marks[granule] |= TABLE
            self._tables.setdefault(granule, set()).add((context, page))

    def _atomic_offset(self, address: int, access: Access, misaligned: Cause) -> int:
        """Return the offset in RAM of the word at `address` for LR and SC."""
        if address & 3:
            raise Trap(misaligned, address)
        pages = self.load_pages if access is Access.LOAD else self.store_pages
        page = pages.get(address & _PAGE)
        if page is not None:
            return page | address & PAGE_OFFSET
        physical = self._locate(address, 4, access)
        if not self._ram.contains(physical, 4):
            raise Trap(access.access_fault, address)
        return physical - self._ram.base

    def _load(self, address: int, size: int) -> int:
        room = PAGE_SIZE - (address & PAGE_OFFSET)
        if size <= room:
            page = self.load_pages.get(address & _PAGE)
            if page is not None:
                offset = page | address & PAGE_OFFSET
                return int.from_bytes(self.data[offset : offset + size], "little")
            return self._load_part(address, size, aligned=not address & (size - 1))
        low = self._load_part(address, room, aligned=False)
        high = self._load_part(address + room & MASK, size - room, aligned=False)
        return high << 8 * room | low

    def _load_part(self, address: int, size: int, *, aligned: bool) -> int:
        physical = self._locate(address, size, Access.LOAD)
        if self._ram.contains(physical, size):
            offset = physical - self._ram.base
            return int.from_bytes(self.data[offset : offset + size], "little")
        value = self._bus.load(physical, size) if aligned else None
        if value is None:
            raise Trap(Cause.LOAD_ACCESS, address)
        return value

    def _store(self, address: int, size: int, value: int) -> None:
        room = PAGE_SIZE - (address & PAGE_OFFSET)
        if size > room:
            parts = (address, room), (address + room & MASK, size - room)
            low, high = (self._part_in_ram(*part) for part in parts)
            self._ram.store(low, room, value)
            self._ram.store(high, size - room, value >> 8 * room)
        elif address & (size - 1):
            self._ram.store(self._part_in_ram(address, size), size, value)
        else:
            physical = self._locate(address, size, Access.STORE)
            if self._ram.contains(physical, size):
                self._ram.store(physical - self._ram.base, size, value)
            elif not self._bus.store(physical, size, value & (1 << 8 * size) - 1):
                raise Trap(Cause.STORE_ACCESS, address)

    def _part_in_ram(self, address: int, size: int) -> int:
        """Return the offset of a part of a misaligned store, which only RAM takes."""
        page = self.store_pages.get(address & _PAGE)
        if page is not None:
            return page | address & PAGE_OFFSET
        physical = self._locate(address, size, Access.STORE)
        if not self._ram.contains(physical, size):
            raise Trap(Cause.STORE_ACCESS, address)
        return physical - self._ram.base
