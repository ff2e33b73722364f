"""Verdicts on what is right, on what is wrong, and on what should never have been handed in."""

from dataclasses import replace

import pytest

from hvtui.checks import grading
from hvtui.checks.grading import Plan
from hvtui.machinefile.document import read_document
from hvtui.machinefile.schema import check_expectation
from hvtui.machinefile.system import Overrides

RIGHT = 'console = "hi"\nexit = 0'
HI = "put 'h'\nput 'i'\nfinish 0"
LOOP = "1: addi t0, t0, 1\nj 1b"


def test_a_right_one(desk) -> None:
    verdict = desk.judge(HI, RIGHT)
    assert verdict.ok
    assert [check.name for check in verdict.checks] == ["ends", "exit", "console"]
    assert verdict.exit == {"reason": "finisher", "code": 0}
    assert (verdict.console, verdict.cpu, verdict.lost) == ("hi", "classic", "")


def test_a_wrong_one(desk) -> None:
    assert desk.failures("put 'h'\nput 'o'\nfinish 3", RIGHT) == {
        "exit": "expected code 0, seen code 3",
        "console": 'expected line 1 "hi", seen "ho"',
    }


UGLY = {
    # what the submission does, and what the verdict on it says
    "loops": (LOOP, "still running after 20,000 instructions, pc 0x"),
    "is stuck": ("1: j 1b", "stuck after"),
    "jumps into nowhere": ("li t0, 0x40000000\njr t0", "stuck after"),
    "traps for ever": ("csrw mtvec, zero\n.word 0", "stuck after"),
    "resets for ever": ("li t0, FINISHER\nli t1, 0x7777\nsw t1, 0(t0)", "still running after 20,000"),
    "floods the console": ("1: put 'x'\nj 1b", "still running after 20,000"),
    "waits for input": ("li s0, UART\n1: lbu t0, 5(s0)\nandi t0, t0, 1\nbeqz t0, 1b", "still running"),
    "sleeps for ever": ("csrw mie, zero\nwfi", "stuck after"),
}


@pytest.mark.parametrize("what", UGLY)
def test_a_program_that_does_not_end_has_failed(desk, what: str) -> None:
    body, words = UGLY[what]
    failures = desk.failures(body, RIGHT, machine="max_instructions = 20000")
    assert "the guest ends the run within 20,000 instructions" in failures["ends"]
    assert words in failures["ends"]
    assert "no exit" in failures["exit"]


def test_the_console_of_a_flood_is_cut(desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hvtui.checks.observing.MAX_CONSOLE", 100)
    verdict = desk.judge("1: put 'x'\nj 1b", "console_pattern = 'y'\nmax_instructions = 5000")
    assert len(verdict.console) == 100
    assert "is cut after" in verdict.checks[-1].seen


BROKEN = {
    "kernel.s": "addd a0, a0\nadd a0\n",
    "machine.toml": "[machine\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_does_not_load_has_failed(desk, name: str) -> None:
    path = desk.machine(HI, RIGHT)
    desk.write(name, BROKEN[name])
    (check,) = desk.verdict(path).checks
    assert (check.name, check.ok) == ("loads", False)
    assert name in check.seen
    assert "error" in check.detail


def test_the_mistakes_of_a_source_are_all_told_within_bounds(desk) -> None:
    path = desk.machine("\n".join(["addd"] * 500), RIGHT)
    (check,) = desk.verdict(path).checks
    assert check.seen.startswith("500 errors, the first: ")
    assert len(check.detail.splitlines()) < 50


@pytest.mark.parametrize(
    "body",
    [
        ".macro again\nagain\nagain\n.endm\nagain",
        ".rept 100000000\nnop\n.endr",
        ".space 0xffffffff",
        '.incbin "/dev/zero"',
        '.include "kernel.s"',
    ],
)
def test_a_source_that_would_eat_the_computer_has_failed(desk, body: str) -> None:
    assert set(desk.failures(body, RIGHT)) == {"loads"}


def test_a_machine_that_would_eat_the_memory_has_failed(desk) -> None:
    assert "--ram" in desk.failures(HI, RIGHT, machine='ram = "1G"')["loads"]
    plan = Plan(overrides=Overrides(ram=1 << 20))
    assert desk.verdict(desk.machine(HI, RIGHT, machine='ram = "1G"'), plan).ok


def test_without_expectations_nothing_is_right(desk) -> None:
    path = desk.machine(HI, "")
    path.write_text(path.read_text(encoding="utf-8").replace("[expect]\n", ""), encoding="utf-8")
    (check,) = desk.verdict(path).checks
    assert (check.name, check.ok) == ("expect", False)
    assert "--expect" in check.remedy


def test_a_mistake_of_our_own_is_a_verdict_too(desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("oops")

    monkeypatch.setattr(grading, "judge", broken)
    (check,) = desk.judge(HI, RIGHT).checks
    assert "internal error, KeyError" in check.seen


def test_the_teachers_expectations_go_before_the_students(desk) -> None:
    path = desk.machine("finish 3", "exit = 3\nmax_instructions = 9000000000", machine="timebase = 2")
    assert desk.verdict(path).ok
    expect = check_expectation(read_document(desk.write("right.toml", "[expect]\nexit = 0")))
    verdict = desk.verdict(path, Plan(expect=expect))
    assert [(check.name, check.ok) for check in verdict.checks] == [("ends", True), ("exit", False)]


def test_a_student_cannot_raise_the_limit(desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grading, "DEFAULT_LIMIT", 500)
    path = desk.machine(LOOP, "ends = 'limit'", machine="max_instructions = 1000")
    assert "1,000" in desk.verdict(path).checks[0].expected
    expect = check_expectation(read_document(desk.write("right.toml", "[expect]\nexit = 0")))
    assert "500 instructions" in desk.verdict(path, Plan(expect=expect)).checks[0].seen
    own = replace(expect, max_instructions=700)
    assert "700 instructions" in desk.verdict(path, Plan(expect=own)).checks[0].seen
    most = Plan(expect=own, max_instructions=300)
    assert "300 instructions" in desk.verdict(path, most).checks[0].seen


def test_the_first_lost_instruction_is_a_hint(desk, in_ring_3: str) -> None:
    path = desk.machine(in_ring_3, "exit = 0", machine='cpu = "legacy"')
    verdict = desk.verdict(path)
    assert verdict.lost.startswith("ignored first: csrr a0, mstatus (bit 0 rdstatus) at ")
    assert "ignored in all: 2 rdstatus, 1 wrtrap" in verdict.lost
    assert verdict.first_lost is not None
    assert verdict.first_lost["component"] == "kernel"
