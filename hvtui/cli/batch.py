"""``hvtui debug --batch``: the debugger's commands without a screen, for scripts and graders."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from asm.objects.image import printable, read_file
from hvtui.cli.console import StreamedConsole
from hvtui.debugger.commands.interpreter import Interpreter
from hvtui.debugger.commands.table import CommandError
from hvtui.debugger.session import Session
from hvtui.debugger.snapshot import StopKind
from hvtui.headless.driving import call_on_interrupt
from hvtui.headless.ending import INTERRUPTED, LIMIT
from hvtui.machinefile.system import System

FAILED = 1

_STDIN = Path("-")
_MAX_SCRIPT = 1 << 20


@dataclass(frozen=True, slots=True)
class Line:
    """A command, and where it stands as a person calls it."""

    text: str
    place: str


def lines_of_file(path: Path) -> tuple[Line, ...]:
    """Read a file of commands, ``-`` for standard input. Raises ImageError, OSError."""
    data = sys.stdin.buffer.read(_MAX_SCRIPT) if path == _STDIN else read_file(path, _MAX_SCRIPT)
    name = "stdin" if path == _STDIN else str(path)
    text = data.decode("utf-8", "replace").removeprefix("\N{BYTE ORDER MARK}")
    return tuple(
        Line(line.removesuffix("\r"), f"{name}:{number}")
        for number, line in enumerate(text.split("\n"), 1)
    )


def run_batch(system: System, lines: Sequence[Line], *, limit: int | None, keep_going: bool) -> int:
    """Do the commands of `lines`; return the exit status.

    No move forwards goes beyond the instant `limit`. A command that fails ends the batch, unless it
    is to `keep_going`. Output goes to stdout, what the guest writes too; complaints go to stderr.
    """
    halted = threading.Event()
    session = Session(system)
    session.limit = limit
    output = _Output(sys.stdout.buffer, halted, session)
    interpreter = Interpreter(session, output.line)

    def interrupt() -> None:
        halted.set()
        interpreter.interrupt()

    with call_on_interrupt(interrupt):
        batch = _Batch(interpreter, output, halted, keep_going=keep_going)
        status = batch.run(lines)
    output.finish()
    return status


class _Batch:
    def __init__(
        self, interpreter: Interpreter, output: _Output, halted: threading.Event, *, keep_going: bool
    ) -> None:
        self._interpreter = interpreter
        self._output = output
        self._halted = halted
        self._keep_going = keep_going

    def run(self, lines: Sequence[Line]) -> int:
        status = 0
        for line in self._with_end(lines):
            try:
                self._interpreter.execute(line.text)
            except CommandError as error:
                self._output.complain(f"{line.place}: {error}")
                status = FAILED
            ending = self._ending(line)
            if ending is not None:
                return ending
            if status and not self._keep_going:
                return status
        return status

    def _with_end(self, lines: Sequence[Line]) -> Iterator[Line]:
        """Yield the lines, and an end for a block that has none: its commands are not lost."""
        yield from lines
        if self._interpreter.is_in_block:
            yield Line("end", lines[-1].place)

    def _ending(self, line: Line) -> int | None:
        """Return the exit status if the batch is over now."""
        interpreter = self._interpreter
        if self._halted.is_set():
            return INTERRUPTED
        if interpreter.status is not None:
            return interpreter.status
        if interpreter.stopped is not None and interpreter.stopped.kind is StopKind.LIMIT:
            limit = f"the limit of {interpreter.session.limit:,} steps is reached"
            self._output.complain(f"{line.place}: {limit}: nothing more is done")
            return LIMIT
        return None


class _Output:
    """Writes lines and what the guest writes to one stream, each on lines of its own."""

    def __init__(self, stream: BinaryIO, halted: threading.Event, session: Session) -> None:
        self._stream = stream
        self._console = StreamedConsole(stream, lambda: None, self._broken)
        self._halted = halted
        self._session = session
        session.on_output = self._console.write

    def line(self, text: str) -> None:
        """Write a line of the debugger."""
        self._end_line()
        self._stream.write((printable(text) + "\n").encode("utf-8", "replace"))
        self._console.at_line_start = True

    def complain(self, text: str) -> None:
        """Write to stderr what went wrong."""
        self._end_line()
        self._stream.flush()
        shown = "\n".join(printable(part) for part in text.split("\n"))
        print(f"hvtui: {shown}", file=sys.stderr)

    def finish(self) -> None:
        """Write what is left. Raises BrokenPipeError if nobody has read it all."""
        self._console.flush()
        if self._console.is_broken:
            raise BrokenPipeError
        self._stream.flush()

    def _end_line(self) -> None:
        self._console.flush()
        if self._console.is_broken:
            raise BrokenPipeError
        if not self._console.at_line_start:
            self._stream.write(b"\n")
            self._console.at_line_start = True

    def _broken(self) -> None:
        self._halted.set()
        self._session.pause_soon()
