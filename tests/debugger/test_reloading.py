"""An edited program is taken up where the old one stood: same place, same breakpoints, same input."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from hvtui.debugger.breakpoints import LostBreakpoint, PlaceBreakpoint
from hvtui.debugger.commands.interpreter import Interpreter
from hvtui.debugger.commands.table import CommandError
from hvtui.debugger.edits import RegisterEdit
from hvtui.debugger.expressions.compiling import compile_expression
from hvtui.debugger.session import Session
from hvtui.debugger.snapshot import StopKind
from hvtui.machine.engines import Engine
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.system import Overrides, System
from tests.support.debugged import (
    GUEST_KERNEL,
    GUEST_PROGRAM,
    HYPERVISOR,
    Part,
    bounded,
    system_of,
)
from tests.support.timetravel import fresh_scenes, recorded, scene_of

LOOP = """\
_start: li      a0, 0
loop:   addi    a0, a0, 1
        call    work
        li      t0, 10
        bne     a0, t0, loop
end:    j       end
work:   addi    a1, a1, 2
        ret
        .data
counter:
        .word   0
"""


def session_of(source: str) -> Session:
    return bounded(Session(system_of(Part("prog", source))))


def edited(session: Session, *edits: tuple[str, str], source: str = LOOP) -> str:
    """Reload with edits; return why the machine stands still."""
    for old, new in edits:
        assert old in source
        source = source.replace(old, new, 1)
    return session.reload(system_of(Part("prog", source))).text


def register(session: Session, number: int) -> int:
    return session.machine.hart.x[number]


A0, A1 = 10, 11
MORE = ("_start: ", "_start: nop\n nop\n")


def test_the_machine_comes_back_to_the_same_round_of_a_loop() -> None:
    session = session_of(LOOP)
    session.break_at("work")
    for _ in range(4):
        session.resume()
    assert register(session, A0) == 4
    text = edited(session, MORE, ("a1, a1, 2", "a1, a1, 5"))
    assert text == "reloaded: back in prog at prog.s:9, come by 4 times"
    assert session.here.symbol == "work"
    assert (register(session, A0), register(session, A1)) == (4, 15)
    assert session.stop.kind is StopKind.STEPPED


def test_it_goes_on_from_there_as_ever() -> None:
    session = session_of(LOOP)
    session.break_at("work")
    session.resume()
    session.resume()
    edited(session, MORE)
    assert session.resume().kind is StopKind.BREAKPOINT
    assert register(session, A0) == 3
    session.reverse_resume()
    assert register(session, A0) == 2
    session.goto(0)
    assert session.resume().kind is StopKind.BREAKPOINT
    assert session.breakpoints[1].hits == 1


def test_a_stop_in_the_middle_of_a_function_is_found_by_its_line() -> None:
    session = session_of(LOOP)
    session.break_at("prog.s:4")
    session.resume()
    session.resume()
    edited(
        session, MORE, ("        call    work\n", "        nop\n        call    work\n        nop\n")
    )
    assert session.here.where == "prog.s:8"
    assert register(session, A0) == 2


def test_breakpoints_stay_at_their_lines_and_keep_what_was_said_about_them() -> None:
    session = session_of(LOOP)
    line = session.break_at("prog.s:7")
    label = session.break_at("loop", one_shot=True)
    session.set_condition(line.number, compile_expression("a0 > 5", session.scope))
    session.ignore_hits(line.number, 2)
    line.commands = ("print a0", "continue")
    session.enable_breakpoint(label.number, enabled=False)
    edited(session, MORE)
    moved, other = session.breakpoints
    assert isinstance(moved, PlaceBreakpoint)
    assert (moved.number, moved.text, moved.ignored) == (1, "prog.s:9", 2)
    assert moved.condition is not None
    assert (moved.condition.text, moved.commands) == ("a0 > 5", ("print a0", "continue"))
    assert (other.number, other.text, other.enabled, other.one_shot) == (2, "loop", False, True)
    assert session.resume().text.startswith("breakpoint 1")
    assert register(session, A0) == 8


def test_a_breakpoint_that_fits_nowhere_is_kept_as_lost_and_comes_back_with_its_line() -> None:
    session = session_of(LOOP)
    session.break_at("work")
    gone = LOOP.replace("        call    work\n", "").replace(
        "work:   addi    a1, a1, 2\n        ret\n", ""
    )
    session.reload(system_of(Part("prog", gone)))
    (lost,) = session.breakpoints
    assert isinstance(lost, LostBreakpoint)
    assert 'prog.s:7 "addi a1, a1, 2" is not in prog any more' in lost.why
    (view,) = session.snapshot().breakpoints
    assert view.lost == lost.why
    assert session.resume().kind is not StopKind.BREAKPOINT
    session.reload(system_of(Part("prog", LOOP)))
    (back,) = session.breakpoints
    assert isinstance(back, PlaceBreakpoint)
    assert back.text == "work"


def test_a_watchpoint_follows_its_data() -> None:
    source = LOOP.replace("work:   addi", "work:   la t1, counter\n        sw a0, 0(t1)\n        addi")
    session = session_of(source)
    session.watch("*counter")
    edited(session, (".data\n", ".data\n .word 7, 8\n"), source=source)
    assert session.resume().kind is StopKind.WATCH
    assert "0x0 → 0x1" in session.stop.text


def test_a_watched_expression_whose_symbol_has_gone_is_lost() -> None:
    session = session_of(LOOP)
    session.watch("*counter")
    edited(session, ("counter:", "tally:"))
    (lost,) = session.breakpoints
    assert isinstance(lost, LostBreakpoint)
    assert lost.why == '*counter: no register, CSR or symbol is named "counter"'


def test_a_condition_that_cannot_be_read_any_more_makes_the_breakpoint_lost() -> None:
    """Without it, it would stop where nobody wants it to."""
    session = session_of(LOOP)
    known = session.break_at("loop")
    session.set_condition(known.number, compile_expression("a0 > counter", session.scope))
    edited(session, ("counter:", "tally:"))
    (view,) = session.snapshot().breakpoints
    assert view.lost
    assert view.condition == "a0 > counter"


def test_trap_breakpoints_stay() -> None:
    session = session_of(LOOP)
    session.break_on_trap("illegal in prog")
    edited(session, ("call    work", "unimp"))
    assert session.resume().kind is StopKind.TRAP


def test_a_trap_breakpoint_in_a_component_that_has_gone_is_lost() -> None:
    session = session_of(LOOP)
    session.break_on_trap("any in prog")
    session.reload(system_of(Part("other", LOOP)))
    (lost,) = session.breakpoints
    assert isinstance(lost, LostBreakpoint)
    assert 'no component is named "prog"' in lost.why


def test_a_place_that_is_come_by_less_often_now_leaves_the_instant() -> None:
    session = session_of(LOOP)
    session.break_at("work")
    for _ in range(6):
        session.resume()
    instant = session.machine.instant
    text = edited(session, ("li      t0, 10", "li      t0, 3"))
    # The run stands in its endless loop then, which the machine knows for one.
    assert "come by 3 of 6 times" in text
    assert session.machine.instant <= instant + 1_000_000


def test_a_place_that_has_gone_leaves_the_instant() -> None:
    session = session_of("_start: nop\nhere: ecall\nend: j end\n")
    session.step_line()
    session.reload(system_of(Part("prog", "_start: nop\nthere: nop\nend: j end\n")))
    assert session.stop.text == (
        "reloaded: at the same instant, 1, in prog at prog.s:2:"
        ' prog.s:2 "ecall" is not in prog any more: it was at here'
    )


def test_a_run_that_had_ended_ends_again() -> None:
    source = "_start: li t0, 0x100000\n li t1, 0x5555\n sw t1, 0(t0)\n"
    session = session_of(source)
    assert session.resume().kind is StopKind.ENDED
    text = edited(session, ("_start:", "_start: nop\n"), source=source)
    assert session.stop.kind is StopKind.ENDED
    assert text.startswith("reloaded: ")


ECHO = """\
_start: li      t0, 0x10000000
wait:   lbu     t1, 5(t0)
        andi    t1, t1, 1
        beqz    t1, wait
        lbu     a0, 0(t0)
