"""What a person has set up, taken down and brought back: after a restart, or in an edited program."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from hvtui.debugger.anchors import AnchorLostError, anchor_of, find
from hvtui.debugger.breakpoints import (
    Breakpoint,
    LostBreakpoint,
    PlaceBreakpoint,
    TrapBreakpoint,
    WatchBreakpoint,
)
from hvtui.debugger.expressions.compiling import Expression, compile_expression, unreadable
from hvtui.debugger.expressions.errors import ExpressionError
from hvtui.debugger.expressions.names import Scope
from hvtui.debugger.kept import KeptBreakpoint
from hvtui.debugger.locations import Location, LocationError, resolve
from hvtui.debugger.positions import short_file
from hvtui.debugger.trapconditions import ConditionError, parse_condition
from hvtui.machine.memory import RAM_BASE
from hvtui.machinefile.system import System


def keep(known: Breakpoint, system: System) -> KeptBreakpoint:
    """Take down a breakpoint."""
    condition = known.condition
    kept = KeptBreakpoint(
        "place",
        known.text,
        component=condition.component if condition else "",
        enabled=known.enabled,
        one_shot=known.one_shot,
        condition=condition.text if condition else "",
        ignored=known.ignored,
        commands=known.commands,
    )
    match known:
        case PlaceBreakpoint(locations=locations):
            return replace(kept, anchors=tuple(anchor_of(location) for location in locations))
        case TrapBreakpoint():
            return replace(kept, kind="trap")
        case WatchBreakpoint(expression=expression, watched=None):
            return replace(kept, kind="watch", component=expression.component)
        case WatchBreakpoint(expression=expression, watched=(address, size)):
            owner = system.component_at(address)
            place = Location(address, owner, address - owner.relocation if owner else 0)
            return replace(
                kept,
                kind="watch",
                component=expression.component,
                anchors=(anchor_of(place),),
                size=size,
            )
        case LostBreakpoint(kept=before):
            return replace(
                kept,
                kind=before.kind,
                anchors=before.anchors,
                size=before.size,
                component=kept.component or before.component,
                condition=kept.condition or before.condition,
            )
    return kept


def bring_back(kept: KeptBreakpoint, number: int, system: System) -> Breakpoint:
    """Return a breakpoint as it was taken down, in `system`; a lost one, if it does not fit there."""
    try:
        found = _found(kept, number, system)
        if kept.condition:
            found.condition = _compiled(kept.condition, kept.component, system)
    except (AnchorLostError, ConditionError) as error:
        found = LostBreakpoint(number, kept.text, kept=kept, why=str(error))
    except ExpressionError as error:
        found = LostBreakpoint(number, kept.text, kept=kept, why=f"{error.text}: {error.brief}")
    found.enabled, found.one_shot = kept.enabled, kept.one_shot
    found.passes, found.commands = kept.ignored, kept.commands
    return found


def losses(breakpoints: Iterable[Breakpoint]) -> tuple[str, ...]:
    """Say of each breakpoint that is lost that it is, and why."""
    return tuple(
        f"breakpoint {known.number}, {known.text}, is lost: {known.why}"
        for known in breakpoints
        if isinstance(known, LostBreakpoint)
    )


def renewed(expression: Expression, system: System) -> Expression:
    """Read an expression anew, with the symbols of `system`; it has no value if it cannot be read."""
    text, component = expression.text, expression.component
    try:
        return _compiled(text, component, system)
    except ExpressionError as error:
        return unreadable(text, component, error)


def _found(kept: KeptBreakpoint, number: int, system: System) -> Breakpoint:
    """Raises AnchorLostError, ConditionError and ExpressionError."""
    if kept.kind == "trap":
        names = tuple(component.name for component in system.components)
        condition = parse_condition(kept.text, names)
        return TrapBreakpoint(number, kept.text, trap=condition)
    if kept.kind == "watch":
        expression = _compiled(kept.text, kept.component, system)
        watched = _watched(kept, system) if kept.anchors else None
        return WatchBreakpoint(number, kept.text, expression=expression, watched=watched)
    locations = _locations(kept, system)
    return PlaceBreakpoint(number, _called(kept.text, locations, system), locations=locations)


def _locations(kept: KeptBreakpoint, system: System) -> tuple[Location, ...]:
    """Return those of the places that are still there. Raises AnchorLostError if none is."""
    found: dict[int, Location] = {}
    lost = AnchorLostError("nobody knows where it was")
    for anchor in kept.anchors:
        try:
            location = find(anchor, system)
        except AnchorLostError as error:
            lost = error
        else:
            found[location.physical] = location
    if not found:
        raise lost
    return tuple(found.values())


def _watched(kept: KeptBreakpoint, system: System) -> tuple[int, int]:
    physical = find(kept.anchors[0], system).physical
    if not (
        0 < kept.size <= _LARGEST and RAM_BASE <= physical <= RAM_BASE + system.ram_size - kept.size
    ):
        raise AnchorLostError(f"{kept.size} bytes at {physical:#010x} are not in RAM")
    return physical, kept.size


def _called(text: str, locations: tuple[Location, ...], system: System) -> str:
    """Return how the person called the places, if that still leads to them, else what does."""
    try:
        named = {location.physical for location in resolve(system, text)}
    except LocationError:
        named = set()
    if all(location.physical in named for location in locations):
        return text
    first = locations[0]
    program = first.component.program if first.component else None
    entry = program.lines.at(first.linked) if program else None
    if entry is not None:
        return f"{short_file(entry.outermost.file)}:{entry.outermost.line}"
    label = program.label_at(first.linked) if program else None
    if label is not None:
        return f"{label[0].name}+{label[1]:#x}" if label[1] else label[0].name
    return f"{first.physical:#010x}"


def _compiled(text: str, component: str, system: System) -> Expression:
    current = next((known for known in system.components if known.name == component), None)
    return compile_expression(text, Scope.of(system, current))


# The most bytes that an expression reads.
_LARGEST = 8
