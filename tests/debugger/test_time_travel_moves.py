"""Moves backwards: each leads to where the move forwards would have come from, and says the same."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from hvtui.debugger import following, reversing
from hvtui.debugger.edits import MemoryEdit
from hvtui.debugger.expressions.compiling import compile_expression
from hvtui.debugger.session import MoveError, Session
from hvtui.debugger.snapshot import Snapshot, StopKind, Stopped
from hvtui.debugger.traplog import TrapLog
from hvtui.machine.events import TrapTaken
from hvtui.machinefile.loading import load_system
from tests.support.debugged import KEEPER, Part, lines, session_of, virtualized
from tests.support.timetravel import scene_of

SAMPLES = Path(__file__).parents[2] / "samples"

HITS = (StopKind.BREAKPOINT, StopKind.TRAP, StopKind.WATCH)

# Calls within calls, a macro, a loop on one line, and a pseudo-instruction of two instructions.
PROGRAM = """\
        .macro  twice register
        addi    \\register, \\register, 1
        addi    \\register, \\register, 1
        .endm
_start: li      sp, 0x80080000
        li      a0, 0x12345678
        call    f
        twice   a1
        li      t0, 3
loop:   addi t0, t0, -1; bnez t0, loop
        call    g
        nop
end:    j       end
f:      addi    a2, a2, 1
        ret
g:      addi    sp, sp, -16
        sw      ra, 0(sp)
        call    f
        call    f
        lw      ra, 0(sp)
        addi    sp, sp, 16
        ret
"""

USER = """\
_start: li      a0, 1
        ecall
        call    f
        nop
end:    j       end
f:      ecall
        ret
"""


ONE_LINE = "_start: li a0, 1; call f; nop; nop; j end; f: addi a1, a1, 1; ret\nend: j end\n"

STORES = """\
_start: li      t0, 0x80004000
        li      t1, 1
        sw      t1, 0(t0)
        nop
        nop
        nop
        nop
        li      t1, 2
        sw      t1, 0(t0)
