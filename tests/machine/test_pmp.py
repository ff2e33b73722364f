"""Physical memory protection: matching, permissions, locks."""

from __future__ import annotations

import pytest

from hvtui.machine.pmp import ALL, EXECUTE, READ, WRITE, Pmp

R, W, X = 0x01, 0x02, 0x04
TOR, NA4, NAPOT, LOCK = 0x08, 0x10, 0x18, 0x80


def pmp_with(*entries: tuple[int, int]) -> Pmp:
    """Return a PMP whose entries have these configuration bytes and addresses (bits 33 to 2)."""
    pmp = Pmp()
    for number, (_, address) in enumerate(entries):
        pmp.set_address(number, address)
    for register in range(4):
        part = bytes(config for config, _ in entries[4 * register : 4 * register + 4])
        pmp.set_config(register, int.from_bytes(part, "little"))
    return pmp


def test_with_all_entries_off_m_may_do_anything_and_the_others_nothing() -> None:
    pmp = Pmp()
    assert pmp.permissions(0x8000_0000, 4, machine=True) == ALL
    assert pmp.permissions(0x8000_0000, 4, machine=False) == 0


@pytest.mark.parametrize(
    ("address", "low", "high"),
    [
        (0x2000_0000, 0x8000_0000, 0x8000_0008),
        (0x2000_0001, 0x8000_0000, 0x8000_0010),
        (0x2000_01FF, 0x8000_0000, 0x8000_1000),
        (0x3FFF_FFFF, 0x0, 0x2_0000_0000),
        (0x7FFF_FFFF, 0x0, 0x4_0000_0000),
        (0xFFFF_FFFF, 0x0, 0x8_0000_0000),
    ],
)
def test_napot_ranges(address: int, low: int, high: int) -> None:
    pmp = pmp_with((NAPOT | R, address))
    assert [(region.low, region.high) for region in pmp.regions] == [(low, high)]


def test_na4_covers_four_bytes() -> None:
    pmp = pmp_with((NA4 | R, 0x2000_0001))
    assert pmp.allows(0x8000_0004, 4, READ, machine=False)
    assert not pmp.allows(0x8000_0000, 4, READ, machine=False)
    assert not pmp.allows(0x8000_0008, 4, READ, machine=False)


def test_tor_takes_its_base_from_the_entry_below_whatever_that_is() -> None:
    pmp = pmp_with((0, 0x2000_0000), (TOR | R, 0x2000_0400))
    assert pmp.allows(0x8000_0000, 4, READ, machine=False)
    assert pmp.allows(0x8000_0FFC, 4, READ, machine=False)
    assert not pmp.allows(0x8000_1000, 4, READ, machine=False)
    assert not pmp.allows(0x7FFF_FFFC, 4, READ, machine=False)


def test_tor_of_the_first_entry_begins_at_zero() -> None:
    pmp = pmp_with((TOR | X, 0x400))
    assert pmp.allows(0, 4, EXECUTE, machine=False)


def test_tor_with_its_top_below_its_base_matches_nothing() -> None:
    pmp = pmp_with((0, 0x400), (TOR | R, 0x300), (NAPOT | W | R, 0xFFFF_FFFF))
    assert pmp.allows(0xC80, 4, WRITE, machine=False)


def test_the_lowest_matching_entry_decides() -> None:
    pmp = pmp_with((NA4 | R, 0x2000_0000), (NAPOT | R | W, 0xFFFF_FFFF))
    assert not pmp.allows(0x8000_0000, 4, WRITE, machine=False)
    assert pmp.allows(0x8000_0004, 4, WRITE, machine=False)


def test_an_access_that_is_matched_only_in_part_is_refused_even_to_m() -> None:
    pmp = pmp_with((NA4 | R | W, 0x2000_0000), (NAPOT | R | W, 0xFFFF_FFFF))
    assert not pmp.allows(0x8000_0002, 4, READ, machine=False)
    assert not pmp.allows(0x8000_0002, 4, READ, machine=True)
    assert pmp.permissions(0x8000_0000, 4096, machine=False) is None


