"""Stepping, running and stopping, as a person at the debugger would describe it."""

from __future__ import annotations

import threading

import pytest

from hvtui.debugger.session import MoveError
from hvtui.debugger.snapshot import Snapshot, StopKind
from tests.support.debugged import (
    KEEPER,
    Part,
    bounded,
    line_of,
    lines,
    session_of,
    virtualized,
)

PROGRAM = """\
        .macro  twice register
        addi    \\register, \\register, 1
        addi    \\register, \\register, 1
        .endm
_start: li      a0, 0x12345678
        call    f
        twice   a1
end:    j       end
f:      addi    a2, a2, 1
        ret
"""

FINISH = """\
        li      t0, 0x100000
        li      t1, 0x5555
        sw      t1, 0(t0)
"""


def test_the_machine_is_ready_at_its_first_instruction() -> None:
    session = session_of(Part("main", PROGRAM))
    assert session.stop.kind is StopKind.START
    assert session.stop.text == "ready in main at main.s:5"
    assert session.snapshot().instant == 0


def test_an_instruction_step_is_one_instruction() -> None:
    session = session_of(Part("main", PROGRAM))
    session.step_instruction()
    assert session.machine.hart.pc == 0x8000_0004
    assert session.here.where == "main.s:5"


def test_a_line_step_runs_all_instructions_of_the_line() -> None:
    session = session_of(Part("main", PROGRAM))
    assert session.step_line().text == "stepped in main at main.s:6"
    assert session.machine.hart.x[10] == 0x12345678


def test_a_line_step_goes_into_a_function_and_the_line_behind_it_comes_after_its_return() -> None:
    session = session_of(Part("main", PROGRAM))
    session.step_line()
    assert session.step_line().text == "stepped in main at main.s:9"
    session.step_line()
    assert session.step_line().text == "stepped in main at main.s:7"


def test_stepping_over_a_call_stays_in_the_function() -> None:
    session = session_of(Part("main", PROGRAM))
    session.step_over()
    assert session.step_over().text == "stepped in main at main.s:7"
    assert session.machine.hart.x[12] == 1


def test_a_macro_is_one_line_where_it_is_used_but_an_instruction_step_goes_inside() -> None:
    session = session_of(Part("main", PROGRAM))
    session.step_over()
    session.step_over()
    assert session.step_instruction().text == "stepped in main at main.s:7"
    position = session.here
    assert position.inner is not None
    assert position.inner.line == 3
    assert session.step_line().text == "stepped in main at main.s:8"


def test_a_line_that_jumps_to_itself_is_left_after_one_round() -> None:
    session = session_of(Part("main", "_start: li t0, 3\nloop: addi t0, t0, -1; bnez t0, loop\n nop\n"))
    session.step_line()
    session.step_line()
    assert session.machine.hart.x[5] == 2
    assert session.here.where == "main.s:2"


def test_finish_runs_to_the_caller() -> None:
    session = session_of(Part("main", PROGRAM))
    session.break_at("f")
    session.resume()
    assert session.finish().text == "finished f in main at main.s:7"


def test_finish_in_a_handler_runs_to_the_interrupted_program() -> None:
    session = session_of(
        Part("keeper", KEEPER), Part("user", "_start: ecall\n nop\nend: j end\n", 0x8001_0000, "user")
    )
    session.break_on_trap("ecall-u")
    session.resume()
    assert session.finish().text == (
        "return: mret in keeper at keeper.s:19 to user at user.s:2, ring 0 → ring 3"
    )


def test_finish_in_the_outermost_function_of_a_program_is_refused() -> None:
    session = session_of(
        Part("keeper", KEEPER), Part("user", "_start: j _start\n", 0x8001_0000, "user")
    )
    session.break_at("user::_start")
    session.resume()
    with pytest.raises(MoveError, match="outermost function"):
        session.finish()


def test_a_step_into_a_system_call_lands_in_the_handler_and_says_so() -> None:
    session = session_of(
        Part("keeper", KEEPER), Part("user", "_start: ecall\n nop\nend: j end\n", 0x8001_0000, "user")
    )
    session.break_at("user::_start")
    session.resume()
    told = session.step_line().text
    assert told == "trap: environment call from U in user at user.s:1, ring 3 → ring 0"
    assert session.here.label == "handler"


@pytest.mark.parametrize("move", ["step_over", "step_over_instruction"])
def test_a_step_over_a_system_call_goes_to_its_return(move: str) -> None:
    session = session_of(
        Part("keeper", KEEPER), Part("user", "_start: ecall\n nop\nend: j end\n", 0x8001_0000, "user")
    )
    session.break_at("user::_start")
    session.resume()
    assert getattr(session, move)().text == "stepped in user at user.s:2"
    assert session.machine.hart.x[27] == 1


def test_a_step_over_a_trapped_kernel_instruction_of_a_guest_skips_the_hypervisor() -> None:
    session = virtualized()
    session.break_at("guest::boot")
    session.resume()
    assert session.step_over().text == "stepped in guest at guest.s:7"


def test_a_line_step_over_mret_follows_it_to_where_it_goes() -> None:
    session = session_of(
        Part("keeper", KEEPER), Part("user", "_start: j _start\n", 0x8001_0000, "user")
    )
    session.break_at(line_of(session, "keeper", "mret"))
    session.resume()
    told = session.step_over().text
    assert told.startswith("switch: mret in keeper at keeper.s:10 to user at user.s:1")
    assert told.endswith("ring 0 → ring 3")


