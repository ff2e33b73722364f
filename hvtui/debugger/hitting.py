"""From breakpoints that were met to a stop: conditions, counts, and what is told."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from hvtui.debugger.breakpoints import Breakpoint, Breakpoints
from hvtui.debugger.expressions.errors import EvaluationError
from hvtui.debugger.expressions.live import LiveMachine
from hvtui.debugger.positions import Position
from hvtui.debugger.snapshot import StopKind, Stopped


@dataclass(frozen=True, slots=True)
class Meeting:
    """A breakpoint was met in the last step; `text` says by what."""

    breakpoint: Breakpoint
    kind: StopKind
    text: str


def holds(breakpoint: Breakpoint, machine: LiveMachine) -> bool:
    """Tell whether a breakpoint that was met is hit: one whose condition has no value is."""
    return _verdict(breakpoint, machine) is not None


def stop_for(
    meetings: Iterable[Meeting],
    breakpoints: Breakpoints,
    machine: LiveMachine,
    *,
    lands: bool,
    here: Callable[[], Position],
    doer: Callable[[], str],
) -> Stopped | None:
    """Count the hits among `meetings`; return the stop if one of them stops the machine.

    If the machine `lands` in the past, it does not matter how many hits shall be ignored. `doer`
    says which instruction made a change that was watched.
    """
    told: dict[StopKind, list[str]] = {}
    stopping: dict[int, Breakpoint] = {}
    for meeting in meetings:
        known = meeting.breakpoint
        note = _verdict(known, machine)
        if note is None:
            continue
        if known.number not in stopping:
            breakpoints.hit(known, machine.instant)
        if lands or known.hits > known.passes:
            stopping[known.number] = known
            told.setdefault(meeting.kind, []).append(meeting.text + note)
    if not stopping:
        return None
    for known in stopping.values():
        if known.one_shot:
            breakpoints.expire(known)
    kind = next(kind for kind in _ORDER if kind in told)
    commands = tuple(command for known in stopping.values() for command in known.commands)
    return Stopped(kind, "; ".join(_sentences(told, here, doer)), tuple(stopping), commands)


def _verdict(breakpoint: Breakpoint, machine: LiveMachine) -> str | None:
    """Return None if the condition does not hold, else what is to be noted about it: mostly nothing."""
    if breakpoint.condition is None:
        return ""
    try:
        return "" if breakpoint.condition.holds(machine) else None
    except EvaluationError as error:
        return f" (the condition has no value: {error.brief})"


def _sentences(
    told: dict[StopKind, list[str]], here: Callable[[], Position], doer: Callable[[], str]
) -> Iterable[str]:
    if StopKind.TRAP in told:
        yield told[StopKind.TRAP][-1]
    if StopKind.WATCH in told:
        by = doer()
        yield "; ".join(told[StopKind.WATCH]) + (f", {by}" if by else "")
    if StopKind.BREAKPOINT in told and StopKind.TRAP not in told:
        # Where a trap is told, everybody knows what is at its handler.
        yield f"breakpoint {', '.join(told[StopKind.BREAKPOINT])}: {here()}"


# Of several that stop the machine at once, the first kind is what the stop is called.
_ORDER = (StopKind.TRAP, StopKind.WATCH, StopKind.BREAKPOINT)
