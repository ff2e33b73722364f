"""The debugger's commands on the screen: lines, done one after the other, beside what keys do.

A line that moves the machine is done in the worker, as a key's move is. Any other is done in the next
quiet moment, also while the machine runs.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.cells import cell_len

from hvtui.debugger.commands.history import History
from hvtui.debugger.commands.interpreter import Interpreter, WouldCutError
from hvtui.debugger.commands.table import CommandError
from hvtui.debugger.expressions.errors import ExpressionError
from hvtui.debugger.snapshot import Stopped
from hvtui.tui.arrangement import COMMAND
from hvtui.tui.screens.cut import CutScreen
from hvtui.tui.transcript import Kind, Line, Transcript

if TYPE_CHECKING:
    from hvtui.tui.panes.command import CommandPane
    from hvtui.tui.screens.debugger import DebuggerScreen

PROMPT = "(hv) "
BLOCK_PROMPT = "   > "

# How often (seconds) output is drawn that does not end.
DRAWING_TIME = 0.05

# The most lines of output that one command may have.
MOST_LINES = 1000


@dataclass(frozen=True, slots=True, eq=False)
class _Wanted:
    """A line that is to be done, of the lines that came together as number `batch`."""

    line: str
    batch: int
    is_typed: bool


class Commands:
    """Does the lines that are typed in the command line's pane, or sent to it.

    The screen calls `stood` after each move, and `after_stop` in the worker when a key's move has
    ended.
    """

    def __init__(self, screen: DebuggerScreen) -> None:
        self._screen = screen
        self.interpreter = Interpreter(screen.session, self._write, most_lines=MOST_LINES)
        self.history = History()
        self.transcript = Transcript()
        self._waiting: list[_Wanted] = []
        self._batch = 0
        self._moving_batch: int | None = None
        self._is_busy = False
        self._has_told = False
        self._drawn = 0.0
        self._unseen: tuple[str, bool] | None = None

    # For the pane and the screen

    def want(self, *lines: str, is_typed: bool = True) -> None:
        """Do lines that came together, one after the other. Those that were typed are remembered."""
        self._batch += 1
        # Somebody at a browser is not at this computer.
        self.interpreter.context.may_write = not self._screen.app.is_web
        for line in lines:
            if is_typed and not self.interpreter.is_in_block:
                self.history.add(line)
            self._waiting.append(_Wanted(line, self._batch, is_typed))
        self._go_on()

    def stood(self) -> None:
        """The machine stands still after a move."""
        self._moving_batch = None
        self._tell_unseen()
        self._look_after_status()
        self._go_on()

    def after_stop(self, stopped: Stopped) -> None:
        """Do the commands of the breakpoints that a key's move led to. In the worker."""
        try:
            self.interpreter.after_stop(stopped)
        except WouldCutError as error:
            self._later_ask(error, None)
        except CommandError as error:
            self._complain(str(error))

    def drop(self) -> None:
        """Do no more of the lines that wait: somebody pauses the machine."""
        if self._waiting:
            count = len(self._waiting)
            self._waiting.clear()
            self._complain(f"paused: {count} line{'s were' if count != 1 else ' was'} not done")

    def drop_block(self) -> None:
        """Give up the block of lines that was begun."""
        if self.interpreter.is_in_block:
            self.interpreter.drop_block()
            self._complain("the commands are given up: the breakpoint has none")

    @property
    def prompt(self) -> str:
        """What stands before the line that is typed now."""
        return BLOCK_PROMPT if self.interpreter.is_in_block else PROMPT

    # Doing lines

    def _go_on(self) -> None:
        """Do the first of the waiting lines that can be done now."""
        wanted = None if self._is_busy else self._next()
        if wanted is None:
            return
        self._waiting.remove(wanted)
        self._echo(wanted)
        if not self.interpreter.moves(wanted.line):
            self._post((wanted.line,), wanted)
        elif self._screen.is_moving:
            self._complain("the machine runs: Esc or Ctrl+C pauses it")
            self._finished()
        else:
            self._moving_batch = wanted.batch
            self._screen.move(lambda: self._execute((wanted.line,), wanted))

    def _next(self) -> _Wanted | None:
        """Return the first line that need not wait for the end of a move."""
        for wanted in self._waiting:
            if wanted.batch == self._moving_batch:
                continue  # what came before it moves the machine yet
            if not self.interpreter.moves(wanted.line):
                return wanted
            # A step that is under way will be over in a moment.
            is_step = self._screen.is_moving and not self._screen.snapshot.running
            return None if is_step else wanted
        return None

    def _post(self, lines: tuple[str, ...], wanted: _Wanted | None) -> None:
        """Do lines that do not move the machine in the next quiet moment."""
        self._is_busy = True

        def act() -> None:
            self._execute(lines, wanted)
            self._later(self._finished)

        self._screen.alter(act)

    def _execute(self, lines: Iterable[str], wanted: _Wanted | None) -> None:
        """Do lines, and tell what is wrong with them: in the worker, or in a quiet moment."""
        try:
            for line in lines:
                self.interpreter.execute(line)
        except WouldCutError as error:
            self._later_ask(error, wanted)
        except CommandError as error:
            self._explain(error, wanted.line if wanted else "")

    def _finished(self) -> None:
        self._is_busy = False
        self._draw()
        self._tell_unseen()
        self._look_after_status()
        self._go_on()

    def _look_after_status(self) -> None:
        if self.interpreter.status is not None:
            self.interpreter.context.status = None
            self._waiting.clear()
            self._screen.call_later(self._screen.action_do, "leave")

    # Changes in the past

    def _later_ask(self, error: WouldCutError, wanted: _Wanted | None) -> None:
        session = self._screen.session
        runs = session.is_moving
        if runs:
            session.pause()  # what is asked is about this instant
        self._later(lambda: self._ask(error, wanted, resumes=runs))

    def _ask(self, error: WouldCutError, wanted: _Wanted | None, *, resumes: bool) -> None:
        held, self._waiting = self._waiting, []

        def answered(agreed: bool | None) -> None:
            if agreed:
                self._waiting = held
                self._do_anyway(error.lines, resumes=resumes)
                return
            told = "nothing was changed: the known future stays"
            self._screen.say(told)
            self._write(told)
            if held:
                self._complain(f"{len(held)} more not done")
            pane = self._pane
            if wanted is not None and wanted.is_typed and pane is not None:
                pane.put_back(wanted.line)

        self._screen.app.push_screen(CutScreen(error.cut), answered)

    def _do_anyway(self, lines: tuple[str, ...], *, resumes: bool) -> None:
        if resumes or any(self.interpreter.moves(line) for line in lines):
            self._screen.move(lambda: self._all(lines, resumes=resumes))
        else:
            self._post(lines, None)

    def _all(self, lines: tuple[str, ...], *, resumes: bool) -> None:
        self._execute(lines, None)
        if resumes and not self.interpreter.moves(lines[-1]):
            self.after_stop(self._screen.session.resume())

    # What is told

    def _echo(self, wanted: _Wanted) -> None:
        if wanted.line.strip():
            self._add(Line(wanted.line, Kind.TYPED, self.prompt))

    def _write(self, text: str) -> None:
        """Take a line of output, from any thread."""
        for part in text.split("\n"):
            self._add(Line(part))
        self._unseen = (text, False)

    def _complain(self, text: str) -> None:
        for part in text.split("\n"):
            self._add(Line(part, Kind.PROBLEM))
        self._unseen = (text.partition("\n")[0], True)

    def _explain(self, error: CommandError, line: str) -> None:
        """Tell an error; of an expression, with the mark under the line as it was typed."""
        cause = error.__cause__
        index = _place_of(cause, line) if isinstance(cause, ExpressionError) else None
        if isinstance(cause, ExpressionError) and index is not None:
            start = index + cause.start
            mark = "^" * max(cell_len(line[start : index + cause.end]), 1)
            self._add(Line(" " * cell_len(PROMPT + line[:start]) + mark, Kind.CARET))
            self._complain("\n".join((cause.message, *cause.hints)))
        else:
            self._complain(str(error))

    def _add(self, line: Line) -> None:
        self.transcript.add(line)
        if not self._has_told:
            # First, for what is asked for here may be done before this thread goes on.
            self._has_told = True
            if not self._later(self._draw_soon):
                self._has_told = False

    def _draw_soon(self) -> None:
        """Draw what was told, unless that was done just now: commands may tell a great deal."""
        wait = self._drawn + DRAWING_TIME - time.monotonic()
        if wait > 0:
            self._screen.set_timer(wait, self._draw)
        else:
            self._draw()

    def _draw(self) -> None:
        self._has_told = False
        self._drawn = time.monotonic()
        if (pane := self._pane) is not None:
            pane.take()

    def _tell_unseen(self) -> None:
        """Say what came of a line that was done while the pane is not in view."""
        unseen, self._unseen = self._unseen, None
        pane = self._pane
        if unseen is not None and pane is not None and not pane.display:
            self._screen.say(unseen[0], is_problem=unseen[1])

    @property
    def _pane(self) -> CommandPane | None:
        from hvtui.tui.panes.command import CommandPane

        found = self._screen.query(f"#{COMMAND}").results(CommandPane)
        return next(iter(found), None)

    def _later(self, do: Callable[[], object]) -> bool:
        """Do something in the thread that draws; return whether anybody is there to look."""
        return self._screen.is_attached and self._screen.call_later(do)


def _place_of(error: ExpressionError, line: str) -> int | None:
    """Return where the expression that an error is about begins in a line, None if that is unclear."""
    text = error.text.rstrip()
    if not text or not line.isprintable():
        return None
    line = line.rstrip()
    if line.endswith(text):
        return len(line) - len(text)
    return line.index(text) if line.count(text) == 1 else None
