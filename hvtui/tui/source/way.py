"""The way that led here, drawn into the source: where a trap came from, where others wait."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from asm.isa.causes import trap_name
from hvtui.debugger.logentries import Kind, LogEntry
from hvtui.debugger.narration import instruction_text
from hvtui.debugger.snapshot import Snapshot, StackEntry
from hvtui.machine.events import KernelInstruction, TrapReturned, TrapTaken
from hvtui.tui.rows import Span
from hvtui.tui.source.gutter import BELIEVED, COMES, RETURNS


@dataclass(frozen=True, slots=True)
class Way:
    """What a listing shows of the way to the present line.

    `waiting` has a note, which may be empty, for the places where outer entries of the call stack
    wait: lines of a file, or physical addresses. `arrival` tells of the trap or xRET that has just
    led to the present line, and `sign` is its sign for the left edge.
    """

    waiting: Mapping[int, str] = field(default_factory=dict)
    arrival: tuple[Span, ...] = ()
    sign: str = ""
    ring: int = 0


NOWHERE = Way()


def way_in_file(snapshot: Snapshot, component: str, file: str) -> Way:
    """Return the way as far as it leads through a file of a component."""
    waiting: dict[int, str] = {}
    for entry, note in _outer(snapshot, with_translated=True):
        position = entry.position.origin or entry.position
        if position.place is not None and (position.owner, position.place.file) == (component, file):
            waiting[position.place.line] = note
    return _with_arrival(snapshot, waiting)


def way_in_memory(snapshot: Snapshot) -> Way:
    """Return the way by physical addresses."""
    waiting = {
        entry.position.physical: note
        for entry, note in _outer(snapshot)
        if entry.position.physical is not None
    }
    return _with_arrival(snapshot, waiting)


def _outer(snapshot: Snapshot, *, with_translated: bool = False) -> Iterator[tuple[StackEntry, str]]:
    """Yield the entries of the stack that wait, the outermost first, with what made them wait.

    So whoever keeps one for each place keeps the innermost. `with_translated` tells of translated code,
    too, where that runs: the innermost entry as well, for what it came from waits for good.
    """
    told = _translated if with_translated else lambda _entry: ""
    for inner, entry in reversed(tuple(pairwise(snapshot.stack))):
        yield entry, f"⇥ {inner.reason}" if inner.reason else told(entry)
    if snapshot.stack and told(snapshot.stack[0]):
        yield snapshot.stack[0], told(snapshot.stack[0])


def _translated(entry: StackEntry) -> str:
    """``◌ translated at cache+0x4``: where the code runs that was made of a guest's; or nothing."""
    position = entry.position
    return f"{BELIEVED} translated at {position.symbol}" if position.origin is not None else ""


def _with_arrival(snapshot: Snapshot, waiting: Mapping[int, str]) -> Way:
    arrival = snapshot.arrival
    if arrival is None:
        return Way(waiting)
    ring = arrival.origin.ring
    told = tuple(Span(part, f"ring{ring}") for part in _arrival(arrival))
    return Way(waiting, told, RETURNS if isinstance(arrival.event, TrapReturned) else COMES, ring)


def _arrival(entry: LogEntry) -> tuple[str, str]:
    """``trap: illegal instruction``, ``from tinyos.s:88, ring 1``: the second part may be left out."""
    event, position = entry.event, entry.position
    owner = f"{position.owner}, " if position.component is not None else ""
    ring = f"ring {entry.origin.ring}"
    match event:
        case TrapTaken(is_interrupt=True, cause=cause):
            what = f"interrupt: {trap_name(cause, interrupt=True).text}"
            return what, f"at {position.where} in {owner}{ring}"
        case TrapTaken(cause=cause):
            what = f"trap: {trap_name(cause, interrupt=False).text}"
            return what, f"from {position.where} in {owner}{ring}"
        case TrapReturned(name=name):
            what = f"handed on by {name}" if entry.kind is Kind.INJECTION else name
            return f"{what} from {position.where}", f"in {owner}{ring}"
        case KernelInstruction(word=word, pc=pc):
            what = f"{entry.kind.value}: {instruction_text(word, pc)}"
            return what, f"at {position.where} in {owner}{ring}"
