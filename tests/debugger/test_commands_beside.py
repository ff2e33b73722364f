"""Commands of a screen: beside a machine that runs, at stops of keys, with bounds, and in the past."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hvtui.debugger.commands.displays import DisplayView
from hvtui.debugger.commands.everything import COMMANDS
from hvtui.debugger.commands.interpreter import Interpreter, WouldCutError
from hvtui.debugger.commands.table import CommandError
from hvtui.debugger.session import Session
from hvtui.debugger.snapshot import Snapshot, StopKind
from tests.support.debugged import Part, session_of

SPIN = "_start: addi t0, t0, 1\n j _start\n"
COUNTING = """\
_start: la      t0, counter
loop:   addi    t1, t1, 1
        sw      t1, 0(t0)
        j       loop
        .data
counter: .word  0
"""


class Screen:
    """An interpreter, and what it wrote."""

    def __init__(self, source: str = COUNTING, most_lines: int | None = None) -> None:
        self.session: Session = session_of(Part("main", source))
        self.told: list[str] = []
        self.interpreter = Interpreter(self.session, self.told.append, most_lines=most_lines)

    def type(self, *lines: str) -> list[str]:
        self.told.clear()
        for line in lines:
            self.interpreter.execute(line)
        return list(self.told)

    def while_running(self, do: Callable[[], object], line: str = "continue") -> list[str]:
        """Run with a command; after a while `do` is done in between, and the machine pauses."""
        self.told.clear()
        done: list[int] = []

        def look(snapshot: Snapshot) -> None:
            if not done:
                done.append(snapshot.instant)
                self.session.post(do)
                self.session.pause()

        self.session.on_progress = look
        self.interpreter.execute(line)
        assert done
        return list(self.told)


def test_commands_know_whether_they_move_the_machine() -> None:
    moving = {known.name for known in COMMANDS.values() if known.moves}
    assert {"step", "continue", "run", "goto", "reverse-step", "until", "restart"} <= moving
    assert not moving & {"break", "print", "set", "x", "info", "trapbit", "input", "quit", "help"}


@pytest.mark.parametrize(
    ("line", "moves"),
    [("c", True), ("  rs 3", True), ("p a0", False), ("", False), ("# c", False), ("nonsense", False)],
)
def test_a_line_moves_the_machine_or_not(line: str, moves: bool) -> None:
    assert Screen().interpreter.moves(line) is moves


def test_no_line_of_a_block_moves_the_machine() -> None:
    screen = Screen()
    screen.type("break loop", "commands 1")
    assert not screen.interpreter.moves("continue")
    screen.interpreter.drop_block()
    assert screen.interpreter.moves("continue")
    assert not screen.session.breakpoints[1].commands


def test_a_breakpoint_set_while_the_machine_runs_is_there_at_once() -> None:
    screen = Screen(SPIN)
    told = screen.while_running(lambda: screen.interpreter.execute("break _start"))
    assert told[0].startswith("Breakpoint 1 at _start")
    assert [known.text for known in screen.session.breakpoints] == ["_start"]
    assert screen.session.stop.kind in (StopKind.PAUSED, StopKind.BREAKPOINT)


def test_values_are_told_while_the_machine_runs() -> None:
    screen = Screen(SPIN)
    assert screen.while_running(lambda: screen.interpreter.execute("p t0"))[0].startswith("t0 = ")


def test_a_move_is_refused_while_the_machine_runs() -> None:
    screen = Screen(SPIN)
    refused: list[str] = []

    def step() -> None:
        with pytest.raises(CommandError) as error:
            screen.interpreter.execute("step")
        refused.append(str(error.value))

    screen.while_running(step)
    assert refused == ["the machine runs: pause it first"]


def test_commands_of_a_breakpoint_are_done_when_a_key_led_to_it() -> None:
    screen = Screen()
    screen.type("break loop", "commands 1", "print t1", "end")
    screen.told.clear()
    screen.interpreter.after_stop(screen.session.resume())
    assert screen.told[0].startswith("breakpoint 1 at loop")
    assert screen.told[-1] == "t1 = 0x0 (0)"


def test_silent_commands_after_a_key_tell_nothing_of_the_stop() -> None:
    screen = Screen()
    screen.type("break loop", "commands 1 silent; print t1")
    screen.told.clear()
    screen.interpreter.after_stop(screen.session.resume())
    assert screen.told == ["t1 = 0x0 (0)"]


def test_a_stop_without_commands_tells_nothing() -> None:
    screen = Screen()
    screen.type("break loop")
    screen.told.clear()
    screen.interpreter.after_stop(screen.session.resume())
    assert not screen.told


def test_commands_that_go_on_for_ever_are_shown_and_can_be_paused() -> None:
    screen = Screen()
    screen.type("break loop", "commands 1 silent; print t1; continue")
    shown: list[Snapshot] = []

    def look(snapshot: Snapshot) -> None:
        shown.append(snapshot)
        if len(shown) == 2:
            screen.session.pause()

    screen.session.on_progress = look
    screen.interpreter.after_stop(screen.session.resume())
    assert len(shown) == 2
    assert all(snapshot.running for snapshot in shown)
    assert len(screen.told) > 2
    instant = screen.session.machine.instant
    screen.session.on_progress = None
    assert screen.session.step_instruction().kind is StopKind.STEPPED
    assert screen.session.machine.instant == instant + 1


def test_a_long_row_of_steps_can_be_paused() -> None:
    screen = Screen(SPIN)
    screen.session.on_progress = lambda _: screen.session.pause()
    screen.type("stepi 1000000")
    assert screen.session.machine.instant < 1_000_000
    screen.session.on_progress = None
    before = screen.session.machine.instant
    screen.type("stepi 3")
    assert screen.session.machine.instant == before + 3


def test_output_has_a_bound_and_says_how_much_is_left_out() -> None:
    screen = Screen(most_lines=5)
    assert len(screen.type("info registers t0 t1 t2 a0 a1")) == 5
    told = screen.type("info registers")
    assert len(told) == 6
    assert told[-1] == "… 28 more lines"
    told = screen.type("x/400xw 0x80000000")
    assert told[-1] == "… more than 50 more lines: ask for less"
    assert len(told) == 6
    assert len(screen.type("info registers t0 t1 t2 a0 a1")) == 5


def test_a_change_in_the_past_names_what_it_would_cut_and_how_to_go_on() -> None:
    screen = Screen()
    screen.type("stepi 9", "goto 3")
    with pytest.raises(WouldCutError) as asked:
        screen.type("set a0 = 5")
    assert asked.value.cut.frontier == 9
    assert asked.value.lines == ("set -cut a0 = 5",)
    screen.interpreter.execute_all(asked.value.lines)
    assert screen.session.machine.hart.x[10] == 5
    assert screen.session.frontier == 3


@pytest.mark.parametrize("line", ["input -n hello", "trapbit wrstatus on", "set var *counter=1"])
def test_every_change_can_be_made_with_the_cut_agreed_to(line: str) -> None:
    session = session_of(Part("main", COUNTING), cpu="vt")
    interpreter = Interpreter(session, lambda _: None)
    interpreter.execute("stepi 9")
    interpreter.execute("goto 3")
    with pytest.raises(WouldCutError) as asked:
        interpreter.execute(line)
    interpreter.execute_all(asked.value.lines)
    assert session.frontier == 3


def test_what_follows_a_change_of_a_breakpoint_is_not_lost_in_the_question() -> None:
    screen = Screen()
    screen.type("stepi 30", "goto 2", "break loop", "commands 1 set a0 = 1; print a0; stepi")
    with pytest.raises(WouldCutError) as asked:
        screen.type("continue")
    assert asked.value.lines == ("set -cut a0 = 1", "print a0", "stepi")
    screen.told.clear()
    screen.interpreter.execute_all(asked.value.lines)
    assert screen.told[0] == "a0 = 0x1 (1)"


def test_displays_say_what_they_were_at_the_stop_before() -> None:
    screen = Screen()
    displays = screen.interpreter.context.displays
    screen.type("until loop", "display t1", "display/x *counter", "display *word(0)")
    first = displays.look(screen.session)
    assert first[:2] == (DisplayView(1, "t1", "0x0 (0)"), DisplayView(2, "*counter", "0x00000000"))
    assert "cannot be read" in first[2].problem
    assert not any(view.changed for view in first)
    screen.interpreter.after_stop(screen.session.step_instruction())
    assert displays.look(screen.session)[0] == DisplayView(
        1, "t1", "0x1 (1)", changed=True, before="0x0 (0)"
    )
    assert displays.look(screen.session)[0].changed, "to look again changes nothing"
    screen.interpreter.after_stop(screen.session.step_instruction())
    assert [view.changed for view in displays.look(screen.session)] == [False, True, False]
    screen.type("undisplay 2")
    assert [view.number for view in displays.look(screen.session)] == [1, 3]
    screen.type("display a0")
    assert displays.look(screen.session)[-1].number == 4
    assert not displays.look(screen.session)[-1].changed


def test_a_value_set_by_hand_is_marked_as_changed() -> None:
    screen = Screen()
    screen.type("display t1", "stepi", "set t1 = 7")
    views = screen.interpreter.context.displays.look(screen.session)
    assert views[0] == DisplayView(1, "t1", "0x7 (7)", changed=True, before="0x0 (0)")
