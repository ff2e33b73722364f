"""Keys that come faster than the machine steps."""

from __future__ import annotations

from hvtui.debugger.snapshot import StopKind, Stopped
from hvtui.tui.move_queue import MOST_WAITING, Move, MoveQueue
from tests.support.debugged import Part, system_of
from tests.support.screens import running, settle

STEPPED = Stopped(StopKind.STEPPED, "stepped")
COUNT = "_start: addi t0, t0, 1\n j _start\n"


def started(queue: list[Move]) -> MoveQueue:
    return MoveQueue(queue.append)


def test_a_move_waits_for_the_one_before() -> None:
    begun: list[Move] = []
    moves = started(begun)
    first, second = (lambda: None), (lambda: None)
    moves.want(first)
    moves.want(second)
    assert begun == [first]
    moves.ended(STEPPED)
    assert begun == [first, second]
    assert moves.is_busy
    moves.ended(STEPPED)
    assert not moves.is_busy


def test_a_breakpoint_lets_nothing_follow() -> None:
    begun: list[Move] = []
    moves = started(begun)
    moves.want(lambda: None)
    moves.want(lambda: None)
    moves.ended(Stopped(StopKind.BREAKPOINT, "breakpoint", (1,)))
    assert len(begun) == 1
    assert not moves.is_busy


def test_a_pause_forgets_what_waits() -> None:
    begun: list[Move] = []
    moves = started(begun)
    moves.want(lambda: None)
    moves.want(lambda: None)
    moves.forget()
    moves.ended(STEPPED)
    assert len(begun) == 1


def test_no_more_moves_wait_than_anybody_types_ahead() -> None:
    begun: list[Move] = []
    moves = started(begun)
    for _ in range(10 * MOST_WAITING):
        moves.want(lambda: None)
    while moves.is_busy:
        moves.ended(STEPPED)
    assert len(begun) == MOST_WAITING + 1


async def test_every_step_key_counts_however_fast_they_come() -> None:
    async with running(system_of(Part("main", COUNT))) as pilot:
        for _ in range(20):
            pilot.app.simulate_key("i")
        while (await settle(pilot)).instant < 20:
            await pilot.pause(0.01)
        assert (await settle(pilot)).instant == 20
