"""The law of the access path: nobody can tell that anything is cached.

Random sequences of accesses, page-table and PMP writes and mode changes are done on the machine's
memory and on a model without any cache; every result, every fault and all of memory must agree, and
every decoded instruction that is kept must be what a fetch would find now.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from hvtui.machine import access
from hvtui.machine.privilege import Privilege
from hvtui.machine.trap import Trap
from tests.support.bare_memory import (
    DEVICE_BASE,
    MPRV,
    MXR,
    PAGED,
    RAM_BASE,
    SUM,
    A,
    BareMemory,
    D,
    FaultError,
    PlainMemory,
    R,
    U,
    V,
    W,
    X,
    mpp,
    pte,
)

PAGES = 16
ROOT, LOW_TABLE, HIGH_TABLE = 1, 2, 3
T = TypeVar("T")


def as_bytes(word: int) -> bytes:
    """Return the word as it lies in memory."""
    return (word & 0xFFFF_FFFF).to_bytes(4, "little")


def in_ram(address: int) -> int:
    """Return some address of RAM for the address of anything."""
    return RAM_BASE + address % ((PAGES << 12) - 4)


class Pair:
    """The machine's memory and the model, led through the same things."""

    def __init__(self) -> None:
        self.real = BareMemory(PAGES)
        self.plain = PlainMemory(bytearray(PAGES << 12))

    def compare(self, real: Callable[[], T], plain: Callable[[], T]) -> None:
        """Do the same on both: same result or same fault, same memory afterwards."""
        expected: T | tuple[int, int]
        found: T | tuple[int, int]
        try:
            expected = plain()
        except FaultError as fault:
            expected = fault.cause, fault.tval
        try:
            found = real()
        except Trap as trap:
            found = trap.cause, trap.tval
        assert found == expected
        assert self.real.ram.data == self.plain.data
        assert self.real.device.words == self.plain.device.words
        assert self.real.path.reservation == self.plain.reservation

    def check_code(self) -> None:
        """Every op that is kept (here: one that returns its word) is what a fetch finds."""
        before = bytes(self.plain.data)
        for pc, op in self.real.path.ops.items():
            assert op() == self.plain.fetch(pc)
        assert self.plain.data == before, "a fetch that needs no walk would have changed memory"

    # The things that are done.

    def load(self, address: int, size: int) -> None:
        path = self.real.path
        real = {1: path.load1, 2: path.load2, 4: path.load4}[size]
        self.compare(lambda: real(address), lambda: self.plain.load(address, size))

    def store(self, address: int, size: int, value: int) -> None:
        path = self.real.path
        real = {1: path.store1, 2: path.store2, 4: path.store4}[size]
        self.compare(lambda: real(address, value), lambda: self.plain.store(address, size, value))
        self.check_code()

    def store_entry(self, address: int, entry: int) -> None:
        self.store(address & ~3, 4, entry)

    def fetch(self, address: int) -> None:
        address &= ~3

        def execute() -> int:
            path = self.real.path
            kept = path.ops.get(address)
            if kept:
                return kept()
            word = path.fetch(address)
            path.remember(address, lambda: word)
            return word

        self.compare(execute, lambda: self.plain.fetch(address))
        self.check_code()

    def atomic(self, kind: str, address: int, value: int) -> None:
        path, plain = self.real.path, self.plain
        if kind == "lr":
            self.compare(lambda: path.load_reserved4(address), lambda: plain.load_reserved(address))
        elif kind == "sc":
            self.compare(
                lambda: path.store_conditional4(address, value),
                lambda: plain.store_conditional(address, value),
            )
        else:
            self.compare(lambda: self.swap(address, value), lambda: plain.swap(address, value))
        self.check_code()

    def swap(self, address: int, value: int) -> int:
        place = self.real.path.amo_address4(address)
        old = self.real.path.read_physical4(place)
        self.real.path.write_physical4(place, value)
        return old

    def mode(self, privilege: int, satp: int, status: int) -> None:
        self.real.path.switch(Privilege(privilege), satp, status)
        self.plain.privilege, self.plain.satp, self.plain.status = privilege, satp, status
        self.check_code()

    def pmp_config(self, register: int, value: int) -> None:
        self.real.pmp.set_config(register, value)
        self.plain.write_config(register, value)
        assert self.real.pmp.config(register).to_bytes(4, "little") == bytes(
            self.plain.config[4 * register : 4 * register + 4]
        )
        self.check_code()

    def pmp_address(self, entry: int, value: int) -> None:
        self.real.pmp.set_address(entry, value)
        self.plain.write_address(entry, value)
        assert self.real.pmp.address(entry) == self.plain.address[entry]
        self.check_code()

    def pmp_exception(self, low: int, high: int, permissions: int) -> None:
        """Give the bytes from `low` to `high` other permissions than the rest."""
        self.pmp_address(0, low >> 2)
        self.pmp_address(1, high >> 2)
        self.pmp_config(0, 0x1F00_0800 | permissions << 8)

    def edit(self, address: int, data: bytes) -> None:
        self.real.ram.write(address, data)
        offset = address - RAM_BASE
        self.plain.data[offset : offset + len(data)] = data
        self.check_code()

    def snapshot(self) -> None:
        self.real.ram.restore(self.real.ram.capture())
        self.check_code()


