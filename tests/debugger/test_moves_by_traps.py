"""Moves to traps and changes of the ring, out of handlers, and in guests alone: in both directions."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from hvtui.debugger import reversing
from hvtui.debugger import rows as rowstore
from hvtui.debugger.session import MoveError, Session
from hvtui.debugger.snapshot import StopKind, Stopped
from hvtui.debugger.traplog import TrapLog
from hvtui.machine.events import TrapTaken
from hvtui.machinefile.loading import load_system
from tests.debugger.test_time_travel import RESETTER
from tests.support.debugged import KEEPER, Part, bounded, lines, session_of, virtualized
from tests.support.timetravel import fresh_scenes, recorded, scene_of

SAMPLES = Path(__file__).parents[2] / "samples"

USER = """\
_start: li      a0, 1
        ecall
        call    f
        ebreak
end:    j       end
f:      ecall
        ret
"""

# Goes to user mode, where each store to the finisher resets the machine; memory counts the starts.
FALLER = """\
_start: la      t0, starts
        lw      t1, 0(t0)
        addi    t1, t1, 1
        sw      t1, 0(t0)
        li      t2, -1
        csrw    pmpaddr0, t2
        li      t2, 0x1f
        csrw    pmpcfg0, t2
        la      t2, user
        csrw    mepc, t2
        csrw    mstatus, zero
        mret
user:   li      t2, 0x100000
        li      t3, 0x7777
        li      t4, 3
        blt     t1, t4, 1f
        li      t3, 0x5555
1:      sw      t3, 0(t2)
        nop
        .data
