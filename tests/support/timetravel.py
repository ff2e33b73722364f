"""What a fresh run has at an instant, to hold a session against that has travelled in time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hvtui.debugger.callstack import Level
from hvtui.debugger.following import Follower
from hvtui.debugger.history import Recorded
from hvtui.debugger.session import Session
from hvtui.debugger.traplog import LogEntry
from hvtui.machine.board import Machine
from hvtui.machine.state import MachineState
from hvtui.machinefile.system import System


@dataclass(frozen=True)
class Followed:
    """All that the debugger has made of the run up to one instant."""

    stack: tuple[str, ...]
    log: tuple[LogEntry, ...]
    counts: tuple[dict[object, int], ...]
    console: tuple[str, ...]


@dataclass(frozen=True)
class Scene:
    """Everything at one instant."""

    machine: MachineState
    followed: Followed


def scene_of(session: Session) -> Scene:
    """Take down how things are in a session that stands still."""
    return Scene(session.machine.capture(), _followed(session._mover.follower))


def fresh_scenes(
    system: System, changes: Iterable[Recorded], instants: Iterable[int]
) -> Iterator[tuple[int, Scene]]:
    """Yield what a fresh run has at each of `instants`, in order, with the recorded `changes`."""
    machine = system.fresh_machine()
    machine.uart.input_open = True
    follower = Follower(system, machine)
    due = list(changes)
    for instant in sorted(set(instants)):
        while due and due[0].instant <= instant:
            _run(machine, due[0].instant)
            due.pop(0).change.apply(machine)
        _run(machine, instant)
        yield instant, Scene(machine.capture(), _followed(follower))


def recorded(session: Session) -> list[Recorded]:
    """Return the changes that the session has recorded."""
    return list(session._mover.timeline.history.changes)


def _run(machine: Machine, instant: int) -> None:
    machine.run(until_instant=instant)
    assert machine.instant == instant


def _followed(follower: Follower) -> Followed:
    log = follower.traplog
    return Followed(
        tuple(_words(level) for level in follower.callstack.levels(follower.here)),
        tuple(log.entries),
        (dict(log.hits), dict(log.outcomes), dict(log.causes), dict(log.components)),
        follower.console.lines,
    )


def _words(level: Level) -> str:
    activation, frame = level.activation, level.frame
    entry = (activation.entered, activation.serial, activation.times, activation.since, activation.by)
    call = frame[1:] if frame is not None else None
    return f"{level.position} {level.entry} {entry} {activation.event} {call}"
