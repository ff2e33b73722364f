"""The access path: alignment, devices, atomics, code that changes itself."""

from __future__ import annotations

import pytest

from asm.isa.causes import Cause
from hvtui.machine.access import MAX_CONTEXTS, MAX_OPS
from hvtui.machine.memory import CODE
from hvtui.machine.privilege import Privilege
from hvtui.machine.trap import Trap
from tests.support.bare_memory import DEVICE_BASE, PAGED, RAM_BASE, BareMemory, R, U, V, W, X, pte

END = RAM_BASE + (16 << 12)
NOP, OTHER = 0x13, 0x0010_0013


@pytest.fixture
def memory() -> BareMemory:
    return BareMemory()


def trap_of(action: object) -> tuple[int, int]:
    """Call `action`, which must trap; return cause and value."""
    assert callable(action)
    with pytest.raises(Trap) as caught:
        action()
    return caught.value.cause, caught.value.tval


class Program:
    """Executes words as ops that return the word they were decoded from."""

    def __init__(self, memory: BareMemory) -> None:
        self.memory = memory
        self.decoded = 0

    def execute(self, pc: int) -> int:
        path = self.memory.path
        op = path.ops.get(pc)
        if op is None:
            self.decoded += 1
            word = path.fetch(pc)

            def op() -> int:
                return word

            path.remember(pc, op)
        return op()


class TestSizesAndAlignment:
    """Loads are unsigned, stores keep the low bytes, and RAM takes them anywhere."""

    def test_each_size(self, memory: BareMemory) -> None:
        path = memory.path
        path.store4(RAM_BASE, 0x8877_6655)
        assert path.load4(RAM_BASE) == 0x8877_6655
        assert path.load2(RAM_BASE + 2) == 0x8877
        assert path.load1(RAM_BASE + 3) == 0x88
        path.store2(RAM_BASE, 0xFFFF_1234)
        path.store1(RAM_BASE + 3, 0xABCD)
        assert path.load4(RAM_BASE) == 0xCD77_1234

    @pytest.mark.parametrize("address", [RAM_BASE + 1, RAM_BASE + 0xFFD, RAM_BASE + 0xFFF])
    def test_misaligned_words_also_across_pages(self, memory: BareMemory, address: int) -> None:
        for _ in range(2):  # the second time the pages are known
            memory.path.store4(address, 0x4433_2211)
            assert memory.path.load4(address) == 0x4433_2211
            assert [memory.path.load1(address + n) for n in range(4)] == [0x11, 0x22, 0x33, 0x44]
            memory.path.store2(address, 0xBBAA)
            assert memory.path.load2(address) == 0xBBAA
            assert memory.path.load4(address) == 0x4433_BBAA

    def test_addresses_are_taken_modulo_32_bits(self, memory: BareMemory) -> None:
        memory.path.store4(RAM_BASE + (1 << 32), 5)
        assert memory.path.load4(RAM_BASE - (1 << 32)) == 5

    def test_the_end_of_ram(self, memory: BareMemory) -> None:
        path = memory.path
        path.store4(END - 4, 7)
        assert path.load4(END - 4) == 7
        assert trap_of(lambda: path.load1(END)) == (Cause.LOAD_ACCESS, END)
        assert trap_of(lambda: path.store1(END, 0)) == (Cause.STORE_ACCESS, END)

    def test_a_store_across_the_end_names_the_part_outside_and_writes_nothing(
        self, memory: BareMemory
    ) -> None:
        assert trap_of(lambda: memory.path.load4(END - 2)) == (Cause.LOAD_ACCESS, END)
        assert trap_of(lambda: memory.path.store4(END - 2, 0xFFFF_FFFF)) == (Cause.STORE_ACCESS, END)
        assert memory.path.load2(END - 2) == 0

    def test_a_store_into_the_start_names_the_part_before(self, memory: BareMemory) -> None:
        address = RAM_BASE - 1
        assert trap_of(lambda: memory.path.store4(address, 1)) == (Cause.STORE_ACCESS, address)
        assert memory.path.load4(RAM_BASE) == 0

    def test_a_store_into_a_page_that_refuses_writes_nothing(self, memory: BareMemory) -> None:
        memory.permit_all()
        memory.put_word(memory.page(1), pte(memory.page(2), V))
        memory.put_word(memory.page(2), pte(memory.page(5), V | R | W))
        memory.put_word(memory.page(2) + 4, pte(memory.page(6), V | R))
        memory.enter(Privilege.S, root=memory.page(1))
        assert trap_of(lambda: memory.path.store4(0xFFE, 0xFFFF_FFFF)) == (
            Cause.STORE_PAGE_FAULT,
            0x1000,
        )
        assert memory.word(memory.page(5) + 0xFFC) == 0

    def test_wrapping_around_the_address_space(self, memory: BareMemory) -> None:
        memory.permit_all()
        memory.put_word(memory.page(1), pte(memory.page(2), V))
        memory.put_word(memory.page(2), pte(memory.page(5), V | R | W))
        memory.put_word(memory.page(1) + 0xFFC, pte(memory.page(3), V))
        memory.put_word(memory.page(3) + 0xFFC, pte(memory.page(6), V | R | W))
        memory.enter(Privilege.S, root=memory.page(1))
        memory.path.store4(0xFFFF_FFFE, 0x4433_2211)
        assert memory.path.load4(0xFFFF_FFFE) == 0x4433_2211
        assert memory.word(memory.page(5)) == 0x4433
        assert memory.word(memory.page(6) + 0xFFC) == 0x2211_0000

    def test_without_memory_there_the_wrap_faults_at_zero(self, memory: BareMemory) -> None:
        assert trap_of(lambda: memory.path.load4(0xFFFF_FFFF)) == (Cause.LOAD_ACCESS, 0xFFFF_FFFF)


