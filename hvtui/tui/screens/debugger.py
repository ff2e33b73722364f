"""The debugger screen: the panes over one session, which a worker thread moves.

What a person can do is in `hvtui.tui.actions`; what panes ask for comes as `hvtui.tui.messages`.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.command import Provider
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import get_current_worker

from asm.isa.trapbits import TrapBit
from hvtui.debugger.edits import EditError
from hvtui.debugger.history import Cut, FutureLostError
from hvtui.debugger.listing import Disassembly
from hvtui.debugger.locations import Location
from hvtui.debugger.positions import Position
from hvtui.debugger.session import Lens, MoveError, Session
from hvtui.debugger.snapshot import Snapshot, StopKind, Stopped
from hvtui.debugger.translations import Translation
from hvtui.machinefile.system import Component
from hvtui.tui.actions.everything import ACTIONS_BY_NAME, bindings
from hvtui.tui.arrangement import AREAS, COMMAND, SOURCE, Layout
from hvtui.tui.bars import Bar, HeaderBar, StatusBar
from hvtui.tui.body import Body
from hvtui.tui.commanding import Commands
from hvtui.tui.key_bar import KeyBar
from hvtui.tui.messages import (
    Alter,
    Do,
    Edit,
    Execute,
    Inspect,
    LookAt,
    MachineEdit,
    Prefill,
    Say,
    Travel,
)
from hvtui.tui.move_queue import Move, MoveQueue
from hvtui.tui.palette import ActionProvider
from hvtui.tui.panes.bitmap import BitmapPane
from hvtui.tui.panes.breakpoints import BreakpointsPane
from hvtui.tui.panes.catalogue import PANES, PANES_BY_NAME
from hvtui.tui.panes.command import CommandPane
from hvtui.tui.panes.console import ConsolePane
from hvtui.tui.panes.diagnostics import DIAGNOSTICS, DiagnosticsPane
from hvtui.tui.panes.pane import Inspects, Pane
from hvtui.tui.panes.source import SourcePane
from hvtui.tui.panes.stack import StackPane
from hvtui.tui.reloading import Reloader, SourcesRead, SourcesWrong
from hvtui.tui.screens.cut import CutScreen
from hvtui.tui.screens.help import HelpScreen
from hvtui.tui.settings import Keeper, Settings
from hvtui.tui.tab_row import TabRow

# The head, two lines of status, and the keys.
BARS_HEIGHT = 4

# A way through time that takes longer than this (seconds) is told of, with how to end it.
LONG_WAY = 0.3

# Who leaves waits so often so long (seconds) for a machine that is to stand still.
_PATIENCE, _PAUSE = 400, 0.005

# How long (seconds) a notice is seen that somebody should read.
NOTICE_TIME = 15.0


class DebuggerScreen(Screen[None]):
    """All panes of one session."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings()]
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {lambda: ActionProvider}

    @dataclass
    class Seen(Message):
        """There is something new to see. Of several that wait, the last is enough."""

        snapshot: Snapshot

        def can_replace(self, message: Message) -> bool:
            """Let a newer snapshot take this one's place."""
            return isinstance(message, DebuggerScreen.Seen)

    class Stood(Message):
        """A move has ended."""

    @dataclass
    class Refused(Message):
        """A move or a change was not possible."""

        text: str

    @dataclass
    class WouldCut(Message):
        """An edit would cut off the known future; `resumes` tells whether to run after it."""

        cut: Cut
        edit: MachineEdit
        resumes: bool

    def __init__(self, session: Session, settings: Settings | None = None) -> None:
        super().__init__()
        self.session = session
        self._resumes_on_input = False
        self._moves = MoveQueue(self._move_in_worker)
        self.commands = Commands(self)
        self._settings = settings
        self._keeper = Keeper(self, settings) if settings is not None else None
        self._notices = self._keeper.bring_back() if self._keeper is not None else []
        self.snapshot = session.snapshot()
        self.reloader = Reloader(self)
        session.on_progress = lambda snapshot: self._tell(self.Seen(snapshot))

    def compose(self) -> ComposeResult:
        """Yield bars and panes."""
        yield HeaderBar(id="head")
        with Body():
            for pane in PANES:
                yield pane.make(pane.name)
            yield DiagnosticsPane()
            for area in AREAS:
                yield TabRow(id=area)
        yield StatusBar(id="status")
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Show the first snapshot."""
        self.title = self.snapshot.title
        self.query_one(KeyBar).leads_back = self.has_gallery
        self.query_one(SourcePane).disassembly_of = self._disassembly
        self.query_one(SourcePane).translation_of = self._translation
        self.query_one(CommandPane).attach(self.commands)
        displays = self.commands.interpreter.context.displays
        self.query_one(BreakpointsPane).attach(self.session, displays)
        if self._settings is not None and self._keeper is not None:
            self.query_one(Body).arranged = self._settings.layout
            self.watch(self.query_one(Body), "arranged", self._keeper.layout_changed, init=False)
        self._show(self.snapshot)
        self.focus_source()
        for notice in self._notices:
            self.notice(notice)
        self.reloader.start()

    async def on_unmount(self) -> None:
        """Let the machine stand still: nobody looks any more. What was set up is kept by then."""
        self.session.on_progress = None
        self.session.pause()
        self.reloader.stop()
        if self._keeper is not None:
            self._keeper.keep_now()
        is_kept = threading.Event()
        self.session.post(is_kept.set)
        for _ in range(_PATIENCE):
            if is_kept.is_set():
                break
            await asyncio.sleep(_PAUSE)

    def on_resize(self, event: events.Resize) -> None:
        """Choose the arrangement for the new size."""
        self._arrange()

    # Snapshots

    def on_debugger_screen_seen(self, message: Seen) -> None:
        """Draw a snapshot."""
        self._show(message.snapshot)

    def on_debugger_screen_stood(self) -> None:
        """Draw what there is now, and give back the keys that need a machine that stands still."""
        if not self.session.is_moving:
            self._show(self.session.snapshot())
        self._resumes_on_input = self.snapshot.stop.kind is StopKind.WAITING
        self.session.forget_pause()
        self._moves.ended(self.snapshot.stop)
        self.commands.stood()
        self.reloader.stood()

    def on_debugger_screen_refused(self, message: Refused) -> None:
        """Say why a move or a change was not possible."""
        self._moves.forget()
        self.say(message.text, is_problem=True)

    def say(self, text: str | None, *, is_problem: bool = False) -> None:
        """Tell something, for a while, in the line of the keys: it hides nothing of the machine."""
        if text:
            self.query_one(KeyBar).say(text, is_problem=is_problem)

    def notice(self, text: str) -> None:
        """Tell something that somebody should read, whatever is done meanwhile."""
        self.app.notify(text, severity="warning", timeout=NOTICE_TIME, markup=False)

    def _show(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        if self._keeper is not None:
            self._keeper.look(snapshot)
        with self.app.batch_update():
            for bar in self.query(Bar):
                bar.show(snapshot)
            for pane in self._panes_in_view():
                pane.show(snapshot)

    def _panes_in_view(self) -> Iterator[Pane]:
        """Yield what draws snapshots in the panes that have a place now, the source always."""
        for name in PANES_BY_NAME:
            widget = self.query_one(f"#{name}", Widget)
            if widget.display or name == SOURCE:
                if isinstance(widget, Pane):
                    yield widget
                yield from widget.query(Pane)

    def _aim(self) -> None:
        """Have the next snapshots tell what the panes in view want to see."""
        lenses: dict[str, Lens] = {}
        for pane in self._panes_in_view():
            lens = pane.lens()
            if lens is not None and pane.id is not None:
                lenses[pane.id] = lens
        self.session.lenses = lenses

    def refresh_snapshot(self) -> None:
        """Look at the machine again: other panes are in view, or they want to see something else."""
        self._aim()
        self.alter(lambda: None)

    def _tell(self, message: Message) -> None:
        """Post a message from the thread that moves the machine."""
        if self.is_attached:
            self.post_message(message)

    def _disassembly(self, component: Component | None, physical: int) -> Disassembly:
        return Disassembly(self.session.machine, component, physical)

    def _translation(self, component: Component) -> Translation:
        return Translation(self.session.machine, self.session.whereabouts, component)

    # Actions

    def action_do(self, name: str) -> None:
        """Do the action of a name."""
        action = ACTIONS_BY_NAME[name]
        if self.can_do(name):
            action.run(self)

    def can_do(self, name: str) -> bool:
        """Tell whether an action makes sense now.

        While a step is under way the machine still counts as standing: the next step waits for it.
        """
        action = ACTIONS_BY_NAME[name]
        running = self.is_moving if action.running else self.snapshot.running
        return action.is_available(running=running, ended=self.snapshot.has_ended)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what makes no sense now."""
        if action == "do" and parameters:
            return self.can_do(str(parameters[0])) or None
        return True

    # Moving

    def move(self, move: Move) -> None:
        """Move the machine in the worker, after the moves that are wanted already."""
        self._resumes_on_input = False
        self._moves.want(move)

    def move_in_time(self, move: Move) -> None:
        """Move to another instant; of a long way, say that one can stop on it."""
        self.move(move)
        before = self.snapshot

        def tell() -> None:
            if self.is_moving and self.snapshot is before:
                self.say("on the way through time: space pauses")

        self.set_timer(LONG_WAY, tell)

    @work(thread=True, exclusive=False)
    def _move_in_worker(self, move: Move) -> None:
        worker = get_current_worker()
        try:
            stopped = None if worker.is_cancelled else move()
            if isinstance(stopped, Stopped):
                self.commands.after_stop(stopped)
        except MoveError as error:
            self._tell(self.Refused(str(error)))
        finally:
            self._tell(self.Stood())

    def restart(self) -> None:
        """Begin anew, with other sources if they have changed."""
        if self.reloader.has_changed():
            self.reloader.read_now(from_start=True)
        else:
            self.move(self.session.restart)

    @property
    def is_moving(self) -> bool:
        """Tell whether the machine is, or is just about to be, moved."""
        return self._moves.is_busy

    def pause(self) -> None:
        """Stop the running machine, and forget what it would do after that."""
        self.reloader.stay()
        self.pause_between()

    def pause_between(self) -> None:
        """Stop the running machine, and forget the moves that wait; it may be on its way again then."""
        self._moves.forget()
        self.commands.drop()
        self.session.pause()

    def on_travel(self, message: Travel) -> None:
        """Go to an instant."""
        if self.snapshot.running:
            self.say("the machine runs: space pauses it", is_problem=True)
        else:
            self.move_in_time(lambda: self.session.goto(message.instant))

    # Changes

    def alter(self, change: Callable[[], object]) -> None:
        """Change something of the session between two steps, and show it."""

        def change_and_show() -> None:
            change()
            self._tell(self.Seen(self.session.snapshot()))

        self.session.post(change_and_show)

    def toggle_breakpoint(self, text: str, locations: tuple[Location, ...]) -> None:
        """Set or remove a breakpoint at a place in the source."""
        if locations:
            self.alter(lambda: self.session.toggle_at(text, locations))
        else:
            self.say("there is no code on this line nor after it", is_problem=True)

    def toggle_trap_bit(self, bit: TrapBit) -> None:
        """Set or clear a bit of the trap bitmap."""
        self.edit(lambda cut: self.session.toggle_trap_bit(bit, cut=cut))

    def edit(self, edit: MachineEdit, *, resumes: bool = False, cut: bool = False) -> None:
        """Change the machine, then run if it `resumes`; ask before the known future is cut off."""

        def attempt() -> None:
            try:
                edit(cut)
            except FutureLostError as error:
                was_moving = self.is_moving or self.session.is_moving
                if was_moving:
                    # What is asked is about this instant.
                    self.session.pause()
                self._tell(self.WouldCut(error.cut, edit, resumes or was_moving))
            except EditError as error:
                self._tell(self.Refused(str(error)))
            else:
                if resumes:
                    self.call_later(self.action_do, "resume")

        self.alter(attempt)

    def on_debugger_screen_would_cut(self, message: WouldCut) -> None:
        """Ask whether the known future may go."""

        def answered(agreed: bool | None) -> None:
            if agreed:
                self.edit(message.edit, resumes=message.resumes, cut=True)
            else:
                self.say("nothing was changed: the known future stays")

        self.app.push_screen(CutScreen(message.cut), answered)

    # Edited sources

    def on_sources_read(self, message: SourcesRead) -> None:
        """Take up edited sources."""
        self.reloader.take(message)

    def on_sources_wrong(self, message: SourcesWrong) -> None:
        """Show what is wrong with edited sources."""
        self.reloader.refuse(message)

    def cover_source(self, error: Exception) -> None:
        """Show what is wrong with the source, in its place."""
        self.query_one(DiagnosticsPane).tell(error)
        had_focus = self.focused_pane == SOURCE
        self.query_one(Body).covering = DIAGNOSTICS
        self._arrange()
        if had_focus:
            self.focus_source()

    def uncover_source(self) -> None:
        """Show the source again."""
        had_focus = self.query_one(DiagnosticsPane).has_focus
        self.query_one(Body).covering = ""
        self._arrange()
        if had_focus:
            self.focus_source()

    def on_diagnostics_pane_hidden(self) -> None:
        """Show the source as it was."""
        self.uncover_source()

    def focus_source(self) -> None:
        """Go to the source, or to what stands in its place."""
        self.query_one(f"#{self.query_one(Body).covering or SOURCE}", Widget).focus()

    # What panes ask for

    def on_say(self, message: Say) -> None:
        """Tell the person something."""
        self.say(message.text, is_problem=message.is_problem)

    def on_execute(self, message: Execute) -> None:
        """Do a command."""
        self.commands.want(message.line, is_typed=False)

    def compose_command(self, text: str) -> None:
        """Open the command line with a text typed."""
        self.go_to_pane(COMMAND)
        self.query_one(CommandPane).begin(text)

    def on_prefill(self, message: Prefill) -> None:
        """Open the command line with a text typed."""
        self.compose_command(message.text)

    def on_do(self, message: Do) -> None:
        """Do an action, when what led to it is over."""
        self.call_later(self.action_do, message.name)

    def on_alter(self, message: Alter) -> None:
        """Change the session."""
        self.alter(message.change)

    def on_edit(self, message: Edit) -> None:
        """Change the machine."""
        self.edit(message.change)

    def on_refresh(self) -> None:
        """Take a new snapshot."""
        self.refresh_snapshot()

    def on_look_at(self, message: LookAt) -> None:
        """Show a place in the source."""
        self.look_at(message.position)

    def on_inspect(self, message: Inspect) -> None:
        """Have a pane show what an expression names."""
        self.go_to_pane(message.pane)
        pane = self.query_one(f"#{message.pane}", Widget)
        if isinstance(pane, Inspects):
            pane.inspect(message.text)

    def on_bitmap_pane_toggle_breakpoint(self, message: BitmapPane.ToggleBreakpoint) -> None:
        """Set or remove a breakpoint on a trap bit."""
        self.alter(lambda: self.session.toggle_on_bit(message.bit))

    def on_bitmap_pane_toggle_bit(self, message: BitmapPane.ToggleBit) -> None:
        """Set or clear a trap bit whose box was clicked."""
        self.toggle_trap_bit(message.bit)

    def on_source_pane_toggle_breakpoint(self, message: SourcePane.ToggleBreakpoint) -> None:
        """Set or remove a breakpoint where somebody clicked."""
        self.toggle_breakpoint(message.text, message.locations)

    def on_stack_pane_chosen(self, message: StackPane.Chosen) -> None:
        """Show in the source where an entry of the stack waits."""
        self.look_at(message.position)

    def on_console_pane_typed(self, message: ConsolePane.Typed) -> None:
        """Send a line to the guest; one that waited for it goes on."""
        resumes = self._resumes_on_input and not self.is_moving
        self.edit(lambda cut: self.session.send(message.data, cut=cut), resumes=resumes)

    def on_console_pane_left(self) -> None:
        """Give the keys back to the debugger."""
        self.focus_source()

    def on_tab_row_opened(self, message: TabRow.Opened) -> None:
        """Open a tab that was clicked on."""
        self.go_to_pane(message.pane)

    # Views

    @property
    def arranged(self) -> Layout:
        """What the person wishes of the panes' places."""
        return self.query_one(Body).arranged

    def lay_out(self, layout: Layout) -> None:
        """Put the panes to other places."""
        self.query_one(Body).arranged = layout
        self._arrange()

    def _arrange(self) -> None:
        """Show the panes that have a place in the present arrangement."""
        body = self.query_one(Body)
        width, height = self.size
        plan = body.plan(width, max(height - BARS_HEIGHT, 0))
        for area in AREAS:
            row = self.query_one(f"#{area}", TabRow)
            row.display = area in plan.regions
            row.offer(plan.tabs.get(area, ()), plan.open_tabs.get(area, ""))
        appeared = False
        for name in PANES_BY_NAME:
            pane = self.query_one(f"#{name}", Widget)
            appeared |= name in plan.regions and not pane.display
            pane.display = name in plan.regions
            pane.set_class(plan.is_tabbed(name), "-tabbed")
        self.query_one(DiagnosticsPane).display = DIAGNOSTICS in plan.regions
        body.refresh(layout=True)
        self._aim()
        if appeared or self.session.lenses:
            self.alter(lambda: None)

    def go_to_pane(self, name: str) -> None:
        """Go to a pane, wherever it is: it is shown, its tab opened."""
        self.lay_out(self.arranged.gone_to(name))
        if name == SOURCE:
            self.focus_source()
            return
        inside = PANES_BY_NAME[name].inside
        pane = self.query_one(f"#{name}", Widget)
        # At once, for the keys that are on their way.
        self.set_focus(pane.query_one(inside, Widget) if inside else pane)

    @property
    def focused_pane(self) -> str | None:
        """The name of the pane that has the focus."""
        node = self.focused
        while node is not None:
            if node.id in PANES_BY_NAME:
                return node.id
            node = node.parent if isinstance(node.parent, Widget) else None
        return None

    def look_at(self, position: Position) -> None:
        """Show a place in the source."""
        self.query_one(SourcePane).look_at(position)

    def show_help(self) -> None:
        """Show the keys, and what the focused pane shows."""
        pane = self.focused_pane
        self.app.push_screen(HelpScreen(self.query_one(f"#{pane}", Widget) if pane else None))

    @property
    def has_gallery(self) -> bool:
        """Tell whether the gallery waits below this screen."""
        return self.app.screen_stack[0] is not self

    def leave(self) -> None:
        """Leave this machine."""
        self.pause()
        if self.has_gallery:
            self.dismiss()
        else:
            self.app.exit()
