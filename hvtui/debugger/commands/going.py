"""Commands that move the machine, forwards and backwards in time."""

from __future__ import annotations

from collections.abc import Callable

from hvtui.debugger.commands.completing import expression, place
from hvtui.debugger.commands.context import Context
from hvtui.debugger.commands.table import CommandError, Group
from hvtui.debugger.session import MoveError
from hvtui.debugger.snapshot import StopKind, Stopped

GROUP = Group("Running", moves=True)
BACK = Group("Going back", moves=True)

# After these a count of steps does not go on.
_STEPPED = frozenset({StopKind.STEPPED, StopKind.START})
_SIGNS = "+-"


def _repeat(context: Context, text: str, move: Callable[[], Stopped]) -> None:
    for done in range(context.times(text)):
        if done and not context.goes_on():
            return
        try:
            stopped = move()
        except MoveError:
            if done:
                return  # the beginning or the end was reached before
            raise
        context.moved(stopped)
        if stopped.kind not in _STEPPED or stopped.numbers:
            return


@GROUP.command("step", "s", usage="[COUNT]", complete=expression)
def step(context: Context, text: str) -> None:
    """Go to the next source line, into calls and traps."""
    _repeat(context, text, context.session.step_line)


@GROUP.command("stepi", "si", usage="[COUNT]", complete=expression)
def step_instruction(context: Context, text: str) -> None:
    """Do one instruction, into calls and traps."""
    _repeat(context, text, context.session.step_instruction)


@GROUP.command("next", "n", usage="[COUNT]", complete=expression)
def step_over(context: Context, text: str) -> None:
    """Go to the next source line of this function, over calls and traps."""
    _repeat(context, text, context.session.step_over)


@GROUP.command("nexti", "ni", usage="[COUNT]", complete=expression)
def step_over_instruction(context: Context, text: str) -> None:
    """Do one instruction, with all of a call or a trap that it leads into."""
    _repeat(context, text, context.session.step_over_instruction)


@GROUP.command("finish", "fin", "fi", "f")
def finish(context: Context, text: str) -> None:
    """Run until this function returns, or the handler ends."""
    context.moved(context.session.finish())


@GROUP.command("finish-trap", "ft")
def finish_trap(context: Context, text: str) -> None:
    """Run until the present trap handler ends, in whichever of its functions it is.

    The handler is what the last trap or interrupt led to, or what a hypervisor handed it on to.
    """
    context.moved(context.session.finish_trap())


@GROUP.command("trap", usage="[COUNT]", complete=expression)
def to_trap(context: Context, text: str) -> None:
    """Run to the next trap or interrupt: to its handler's first instruction."""
    _repeat(context, text, context.session.to_trap)


@GROUP.command("ring", usage="[COUNT]", complete=expression)
def to_ring_change(context: Context, text: str) -> None:
    """Run until the ring changes: by a trap, an interrupt, mret or sret."""
    _repeat(context, text, context.session.to_ring_change)


@GROUP.command("guest", usage="[COUNT]", complete=expression)
def step_guest(context: Context, text: str) -> None:
    """Go to the next source line that a guest executes, over all that its hypervisor does.

    A trap that the hypervisor hands on leads into the guest's own handler.
    """
    _repeat(context, text, context.session.step_guest)


@GROUP.command("continue", "c", "cont", usage="[COUNT]", complete=expression)
def resume(context: Context, text: str) -> None:
    """Run until a breakpoint stops the machine, or its run ends.

    With a count, pass the breakpoint that stopped it last so many times less one.
    """
    count = context.times(text)
    session = context.session
    if count > 1:
        here = [known for known in session.breakpoints if known.number in session.stop.numbers]
        if not here:
            raise CommandError("no breakpoint stopped the machine: a count says how often to pass one")
        for known in here:
            session.ignore_hits(known.number, count - 1)
    context.moved(session.resume())


@GROUP.command("until", "u", "advance", usage="[PLACE]", complete=place)
def until(context: Context, text: str) -> None:
    """Run to a place; without one, to a line below this one, so as to leave a loop.

    Breakpoints on the way stop the machine.
    """
    session = context.session
    if text:
        context.moved(session.run_to(context.resolve(text), text))
        return
    start = session.here
    while True:
        stopped = session.step_over()
        context.moved(stopped)
        here = session.here
        is_loop = (
            here.component is start.component and here.label == start.label and here.pc <= start.pc
        )
        if stopped.kind is not StopKind.STEPPED or not is_loop or not context.goes_on():
            return