class TestProtection:
    """The PMP and partial pages."""

    def test_part_of_a_page_may_be_forbidden(self, memory: BareMemory) -> None:
        memory.pmp.set_address(0, RAM_BASE + 0x100 >> 2)
        memory.pmp.set_address(1, RAM_BASE + 0x200 >> 2)
        memory.pmp.set_address(2, 0xFFFF_FFFF)
        memory.pmp.set_config(0, 0x1F_09_00)
        memory.enter(Privilege.U)
        path = memory.path
        for _ in range(2):
            path.store4(RAM_BASE + 0xFC, 1)
            assert path.load4(RAM_BASE + 0x100) == 0
            assert trap_of(lambda: path.store4(RAM_BASE + 0x100, 1)) == (
                Cause.STORE_ACCESS, RAM_BASE + 0x100,
            )  # fmt: skip
            assert trap_of(lambda: path.load4(RAM_BASE + 0xFE)) == (
                Cause.LOAD_ACCESS, RAM_BASE + 0xFE,
            )  # fmt: skip
            assert trap_of(lambda: path.fetch(RAM_BASE + 0x100)) == (
                Cause.FETCH_ACCESS, RAM_BASE + 0x100,
            )  # fmt: skip
            path.store4(RAM_BASE + 0x200, 1)

    def test_code_of_a_partly_open_page_is_still_kept(self, memory: BareMemory) -> None:
        memory.pmp.set_address(0, RAM_BASE + 0x104 >> 2)
        memory.pmp.set_config(0, 0x0F)
        memory.enter(Privilege.U)
        program = Program(memory)
        memory.put_word(RAM_BASE + 0x100, NOP)
        assert program.execute(RAM_BASE + 0x100) == program.execute(RAM_BASE + 0x100) == NOP
        assert program.decoded == 1

    def test_code_of_a_partly_open_page_goes_with_its_translation(self, memory: BareMemory) -> None:
        memory.pmp.set_address(0, memory.page(5) + 0x104 >> 2)
        memory.pmp.set_config(0, 0x0F)
        memory.put_word(memory.page(1), pte(memory.page(2), V))
        memory.put_word(memory.page(2), pte(memory.page(5), V | R | X))
        memory.put_word(memory.page(4) + 0x100, OTHER)
        memory.enter(Privilege.S, root=memory.page(1))
        program = Program(memory)
        assert program.execute(0x100) == 0
        memory.put_word(memory.page(2), pte(memory.page(4), V | R | X))
        assert program.execute(0x100) == OTHER

    def test_locking_an_entry_binds_m_at_once(self, memory: BareMemory) -> None:
        program = Program(memory)
        memory.path.store4(RAM_BASE, NOP)
        program.execute(RAM_BASE)
        ops = memory.path.ops
        memory.pmp.set_address(0, 0xFFFF_FFFF)
        memory.pmp.set_config(0, 0x98)
        assert not ops, "whoever holds the old instructions must not go on with them"
        assert trap_of(lambda: program.execute(RAM_BASE)) == (Cause.FETCH_ACCESS, RAM_BASE)
        assert trap_of(lambda: memory.path.store4(RAM_BASE, 0)) == (Cause.STORE_ACCESS, RAM_BASE)
        assert trap_of(lambda: memory.path.load4(RAM_BASE)) == (Cause.LOAD_ACCESS, RAM_BASE)

    def test_a_mode_finds_its_code_again_after_others_ran(self, memory: BareMemory) -> None:
        memory.permit_all()
        program = Program(memory)
        for _ in range(3):
            for privilege in Privilege:
                memory.enter(privilege)
                program.execute(RAM_BASE)
        assert program.decoded == len(Privilege)

    def test_a_process_finds_its_code_again_when_its_pmp_setting_comes_back(
        self, memory: BareMemory
    ) -> None:
        program = Program(memory)
        memory.pmp.set_config(0, 0x1F)
        for _ in range(3):
            for process in (1, 2):
                memory.enter(Privilege.M)
                memory.pmp.set_address(0, memory.page(process) >> 2 | 0x1FF)
                memory.enter(Privilege.U)
                program.execute(memory.page(process))
        assert program.decoded == 2


