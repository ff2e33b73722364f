"""The debugger screen: the panes over one session, which a worker thread moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from textual import events, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.message import Message
from textual.screen import Screen
from textual.widget import Widget
from textual.worker import Worker, get_current_worker

from asm.isa.trapbits import TrapBit
from hvtui.debugger.edits import EditError
from hvtui.debugger.history import Cut, FutureLostError
from hvtui.debugger.listing import Disassembly
from hvtui.debugger.locations import Location
from hvtui.debugger.session import MoveError, Session
from hvtui.debugger.snapshot import Snapshot, StopKind
from hvtui.machinefile.system import Component
from hvtui.tui.actions import action_named, bindings, is_available
from hvtui.tui.arrangement import BITMAP, CONSOLE, PANES, REGISTERS, RINGS, SOURCE, STACK, TABBED, TABS
from hvtui.tui.bars import Bar, HeaderBar, KeyBar, StatusBar, TabRow
from hvtui.tui.body import Body
from hvtui.tui.panes.bitmap import BitmapPane
from hvtui.tui.panes.console import ConsolePane
from hvtui.tui.panes.pane import Pane
from hvtui.tui.panes.registers import RegistersPane
from hvtui.tui.panes.rings import RingsPane
from hvtui.tui.panes.source import SourcePane
from hvtui.tui.panes.stack import StackPane
from hvtui.tui.screens.breakpoints import BreakpointsScreen
from hvtui.tui.screens.cut import CutScreen
from hvtui.tui.screens.help import HelpScreen
from hvtui.tui.screens.places import PlaceScreen
from hvtui.tui.screens.traps import TrapScreen

# The head, two lines of status, and the keys.
BARS_HEIGHT = 4

# A way back that takes longer than this (seconds) is told of, with how to end it.
LONG_WAY_BACK = 0.3

# Changes the machine: with True, even if the known future is cut off.
Edit = Callable[[bool], object]


class DebuggerScreen(Screen[None]):
    """All panes of one session."""

    BINDINGS: ClassVar[list[BindingType]] = [*bindings()]

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
        edit: Edit
        resumes: bool

    def __init__(self, session: Session) -> None:
        super().__init__()
        self.session = session
        self.snapshot = session.snapshot()
        self._resumes_on_input = False
        self._mover: Worker[None] | None = None
        session.on_progress = lambda snapshot: self._tell(self.Seen(snapshot))

    def compose(self) -> ComposeResult:
        """Yield bars and panes."""
        yield HeaderBar(id="head")
        with Body():
            yield SourcePane(id=SOURCE)
            yield RingsPane(id=RINGS)
            yield BitmapPane(id=BITMAP)
            yield TabRow(id=TABS)
            yield RegistersPane(id=REGISTERS)
            yield StackPane(id=STACK)
            yield ConsolePane(id=CONSOLE)
        yield StatusBar(id="status")
        yield KeyBar(id="keys")

    def on_mount(self) -> None:
        """Show the first snapshot."""
        self.title = self.snapshot.title
        self.query_one(KeyBar).leads_back = self.has_gallery
        self.query_one(SourcePane).disassembly_of = self._disassembly
        self._show(self.snapshot)
        self.query_one(SourcePane).focus()

    def on_unmount(self) -> None:
        """Let the machine stand still: nobody looks any more."""
        self.session.on_progress = None
        self.session.pause()

    def on_resize(self, event: events.Resize) -> None:
        """Choose the arrangement for the new size."""
        self._arrange()

    # Snapshots

    def on_debugger_screen_seen(self, message: Seen) -> None:
        """Draw a snapshot."""
        self._show(message.snapshot)

    def on_debugger_screen_stood(self) -> None:
        """Draw what there is now, and give back the keys that need a machine that stands still."""
        self._mover = None
        if not self.session.is_moving:
            self._show(self.session.snapshot())
        self._resumes_on_input = self.snapshot.stop.kind is StopKind.WAITING

    def on_debugger_screen_refused(self, message: Refused) -> None:
        """Say why a move or a change was not possible."""
        self.say(message.text, is_problem=True)

    def say(self, text: str | None, *, is_problem: bool = False) -> None:
        """Tell something, for a while, in the line of the keys: it hides nothing of the machine."""
        if text:
            self.query_one(KeyBar).say(text, is_problem=is_problem)

    def _show(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        with self.app.batch_update():
            for bar in self.query(Bar):
                bar.show(snapshot)
            for pane in self.query(Pane):
                pane.show(snapshot)

    def _tell(self, message: Message) -> None:
        """Post a message from the thread that moves the machine."""
        if self.is_attached:
            self.post_message(message)

    def _disassembly(self, component: Component | None, physical: int) -> Disassembly:
        return Disassembly(self.session.machine, component, physical)

    # Moving

    @work(thread=True, exclusive=False)
    def _move_in_worker(self, move: Callable[[], object]) -> None:
        worker = get_current_worker()
        try:
            if not worker.is_cancelled:
                move()
        except MoveError as error:
            self._tell(self.Refused(str(error)))
        finally:
            self._tell(self.Stood())

    def _move(self, move: Callable[[], object]) -> None:
        if self._mover is None:
            self._resumes_on_input = False
            self._mover = self._move_in_worker(move)

    @property
    def is_moving(self) -> bool:
        """Tell whether the machine is, or is just about to be, moved."""
        return self._mover is not None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Grey out what makes no sense now."""
        known = action_named(action)
        if known is None:
            return True
        return is_available(known, running=self.is_moving, ended=self.snapshot.has_ended) or None

    def action_step_line(self) -> None:
        """Step to the next line."""
        self._move(self.session.step_line)

    def action_step_instruction(self) -> None:
        """Step one instruction."""
        self._move(self.session.step_instruction)

    def action_step_over(self) -> None:
        """Step over calls and traps."""
        self._move(self.session.step_over)

    def action_step_over_instruction(self) -> None:
        """Step one instruction, over a call or trap."""
        self._move(self.session.step_over_instruction)

    def action_finish(self) -> None:
        """Run to the end of the function or handler."""
        self._move(self.session.finish)

    def action_resume(self) -> None:
        """Run."""
        self._move(self.session.resume)

    def action_run_to_cursor(self) -> None:
        """Run until the line under the cursor."""
        _, locations = self.query_one(SourcePane).at_cursor()
        if locations:
            self._move(lambda: self.session.run_to(locations))
        else:
            self.say("there is no code on this line nor after it", is_problem=True)

    def action_pause(self) -> None:
        """Stop the running machine."""
        self.session.pause()

    def action_restart(self) -> None:
        """Begin anew."""
        self._move(self.session.restart)

    # Moving back in time

    def _move_back(self, move: Callable[[], object]) -> None:
        """Move back; of a long way, say that one can stop on it."""
        self._move(move)
        mover = self._mover

        def tell() -> None:
            if mover is not None and self._mover is mover:
                self.say("going back: space pauses")

        self.set_timer(LONG_WAY_BACK, tell)

    def action_reverse_step_line(self) -> None:
        """Go back a line."""
        self._move_back(self.session.reverse_step_line)

    def action_reverse_step_instruction(self) -> None:
        """Go back one instruction."""
        self._move_back(self.session.reverse_step_instruction)

    def action_reverse_over(self) -> None:
        """Go back a line, over calls and traps."""
        self._move_back(self.session.reverse_over)

    def action_reverse_over_instruction(self) -> None:
        """Go back one instruction, over a call or trap."""
        self._move_back(self.session.reverse_over_instruction)

    def action_reverse_finish(self) -> None:
        """Go back to what entered the function or handler."""
        self._move_back(self.session.reverse_finish)

    def action_reverse_resume(self) -> None:
        """Go back to where a breakpoint was met last."""
        self._move_back(self.session.reverse_resume)

    # Breakpoints

    def action_toggle_breakpoint(self) -> None:
        """Set or remove a breakpoint at the cursor, be it in the source or in the trap bitmap."""
        if self._focused_pane() == BITMAP:
            self.query_one(BitmapPane).action_break_on_bit()
        else:
            self._toggle(*self.query_one(SourcePane).at_cursor())

    def on_bitmap_pane_toggle_breakpoint(self, message: BitmapPane.ToggleBreakpoint) -> None:
        """Set or remove a breakpoint on a trap bit."""
        self._change(lambda: self.session.toggle_on_bit(message.bit))

    def on_source_pane_toggle_breakpoint(self, message: SourcePane.ToggleBreakpoint) -> None:
        """Set or remove a breakpoint where somebody clicked."""
        self._toggle(message.text, message.locations)

    def _toggle(self, text: str, locations: tuple[Location, ...]) -> None:
        if not locations:
            self.say("there is no code on this line nor after it", is_problem=True)
            return
        self._change(lambda: self.session.toggle_at(text, locations))

    def _change(self, action: Callable[[], object]) -> None:
        """Change something of the session, and show it."""

        def change_and_show() -> None:
            action()
            self._tell(self.Seen(self.session.snapshot()))

        self.session.post(change_and_show)

    def action_break_on_trap(self) -> None:
        """Open the dialog of trap breakpoints."""
        self.app.push_screen(TrapScreen(self.session, self._change), self.say)

    def action_list_breakpoints(self) -> None:
        """Open the list of all breakpoints."""
        self.app.push_screen(BreakpointsScreen(self.session, self._change))

    # Changes to the machine

    def action_toggle_trap_bit(self) -> None:
        """Set or clear the trap bit that is chosen in the bitmap."""
        if self._focused_pane() != BITMAP:
            self.say("choose a bit in the trap bitmap first: 3 leads there", is_problem=True)
            return
        self._toggle_trap_bit(self.query_one(BitmapPane).chosen)

    def on_bitmap_pane_toggle_bit(self, message: BitmapPane.ToggleBit) -> None:
        """Set or clear a trap bit whose box was clicked."""
        self._toggle_trap_bit(message.bit)

    def _toggle_trap_bit(self, bit: TrapBit) -> None:
        self._edit(lambda cut: self.session.toggle_trap_bit(bit, cut=cut))

    def _edit(self, edit: Edit, *, resumes: bool = False, cut: bool = False) -> None:
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
                    self.call_later(self.action_resume)

        self._change(attempt)

    def on_debugger_screen_would_cut(self, message: WouldCut) -> None:
        """Ask whether the known future may go."""

        def answered(agreed: bool | None) -> None:
            if agreed:
                self._edit(message.edit, resumes=message.resumes, cut=True)
            else:
                self.say("nothing was changed: the known future stays")

        self.app.push_screen(CutScreen(message.cut), answered)

    # Views

    def action_toggle_disassembly(self) -> None:
        """Change between source and disassembly."""
        self.query_one(SourcePane).toggle_disassembly()

    def action_go_to(self) -> None:
        """Open the dialog that leads to a place in the source."""
        here = self.snapshot.position.component
        self.app.push_screen(PlaceScreen(self.session.system, here), self._go_to)

    def _go_to(self, location: Location | None) -> None:
        if location is not None:
            address = location.linked if location.component else location.physical
            self.query_one(SourcePane).look_at(self.session.whereabouts.of(address, location.physical))
            self.action_focus_pane(SOURCE)

    def action_zoom(self) -> None:
        """Give the focused pane all the room, or take it back."""
        body = self.query_one(Body)
        pane = self._focused_pane()
        body.zoomed = None if body.zoomed is not None or pane is None else pane
        self._arrange()

    def action_focus_pane(self, name: str) -> None:
        """Go to a pane, and open its tab."""
        body = self.query_one(Body)
        if body.zoomed is not None:
            body.zoomed = name
        if name in TABBED:
            self._open_tab(name)
        self._arrange()
        pane = self.query_one(f"#{name}", Widget)
        if name == CONSOLE:
            pane = pane.query_one("#console-output", Widget)
        pane.focus()

    def action_type_to_guest(self) -> None:
        """Open the console's input line."""
        self.action_focus_pane(CONSOLE)
        self.query_one(ConsolePane).focus_input()

    def action_show_help(self) -> None:
        """Show the keys, and what the focused pane shows."""
        pane = self._focused_pane()
        self.app.push_screen(HelpScreen(self.query_one(f"#{pane}", Widget) if pane else None))

    def action_leave(self) -> None:
        """Leave this machine."""
        self.session.pause()
        if self.has_gallery:
            self.dismiss()
        else:
            self.app.exit()

    def action_back(self) -> None:
        """Go one step back: out of a zoomed pane, to the source, to the gallery."""
        if self.query_one(Body).zoomed is not None:
            self.action_zoom()
        elif self._focused_pane() != SOURCE:
            self.query_one(SourcePane).focus()
        elif self.has_gallery:
            self.action_leave()
        else:
            self.say("q quits")

    @property
    def has_gallery(self) -> bool:
        """Tell whether the gallery waits below this screen."""
        return self.app.screen_stack[0] is not self

    def on_key_bar_pressed(self, message: KeyBar.Pressed) -> None:
        """Do what was clicked on."""
        if self.check_action(message.action, ()):
            self.call_later(self.run_action, message.action)

    def on_tab_row_opened(self, message: TabRow.Opened) -> None:
        """Open a tab that was clicked on."""
        self.action_focus_pane(message.pane)

    def on_stack_pane_chosen(self, message: StackPane.Chosen) -> None:
        """Show in the source where an entry of the stack waits."""
        self.query_one(SourcePane).look_at(message.position)

    def _open_tab(self, name: str) -> None:
        self.query_one(Body).open_tab = name
        row = self.query_one(TabRow)
        row.open_tab = name
        row.redraw()

    def _focused_pane(self) -> str | None:
        node = self.focused
        while node is not None:
            if node.id in PANES:
                return node.id
            node = node.parent if isinstance(node.parent, Widget) else None
        return None

    def _arrange(self) -> None:
        """Show the panes that have a place in the present arrangement."""
        body = self.query_one(Body)
        width, height = self.size
        plan = body.plan(width, max(height - BARS_HEIGHT, 0))
        body.set_class(plan.shape.value == "compact" and body.zoomed is None, "-compact")
        for name in (*PANES, TABS):
            self.query_one(f"#{name}", Widget).display = name in plan.regions
        body.refresh(layout=True)

    # Input for the guest

    def on_console_pane_typed(self, message: ConsolePane.Typed) -> None:
        """Send a line to the guest; one that waited for it goes on."""
        resumes = self._resumes_on_input and not self.is_moving
        self._edit(lambda cut: self.session.send(message.data, cut=cut), resumes=resumes)

    def on_console_pane_left(self) -> None:
        """Give the keys back to the debugger."""
        self.query_one(SourcePane).focus()