got:    addi    a1, a1, 1
        j       wait
"""


def test_what_was_typed_is_typed_again() -> None:
    session = session_of(ECHO)
    session.goto(20)
    session.send(b"x")
    session.break_at("got")
    session.resume()
    instant = session.machine.instant
    session.goto(instant + 30)
    session.send(b"y")
    session.resume()
    assert (register(session, A0), register(session, A1)) == (ord("y"), 1)
    text = edited(session, ("_start:", "_start: nop\n"), source=ECHO)
    assert text == "reloaded: back in prog at prog.s:7, come by 2 times"
    assert (register(session, A0), register(session, A1)) == (ord("y"), 1)
    session.goto(21)
    assert session.resume().kind is StopKind.BREAKPOINT
    assert register(session, A0) == ord("x")


def test_other_edits_are_left_out_and_said_to_be() -> None:
    session = session_of(LOOP)
    session.step_line()
    session.change(RegisterEdit(A1, 100))
    session.break_at("work")
    session.resume()
    text = edited(session, MORE)
    assert text.endswith("; not done again: x11 set to 0x64")
    assert register(session, A1) == 0


def test_the_very_same_bytes_keep_even_those() -> None:
    """A comment was edited."""
    session = session_of(LOOP)
    session.step_line()
    session.change(RegisterEdit(A1, 100))
    session.break_at("prog.s:8")
    session.resume()
    instant = session.machine.instant
    edited(session, ("_start: ", "# a comment\n_start: "))
    assert (session.machine.instant, register(session, A1)) == (instant, 102)
    assert session.here.where == "prog.s:9"
    assert [known.text for known in session.breakpoints] == ["prog.s:9"]


def test_from_the_start_it_stays_there() -> None:
    session = session_of(LOOP)
    session.break_at("work")
    session.resume()
    session.reload(system_of(Part("prog", "_start: nop\n" + LOOP[7:])), from_start=True)
    assert session.machine.instant == 0
    assert session.stop.kind is StopKind.START


def test_what_was_undone_by_going_back_is_not_done_again() -> None:
    session = session_of(ECHO)
    session.goto(20)
    session.send(b"x")
    session.goto(60)
    session.goto(10)
    edited(session, ("_start:", "_start: nop\n"), source=ECHO)
    session.goto(200)
    assert register(session, A1) == 0


def test_displays_are_read_anew() -> None:
    session = session_of(LOOP)
    told: list[str] = []
    interpreter = Interpreter(session, told.append)
    interpreter.execute("display counter")
    before = told[-1]
    edited(session, (".data\n", ".data\n .word 7\n"))
    interpreter.execute("info display")
    after = told[-1]
    assert before != after
    edited(session, ("counter:", "tally:"))
    interpreter.execute("info display")
    assert 'named "counter"' in told[-1]
    edited(session)
    interpreter.execute("info display")
    assert told[-1] == before


class TestTheCommand:
    """``reload``, on files."""

    @staticmethod
    def opened(tmp_path: Path) -> tuple[Path, Session, Interpreter, list[str]]:
        path = tmp_path / "prog.s"
        path.write_text(LOOP)
        session = bounded(Session(load_system(path)))
        told: list[str] = []
        return path, session, Interpreter(session, told.append), told

    def test_it_takes_up_the_edited_source(self, tmp_path: Path) -> None:
        path, session, interpreter, told = self.opened(tmp_path)
        interpreter.execute("break work")
        interpreter.execute("continue")
        path.write_text("# new\n" + LOOP.replace("_start:", "_start: nop\n"))
        interpreter.execute("reload")
        assert "reloaded: back in prog at prog.s:9" in told
        assert session.here.symbol == "work"

    def test_an_unchanged_source_changes_nothing(self, tmp_path: Path) -> None:
        path, session, interpreter, told = self.opened(tmp_path)
        interpreter.execute("stepi")
        path.write_text(LOOP)
        interpreter.execute("reload")
        assert told[-1] == "Nothing has changed."
        assert session.machine.instant == 1

    @pytest.mark.parametrize("text", ["_start: adi a0, a0, 1\n", '_start: .include "gone.s"\n'])
    def test_mistakes_are_told_and_the_old_run_stays(self, tmp_path: Path, text: str) -> None:
        path, session, interpreter, _ = self.opened(tmp_path)
        interpreter.execute("stepi")
        path.write_text(text)
        with pytest.raises(CommandError, match=r"prog\.s:1"):
            interpreter.execute("reload")
        assert session.machine.instant == 1
        path.unlink()
        with pytest.raises(CommandError, match="there is no such file"):
            interpreter.execute("reload")
        interpreter.execute("stepi")
        assert session.machine.instant == 2

    def test_what_is_lost_is_told_once(self, tmp_path: Path) -> None:
        path, _, interpreter, told = self.opened(tmp_path)
        interpreter.execute("break work")
        short = "_start: nop\nend: j end\n"
        path.write_text(short)
        interpreter.execute("reload")
        assert any(line.startswith("breakpoint 1, work, is lost:") for line in told)
        told.clear()
        path.write_text("# more\n" + short)
        interpreter.execute("reload")
        assert not any("is lost" in line for line in told)
        interpreter.execute("info breakpoints")
        assert "lost:" in told[-1]


SLOW = """\
_start: li      t0, 400000
loop:   addi    t0, t0, -1
        bnez    t0, loop
