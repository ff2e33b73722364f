"""Taking up edited programs: the machine begins anew, and runs to where it stood.

Where it stood is a place in the program, which the edit may have moved, and how often the run had come
by it. If that means nothing any more, it is the instant. What was typed at the console is typed again
at the same instants. Other edits of the machine are not repeated, unless it holds the very same bytes:
nobody knows what a register, or an address, is for in another program.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from hvtui.debugger.anchors import Anchor, AnchorLostError, anchor_of, find
from hvtui.debugger.edits import Change, ConsoleInput, TrapBitToggle
from hvtui.debugger.history import Recorded
from hvtui.debugger.locations import Location
from hvtui.debugger.moving import Mover
from hvtui.debugger.positions import Whereabouts
from hvtui.debugger.snapshot import StopKind, Stopped
from hvtui.debugger.travel import Timeline
from hvtui.machine.board import Machine, Stop, StopReason
from hvtui.machinefile.system import System

# A place that the run comes by more often than this is not counted: the instant will do.
_MOST_ARRIVALS = 20_000

# An edited program may take this many steps longer to come to the same place, or as long again.
_MORE_STEPS = 1_000_000

# A machine that waited for input is given so many steps to come from the place to waiting.
_STEPS_TO_WAITING = 1_000

# So many steps are counted at once, before somebody may pause.
_SLICE = 100_000

# What is repeated in another program: it asks for no address.
_REPEATABLE = (ConsoleInput, TrapBitToggle)


class _End(Enum):
    """How a run to a place ended."""

    ARRIVED = auto()
    TOO_FAR = auto()
    OVER = auto()
    WAITING = auto()
    PAUSED = auto()


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where the old run stood: `times` is how often it had come by `anchor`, 0 if nobody knows."""

    instant: int
    kind: StopKind
    anchor: Anchor | None = None
    times: int = 0


def is_same(system: System, other: System) -> bool:
    """Tell whether nothing has changed that anybody could see in the debugger."""
    sources = [[part.program.sources for part in known.components] for known in (system, other)]
    return sources[0] == sources[1] and system.title == other.title and runs_alike(system, other)


def runs_alike(system: System, other: System) -> bool:
    """Tell whether both are the same machine with the same bytes in its memory."""
    return _machine_of(system) == _machine_of(other)


def _machine_of(system: System) -> tuple[object, ...]:
    parts = [
        (part.name, part.at, part.linked, part.vm, part.believes, part.believes_in, part.translates,
         part.program.segments, part.program.symbols)
        for part in system.components
    ]  # fmt: skip
    return (
        system.cpu, system.ram_size, system.timebase, system.dtb, system.entry, system.tohost, parts,
    )  # fmt: skip


