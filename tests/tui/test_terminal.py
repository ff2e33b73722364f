"""The whole program on a real terminal: start, step, stop at a trap, quit."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

import pytest

pty = pytest.importorskip("pty", reason="pseudo-terminals are a thing of Unix")
fcntl = pytest.importorskip("fcntl", reason="pseudo-terminals are a thing of Unix")
termios = pytest.importorskip("termios", reason="pseudo-terminals are a thing of Unix")

ROOT = Path(__file__).resolve().parents[2]
SOURCE = "_start: li t0, 1\n la t1, handler\n csrw mtvec, t1\n ecall\nhandler: j handler\n"
PATIENCE = 60  # seconds for a slow machine; nothing is asserted about the time
_MAIN = "import sys; from hvtui.cli import main; sys.exit(main())"


class Terminal:
    """A child process on a pseudo-terminal of 80 by 24, whose session it is not in."""

    def __init__(self, *arguments: str, **environment: str) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, b"\x18\x00\x50\x00\x00\x00\x00\x00")
        self.process = subprocess.Popen(
            [sys.executable, "-c", _MAIN, *arguments],
            stdin=slave, stdout=slave, stderr=slave, cwd=ROOT, start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", **environment},
        )  # fmt: skip
        os.close(slave)
        self._is_open = True
        self.output = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Leave no process behind, whatever became of the test."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self._close()

    def wait_for(self, text: str) -> None:
        """Read until `text` has been printed since the last call."""
        deadline = time.monotonic() + PATIENCE
        while text not in self.output:
            assert time.monotonic() < deadline, f"{text!r} never came: {self.output[-2000:]!r}"
            self._read()
        self.output = self.output.partition(text)[2]

    def type(self, keys: str) -> None:
        """Press keys."""
        os.write(self._master, keys.encode())

    def end(self) -> int:
        """Wait for the end; return the exit status."""
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < deadline, "it does not end"
            self._read()
        return self.process.returncode

    def hang_up(self) -> None:
        """Close the terminal, and wait until what ran on it ends."""
        self._close()
        self.process.wait(PATIENCE)

    def _close(self) -> None:
        if self._is_open:
            self._is_open = False
            os.close(self._master)

    def _read(self) -> None:
        if select.select([self._master], [], [], 0.1)[0]:
            try:
                data = os.read(self._master, 1 << 16)
            except OSError:
                return
            text = data.decode("utf-8", "replace")
            self.output += re.sub(
                r"\x1b(\[[0-9;?<>=$]*[A-Za-z~]|\][^\x07\x1b]*(\x07|\x1b\\)|[=>PM])", "", text
            )


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
