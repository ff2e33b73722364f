"""Watchpoints, conditions and ignore counts: what stops, forwards and backwards, and what is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from hvtui.debugger.expressions.compiling import compile_expression
from hvtui.debugger.expressions.errors import ExpressionError
from hvtui.debugger.session import Session, WatchError
from hvtui.debugger.snapshot import Snapshot, StopKind
from hvtui.machinefile.loading import load_system
from tests.support.debugged import KEEPER, Part, session_of, virtualized

SAMPLES = Path(__file__).parents[2] / "samples"

COUNTING = """\
_start: la      t0, counter
        la      t2, beside
loop:   addi    t1, t1, 1
        sw      t1, 0(t2)
        srli    a0, t1, 2
        sw      a0, 0(t0)
        j       loop
        .data
counter: .word  0
beside:  .word  0
"""


def counting() -> Session:
    return session_of(Part("main", COUNTING))


def set_condition(session: Session, number: int, text: str) -> None:
    session.set_condition(number, compile_expression(text, session.scope))


def test_a_store_that_changes_a_watched_word_stops_and_tells_both_values() -> None:
    session = counting()
    watch = session.watch("*counter")
    assert watch.watched is not None
    assert watch.watched[1] == 4
    stopped = session.resume()
    assert stopped.kind is StopKind.WATCH
    assert stopped.text == "watchpoint 1, *counter: 0x0 → 0x1, by sw a0, 0(t0) in main at main.s:6"
    assert stopped.numbers == (1,)
    assert session.machine.hart.x[6] == 4
    assert session.resume().text.startswith("watchpoint 1, *counter: 0x1 → 0x2, by")
    assert session.machine.hart.x[6] == 8
    assert watch.hits == 2


def test_neighbours_and_stores_of_the_same_value_do_not_stop() -> None:
    session = counting()
    session.watch("byte(counter + 1)")
    session.break_at("loop")
    for _ in range(6):
        assert session.resume().kind is StopKind.BREAKPOINT


def test_a_byte_of_a_word_is_watched_alone() -> None:
    session = counting()
    session.watch("byte(beside + 1)")
    session.resume()
    assert session.machine.hart.x[6] == 0x100


def test_watching_memory_leaves_the_machine_at_full_speed_elsewhere() -> None:
    session = counting()
    session.watch("pword(0x80001000)")
    stops = 0

    def look(snapshot: Snapshot) -> None:
        nonlocal stops
        stops += 1
        if snapshot.instant > 200_000:
            session.pause()

    session.on_progress = look
    assert session.resume().kind is StopKind.PAUSED
    assert not session.machine.ram.marks[0] & 8
    assert stops < 1000  # slices, not steps


def test_a_register_is_watched_by_looking_after_each_step() -> None:
    session = counting()
    watch = session.watch("a0")
    assert watch.watched is None
    stopped = session.resume()
    assert stopped.text == "watchpoint 1, a0: 0x0 → 0x1, by srli a0, t1, 2 in main at main.s:5"


def test_a_csr_field_and_the_ring_can_be_watched() -> None:
    session = virtualized()
    session.watch("mcause.CODE")
    assert session.resume().text.startswith("watchpoint 1, mcause.CODE: 0x0 → 0x2")
    session.remove_breakpoint(1)
    session.watch("ring")
    told = session.resume().text
    assert told.startswith("watchpoint 2, ring: 0x0 → 0x1, by mret in hyper")


def test_memory_can_be_watched_as_an_expression_whose_address_moves() -> None:
    session = counting()
    session.step_line()
    session.step_line()
    watch = session.watch("*(t0 + 4)", each_step=True)
    assert watch.watched is None
    assert session.resume().text.startswith("watchpoint 1, *(t0 + 4): 0x0 → 0x1, by sw t1, 0(t2)")


def test_a_watchpoint_in_a_virtual_machine_stops_only_at_its_own_memory() -> None:
    session = virtualized()
    session.watch("pword(at(hyper::guest_epc))")
    told = session.resume().text
    assert told.endswith("by sw t1, 0(t0) in hyper at hyper.s:13")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("counter", "counter is a constant: to watch the memory there, write *(counter)"),
        ("pword(0x10000000)", "0x10000000 is not in RAM: no store to it can be watched"),
    ],
)
def test_what_cannot_be_watched_is_told_with_the_reason(text: str, message: str) -> None:
    with pytest.raises(WatchError) as told:
        counting().watch(text)
    assert str(told.value) == message


def test_an_expression_that_cannot_be_read_is_refused_and_nothing_is_set() -> None:
    session = counting()
    with pytest.raises(ExpressionError):
        session.watch("a0 +")
    assert len(session.breakpoints) == 0


def test_a_watchpoint_that_is_off_or_gone_does_not_stop() -> None:
    session = counting()
    memory, register = session.watch("*counter"), session.watch("a0")
    session.enable_breakpoint(memory.number, enabled=False)
    session.remove_breakpoint(register.number)
    session.break_at("main.s:7", one_shot=False)
    for _ in range(5):
        assert session.resume().kind is StopKind.BREAKPOINT
    session.enable_breakpoint(memory.number, enabled=True)
    session.remove_breakpoint(3)
    assert session.resume().kind is StopKind.WATCH


def test_a_watchpoint_set_while_the_machine_runs_takes_effect() -> None:
    session = counting()
    asked = False

    def look(snapshot: Snapshot) -> None:
        nonlocal asked
        if not asked:
            asked = True
            session.post(lambda: session.watch("*counter"))

    session.on_progress = look
    stopped = session.resume()
    assert stopped.kind is StopKind.WATCH
    assert session.machine.hart.x[6] % 4 == 0


def test_going_back_stops_where_the_value_was_changed_last() -> None:
    session = counting()
    session.watch("*counter")
    for _ in range(3):
        session.resume()
    there = session.machine.instant
    session.resume()
    stopped = session.reverse_resume()
    assert stopped.text.startswith("watchpoint 1, *counter: 0x2 → 0x3, by sw a0, 0(t0)")
    assert session.machine.instant == there
    assert session.breakpoints[1].hits == 3
    session.reverse_resume()
    session.reverse_resume()
    assert session.reverse_resume().kind is StopKind.START


def test_going_back_stops_at_changes_of_registers_too() -> None:
    session = counting()
    session.goto(60)
    session.watch("a0")
    stopped = session.reverse_resume()
    assert stopped.text.startswith("watchpoint 1, a0: 0x1 → 0x2, by srli")


def stops(session: Session, most: int) -> list[tuple[int, str, tuple[int, ...]]]:
    found = []
    for _ in range(most):
        stopped = session.resume()
        found.append((session.machine.instant, stopped.text, stopped.numbers))
    return found


@pytest.mark.parametrize(
    ("watches", "traps"),
    [
        (("pword(at(tinyos::current))", "pword(at(hypervisor::world_cost))"), ()),
        (("pword(at(tinyos::current))",), ("wrstatus", "injection")),
    ],
)
def test_a_sample_stops_at_the_same_changes_in_both_directions(
    watches: tuple[str, ...], traps: tuple[str, ...]
) -> None:
    session = Session(load_system(SAMPLES / "04-type1-vt"))
    for text in watches:
        session.watch(text)
    for text in traps:
        set_condition(session, session.break_on_trap(text).number, "instant % 3 != 0")
    forwards = stops(session, 6)
    session.step_instruction()
    backwards = []
    for _ in forwards:
        stopped = session.reverse_resume()
        backwards.append((session.machine.instant, stopped.text, stopped.numbers))
    assert backwards[::-1] == forwards
    assert session.reverse_resume().kind is StopKind.START


# Conditions


def test_a_breakpoint_with_a_condition_stops_only_where_it_holds() -> None:
    session = counting()
    number = session.break_at("loop").number
    set_condition(session, number, "t1 == 5")
    stopped = session.resume()
    assert stopped.text == "breakpoint 1 at loop if t1 == 5: in main at main.s:3"
    assert session.machine.hart.x[6] == 5
    assert session.breakpoints[number].hits == 1


def test_a_condition_holds_for_steps_too() -> None:
    session = counting()
    set_condition(session, session.break_at("main.s:4").number, "t1 == 2")
    session.step_line()
    session.step_line()
    assert session.step_line().kind is StopKind.STEPPED
    assert session.here.where == "main.s:4"


def test_a_trap_breakpoint_with_a_condition() -> None:
    spy = "_start: csrr t0, mstatus\n li a0, 3\n csrr t0, mie\nend: j end\n"
    session = session_of(Part("keeper", KEEPER), Part("user", spy, 0x8001_0000, "user"))
    set_condition(session, session.break_on_trap("any").number, "a0 == 3 && mcause == 2")
    told = session.resume().text
    assert told.startswith("trap: illegal instruction, csrr t0, mie")
    assert told.endswith("(breakpoint 1 if a0 == 3 && mcause == 2)")


def test_a_watchpoint_with_a_condition() -> None:
    session = counting()
    set_condition(session, session.watch("*counter").number, "*counter == 4")
    assert session.resume().text.startswith("watchpoint 1, *counter if *counter == 4: 0x3 → 0x4")


def test_a_condition_without_a_value_stops_and_says_so() -> None:
    session = counting()
    set_condition(session, session.break_at("loop").number, "*word(zero) == 1")
    told = session.resume().text
    assert "the condition has no value" in told


def test_a_condition_counts_backwards_too() -> None:
    session = counting()
    number = session.break_at("loop").number
    session.goto(60)
    set_condition(session, number, "t1 == 5")
    assert session.reverse_resume().text.startswith("breakpoint 1 at loop if t1 == 5")
    assert session.machine.hart.x[6] == 5
    assert session.reverse_resume().kind is StopKind.START


def test_a_trap_condition_counts_backwards_too() -> None:
    session = virtualized()
    set_condition(session, session.break_on_trap("any").number, "mcause == 2")
    session.resume()
    first = session.machine.instant
    session.goto(first + 200)
    assert session.reverse_resume().kind is StopKind.TRAP
    while session.machine.instant > first:
        stopped = session.reverse_resume()
        assert session.machine.hart.csr_value("mcause") == 2
        assert stopped.kind is StopKind.TRAP
    assert session.machine.instant == first


# Ignore counts and one-shots


def test_hits_that_shall_be_ignored_are_counted_and_do_not_stop() -> None:
    session = counting()
    number = session.break_at("loop").number
    session.ignore_hits(number, 3)
    assert session.breakpoints[number].ignored == 3
    session.resume()
    assert session.machine.hart.x[6] == 3
    assert session.breakpoints[number].hits == 4
    assert session.breakpoints[number].ignored == 0
    session.resume()
    assert session.machine.hart.x[6] == 4


def test_a_restart_leaves_what_is_left_to_be_ignored() -> None:
    session = counting()
    number = session.break_at("loop").number
    session.resume()
    session.ignore_hits(number, 2)
    session.restart()
    assert session.breakpoints[number].ignored == 2
    session.resume()
    assert session.machine.hart.x[6] == 2


def test_only_hits_where_the_condition_holds_use_up_the_ignore_count() -> None:
    session = counting()
    number = session.break_at("loop").number
    set_condition(session, number, "t1 % 2 == 0")
    session.ignore_hits(number, 2)
    session.resume()
    assert session.machine.hart.x[6] == 4


def test_a_one_shot_with_a_condition_waits_for_it() -> None:
    session = counting()
    set_condition(session, session.break_at("loop", one_shot=True).number, "t1 == 3")
    session.resume()
    assert session.machine.hart.x[6] == 3
    assert len(session.breakpoints) == 0


def test_a_one_shot_watchpoint_is_gone_after_it_stopped() -> None:
    session = counting()
    session.watch("*counter", one_shot=True)
    assert session.resume().kind is StopKind.WATCH
    assert len(session.breakpoints) == 0
    session.break_at("loop")
    assert session.resume().kind is StopKind.BREAKPOINT


def test_a_limit_ends_every_move_forwards() -> None:
    session = counting()
    session.limit = 100
    stopped = session.resume()
    assert stopped.kind is StopKind.LIMIT
    assert stopped.text.startswith("at the limit of 100 steps in main at main.s:")
    assert session.machine.instant == 100
    assert session.step_instruction().kind is StopKind.LIMIT
    session.reverse_step_instruction()
    assert session.step_instruction().kind is StopKind.STEPPED
    assert session.machine.instant == 100
