"""Sv32: what each kind of page-table entry does to each kind of access, and what it is told as."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from asm.isa.causes import Cause
from hvtui.machine.privilege import Privilege
from hvtui.machine.translation import Access, AddressSpace, data_space, fetch_space
from hvtui.machine.trap import Trap
from tests.support.bare_memory import (
    MPRV,
    MXR,
    PAGED,
    RAM_BASE,
    SUM,
    A,
    BareMemory,
    D,
    R,
    U,
    V,
    W,
    X,
    mpp,
    pte,
)

ROOT, TABLE, DATA = 1, 2, 5
VIRTUAL = 0x0040_3000  # index 1 in the root table, 3 in the next
ROOT_INDEX, TABLE_INDEX = 1, 3


class Paged(BareMemory):
    """Memory with one page mapped at `VIRTUAL`, whose entry a test chooses."""

    def __init__(self, flags: int) -> None:
        super().__init__()
        self.permit_all()
        self.root_entry = self.page(ROOT) + 4 * ROOT_INDEX
        self.leaf_entry = self.page(TABLE) + 4 * TABLE_INDEX
        self.put_word(self.root_entry, pte(self.page(TABLE), V))
        self.put_word(self.leaf_entry, pte(self.page(DATA), flags))
        self.put_word(self.page(DATA) + 8, 0x1234_5678)

    def use(self, privilege: Privilege, status: int = 0) -> None:
        self.enter(privilege, root=self.page(ROOT), status=status)

    def result(self, access: Access, address: int = VIRTUAL + 8) -> Cause | None:
        """Do an access; the cause of its trap, None if it has none."""
        actions: dict[Access, Callable[[], object]] = {
            Access.FETCH: lambda: self.path.fetch(address),
            Access.LOAD: lambda: self.path.load4(address),
            Access.STORE: lambda: self.path.store4(address, 1),
        }
        try:
            actions[access]()
        except Trap as caught:
            trap = caught
        else:
            return None
        assert trap.tval == address
        return Cause(trap.cause)


FAULTS = {
    Access.FETCH: Cause.FETCH_PAGE_FAULT,
    Access.LOAD: Cause.LOAD_PAGE_FAULT,
    Access.STORE: Cause.STORE_PAGE_FAULT,
}


def allowed(flags: int, privilege: Privilege, status: int = 0) -> str:
    """Return which of r, w, x a fresh machine grants."""
    letters = ""
    for letter, access in (("r", Access.LOAD), ("w", Access.STORE), ("x", Access.FETCH)):
        memory = Paged(flags)
        memory.use(privilege, status)
        cause = memory.result(access)
        assert cause in (None, FAULTS[access])
        letters += letter if cause is None else ""
    return letters


@pytest.mark.parametrize(
    ("flags", "privilege", "status", "granted"),
    [
        (V | R, Privilege.S, 0, "r"),
        (V | R | W, Privilege.S, 0, "rw"),
        (V | X, Privilege.S, 0, "x"),
        (V | X, Privilege.S, MXR, "rx"),
        (V | R | X, Privilege.S, 0, "rx"),
        (V | R | W | X, Privilege.S, 0, "rwx"),
        (V | W, Privilege.S, 0, ""),
        (V | W | X, Privilege.S, MXR, ""),
        (R | W | X, Privilege.S, 0, ""),
        (V, Privilege.S, 0, ""),
        (V | R | W | X, Privilege.U, 0, ""),
        (V | R | W | X | U, Privilege.U, 0, "rwx"),
        (V | X | U, Privilege.U, MXR, "rx"),
        (V | R | W | X | U, Privilege.S, 0, ""),
        (V | R | W | X | U, Privilege.S, SUM, "rw"),
        (V | X | U, Privilege.S, SUM | MXR, "r"),
    ],
)
def test_what_a_leaf_grants(flags: int, privilege: Privilege, status: int, granted: str) -> None:
    assert allowed(flags, privilege, status) == granted


def test_m_and_bare_modes_do_not_translate() -> None:
    memory = Paged(V | R)
    memory.use(Privilege.M)
    assert memory.path.load4(memory.page(DATA) + 8) == 0x1234_5678
    memory.enter(Privilege.U)
    assert memory.path.load4(memory.page(DATA) + 8) == 0x1234_5678


def test_mprv_lends_m_the_eyes_of_another_mode_for_data_alone() -> None:
    memory = Paged(V | R | X | U)
    memory.use(Privilege.M, MPRV | mpp(Privilege.U))
    assert memory.path.load4(VIRTUAL + 8) == 0x1234_5678
    assert memory.result(Access.STORE) is Cause.STORE_PAGE_FAULT
    assert memory.path.fetch(memory.page(DATA) + 8) == 0x1234_5678
    memory.use(Privilege.M, MPRV | mpp(Privilege.S))
    assert memory.result(Access.LOAD) is Cause.LOAD_PAGE_FAULT
    memory.use(Privilege.M, MPRV | mpp(Privilege.S) | SUM)
    assert memory.result(Access.LOAD) is None
    memory.use(Privilege.M, MPRV | mpp(Privilege.M))
    assert memory.result(Access.LOAD) is Cause.LOAD_ACCESS


class TestAccessedAndDirty:
    """The hardware sets the bits, and only what the access calls for."""

    @pytest.mark.parametrize(
        ("access", "bits"), [(Access.LOAD, A), (Access.FETCH, A), (Access.STORE, A | D)]
    )
    def test_bits_that_are_set(self, access: Access, bits: int) -> None:
        memory = Paged(V | R | W | X)
        memory.use(Privilege.S)
        assert memory.result(access) is None
        assert memory.word(memory.leaf_entry) == pte(memory.page(DATA), V | R | W | X | bits)
        assert memory.word(memory.root_entry) == pte(memory.page(TABLE), V)

    def test_a_store_after_a_load_still_sets_d(self) -> None:
        memory = Paged(V | R | W)
        memory.use(Privilege.S)
        memory.result(Access.LOAD)
        memory.result(Access.STORE)
        assert memory.word(memory.leaf_entry) & (A | D) == A | D

    def test_software_that_clears_them_sees_them_set_again(self) -> None:
        memory = Paged(V | R | W)
        for clear in range(3):
            memory.use(Privilege.S)
            assert memory.result(Access.STORE) is None
            assert memory.word(memory.leaf_entry) & (A | D) == A | D, clear
            memory.use(Privilege.M)
            memory.path.store4(memory.leaf_entry, pte(memory.page(DATA), V | R | W))

    def test_a_refused_access_sets_none(self) -> None:
        memory = Paged(V | R)
        memory.use(Privilege.S)
        memory.result(Access.STORE)
        assert memory.word(memory.leaf_entry) == pte(memory.page(DATA), V | R)

    def test_setting_them_changes_a_captured_page(self) -> None:
        memory = Paged(V | R | W)
        memory.use(Privilege.S)
        before = memory.ram.capture()
        memory.result(Access.STORE)
        after = memory.ram.capture()
        assert before[0][TABLE] != after[0][TABLE]
        memory.ram.restore(before)
        assert memory.word(memory.leaf_entry) & (A | D) == 0

    def test_an_entry_that_is_also_code_loses_its_decoded_instruction(self) -> None:
        memory = Paged(V | R | W)
        entry = memory.leaf_entry
        word = memory.path.fetch(entry)
        memory.path.remember(entry, lambda: word)
        machine_ops = memory.path.ops
        memory.use(Privilege.S)
        memory.result(Access.LOAD)
        assert entry not in machine_ops


class TestShapesOfTables:
    """Superpages, reserved entries, tables where there is no memory."""

    def test_a_superpage_maps_four_mib(self) -> None:
        memory = Paged(V)
        memory.put_word(memory.root_entry, pte(RAM_BASE, V | R | W | X))
        memory.use(Privilege.S)
        assert memory.path.load4(0x0040_0000 + (DATA << 12) + 8) == 0x1234_5678

    def test_a_misaligned_superpage_is_a_page_fault(self) -> None:
        memory = Paged(V)
        memory.put_word(memory.root_entry, pte(memory.page(1), V | R | W | X))
        memory.use(Privilege.S)
        for access, fault in FAULTS.items():
            assert memory.result(access) is fault

    @pytest.mark.parametrize("bit", [A, D, U])
    def test_a_pointer_with_a_d_or_u_is_a_page_fault(self, bit: int) -> None:
        memory = Paged(V | R)
        memory.put_word(memory.root_entry, pte(memory.page(TABLE), V | bit))
        memory.use(Privilege.S)
        assert memory.result(Access.LOAD) is Cause.LOAD_PAGE_FAULT

    def test_a_pointer_in_the_last_table_is_a_page_fault(self) -> None:
        memory = Paged(V)
        memory.use(Privilege.S)
        assert memory.result(Access.FETCH) is Cause.FETCH_PAGE_FAULT

    @pytest.mark.parametrize("table", [0, 0x1000_0000, 0x3_FFFF_F000, RAM_BASE + (16 << 12)])
    @pytest.mark.parametrize("level", ["root", "last"])
    def test_a_table_outside_ram_is_an_access_fault(self, table: int, level: str) -> None:
        for access in Access:
            memory = Paged(V | R | W | X)
            if level == "root":
                memory.enter(Privilege.S, root=table)
            else:
                memory.put_word(memory.root_entry, pte(table, V))
                memory.use(Privilege.S)
            assert memory.result(access) is access.access_fault

    @pytest.mark.parametrize("page", [0, 0x2_0000_0000, 0x3_FFFF_F000])
    def test_a_page_that_is_nowhere_is_an_access_fault(self, page: int) -> None:
        for access in Access:
            memory = Paged(V)
            memory.put_word(memory.leaf_entry, pte(page, V | R | W | X))
            memory.use(Privilege.S)
            assert memory.result(access) is access.access_fault

    def test_physical_addresses_have_34_bits(self) -> None:
        memory = Paged(V)
        memory.put_word(memory.leaf_entry, pte(0x3_8000_5000, V | R) & 0xFFFF_FFFF)
        found = (memory.use(Privilege.S), memory.path.explain(VIRTUAL, Access.LOAD))[1]
        assert found.target == 0x3_8000_5000
        assert found.cause is Cause.LOAD_ACCESS


class TestProtectedTables:
    """The PMP judges the walk as S, whoever is translated."""

    def protect(self, permissions: int) -> Paged:
        memory = Paged(V | R | W | X | U)
        memory.pmp.set_address(0, memory.page(TABLE) >> 2)
        memory.pmp.set_address(1, memory.page(TABLE + 1) >> 2)
        memory.pmp.set_address(2, 0xFFFF_FFFF)
        memory.pmp.set_config(0, 0x1F << 16 | (0x08 | permissions) << 8)
        return memory

    @pytest.mark.parametrize("access", list(Access))
    def test_a_table_that_s_may_not_read_is_an_access_fault(self, access: Access) -> None:
        memory = self.protect(0)
        memory.use(Privilege.U)
        assert memory.result(access) is access.access_fault
        memory.use(Privilege.M, MPRV | mpp(Privilege.U))
        if access is not Access.FETCH:
            assert memory.result(access) is access.access_fault

    def test_a_table_that_s_may_not_write_is_one_only_if_bits_are_to_be_set(self) -> None:
        memory = self.protect(1)
        memory.use(Privilege.U)
        assert memory.result(Access.LOAD) is Cause.LOAD_ACCESS
        memory.put_word(memory.leaf_entry, pte(memory.page(DATA), V | R | W | U | A))
        assert memory.result(Access.LOAD) is None
        assert memory.result(Access.STORE) is Cause.STORE_ACCESS
        memory.put_word(memory.leaf_entry, pte(memory.page(DATA), V | R | W | U | A | D))
        assert memory.result(Access.STORE) is None


class TestSpaces:
    """Which address space registers select."""

    def test_data_spaces(self) -> None:
        satp = PAGED | 0x5
        assert data_space(Privilege.S, satp, SUM) == AddressSpace(Privilege.S, 0x5000, True, False)
        assert data_space(Privilege.M, satp, SUM | MXR) == AddressSpace(Privilege.M)
        assert data_space(Privilege.M, satp, MPRV | mpp(1) | MXR) == AddressSpace(
            Privilege.S, 0x5000, False, True
        )
        assert data_space(Privilege.U, 0x5, 0) == AddressSpace(Privilege.U)

    def test_fetches_know_neither_mprv_nor_the_rest(self) -> None:
        assert fetch_space(Privilege.S, PAGED | 0x3F_FFFF) == AddressSpace(Privilege.S, 0x3_FFFF_F000)
        assert fetch_space(Privilege.M, PAGED | 0x5) == AddressSpace(Privilege.M)


class TestExplaining:
    """The debugger's walk: every step with a verdict, and nothing changes."""

    def test_a_walk_that_arrives(self) -> None:
        memory = Paged(V | R | W)
        memory.use(Privilege.S)
        before = memory.ram.read(RAM_BASE, 16 << 12)
        found = memory.path.explain(VIRTUAL + 8, Access.STORE)
        assert found.physical == found.target == memory.page(DATA) + 8
        assert found.cause is None
        assert [(step.level, step.pte_address, step.pte) for step in found.steps] == [
            (1, memory.root_entry, pte(memory.page(TABLE), V)),
            (0, memory.leaf_entry, pte(memory.page(DATA), V | R | W)),
        ]
        assert found.steps[0].verdict == "points to the next table"
        assert "the hardware sets A and D" in found.steps[1].verdict
        assert found.verdict == "PMP entry 0 permits rwx"
        assert memory.ram.read(RAM_BASE, 16 << 12) == before

    def test_a_page_fault_says_why(self) -> None:
        memory = Paged(V | R)
        memory.use(Privilege.S)
        found = memory.path.explain(VIRTUAL, Access.STORE)
        assert found.physical is None
        assert found.cause is Cause.STORE_PAGE_FAULT
        assert found.verdict == found.steps[-1].verdict == "not writable"

    def test_another_mode_can_be_asked_for(self) -> None:
        memory = Paged(V | R | U)
        memory.use(Privilege.M)
        assert memory.path.explain(VIRTUAL, Access.LOAD, Privilege.U).physical == memory.page(DATA)
        refused = memory.path.explain(VIRTUAL, Access.LOAD, Privilege.S)
        assert refused.cause is Cause.LOAD_PAGE_FAULT
        assert "SUM" in refused.verdict

    def test_s_never_executes_user_pages_whatever_sum_says(self) -> None:
        memory = Paged(V | R | X | U)
        memory.use(Privilege.S, SUM)
        assert "never execute" in memory.path.explain(VIRTUAL, Access.FETCH).verdict

    def test_the_pmp_has_the_last_word(self) -> None:
        memory = Paged(V | R)
        memory.pmp.set_config(0, 0x19)
        memory.use(Privilege.S)
        memory.put_word(memory.leaf_entry, pte(memory.page(DATA), V | R | W | A | D))
        found = memory.path.explain(VIRTUAL, Access.STORE)
        assert (found.physical, found.cause) == (None, Cause.STORE_ACCESS)
        assert found.target == memory.page(DATA)
        assert found.verdict == "PMP entry 0 permits r--"

    def test_a_table_outside_ram(self) -> None:
        memory = Paged(V)
        memory.enter(Privilege.S, root=0)
        found = memory.path.explain(VIRTUAL, Access.LOAD)
        assert found.cause is Cause.LOAD_ACCESS
        assert found.steps[0].pte is None
        assert "outside RAM" in found.verdict

    def test_an_address_where_nothing_is(self) -> None:
        memory = BareMemory()
        found = memory.path.explain(0, Access.LOAD)
        assert (found.physical, found.cause) == (None, Cause.LOAD_ACCESS)
        assert "neither RAM nor a device" in found.verdict

    def test_a_device_holds_no_code(self) -> None:
        memory = BareMemory()
        assert memory.path.explain(0x1000_0000, Access.LOAD).physical == 0x1000_0000
        assert memory.path.explain(0x1000_0000, Access.FETCH).cause is Cause.FETCH_ACCESS

    @pytest.mark.parametrize("privilege", list(Privilege))
    @pytest.mark.parametrize("flags", [V | R, V | R | W | U, V | X, V | W, V | X | U, 0])
    @pytest.mark.parametrize("status", [0, SUM, MXR, SUM | MXR])
    def test_what_it_says_is_what_happens(self, privilege: Privilege, flags: int, status: int) -> None:
        for access in Access:
            memory = Paged(flags)
            memory.use(privilege, status)
            expected = memory.path.explain(VIRTUAL + 8, access).cause
            assert memory.result(access) == expected
