"""Breakpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hvtui.tui.actions.table import Group
from hvtui.tui.arrangement import BITMAP, COMMAND
from hvtui.tui.panes.bitmap import BitmapPane
from hvtui.tui.panes.command import CommandPane
from hvtui.tui.panes.source import SourcePane
from hvtui.tui.screens.breakpoints import BreakpointsScreen
from hvtui.tui.screens.traps import TrapScreen

if TYPE_CHECKING:
    from hvtui.tui.screens.debugger import DebuggerScreen

GROUP = Group("Breakpoints")


@GROUP.action("toggle_breakpoint", "b", "f9", label="break", rank=5)
def toggle_breakpoint(screen: DebuggerScreen) -> None:
    """Set or remove a breakpoint on the chosen line or trap bit."""
    if screen.focused_pane == BITMAP:
        screen.query_one(BitmapPane).action_break_on_bit()
    else:
        screen.toggle_breakpoint(*screen.query_one(SourcePane).at_cursor())


@GROUP.action("break_on_trap", "t", label="trap", rank=3)
def break_on_trap(screen: DebuggerScreen) -> None:
    """Set breakpoints on traps: any, cause, bit, ring, ignored."""
    screen.app.push_screen(TrapScreen(screen.session, screen.alter), screen.say)


@GROUP.action("list_breakpoints", "B", label="list", rank=10)
def list_breakpoints(screen: DebuggerScreen) -> None:
    """List the breakpoints: switch on and off, remove."""
    screen.app.push_screen(BreakpointsScreen(screen.session, screen.alter))


@GROUP.action("watch", "w")
def watch(screen: DebuggerScreen) -> None:
    """Say at the command line what to watch: memory, a register, any expression."""
    screen.go_to_pane(COMMAND)
    screen.query_one(CommandPane).begin("watch ")
