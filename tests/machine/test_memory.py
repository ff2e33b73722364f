"""RAM: sizes, bulk access, watching stores, and capture by sharing pages."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hvtui.machine.memory import CLEAN, CODE, RAM_BASE, TABLE, Ram

PAGE = 4096


@pytest.mark.parametrize("size", [0, -4096, 100, 4095, 4097])
def test_a_size_that_is_no_multiple_of_a_page_is_refused_in_words(size: int) -> None:
    with pytest.raises(ValueError, match="positive multiple of 4 KiB"):
        Ram(size=size)


def test_more_than_two_gib_are_refused_in_words() -> None:
    with pytest.raises(ValueError, match="2 GiB"):
        Ram(size=(2 << 30) + PAGE)


def test_a_base_inside_a_page_is_refused() -> None:
    with pytest.raises(ValueError, match="multiple of 4 KiB"):
        Ram(base=0x8000_0010, size=PAGE)


def test_what_is_written_can_be_read_back_across_pages() -> None:
    ram = Ram(size=3 * PAGE)
    data = bytes(range(256)) * 20
    ram.write(RAM_BASE + 100, data)
    assert ram.read(RAM_BASE + 100, len(data)) == data
    assert ram.read(RAM_BASE, 100) == bytes(100)


def test_the_last_byte_is_ram_and_the_next_is_not() -> None:
    ram = Ram(size=PAGE)
    assert ram.read(RAM_BASE + PAGE - 1, 1) == b"\0"
    assert ram.read(RAM_BASE + PAGE - 1, 2) is None
    assert ram.read(RAM_BASE - 1, 1) is None
    assert ram.read(RAM_BASE, -1) is None


def test_writing_outside_names_the_range() -> None:
    ram = Ram(size=PAGE)
    with pytest.raises(ValueError, match=r"2 bytes at 0x80000fff .* 0x80000000 to 0x80000fff"):
        ram.write(RAM_BASE + PAGE - 1, b"ab")


def test_values_are_little_endian_in_every_view() -> None:
    ram = Ram(size=PAGE)
    ram.store(8, 4, 0x1122_3344)
    assert list(ram.data[8:12]) == [0x44, 0x33, 0x22, 0x11]
    assert ram.halves[4] == 0x3344
    assert ram.words[2] == 0x1122_3344


class TestWatching:
    """A watcher hears of every store of the hart that touches its bytes, after it happened."""

    def test_stores_that_touch_are_reported_and_others_not(self) -> None:
        ram = Ram(size=PAGE)
        heard: list[tuple[int, int, bytes | None]] = []
        ram.watch(
            RAM_BASE + 0x18, 8, lambda place, size: heard.append((place, size, ram.read(place, size)))
        )
        ram.store(0x14, 4, 1)
        ram.store(0x20, 4, 2)
        assert heard == []
        ram.store(0x1C, 4, 3)
        ram.store(0x16, 4, 4)
        assert heard == [
            (RAM_BASE + 0x1C, 4, b"\3\0\0\0"),
            (RAM_BASE + 0x16, 4, b"\4\0\0\0"),
        ]

    def test_a_person_who_edits_memory_is_not_reported(self) -> None:
        ram = Ram(size=PAGE)
        heard: list[int] = []
        ram.watch(RAM_BASE, 4, lambda place, size: heard.append(place))
        ram.write(RAM_BASE, b"abcd")
        assert heard == []

    def test_unwatching_one_leaves_the_other_in_the_same_granule(self) -> None:
        ram = Ram(size=PAGE)
        first: list[int] = []
        second: list[int] = []

        def hear_first(place: int, size: int) -> None:
            first.append(place)

        ram.watch(RAM_BASE, 4, hear_first)
        ram.watch(RAM_BASE + 4, 4, lambda place, size: second.append(place))
        ram.unwatch(hear_first)
        ram.store(0, 4, 1)
        ram.store(4, 4, 1)
        assert first == []
        assert second == [RAM_BASE + 4]

    def test_after_the_last_watch_stores_are_as_fast_as_before(self) -> None:
        ram = Ram(size=PAGE)

        def hear(place: int, size: int) -> None:
            raise AssertionError(f"{size} bytes at {place:#x}")

        ram.watch(RAM_BASE + 0xFF8, 8, hear)
        ram.unwatch(hear)
        ram.store(0xFF8, 4, 1)
        assert not any(ram.marks)

    def test_watching_outside_ram_does_nothing(self) -> None:
        ram = Ram(size=PAGE)
        ram.watch(RAM_BASE - 8, 8, lambda place, size: None)
        ram.watch(RAM_BASE + PAGE, 8, lambda place, size: None)
        assert ram.marks == bytearray([CLEAN]) * (PAGE // 16)


class TestMarks:
    """Caches hear of a change once, whoever makes it."""

    @pytest.mark.parametrize("change", ["store", "write", "restore"])
    def test_every_kind_of_change_is_announced_to_both_caches(self, change: str) -> None:
        ram = Ram(size=2 * PAGE)
        state = ram.capture()
        code: list[int] = []
        tables: list[int] = []
        ram.on_code = code.append
        ram.on_table = tables.append
        if change == "restore":
            ram.store(0x1000, 4, 1)
            ram.store(0x1020, 4, 1)
        ram.marks[0x100] |= CODE
        ram.marks[0x102] |= CODE | TABLE
        if change == "store":
            ram.store(0x1000, 4, 1)
            ram.store(0x1020, 4, 1)
        elif change == "write":
            ram.write(RAM_BASE + 0xFFE, bytes(0x100))
        else:
            ram.restore(state)
        assert code == [0x100, 0x102]
        assert tables == [0x102]
        assert not ram.marks[0x100] & (CODE | TABLE)
        assert not ram.marks[0x102] & (CODE | TABLE)


class TestCapture:
    """States share the pages that they have in common."""

    def test_unchanged_pages_are_the_same_objects(self) -> None:
        ram = Ram(size=130 * PAGE)
        ram.write(RAM_BASE + 70 * PAGE, b"x")
        first = ram.capture()
        ram.store(0, 1, 1)
        second = ram.capture()
        assert second[0][0] is not first[0][0]
        assert second[0][1] is first[0][1]
        assert second[1] is first[1]
        assert second[2] is first[2]

    def test_a_page_that_was_changed_back_is_shared_again(self) -> None:
        ram = Ram(size=PAGE)
        first = ram.capture()
        ram.store(0, 1, 1)
        ram.store(0, 1, 0)
        second = ram.capture()
        assert second[0] is first[0]

    def test_zero_pages_cost_nothing(self) -> None:
        ram = Ram(size=16 * PAGE)
        state = ram.capture()
        assert len({id(page) for chunk in state for page in chunk}) == 1

    def test_a_state_does_not_change_with_the_memory(self) -> None:
        ram = Ram(size=PAGE)
        state = ram.capture()
        ram.store(0, 4, 7)
        assert state[0][0] == bytes(PAGE)

    def test_the_state_of_another_size_is_refused(self) -> None:
        with pytest.raises(ValueError, match="another size"):
            Ram(size=PAGE).restore(Ram(size=2 * PAGE).capture())

    @settings(max_examples=60, deadline=None)
    @given(
        st.lists(
            st.one_of(
                st.tuples(st.just("store"), st.integers(0, 70 * PAGE - 4), st.integers(0, 255)),
                st.tuples(st.just("capture"), st.just(0), st.just(0)),
                st.tuples(st.just("restore"), st.integers(0, 20), st.just(0)),
            ),
            max_size=40,
        )
    )
    def test_any_captured_state_can_be_returned_to_at_any_time(
        self, actions: list[tuple[str, int, int]]
    ) -> None:
        ram = Ram(size=70 * PAGE)
        states = [(ram.capture(), bytes(ram.data))]
        for action, number, value in actions:
            if action == "store":
                ram.store(number, 4, value * 0x0101_0101)
            elif action == "capture":
                states.append((ram.capture(), bytes(ram.data)))
            else:
                state, contents = states[number % len(states)]
                ram.restore(state)
                assert ram.data == contents
                assert ram.capture() == state
        for state, contents in states:
            assert b"".join(page for chunk in state for page in chunk) == contents
