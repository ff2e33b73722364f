"""Executes commands over a session, and after a stop the commands of the breakpoints that made it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from hvtui.debugger.commands.context import Context
from hvtui.debugger.commands.everything import complete, split_line
from hvtui.debugger.commands.table import CommandError
from hvtui.debugger.commands.values import show_displays
from hvtui.debugger.edits import EditError
from hvtui.debugger.expressions.completion import Completion
from hvtui.debugger.expressions.errors import ExpressionError
from hvtui.debugger.history import FutureLostError
from hvtui.debugger.locations import LocationError
from hvtui.debugger.session import MoveError, Session, WatchError
from hvtui.debugger.snapshot import Stopped
from hvtui.debugger.trapconditions import ConditionError

_COMMENT = "#"
_END = "end"
_SILENT = "silent"


class Interpreter:
    """Executes lines; `write` takes each line of what they tell.

    `stopped` is why the machine stood still after the last command that moved it.
    """

    def __init__(self, session: Session, write: Callable[[str], None]) -> None:
        self.session = session
        self.context = Context(session, write)
        self.stopped: Stopped | None = None
        self._is_interrupted = False
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
        self._is_interrupted = True
        self.session.pause_soon()

    def execute(self, line: str) -> None:
        """Do a line: a command, a comment, or nothing. Raises CommandError, with all that helps."""
        self._is_interrupted = False
        if self.is_in_block:
            self._add_to_block(line.strip())
            return
        left = deque([line])
        while left and self.status is None:
            command = left.popleft()
            if not command.strip() or command.lstrip().startswith(_COMMENT):
                continue
            self._do(command)
            stopped, self.context.stopped = self.context.stopped, None
            if stopped is None:
                continue
            self.stopped = stopped
            is_silent = stopped.commands[:1] == (_SILENT,)
            if not is_silent:
                self.context.tell_stop(stopped)
                show_displays(self.context)
            if self._is_interrupted:
                return
            left = deque(stopped.commands[is_silent:])

    def complete(self, line: str) -> tuple[Completion, ...]:
        """Return what the last word of `line`, the text before the cursor, could become."""
        return () if self.is_in_block else complete(self.context, line)

    def _do(self, line: str) -> None:
        try:
            command, rest = split_line(line)
            command.run(self.context, rest)
        except FutureLostError as error:
            raise CommandError(f"{error}; write -cut after the command to have it so") from error
        except _REFUSALS as error:
            raise CommandError(str(error)) from error

    def _add_to_block(self, line: str) -> None:
        if line != _END:
            if line and not line.startswith(_COMMENT):
                self._block.append(line)
            return
        number, self.context.block = self.context.block, None
        commands, self._block = tuple(self._block), []
        for known in self.session.breakpoints:
            if known.number == number:
                known.commands = commands


_REFUSALS = (ExpressionError, LocationError, ConditionError, EditError, MoveError, WatchError)