def test_an_entry_binds_m_only_if_it_is_locked() -> None:
    assert pmp_with((NAPOT | R, 0xFFFF_FFFF)).allows(0, 4, WRITE, machine=True)
    assert not pmp_with((NAPOT | R | LOCK, 0xFFFF_FFFF)).allows(0, 4, WRITE, machine=True)


def test_writable_but_not_readable_becomes_neither() -> None:
    pmp = pmp_with((NAPOT | W, 0), (NAPOT | W | X, 0))
    assert pmp.config(0) == (NAPOT | X) << 8 | NAPOT


def test_reserved_bits_stay_zero() -> None:
    pmp = Pmp()
    pmp.set_config(0, 0x7F7F_7F7F)
    assert pmp.config(0) == 0x1F1F_1F1F


def test_a_locked_entry_keeps_its_configuration_and_address() -> None:
    pmp = pmp_with((NA4 | R | LOCK, 0x1234))
    pmp.set_config(0, 0)
    pmp.set_address(0, 0)
    assert pmp.config(0) == NA4 | R | LOCK
    assert pmp.address(0) == 0x1234


def test_locking_one_entry_leaves_its_neighbours_writable() -> None:
    pmp = pmp_with((0, 0), (NA4 | LOCK, 0x10))
    pmp.set_config(0, 0x0101_0101)
    assert pmp.config(0) == 0x0101_0001 | (NA4 | LOCK) << 8


def test_the_base_of_a_locked_tor_entry_cannot_be_moved() -> None:
    pmp = pmp_with((0, 0x10), (TOR | R | LOCK, 0x20))
    pmp.set_address(0, 0)
    assert pmp.address(0) == 0x10


def test_below_a_locked_entry_that_is_not_tor_the_address_is_free() -> None:
    pmp = pmp_with((0, 0x10), (NAPOT | R | LOCK, 0x20))
    pmp.set_address(0, 0)
    assert pmp.address(0) == 0


def test_the_last_entry_has_no_neighbour() -> None:
    pmp = Pmp()
    pmp.set_address(15, 0xFFFF_FFFF)
    pmp.set_config(3, (NAPOT | R) << 24)
    assert pmp.allows(0x1000, 1, READ, machine=False)


def test_reset_unlocks() -> None:
    pmp = pmp_with((NAPOT | LOCK, 0xFFFF_FFFF))
    pmp.reset()
    assert pmp.config(0) == pmp.address(0) == 0
    assert pmp.allows(0, 4, WRITE, machine=True)


def test_a_captured_state_comes_back_whole_over_locks() -> None:
    pmp = pmp_with((NA4 | R, 0x10), (TOR | R | W | X, 0x20))
    state = pmp.capture()
    regions = pmp.regions
    pmp.set_config(0, 0x9F9F_9F9F)
    pmp.restore(state)
    assert pmp.capture() == state
    assert pmp.regions == regions


def test_a_change_is_announced_if_it_may_matter() -> None:
    pmp = pmp_with((NAPOT | R, 0xFFFF_FFFF))
    heard: list[None] = []
    pmp.on_change = lambda: heard.append(None)
    pmp.set_address(1, 5)  # off
    assert heard == []
    pmp.set_config(0, NAPOT)
    assert heard == [None]


def test_the_verdict_in_words_names_the_entry() -> None:
    pmp = pmp_with((NA4 | R, 0x2000_0000), (NAPOT | R | X, 0x2000_01FF))
    assert pmp.explain(0x8000_0000, 4, machine=False) == "PMP entry 0 permits r--"
    assert pmp.explain(0x8000_0008, 4, machine=False) == "PMP entry 1 permits r-x"
    assert "only a part" in pmp.explain(0x8000_0002, 4, machine=False)
    assert "does not bind M" in pmp.explain(0x8000_0000, 4, machine=True)
    assert "S and U may do nothing" in pmp.explain(0, 4, machine=False)
