"""What panes ask of the debugger screen: messages, which it handles in one place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from textual.message import Message

from hvtui.debugger.positions import Position

# Changes the machine: with True, even if the known future is cut off.
MachineEdit: TypeAlias = Callable[[bool], object]


@dataclass
class Say(Message):
    """Tell the person something, for a while, where it hides nothing."""

    text: str
    is_problem: bool = False


@dataclass
class Do(Message):
    """Do the action of a name, as if its key were pressed."""

    name: str


@dataclass
class Travel(Message):
    """Go to an instant of the run."""

    instant: int


@dataclass
class Execute(Message):
    """Do a line of the debugger's command language."""

    line: str


@dataclass
class Prefill(Message):
    """Open the command line with a text typed, for the person to go on from."""

    text: str


@dataclass
class LookAt(Message):
    """Show a place in the source."""

    position: Position


@dataclass
class Inspect(Message):
    """Go to a pane, and have it show what an expression names."""

    pane: str
    text: str


@dataclass
class Edit(Message):
    """Change the machine. If that would cut off the known future, the person is asked before."""

    change: MachineEdit


@dataclass
class Alter(Message):
    """Change the session, not the machine: a breakpoint, say."""

    change: Callable[[], object]


class Refresh(Message):
    """Take a new snapshot: the pane wants to see something else."""

    def can_replace(self, message: Message) -> bool:
        """One of several is enough."""
        return isinstance(message, Refresh)
