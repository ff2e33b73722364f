"""Moves backwards, and to any instant: what `stepping` does forwards, in the other direction of time.

A place in the past is found first, then gone to: to the instant before it by a silent replay, and
then by a step that is judged like any other. So a stop says the same words as if one had come to it
forwards.

To step over something backwards needs no search: every frame and every activation of the call stack
knows the instant at which it was entered. Breakpoints are searched: the stretches between recorded
moments are run again, the latest first, and of the breakpoints that are met the last one counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from hvtui.debugger.callstack import Entered
from hvtui.debugger.crossings import Crossing, Landmark, last_logged
from hvtui.debugger.guests import Guests
from hvtui.debugger.logentries import TRAP_KINDS
from hvtui.debugger.moving import MoveError, Mover, same_instruction, same_line
from hvtui.debugger.positions import Position
from hvtui.debugger.searching import Search, TravelEndedError
from hvtui.debugger.snapshot import StopKind, Stopped
from hvtui.debugger.trail import Seen, Trail, begins_line
from hvtui.machine.events import TrapTaken

# A travel that takes no longer than this (seconds) is finished even if the machine shall pause.
_PATIENCE = 0.05

_WORDS_OF_ENTRY = {
    Entered.RESET: "back before the reset",
    Entered.TRAP: "back before the trap",
    Entered.INTERRUPT: "back before the interrupt",
    Entered.INJECTED: "back before the injection",
    Entered.SWITCHED: "back before the switch",
}


class Reversing:
    """Moves the machine of `mover` in time; each move returns when the machine stands still again."""

    def __init__(self, mover: Mover) -> None:
        self._mover = mover
        self._search = Search(mover, self._shall_pause)
        self._guests = Guests(mover.system)
        self._began = 0.0

    # The moves

    def goto(self, instant: int) -> Stopped:
        """Go to an instant, known or beyond what is known."""
        if instant < 0:
            raise MoveError(f"there is no instant {instant}: the first is 0")

        def go() -> Stopped:
            self._go(instant)
            return self._stopped(f"at instant {instant:,}")

        return self._travel(go)

    def step(self, *, over: bool) -> Stopped:
        """Go back by one step, or to the last instruction of this function."""
        origin = self._origin()

        def step() -> Stopped:
            target = origin - 1
            if over:
                trail = Trail(self._mover, self._go)
                target = trail.before_over(trail.present()).instant
            return self._back_to(target, origin, "stepped back")

        return self._travel(step)

    def line(self, *, over: bool) -> Stopped:
        """Go back to the beginning of this line or the one before it."""
        origin = self._origin()

        def step() -> Stopped:
            trail = Trail(self._mover, self._go)
            before = trail.before_over if over else trail.before
            target = _line_before(trail.present(), before, is_in_activation=True)
            return self._back_to(target, origin, "stepped back")

        return self._travel(step)

    def line_of_guest(self) -> Stopped:
        """Go back to the beginning of a guest's line, or of the one before it, over the hypervisor."""
        self._guests.require()
        origin = self._origin()

        def step() -> Stopped:
            trail = Trail(self._mover, self._go)

            def before(seen: Seen) -> Seen:
                return self._guest_before(trail, seen)

            target = _line_before(trail.present(), before, is_in_activation=False)
            return self._back_to(target, origin, "stepped back", "no guest has run before")

        return self._travel(step)

    def finish(self) -> Stopped:
        """Go back to the call of this function, or to what led into its activation."""
        origin = self._origin()
        top, frames = self._mover.callstack.top, self._mover.callstack.frames
        if frames is not None:
            target, text = frames.since, "back at the call"
        elif top.entered is not Entered.RESET:
            target, text = top.since, _WORDS_OF_ENTRY[top.entered]
        elif top.since > 0:
            # A reset takes place between two steps: the one before it asked for it.
            target, text = top.since - 1, _WORDS_OF_ENTRY[top.entered]
        else:
            raise MoveError("nothing to go back to: the run began with this function")
        return self._travel(lambda: self._back_to(target, origin, text))

    def finish_trap(self) -> Stopped:
        """Go back to before the trap that led to the present handler."""
        origin = self._origin()
        top = self._mover.callstack.top
        if not top.is_handler:
            raise MoveError("no trap led here: what runs was not entered by one")
        if top.event is not None:
            target, entered = top.event.instant, Entered.TRAP
            if top.event.is_interrupt:
                entered = Entered.INTERRUPT
        else:
            target, entered = top.since, top.entered
        return self._travel(lambda: self._back_to(target, origin, _WORDS_OF_ENTRY[entered]))

    def landmark(self, landmark: Landmark) -> Stopped:
        """Go back to after the last crossing of a kind, or to the beginning."""
        origin = self._origin()

        def go() -> Stopped:
            # What was met before the last step has been left behind; what it met is the present.
            target = self._last_logged(landmark, origin - 1)
            if target is None:
                target = self._search.last(1, origin, lambda met, _: landmark.meets(met)) or 0
                return self._land(target) or self._stopped("", landmark.lacking)
            return self._back_to(target, origin, "", landmark.lacking)

        return self._travel(go)

    def resume(self) -> Stopped:
        """Go back to where a breakpoint was met last, or to the beginning."""
        origin = self._origin()
        return self._travel(lambda: self._back_to(0, origin, "", "no breakpoint was met before"))

    # Details

    def _origin(self) -> int:
        origin = self._mover.timeline.now
        if origin == 0:
            raise MoveError("this is the beginning of the run")
        return origin

    def _travel(self, move: Callable[[], Stopped]) -> Stopped:
        self._began = time.monotonic()
        try:
            return move()
        except TravelEndedError as interrupted:
            return interrupted.stopped
        finally:
            self._mover.breakpoints.travelled(self._mover.timeline.now)

    def _back_to(self, target: int, origin: int, text: str, lacking: str = "") -> Stopped:
        """Go from `origin` back to `target`, or to where a breakpoint was met last between them."""
        found = self._search.last(target + 1, origin)
        return self._land(target if found is None else found) or self._stopped(text, lacking)

    def _stopped(self, text: str, lacking: str = "") -> Stopped:
        """Return the stop where one has gone to: `text`, or what the last step did, tells why.

        At the beginning of the run, `lacking` tells what has not been found.
        """
        mover = self._mover
        ended = mover.ended(None)
        if ended is not None:
            return ended
        if mover.timeline.now == 0:
            found = f"{lacking}: " if lacking else ""
            return Stopped(StopKind.START, f"{found}ready {mover.here}")
        return Stopped(StopKind.STEPPED, f"{text} {mover.here}") if text else mover.stepped()

    def _land(self, instant: int) -> Stopped | None:
        """Go to `instant`, by a last step that is judged; return why to stand still, if it says."""
        if instant == 0:
            self._go(0)
            return None
        self._go(instant - 1)
        return self._mover.step(lands=True)

    def _go(self, instant: int) -> None:
        """Go to `instant`. Raises TravelEndedError if the machine stands still before."""
        mover = self._mover
        stop = mover.timeline.go(instant, self._is_interrupted)
        mover.breakpoints.travelled(mover.timeline.now)
        if stop is not None:
            raise TravelEndedError(mover.ended(stop) or mover.paused())

    def _is_interrupted(self) -> bool:
        """Tell whether to stand still on the way; what nobody has seen yet is shown meanwhile."""
        if self._mover.timeline.now >= self._mover.timeline.frontier:
            self._mover.show_if_due()
        return self._shall_pause()

    def _shall_pause(self) -> bool:
        return self._mover.is_pausing and time.monotonic() - self._began > _PATIENCE

    # What was before

    def _last_logged(self, landmark: Landmark, before: int) -> int | None:
        """Return the last instant up to `before` that such a crossing led to, 0 if there is none.

        None if that is not known: the log has forgotten what was so long ago.
        """
        entries, reset = self._mover.follower.traplog.entries, self._mover.callstack.reset_event
        entry = last_logged(entries, before, landmark.kinds, lambda event, _: landmark.meets(event))
        if entry is None and entries.first:
            return None
        found = entry.instant + 1 if entry is not None else 0
        if reset is not None and reset.instant <= before and landmark.meets(reset):
            found = max(found, reset.instant)
        return found

    def _guest_before(self, trail: Trail, seen: Seen) -> Seen:
        """Return what was before `seen` when a guest ran; an instruction begun again is one.

        If no guest ran before, that is the beginning of the run.
        """
        before = trail.before(seen)
        if not self._guests.run_at(before.position, before.privilege):
            before = trail.at(self._last_guest_instant(before.instant))
        while before.instant > 0:
            ahead = trail.before(before)
            if self._guests.run_at(ahead.position, ahead.privilege):
                break
            first = self._last_guest_instant(ahead.instant)
            begun = trail.at(first)
            if first == 0 or not same_instruction(begun.position, before.position):
                break
            before = begun
        return before

    def _last_guest_instant(self, before: int) -> int:
        """Return the last instant before `before` at which a guest was, 0 if none; a trap ended it."""
        guests, timeline = self._guests, self._mover.timeline

        def left(crossing: Crossing, position: Position) -> bool:
            return isinstance(crossing, TrapTaken) and guests.run_at(position, crossing.origin)

        if timeline.now < before:
            self._go(before)
        entries = self._mover.follower.traplog.entries
        entry = last_logged(entries, before, TRAP_KINDS, left)
        if entry is not None:
            return entry.instant
        if not entries.first:
            return 0
        return max((self._search.last(1, before + 1, left, alone=True) or 0) - 1, 0)


def _line_before(present: Seen, before: Callable[[Seen], Seen], *, is_in_activation: bool) -> int:
    """Return when the line began that is stepped back to: where `before` leads step by step."""
    seen = before(present)
    while seen.instant > 0 and not begins_line(seen.position):
        ahead = before(seen)
        if not same_line(ahead.position, seen.position):
            break
        if is_in_activation and not ahead.is_at(seen):
            break
        seen = ahead
    return seen.instant
