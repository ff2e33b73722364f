"""Sample 15: a machine made of software alone, what it costs, and programs that break its rules."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from hvtui.comparing.measuring import Measurement, measure
from hvtui.debugger.session import Session
from hvtui.debugger.snapshot import StopKind
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.system import Overrides

SAMPLES = Path(__file__).parents[2] / "samples"
MACHINE = """
[machine]
cpu = "classic"
[[component]]
name   = "tinyos"
role   = "kernel"
source = "{guests}/tinyos.s"
at     = 0x80000000
[[component]]
name   = "program"
role   = "user"
source = "program.s"
at     = 0x80010000
"""
PROGRAM = """
        .include "lib.s"
        program  program
_start:
        la      a0, code
        la      a1, code_end
        call    run_bytecode
        system  SYS_EXIT
        .include "bytecode/opcodes.s"
        .include "bytecode/machine.s"
        .include "print.s"
        .section .rodata
code:
{code}
code_end:
        .asciz  "behind the program"
"""
ENDED = "tinyos: all programs have ended, good night\n"


def sample() -> Measurement:
    return measure("15", load_system(SAMPLES / "15-bytecode"), threading.Event())


def run(code: str, folder: Path) -> list[str]:
    """Run a bytecode program; return what it and the kernel print after the kernel's first line."""
    (folder / "machine.toml").write_text(MACHINE.format(guests=SAMPLES / "guests"))
    (folder / "program.s").write_text(PROGRAM.format(code=code))
    include = (SAMPLES / "users", SAMPLES / "guests")
    system = load_system(folder, Overrides(include=include))
    told = measure("program", system, threading.Event()).console
    assert told.endswith(ENDED)
    return told.removesuffix(ENDED).splitlines()[1:]


def test_both_programs_count_the_same_primes_and_only_one_is_slow() -> None:
    run = sample()
    assert "primes: there are 95 primes" in run.console
    assert "bytecode: there are 95 primes" in run.console
    native, interpreted = run.components["primes"], run.components["bytecode"]
    assert (native.instructions, interpreted.instructions) == (17_231, 898_355)
    assert run.exits == 0
    assert run.overhead == 0
    lesson = (SAMPLES / "15-bytecode" / "LESSON.md").read_text(encoding="utf-8")
    for share in (native, interpreted):
        assert f"{share.instructions:,}" in lesson
    assert round(interpreted.instructions / native.instructions) == 52
    opcodes = (SAMPLES / "users" / "bytecode" / "opcodes.s").read_text(encoding="utf-8")
    assert f"it has {opcodes.count('.equ    OP_') - 1} instructions" in lesson  # and OP_COUNT


def test_an_instruction_of_bytecode_takes_as_many_of_the_cpu_as_the_lesson_says() -> None:
    session = Session(load_system(SAMPLES / "15-bytecode"))
    (heart,) = session.break_at("bytecode::next").locations
    session.ignore_hits(1, 1_000_000)
    assert heart.component is not None
    assert session.resume().kind is StopKind.ENDED
    count = next(iter(session.breakpoints)).hits
    assert (count, round(898_355 / count)) == (39_207, 23)


def test_the_call_stack_does_not_grow_with_the_calls_of_the_bytecode() -> None:
    """For the CPU the machine is one function that runs all the time."""
    session = Session(load_system(SAMPLES / "15-bytecode"))
    (handler,) = session.break_at("bytecode::op_call").locations
    assert handler.component is not None
    for hits in (0, 20):
        session.ignore_hits(1, hits)
        session.resume()
        stack = session.snapshot().stack
        assert [entry.function for entry in stack] == ["run_bytecode", "_start"]


@pytest.mark.parametrize(
    ("code", "printed"),
    [
        ("b_push 7\n b_push 5\n b_sub\n b_number", "2"),
        ("b_push 6\n b_push 7\n b_mul\n b_number", "42"),
        ("b_push 17\n b_push 5\n b_div\n b_number", "3"),
        ("b_push 17\n b_push 5\n b_rem\n b_number", "2"),
        ("b_push -1\n b_push 1\n b_less\n b_number", "0"),
        ("b_push 4\n b_push 4\n b_equal\n b_number", "1"),
        ("b_push 300\n b_number", "300"),
        ("b_push -32768\n b_push 1\n b_add\n b_push -32767\n b_equal\n b_number", "1"),
        ("b_push 1\n b_push 2\n b_drop\n b_number", "1"),
        ("b_push 3\n b_dup\n b_add\n b_number", "6"),
        ("b_push 0\n b_if no\n b_push 1\n b_unless no\n b_push 9\n b_number\nno:", "9"),
        ('b_text text\n b_jump over\ntext: .asciz "hi"\nover:', "hi"),
        (
            "b_push 10\n b_call sum, 1\n b_number\n b_jump over\n"
            "sum: b_enter 1\n b_load 0\n b_if more\n b_push 0\n b_return\n"
            "more: b_load 0\n b_load 0\n b_push 1\n b_sub\n b_call sum, 1\n b_add\n b_return\n"
            "over:",
            "55",
        ),
    ],
)
def test_what_each_instruction_does(code: str, printed: str, tmp_path: Path) -> None:
    assert run(f"        {code}\n        b_halt", tmp_path) == [printed]


@pytest.mark.parametrize(
    ("code", "told"),
    [
        (".byte 21", "no such instruction, before byte 1"),
        (".byte 255", "no such instruction, before byte 1"),
        ("b_push 1", "left the program, before byte 3"),
        (".byte OP_PUSH, 1", "left the program, before byte 2"),
        (".byte OP_JUMP, 0xff, 0x7f", "left the program, before byte 3"),
        ("b_jump _start", "left the program, before byte 3"),
        ("b_jump code_end", "left the program, before byte 3"),
        ('b_text text\ntext: .ascii "no end"', "left the program, before byte 3"),
        ("b_add", "the stack is empty, before byte 1"),
        ("b_push 1\n b_add", "the stack is empty, before byte 4"),
        ("again: b_push 1\n b_jump again", "the stack is full, before byte 3"),
        ("b_load 0", "no such local, before byte 2"),
        ("b_enter 1\n b_push 1\n b_store 1", "no such local, before byte 7"),
        (
            "b_enter 255\n b_enter 255\n again: b_dup\n b_jump again",
            "the stack is empty, before byte 5",
        ),
        ("again: b_call again, 0", "too many calls, before byte 4"),
        ("b_call code, 1", "the stack is empty, before byte 4"),
        ("b_push 1\n b_return", "nobody to return to, before byte 4"),
        ("b_push 1\n b_push 0\n b_div", "division by zero, before byte 7"),
        ("b_push 1\n b_push 0\n b_rem", "division by zero, before byte 7"),
        (
            "b_push 1\n b_push 1\n b_call f, 2\n f: b_enter 1",
            "more arguments than locals, before byte 12",
        ),
    ],
)
def test_a_program_that_breaks_a_rule_ends_with_a_message(code: str, told: str, tmp_path: Path) -> None:
    lines = run(f"        {code}\n", tmp_path)
    assert lines[0] == f"bytecode: {told}"
    assert "ended with code 1" in lines[1] or "program" in lines[1]
