"""Breakpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hvtui.tui.actions.table import Group
from hvtui.tui.arrangement import BITMAP
from hvtui.tui.panes.bitmap import BitmapPane
from hvtui.tui.panes.source import SourcePane
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


@GROUP.action("watch", "w")
def watch(screen: DebuggerScreen) -> None:
    """Type what to watch: memory, a register, any expression."""
    screen.compose_command("watch ")
