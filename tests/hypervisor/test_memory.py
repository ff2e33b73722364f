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
from tests.support.bare_memory import MXR, PAGED, SUM, A, D, R, U, V, W, X, pte
from tests.support.hypervisor_harness import Bench
from tests.support.memory_steps import (
    ALL,
    LOCK,
    MASK,
    NA4,
    NAPOT,
    RD,
    ROOT,
    RS1,
    RS2,
    SYSTEM,
    TABLE,
    TABLES,
    UART,
    Execute,
    Map,
    Protect,
    Step,
    Touch,
    instructions_in,
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
    Mode,
    memory_bench,
    write_pmp,
)

M, S, USER = Privilege.M, Privilege.S, Privilege.U
CODE, DATA = 4, 5  # pages of the tests that set up their own tables


@pytest.fixture(scope="module")
def bench() -> Bench:
    return memory_bench()


@pytest.fixture(scope="module")
def both() -> MemoryTwins:
    return MemoryTwins(table_pages=TABLES)


# ---- the PMP


@settings(max_examples=60)
@given(
    entries=st.lists(pmp_entries(), max_size=8),
    addresses=st.lists(physical_addresses(), max_size=4),
    size=st.sampled_from([1, 2, 4]),
    permission=st.sampled_from([1, 2, 4]),
)
def test_the_pmp_judges_as_the_machines_own(
    bench: Bench, entries: list[Protect], addresses: list[int], size: int, permission: int
) -> None:
    bench.start_over()
    pmp = Pmp()
    for each in entries:
        write_pmp(bench, pmp, each.entry, each.config, each.address)
    for number in range(4):
        assert bench.call("pmp_read_config", number).a0 == pmp.config(number)
    for number in range(16):
        assert bench.call("pmp_read_address", number).a0 == pmp.address(number)
    borders = {border for region in pmp.regions for border in (region.low, region.high)}
    places = {border + offset for border in borders for offset in (-4, -1, 0)} | set(addresses)
    for address in sorted(place for place in places if 0 <= place <= MASK):
        inside = min(address, (address | PAGE_SIZE - 1) + 1 - size)
        for privilege in (M, S):
            allowed = bench.call("pmp_allows", inside, size, permission, privilege).a0
            assert allowed == pmp.allows(inside, size, permission, machine=privilege is M)
    for start in {address & -PAGE_SIZE for address in places if 0 <= address <= MASK}:
        for privilege in (M, USER):
            check_page(bench, pmp, start, privilege)


def check_page(bench: Bench, pmp: Pmp, start: int, privilege: Privilege) -> None:
    """No more rights are promised for a page than every access within it has."""
    machine = privilege is M
    answer = bench.call("pmp_page", start, privilege)
    rights, is_divided = answer.a0, answer.a1
    whole = pmp.permissions(start, PAGE_SIZE, machine=machine)
    if whole is not None:
        assert (rights, is_divided) == (whole, 0)
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


@settings(max_examples=150)
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


