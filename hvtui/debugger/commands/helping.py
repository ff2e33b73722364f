"""Commands about commands: help, and what scripts need."""

from __future__ import annotations

from collections.abc import Iterable

from hvtui.debugger.commands.completing import expression
from hvtui.debugger.commands.context import Context
from hvtui.debugger.commands.table import CommandError, Group
from hvtui.debugger.expressions.completion import Completion

GROUP = Group("Scripts and help")

_MOST_STATUS = 255


def _complete(context: Context, text: str) -> Iterable[Completion]:
    from hvtui.debugger.commands.everything import command_names

    return command_names(text)


@GROUP.command("help", "h", "?", usage="[COMMAND]", complete=_complete)
def help_(context: Context, text: str) -> None:
    """Tell what commands there are, or what one does."""
    from hvtui.debugger.commands.everything import GROUPS, NAMES
    from hvtui.debugger.commands.information import INFO

    name, _, topic = text.partition(" ")
    if not name:
        for group in GROUPS:
            context.write(f"{group.title}:")
            for known in group:
                short = f" ({', '.join(known.aliases)})" if known.aliases else ""
                context.write(f"  {known.name + short:<28} {known.summary}")
        context.write("Any unambiguous beginning of a name will do. help COMMAND tells more.")
        return
    known = NAMES.find(name)
    if known.name == "info" and topic:
        known = INFO.find(topic.strip())
    for form in known.usage:
        context.write(form)
    if known.aliases:
        context.write(f"also: {', '.join(known.aliases)}")
    context.write("")
    for line in known.help.splitlines():
        context.write(line)


@GROUP.command("echo", usage="[TEXT]")
def echo(context: Context, text: str) -> None:
    """Write a text."""
    context.write(text)


@GROUP.command("assert", usage="EXPRESSION", complete=expression)
def assert_(context: Context, text: str) -> None:
    """Fail if an expression is 0: for scripts that check a machine.

    assert a0 == 3 && mcause == 8
    """
    compiled = context.compile(text)
    if not compiled.holds(context.session.live):
        raise CommandError(f"it does not hold: {compiled.text}")


@GROUP.command("quit", "q", "exit", usage="[STATUS]", complete=expression)
def quit_(context: Context, text: str) -> None:
    """Leave the debugger; a script may say with which exit status."""
    status = context.value(text) if text else 0
    if not 0 <= status <= _MOST_STATUS:
        raise CommandError(f"an exit status is 0 to {_MOST_STATUS}")
    context.status = status
