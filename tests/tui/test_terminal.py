"""The whole program on a real terminal: start, step, stop at a trap, travel back, quit."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("pty", reason="pseudo-terminals are a thing of Unix")

from tests.support.terminal import Terminal

SOURCE = "_start: li t0, 1\n la t1, handler\n csrw mtvec, t1\n ecall\nhandler: j handler\n"


def test_start_step_break_on_a_trap_and_quit(tmp_path: Path) -> None:
    source = tmp_path / "prog.s"
    source.write_text(SOURCE)
    with Terminal(str(source)) as terminal:
        terminal.wait_for("ready")
        terminal.wait_for("quit")
        terminal.type("s")
        terminal.wait_for("stepped in prog at prog.s:2")
        terminal.type("t")
        terminal.wait_for("Breakpoints on traps")
        terminal.type("ecall-m\r")
        terminal.wait_for("stops at: ecall-m")
        terminal.type("c")
        terminal.wait_for("environment call from M")
        terminal.type("SS")
        terminal.wait_for("stepped back in prog at prog.s:3")
        terminal.type("C")
        terminal.wait_for("ready in prog at prog.s:1")
        terminal.type("c")
        terminal.wait_for("environment call from M")
        terminal.type("q")
        assert terminal.end() == 0


def test_a_source_with_mistakes_is_refused_before_the_screen_is_taken(tmp_path: Path) -> None:
    source = tmp_path / "prog.s"
    source.write_text("_start: add t1, t2\n")
    with Terminal("debug", str(source)) as terminal:
        terminal.wait_for("prog.s:1")
        terminal.wait_for("add")
        assert terminal.end() == 2
        assert "Traceback" not in terminal.output


def test_a_path_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with Terminal("debug", str(tmp_path / "nothing.s")) as terminal:
        terminal.wait_for("nothing.s")
        assert terminal.end() == 2
        assert "Traceback" not in terminal.output


def test_a_terminal_that_is_closed_ends_the_program(tmp_path: Path) -> None:
    source = tmp_path / "prog.s"
    source.write_text(SOURCE)
    with Terminal(str(source)) as terminal:
        terminal.wait_for("ready")
        terminal.hang_up()
        assert terminal.process.returncode is not None


@pytest.mark.parametrize(
    "environment",
    [
        {"NO_COLOR": "1"},
        {"TERM": "xterm", "COLORTERM": ""},
        {"TERM": "vt100", "COLORTERM": ""},
        {"LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii"},
    ],
    ids=str,
)
def test_poor_terminals_do(environment: dict[str, str], tmp_path: Path) -> None:
    source = tmp_path / "prog.s"
    source.write_text(SOURCE)
    with Terminal(str(source), **environment) as terminal:
        terminal.wait_for("ready")
        terminal.wait_for("quit")
        terminal.type("s")
        terminal.wait_for("stepped in prog at prog.s:2")
        terminal.type("q")
        assert terminal.end() == 0