@pytest.mark.parametrize("status", [0, SUM | MXR])
def test_all_bits_of_an_entry_mean_what_they_mean_to_a_hart(bench: Bench, status: int) -> None:
    bench.start_over()
    ram, pmp = Ram(RAM_BASE, RAM_SIZE), Pmp()
    write_pmp(bench, pmp, 0, NAPOT | ALL, MASK)
    bench["V_SATP"], bench["V_MSTATUS"] = PAGED | page(ROOT) >> 12, status
    walker = PageWalker(ram, pmp)
    for flags in range(256):
        entry = pte(page(DATA), flags)
        for access in Access:
            for privilege in (S, USER):
                ram.write(page(ROOT), pte(page(TABLE), V).to_bytes(4, "little"))
                ram.write(page(TABLE), entry.to_bytes(4, "little"))
                bench.put_word(VM_BASE, pte(page(TABLE), V))
                bench.put_word(VM_BASE + PAGE_SIZE, entry)
                data = status if access is not Access.FETCH else 0
                space = AddressSpace(privilege, page(ROOT), sum=data & SUM != 0, mxr=data & MXR != 0)
                answer = bench.call("walk", 0x123, access.permission, privilege)
                assert (answer.a0, answer.a1) == walked(walker, 0x123, access, space), hex(flags)
                assert bench.word(VM_BASE + PAGE_SIZE) == ram.words[PAGE_SIZE // 4]


# ---- single instructions


@settings(max_examples=120)
@given(is_open=st.booleans(), actions=st.lists(steps(), min_size=1, max_size=24))
def test_every_instruction_does_what_it_does_natively(
    both: MemoryTwins, is_open: bool, actions: list[Step]
) -> None:
    both.start_over()
    if is_open:
        both.write_pmp(15, NAPOT | ALL, MASK)
    for step in (*usual_tables(), *actions):
        step(both)
    both.check_all()


def paged(both: MemoryTwins, *tables: Map) -> None:
    """Open all of memory, and go to S under these tables."""
    both.start_over()
    both.write_pmp(1, NAPOT | ALL, MASK)
    for each in (Map(ROOT, 0x200, pte(RAM_BASE, V | R | W | X)), *tables):
        each(both)
    both.enter(Mode(S, page(ROOT)))


def touch(both: MemoryTwins, name: str, address: int, value: int = 7) -> int:
    """Execute a load or store natively and as a guest; return how often the guest was left."""
    before = both.exits
    Touch(name, page(CODE), address, value, offset=0, rd=RD)(both)
    return both.exits - before


def test_a_page_faults_once_for_loads_and_once_more_for_the_store_that_sets_d(
    both: MemoryTwins,
) -> None:
    paged(both, Map(ROOT, 0, pte(page(TABLE), V)), Map(TABLE, 1, pte(page(DATA), V | R | W)))
    touch(both, "lw", page(CODE))  # so that the code is there
    assert [touch(both, "lw", 0x1000) for _ in range(2)] == [1, 0]
    assert [touch(both, "sw", 0x1000) for _ in range(3)] == [1, 0, 0]
    assert touch(both, "lw", 0x1FFE) == 1  # half of it is in the next page, which the guest lacks


def test_sfence_for_an_address_drops_its_page_and_keeps_the_others(both: MemoryTwins) -> None:
    entries = [Map(TABLE, number, pte(page(DATA), V | R | W | A | D)) for number in (1, 2)]
    paged(both, Map(ROOT, 0, pte(page(TABLE), V)), *entries)
    for address in (0x1000, 0x2000):
        touch(both, "sw", address)
    both.put(entries[0].place, pte(page(DATA + 1), V | R | A | D), fence=0x1004)
    assert touch(both, "sw", 0x1000) == 1
    assert touch(both, "lw", 0x1000) == 1
    assert touch(both, "sw", 0x2000) == 0


@pytest.mark.parametrize("is_divided", [False, True])
def test_sfence_for_an_address_drops_all_of_a_superpage(both: MemoryTwins, is_divided: bool) -> None:
    superpage = Map(ROOT, 1, pte(RAM_BASE, V | R | W | A | D))
    paged(both, superpage)
    if is_divided:  # the PMP hides a page of it, so it is mapped page by page
        both.write_pmp(0, NAPOT, napot(page(7), PAGE_SIZE))
    places = [0x40_0000 + page(number) - RAM_BASE for number in (DATA, DATA + 1)]
    for place in places:
        touch(both, "sw", place)
    assert [touch(both, "lw", place) for place in places] == [0, 0]
    both.put(superpage.place, pte(RAM_BASE, V | R | A | D), fence=places[0])
    assert all(touch(both, "sw", place) for place in places)  # refused, as natively


def test_the_pmp_may_let_page_tables_be_read_and_not_be_written(both: MemoryTwins) -> None:
    fresh, used = (Map(TABLE, n, pte(page(DATA), V | R | W | bits)) for n, bits in ((1, 0), (2, A | D)))
    paged(both, Map(ROOT, 0, pte(page(TABLE), V)), Map(ROOT, 0x200, pte(RAM_BASE, 0xCF)), fresh, used)
    both.write_pmp(0, NAPOT | 1, napot(page(TABLE), PAGE_SIZE))
    for address in (0x1000, 0x2000):
        for name in ("lw", "sw", "amoadd.w"):
            touch(both, name, address)  # the first entry's A cannot be set: an access fault


@pytest.mark.parametrize("status", [0, MXR])
def test_mxr_does_not_read_what_the_pmp_lets_be_executed_only(both: MemoryTwins, status: int) -> None:
    both.start_over()
    both.write_pmp(0, NAPOT | 4, napot(page(CODE), PAGE_SIZE))
    both.write_pmp(1, NAPOT | ALL, MASK)
    Map(ROOT, 0x200, pte(RAM_BASE, V | X | A))(both)
    both.enter(Mode(S, page(ROOT), status))
    for _ in range(2):
        touch(both, "lw", page(CODE) + 8)
        touch(both, "lw", page(DATA))  # this one the PMP lets be read, and MXR the tables


@pytest.mark.parametrize("as_whom", [S, USER])
@pytest.mark.parametrize("status", [0, SUM, MXR])
def test_mprv_loads_and_stores_by_the_tables_of_another_mode(
    both: MemoryTwins, as_whom: Privilege, status: int
) -> None:
    tables = [
        Map(TABLE, 1, pte(page(DATA), V | R | W)),
        Map(TABLE, 2, pte(page(DATA + 1), V | R | W | U)),
        Map(TABLE, 3, pte(page(DATA + 2), V | X | U)),
    ]
    paged(both, Map(ROOT, 0, pte(page(TABLE), V)), *tables)
    Map(ROOT, 0x200, pte(page(TABLE), V))(both)  # where M, without tables, has its code
    both.enter(Mode(M, page(ROOT), status, as_whom))
    for address in (0x1000, 0x2000, 0x3000, RAM_BASE | 0x1000, RAM_BASE | 0x2000, UART + 7):
        for name in ("sb", "lw", "amoor.w", "lr.w", "sc.w"):
            touch(both, name, address)
    for name in ("sw", "lw", "lhu", "amoadd.w"):  # from one page to the next
        touch(both, name, 0x1FFE)
        touch(both, name, 0x1FFF)


@settings(max_examples=60)
@given(actions=st.lists(instructions_in(CODE), min_size=1, max_size=16))
def test_code_that_cannot_be_mapped_is_executed_all_the_same(
    both: MemoryTwins, actions: list[Step]
) -> None:
    both.start_over()
    both.write_pmp(0, NAPOT | 4, napot(page(CODE), PAGE_SIZE))  # execute, but not read
    both.write_pmp(1, NAPOT | ALL, MASK)
    both.enter(Mode(USER))
    for action in actions:
        action(both)
    assert both.exits >= len(actions)
    both.check_all()


@pytest.mark.parametrize("upper", [0, 1, 0x20, 0x10, 0x7F])
def test_emulation_knows_which_instructions_exist(both: MemoryTwins, upper: int) -> None:
    both.start_over()
    both.write_pmp(0, NAPOT | 4, napot(page(CODE), PAGE_SIZE))
    both.write_pmp(1, NAPOT | ALL, MASK)
    both.enter(Mode(USER))
    for opcode in range(0x80):
        for function in range(8):
            if opcode != SYSTEM and (opcode & 3 == 3 or function == 5):
                bits = upper << 25 | RS2 << 20 | RS1 << 15 | function << 12 | RD << 7 | opcode
                Execute(bits, page(CODE), rs1=page(DATA), rs2=3)(both)
    assert both.exits


def test_emulated_loads_extend_the_sign_or_do_not(both: MemoryTwins) -> None:
    paged(both, Map(ROOT, 0, pte(page(TABLE), V)), Map(TABLE, 1, pte(page(DATA), V | R | W)))
    Map(TABLE, 2, pte(UART, V | R | W))(both)
    both.enter(Mode(M, page(ROOT), as_whom=S))
    touch(both, "sw", 0x1000, 0x7F81_FE02)
    touch(both, "sb", 0x2007, 0xF5)  # a device
    for name in ("lb", "lbu", "lh", "lhu", "lw"):
        for address in (*range(0x1000, 0x1004), 0x2007):
            touch(both, name, address)


def test_what_devices_refuse_is_an_access_fault(both: MemoryTwins) -> None:
    kinds = [page(DATA), UART, page(DATA + 1), RAM_BASE + RAM_SIZE]
    tables = [Map(TABLE, number, pte(target, V | R | W)) for number, target in enumerate(kinds)]
    paged(both, Map(ROOT, 0, pte(page(TABLE), V)), *tables)
    borders = (0x1000, 0x2000, 0x3000)
    for address in (
        *(border - back for border in borders for back in (1, 2, 3)),
        0x1001,
        0x1006,
        0x3001,
        0x1004,  # aligned, but this device knows bytes only
        0x1100,  # and nothing is here
    ):
        for name in ("lh", "lw", "sh", "sw", "amoadd.w", "lr.w", "sc.w"):
            touch(both, name, address)
    both.enter(Mode(M))
    for back in range(4):
        touch(both, "lw", RAM_BASE + RAM_SIZE - back)
        touch(both, "sw", RAM_BASE - back)


def test_more_tables_than_there_are_pages_for_them(both: MemoryTwins) -> None:
    regions = both.bench.symbols["TABLE_PAGES"] + 10
    tables = [Map(ROOT, number, pte(page(TABLE), V)) for number in range(1, regions)]
    paged(both, Map(TABLE, 0, pte(page(DATA), V | R | W)), *tables)
    for _ in range(2):
        for number in range(1, regions):
            touch(both, "sw", number << 22 | 4 * number)
    assert touch(both, "lw", regions - 1 << 22) == 0  # the last ones are there
    both.check_all()


def test_dropping_more_than_the_log_remembers(both: MemoryTwins) -> None:
    count = both.bench.symbols["LOG_SIZE"] + 5
    entries = [Map(TABLE, number, pte(page(DATA), V | R | W)) for number in range(1, count)]
    paged(both, Map(ROOT, 0, pte(page(TABLE), V)), *entries)
    for number in range(1, count):
        touch(both, "sw", number << 12)
    for entry in entries:
        both.put(entry.place, pte(page(DATA), V | R | A))
    for number in range(1, count):
        assert touch(both, "sw", number << 12)  # read only now


def test_switching_programs_by_the_pmp_costs_little(both: MemoryTwins) -> None:
    """As tinyos does it: an entry moves from the memory of one program to that of the next."""
    both.start_over()
    both.enter(Mode(USER))
    costs = []
    for number in (4, 5, 4, 5):
        both.write_pmp(0, NAPOT | ALL, napot(page(number), PAGE_SIZE))
        costs.append(both.bench.call("shadow_root").cost)
        Touch("sw", page(number), page(number) + 0x800, value=1, offset=0, rd=0)(both)
        Touch("sw", page(number), page(9 - number) + 0x800, value=1, offset=0, rd=0)(both)
    assert max(costs) < 100


# ---- what it costs, in instructions of the hypervisor


def test_a_page_is_mapped_by_a_few_hundred_instructions(both: MemoryTwins) -> None:
    paged(both, Map(ROOT, 0, pte(page(TABLE), V)), Map(TABLE, 1, pte(page(DATA), V | R | A)))
    Map(TABLE, 2, pte(page(DATA), V | R | A))(both)
    touch(both, "lw", 0x1000)
    bench = both.bench
    bench["V_CAUSE"], bench["V_VALUE"] = 13, 0x2000
    answer = bench.call("memory_fault")
    assert answer.a0 == NO_TRAP
    assert answer.cost < 600
    assert bench.call("clear_page", bench["V_TABLES"]).cost < 1200
