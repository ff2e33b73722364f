"""Takes the snapshot: reads everything that a screen shows off a machine and who follows it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from asm.isa.causes import trap_name
from asm.isa.trapbits import TRAP_BITS
from hvtui.debugger.baseline import Baseline, csr_values
from hvtui.debugger.breakpoints import (
    Breakpoint,
    Breakpoints,
    LostBreakpoint,
    PlaceBreakpoint,
    TrapBreakpoint,
    WatchBreakpoint,
)
from hvtui.debugger.callstack import Activation, Entered, Level
from hvtui.debugger.following import Follower
from hvtui.debugger.locations import Location
from hvtui.debugger.narration import instruction_text, name_bits
from hvtui.debugger.positions import Position
from hvtui.debugger.snapshot import (
    RESERVED_CELLS,
    BreakpointView,
    CsrValue,
    Snapshot,
    StackEntry,
    Stopped,
    TrapCell,
    named_cell,
)
from hvtui.machine.events import TrapTaken

STACK_SHOWN = 200


def observe(
    follower: Follower,
    before: Baseline,
    breakpoints: Breakpoints,
    *,
    stop: Stopped,
    running: bool,
    speed: int,
    frontier: int = 0,
) -> Snapshot:
    """Return what there is to see of a followed machine now; what differs from `before` is marked.

    `stop` is why it last stood still, `running` whether it moves now, at `speed` steps a second;
    `frontier` is the furthest instant that is known.
    """
    machine, here = follower.machine, follower.here
    hart, generation = machine.hart, machine.generation
    registers = tuple(hart.x)
    trapmap = hart.csr_value("mtrapmap") if generation.has_trapmap else None
    return Snapshot(
        title=follower.system.title,
        cpu=generation.name,
        cpu_summary=generation.summary,
        instant=machine.instant,
        retired=machine.retired,
        running=running,
        stop=stop,
        registers=registers,
        changed=frozenset(
            number for number, value in enumerate(before.registers) if registers[number] != value
        ),
        position=here,
        upcoming=follower.upcoming,
        privilege=hart.privilege,
        csrs=tuple(
            CsrValue(name, value, before.csrs.get(name, value) != value)
            for name, value in csr_values(machine).items()
        ),
        trapmap=trapmap,
        cells=tuple(_cells(follower, before, trapmap or 0)),
        stack=tuple(_entry(level) for level in islice(follower.callstack.levels(here), STACK_SHOWN)),
        breakpoints=tuple(_view(breakpoint) for breakpoint in breakpoints),
        console=follower.console.lines,
        speed=speed,
        frontier=max(frontier, machine.instant),
        arrival=follower.arrival,
        privilege_before=before.privilege,
    )


def _cells(follower: Follower, before: Baseline, trapmap: int) -> Iterator[TrapCell]:
    hart, hits = follower.machine.hart, follower.traplog.hits
    for bit in TRAP_BITS:
        yield named_cell(
            bit,
            is_set=bool(trapmap >> bit & 1),
            effect=hart.effect_of(bit),
            hits=hits[bit],
            changed=hits[bit] != before.hits.get(bit, 0),
        )
    yield from RESERVED_CELLS


def _entry(level: Level) -> StackEntry:
    activation = level.activation
    function = _function(level.entry) or level.position.label or level.position.symbol
    origin = level.position.origin
    if origin is not None:
        function = f"{origin.owner}::{origin.label or origin.symbol}"
    if level.frame is not None:
        return StackEntry(function, level.position, activation.privilege)
    return StackEntry(
        function, level.position, activation.privilege, reason(activation), activation.times
    )


def _function(entry: Position) -> str:
    return entry.label if entry.label and not entry.offset else ""


def reason(activation: Activation) -> str:
    """Say why an activation was entered."""
    event = activation.event
    match activation.entered:
        case Entered.RESET:
            return "reset"
        case Entered.SWITCHED:
            return f"switched to by {_doer(activation)}" if activation.by else "switched to"
        case Entered.INJECTED:
            told = _trap_words(event) if event else "held back until now"
            return f"injected by {_doer(activation)}: {told}"
        case Entered.INTERRUPT:
            return f"interrupt: {_trap_words(event)}" if event else "interrupt"
        case Entered.TRAP:
            return f"trap: {_trap_words(event)}" if event else "trap"


def _doer(activation: Activation) -> str:
    return f"{activation.by} through {activation.through}" if activation.through else activation.by


def _trap_words(event: TrapTaken) -> str:
    name = trap_name(event.cause, interrupt=event.is_interrupt).text
    if event.bits:
        return f"{name}, {instruction_text(event.word, event.pc)} ({name_bits(event.bits)})"
    return name


def _view(breakpoint: Breakpoint) -> BreakpointView:
    view = BreakpointView(
        breakpoint.number,
        breakpoint.text,
        breakpoint.enabled,
        breakpoint.hits,
        condition=breakpoint.condition.text if breakpoint.condition else "",
        ignored=breakpoint.ignored,
        one_shot=breakpoint.one_shot,
        commands=breakpoint.commands,
    )
    match breakpoint:
        case TrapBreakpoint(trap=trap):
            return replace(view, is_trap=True, bit=trap.bit)
        case WatchBreakpoint():
            return replace(view, is_watch=True)
        case LostBreakpoint(why=why, kept=kept):
            condition = view.condition or kept.condition
            return replace(
                view,
                condition=condition,
                is_trap=kept.kind == "trap",
                is_watch=kept.kind == "watch",
                lost=why,
            )
        case PlaceBreakpoint(locations=locations):
            physical = frozenset(location.physical for location in locations)
            return replace(view, physical=physical, lines=frozenset(_lines(locations)))
    return view


def _lines(locations: tuple[Location, ...]) -> Iterator[tuple[str, str, int]]:
    for location in locations:
        component = location.component
        entry = component.program.lines.at(location.linked) if component else None
        if component is not None and entry is not None:
            for place in (entry.place, entry.outermost):
                yield component.name, place.file, place.line
