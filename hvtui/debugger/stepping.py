"""Moves forwards: by instructions, by lines, over calls and traps, and out of functions."""

from __future__ import annotations

from hvtui.debugger.moving import MoveError, Mover, same_line
from hvtui.debugger.snapshot import StopKind, Stopped


class Stepping:
    """Steps the machine of `mover`; each move returns when the machine stands still again."""

    def __init__(self, mover: Mover) -> None:
        self._mover = mover

    def walk(self, *, lines: bool, over: bool) -> Stopped:
        """Step by instructions until another line (or just the next instruction) is reached."""
        mover = self._mover
        start = mover.here
        top, frames = mover.callstack.top, mover.callstack.frames
        while True:
            stopped = mover.step()
            if stopped is not None:
                return stopped
            if not mover.is_at(top, frames):
                if not (over and mover.waits(top, frames)):
                    return mover.stepped()
                stopped = mover.run(lambda: mover.is_over(top, frames), "")
                if stopped.kind is not StopKind.STEPPED or not mover.is_at(top, frames):
                    return stopped
            here = mover.here
            if not lines or here.place is None or here.pc == start.pc or not same_line(here, start):
                return mover.stepped()
            mover.show_if_due()

    def finish(self) -> Stopped:
        """Run until the present function returns, or its handler ends."""
        mover, stack = self._mover, self._mover.callstack
        top, frames = stack.top, stack.frames
        if frames is None and top.below is None and not top.privilege.mode_bit:
            raise MoveError("nothing to finish: this is the outermost function of the program")

        def left() -> bool:
            if top.serial in stack.ended:
                return True
            return frames is not None and mover.is_at(top, frames.below)

        return mover.run(left, "finished")
