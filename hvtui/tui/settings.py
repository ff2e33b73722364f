"""What the person wants of the screen and has set up before: brought in at the start, taken down after.

Nothing here stands in the way of debugging: what is wrong with a file is told on the screen.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from hvtui.debugger.expressions.compiling import compile_expression, unreadable
from hvtui.debugger.expressions.errors import ExpressionError
from hvtui.debugger.expressions.names import Scope
from hvtui.debugger.keeping import losses
from hvtui.debugger.kept import Kept, KeptDisplay
from hvtui.debugger.session import Session
from hvtui.debugger.snapshot import Snapshot
from hvtui.remembering.folders import key_map_file
from hvtui.remembering.machines import MachineMemory
from hvtui.remembering.screen import ScreenLook, screen_record
from hvtui.tui.actions.keys import Keys
from hvtui.tui.arrangement import SOURCE, Layout
from hvtui.tui.keymap import read_key_map
from hvtui.tui.messages import Say
from hvtui.tui.panes.catalogue import PANES_BY_NAME

if TYPE_CHECKING:
    from hvtui.debugger.commands.context import Context
    from hvtui.tui.screens.debugger import DebuggerScreen

# How long (seconds) after a change it is taken down: several in a row are one.
SAVING_DELAY = 0.5


class Settings:
    """The person's settings, out of their files. `problems` are what is wrong with those.

    Without `remembers_sessions`, breakpoints and commands are neither brought back nor taken down.
    """

    def __init__(self, *, remembers_sessions: bool = True) -> None:
        self._remembers_sessions = remembers_sessions
        key_map = read_key_map(key_map_file())
        self.keys = Keys(key_map.changed)
        self.problems = [str(problem) for problem in key_map.problems]
        self._record = screen_record()
        look, told = self._record.read()
        self._look = look or ScreenLook()
        self.problems += [told] if told else []

    @property
    def theme(self) -> str:
        """The name of the theme; empty if none was chosen."""
        return self._look.theme

    @property
    def layout(self) -> Layout:
        """Where the panes stand, of those that there are."""
        look = self._look
        recent = tuple(dict.fromkeys(name for name in look.recent if name in PANES_BY_NAME))
        hidden = frozenset(look.hidden) & (PANES_BY_NAME.keys() - {SOURCE})
        return Layout(recent, hidden, None, look.right, look.low)

    def keep_look(self, *, theme: str = "", layout: Layout | None = None) -> str:
        """Take down a theme, or a layout; return a message if that is not possible."""
        changed: dict[str, object] = {}
        if theme:
            changed["theme"] = theme
        if layout is not None:
            changed |= {
                "recent": layout.recent[-len(PANES_BY_NAME) :],
                "hidden": tuple(sorted(layout.hidden)),
                "right": max(min(layout.right, _MOST_CELLS), -_MOST_CELLS),
                "low": max(min(layout.low, _MOST_CELLS), -_MOST_CELLS),
            }
        self._look = self._look.model_copy(update=changed)
        return self._record.write(self._look)

    def memory_of(self, session: Session) -> MachineMemory | None:
        """Return the memory of the machine that is debugged, None if there shall be none."""
        return MachineMemory(session.system.path) if self._remembers_sessions else None


class Keeper:
    """Brings back what was set up in the last session over a machine, and takes down this one's.

    The screen calls `bring_back` before it takes its first snapshot, `look` with each one it shows,
    `layout_changed`, and `keep_now` when it is left.
    """

    def __init__(self, screen: DebuggerScreen, settings: Settings) -> None:
        self._screen = screen
        self._settings = settings
        self._memory = settings.memory_of(screen.session)
        self._seen: tuple[object, ...] = ()
        self._layout: Layout | None = None
        self._is_due = False

    def bring_back(self) -> list[str]:
        """Bring everything back; return what is to be told about it."""
        if self._memory is None:
            return []
        session, commands = self._screen.session, self._screen.commands
        kept, told = self._memory.recall()
        session.bring_back_breakpoints(kept.breakpoints)
        _bring_back_displays(kept.displays, commands.interpreter.context)
        lines, told_of_lines = self._memory.recall_lines()
        for line in lines:
            commands.history.add(line)
        self._seen = self._state(session.snapshot())
        return [text for text in (told, told_of_lines, *losses(session.breakpoints)) if text]

    def look(self, snapshot: Snapshot) -> None:
        """Have what was set up taken down soon, if something is other than it was."""
        if self._memory is not None and not snapshot.running:
            state = self._state(snapshot)
            if state != self._seen:
                self._seen = state
                self._keep_soon()

    def layout_changed(self, layout: Layout) -> None:
        """Have the layout taken down soon."""
        self._layout = layout
        self._keep_soon()

    def keep_now(self) -> None:
        """Take everything down as soon as the machine is between two steps."""
        self._is_due = False
        if self._layout is not None:
            self._tell(self._settings.keep_look(layout=self._layout))
        if self._memory is not None:
            self._screen.session.post(self._keep_session)

    def _keep_soon(self) -> None:
        if not self._is_due:
            self._is_due = True
            self._screen.set_timer(SAVING_DELAY, self.keep_now)

    def _keep_session(self) -> None:
        assert self._memory is not None
        screen = self._screen
        commands = screen.commands
        kept = Kept(screen.session.keep_breakpoints(), _kept_displays(commands.interpreter.context))
        self._tell(self._memory.keep(kept))
        self._tell(self._memory.keep_lines(list(commands.history)))

    def _tell(self, problem: str) -> None:
        if problem and self._screen.is_attached:
            self._screen.post_message(Say(problem, is_problem=True))

    def _state(self, snapshot: Snapshot) -> tuple[object, ...]:
        """Return what is different whenever there is something to take down."""
        commands = self._screen.commands
        # Hits come and go with every stop.
        breakpoints = tuple(replace(view, hits=0, ignored=0) for view in snapshot.breakpoints)
        displays = tuple(known.number for known in commands.interpreter.context.displays)
        return breakpoints, displays, tuple(commands.history)[-1:]


def _kept_displays(context: Context) -> tuple[KeptDisplay, ...]:
    return tuple(
        KeptDisplay(known.text, known.expression.component, known.format) for known in context.displays
    )


def _bring_back_displays(kept: Iterable[KeptDisplay], context: Context) -> None:
    system = context.session.system
    by_name = {component.name: component for component in system.components}
    for known in kept:
        scope = Scope.of(system, by_name.get(known.component))
        try:
            expression = compile_expression(known.text, scope)
        except ExpressionError as error:
            expression = unreadable(known.text, known.component, error)
        context.displays.add(expression, known.format)


# The most cells by which a boundary is moved, as they are stored.
_MOST_CELLS = 1000
