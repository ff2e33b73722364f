"""What a link of a lesson leads to: a command of the debugger, a pane, another lesson, the world.

``hv:pane NAME`` shows a pane, ``hv:memory EXPRESSION`` and ``hv:pages EXPRESSION`` show an address in
theirs; any other ``hv:`` is a line of the debugger's command language. A lesson may come from a
stranger, and a link's text need not say what it does: so links do nothing but look at the machine,
move and change it, and set breakpoints. They write no files, and leave nothing to be done later.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from urllib.parse import unquote

from hvtui.debugger.commands import breaking, code, going, information, outside, values
from hvtui.debugger.commands.everything import split_line
from hvtui.debugger.commands.table import CommandError

SCHEME = "hv:"
# The groups of commands that links may give, and what in them they may not.
_GROUPS = frozenset(
    group.title
    for group in (
        going.GROUP, going.BACK, breaking.GROUP, information.GROUP, values.GROUP, code.GROUP,
        outside.GROUP,
    )
)  # fmt: skip
_REFUSED = frozenset({"commands"})
# Panes that show the address which an expression gives.
ADDRESS_PANES = frozenset({"memory", "pages"})
_PANE = "pane"
_LONGEST = 200


class Leads(Enum):
    """Where a link leads."""

    COMMAND = "command"
    PANE = "pane"
    ADDRESS = "address"
    LESSON = "lesson"
    WORLD = "world"
    NOWHERE = "nowhere"


@dataclass(frozen=True, slots=True)
class Target:
    """`text` is the command, the expression, the file or the address in the world."""

    leads: Leads
    text: str
    pane: str = ""

    @property
    def is_live(self) -> bool:
        """Tell whether following the link does something here."""
        return self.leads in _LIVE

    @property
    def sign(self) -> str:
        """What stands before the link's text, for those who do not see its colour."""
        return _SIGNS[self.leads]


_LIVE = frozenset({Leads.COMMAND, Leads.PANE, Leads.ADDRESS, Leads.LESSON})
_SIGNS = {
    Leads.COMMAND: "▸",
    Leads.PANE: "▸",
    Leads.ADDRESS: "▸",
    Leads.LESSON: "»",
    Leads.WORLD: "",
    Leads.NOWHERE: "",
}


def target_of(href: str) -> Target:
    """Return what a link's address, as the Markdown has it, means. Nothing is looked up."""
    text = unquote(href).strip()
    if len(text) > _LONGEST or not text.isprintable():
        return Target(Leads.NOWHERE, "")
    if text.startswith(SCHEME):
        return _debugger_target(text.removeprefix(SCHEME).strip())
    if "://" in text or text.startswith("mailto:"):
        return Target(Leads.WORLD, text)
    file = text.partition("#")[0]
    return Target(Leads.LESSON if file.lower().endswith(".md") else Leads.NOWHERE, file)


def _debugger_target(line: str) -> Target:
    word, _, rest = line.partition(" ")
    rest = rest.strip()
    if word == _PANE and rest:
        return Target(Leads.PANE, rest, rest)
    if word in ADDRESS_PANES and rest:
        return Target(Leads.ADDRESS, rest, word)
    return Target(Leads.COMMAND, line) if _is_harmless(line) else Target(Leads.NOWHERE, "")


def _is_harmless(line: str) -> bool:
    try:
        command, _ = split_line(line)
    except CommandError:
        return bool(line)  # who follows it is told what is wrong with it
    return command.group in _GROUPS and command.name not in _REFUSED