@GROUP.command("run", "r")
def run(context: Context, text: str) -> None:
    """Run from the beginning: restart the machine, if it has run, and continue."""
    if context.session.machine.instant or context.session.machine.exit is not None:
        context.session.restart()
    context.moved(context.session.resume())


@GROUP.command("restart", "start")
def restart(context: Context, text: str) -> None:
    """Begin anew with a fresh machine, and stop before its first instruction.

    Breakpoints stay; what was recorded of the run, edits included, is forgotten.
    """
    context.moved(context.session.restart())


@GROUP.command("goto", "g", usage=("INSTANT", "-STEPS", "+STEPS"), complete=expression)
def goto(context: Context, text: str) -> None:
    """Go to an instant: the number of steps since the reset. Breakpoints on the way are passed.

    With a sign it is so many steps from now: goto -100 is back, goto +100 forwards.
    """
    if not text:
        raise CommandError("say where to: an instant, as in goto 1000 or goto -100")
    session = context.session
    if text[0] in _SIGNS:
        distance = context.value(text[1:])
        instant = session.machine.instant + (distance if text[0] == "+" else -distance)
    else:
        instant = context.value(text)
    if session.limit is not None and instant > session.limit:
        raise CommandError(f"instant {instant:,} is beyond the limit of {session.limit:,} steps")
    context.moved(session.goto(instant))


# Backwards


@BACK.command("reverse-step", "rs", usage="[COUNT]", complete=expression)
def reverse_step(context: Context, text: str) -> None:
    """Go back to the beginning of this source line or of the one before, into calls and traps."""
    _repeat(context, text, context.session.reverse_step_line)


@BACK.command("reverse-stepi", "rsi", usage="[COUNT]", complete=expression)
def reverse_step_instruction(context: Context, text: str) -> None:
    """Undo the last instruction."""
    _repeat(context, text, context.session.reverse_step_instruction)


@BACK.command("reverse-next", "rn", usage="[COUNT]", complete=expression)
def reverse_over(context: Context, text: str) -> None:
    """Go back to the beginning of this line, or the one before it in this function."""
    _repeat(context, text, context.session.reverse_over)


@BACK.command("reverse-nexti", "rni", usage="[COUNT]", complete=expression)
def reverse_over_instruction(context: Context, text: str) -> None:
    """Undo the last instruction of this function, with all of a call or trap between."""
    _repeat(context, text, context.session.reverse_over_instruction)


@BACK.command("reverse-finish", "rf")
def reverse_finish(context: Context, text: str) -> None:
    """Go back to the call of this function, or to what led into this handler."""
    context.moved(context.session.reverse_finish())


@BACK.command("reverse-finish-trap", "rft")
def reverse_finish_trap(context: Context, text: str) -> None:
    """Go back to before the trap or interrupt that led to the present handler."""
    context.moved(context.session.reverse_finish_trap())


@BACK.command("reverse-trap", usage="[COUNT]", complete=expression)
def reverse_to_trap(context: Context, text: str) -> None:
    """Go back to the last trap or interrupt: to its handler's first instruction."""
    _repeat(context, text, context.session.reverse_to_trap)


@BACK.command("reverse-ring", usage="[COUNT]", complete=expression)
def reverse_to_ring_change(context: Context, text: str) -> None:
    """Go back to the last change of the ring, to right after it."""
    _repeat(context, text, context.session.reverse_to_ring_change)


@BACK.command("reverse-guest", usage="[COUNT]", complete=expression)
def reverse_step_guest(context: Context, text: str) -> None:
    """Go back to the beginning of a guest's source line, or of the last before it of any guest."""
    _repeat(context, text, context.session.reverse_step_guest)


@BACK.command("reverse-continue", "rc")
def reverse_resume(context: Context, text: str) -> None:
    """Go back to the last time that a breakpoint stopped the machine, or to the beginning."""
    context.moved(context.session.reverse_resume())
