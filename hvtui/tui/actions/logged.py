"""Moves from event to event of the trap log: of those that its pane shows, if it filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hvtui.tui.actions.table import Group
from hvtui.tui.panes.log import LogPane

if TYPE_CHECKING:
    from hvtui.tui.screens.debugger import DebuggerScreen

GROUP = Group("Move by the trap log")


@GROUP.action("event_before", "left_square_bracket", standing=True)
def event_before(screen: DebuggerScreen) -> None:
    """Go back to the event before in the trap log."""
    wanted = screen.query_one(LogPane).wanted
    screen.move_in_time(lambda: screen.session.reverse_to_logged(wanted))


@GROUP.action("event_after", "right_square_bracket", standing=True)
def event_after(screen: DebuggerScreen) -> None:
    """Go to the next event in the trap log; beyond what is known, run to it."""
    wanted = screen.query_one(LogPane).wanted
    screen.move_in_time(lambda: screen.session.to_logged(wanted))