starts: .word   0
"""


def trapping() -> Session:
    return session_of(Part("keeper", KEEPER), Part("user", USER, 0x8001_0000, "user"))


def trapping_for_ever() -> Session:
    user = USER.replace("j       end", "j       _start")
    return session_of(Part("keeper", KEEPER), Part("user", user, 0x8001_0000, "user"))


def falling() -> Session:
    return session_of(Part("main", FALLER))


def two_guests() -> Session:
    return bounded(Session(load_system(SAMPLES / "07-two-vms" / "machine.toml")))


def shadowed() -> Session:
    return bounded(Session(load_system(SAMPLES / "08-shadow-paging" / "machine.toml")))


def every_instant(session: Session, first: int, end: int) -> tuple[list[int], list[int]]:
    """Return the instants up to `end` right after a trap, and right after a change of the ring."""
    traps: list[int] = []
    changes: list[int] = []

    def trapped(event: TrapTaken) -> None:
        traps.append(event.instant + 1)

    session.goto(first)
    session.machine.observers.trap.append(trapped)
    before = session.machine.hart.privilege
    while session.machine.instant < end and session.machine.exit is None:
        session.step_instruction()
        if session.machine.hart.privilege is not before:
            before = session.machine.hart.privilege
            changes.append(session.machine.instant)
    session.machine.observers.trap.remove(trapped)
    return traps, changes


def stops(session: Session, move: Callable[[], Stopped], first: int, last: int) -> list[int]:
    """Return the instants to which a move leads, over and over, between two others."""
    found: list[int] = []
    while True:
        try:
            stopped = move()
        except MoveError:
            return found
        if stopped.kind is not StopKind.STEPPED:
            return found
        instant = session.machine.instant
        if not first < instant <= last or (found and found[-1] == instant):
            return found
        found.append(instant)


@pytest.mark.parametrize(
    ("build", "first", "end"),
    [(trapping, 0, 200), (virtualized, 0, 400), (falling, 0, 200), (two_guests, 60_000, 64_000),
     (shadowed, 130_000, 134_000)],
)  # fmt: skip
def test_every_trap_and_every_change_of_the_ring_is_come_to_in_both_directions(
    build: Callable[[], Session], first: int, end: int
) -> None:
    session = build()
    traps, changes = every_instant(session, first, end)
    assert traps or build is falling
    assert changes
    for found, forwards, backwards in (
        (traps, session.to_trap, session.reverse_to_trap),
        (changes, session.to_ring_change, session.reverse_to_ring_change),
    ):
        session.goto(first)
        assert stops(session, forwards, first, end) == found
        session.goto(end)
        back = stops(session, backwards, first, end - 1)
        assert back[::-1] == [instant for instant in found if instant < end]


def test_a_stop_at_a_trap_or_a_change_says_the_same_in_both_directions() -> None:
    session = trapping()
    told = [session.to_ring_change().text for _ in range(4)]
    assert told == [
        "switch: mret in keeper at keeper.s:10 to user at user.s:1, ring 0 → ring 3",
        "trap: environment call from U in user at user.s:2, ring 3 → ring 0",
        "return: mret in keeper at keeper.s:19 to user at user.s:3, ring 0 → ring 3",
        "trap: environment call from U in user at user.s:6, ring 3 → ring 0",
    ]
    assert [session.reverse_to_ring_change().text for _ in range(3)] == told[2::-1]
    assert session.to_trap().text == told[1]
    assert session.to_trap().text == told[3]
    assert session.reverse_to_trap().text == told[1]


def test_where_nothing_was_before_the_way_back_ends_at_the_beginning_and_says_so() -> None:
    session = trapping()
    session.to_ring_change()
    stopped = session.reverse_to_trap()
    assert (stopped.kind, stopped.text) == (
        StopKind.START, "no trap before: ready in keeper at keeper.s:1",
    )  # fmt: skip
    session.to_ring_change()
    stopped = session.reverse_to_ring_change()
    assert stopped.text == "always in this ring before: ready in keeper at keeper.s:1"
    with pytest.raises(MoveError, match="beginning of the run"):
        session.reverse_to_trap()


def test_a_run_that_ends_before_the_next_trap_says_how_it_ended() -> None:
    session = session_of(Part("main", "_start: li t0, 0x100000\n li t1, 0x5555\n sw t1, 0(t0)\n"))
    assert session.to_trap().text == "ended: the guest turned the machine off, exit status 0"


def test_a_reset_is_told_and_is_a_change_of_the_ring_only_from_below() -> None:
    session = falling()
    session.to_ring_change()
    stopped = session.to_ring_change()
    assert (
        stopped.text == "reset: the guest began the machine anew in main at main.s:1, ring 3 → ring 0"
    )
    session = session_of(Part("main", RESETTER))
    assert session.to_ring_change().kind is StopKind.ENDED


def test_a_handler_is_left_from_whatever_function_it_is_in() -> None:
    session = trapping()
    session.break_at("account")
    session.resume()
    assert lines(session)[0].startswith("0 keeper account")
    stopped = session.finish_trap()
    assert stopped.text == "return: mret in keeper at keeper.s:19 to user at user.s:3, ring 0 → ring 3"
    with pytest.raises(MoveError, match="no trap handler runs"):
        session.finish_trap()
    session.reverse_resume()
    stopped = session.reverse_finish_trap()
    assert stopped.text == "back before the trap in user at user.s:2"
    with pytest.raises(MoveError, match="no trap led here"):
        session.reverse_finish_trap()


def test_a_handler_that_a_trap_was_handed_on_to_is_left_past_all_that_traps_in_it() -> None:
    session = virtualized()
    session.break_at("serve")
    session.resume()
    session.finish_trap()
    assert lines(session) == [
        "3 program ask program.s:6",
        "3 program _start program.s:2 [switched to by guest through hyper]",
    ]
    session.reverse_resume()
    assert session.reverse_finish_trap().text == "back before the trap in program at program.s:5"


def test_a_handler_that_resets_the_machine_ends_with_that() -> None:
    text = FALLER.replace("_start: la", "_start: la t0, handler; csrw mtvec, t0; la", 1).replace(
        "user:   li", "user: ecall\nhandler: li"
    )
    session = session_of(Part("main", text))
    session.to_trap()
    assert session.finish_trap().text.startswith("reset: the guest began the machine anew")
    assert session.machine.hart.pc == 0x8000_0000


def test_breakpoints_stop_all_these_moves() -> None:
    session = trapping()
    session.to_trap()
    session.break_at("account")
    assert session.finish_trap().kind is StopKind.BREAKPOINT
    hit = session.machine.instant
    for move in (session.reverse_to_trap, session.reverse_to_ring_change, session.reverse_finish_trap):
        session.goto(hit + 1)
        stopped = move()
        assert (stopped.kind, stopped.numbers) == (StopKind.BREAKPOINT, (1,))
        assert session.machine.instant == hit
    session = virtualized()
    session.step_guest()
    session.step_guest()
    session.break_at("hyper::handler")
    assert session.step_guest().kind is StopKind.BREAKPOINT


def guest_lines(session: Session, end: int) -> list[int]:
    """Return where a guest begins a line, by single steps; what is begun again counts once."""
    found: list[int] = []
    before: tuple[object, ...] | None = None
    was_guest = True
    while session.machine.instant < end:
        here = session.here
        is_guest = here.component is not None and here.component.vm is not None
        if is_guest:
            begun_again = (
                not was_guest and before is not None and before[1:] == (here.component, here.pc)
            )
            place = (here.place, here.component, here.pc)
            is_same_line = before is not None and before[:2] == place[:2] and before[2] != here.pc
            if not begun_again and not is_same_line:
                found.append(session.machine.instant)
            before = place
        was_guest = is_guest
        session.step_instruction()
    return found


@pytest.mark.parametrize(
    ("build", "first", "end"),
    [(virtualized, 0, 400), (two_guests, 58_000, 66_000), (shadowed, 130_000, 138_000)],
)
def test_guests_alone_are_stepped_as_if_there_were_no_hypervisor(
    build: Callable[[], Session], first: int, end: int
) -> None:
    session = build()
    session.goto(first)
    session.step_guest()
    start = session.machine.instant
    expected = guest_lines(session, end)
    assert len(expected) > 20
    session.goto(start)
    found = [start]
    while session.step_guest() and session.machine.instant < end:
        found.append(session.machine.instant)
    assert found == expected
    last = session.machine.instant
    back = [last]
    while session.machine.instant > start:
        session.reverse_step_guest()
        back.append(session.machine.instant)
    assert back[::-1] == [*found, last]


def test_a_step_in_guests_says_what_the_hypervisor_did_meanwhile() -> None:
    session = virtualized()
    session.step_guest()
    session.step_guest()
    stopped = session.step_guest()
    assert stopped.text == (
        "trap: illegal instruction, csrw mscratch, zero (bit 5 wrtrap) in guest at guest.s:6,"
        " ring 1 → ring 0; 12 steps later return: mret in hyper at hyper.s:26 to guest at guest.s:7,"
        " ring 0 → ring 1"
    )
    assert session.here.where == "guest.s:7"
    session.break_at("ask")
    session.resume()
    stopped = session.step_guest()
    assert "environment call from U" in stopped.text
    assert "injection: mret in hyper" in stopped.text
    assert lines(session)[0].startswith("1 guest trap")


def test_from_the_hypervisor_one_comes_to_the_guest_it_runs_next_and_back_to_the_last() -> None:
    session = virtualized()
    session.break_on_trap("wrtrap")
    session.resume()
    session.remove_breakpoint(1)
    session.step_instruction()
    instant = session.machine.instant
    assert session.step_guest().text.startswith("return: mret in hyper")
    assert session.here.where == "guest.s:7"
    session.goto(instant)
    session.reverse_step_guest()
    assert session.here.where == "guest.s:6"


def test_before_the_first_guest_there_is_only_the_beginning() -> None:
    session = virtualized()
    session.step_guest()
    assert session.reverse_step_guest().text == (
        "no guest has run before: ready in hyper at hyper.s:1"
    )  # fmt: skip


@pytest.mark.parametrize("move", ["step_guest", "reverse_step_guest"])
def test_without_virtual_machines_there_are_no_guests_to_step(move: str) -> None:
    session = trapping()
    session.step_instruction()
    with pytest.raises(MoveError, match="no guests: no component of this machine belongs to a VM"):
        getattr(session, move)()
    assert session.machine.instant == 1


def test_a_pause_ends_a_search_for_a_trap() -> None:
    session = session_of(Part("main", "_start: addi a0, a0, 1\n addi a0, a0, 1\n j _start\n"))
    session.on_progress = lambda snapshot: session.pause()
    assert session.to_trap().kind is StopKind.PAUSED


def test_what_the_log_has_forgotten_is_found_by_running_it_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rowstore, "CHUNK_ROWS", 4)
    monkeypatch.setattr(TrapLog.__init__, "__kwdefaults__", {"chunks": 1})
    for build, forwards, backwards in (
        (trapping_for_ever, "to_trap", "reverse_to_trap"),
        (virtualized, "to_ring_change", "reverse_to_ring_change"),
        (virtualized, "step_guest", "reverse_step_guest"),
    ):
        session = build()
        session.step_instruction()
        found = stops(session, getattr(session, forwards), 1, 400)
        session.goto(400)
        assert session.traplog.known.first > 0
        back = stops(session, getattr(session, backwards), 1, 399)
        assert back[::-1] == [instant for instant in found if instant < 400]
        session.goto(found[3])
        getattr(session, backwards)()
        assert session.machine.instant == found[2]


@pytest.mark.parametrize("name", ["01-native", "04-type1-vt", "07-two-vms", "08-shadow-paging"])
def test_a_random_walk_by_these_moves_sees_what_a_fresh_run_sees(name: str) -> None:
    chance = random.Random(name)
    session = Session(load_system(SAMPLES / name / "machine.toml"))
    session.limit = 140_000
    moves = [
        "finish_trap", "to_trap", "to_ring_change", "step_guest", "step_line", "reverse_finish_trap",
        "reverse_to_trap", "reverse_to_ring_change", "reverse_step_guest", "reverse_step_line",
    ]  # fmt: skip
    seen = []
    session.goto(session.limit)
    for _ in range(60):
        if chance.random() < 0.3:
            session.goto(chance.randrange(session.limit))
        try:
            getattr(session, chance.choice(moves))()
        except MoveError:
            continue
        seen.append((session.machine.instant, scene_of(session)))
    assert len(seen) > 20
    expected = dict(fresh_scenes(session.system, recorded(session), [instant for instant, _ in seen]))
    for instant, scene in seen:
        assert scene == expected[instant], f"at instant {instant}"


def test_a_travel_is_finished_though_a_pause_is_asked_for_if_it_is_short(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = trapping()
    session.goto(150)
    last = session.machine.instant
    monkeypatch.setattr(reversing, "_PATIENCE", 10)
    session.pause()
    session.reverse_to_trap()
    assert session.machine.instant < last


def test_a_handler_ends_where_another_thread_of_the_kernel_takes_over() -> None:
    session = Session(load_system(SAMPLES / "12-split-mode"))
    session.break_on_trap("ecall-u in ticker")
    session.resume()
    session.finish_trap()
    assert session.here.owner == "host"
    assert session.snapshot().arrival is None
    (outermost,) = session.callstack.levels(session.here)
    assert outermost.activation.by == "lowvisor"