end:    j       end
"""


def trapping() -> Session:
    return session_of(Part("keeper", KEEPER), Part("user", USER, 0x8001_0000, "user"))


def instants(session: Session, move: Callable[[], Stopped], until: int) -> list[int]:
    """Return where the machine stands before each of the moves, and after the last one."""
    found = [session.machine.instant]
    while session.machine.instant < until:
        move()
        found.append(session.machine.instant)
    return found


@pytest.mark.parametrize("text", [PROGRAM, ONE_LINE])
@pytest.mark.parametrize(
    "kind", ["step_instruction", "step_line", "step_over", "step_over_instruction"]
)
def test_each_step_backwards_leads_to_where_the_step_forwards_came_from(kind: str, text: str) -> None:
    session = session_of(Part("main", text))
    session.break_at("end")
    session.resume()
    end = session.machine.instant
    session.remove_breakpoint(1)
    session.goto(0)
    forwards = instants(session, getattr(session, kind), end)
    assert forwards[-1] == end
    back = [end]
    while session.machine.instant > 0:
        getattr(session, "reverse_" + kind.replace("step_over", "over"))()
        back.append(session.machine.instant)
    assert back[::-1] == forwards


def test_a_step_back_says_where_it_leads() -> None:
    session = session_of(Part("main", PROGRAM))
    session.goto(6)
    assert session.reverse_step_instruction().text == "stepped back in main at main.s:14"
    assert session.reverse_step_line().text == "stepped back in main at main.s:7"
    assert session.reverse_step_line().text == "stepped back in main at main.s:6"
    stopped = session.reverse_over()
    assert (stopped.kind, stopped.text) == (StopKind.START, "ready in main at main.s:5")


def test_in_the_middle_of_a_line_one_first_goes_to_its_beginning() -> None:
    session = session_of(Part("main", PROGRAM))
    session.goto(2)
    assert session.here.where == "main.s:6"
    session.reverse_step_line()
    assert session.machine.instant == 1


def test_a_step_back_over_a_trap_leaves_out_its_handler() -> None:
    session = trapping()
    session.break_at("user::f")
    session.resume()
    session.remove_breakpoint(1)
    session.step_over()
    assert session.reverse_over().text == "stepped back in user at user.s:6"
    assert session.reverse_over().text == "stepped back in user at user.s:3"
    assert session.reverse_over_instruction().text == "stepped back in user at user.s:2"
    # Without "over" the way back leads through the handler.
    session.step_over()
    assert session.reverse_step_line().text.startswith("stepped back in keeper")


def test_from_the_first_instruction_of_a_function_the_way_back_is_the_call() -> None:
    session = session_of(Part("main", PROGRAM))
    session.break_at("g")
    session.resume()
    assert session.reverse_over().text == "stepped back in main at main.s:11"


def test_finish_backwards_leads_to_the_call_and_then_to_what_entered_the_handler() -> None:
    session = trapping()
    session.break_at("keeper::account")
    session.resume()
    before = lines(session)
    assert session.reverse_finish().text.startswith("back at the call in keeper")
    assert len(lines(session)) == len(before) - 1
    trapped = session.reverse_finish()
    assert trapped.text == "back before the trap in user at user.s:2"
    assert session.machine.hart.privilege.ring == 3
    assert session.reverse_finish().text.startswith("back before the switch in keeper")
    with pytest.raises(MoveError, match="the run began"):
        session.reverse_finish()


def test_finish_backwards_out_of_an_injected_trap_leads_to_the_injection() -> None:
    session = virtualized()
    session.break_at("guest::serve")
    session.resume()
    assert session.reverse_finish().text.startswith("back at the call in guest")
    assert session.reverse_finish().text.startswith("back before the injection in hyper")
    assert session.reverse_finish().text.startswith("back before the trap in program")


# Breakpoints backwards


def stops(session: Session, move: Callable[[], Stopped]) -> list[tuple[int, Stopped, tuple[int, ...]]]:
    """Move until the run's end or beginning: where, why, and how often each breakpoint was hit."""
    found = []
    while (stopped := move()).kind in HITS:
        hits = tuple(breakpoint.hits for breakpoint in session.breakpoints)
        found.append((session.machine.instant, stopped, hits))
    return found


def compared(session: Session, end: int) -> int:
    """Compare the stops of a run forwards with those of the way back; returns how many there are."""
    session.goto(0)
    limit = session.on_progress
    session.on_progress = None
    forwards = []
    while session.machine.instant < end:
        stopped = session.resume()
        if session.machine.instant >= end or stopped.kind not in HITS:
            break
        hits = tuple(breakpoint.hits for breakpoint in session.breakpoints)
        forwards.append((session.machine.instant, stopped, hits))
    session.goto(end)
    assert stops(session, session.reverse_resume) == forwards[::-1]
    assert session.stop.kind is StopKind.START
    assert session.machine.instant == 0
    session.on_progress = limit
    return len(forwards)


@pytest.mark.parametrize("places", [("f",), ("f", "g"), ("loop",), ("main.s:8", "end"), ("_start",)])
def test_the_way_back_meets_the_same_breakpoints_in_reverse(places: tuple[str, ...]) -> None:
    session = session_of(Part("main", PROGRAM))
    for place in places:
        session.break_at(place)
    expected = {("f",): 3, ("f", "g"): 4, ("loop",): 3, ("_start",): 0}
    assert compared(session, 40) == expected.get(places, 2)


def test_a_trap_and_a_place_that_are_met_together_are_told_together_in_both_directions() -> None:
    session = trapping()
    session.break_on_trap("ecall-u")
    session.break_at("keeper::handler")
    session.break_on_trap("return")
    assert compared(session, 80) == 5


@pytest.mark.parametrize(
    ("name", "end", "conditions"),
    [
        ("01-native", 40_000, ("ecall-u", "interrupt")),
        ("04-type1-vt", 150_000, ("wrtrap", "injection")),
    ],
)
def test_the_last_hit_of_a_breakpoint_is_found_as_a_search_forwards_finds_it(
    name: str, end: int, conditions: tuple[str, ...]
) -> None:
    session = Session(load_system(SAMPLES / name / "machine.toml"))
    for condition in conditions:
        session.break_on_trap(condition)
    session.goto(end)
    assert compared(session, end) > 2


