"""The CLINT: time from retired instructions, timer and software interrupt."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from hvtui.machine.devices.clint import Clint
from hvtui.machine.devices.lines import MSIP, InterruptLines

MSIP_REGISTER, MTIMECMP, MTIME = 0x0, 0x4000, 0xBFF8


@dataclass
class Counter:
    """A clock that a test winds."""

    retired: int = 0


@pytest.fixture
def clock() -> Counter:
    return Counter()


@pytest.fixture
def lines() -> InterruptLines:
    return InterruptLines()


@pytest.fixture
def clint(clock: Counter, lines: InterruptLines) -> Clint:
    return Clint(clock, lines)


def test_time_is_the_count_of_retired_instructions(clint: Clint, clock: Counter) -> None:
    clock.retired = 0x1_2345_6789
    assert clint.load(MTIME, 4) == 0x2345_6789
    assert clint.load(MTIME + 4, 4) == 1


def test_a_tick_may_last_many_instructions(clock: Counter, lines: InterruptLines) -> None:
    clint = Clint(clock, lines, timebase=10)
    clock.retired = 39
    assert clint.mtime == 3
    clint.mtimecmp = 5
    assert clint.next_timer_event() == 50


def test_a_timebase_of_nothing_is_refused(clock: Counter, lines: InterruptLines) -> None:
    with pytest.raises(ValueError, match="timebase 0"):
        Clint(clock, lines, timebase=0)


def test_setting_the_time_moves_it_and_it_goes_on_from_there(clint: Clint, clock: Counter) -> None:
    clock.retired = 100
    clint.store(MTIME, 4, 5)
    clint.store(MTIME + 4, 4, 1)
    clock.retired = 107
    assert clint.mtime == 0x1_0000_000C


def test_time_wraps_at_64_bits(clint: Clint, clock: Counter) -> None:
    clint.mtime = (1 << 64) - 1
    clock.retired = 1
    assert clint.mtime == 0


def test_the_timer_interrupt_is_pending_from_mtimecmp_on(clint: Clint, clock: Counter) -> None:
    clint.store(MTIMECMP, 4, 50)
    clint.store(MTIMECMP + 4, 4, 0)
    clock.retired = 49
    assert not clint.timer_pending
    assert clint.next_timer_event() == 50
    clock.retired = 50
    assert clint.timer_pending
    assert clint.next_timer_event() is None


def test_mtimecmp_can_be_written_in_bytes_and_halfwords(clint: Clint) -> None:
    clint.mtimecmp = 0xFFFF_FFFF_FFFF_FFFF
    clint.store(MTIMECMP + 1, 1, 0x12)
    clint.store(MTIMECMP + 6, 2, 0x3456)
    assert clint.mtimecmp == 0x3456_FFFF_FFFF_12FF
    assert clint.load(MTIMECMP + 1, 1) == 0x12
    assert clint.load(MTIMECMP + 6, 2) == 0x3456


def test_skipping_goes_to_the_timer_and_never_back(clint: Clint, clock: Counter) -> None:
    clint.mtimecmp = 1000
    clock.retired = 10
    clint.skip_to_timer()
    assert clint.mtime == 1000
    clint.mtimecmp = 500
    clint.skip_to_timer()
    assert clint.mtime == 1000


def test_msip_has_one_bit(clint: Clint, lines: InterruptLines) -> None:
    clint.store(MSIP_REGISTER, 4, 0xFFFF_FFFF)
    assert clint.load(MSIP_REGISTER, 4) == 1
    assert lines.levels == MSIP
    clint.store(MSIP_REGISTER, 4, 0xFFFF_FFFE)
    assert lines.levels == 0


def test_the_places_of_other_harts_read_zero_and_ignore_writes(clint: Clint) -> None:
    for offset in (4, 0x4008, 0xBFF0):
        assert clint.store(offset, 4, 0xFFFF_FFFF)
        assert clint.load(offset, 4) == 0


def test_the_hart_hears_of_whatever_moves_its_next_interrupt(
    clint: Clint, lines: InterruptLines
) -> None:
    heard: list[str] = []
    lines.on_change = lambda: heard.append("change")
    clint.store(MTIMECMP, 4, 5)
    clint.store(MTIME, 4, 5)
    clint.store(MSIP_REGISTER, 4, 1)
    assert len(heard) == 3
    clint.load(MTIME, 4)
    clint.store(MSIP_REGISTER, 4, 1)
    assert len(heard) == 3


def test_a_captured_state_comes_back(clint: Clint, clock: Counter, lines: InterruptLines) -> None:
    clock.retired = 30
    clint.mtime, clint.mtimecmp = 1000, 2000
    clint.store(MSIP_REGISTER, 4, 1)
    state = clint.capture()
    clint.reset()
    assert (clint.mtime, clint.mtimecmp, lines.levels) == (30, 0, 0)
    clint.restore(state)
    assert (clint.mtime, clint.mtimecmp, lines.levels) == (1000, 2000, MSIP)
    assert clint.capture() == state
