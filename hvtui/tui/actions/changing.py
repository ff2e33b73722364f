"""Changes to the machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hvtui.tui.actions.table import Group
from hvtui.tui.arrangement import BITMAP, CONSOLE
from hvtui.tui.panes.bitmap import BitmapPane
from hvtui.tui.panes.console import ConsolePane

if TYPE_CHECKING:
    from hvtui.tui.screens.debugger import DebuggerScreen

GROUP = Group("Change")


@GROUP.action("toggle_trap_bit", "x")
def toggle_trap_bit(screen: DebuggerScreen) -> None:
    """Set or clear the trap bit chosen in the bitmap."""
    if screen.focused_pane == BITMAP:
        screen.toggle_trap_bit(screen.query_one(BitmapPane).chosen)
    else:
        screen.say("choose a bit in the trap bitmap first: 3 leads there", is_problem=True)


@GROUP.action("type_to_guest", "greater_than_sign")
def type_to_guest(screen: DebuggerScreen) -> None:
    """Type a line for the guest."""
    screen.go_to_pane(CONSOLE)
    screen.query_one(ConsolePane).focus_input()