# Few places, so that a sequence comes back to them. The initial tables know the virtual pages 0 and 1
# for all and 0x400 and 0x401 for S, both leading to the physical pages 5 and 6; RAM's own addresses
# are a superpage of S. 2 leads to the device.
RAM_PAGE = RAM_BASE >> 12
NEAR = (0x7FE, 0x800, 0x804, 0x80C)
near_pages = st.sampled_from([0, 0, 0x400, RAM_PAGE + 5, RAM_PAGE + 5, 1, RAM_PAGE + 6])
near = st.builds(lambda page, offset: page << 12 | offset, near_pages, st.sampled_from(NEAR))
edges = st.builds(
    lambda page, offset: page << 12 | offset,
    st.one_of(near_pages, st.sampled_from([2, 3, 0x402, 0xFFFFF, DEVICE_BASE >> 12, RAM_PAGE + PAGES])),
    st.sampled_from([0, 4, 0xFFC, 0xFFE, 0xFFF]),
)
tables = st.sampled_from([ROOT, LOW_TABLE, HIGH_TABLE])
entry_addresses = st.builds(
    lambda page, index: RAM_BASE + (page << 12) + 4 * index, tables, st.sampled_from([0, 0, 1, 0x200])
)
addresses = st.one_of(near, near, near, edges, entry_addresses)

ram_pages = st.sampled_from([5, 5, 6, ROOT, LOW_TABLE, HIGH_TABLE, 0, PAGES - 1])
targets = st.one_of(
    ram_pages.map(lambda page: RAM_BASE + (page << 12)),
    st.sampled_from([DEVICE_BASE, RAM_BASE, RAM_BASE + (PAGES << 12), 0x3_8000_0000]),
)
flags = st.one_of(
    st.sampled_from([V, V | R | W | X | U, V | R | W | X, V | R | X | U | A, V | X | A]),
    st.integers(0, 0xFF),
)
entries = st.builds(pte, targets, flags).map(lambda entry: entry & 0xFFFF_FFFF)

roots = st.sampled_from(
    [PAGED | RAM_PAGE + ROOT] * 12
    + [0, PAGED | RAM_PAGE + HIGH_TABLE, PAGED | 0x1_0000, PAGED | 0x3F_FFFF]
)
statuses = st.builds(
    lambda mprv, previous, others: mprv | mpp(previous) | others,
    st.sampled_from([0, 0, 0, MPRV]), st.sampled_from([0, 1, 3]),
    st.sampled_from([SUM, SUM | MXR, 0, MXR]),
)  # fmt: skip
modes = st.tuples(st.just("mode"), st.sampled_from([0, 1, 1, 3]), roots, statuses)

pmp_edges = st.one_of(
    st.builds(
        lambda page, offset: (RAM_BASE + (page << 12) + offset) >> 2,
        ram_pages, st.sampled_from([0, 0x800, 0x804, 0xFFC]),
    ),
    st.sampled_from([0, 0xFFFF_FFFF, DEVICE_BASE >> 2, RAM_BASE + 0x57FF >> 2, RAM_BASE + 0x5FFF >> 2]),
)  # fmt: skip
configs = st.one_of(
    st.sampled_from([0, 0, 0x0F, 0x1F, 0x1B, 0x0B, 0x09, 0x08, 0x17, 0x10]),
    st.sampled_from([0x89, 0x98, 0x8F, 0x9B, 0x52, 0x7E]),
)
# Most often the last entry goes on to open everything, and the others are exceptions.
config_words = st.builds(
    lambda *parts: int.from_bytes(bytes(parts), "little"),
    configs, configs, configs, st.one_of(st.just(0x1F), st.just(0x1F), configs),
)  # fmt: skip