def test_a_breakpoint_where_an_interrupt_comes_first_is_met_after_its_handler() -> None:
    # The timer interrupts the loop at all of its places in turn.
    text = """\
_start: la      t0, tick
        csrw    mtvec, t0
        li      s0, 0x02004000
        sw      zero, 4(s0)
        li      t0, 1 << 7
        csrs    mie, t0
        csrsi   mstatus, 8
loop:   addi    s1, s1, 1
        addi    s2, s2, 1
        j       loop
tick:   li      t0, 0x0200bff8
        lw      t1, 0(t0)
        addi    t1, t1, 17
        sw      t1, 0(s0)
        mret
"""
    session = session_of(Part("main", text))
    session.break_at("loop")
    assert compared(session, 400) > 20
    met = {now for now, _, _ in stops_until(session, 400)}
    trapped = {entry.instant for entry in session.traplog.entries if isinstance(entry.event, TrapTaken)}
    assert trapped
    assert not met & trapped
    at_loop = 0
    for instant in sorted(trapped):
        session.goto(instant + 1)
        stopped = session.reverse_step_instruction()
        assert stopped.kind is StopKind.STEPPED
        at_loop += stopped.text.endswith("main.s:8")
    assert at_loop, "the interrupt should have come just before the breakpoint at times"


def stops_until(session: Session, end: int) -> list[tuple[int, Stopped, tuple[int, ...]]]:
    found = []
    while session.resume().kind in HITS and session.machine.instant < end:
        found.append((session.machine.instant, session.stop, ()))
    return found


def test_stepping_back_over_a_call_stops_at_a_breakpoint_inside_as_it_does_forwards() -> None:
    session = session_of(Part("main", PROGRAM))
    session.break_at("main.s:12")
    session.resume()
    session.break_at("main.s:15")
    stopped = session.reverse_over()
    assert stopped.text == "breakpoint 2 at main.s:15: in main at main.s:15"


def test_a_breakpoint_that_is_off_stops_nobody() -> None:
    session = session_of(Part("main", PROGRAM))
    session.break_at("f")
    session.goto(30)
    session.enable_breakpoint(1, enabled=False)
    assert session.reverse_resume().kind is StopKind.START


def test_goto_passes_breakpoints() -> None:
    session = session_of(Part("main", PROGRAM))
    session.break_at("f")
    session.goto(30)
    assert session.goto(8).text == "at instant 8 in main at main.s:8"
    assert session.machine.instant == 8


def test_a_watchpoint_does_not_take_a_change_that_is_made_again_for_the_machines() -> None:
    session = session_of(Part("main", STORES))
    session.goto(6)
    session.change(MemoryEdit(0x8000_4000, b"\x09\0\0\0"))
    session.goto(20)
    session.watch("*word(0x80004000)")
    assert compared(session, 20) == 2
    assert "0x9 → 0x2" in stops_until(session, 20)[-1][1].text


def test_a_breakpoint_counts_the_same_hit_once_however_often_one_comes_by() -> None:
    session = session_of(Part("main", PROGRAM))
    session.break_at("f")

    def hits() -> int:
        return session.breakpoints[1].hits

    session.resume()
    first = session.machine.instant
    session.resume()
    session.resume()
    assert hits() == 3
    session.goto(first)
    assert hits() == 1
    session.goto(first - 1)
    assert hits() == 0
    session.resume()
    session.resume()
    assert hits() == 2
    session.reverse_resume()
    assert hits() == 1


TRAPS = """
_start: la      t0, handler
        csrw    mtvec, t0
        ebreak
1:      ecall
        j       1b
        .balign 4
handler: csrr   t0, mepc
        addi    t0, t0, 4
        csrw    mepc, t0
        mret
unused: nop
"""


