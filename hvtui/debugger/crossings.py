"""The places in a run that one can go to by what happened there: traps, and changes of the ring."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from hvtui.debugger.logentries import (
    KINDS,
    RETURN_KINDS,
    TRAP_KINDS,
    Kind,
    LogEntries,
    LogEntry,
    kind_codes,
)
from hvtui.debugger.positions import Position
from hvtui.machine.events import KernelInstruction, TrapReturned, TrapTaken
from hvtui.machine.privilege import Privilege


class MachineReset(NamedTuple):
    """The guest has reset the machine: it was in the mode `origin`, and begins anew in `target`."""

    instant: int
    origin: Privilege
    target: Privilege


Crossing: TypeAlias = TrapTaken | TrapReturned | MachineReset
# Tells whether a crossing that took place at a position is what is looked for.
Wanted: TypeAlias = Callable[[Crossing, Position], bool]


@dataclass(frozen=True, slots=True)
class Landmark:
    """Crossings that one can go to: those that `meets` says yes to. `kinds` are theirs in the log.

    `lacking` says, of the part of a run, that there is none.
    """

    kinds: frozenset[Kind]
    meets: Callable[[Crossing], bool]
    lacking: str


TRAPS = Landmark(
    TRAP_KINDS,
    lambda crossing: isinstance(crossing, TrapTaken),
    "no trap before",
)
RING_CHANGES = Landmark(
    TRAP_KINDS | RETURN_KINDS,
    lambda crossing: crossing.origin is not crossing.target,
    "always in this ring before",
)


def last_logged(
    entries: LogEntries, before: int, kinds: Collection[Kind], wanted: Wanted
) -> LogEntry | None:
    """Return the last entry from before the instant `before` that is of `kinds` and `wanted`.

    None if there is no such entry; one that the log has forgotten is not found.
    """
    codes = bytes(KINDS.index(kind) for kind in kinds)
    parts = list(entries.parts(entries.first, entries.number_at(before)))
    for chunk, low, high in reversed(parts):
        found = kind_codes(entries.rows.part(chunk, low, high))
        for place in range(len(found) - 1, -1, -1):
            if found[place] not in codes:
                continue
            entry = entries.entry(chunk.start + low + place)
            event = entry.event
            if not isinstance(event, KernelInstruction) and wanted(event, entry.position):
                return entry
    return None
