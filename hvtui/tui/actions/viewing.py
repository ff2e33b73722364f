"""What is seen, and where on the screen."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hvtui.debugger.locations import Location
from hvtui.tui.actions.table import Action, Group
from hvtui.tui.arrangement import SOURCE
from hvtui.tui.panes.catalogue import PANES, PaneInfo
from hvtui.tui.panes.source import SourcePane
from hvtui.tui.screens.places import PlaceScreen

if TYPE_CHECKING:
    from hvtui.tui.screens.debugger import DebuggerScreen

GROUP = Group("View")
PLACES = Group("Panes")

# By how many cells one key press moves a boundary.
_COLUMNS, _LINES = 4, 2


@GROUP.action("toggle_disassembly", "d", label="disasm", rank=9)
def toggle_disassembly(screen: DebuggerScreen) -> None:
    """Change between source and disassembly."""
    screen.query_one(SourcePane).toggle_disassembly()


@GROUP.action("unfold_all", "asterisk")
def unfold_all(screen: DebuggerScreen) -> None:
    """Unfold what all macros of the source file made, or fold it again."""
    screen.query_one(SourcePane).unfold_all()


@GROUP.action("go_to", "slash", label="goto", rank=11)
def go_to(screen: DebuggerScreen) -> None:
    """Show a label, FILE:LINE or address in the source."""

    def chosen(location: Location | None) -> None:
        if location is not None:
            address = location.linked if location.component else location.physical
            screen.look_at(screen.session.whereabouts.of(address, location.physical))
            screen.go_to_pane(SOURCE)

    screen.app.push_screen(PlaceScreen(screen.session), chosen)


@GROUP.action("zoom", "z")
def zoom(screen: DebuggerScreen) -> None:
    """Give the focused pane the whole screen, and back."""
    zoomed = None if screen.arranged.zoomed is not None else screen.focused_pane
    screen.lay_out(replace(screen.arranged, zoomed=zoomed))


@GROUP.action("hide", "Z")
def hide(screen: DebuggerScreen) -> None:
    """Hide the focused pane; its key brings it back."""
    pane = screen.focused_pane
    if pane in (None, SOURCE):
        screen.say("the source always stays: go to another pane to hide that", is_problem=True)
        return
    screen.lay_out(screen.arranged.without(pane))
    screen.go_to_pane(SOURCE)


@GROUP.action("show_all")
def show_all(screen: DebuggerScreen) -> None:
    """Show all panes, in their usual sizes."""
    screen.lay_out(replace(screen.arranged, hidden=frozenset(), zoomed=None, right=0, low=0))


def _resize(screen: DebuggerScreen, *, right: int = 0, low: int = 0) -> None:
    arranged = screen.arranged
    screen.lay_out(replace(arranged, right=arranged.right + right, low=arranged.low + low))


@GROUP.action("widen_right", "ctrl+left")
def widen_right(screen: DebuggerScreen) -> None:
    """Make the column at the right wider."""
    _resize(screen, right=_COLUMNS)


@GROUP.action("narrow_right", "ctrl+right")
def narrow_right(screen: DebuggerScreen) -> None:
    """Make the column at the right narrower."""
    _resize(screen, right=-_COLUMNS)


@GROUP.action("raise_low", "ctrl+up")
def raise_low(screen: DebuggerScreen) -> None:
    """Make the area at the lower left higher."""
    _resize(screen, low=_LINES)


@GROUP.action("lower_low", "ctrl+down")
def lower_low(screen: DebuggerScreen) -> None:
    """Make the area at the lower left lower."""
    _resize(screen, low=-_LINES)


def _leading_to(pane: PaneInfo) -> Action:
    def lead(screen: DebuggerScreen) -> None:
        screen.go_to_pane(pane.name)

    summary = f"Go to the {pane.title.lower()}"
    return Action(f"pane_{pane.name}", (pane.key,), summary, PLACES.title, lead)


for _pane in PANES:
    PLACES.add(_leading_to(_pane))
