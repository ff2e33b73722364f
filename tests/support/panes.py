"""One pane of the screen by itself: its lines, and clicks on them."""

from __future__ import annotations

from textual.pilot import Pilot
from textual.widget import Widget

from tests.support.screens import screen_text, settle


async def calm(pilot: Pilot[None]) -> None:
    """Wait until panes that do their work in slices have done it."""
    for _ in range(6):
        await pilot.pause(0.03)
        await settle(pilot)


def pane_text(pilot: Pilot[None], selector: str) -> list[str]:
    """Return the lines of a widget, its edge included, as the screen shows them."""
    region = pilot.app.screen.query_one(selector, Widget).region
    rows = screen_text(pilot)[region.y : region.bottom]
    return [line[region.x : region.right].rstrip() for line in rows]
