"""One pane of the screen by itself: its lines, and waiting for what panes do by and by."""

from __future__ import annotations

from textual.pilot import Pilot
from textual.widget import Widget

from hvtui.tui.panes.log_view import LogRows
from hvtui.tui.panes.timeline import TimelinePane
from tests.support.screens import debugger, screen_text, settle

_QUIET, _MOST = 5, 500


async def calm(pilot: Pilot[None]) -> None:
    """Wait until the machine stands still, and panes that work in slices have done it."""
    quiet = 0
    for _ in range(_MOST):
        await pilot.pause(0.01)
        await settle(pilot)
        screen = debugger(pilot)
        busy = (
            screen.is_moving
            or screen.session.is_moving
            or screen.query_one(LogRows).is_searching
            or screen.query_one(TimelinePane).is_reading
        )
        quiet = 0 if busy else quiet + 1
        if quiet == _QUIET:
            return
    raise AssertionError("the screen does not come to rest")


def pane_text(pilot: Pilot[None], selector: str) -> list[str]:
    """Return the lines of a widget, its edge included, as the screen shows them."""
    region = pilot.app.screen.query_one(selector, Widget).region
    rows = screen_text(pilot)[region.y : region.bottom]
    return [line[region.x : region.right].rstrip() for line in rows]