class TestDevices:
    """Device registers are reached by aligned accesses that the device takes."""

    def test_words_go_through(self, memory: BareMemory) -> None:
        memory.path.store4(DEVICE_BASE + 4, 0xFFFF_FFFF)
        assert memory.device.words[1] == 0xFFFF_FFFF
        assert memory.path.load4(DEVICE_BASE + 4) == 0xFFFF_FFFF

    def test_what_the_device_refuses_is_an_access_fault(self, memory: BareMemory) -> None:
        path = memory.path
        assert trap_of(lambda: path.load1(DEVICE_BASE)) == (Cause.LOAD_ACCESS, DEVICE_BASE)
        assert trap_of(lambda: path.store2(DEVICE_BASE, 1)) == (Cause.STORE_ACCESS, DEVICE_BASE)

    def test_misaligned_is_an_access_fault(self, memory: BareMemory) -> None:
        address = DEVICE_BASE + 2
        assert trap_of(lambda: memory.path.load4(address)) == (Cause.LOAD_ACCESS, address)
        assert trap_of(lambda: memory.path.store4(address, 1)) == (Cause.STORE_ACCESS, address)
        assert memory.device.words == [0] * 8

    def test_nothing_answers_elsewhere(self, memory: BareMemory) -> None:
        for address in (0, 0x2000, DEVICE_BASE + 0x20, 0x7FFF_FFFC, 0xFFFF_FFFC):
            assert trap_of(lambda at=address: memory.path.load4(at)) == (Cause.LOAD_ACCESS, address)
            assert trap_of(lambda at=address: memory.path.store4(at, 0)) == (
                Cause.STORE_ACCESS, address,
            )  # fmt: skip
            assert trap_of(lambda at=address: memory.path.fetch(at)) == (Cause.FETCH_ACCESS, address)

    def test_a_device_holds_no_code(self, memory: BareMemory) -> None:
        assert trap_of(lambda: memory.path.fetch(DEVICE_BASE)) == (Cause.FETCH_ACCESS, DEVICE_BASE)


