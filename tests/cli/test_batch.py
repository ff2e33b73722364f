"""``hvtui debug --batch``: the debugger in scripts, its output and its exit status."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Command

ROOT = Path(__file__).parents[2]

COUNTS = """\
        li      a0, 0
loop:   addi    a0, a0, 1
        put     'x'
        li      t2, 5
        bne     a0, t2, loop
done:   finish  7
"""


def test_commands_are_done_in_their_order_and_told_on_stdout(
    hvtui: Command, guest: Callable[..., Path], tmp_path: Path
) -> None:
    script = tmp_path / "commands.txt"
    script.write_text("# where the loop begins\nbreak loop if a0 == 2\r\n\nrun\n", encoding="utf-8")
    done = hvtui("debug", guest(COUNTS), "--batch", "-c", "echo first", "-x", script, "-c", "p/d a0")
    assert done.status == 0
    assert done.err == ""
    assert done.out.splitlines() == [
        "first",
        "Breakpoint 1 at loop: 0x80000004, guest.s:15 in guest if a0 == 2",
        "xx",
        "breakpoint 1 at loop if a0 == 2: in guest at guest.s:15",
        "=> instant 13, ring 0 (M), 0x80000004 <loop>: addi a0, a0, 1",
        "a0 = 2",
    ]


def test_a_command_that_fails_ends_the_batch(hvtui: Command, guest: Callable[..., Path]) -> None:
    done = hvtui("debug", guest(COUNTS), "--batch", "-c", "brek loop", "-c", "echo never")
    assert done.status == 1
    assert done.out == ""
    assert done.err == "hvtui: -c 'brek loop': there is no command \"brek\"; did you mean break?\n"


def test_a_failure_in_a_file_is_told_with_its_line_and_a_caret(
    hvtui: Command, guest: Callable[..., Path], tmp_path: Path
) -> None:
    script = tmp_path / "commands.txt"
    script.write_text("run\nprint a0 +\n", encoding="utf-8")
    done = hvtui("debug", guest(COUNTS), "--batch", "-x", script)
    assert done.status == 1
    first, excerpt, caret, *_ = done.err.splitlines()
    assert first.startswith(f"hvtui: {script}:2: ")
    assert excerpt == "    a0 +"
    assert caret.strip() == "^"


def test_with_keep_going_the_others_are_done(hvtui: Command, guest: Callable[..., Path]) -> None:
    done = hvtui("debug", guest(COUNTS), "--batch", "--keep-going", "-c", "brek", "-c", "echo on")
    assert done.status == 1
    assert done.out == "on\n"


def test_an_assertion_makes_a_check(hvtui: Command, guest: Callable[..., Path]) -> None:
    path = guest(COUNTS)
    words = ("debug", path, "--batch", "-c", "break done", "-c", "run", "-c")
    assert hvtui(*words, "assert a0 == 5").status == 0
    done = hvtui(*words, "assert a0 == 6")
    assert done.status == 1
    assert done.err == "hvtui: -c 'assert a0 == 6': it does not hold: a0 == 6\n"


def test_quit_says_the_exit_status(hvtui: Command, guest: Callable[..., Path]) -> None:
    done = hvtui("debug", guest(COUNTS), "--batch", "-c", "quit 3", "-c", "echo never")
    assert (done.status, done.out) == (3, "")


def test_a_run_to_its_end_is_no_failure(hvtui: Command, guest: Callable[..., Path]) -> None:
    done = hvtui("debug", guest(COUNTS), "--batch", "-c", "run")
    assert done.status == 0
    assert done.out.startswith("xxxxx\nended: the guest turned the machine off, exit status 7\n")


def test_the_limit_of_instructions_ends_a_run_without_end(
    hvtui: Command, guest: Callable[..., Path]
) -> None:
    forever = guest("loop: addi a0, a0, 1\n j loop")
    done = hvtui(
        "debug", forever, "--batch", "--max-instructions", "1001", "-c", "run", "-c", "echo never"
    )
    assert done.status == 124
    assert "at the limit of 1,001 steps in guest at guest.s:15" in done.out
    assert "never" not in done.out
    assert done.err == "hvtui: -c 'run': the limit of 1,001 steps is reached: nothing more is done\n"


def test_a_breakpoints_commands_that_go_on_end_at_the_limit(
    hvtui: Command, guest: Callable[..., Path]
) -> None:
    forever = guest("loop: addi a0, a0, 1\n j loop")
    done = hvtui(
        "debug", forever, "--batch", "--max-instructions", "100",
        "-c", "b loop", "-c", "commands 1", "-c", "silent", "-c", "c", "-c", "end", "-c", "run",
    )  # fmt: skip
    assert done.status == 124


def test_a_block_without_end_is_closed(hvtui: Command, guest: Callable[..., Path]) -> None:
    done = hvtui("debug", guest(COUNTS), "--batch", "-c", "b loop", "-c", "commands 1", "-c", "p a0")
    assert done.status == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--batch",), "--batch has nothing to do"),
        (("-c", "run"), "-x or -c is for --batch"),
        (("--keep-going",), "--keep-going is for --batch"),
        (("--batch", "-x", "no-such-file"), "no-such-file"),
        (("--batch", "-c", "run", "--max-instructions", "0"), "too small"),
    ],
)
def test_what_makes_no_sense_is_refused(
    hvtui: Command, guest: Callable[..., Path], words: tuple[str, ...], told: str
) -> None:
    done = hvtui("debug", guest(COUNTS), *words)
    assert done.status == 2
    assert told in done.err


def test_input_and_time_travel_work_without_a_screen(
    hvtui: Command, guest: Callable[..., Path]
) -> None:
    echo = guest(
        "li s0, 0x10000000\nnext: lbu t0, 5(s0)\n andi t0, t0, 1\n beqz t0, next\n"
        " lbu a0, 0(s0)\ngot: sb a0, 0(s0)\n j next"
    )
    done = hvtui(
        "debug", echo, "--batch", "-c", "b got", "-c", "input hey", "-c", "run", "-c", "c",
        "-c", "p/c a0", "-c", "rc", "-c", "p/c a0", "-c", "c", "-c", "p/c a0",
    )  # fmt: skip
    assert done.status == 0
    assert [line for line in done.out.splitlines() if line.startswith("a0")] == [
        "a0 = 101 'e'", "a0 = 104 'h'", "a0 = 101 'e'",
    ]  # fmt: skip
    # What the guest wrote comes once, though it happened twice.
    assert done.out.count("\nh\n") == 1


def test_commands_can_come_on_stdin(guest: Callable[..., Path]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "hvtui", "debug", guest(COUNTS), "--batch", "-x", "-"],
        input=b"b done\nrun\np/d a0\n", capture_output=True, cwd=ROOT, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert done.stdout.endswith(b"\na0 = 5\n")


@pytest.mark.skipif(os.name != "posix", reason="the test sends a POSIX signal")
@pytest.mark.parametrize("commands", [("run",), ("b loop", "commands 1 silent; c", "run")])
def test_an_interrupt_ends_the_batch_cleanly(
    guest: Callable[..., Path], commands: tuple[str, ...]
) -> None:
    forever = guest("put 'x'\n put '\\n'\nloop: addi a0, a0, 1\n j loop")
    words = [word for command in ("echo ready", *commands) for word in ("-c", command)]
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "hvtui", "debug", forever, "--batch", *words],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip
    assert process.stdout is not None
    while process.stdout.readline() != b"x\n":
        assert process.poll() is None
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err == b""
    assert commands != ("run",) or out.startswith(b"paused in guest at guest.s:")


def test_a_trap_of_a_guest_is_met_and_told_with_the_stack(hvtui: Command) -> None:
    sample = ROOT / "samples" / "04-type1-vt"
    done = hvtui(
        "debug", sample, "--batch", "-c", "break trap wrstatus", "-c", "run", "-c", "info stack",
        "-c", "assert ring == 0 && mcause == 2",
    )  # fmt: skip
    assert done.status == 0
    assert ("trap: illegal instruction, csrw mstatus, t0 (bit 1 wrstatus) in tinyos at ") in done.out
    stack = [line for line in done.out.splitlines() if line.startswith("#")]
    assert stack[0].startswith("#0   ring 0 (M) in hypervisor: guest_left at ")
    assert stack[1].startswith("#1   ring 1 (S) in tinyos: ")