sizes = st.sampled_from([4, 4, 1, 2])
values = st.integers(0, 0xFFFF_FFFF)
loads = st.tuples(st.just("load"), addresses, sizes)
stores = st.tuples(st.just("store"), addresses, sizes, values)
fetches = st.tuples(st.just("fetch"), addresses)
fetches_near = st.tuples(st.just("fetch"), near)
stores_near = st.tuples(st.just("store"), near, st.just(4), values)
common = st.one_of(loads, stores, stores_near, fetches, fetches_near)
rare = st.one_of(
    modes,
    modes,
    st.tuples(st.just("store_entry"), entry_addresses, entries),
    st.tuples(st.just("store_entry"), entry_addresses, entries),
    st.tuples(st.just("atomic"), st.sampled_from(["lr", "sc", "swap"]), addresses, values),
    st.tuples(st.just("pmp_config"), st.just(0), config_words),
    st.tuples(st.just("pmp_address"), st.integers(0, 3), pmp_edges),
    st.builds(
        lambda edge, size, permissions: ("pmp_exception", edge, edge + size, permissions),
        st.sampled_from([RAM_BASE + 0x5800, RAM_BASE + 0x5804, RAM_BASE + 0x6000]),
        st.sampled_from([4, 8, 0x800]),
        st.sampled_from([0, 1, 3, 4]),
    ),
    st.tuples(st.just("edit"), entry_addresses, entries.map(as_bytes)),
    st.tuples(st.just("edit"), addresses.map(in_ram), values.map(as_bytes)),
    st.tuples(st.just("snapshot")),
)
# (`one_of` would flatten the two and take each kind equally often.)
actions = st.integers(0, 6).flatmap(lambda n: common if n else rare)


def prepared() -> Pair:
    """A root table, two tables below it and a superpage, all of memory open to all."""
    pair = Pair()
    page = pair.real.page
    all_rights = V | R | W | X
    for place, entry in (
        (page(ROOT), pte(page(LOW_TABLE), V)),
        (page(ROOT) + 4, pte(page(HIGH_TABLE), V)),
        (page(ROOT) + 4 * 0x200, pte(RAM_BASE, all_rights)),
        *((page(LOW_TABLE) + 4 * n, pte(page(5 + n), all_rights | U)) for n in range(2)),
        (page(LOW_TABLE) + 8, pte(DEVICE_BASE, V | R | W | U)),
        *((page(HIGH_TABLE) + 4 * n, pte(page(5 + n), all_rights | A | D)) for n in range(2)),
    ):
        pair.edit(place, as_bytes(entry))
    pair.pmp_address(3, 0xFFFF_FFFF)
    pair.pmp_config(0, 0x1F00_0000)
    pair.mode(1, PAGED | page(ROOT) >> 12, SUM)
    return pair


@settings(max_examples=150, deadline=None)
@given(st.lists(actions, min_size=40, max_size=120))
def test_caching_cannot_be_seen(sequence: list[tuple[object, ...]]) -> None:
    pair = prepared()
    for name, *arguments in sequence:
        getattr(pair, str(name))(*arguments)


@settings(max_examples=40, deadline=None)
@given(st.lists(actions, min_size=40, max_size=120))
def test_caching_cannot_be_seen_when_the_caches_are_always_full(
    sequence: list[tuple[object, ...]],
) -> None:
    limits = access.MAX_OPS, access.MAX_PAGES, access.MAX_CONTEXTS
    access.MAX_OPS, access.MAX_PAGES, access.MAX_CONTEXTS = 2, 3, 2
    try:
        pair = prepared()
        for name, *arguments in sequence:
            getattr(pair, str(name))(*arguments)
    finally:
        access.MAX_OPS, access.MAX_PAGES, access.MAX_CONTEXTS = limits
