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
from dataclasses import dataclass

from hvtui.debugger.breakpoints import TrapBreakpoint
from hvtui.debugger.callstack import Activation, Entered, Frame
from hvtui.debugger.hitting import holds
from hvtui.debugger.moving import MoveError, Mover, depth_of, same_frames, same_line
from hvtui.debugger.positions import Position
from hvtui.debugger.snapshot import StopKind, Stopped
from hvtui.machine.board import StopReason
from hvtui.machine.events import KernelInstruction, TrapReturned, TrapTaken

# A travel that takes no longer than this (seconds) is finished even if the machine shall pause.
_PATIENCE = 0.05

# How many instants are looked at together, at first and at most.
_FIRST_WINDOW, _LARGEST_WINDOW = 8, 1024

_WORDS_OF_ENTRY = {
    Entered.RESET: "back before the reset",
    Entered.TRAP: "back before the trap",
    Entered.INTERRUPT: "back before the interrupt",
    Entered.INJECTED: "back before the injection",
    Entered.SWITCHED: "back before the switch",
}


class _TravelEndedError(Exception):
    """A travel ended on the way; the machine stands there."""

    def __init__(self, stopped: Stopped) -> None:
        super().__init__(stopped.text)
        self.stopped = stopped


@dataclass(frozen=True, slots=True)
class Seen:
    """Where the machine was at one instant: position, activation and function."""

    instant: int
    position: Position
    top: Activation
    frames: Frame | None

    def is_at(self, other: Seen) -> bool:
        """Tell whether both are in the same function of the same activation."""
        return self.top.serial == other.top.serial and same_frames(self.frames, other.frames)


class Reversing:
    """Moves the machine of `mover` in time; each move returns when the machine stands still again."""

    def __init__(self, mover: Mover) -> None:
        self._mover = mover
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
                target = self._before(trail, trail.present(), over=True).instant
            return self._back_to(target, origin, "stepped back")

        return self._travel(step)

    def line(self, *, over: bool) -> Stopped:
        """Go back to the beginning of this line or the one before it."""
        origin = self._origin()

        def step() -> Stopped:
            trail = Trail(self._mover, self._go)
            seen = self._before(trail, trail.present(), over=over)
            while seen.instant > 0 and not _begins_line(seen.position):
                before = self._before(trail, seen, over=over)
                if not before.is_at(seen) or not same_line(before.position, seen.position):
                    break
                seen = before
            return self._back_to(seen.instant, origin, "stepped back")

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

    def resume(self) -> Stopped:
        """Go back to where a breakpoint was met last, or to the beginning."""
        origin = self._origin()
        return self._travel(lambda: self._back_to(0, origin, ""))

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
        except _TravelEndedError as interrupted:
            return interrupted.stopped
        finally:
            self._mover.breakpoints.travelled(self._mover.timeline.now)

    def _back_to(self, target: int, origin: int, text: str) -> Stopped:
        """Go from `origin` back to `target`, or to where a breakpoint was met last between them."""
        found = self._last_hit(target + 1, origin)
        return self._land(target if found is None else found) or self._stopped(text)

    def _stopped(self, text: str) -> Stopped:
        mover = self._mover
        ended = mover.ended(None)
        if ended is not None:
            return ended
        if mover.timeline.now == 0:
            return Stopped(StopKind.START, f"ready {mover.here}")
        return Stopped(StopKind.STEPPED, f"{text} {mover.here}")

    def _land(self, instant: int) -> Stopped | None:
        """Go to `instant`, by a last step that is judged; return why to stand still, if it says."""
        if instant == 0:
            self._go(0)
            return None
        self._go(instant - 1)
        return self._mover.step(lands=True)

    def _go(self, instant: int) -> None:
        """Go to `instant`. Raises _TravelEndedError if the machine stands still before."""
        mover = self._mover
        stop = mover.timeline.go(instant, self._is_interrupted)
        mover.breakpoints.travelled(mover.timeline.now)
        if stop is not None:
            raise _TravelEndedError(mover.ended(stop) or mover.paused())

    def _is_interrupted(self) -> bool:
        """Tell whether to stand still on the way; what nobody has seen yet is shown meanwhile."""
        if self._mover.timeline.now >= self._mover.timeline.frontier:
            self._mover.show_if_due()
        return self._shall_pause()

    def _shall_pause(self) -> bool:
        return self._mover.is_pausing and time.monotonic() - self._began > _PATIENCE

    # Over calls and traps

    def _before(self, trail: Trail, seen: Seen, *, over: bool) -> Seen:
        """Return what was before `seen`; with `over`, before all that its function waited for."""
        before = trail.at(seen.instant - 1)
        while over and before.instant > 0:
            entry = _entry_above(before, seen)
            if entry is None:
                break
            before = trail.at(max(min(entry, before.instant - 1), 0))
        return before

    # Breakpoints

    def _last_hit(self, low: int, high: int) -> int | None:
        """Return the last instant from `low` to before `high` at which a breakpoint was met."""
        mover, origin = self._mover, self._mover.timeline.now
        last = high - 1
        while last >= max(low, 1) and mover.breakpoints.has_enabled:
            start = mover.timeline.back_to_moment_before(last)
            found = self._last_hit_until(last)
            if mover.has_posted:
                # Breakpoints may change, and the machine too: where the person is.
                mover.timeline.go(origin, _never)
                mover.breakpoints.travelled(origin)
                mover.do_posted()
                last = high - 1
            elif self._shall_pause():
                # After `last` there was nothing.
                mover.timeline.go(last if last < high - 1 else origin, _never)
                raise _TravelEndedError(mover.paused())
            elif found is not None:
                return found if found >= low else None
            else:
                last = start
        return None

    def _last_hit_until(self, last: int) -> int | None:
        """Run to the instant `last` and return when a breakpoint was met last; may end early."""
        mover, timeline = self._mover, self._mover.timeline
        noter = _Noter(mover)
        with timeline.unheard(noter, armed=True):
            while timeline.now < last and not (mover.has_posted or self._shall_pause()):
                noter.pending.clear()
                stop = mover.advance(last)
                watched = [meeting.breakpoint for meeting in mover.watching.met()]
                met = (*noter.pending, *watched, *mover.breakpoints_here())
                if any(holds(known, mover.live) for known in met):
                    noter.last = timeline.now
                waits = stop is not None and stop.reason is StopReason.WAITING
                if waits or mover.machine.exit is not None:
                    break
        return noter.last