class TestAtomics:
    """LR, SC and what the AMO instructions use."""

    def test_sc_succeeds_once_after_lr(self, memory: BareMemory) -> None:
        path = memory.path
        path.store4(RAM_BASE, 5)
        assert path.load_reserved4(RAM_BASE) == 5
        assert path.store_conditional4(RAM_BASE, 6) == 0
        assert path.store_conditional4(RAM_BASE, 7) == 1
        assert path.load4(RAM_BASE) == 6

    def test_sc_elsewhere_fails_and_ends_the_reservation(self, memory: BareMemory) -> None:
        path = memory.path
        path.load_reserved4(RAM_BASE)
        assert path.store_conditional4(RAM_BASE + 4, 1) == 1
        assert path.store_conditional4(RAM_BASE, 1) == 1
        assert path.load4(RAM_BASE) == path.load4(RAM_BASE + 4) == 0

    def test_the_reservation_is_of_the_physical_place(self, memory: BareMemory) -> None:
        memory.permit_all()
        memory.put_word(memory.page(1), pte(memory.page(2), V))
        for index in range(2):
            memory.put_word(memory.page(2) + 4 * index, pte(memory.page(5), V | R | W | U))
        memory.enter(Privilege.U, root=memory.page(1))
        memory.path.load_reserved4(0x10)
        assert memory.path.reservation == memory.page(5) + 0x10
        assert memory.path.store_conditional4(0x1010, 9) == 0
        assert memory.path.load4(0x10) == 9

    def test_sc_checks_its_address_even_if_it_fails(self, memory: BareMemory) -> None:
        path = memory.path
        path.load_reserved4(RAM_BASE)
        assert trap_of(lambda: path.store_conditional4(END, 1)) == (Cause.STORE_ACCESS, END)
        memory.permit_all()
        memory.put_word(memory.page(1), pte(memory.page(2), V))
        memory.put_word(memory.page(2), pte(memory.page(5), V | R))
        memory.enter(Privilege.S, root=memory.page(1))
        assert trap_of(lambda: path.store_conditional4(0, 1)) == (Cause.STORE_PAGE_FAULT, 0)
        assert path.reservation == RAM_BASE

    @pytest.mark.parametrize("offset", [1, 2, 3])
    def test_misaligned_atomics_trap(self, memory: BareMemory, offset: int) -> None:
        path, address = memory.path, RAM_BASE + offset
        assert trap_of(lambda: path.load_reserved4(address)) == (Cause.MISALIGNED_LOAD, address)
        assert trap_of(lambda: path.store_conditional4(address, 1)) == (
            Cause.MISALIGNED_STORE, address,
        )  # fmt: skip
        assert trap_of(lambda: path.amo_address4(address)) == (Cause.MISALIGNED_STORE, address)
        path.store4(RAM_BASE, 0)  # the page is known now
        assert trap_of(lambda: path.amo_address4(address)) == (Cause.MISALIGNED_STORE, address)

    def test_reservations_of_devices_are_refused(self, memory: BareMemory) -> None:
        path = memory.path
        assert trap_of(lambda: path.load_reserved4(DEVICE_BASE)) == (Cause.LOAD_ACCESS, DEVICE_BASE)
        assert trap_of(lambda: path.store_conditional4(DEVICE_BASE, 1)) == (
            Cause.STORE_ACCESS, DEVICE_BASE,
        )  # fmt: skip

    def test_amos_work_on_devices_that_take_words(self, memory: BareMemory) -> None:
        place = memory.path.amo_address4(DEVICE_BASE + 8)
        memory.device.words[2] = 40
        memory.path.write_physical4(place, memory.path.read_physical4(place) + 2)
        assert memory.device.words[2] == 42

    def test_amos_where_nothing_is_are_refused(self, memory: BareMemory) -> None:
        assert trap_of(lambda: memory.path.amo_address4(END)) == (Cause.STORE_ACCESS, END)

    def test_amos_need_the_right_to_store(self, memory: BareMemory) -> None:
        memory.pmp.set_address(0, 0xFFFF_FFFF)
        memory.pmp.set_config(0, 0x1D)
        memory.enter(Privilege.U)
        assert trap_of(lambda: memory.path.amo_address4(RAM_BASE)) == (Cause.STORE_ACCESS, RAM_BASE)


