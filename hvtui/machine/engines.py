"""Which engine runs a machine: the reference alone, or the fast one with the reference at its side."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from hvtui.machine.access import AccessPath
    from hvtui.machine.devices.clint import Clint
    from hvtui.machine.devices.lines import InterruptLines
    from hvtui.machine.events import Observers
    from hvtui.machine.hart import Hart
    from hvtui.machine.memory import Ram


class Engine(Enum):
    """What a person asks for: `AUTO` is the fast engine where it can run."""

    AUTO = "auto"
    FAST = "fast"
    REFERENCE = "reference"


class Runner(Protocol):
    """What runs a machine's hart in place of the reference."""

    @property
    def suits(self) -> bool:
        """Tell whether it may run now."""

    def execute(self, max_retired: int | None, until_instant: int | None, room: int) -> None:
        """Execute at least one step, at most until a count is reached.

        `room` is how many instructions the reference may execute from here without looking up.
        """

    def finish(self) -> None:
        """Hand over what has been counted: a run is over."""

    def stop(self) -> None:
        """Come back soon; from any thread."""


class UnavailableError(Exception):
    """The fast engine cannot run here; the message says why, in one line."""


def why_not_fast() -> str:
    """Return why the fast engine cannot run here, an empty string if it can."""
    try:
        from hvtui.machine.fast.compilation import native

        native()
    except UnavailableError as error:
        return str(error)
    return ""


def slower_because(why: str) -> str:
    """Return what a person is told who left the choice to the machine."""
    return f"the reference engine runs, which is slower: {why}"


def engine_for(
    engine: Engine,
    hart: Hart,
    ram: Ram,
    access: AccessPath,
    clint: Clint,
    lines: InterruptLines,
    observers: Observers,
) -> tuple[Runner | None, str]:
    """Return the fast engine, or None for the reference alone, and a word if that was not asked for.

    Raises UnavailableError if the fast engine was asked for and cannot run here.
    """
    if engine is Engine.REFERENCE:
        return None, ""
    try:
        from hvtui.machine.fast.engine import FastEngine

        return FastEngine(hart, ram, access, clint, lines, observers), ""
    except UnavailableError as error:
        if engine is Engine.FAST:
            raise
        return None, slower_because(str(error))
