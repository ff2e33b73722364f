"""The one table of commands, and what can be typed next."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from hvtui.debugger.commands import (
    breaking,
    code,
    files,
    going,
    helping,
    information,
    looking,
    outside,
    traplog,
    values,
)
from hvtui.debugger.commands.completing import shifted
from hvtui.debugger.commands.context import Context
from hvtui.debugger.commands.table import Command, CommandError, Group, Names
from hvtui.debugger.expressions.completion import Completion

GROUPS: tuple[Group, ...] = (
    going.GROUP,
    going.BACK,
    breaking.GROUP,
    information.GROUP,
    values.GROUP,
    looking.GROUP,
    code.GROUP,
    outside.GROUP,
    files.GROUP,
    traplog.GROUP,
    helping.GROUP,
)

COMMANDS: Mapping[str, Command] = {known.name: known for group in GROUPS for known in group}

NAMES: Names[Command] = Names(
    "command",
    COMMANDS,
    {alias: known.name for known in COMMANDS.values() for alias in known.aliases},
)

# A name, the format that may follow at once, and the rest.
_LINE = re.compile(r"\s*(?P<name>[A-Za-z][\w-]*|\?)(?P<gap>\s*)(?P<rest>.*)", re.DOTALL)


def split_line(line: str) -> tuple[Command, str]:
    """Return the command that a line means, and the text for it. Raises CommandError."""
    found = _LINE.fullmatch(line)
    if found is None:
        raise CommandError(f'"{line.strip()[:40]}" is no command: type help to see what there is')
    command = NAMES.find(found["name"])
    rest = found["rest"].strip() if command.name not in _VERBATIM else found["rest"]
    if rest.startswith("/") and not command.takes_format:
        raise CommandError(f"{command.name} takes no format")
    if not found["gap"] and rest and rest[0] not in _FOLLOWS_AT_ONCE:
        raise CommandError(f'a space is missing after "{found["name"]}"')
    return command, rest


def command_names(text: str) -> Iterator[Completion]:
    """Propose the commands that begin so."""
    for known in COMMANDS.values():
        if known.name.startswith(text):
            yield Completion(known.name, 0, known.summary)


def complete(context: Context, line: str) -> tuple[Completion, ...]:
    """Return what the last word of `line`, the text before the cursor, could become."""
    found = _LINE.fullmatch(line)
    if found is None:
        return () if line.strip() else tuple(command_names(""))
    begins = found.start("rest")
    if not found["gap"] and not found["rest"]:
        return tuple(shifted(command_names(found["name"]), found.start("name")))
    try:
        command = NAMES.find(found["name"])
    except CommandError:
        return ()
    return tuple(shifted(command.complete(context, found["rest"]), begins))


# Commands whose text is taken as it is.
_VERBATIM = frozenset({"echo", "input"})
_FOLLOWS_AT_ONCE = "/*$(-!~"
