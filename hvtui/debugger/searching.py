"""Searches backwards: when a breakpoint was met last, or a crossing between modes.

What breakpoints on traps have met stands in the trap log, if they have no condition. For all else the
stretches between recorded moments are run again, the latest first, and of what is met there the last
one counts.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from operator import or_

from hvtui.debugger.breakpoints import TrapBreakpoint
from hvtui.debugger.crossings import Crossing, MachineReset, Wanted
from hvtui.debugger.hitting import holds
from hvtui.debugger.logfilter import Alternative, LogFilter
from hvtui.debugger.logsearch import LogSearch
from hvtui.debugger.moving import Mover
from hvtui.debugger.positions import Position
from hvtui.debugger.snapshot import Stopped
from hvtui.machine.board import StopReason
from hvtui.machine.events import (
    NOTHING_URGENT,
    KernelInstruction,
    TrapReturned,
    TrapTaken,
    Urgency,
)


class TravelEndedError(Exception):
    """A travel ended on the way; the machine stands there."""

    def __init__(self, stopped: Stopped) -> None:
        super().__init__(stopped.text)
        self.stopped = stopped


class Search:
    """Searches the past of `mover`'s run; it ends early where `shall_pause` says so."""

    def __init__(self, mover: Mover, shall_pause: Callable[[], bool]) -> None:
        self._mover = mover
        self._shall_pause = shall_pause
        self._log_search: LogSearch | None = None

    def last(
        self, low: int, high: int, wanted: Wanted | None = None, *, alone: bool = False
    ) -> int | None:
        """Return the last instant from `low` to before `high` at which a breakpoint was met.

        With `wanted`, also the last after a crossing that it says yes to; that `alone` if asked so.
        Moves the machine. Raises TravelEndedError if it was told to pause.
        """
        mover, origin = self._mover, self._mover.timeline.now
        while True:
            found, is_over = self._last(low, high, wanted, alone=alone)
            if is_over:
                return found
            # Breakpoints may change, and the machine too: where the person is.
            mover.timeline.go(origin, _never)
            mover.breakpoints.travelled(origin)
            mover.do_posted()

    def _last(
        self, low: int, high: int, wanted: Wanted | None, *, alone: bool
    ) -> tuple[int | None, bool]:
        """Return what `last` does, and whether the search came to its end: somebody may want to act."""
        mover, origin = self._mover, self._mover.timeline.now
        logged, last = None, high - 1
        if not alone:
            logged, last = self._last_logged(low, high, is_all=wanted is None)
            low = logged or low
            self._pause_at(origin)
        while last >= max(low, 1) and (mover.breakpoints.has_enabled or wanted is not None):
            start = mover.timeline.back_to_moment_before(last)
            found = self._last_until(last, wanted, alone=alone)
            if mover.has_posted:
                return None, False
            # After `last` there was nothing.
            self._pause_at(last if last < high - 1 else origin)
            if found is not None:
                return (found if found >= low else logged), True
            last = start
        return logged, True

    def _pause_at(self, instant: int) -> None:
        """If somebody pauses, go there and raise TravelEndedError."""
        if self._shall_pause():
            self._mover.timeline.go(instant, _never)
            raise TravelEndedError(self._mover.paused())

    def _last_logged(self, low: int, high: int, *, is_all: bool) -> tuple[int | None, int]:
        """Return when the log says that a breakpoint on traps was met last, of `low` to before `high`.

        With it, up to which instant the run has to be looked at, 0 for not at all: if breakpoints are
        all that is looked for, and these are all, the log knows it, but for what it has forgotten.
        """
        breakpoints = self._mover.breakpoints
        plain = [known for known in breakpoints.traps if known.condition is None]
        if not plain:
            return None, high - 1
        entries = self._mover.follower.traplog.known
        asked = tuple(Alternative(known.trap) for known in plain)
        search = self._log_search
        if search is None or search.wanted.alternatives != asked:
            search = self._log_search = LogSearch(LogFilter(asked, ""))
        number = search.before(entries, entries.number_at(high - 1), self._shall_pause)
        found = None if number is None else entries.entry(number).instant + 1
        if found is not None and found < low:
            found = None
        if not is_all or len(plain) < sum(known.enabled for known in breakpoints):
            return found, high - 1
        if number is None and entries.first:
            return None, min(high - 1, entries.entry(entries.first).instant)
        return found, 0

    def _last_until(self, last: int, wanted: Wanted | None, *, alone: bool) -> int | None:
        """Run to the instant `last` and return when something was met last; may end early."""
        mover, timeline = self._mover, self._mover.timeline
        noter = _Noter(mover, wanted, alone=alone)
        with timeline.unheard(noter, armed=True):
            while timeline.now < last and not (mover.has_posted or self._shall_pause()):
                noter.pending.clear()
                stop = mover.advance(last)
                watched = [meeting.breakpoint for meeting in mover.watching.met()]
                met = (*noter.pending, *watched, *mover.breakpoints_here())
                if not alone and any(holds(known, mover.live) for known in met):
                    noter.last = timeline.now
                waits = stop is not None and stop.reason is StopReason.WAITING
                if waits or mover.machine.exit is not None:
                    break
        return noter.last


class _Noter:
    """Notes when a breakpoint on traps, or what is wanted, was met last: after the step that met it.

    Breakpoints with conditions are left `pending`, and the machine stops for somebody to look at them.
    """

    hears_late = True

    def __init__(self, mover: Mover, wanted: Wanted | None, *, alone: bool) -> None:
        self._is_alone = alone
        self._breakpoints = mover.breakpoints
        self._machine = mover.machine
        self._wanted = wanted
        self.last: int | None = None
        self.pending: list[TrapBreakpoint] = []

    def trap_taken(self, event: TrapTaken, position: Position) -> None:
        """Note a trap or an interrupt."""
        self._note(event.instant, self._breakpoints.met_by_trap(event, position.owner))
        self._look_at(event, position, event.instant + 1)

    def trap_returned(self, event: TrapReturned, position: Position, *, injected: bool) -> None:
        """Note an xRET."""
        met = self._breakpoints.met_by_return(event, position.owner, injected=injected)
        self._note(event.instant, met)
        self._look_at(event, position, event.instant + 1)

    def kernel_instruction(self, event: KernelInstruction, position: Position) -> None:
        """Note a kernel instruction."""
        self._note(event.instant, self._breakpoints.met_by_kernel(event, position.owner))

    def machine_reset(self, event: MachineReset, position: Position) -> None:
        """Note a reset."""
        self._look_at(event, position, event.instant)

    def stack_shrank(self) -> None:
        """Let functions and handlers return."""

    @property
    def urgency(self) -> Urgency:
        """What has a condition: that is asked while the machine is there."""
        asked = [] if self._is_alone else self._breakpoints.traps
        conditions = (known.trap.urgency for known in asked if known.condition is not None)
        return reduce(or_, conditions, NOTHING_URGENT)

    def _look_at(self, crossing: Crossing, position: Position, instant: int) -> None:
        if self._wanted is not None and self._wanted(crossing, position):
            self.last = instant

    def _note(self, instant: int, met: list[TrapBreakpoint]) -> None:
        if self._is_alone:
            return
        if any(known.condition is None for known in met):
            self.last = instant + 1
        elif met:
            self.pending += met
            self._machine.request_stop()


def _never() -> bool:
    return False
