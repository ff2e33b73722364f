"""A machine's run as a line in time: forwards as the machine runs, and to any instant of it.

Going to an instant restores the last recorded moment before it and runs on from there, making the
recorded changes again at their instants. The machine is deterministic, so what comes out is, bit for
bit, what a fresh run with these changes has at that instant.

Moments are recorded while the machine runs, by the time that has gone by, so that to run from one to
the present takes little of it. On the way to an instant further moments are recorded, the nearer to
it, the closer: the next step back begins at one of them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

from hvtui.debugger.edits import Change
from hvtui.debugger.following import Follower, Listener
from hvtui.debugger.history import DEFAULT_BUDGET, Cut, FutureLostError, History, Moment
from hvtui.machine.board import Machine, Stop, StopReason
from hvtui.machine.events import DeviceOutput

# A running machine comes back this often (seconds), to see whether it shall pause.
SLICE_TIME = 0.005
_FIRST_SLICE = 5_000
_SHORTEST_SLICE, _LONGEST_SLICE = 1_000, 16_000_000

# Moments are recorded this far apart at least (seconds of running), and so far apart that recording
# them takes no more than this part of the time.
SPACING_TIME = 0.004
_RECORDING_PART = 1 / 30

# The closest spacing, in steps, of the moments before the instant of an arrival; where the machine runs
# fast, as many steps as take so long (seconds).
CLOSEST = 256
_CLOSEST_TIME = 0.0005


class Timeline:
    """The run of `machine`, which `follower` follows, from its first instant on.

    Everything that moves the machine, or changes it from outside, goes through here. `on_output` gets
    what the devices write, once: not again when it happens again in a replay. `budget` is what the
    recorded moments may take, in bytes.
    """

    def __init__(self, machine: Machine, follower: Follower, *, budget: int = DEFAULT_BUDGET) -> None:
        self.machine = machine
        self.follower = follower
        self.history = History(budget)
        self.on_output: Callable[[DeviceOutput], None] | None = None
        # Surrounds changes that were made by a person when they are made again.
        self.changing: Callable[[], AbstractContextManager[object]] = nullcontext
        # Steps a second when the machine ran last.
        self.speed = 0
        self._slice = _FIRST_SLICE
        # The same, as it was measured last, whether that was shown or not.
        self._pace = 0
        self._recorded_at = 0.0
        self._looked_at = 0.0
        self._spacing = SPACING_TIME
        self._told = 0
        follower.on_output = self._tell_output
        self._record()

    @property
    def now(self) -> int:
        """The present instant."""
        return self.machine.instant

    @property
    def frontier(self) -> int:
        """The furthest instant that the run has come to."""
        return self.history.frontier

    # Forwards

    def step(self) -> Stop | None:
        """Take one step of the machine; return a Stop if it has ended or waits for input.

        A stop that was asked for earlier, and is of no use now, costs a try.
        """
        instant = self.now
        stop = self.machine.step()
        if stop is None and self.now == instant:
            stop = self.machine.step()
        self._arrive()
        self._record_if_due()
        return stop

    def run(self, until: int | None = None) -> Stop:
        """Run for a slice, to the instant `until` at most.

        Whatever stops the machine ends the slice, and so does the instant of a recorded change, which
        is then made. So there is more to run if the stop's reason is LIMIT or REQUESTED.
        """
        limit = self.now + self._slice
        if until is not None:
            limit = min(limit, until)
        change = self.history.next_change
        if change is not None:
            limit = min(limit, change)
        began, steps = time.perf_counter(), self.now
        stop = self.machine.run(until_instant=limit)
        took, steps = time.perf_counter() - began, self.now - steps
        if stop.reason is StopReason.LIMIT and steps == self._slice:
            self._adapt_slice(took)
        if self._arrive() and stop.reason is StopReason.WAITING:
            stop = Stop(StopReason.LIMIT)
        self._record_if_due()
        return stop

    def _arrive(self) -> bool:
        """Make the changes that were recorded for now; tell whether there were any."""
        history, now = self.history, self.now
        history.frontier = max(history.frontier, now)
        if history.next_change is None or history.next_change > now:
            return False
        with self.changing():
            while history.next_change is not None and history.next_change <= now:
                history.changes[history.made].change.apply(self.machine)
                history.made += 1
        return True

    def _adapt_slice(self, took: float) -> None:
        self.speed = self._pace = int(self._slice / max(took, 1e-6))
        wanted = min(int(self.speed * SLICE_TIME), 4 * self._slice)
        self._slice = min(max(wanted, _SHORTEST_SLICE), _LONGEST_SLICE)

    # To an instant

    def go(self, instant: int, is_interrupted: Callable[[], bool]) -> Stop | None:
        """Go to `instant`, in the past, or in the future as the machine runs without a person's doing.

        Nobody hears of what happens on the way, and breakpoints are passed. Returns a Stop if the run
        ends before, waits for input, or `is_interrupted`: then the machine stands on the way.
        """
        self._come_near(instant)
        with self.unheard():
            return self._run_silently(instant, is_interrupted)

    def back_to_moment_before(self, instant: int) -> int:
        """Restore the last moment that is before `instant`, and return its instant."""
        self._restore(self.history.latest(instant - 1))
        return self.now

    def _come_near(self, instant: int) -> None:
        """Go to the last moment before `instant`, unless the present is nearer."""
        moment = self.history.latest(instant)
        if moment.instant <= self.now <= instant and self.machine.exit is None:
            return
        self._restore(moment)

    def _restore(self, moment: Moment) -> None:
        self.machine.restore(moment.machine)
        self.follower.restore(moment.follower)
        self.history.made = moment.changes
        self._recorded_at = time.thread_time()
        self._arrive()

    def _run_silently(self, instant: int, is_interrupted: Callable[[], bool]) -> Stop | None:
        closest = max(CLOSEST, int(self._pace * _CLOSEST_TIME))
        marks = list(_approach(self.now, instant, closest))
        while self.now < instant:
            if marks and self.now >= marks[0]:
                del marks[0]
            until = marks[0] if marks else instant
            stop = self.run(until)
            if stop.reason in (StopReason.EXITED, StopReason.STUCK, StopReason.WAITING):
                return stop
            if is_interrupted():
                return Stop(StopReason.REQUESTED)
            if marks and self.now == marks[0]:
                self._record()
        return None

    @contextmanager
    def unheard(self, listener: Listener | None = None, *, armed: bool = False) -> Iterator[None]:
        """Let nobody, or `listener` alone, hear what happens; pass breakpoints unless `armed`."""
        follower, probes = self.follower, self.machine.probes
        heard, was_armed = follower.listener, probes.armed
        follower.listener, probes.armed = listener, armed
        try:
            yield
        finally:
            follower.listener, probes.armed = heard, was_armed

    # Changes

    def would_cut(self) -> Cut | None:
        """Return what a change would cut off now, None if nothing."""
        return self.history.cut_at(self.now)

    def change(self, change: Change, *, cut: bool = False) -> None:
        """Change the machine now, and record it; with `cut`, even if that cuts off the known future.

        Raises FutureLostError if it would and `cut` is False, and EditError if the change is not
        possible. In both cases all stays as it is.
        """
        lost = self.would_cut()
        if lost is not None and not cut:
            raise FutureLostError(lost)
        change.apply(self.machine)
        if lost is not None:
            self.history.cut(self.now)
            self.follower.cut()
            self._told = min(self._told, self.follower.console.written)
        self.history.record(self.now, change)

    # Recording

    def _record_if_due(self) -> None:
        """Record the present if it is far enough from the last moment that was recorded.

        Far is what takes long to run. What counts is the time of this thread alone: on a busy host
        others take their part of the time between.
        """
        # No thread runs longer than time goes by; how long it ran takes long to ask on some hosts.
        if time.monotonic() - self._looked_at < self._spacing:
            return
        self._looked_at = time.monotonic()
        now = time.thread_time()
        if now - self._recorded_at >= self._spacing:
            self._recorded_at = now
            if self.history.gap(self.now) >= self._slice:
                self._record()

    def _record(self) -> None:
        """Record the present. One in which the run has ended is not: it may have been a step's try."""
        if self.machine.exit is not None:
            return
        began = time.thread_time()
        self.history.keep(Moment(self.machine.capture(), self.follower.capture(), self.history.made))
        self._recorded_at = time.thread_time()
        took = self._recorded_at - began
        # The mean of this and what was before: one moment that took long says little.
        wanted = max(SPACING_TIME, took / _RECORDING_PART)
        self._spacing = (self._spacing + wanted) / 2

    def _tell_output(self, event: DeviceOutput) -> None:
        written = self.follower.console.written
        if written > self._told:
            self._told = written
            if self.on_output is not None:
                self.on_output(event)


def _approach(start: int, end: int, closest: int = CLOSEST) -> Iterator[int]:
    """Yield instants from `start` towards `end` at which to record: ever closer to each other."""
    distance = closest
    while distance * 2 < end - start:
        distance *= 2
    while distance >= closest and end - distance > start:
        yield end - distance
        distance //= 2