@pytest.mark.parametrize("chunks", [1, 64])
@pytest.mark.parametrize("beside", ["nothing", "a condition", "a place"])
def test_the_last_trap_of_a_kind_is_found_however_many_there_were_since(
    chunks: int, beside: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The log has forgotten it, or not; breakpoints of other kinds are met later, or never."""
    monkeypatch.setattr(following, "TrapLog", partial(TrapLog, chunks=chunks))
    session = session_of(Part("main", TRAPS))
    session.limit = 60_000
    session.break_on_trap("breakpoint")
    first = session.resume()
    met = session.machine.instant
    session.resume()
    assert (session.machine.instant, session.traplog.length > 16_000) == (60_000, True)
    assert (session.traplog.entries.first > 0) is (chunks == 1)
    if beside == "a condition":
        session.break_on_trap("ecall-m").condition = compile_expression("a0 == 1", session.scope)
    elif beside == "a place":
        session.break_at("unused")
    stopped = session.reverse_resume()
    assert (stopped.kind, stopped.text, session.machine.instant) == (first.kind, first.text, met)
    session.step_instruction()
    assert session.reverse_resume().kind is first.kind
    assert session.reverse_resume().kind is StopKind.START


# Other threads


def test_a_search_is_begun_anew_if_a_breakpoint_is_set_where_it_has_been_already() -> None:
    session = session_of(
        Part("main", "_start: call f\n j _start\nf: addi a0, a0, 1\n ret\nunused: nop\n")
    )
    session.break_at("unused")
    session.goto(3002)
    told: list[str] = []

    def look(target: int) -> None:
        if not told and session.machine.instant < 1000:
            told.append("set")
            session.post(lambda: session.break_at("f"))

    session.machine.probes.follow_calls(session._mover.follower._on_call, _with(session, look))
    stopped = session.reverse_resume()
    assert told
    assert stopped.text == "breakpoint 2 at f: in main at main.s:3"
    assert session.machine.instant >= 2990


def _with(session: Session, look: Callable[[int], None]) -> Callable[[int], None]:
    def returned(target: int) -> None:
        session._mover.follower._on_return_from_call(target)
        look(target)

    return returned


def test_a_pause_ends_a_long_travel_on_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reversing, "_PATIENCE", -1)
    session = session_of(Part("main", "_start: addi a0, a0, 1\n j _start\n"))
    session.pause()
    assert session.goto(1_000_000).kind is StopKind.PAUSED
    assert 0 < session.machine.instant < 1_000_000
    reached = session.machine.instant
    assert session.goto(reached + 1000).kind is StopKind.STEPPED


def test_a_pause_ends_a_search_where_it_is_known_that_nothing_was_met_since(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reversing, "_PATIENCE", -1)
    session = session_of(Part("main", PROGRAM))
    session.break_at("g")
    session.goto(2000)
    before = scene_of(session)
    session.pause()
    assert session.reverse_resume().kind is StopKind.PAUSED
    assert scene_of(session) == before
    assert session.reverse_resume().kind is StopKind.BREAKPOINT


def test_replays_are_not_shown_as_progress() -> None:
    session = session_of(Part("main", "_start: addi a0, a0, 1\n j _start\n"))
    seen: list[Snapshot] = []
    session.on_progress = seen.append
    session.goto(300_000)
    assert seen, "what is new is shown"
    seen.clear()
    session.goto(5)
    session.goto(290_000)
    session.reverse_step_line()
    assert seen == []


def test_random_moves_in_both_directions_keep_to_one_run() -> None:
    session = trapping()
    session.break_at("user::f")
    session.break_on_trap("ecall-u")
    chance = random.Random(7)
    known: dict[int, object] = {}
    session.goto(200)
    for _ in range(150):
        move = chance.choice(
            (
                session.resume, session.reverse_resume, session.step_over, session.reverse_over,
                session.finish, session.reverse_finish, session.step_line, session.reverse_step_line,
            )
        )  # fmt: skip
        if session.machine.instant > 300:
            session.goto(chance.randrange(200))
        try:
            if move == session.resume:
                session.goto(min(session.machine.instant, 60))
            move()
        except MoveError:
            continue
        scene = scene_of(session)
        assert known.setdefault(session.machine.instant, scene) == scene
    assert len(known) > 20
