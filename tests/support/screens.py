"""Driving the screen in tests: start it over a small system, wait for moves, read what it shows."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.events import Key
from textual.keys import _character_to_key as character_to_key
from textual.pilot import Pilot
from textual.widgets import Input

from hvtui.debugger.snapshot import Snapshot
from hvtui.machinefile.system import System
from hvtui.tui.app import HvtuiApp
from hvtui.tui.screens.debugger import DebuggerScreen


@asynccontextmanager
async def running(
    system: System | None, size: tuple[int, int] = (120, 40), *, notifications: bool = False
) -> AsyncIterator[Pilot[None]]:
    """Run the app, with cursors that do not blink; `notifications` are shown if asked for."""
    app = HvtuiApp(system)
    async with app.run_test(size=size, notifications=notifications) as pilot:
        for field in app.query(Input):
            field.cursor_blink = False
        yield pilot


def debugger(pilot: Pilot[None]) -> DebuggerScreen:
    """Return the debugger screen, whatever dialog stands over it."""
    for screen in reversed(pilot.app.screen_stack):
        if isinstance(screen, DebuggerScreen):
            return screen
    raise AssertionError("there is no debugger screen")


async def settle(pilot: Pilot[None]) -> Snapshot:
    """Wait until the machine stands still and is drawn; return what is shown."""
    # A pause of no time waits for messages alone; one without a time waits for an idle CPU too. A key
    # that a line to type into does not want goes a longer way before it does anything.
    for _ in range(3):
        await pilot.pause(0)
    await pilot.app.workers.wait_for_complete()
    await pilot.pause(0)
    await pilot.pause(0)
    return debugger(pilot).snapshot


async def press(pilot: Pilot[None], *keys: str) -> Snapshot:
    """Press keys, each when the one before has done its work."""
    for key in keys:
        pilot.app.simulate_key(key)
        await settle(pilot)
    return debugger(pilot).snapshot


async def start(pilot: Pilot[None]) -> None:
    """Let the machine run, and wait until the screen shows that it does."""
    pilot.app.simulate_key("c")
    while not debugger(pilot).snapshot.running:
        await pilot.pause(0.01)


async def type_text(pilot: Pilot[None], text: str) -> None:
    """Type into whatever has the focus."""
    for character in text:
        pilot.app.post_message(Key(character_to_key(character), character))
        await pilot.pause(0)


def screen_text(pilot: Pilot[None]) -> list[str]:
    """Return the lines of the whole screen, blanks at their ends cut off."""
    return [
        "".join(segment.text for segment in strip).rstrip()
        for strip in pilot.app.screen._compositor.render_strips()
    ]


def pane_text(pilot: Pilot[None], name: str) -> list[str]:
    """Return the lines of a pane as they stand on the screen, blanks at their ends cut off."""
    region = debugger(pilot).query_one(f"#{name}").region
    strips = debugger(pilot)._compositor.render_strips()
    return [
        "".join(segment.text for segment in strip.crop(region.x, region.right)).rstrip()
        for strip in strips[region.y : region.bottom]
    ]