done:   nop
end:    j       end
"""


def slowly(source: str) -> System:
    """Return a system that takes long for so many steps: on the reference engine."""
    return replace(system_of(Part("prog", source)), overrides=Overrides(engine=Engine.REFERENCE))


def test_the_run_to_where_it_stood_can_be_paused() -> None:
    session = bounded(Session(slowly(SLOW)))
    session.goto(800_002)
    session.on_progress = lambda snapshot: session.pause()
    text = session.reload(slowly(SLOW.replace("_start:", "_start: nop\n"))).text
    assert session.stop.kind is StopKind.PAUSED
    assert text.startswith("reloaded: paused on the way, at instant ")
    assert session.machine.instant < 800_000
    session.on_progress = None
    session.break_at("done")
    assert session.resume().kind is StopKind.BREAKPOINT


def test_a_place_that_is_come_by_all_the_time_is_not_counted() -> None:
    """The instant will do: to stop there a hundred thousand times takes long."""
    session = session_of(SLOW)
    session.goto(100_001)
    text = edited(session, ("_start:", "_start: nop\n"), source=SLOW)
    assert text.startswith("reloaded: at the same instant, 100,001, in prog at prog.s:")


@pytest.mark.parametrize("seed", range(6))
def test_what_is_there_after_a_reload_is_what_a_fresh_run_has(seed: int) -> None:
    """A hypervisor with a guest, edited, from a random instant; trap log and call stack too."""
    chosen = random.Random(seed)
    parts = [
        Part("hyper", HYPERVISOR, 0x8000_0000, "hypervisor"),
        Part("guest", GUEST_KERNEL, 0x8001_0000, "kernel", "vm1", believes=0),
        Part("program", GUEST_PROGRAM, 0x8002_0000, "user", "vm1", believes=3),
    ]
    session = bounded(Session(system_of(*parts)))
    session.goto(chosen.randrange(5, 120))
    index = chosen.randrange(3)
    lines = parts[index].source.splitlines(keepends=True)
    lines.insert(chosen.randrange(1, len(lines) - 2), "        nop\n")
    parts[index] = replace(parts[index], source="".join(lines))
    after = system_of(*parts)
    session.reload(after)
    instant = session.machine.instant
    ((_, scene),) = fresh_scenes(after, recorded(session), [instant])
    assert scene_of(session) == scene
    session.goto(instant + 40)
    session.goto(instant)
    assert scene_of(session) == scene
