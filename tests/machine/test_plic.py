"""The PLIC: priorities, enables, thresholds, claim and completion, for M and S of hart 0."""

from __future__ import annotations

import pytest

from hvtui.machine.devices.lines import MEIP, SEIP, InterruptLines
from hvtui.machine.devices.plic import Plic

PENDING = 0x1000
ENABLE_M, ENABLE_S = 0x2000, 0x2080
THRESHOLD_M, CLAIM_M = 0x20_0000, 0x20_0004
THRESHOLD_S, CLAIM_S = 0x20_1000, 0x20_1004
UART = 10


class Board:
    """A PLIC, the hart's lines, and words to poke it with."""

    def __init__(self) -> None:
        self.lines = InterruptLines()
        self.plic = Plic(self.lines)

    def get(self, offset: int) -> int | None:
        return self.plic.load(offset, 4)

    def put(self, offset: int, value: int) -> None:
        assert self.plic.store(offset, 4, value)

    def source(self, source: int, priority: int, *enables: int) -> None:
        """Give a source its priority and enable it for contexts."""
        self.put(4 * source, priority)
        for enable in enables:
            place = enable + 4 * (source // 32)
            old = self.get(place)
            assert old is not None
            self.put(place, old | 1 << source % 32)


@pytest.fixture
def board() -> Board:
    return Board()


def test_after_reset_nothing_interrupts(board: Board) -> None:
    board.plic.set_level(UART, high=True)
    assert board.lines.levels == 0
    assert board.get(CLAIM_M) == 0


def test_priorities_and_thresholds_have_three_bits(board: Board) -> None:
    for place in (4 * UART, 4 * 95, THRESHOLD_M, THRESHOLD_S):
        board.put(place, 0xFFFF_FFFF)
        assert board.get(place) == 7


def test_source_zero_and_sources_beyond_the_last_do_not_exist(board: Board) -> None:
    for place in (0, 4 * 96, 0xFFC):
        board.put(place, 7)
        assert board.get(place) == 0
    board.put(ENABLE_M, 0xFFFF_FFFF)
    assert board.get(ENABLE_M) == 0xFFFF_FFFE
    board.put(ENABLE_M + 12, 0xFFFF_FFFF)
    assert board.get(ENABLE_M + 12) == 0


def test_the_enables_of_the_contexts_are_their_own(board: Board) -> None:
    board.put(ENABLE_M + 4, 0x11)
    board.put(ENABLE_S + 8, 0x22)
    assert board.get(ENABLE_M + 4) == 0x11
    assert board.get(ENABLE_S + 4) == 0
    assert board.get(ENABLE_S + 8) == 0x22


@pytest.mark.parametrize(("enable", "line"), [(ENABLE_M, MEIP), (ENABLE_S, SEIP)])
def test_an_enabled_source_drives_the_line_of_its_context(board: Board, enable: int, line: int) -> None:
    board.source(UART, 1, enable)
    assert board.lines.levels == 0
    board.plic.set_level(UART, high=True)
    assert board.lines.levels == line
    assert board.get(PENDING) == 1 << UART
    board.plic.set_level(UART, high=False)
    assert board.lines.levels == 0


def test_priority_zero_never_interrupts(board: Board) -> None:
    board.source(UART, 0, ENABLE_M)
    board.plic.set_level(UART, high=True)
    assert board.lines.levels == 0
    assert board.get(CLAIM_M) == 0


def test_a_priority_must_exceed_the_threshold(board: Board) -> None:
    board.source(UART, 3, ENABLE_M)
    board.plic.set_level(UART, high=True)
    board.put(THRESHOLD_M, 3)
    assert board.lines.levels == 0
    board.put(THRESHOLD_M, 2)
    assert board.lines.levels == MEIP


def test_a_threshold_does_not_keep_software_from_claiming(board: Board) -> None:
    board.source(UART, 3, ENABLE_M)
    board.put(THRESHOLD_M, 7)
    board.plic.set_level(UART, high=True)
    assert board.get(CLAIM_M) == UART


def test_claims_come_in_the_order_of_priority_then_number(board: Board) -> None:
    for source, priority in ((40, 2), (7, 2), (90, 5), (3, 1)):
        board.source(source, priority, ENABLE_S)
        board.plic.set_level(source, high=True)
    assert [board.get(CLAIM_S) for _ in range(5)] == [90, 7, 40, 3, 0]
    assert board.lines.levels == 0


def test_a_claimed_source_waits_for_completion(board: Board) -> None:
    board.source(UART, 1, ENABLE_M, ENABLE_S)
    board.plic.set_level(UART, high=True)
    assert board.lines.levels == MEIP | SEIP
    assert board.get(CLAIM_M) == UART
    assert board.lines.levels == 0
    assert board.get(PENDING) == 0
    assert board.get(CLAIM_S) == 0
    board.plic.set_level(UART, high=False)
    board.plic.set_level(UART, high=True)
    assert board.lines.levels == 0


def test_completion_of_a_level_that_is_still_high_interrupts_again(board: Board) -> None:
    board.source(UART, 1, ENABLE_M)
    board.plic.set_level(UART, high=True)
    board.get(CLAIM_M)
    board.put(CLAIM_M, UART)
    assert board.lines.levels == MEIP
    assert board.get(CLAIM_M) == UART


def test_completion_after_the_level_fell_is_the_end(board: Board) -> None:
    board.source(UART, 1, ENABLE_M)
    board.plic.set_level(UART, high=True)
    board.get(CLAIM_M)
    board.plic.set_level(UART, high=False)
    board.put(CLAIM_M, UART)
    assert board.lines.levels == 0
    assert board.get(CLAIM_M) == 0


@pytest.mark.parametrize("source", [UART + 1, 0, 96, 0xFFFF_FFFF])
def test_completing_something_else_is_ignored(board: Board, source: int) -> None:
    board.source(UART, 1, ENABLE_M)
    board.plic.set_level(UART, high=True)
    board.get(CLAIM_M)
    board.put(CLAIM_M, source)
    assert board.lines.levels == 0


def test_a_context_completes_only_what_is_enabled_for_it(board: Board) -> None:
    board.source(UART, 1, ENABLE_M)
    board.plic.set_level(UART, high=True)
    board.get(CLAIM_M)
    board.put(CLAIM_S, UART)
    assert board.lines.levels == 0


def test_pending_bits_cannot_be_written(board: Board) -> None:
    board.put(PENDING, 0xFFFF_FFFF)
    assert board.get(PENDING) == 0


@pytest.mark.parametrize("size", [1, 2])
def test_registers_are_accessed_whole(board: Board, size: int) -> None:
    assert board.plic.load(4, size) is None
    assert not board.plic.store(4, size, 1)


@pytest.mark.parametrize("offset", [0x2100, 0x20_2000, 0x20_2004, 0x5F_FFFC])
def test_contexts_that_do_not_exist_are_refused(board: Board, offset: int) -> None:
    assert board.get(offset) is None
    assert not board.plic.store(offset, 4, 1)


def test_a_captured_state_comes_back_with_the_lines(board: Board) -> None:
    board.source(UART, 4, ENABLE_M)
    board.source(33, 2, ENABLE_S)
    board.put(THRESHOLD_S, 1)
    board.plic.set_level(UART, high=True)
    board.plic.set_level(33, high=True)
    board.get(CLAIM_M)
    state = board.plic.capture()
    levels = board.lines.levels
    assert levels == SEIP
    board.plic.reset()
    assert board.lines.levels == 0
    board.plic.restore(state)
    assert board.lines.levels == levels
    assert board.plic.capture() == state
    board.put(CLAIM_M, UART)
    assert board.lines.levels == MEIP | SEIP
