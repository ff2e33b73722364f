"""Moves back in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hvtui.tui.actions.table import Group

if TYPE_CHECKING:
    from hvtui.tui.screens.debugger import DebuggerScreen

GROUP = Group("Move back in time")


@GROUP.action("reverse_step_line", "S", label="back", rank=6, standing=True)
def reverse_step_line(screen: DebuggerScreen) -> None:
    """Go back a source line, into calls and traps."""
    screen.move_in_time(screen.session.reverse_step_line)


@GROUP.action("reverse_step_instruction", "I", standing=True)
def reverse_step_instruction(screen: DebuggerScreen) -> None:
    """Go back one instruction, trap or interrupt."""
    screen.move_in_time(screen.session.reverse_step_instruction)


@GROUP.action("reverse_over", "N", standing=True)
def reverse_over(screen: DebuggerScreen) -> None:
    """Go back a line here, over calls and traps."""
    screen.move_in_time(screen.session.reverse_over)


@GROUP.action("reverse_over_instruction", "O", standing=True)
def reverse_over_instruction(screen: DebuggerScreen) -> None:
    """Go back one instruction, over a call or trap."""
    screen.move_in_time(screen.session.reverse_over_instruction)


@GROUP.action("reverse_finish", "F", standing=True)
def reverse_finish(screen: DebuggerScreen) -> None:
    """Go back to the call or trap that led here."""
    screen.move_in_time(screen.session.reverse_finish)


@GROUP.action("reverse_resume", "C", standing=True)
def reverse_resume(screen: DebuggerScreen) -> None:
    """Go back to the last breakpoint hit, or the beginning."""
    screen.move_in_time(screen.session.reverse_resume)