class Reloading:
    """Runs the machine of `mover` to where the one before it stood."""

    def __init__(self, mover: Mover) -> None:
        self._mover = mover

    def reload(self, system: System, take_up: Callable[[], None], stood: StopKind | None) -> Stopped:
        """Let `take_up` exchange the machine for the one of `system`, and run to where it `stood`.

        If that is None, it stays at the beginning.
        """
        mover = self._mover
        if stood is None:
            take_up()
            return Stopped(StopKind.START, f"reloaded: ready {mover.here}")
        is_exact = runs_alike(mover.system, system)
        spot = self._spot(stood, counts=not is_exact)
        made = mover.timeline.history.changes[: mover.timeline.history.made]
        repeated = [known for known in made if is_exact or isinstance(known.change, _REPEATABLE)]
        is_pausing = mover.is_pausing
        take_up()
        mover.is_pausing = is_pausing
        mover.timeline.history.changes = list(repeated)
        try:
            stopped = self._run_to(spot, system)
        finally:
            mover.place_breakpoints()
        mover.follower.forget_last_event()
        return _with_notes(stopped, self._left_out(made, repeated))

    # Where the old run stood

    def _spot(self, stood: StopKind, *, counts: bool) -> _Spot:
        mover = self._mover
        spot = _Spot(mover.timeline.now, stood)
        here = mover.here
        is_over = stood in (StopKind.ENDED, StopKind.STUCK)
        if here.physical is None or here.component is None or is_over or not counts or not spot.instant:
            return spot
        anchor = anchor_of(Location(here.physical, here.component, here.linked))
        return _Spot(spot.instant, stood, anchor, self._times(here.physical, spot.instant))

    def _times(self, physical: int, instant: int) -> int:
        """Count how often the run so far came by a place; 0 if it is too often, or takes too long."""
        mover, history = self._mover, self._mover.timeline.history
        # A machine that nobody follows, for it runs much faster.
        machine = mover.system.fresh_machine()
        machine.uart.input_open = True
        machine.probes.breakpoints = frozenset({physical})
        whereabouts = Whereabouts(mover.system, machine)
        changes = deque(history.changes[: history.made])
        times, counted = 0, -1
        while times <= _MOST_ARRIVALS and not mover.is_pausing:
            while changes and changes[0].instant <= machine.instant:
                changes.popleft().change.apply(machine)
            if machine.instant != counted and _is_at(machine, whereabouts, physical):
                times, counted = times + 1, machine.instant
            if machine.instant >= instant:
                return times
            until = min(instant, machine.instant + _SLICE)
            stop = machine.run(until_instant=min(until, changes[0].instant) if changes else until)
            if stop.reason in (StopReason.EXITED, StopReason.STUCK):
                break
            mover.show_if_due()
        return 0

    # The new run

    def _run_to(self, spot: _Spot, system: System) -> Stopped:
        mover = self._mover
        if spot.instant == 0:
            # What was typed already waits there.
            mover.timeline.run(0)
            return Stopped(StopKind.START, f"reloaded: ready {mover.here}")
        most = max(2 * spot.instant, spot.instant + _MORE_STEPS)
        if spot.kind in (StopKind.ENDED, StopKind.STUCK):
            end, _ = self._pass(mover.timeline, None, 0, most)
            return self._stopped(end, "the run goes on longer now")
        if spot.anchor is None or not spot.times:
            return self._run_to_instant(spot.instant, "")
        try:
            place = find(spot.anchor, system)
        except AnchorLostError as error:
            return self._run_to_instant(spot.instant, str(error))
        end, times = self._pass(mover.timeline, place.physical, spot.times, most)
        if end is _End.ARRIVED:
            return self._arrived(spot)
        reached = f"{place} was come by {times:,} of {spot.times:,} times"
        if end is _End.TOO_FAR:
            return self._run_to_instant(spot.instant, f"{reached} in {most:,} steps")
        return self._stopped(end, reached)

    def _arrived(self, spot: _Spot) -> Stopped:
        mover, timeline = self._mover, self._mover.timeline
        if spot.kind is StopKind.WAITING:
            arrived = timeline.now
            end, _ = self._pass(timeline, None, 0, arrived + _STEPS_TO_WAITING)
            if end is _End.WAITING:
                return self._stopped(end, "")
            timeline.go(arrived, lambda: False)
        again = f", come by {spot.times:,} times" if spot.times > 1 else ""
        return Stopped(StopKind.STEPPED, f"reloaded: back {mover.here}{again}")

    def _run_to_instant(self, instant: int, why: str) -> Stopped:
        timeline = self._mover.timeline
        if timeline.now > instant:
            timeline.go(instant, lambda: False)
        end, _ = self._pass(timeline, None, 0, instant)
        if end is _End.TOO_FAR:
            told = f"reloaded: at the same instant, {instant:,}, {self._mover.here}"
            return Stopped(StopKind.STEPPED, f"{told}: {why}" if why else told)
        return self._stopped(end, why)

    def _stopped(self, end: _End, why: str) -> Stopped:
        """Return the stop of a run that ended before it was where it should be."""
        mover = self._mover
        if end is _End.OVER or end is _End.WAITING:
            stop = Stop(StopReason.WAITING if end is _End.WAITING else StopReason.EXITED)
            ended = mover.ended(stop)
            assert ended is not None
            kind, told = ended.kind, ended.text
        elif end is _End.PAUSED:
            kind = StopKind.PAUSED
            told = f"paused on the way, at instant {mover.timeline.now:,} {mover.here}"
        else:
            kind, told = StopKind.LIMIT, f"at instant {mover.timeline.now:,} {mover.here}"
        return Stopped(kind, f"reloaded: {told}" + (f" ({why})" if why else ""))

    # Running

    def _pass(
        self, timeline: Timeline, physical: int | None, most: int, until: int
    ) -> tuple[_End, int]:
        """Run until a place has been come by `most` times, the instant `until` at most."""
        machine, history = timeline.machine, timeline.history
        machine.probes.breakpoints = frozenset() if physical is None else frozenset({physical})
        times, counted = 0, -1
        with timeline.unheard(armed=True):
            while True:
                now = timeline.now
                is_new = physical is not None and now != counted
                if is_new and _is_at(machine, timeline.follower.whereabouts, physical):
                    times, counted = times + 1, now
                    if times == most:
                        return _End.ARRIVED, times
                if now >= until:
                    return _End.TOO_FAR, times
                if self._mover.is_pausing:
                    return _End.PAUSED, times
                stop = timeline.run(until)
                if stop.reason in (StopReason.EXITED, StopReason.STUCK):
                    return _End.OVER, times
                if stop.reason is StopReason.WAITING:
                    if history.next_change is None:
                        return _End.WAITING, times
                    # It waits for what came later in the old run: there is nothing else to wait for.
                    change = history.changes[history.made].change
                    history.changes[history.made] = Recorded(timeline.now, change)
                self._mover.show_if_due()

    def _left_out(self, made: list[Recorded], repeated: list[Recorded]) -> list[Change]:
        """Forget the changes that were not made; return those, and the ones that never will be."""
        history = self._mover.timeline.history
        kept = {id(known) for known in repeated}
        missing = [known.change for known in made if id(known) not in kept]
        missing += [known.change for known in history.changes[history.made :]]
        del history.changes[history.made :]
        return missing


def _is_at(machine: Machine, whereabouts: Whereabouts, physical: int | None) -> bool:
    """Tell whether the next step executes the instruction at an address."""
    hart = machine.hart
    if machine.exit is not None or hart.interrupts.next() is not None:
        return False
    return whereabouts.physical(hart.pc, hart.privilege) == physical


def _with_notes(stopped: Stopped, left_out: list[Change]) -> Stopped:
    if not left_out:
        return stopped
    first = f"{left_out[0]}" + (f" and {len(left_out) - 1} more" if len(left_out) > 1 else "")
    return Stopped(stopped.kind, f"{stopped.text}; not done again: {first}")
