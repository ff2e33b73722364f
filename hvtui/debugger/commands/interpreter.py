"""Executes commands over a session, and after a stop the commands of the breakpoints that made it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from hvtui.debugger.commands.context import Context, Write
from hvtui.debugger.commands.everything import complete, split_line
from hvtui.debugger.commands.paging import Page
from hvtui.debugger.commands.table import Command, CommandError
from hvtui.debugger.commands.values import show_displays
from hvtui.debugger.edits import EditError
from hvtui.debugger.expressions.completion import Completion
from hvtui.debugger.expressions.errors import ExpressionError
from hvtui.debugger.history import Cut, FutureLostError
from hvtui.debugger.locations import LocationError
from hvtui.debugger.session import MoveError, Session, WatchError
from hvtui.debugger.snapshot import Stopped
from hvtui.debugger.trapconditions import ConditionError

_COMMENT = "#"
_END = "end"
_SILENT = "silent"


class WouldCutError(CommandError):
    """A command would cut off the known future: `cut` says how much of it.

    `lines` do what was wanted, in spite of that: the command anew, and what was to follow it.
    """

    def __init__(self, cut: Cut, lines: tuple[str, ...]) -> None:
        super().__init__(f"{FutureLostError(cut)}; write -cut after the command to have it so")
        self.cut = cut
        self.lines = lines


class Interpreter:
    """Executes lines; `write` takes each line of what they tell, `most_lines` of one command at most.

    The thread that moves the machine calls it, or, with what does not move it, any thread through
    `Session.post`. `stopped` is why the machine stood still after the last command that moved it.
    """

    def __init__(self, session: Session, write: Write, *, most_lines: int | None = None) -> None:
        self.session = session
        self.context = Context(session, write)
        self.stopped: Stopped | None = None
        self._most_lines = most_lines
        self._block: list[str] = []

    @property
    def status(self) -> int | None:
        """The exit status that ``quit`` asked for, None before."""
        return self.context.status

    @property
    def is_in_block(self) -> bool:
        """Tell whether the next lines are a breakpoint's commands, up to ``end``."""
        return self.context.block is not None

    def interrupt(self) -> None:
        """Pause the machine soon, and let breakpoints' commands not go on. For signal handlers."""
        self.session.pause_soon()

    def moves(self, line: str) -> bool:
        """Tell whether a line moves the machine: then it has to stand still before."""
        if self.is_in_block or _is_empty(line):
            return False
        try:
            return split_line(line)[0].moves
        except CommandError:
            return False

    def execute(self, line: str) -> None:
        """Do a line: a command, a comment, or nothing. Raises CommandError, with all that helps.

        One of those errors is WouldCutError.
        """
        if self.is_in_block:
            self._add_to_block(line.strip())
        else:
            self.execute_all((line,))

    def execute_all(self, lines: Iterable[str]) -> None:
        """Do some commands, up to one that moves the machine. Raises CommandError as `execute`."""
        left = deque(lines)
        if self.session.is_moving:
            self._do_while_moving(left)
            return
        with self.session.chained() as goes_on:
            self.context.goes_on = goes_on
            while left and self.status is None:
                command = left.popleft()
                if _is_empty(command):
                    continue
                self._do(command, tuple(left))
                stopped, self.context.stopped = self.context.stopped, None
                if stopped is None:
                    continue
                self.stopped = stopped
                left = deque(self._told(stopped))
                if not goes_on():
                    return

    def after_stop(self, stopped: Stopped) -> None:
        """Do what the person wants done at a stop that no command made. Raises CommandError."""
        self.context.displays.look(self.session)
        if stopped.commands and not self.session.is_moving:
            self.execute_all(self._told(stopped, with_displays=False))

    def complete(self, line: str) -> tuple[Completion, ...]:
        """Return what the last word of `line`, the text before the cursor, could become."""
        return () if self.is_in_block else complete(self.context, line)

    def drop_block(self) -> None:
        """Forget the lines of a block that is being typed; the breakpoint has no commands then."""
        self.context.block = None
        self._block = []

    # Details

    def _told(self, stopped: Stopped, *, with_displays: bool = True) -> tuple[str, ...]:
        """Tell a stop, unless it shall be silent; return the commands that are to be done then."""
        is_silent = stopped.commands[:1] == (_SILENT,)
        if not is_silent:
            self.context.tell_stop(stopped)
            if with_displays:
                show_displays(self.context)
        return stopped.commands[is_silent:]

    def _do_while_moving(self, left: deque[str]) -> None:
        """Do commands between two steps of a move that somebody else makes."""
        while left:
            if self.moves(left[0]):
                raise CommandError("the machine runs: pause it first")
            if not _is_empty(command := left.popleft()):
                self._do(command, tuple(left))

    def _do(self, line: str, left: tuple[str, ...]) -> None:
        try:
            command, rest = split_line(line)
            self._run(command, rest)
        except FutureLostError as error:
            raise WouldCutError(error.cut, (f"{command.name} -cut {rest}", *left)) from error
        except _REFUSALS as error:
            raise CommandError(str(error)) from error

    def _run(self, command: Command, rest: str) -> None:
        if command.moves:
            command.run(self.context, rest)
        elif self.session.is_moving:
            self._run_paged(command, rest)
        else:
            self._in_quiet(lambda: self._run_paged(command, rest))

    def _run_paged(self, command: Command, rest: str) -> None:
        if self._most_lines is None:
            command.run(self.context, rest)
            return
        context, write = self.context, self.context.write
        page = Page(write, self._most_lines)
        context.write = page.write
        try:
            page.fill(lambda: command.run(context, rest))
        finally:
            context.write = write

    def _in_quiet(self, run: Callable[[], None]) -> None:
        """Do something while no other thread can move or change the machine."""
        failed: list[Exception] = []

        def attempt() -> None:
            try:
                run()
            except Exception as error:
                failed.append(error)

        self.session.post(attempt)
        if failed:
            raise failed[0]

    def _add_to_block(self, line: str) -> None:
        if line != _END:
            if line and not line.startswith(_COMMENT):
                self._block.append(line)
            return
        number, commands = self.context.block, tuple(self._block)
        self.drop_block()
        for known in self.session.breakpoints:
            if known.number == number:
                known.commands = commands


def _is_empty(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith(_COMMENT)


_REFUSALS = (ExpressionError, LocationError, ConditionError, EditError, MoveError, WatchError)