def test_a_breakpoint_inside_what_is_stepped_over_stops_there() -> None:
    session = session_of(Part("main", PROGRAM))
    session.break_at("f")
    session.step_over()
    stopped = session.step_over()
    assert stopped.kind is StopKind.BREAKPOINT
    assert stopped.text == "breakpoint 1 at f: in main at main.s:9"


def test_continue_ends_with_the_guest_and_its_exit_status() -> None:
    session = session_of(Part("main", "_start:\n" + FINISH))
    stopped = session.resume()
    assert stopped.kind is StopKind.ENDED
    assert stopped.text == "ended: the guest turned the machine off, exit status 0"
    with pytest.raises(MoveError, match="restart"):
        session.step_line()


def test_a_guest_that_can_never_go_on_is_told_to_be_stuck() -> None:
    session = session_of(Part("main", "_start: csrw mie, zero\n wfi\n"))
    stopped = session.resume()
    assert stopped.kind is StopKind.STUCK
    assert stopped.text.startswith("stuck in main at main.s:2: nothing can ever happen again")
    assert session.snapshot().has_ended


def test_restart_begins_anew_and_keeps_the_breakpoints() -> None:
    session = session_of(Part("main", PROGRAM))
    session.break_at("f")
    session.resume()
    session.restart()
    assert session.snapshot().instant == 0
    assert session.machine.hart.x[10] == 0
    (view,) = session.snapshot().breakpoints
    assert view.hits == 0
    assert session.resume().kind is StopKind.BREAKPOINT


def test_another_thread_pauses_a_running_machine() -> None:
    session = session_of(Part("main", "_start: addi t0, t0, 1\n j _start\n"))
    seen: list[Snapshot] = []
    session.on_progress = seen.append
    runner = threading.Thread(target=session.resume)
    runner.start()
    while not seen:
        runner.join(0.01)
    assert seen[0].running
    session.pause()
    runner.join(10)
    assert not runner.is_alive()
    assert session.stop.kind is StopKind.PAUSED


def test_a_breakpoint_set_while_the_machine_runs_stops_it() -> None:
    session = session_of(Part("main", "_start: addi t0, t0, 1\nhere: j _start\n"))
    runner = threading.Thread(target=session.resume)
    seen: list[Snapshot] = []
    session.on_progress = seen.append
    runner.start()
    while not seen:
        runner.join(0.01)
    session.post(lambda: session.break_at("here"))
    runner.join(10)
    assert session.stop.text == "breakpoint 1 at here: in main at main.s:2"


def test_a_pause_that_overtakes_a_continue_still_pauses_it() -> None:
    session = session_of(Part("main", "_start: addi t0, t0, 1\n j _start\n"))
    session.pause()
    assert session.resume().kind is StopKind.PAUSED


def test_a_pause_that_comes_too_late_does_not_swallow_a_step() -> None:
    session = session_of(Part("main", PROGRAM))
    session.pause()
    session.step_instruction()
    session.step_instruction()
    assert session.snapshot().instant == 2


def test_run_to_goes_to_a_place_once() -> None:
    session = session_of(Part("main", PROGRAM))
    place = session.break_at("end")
    session.remove_breakpoint(place.number)
    session.run_to(place.locations)
    assert session.here.where == "main.s:8"
    assert len(session.breakpoints) == 0


UART_ECHO = (
    """\
_start: li      s0, 0x10000000
wait:   lbu     t0, 5(s0)
        andi    t0, t0, 1
        beqz    t0, wait
        lbu     a0, 0(s0)
        sb      a0, 0(s0)
        li      t0, 10
        bne     a0, t0, wait
"""
    + FINISH
)


def test_input_reaches_the_guest_and_its_output_the_console() -> None:
    session = session_of(Part("main", UART_ECHO))
    session.send("grüße\n".encode())
    session.resume()
    assert session.snapshot().console == ("grüße", "")


def test_a_guest_that_sleeps_until_input_waits_and_goes_on_when_it_comes() -> None:
    session = session_of(
        Part(
            "main",
            """\
_start: li      s0, 0x10000000
        li      t0, 1
        sb      t0, 1(s0)
        li      t0, 0x0c000028
        li      t1, 1
        sw      t1, 0(t0)
        li      t0, 0x0c002000
        li      t1, 1 << 10
        sw      t1, 0(t0)
        li      t0, 1 << 11
        csrw    mie, t0
        wfi
        lbu     a0, 0(s0)
"""
            + FINISH,
        )
    )
    stopped = session.resume()
    assert stopped.kind is StopKind.WAITING
    assert stopped.text == "waiting for console input in main at main.s:12"
    session.send(b"x")
    assert session.resume().kind is StopKind.ENDED
    assert session.machine.hart.x[10] == ord("x")


def test_registers_that_a_move_changed_are_marked() -> None:
    session = session_of(Part("main", PROGRAM))
    session.step_line()
    assert session.snapshot().changed == {10}
    session.step_line()
    assert session.snapshot().changed == {1}


def test_the_stack_is_the_same_whether_one_steps_or_runs() -> None:
    stepped, run = virtualized(), virtualized()
    bounded(run).break_at("guest::serve")
    run.resume()
    while stepped.snapshot().instant < run.snapshot().instant:
        stepped.step_instruction()
    assert lines(stepped) == lines(run)