class _Noter:
    """Notes when a breakpoint on traps was met last, after the step that met it.

    Those with conditions are left `pending`, and the machine stops for somebody to look at them.
    """

    def __init__(self, mover: Mover) -> None:
        self._breakpoints = mover.breakpoints
        self._machine = mover.machine
        self.last: int | None = None
        self.pending: list[TrapBreakpoint] = []

    def trap_taken(self, event: TrapTaken, position: Position) -> None:
        """Note a trap or an interrupt."""
        self._note(event.instant, self._breakpoints.met_by_trap(event, position.owner))

    def trap_returned(self, event: TrapReturned, position: Position, *, injected: bool) -> None:
        """Note an xRET."""
        met = self._breakpoints.met_by_return(event, position.owner, injected=injected)
        self._note(event.instant, met)

    def kernel_instruction(self, event: KernelInstruction, position: Position) -> None:
        """Note a kernel instruction."""
        self._note(event.instant, self._breakpoints.met_by_kernel(event, position.owner))

    def stack_shrank(self) -> None:
        """Let functions and handlers return."""

    def _note(self, instant: int, met: list[TrapBreakpoint]) -> None:
        if any(known.condition is None for known in met):
            self.last = instant + 1
        elif met:
            self.pending += met
            self._machine.request_stop()


class Trail:
    """What was at past instants, looked at from the present backwards.

    The machine is moved by looking; `go` moves it.
    """

    def __init__(self, mover: Mover, go: Callable[[int], None]) -> None:
        self._mover = mover
        self._go = go
        self._seen: dict[int, Seen] = {}
        self._window = _FIRST_WINDOW

    def present(self) -> Seen:
        """Return what is now."""
        stack = self._mover.callstack
        return Seen(self._mover.timeline.now, self._mover.here, stack.top, stack.frames)

    def at(self, instant: int) -> Seen:
        """Return what was at `instant`."""
        if instant not in self._seen:
            goes_on = instant + 1 in self._seen
            self._window = min(4 * self._window, _LARGEST_WINDOW) if goes_on else _FIRST_WINDOW
            self._look(max(instant - self._window + 1, 0), instant)
        return self._seen[instant]

    def _look(self, first: int, last: int) -> None:
        timeline = self._mover.timeline
        self._go(first)
        self._seen = {first: self.present()}
        with timeline.unheard():
            while timeline.now < last:
                timeline.step()
                self._seen[timeline.now] = self.present()


def _entry_above(before: Seen, seen: Seen) -> int | None:
    """Return when the function of `seen` was left for what runs at `before`, None if it was not.

    That is the instant before the call or the trap (or, as a first approach to it, the injection) whose
    frame or activation is the next above that function.
    """
    if before.top.serial == seen.top.serial:
        frame, depth = before.frames, depth_of(seen.frames)
        if depth_of(frame) <= depth:
            return None
        while frame is not None and frame.below is not None and frame.depth > depth + 1:
            frame = frame.below
        return frame.since if frame is not None else None
    above = before.top
    while above.below is not None:
        if above.below.activation.serial == seen.top.serial:
            return above.since
        above = above.below.activation
    return None


def _begins_line(position: Position) -> bool:
    """Tell whether the instruction is the first one of its source line, or of no line at all."""
    if position.component is None or position.place is None:
        return True
    entry = position.component.program.lines.at(position.linked - 1)
    return entry is None or entry.outermost != position.place


def _never() -> bool:
    return False
