"""Moves forwards: by instructions, by lines, over calls and traps, out of functions and handlers."""

from __future__ import annotations

from hvtui.debugger.crossings import Crossing, Landmark, MachineReset
from hvtui.debugger.guests import Guests
from hvtui.debugger.moving import MoveError, Mover, same_instruction, same_line
from hvtui.debugger.positions import Position
from hvtui.debugger.snapshot import StopKind, Stopped
from hvtui.machine.events import TrapReturned


class Stepping:
    """Steps the machine of `mover`; each move returns when the machine stands still again."""

    def __init__(self, mover: Mover) -> None:
        self._mover = mover
        self._guests = Guests(mover.system)

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

        name = self._function_name()

        def left(crossing: Crossing | None) -> bool:
            if top.serial in stack.ended:
                return True
            return frames is not None and mover.is_at(top, frames.below)

        stopped = mover.seek(left)
        if stopped is None and top.serial not in stack.ended:
            # It returned; what happened on the way is not what stops the machine.
            mover.follower.forget_last_event()
            return mover.stepped(f"finished {name}")
        return stopped or mover.stepped()

    def _function_name(self) -> str:
        """Return what a person calls the function that runs."""
        level = next(self._mover.callstack.levels(self._mover.here))
        entry = level.entry
        return entry.label if entry.label and not entry.offset else entry.symbol

    def finish_trap(self) -> Stopped:
        """Run until the present trap handler ends, in whichever of its functions it is."""
        mover, stack = self._mover, self._mover.callstack
        top = stack.top
        if not top.is_handler:
            raise MoveError("no trap handler runs: nothing was trapped or interrupted to come here")
        # By an xRET, or because another thread of the kernel goes on.
        stopped = mover.seek(lambda crossing: top.serial in stack.ended)
        return stopped or mover.stepped()

    def landmark(self, landmark: Landmark) -> Stopped:
        """Run until after the next crossing of a kind."""
        stopped = self._mover.seek(lambda crossing: crossing is not None and landmark.meets(crossing))
        return stopped or self._mover.stepped()

    def line_of_guest(self) -> Stopped:
        """Go to the next line that a guest executes; the hypervisor does its work meanwhile."""
        self._guests.require()
        mover = self._mover
        start = mover.here
        if not self._is_in_guest(start):
            return mover.seek(self._enters_guest) or mover.stepped()
        told = ""
        while True:
            before = mover.here
            mover.follower.forget_last_event()
            stopped = mover.step()
            if stopped is not None:
                return stopped
            here, instant = mover.here, mover.timeline.now
            if not self._is_in_guest(here):
                left = mover.stepped().text
                stopped = mover.seek(self._enters_guest)
                if stopped is not None:
                    return stopped
                told = f"{left}; {mover.timeline.now - instant:,} steps later "
                here = mover.here
                if same_instruction(here, before):
                    continue  # it was not executed yet: the hypervisor had to see to something first
            if here.place is None or here.pc == start.pc or not same_line(here, start):
                return Stopped(StopKind.STEPPED, told + mover.stepped().text)
            mover.show_if_due()

    def _is_in_guest(self, position: Position) -> bool:
        return self._guests.run_at(position, self._mover.machine.hart.privilege)

    def _enters_guest(self, crossing: Crossing | None) -> bool:
        if crossing is None or isinstance(crossing, MachineReset):
            return False
        pc = crossing.resumed if isinstance(crossing, TrapReturned) else crossing.handler
        position = self._mover.follower.whereabouts.at(pc, crossing.target)
        return self._guests.run_at(position, crossing.target)
