"""The memory of a type-1 guest: its PMP, its page tables, and every load, store and fetch.

Whatever a guest's kernel sets up, an instruction that touches memory does under the hypervisor what
it does natively: the same values, the same faults, the same A and D bits.
"""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hvtui.machine.memory import PAGE_SIZE, Ram
from hvtui.machine.pmp import EXECUTE, Pmp
from hvtui.machine.privilege import Privilege
from hvtui.machine.translation import Access, AddressSpace, PageWalker
from hvtui.machine.trap import Trap
from tests.support.bare_memory import MXR, PAGED, SUM
from tests.support.hypervisor_harness import Bench
from tests.support.memory_steps import (
    ALL,
    LOCK,
    MASK,
    NA4,
    NAPOT,
    ROOT,
    TABLES,
    Map,
    Protect,
    Step,
    napot,
    page,
    physical_addresses,
    pmp_entries,
    steps,
    table_entries,
    usual_tables,
    virtual_addresses,
)
from tests.support.virtual_memory import (
    NO_TRAP,
    RAM_BASE,
    RAM_SIZE,
    VM_BASE,
    MemoryTwins,
    memory_bench,
    write_pmp,
)

M, S, USER = Privilege.M, Privilege.S, Privilege.U


@pytest.fixture(scope="module")
def bench() -> Bench:
    return memory_bench()


@pytest.fixture(scope="module")
def both() -> MemoryTwins:
    return MemoryTwins(table_pages=TABLES)


# ---- the PMP


@settings(max_examples=150)
@given(
    entries=st.lists(pmp_entries(), max_size=8),
    accesses=st.lists(
        st.tuples(
            physical_addresses(),
            st.sampled_from([1, 2, 4]),
            st.sampled_from([1, 2, 4]),
            st.sampled_from([M, S, USER]),
        ),
        min_size=1,
        max_size=8,
    ),
)
def test_the_pmp_judges_as_the_machines_own(
    bench: Bench, entries: list[Protect], accesses: list[tuple[int, int, int, Privilege]]
) -> None:
    bench.start_over()
    pmp = Pmp()
    for each in entries:
        write_pmp(bench, pmp, each.entry, each.config, each.address)
    for number in range(4):
        assert bench.call("pmp_read_config", number).a0 == pmp.config(number)
    for number in range(16):
        assert bench.call("pmp_read_address", number).a0 == pmp.address(number)
    for address, size, permission, privilege in accesses:
        inside = min(address, (address | PAGE_SIZE - 1) + 1 - size)
        allowed = bench.call("pmp_allows", inside, size, permission, privilege).a0
        assert allowed == pmp.allows(inside, size, permission, machine=privilege is M)
        check_page(bench, pmp, address & -PAGE_SIZE, privilege)


def check_page(bench: Bench, pmp: Pmp, start: int, privilege: Privilege) -> None:
    """No more rights are promised for a page than every access within it has."""
    machine = privilege is M
    answer = bench.call("pmp_page", start, privilege)
    rights, is_divided = answer.a0, answer.a1
    whole = pmp.permissions(start, PAGE_SIZE, machine=machine)
    is_locked = any(pmp.config(number) & LOCK * 0x0101_0101 for number in range(4))
    if whole is not None:
        assert (rights, is_divided) == (whole, 0)
    elif machine and not (is_locked and is_divided):
        assert (rights, is_divided) == (ALL, 0)  # divided by entries that do not bind M
    else:
        assert is_divided
        assert rights in (0, EXECUTE)
        for place in range(start, start + PAGE_SIZE, 4):
            assert rights == 0 or pmp.allows(place, 4, rights, machine=machine)


def test_a_pmp_write_makes_those_tables_stale_that_it_concerns(bench: Bench) -> None:
    bench.start_over()
    bits = {name: 1 << bench.symbols[f"ROOT_{name}"] for name in ("M", "S", "U", "PAGED", "MPRV")}
    below = bits["S"] | bits["U"] | bits["PAGED"]
    pmp = Pmp()
    write_pmp(bench, pmp, 0, NAPOT | ALL, napot(page(4), 0x1000))
    assert bench["V_STALE"] == below
    bench["V_STALE"] = 0
    write_pmp(bench, pmp, 0, NAPOT | ALL, napot(page(4), 0x1000))  # nothing new
    assert bench["V_STALE"] == 0
    write_pmp(bench, pmp, 5, LOCK | NA4, 0)  # this one binds M
    assert bench["V_STALE"] == below | bits["M"] | bits["MPRV"]


# ---- page tables


@settings(max_examples=250)
@given(
    tables=st.lists(table_entries(), max_size=8),
    entries=st.lists(pmp_entries(), max_size=2),
    root=st.sampled_from([*[page(ROOT)] * 6, page(7), RAM_BASE + RAM_SIZE, 1 << 32 | page(ROOT), 0]),
    status=st.sampled_from([0, SUM, MXR, SUM | MXR]),
    walks=st.lists(
        st.tuples(virtual_addresses(), st.sampled_from(list(Access)), st.sampled_from([S, USER])),
        min_size=1,
        max_size=6,
    ),
)
def test_walks_as_the_machines_own_hart(
    bench: Bench,
    tables: list[Map],
    entries: list[Protect],
    root: int,
    status: int,
    walks: list[tuple[int, Access, Privilege]],
) -> None:
    bench.start_over()
    ram, pmp = Ram(RAM_BASE, RAM_SIZE), Pmp()
    for each in (*entries, Protect(15, NAPOT | ALL, MASK)):
        write_pmp(bench, pmp, each.entry, each.config, each.address)
    for entry in (*usual_tables(), *tables):
        ram.write(entry.place, entry.entry.to_bytes(4, "little"))
        bench.put_word(entry.place - RAM_BASE + VM_BASE, entry.entry)
    bench["V_SATP"], bench["V_MSTATUS"] = PAGED | root >> 12, status
    walker = PageWalker(ram, pmp)
    for address, access, privilege in walks:
        data = status if access is not Access.FETCH else 0
        space = AddressSpace(privilege, root, sum=data & SUM != 0, mxr=data & MXR != 0)
        answer = bench.call("walk", address, access.permission, privilege)
        assert (answer.a0, answer.a1) == walked(walker, address, access, space)
        size = TABLES * PAGE_SIZE
        assert bench.machine.ram.read(VM_BASE, size) == ram.read(RAM_BASE, size)


def walked(walker: PageWalker, address: int, access: Access, space: AddressSpace) -> tuple[int, int]:
    """Return what `walk` answers if it does as the machine's own."""
    try:
        physical = walker.walk(address, access, space).physical
    except Trap as trap:
        return trap.cause, trap.tval
    if physical > MASK:  # neither RAM nor a device is up there, so this can be told at once
        return access.access_fault, address
    return NO_TRAP, physical


# ---- single instructions


@settings(max_examples=150)
@given(is_open=st.booleans(), actions=st.lists(steps(), min_size=1, max_size=24))
def test_every_instruction_does_what_it_does_natively(
    both: MemoryTwins, is_open: bool, actions: list[Step]
) -> None:
    both.start_over()
    if is_open:
        both.write_pmp(15, NAPOT | ALL, MASK)
    for step in (*usual_tables(), *actions):
        step(both)
