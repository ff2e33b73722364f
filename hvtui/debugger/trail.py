"""What was at past instants: looked at backwards, a window at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hvtui.debugger.callstack import Activation, Frame
from hvtui.debugger.moving import Mover, depth_of, same_frames
from hvtui.debugger.positions import Position
from hvtui.machine.privilege import Privilege

# How many instants are looked at together, at first and at most.
_FIRST_WINDOW, _LARGEST_WINDOW = 8, 1024


@dataclass(frozen=True, slots=True)
class Seen:
    """Where the machine was at one instant: position, mode, activation and function."""

    instant: int
    position: Position
    privilege: Privilege
    top: Activation
    frames: Frame | None

    def is_at(self, other: Seen) -> bool:
        """Tell whether both are in the same function of the same activation."""
        return self.top.serial == other.top.serial and same_frames(self.frames, other.frames)


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
        mover = self._mover
        stack = mover.callstack
        privilege = mover.machine.hart.privilege
        return Seen(mover.timeline.now, mover.here, privilege, stack.top, stack.frames)

    def at(self, instant: int) -> Seen:
        """Return what was at `instant`."""
        if instant not in self._seen:
            goes_on = instant + 1 in self._seen
            self._window = min(4 * self._window, _LARGEST_WINDOW) if goes_on else _FIRST_WINDOW
            self._look(max(instant - self._window + 1, 0), instant)
        return self._seen[instant]

    def before(self, seen: Seen) -> Seen:
        """Return what was an instant before."""
        return self.at(seen.instant - 1)

    def before_over(self, seen: Seen) -> Seen:
        """Return what was before `seen` and before all that its function waited for."""
        before = self.before(seen)
        while before.instant > 0:
            entry = _entry_above(before, seen)
            if entry is None:
                break
            before = self.at(max(min(entry, before.instant - 1), 0))
        return before

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


def begins_line(position: Position) -> bool:
    """Tell whether the instruction is the first one of its source line, or of no line at all."""
    if position.component is None or position.place is None:
        return True
    entry = position.component.program.lines.at(position.linked - 1)
    return entry is None or entry.outermost != position.place