class TestCodeThatChanges:
    """A decoded instruction lives only as long as its word."""

    @pytest.mark.parametrize("how", ["store4", "store2", "store1", "misaligned", "sc", "amo", "edit"])
    def test_every_kind_of_store_drops_it(self, memory: BareMemory, how: str) -> None:
        path, program, pc = memory.path, Program(memory), RAM_BASE + 0x20
        path.store4(pc, NOP)
        assert program.execute(pc) == NOP
        if how == "store4":
            path.store4(pc, OTHER)
        elif how == "store2":
            path.store2(pc + 2, OTHER >> 16)
        elif how == "store1":
            path.store1(pc + 2, OTHER >> 16)
        elif how == "misaligned":
            path.store4(pc - 1, OTHER << 8 & 0xFFFF_FFFF)
        elif how == "sc":
            path.load_reserved4(pc)
            assert path.store_conditional4(pc, OTHER) == 0
        elif how == "amo":
            path.write_physical4(path.amo_address4(pc), OTHER)
        else:
            memory.put_word(pc, OTHER)
        assert program.execute(pc) == OTHER

    def test_in_every_mode_that_knows_it(self, memory: BareMemory) -> None:
        memory.permit_all()
        memory.put_word(memory.page(1), pte(memory.page(2), V))
        for index in range(2):
            memory.put_word(memory.page(2) + 4 * index, pte(memory.page(5), V | R | W | X))
        program = Program(memory)
        memory.put_word(memory.page(5), NOP)
        memory.enter(Privilege.M)
        program.execute(memory.page(5))
        memory.enter(Privilege.S, root=memory.page(1))
        program.execute(0)
        program.execute(0x1000)
        memory.path.store4(0x1000, OTHER)
        assert program.execute(0) == program.execute(0x1000) == OTHER
        memory.enter(Privilege.M)
        assert program.execute(memory.page(5)) == OTHER

    def test_a_store_across_two_granules_drops_both(self, memory: BareMemory) -> None:
        program = Program(memory)
        for pc in (RAM_BASE + 0xC, RAM_BASE + 0x10):
            memory.path.store4(pc, NOP)
            program.execute(pc)
        memory.path.store4(RAM_BASE + 0xE, 0xFFFF_FFFF)
        assert program.execute(RAM_BASE + 0xC) == 0xFFFF_0013
        assert program.execute(RAM_BASE + 0x10) == 0x0000_FFFF

    def test_data_beside_code_leaves_it_alone(self, memory: BareMemory) -> None:
        program = Program(memory)
        program.execute(RAM_BASE + 0x20)
        memory.path.store4(RAM_BASE + 0x30, 1)
        memory.path.store4(RAM_BASE + 0x1C, 1)
        program.execute(RAM_BASE + 0x20)
        assert program.decoded == 1

    def test_restoring_memory_drops_what_differs_and_keeps_the_rest(self, memory: BareMemory) -> None:
        program = Program(memory)
        program.execute(memory.page(1))
        program.execute(memory.page(2))
        state = memory.ram.capture()
        memory.path.store4(memory.page(1), NOP)
        assert program.execute(memory.page(1)) == NOP
        memory.ram.restore(state)
        assert program.execute(memory.page(1)) == 0
        program.execute(memory.page(2))
        assert program.decoded == 4

    def test_remembering_needs_a_fetch(self, memory: BareMemory) -> None:
        memory.path.fetch(RAM_BASE)
        with pytest.raises(ValueError, match="not just been fetched"):
            memory.path.remember(RAM_BASE + 4, lambda: 0)

    def test_a_misaligned_fetch_traps(self, memory: BareMemory) -> None:
        address = RAM_BASE + 2
        assert trap_of(lambda: memory.path.fetch(address)) == (Cause.MISALIGNED_FETCH, address)


class TestBounds:
    """Whatever a guest does, what is kept of it stays small."""

    def test_endless_new_code(self) -> None:
        memory = BareMemory(pages=80)
        program = Program(memory)
        most = 0
        for pc in range(RAM_BASE, RAM_BASE + (80 << 12), 4):
            program.execute(pc)
            most = max(most, len(memory.path.ops))
        assert most == MAX_OPS
        marked = sum(mark & CODE for mark in memory.ram.marks)
        assert marked == len({pc >> 4 for pc in memory.path.ops})

    def test_endless_new_address_spaces(self, memory: BareMemory) -> None:
        for root in range(3 * MAX_CONTEXTS):
            memory.path.switch(Privilege.S, PAGED | root, 0)
        assert len(memory.path._contexts) <= MAX_CONTEXTS + 1
        assert len(memory.path._selections) <= MAX_CONTEXTS


def test_a_misaligned_access_of_m_stops_at_the_edge_of_an_unlocked_region_that_comes_later(
    memory: BareMemory,
) -> None:
    place = RAM_BASE + 0x5800
    memory.path.store4(place - 2, 1)
    memory.pmp.set_address(0, place >> 2)
    memory.pmp.set_config(0, 0x10)  # four bytes, no permissions, not locked: M may do all there
    memory.path.store4(place, 2)
    assert trap_of(lambda: memory.path.store4(place - 2, 3)) == (Cause.STORE_ACCESS, place - 2)
    assert memory.word(place) == 2
    memory.pmp.set_config(0, 0)
    memory.path.store4(place - 2, 4)
    assert memory.path.load4(place - 2) == 4
