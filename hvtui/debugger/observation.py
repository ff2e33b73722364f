"""Takes the snapshot: reads everything that a screen shows off a session."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING

from asm.isa.causes import trap_name
from asm.isa.csrs import CSRS_BY_NAME
from asm.isa.trapbits import TRAP_BITS
from hvtui.debugger.breakpoints import Breakpoint, PlaceBreakpoint
from hvtui.debugger.callstack import Activation, Entered, Level
from hvtui.debugger.narration import instruction_text, name_bits
from hvtui.debugger.positions import Position
from hvtui.debugger.snapshot import (
    RESERVED_CELLS,
    BreakpointView,
    CsrValue,
    Snapshot,
    StackEntry,
    TrapCell,
    named_cell,
)
from hvtui.debugger.upcoming import upcoming
from hvtui.machine.board import Machine
from hvtui.machine.events import TrapTaken

if TYPE_CHECKING:
    from hvtui.debugger.session import Session

# The CSRs that tell how the hart came here and how it will go back, in the order of a trap.
SHOWN_CSRS = (
    "mstatus", "mtvec", "mepc", "mcause", "mtval", "mscratch", "mie", "mip",
    "sstatus", "stvec", "sepc", "scause", "stval", "satp", "mtrapmap",
)  # fmt: skip

STACK_SHOWN = 200


def observe(session: Session) -> Snapshot:
    """Return what there is to see of `session` now."""
    machine = session.machine
    hart, generation = machine.hart, machine.generation
    here = session.here
    registers = tuple(hart.x)
    trapmap = hart.csr_value("mtrapmap") if generation.has_trapmap else None
    return Snapshot(
        title=session.system.title,
        cpu=generation.name,
        cpu_summary=generation.summary,
        instant=machine.instant,
        retired=machine.retired,
        running=session.is_moving,
        stop=session.stop,
        registers=registers,
        changed=frozenset(
            number for number, before in enumerate(session.before_move) if registers[number] != before
        ),
        position=here,
        upcoming=upcoming(machine, here),
        privilege=hart.privilege,
        csrs=tuple(_csrs(session)),
        trapmap=trapmap,
        cells=tuple(_cells(session, trapmap or 0)),
        stack=tuple(_entry(level) for level in islice(session.callstack.levels(here), STACK_SHOWN)),
        breakpoints=tuple(_view(breakpoint) for breakpoint in session.breakpoints),
        console=session.console.lines,
        speed=session.speed,
    )


def csr_values(machine: Machine) -> dict[str, int]:
    """Return what the CSRs of `SHOWN_CSRS` hold, of those that this CPU has."""
    return {
        name: machine.hart.csr_value(name)
        for name in SHOWN_CSRS
        if machine.generation.has_trapmap or not CSRS_BY_NAME[name].only_on
    }


def _csrs(session: Session) -> Iterator[CsrValue]:
    before = session.csrs_before_move
    for name, value in csr_values(session.machine).items():
        yield CsrValue(name, value, before.get(name, value) != value)


def _cells(session: Session, trapmap: int) -> Iterator[TrapCell]:
    hart, hits = session.machine.hart, session.traplog.hits
    for bit in TRAP_BITS:
        is_set = bool(trapmap >> bit & 1)
        yield named_cell(bit, is_set=is_set, effect=hart.effect_of(bit), hits=hits[bit])
    yield from RESERVED_CELLS


def _entry(level: Level) -> StackEntry:
    activation = level.activation
    function = _function(level.entry) or level.position.label or level.position.symbol
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
            return f"switched to by {activation.by}" if activation.by else "switched to"
        case Entered.INJECTED:
            told = _trap_words(event) if event else "a trap"
            return f"injected by {activation.by}: {told}"
        case Entered.INTERRUPT:
            return f"interrupt: {_trap_words(event)}" if event else "interrupt"
        case Entered.TRAP:
            return f"trap: {_trap_words(event)}" if event else "trap"


def _trap_words(event: TrapTaken) -> str:
    name = trap_name(event.cause, interrupt=event.is_interrupt).text
    if event.bits:
        return f"{name}, {instruction_text(event.word, event.pc)} ({name_bits(event.bits)})"
    return name


def _view(breakpoint: Breakpoint) -> BreakpointView:
    if not isinstance(breakpoint, PlaceBreakpoint):
        return BreakpointView(
            breakpoint.number, breakpoint.text, breakpoint.enabled, breakpoint.hits, True
        )
    lines = set()
    for location in breakpoint.locations:
        component = location.component
        entry = component.program.lines.at(location.linked) if component else None
        if component is not None and entry is not None:
            for place in (entry.place, entry.outermost):
                lines.add((component.name, place.file, place.line))
    return BreakpointView(
        breakpoint.number,
        breakpoint.text,
        breakpoint.enabled,
        breakpoint.hits,
        False,
        frozenset(location.physical for location in breakpoint.locations),
        frozenset(lines),
    )
