"""Moves forwards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hvtui.tui.actions.table import Group
from hvtui.tui.panes.source import SourcePane

if TYPE_CHECKING:
    from hvtui.tui.screens.debugger import DebuggerScreen

GROUP = Group("Move")


@GROUP.action("step_line", "s", "f11", label="step", rank=1, standing=True, alive=True)
def step_line(screen: DebuggerScreen) -> None:
    """Step to the next source line, into calls and traps."""
    screen.move(screen.session.step_line)


@GROUP.action("step_instruction", "i", label="instr", rank=4, standing=True, alive=True)
def step_instruction(screen: DebuggerScreen) -> None:
    """Step one instruction, trap or interrupt."""
    screen.move(screen.session.step_instruction)


@GROUP.action("step_over", "n", "f10", label="next", rank=2, standing=True, alive=True)
def step_over(screen: DebuggerScreen) -> None:
    """Step to the next line here, over calls and traps."""
    screen.move(screen.session.step_over)


@GROUP.action("step_over_instruction", "o", standing=True, alive=True)
def step_over_instruction(screen: DebuggerScreen) -> None:
    """Step one instruction, over a call or trap."""
    screen.move(screen.session.step_over_instruction)


@GROUP.action("finish", "f", label="finish", rank=7, standing=True, alive=True)
def finish(screen: DebuggerScreen) -> None:
    """Run until this function returns, or this trap handler."""
    screen.move(screen.session.finish)


@GROUP.action("resume", "c", "f5", label="continue", standing=True, alive=True)
def resume(screen: DebuggerScreen) -> None:
    """Run until a breakpoint, the end, or a pause."""
    screen.move(screen.session.resume)


@GROUP.action("run_to_cursor", "u", standing=True, alive=True)
def run_to_cursor(screen: DebuggerScreen) -> None:
    """Run until the line under the cursor."""
    _, locations = screen.query_one(SourcePane).at_cursor()
    if locations:
        screen.move(lambda: screen.session.run_to(locations))
    else:
        screen.say("there is no code on this line nor after it", is_problem=True)


@GROUP.action("pause", "p", "space", label="pause", running=True)
def pause(screen: DebuggerScreen) -> None:
    """Stop the running machine."""
    screen.pause()


@GROUP.action("restart", "r", label="restart", rank=8, standing=True)
def restart(screen: DebuggerScreen) -> None:
    """Begin anew, with edited sources; breakpoints stay."""
    screen.restart()


@GROUP.action("reload", "R")
def reload(screen: DebuggerScreen) -> None:
    """Read edited sources, and run to where the machine stands."""
    screen.reloader.read_now()
