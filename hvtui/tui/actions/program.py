"""Help, and the ways out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from hvtui.tui.actions.table import Group
from hvtui.tui.arrangement import SOURCE

if TYPE_CHECKING:
    from hvtui.tui.screens.debugger import DebuggerScreen

GROUP = Group("Program")


@GROUP.action("show_help", "question_mark", "f1", label="help")
def show_help(screen: DebuggerScreen) -> None:
    """Show this help."""
    screen.show_help()


@GROUP.action("back", "escape")
def back(screen: DebuggerScreen) -> None:
    """Back: from zoom, to the source, to the gallery."""
    if screen.arranged.zoomed is not None:
        screen.lay_out(replace(screen.arranged, zoomed=None))
    elif screen.focused_pane != SOURCE:
        screen.focus_source()
    elif screen.has_gallery:
        screen.leave()
    else:
        screen.say("q quits")


@GROUP.action("leave", "q", label="quit")
def leave(screen: DebuggerScreen) -> None:
    """Leave: back to the gallery, or to the shell."""
    screen.leave()
