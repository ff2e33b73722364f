"""What every move of the machine consists of: steps, runs, and the judgement whether to stand still.

One thread moves the machine. Others may ask it to pause, or post what is to be done in the next quiet
moment between two steps.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import TypeAlias

from hvtui.debugger.breakpoints import Breakpoints, PlaceBreakpoint, TrapBreakpoint
from hvtui.debugger.callstack import Activation, Frame
from hvtui.debugger.crossings import Crossing, MachineReset
from hvtui.debugger.edits import Change
from hvtui.debugger.expressions.live import LiveMachine
from hvtui.debugger.following import Follower
from hvtui.debugger.hitting import Meeting, stop_for
from hvtui.debugger.narration import describe_exit
from hvtui.debugger.positions import Position
from hvtui.debugger.snapshot import StopKind, Stopped
from hvtui.debugger.travel import Timeline
from hvtui.debugger.watching import Watching
from hvtui.machine.board import Machine, Stop, StopReason
from hvtui.machine.events import (
    DeviceOutput,
    ExitReason,
    KernelInstruction,
    TrapReturned,
    TrapTaken,
    Urgency,
)
from hvtui.machinefile.system import System

# A running machine is shown this often (seconds).
PROGRESS_TIME = 0.05

# Tells whether what was run for is done, after a crossing, or None for a return of a function.
IsDone: TypeAlias = Callable[[Crossing | None], bool]


class MoveError(Exception):
    """The machine cannot be moved in that way; the text says why."""


class Mover:
    """Moves the machine of `system`, and stops it at `breakpoints`.

    `show` is called now and then while the machine runs; `on_output` gets what devices write, once.
    `budget` is for the recorded moments, in bytes.
    No move forwards goes beyond the instant `limit`, if there is one.
    """

    # What stops the machine is urgent.
    hears_late = False

    def __init__(
        self, system: System, breakpoints: Breakpoints, show: Callable[[], None], *, budget: int
    ) -> None:
        self.system = system
        self.breakpoints = breakpoints
        self.on_output: Callable[[DeviceOutput], None] | None = None
        self.limit: int | None = None
        self._show = show
        self._budget = budget
        self._shown = 0.0
        # Held by who does something in a quiet moment, so that no move begins meanwhile.
        self._lock = RLock()
        self._posted: deque[Callable[[], object]] = deque()
        self.is_moving = False
        self.is_pausing = False
        self.pauses = 0
        self._met: list[Meeting] = []
        self._is_done: IsDone | None = None
        self._goal_reached = False
        self.begin(system.fresh_machine())

    def begin(self, machine: Machine) -> None:
        """Take up a fresh machine, and a run of which nothing is known yet."""
        machine.uart.input_open = True
        self.machine = machine
        self.follower = Follower(self.system, machine, self)
        self.callstack = self.follower.callstack
        self.timeline = Timeline(machine, self.follower, budget=self._budget)
        self.timeline.on_output = self._output
        self.live = LiveMachine(machine)
        self.watching = Watching(machine, self.breakpoints, self.follower.whereabouts)
        self.timeline.changing = self.watching.changing
        self._met.clear()
        self.place_breakpoints()

    @property
    def here(self) -> Position:
        """The position of the next instruction."""
        return self.follower.here

    # Other threads

    def pause(self) -> None:
        """Make the machine stand still as soon as the current step is over. For any thread."""
        self.pause_soon()
        if self.is_moving:
            self.machine.request_stop()

    def pause_soon(self) -> None:
        """Pause within a slice. For signal handlers, which must not touch a machine in the middle."""
        self.pauses += 1
        self.is_pausing = True

    def forget_pause(self) -> None:
        """Let a pause go that came when the machine stood still already. For any thread."""
        with self._lock:
            if not self.is_moving:
                self.is_pausing = False

    def post(self, action: Callable[[], object]) -> None:
        """Do `action` as soon as the machine is between two steps: now, if it stands still."""
        with self._lock:
            if self.is_moving:
                self._posted.append(action)
                self.machine.request_stop()
                return
            action()

    @property
    def has_posted(self) -> bool:
        """Tell whether somebody waits for a quiet moment."""
        return bool(self._posted)

    def do_posted(self) -> None:
        """Do what was posted: this is a quiet moment."""
        while self._posted:
            self._posted.popleft()()

    @contextmanager
    def moved(self) -> Iterator[None]:
        """Mark the machine as moving, so that what others want done waits for a quiet moment."""
        with self._lock:
            self.is_moving = True
        self._met.clear()
        self.timeline.speed = 0
        try:
            yield
        finally:
            with self._lock:
                self.is_moving = self.is_pausing = False
                self.timeline.speed = 0
                self.do_posted()

    @contextmanager
    def chained(self) -> Iterator[Callable[[], bool]]:
        """Let the moves made meanwhile count as one: asked between two, it says whether to go on.

        It is, until somebody pauses; a pause that no move has heard does not stop a later one. When it
        is asked, the machine is shown as moving, if that is due.
        """
        pauses = self.pauses

        def goes_on() -> bool:
            self.show_if_due()
            return self.pauses == pauses

        self._shown = time.monotonic()
        try:
            yield goes_on
        finally:
            self.forget_pause()

    # Steps and runs

    def step(self, *, lands: bool = False) -> Stopped | None:
        """Take one step; return why the machine shall stand still after it, None if it shall not.

        If it `lands`, at the end of a travel back, it does not matter how many hits shall be ignored.
        """
        if self._is_at_limit:
            return self._at_limit()
        self.follower.forget_last_event()
        self.watching.begin()
        return self._judge(self.timeline.step(), lands=lands)

    def run(self, is_done: Callable[[], bool] | None, done_text: str) -> Stopped:
        """Run until something stops the machine, or the call stack says that `is_done`."""
        stopped = self.seek(None if is_done is None else lambda crossing: is_done())
        if stopped is None:
            self.follower.forget_last_event()
            stopped = self.stepped(done_text)
        return stopped

    def seek(self, is_done: IsDone | None) -> Stopped | None:
        """Run until something stops the machine, which is returned, or `is_done`: then None is.

        It is asked after each crossing between modes, and with None after each return of a function.
        """
        self._is_done, self._goal_reached = is_done, False
        # Who waits for a function to return must hear of it at once.
        self.machine.probes.is_patient = is_done is None
        try:
            while True:
                if self._is_at_limit:
                    return self._at_limit()
                stopped = self._judge(self.advance(self.limit))
                if stopped is not None or self._goal_reached:
                    return stopped
                self.show_if_due()
        finally:
            self._is_done = None
            self.machine.probes.is_patient = True

    def advance(self, until: int | None) -> Stop | None:
        """Run for a slice, to the instant `until` at most; one step, if something is watched so."""
        self.watching.begin()
        return self.timeline.step() if self.watching.needs_steps else self.timeline.run(until)

    @property
    def _is_at_limit(self) -> bool:
        return self.limit is not None and self.timeline.now >= self.limit

    def _at_limit(self) -> Stopped:
        return Stopped(StopKind.LIMIT, f"at the limit of {self.limit:,} steps {self.here}")

    def stepped(self, text: str = "") -> Stopped:
        """Return the stop of a step that nothing else stopped; the last event is told if there was."""
        event = self.follower.last_event
        told = event() if event else f"{text or 'stepped'} {self.here}"
        return Stopped(StopKind.STEPPED, told)

    def paused(self) -> Stopped:
        """Return the stop of a machine that was told to pause."""
        return Stopped(StopKind.PAUSED, f"paused {self.here}")

    def ended(self, stop: Stop | None) -> Stopped | None:
        """Return why the machine cannot go on now by itself, None if it can."""
        exited = self.machine.exit
        if exited is not None and (stop is None or stop.reason in _ENDS):
            kind = StopKind.STUCK if exited.reason is ExitReason.STUCK else StopKind.ENDED
            return Stopped(kind, describe_exit(exited, self.here))
        if stop is not None and stop.reason is StopReason.WAITING:
            return Stopped(StopKind.WAITING, f"waiting for console input {self.here}")
        return None

    def _judge(self, stop: Stop | None, *, lands: bool = False) -> Stopped | None:
        """Return why the machine shall stand still now, or None if it shall go on."""
        if stop is not None and (ended := self.ended(stop)) is not None:
            return ended
        stopped = self._stopped_by_breakpoints(lands=lands)
        if stopped is not None:
            return stopped
        self.do_posted()
        return self.paused() if self.is_pausing else None

    def show_if_due(self) -> None:
        """Have the running machine shown, unless that was done just now."""
        now = time.monotonic()
        if now - self._shown >= PROGRESS_TIME:
            self._shown = now
            self._show()

    # Breakpoints

    def place_breakpoints(self) -> None:
        """Have the machine stop where enabled breakpoints are, and see what is watched."""
        self.machine.probes.breakpoints = self.breakpoints.places
        self.watching.place()

    def breakpoints_here(self) -> tuple[PlaceBreakpoint, ...]:
        """Return the enabled breakpoints at the instruction that is executed next.

        An interrupt that is taken first comes before it: the handler will come back here.
        """
        places = self.breakpoints.places
        if not places:
            return ()
        hart = self.machine.hart
        physical = self.follower.whereabouts.physical(hart.pc, hart.privilege)
        if physical not in places or hart.interrupts.next() is not None:
            return ()
        return tuple(hit for hit in self.breakpoints.at(physical) if hit.enabled)

    def _stopped_by_breakpoints(self, *, lands: bool) -> Stopped | None:
        """Return the stop of the breakpoints that were met, None if none of them stops the machine."""
        events, self._met = self._met, []
        meetings = [*events, *self.watching.met()]
        meetings += [
            Meeting(known, StopKind.BREAKPOINT, f"{known.number} at {known.words}")
            for known in self.breakpoints_here()
        ]
        if not meetings:
            return None
        stopped = stop_for(
            meetings,
            self.breakpoints,
            self.live,
            lands=lands,
            here=lambda: self.here,
            doer=self.watching.doer,
        )
        if any(meeting.breakpoint.one_shot for meeting in meetings):
            self.place_breakpoints()
        return stopped

    # Changes

    def change(self, change: Change, *, cut: bool) -> None:
        """Change the machine; see `hvtui.debugger.travel.Timeline.change`."""
        self.timeline.change(change, cut=cut)
        self.breakpoints.forget_hits(after=self.timeline.now)

    # The call stack

    def is_at(self, top: Activation, frames: Frame | None) -> bool:
        """Tell whether the function of `frames` in `top` runs now."""
        stack = self.callstack
        return stack.top.serial == top.serial and same_frames(stack.frames, frames)

    def is_over(self, top: Activation, frames: Frame | None) -> bool:
        """Tell whether what was stepped over has come back, or never can."""
        return self.is_at(top, frames) or top.serial in self.callstack.ended

    def waits(self, top: Activation, frames: Frame | None) -> bool:
        """Tell whether the function of `frames` in `top` waits for what runs now."""
        stack = self.callstack
        if stack.top.serial != top.serial:
            return stack.holds(top)
        return depth_of(stack.frames) > depth_of(frames)

    # What the machine reports; see `hvtui.debugger.following.Listener`

    def trap_taken(self, event: TrapTaken, position: Position) -> None:
        """Stop if a breakpoint is meant, or what was run for is done."""
        self._meet(self.breakpoints.met_by_trap(event, position.owner))
        self._look_at(event)

    def trap_returned(self, event: TrapReturned, position: Position, *, injected: bool) -> None:
        """Stop if a breakpoint is meant, or what was run for is done."""
        self._meet(self.breakpoints.met_by_return(event, position.owner, injected=injected))
        self._look_at(event)

    def kernel_instruction(self, event: KernelInstruction, position: Position) -> None:
        """Stop if a breakpoint is meant."""
        self._meet(self.breakpoints.met_by_kernel(event, position.owner))

    def machine_reset(self, event: MachineReset, position: Position) -> None:
        """Stop if what was run for is done, or never can be."""
        self._look_at(event)

    def stack_shrank(self) -> None:
        """Stop if what was stepped over or finished has come back."""
        self._look_at(None)

    @property
    def urgency(self) -> Urgency | None:
        """What could stop the machine: only that has to be heard of at once."""
        return self.breakpoints.urgency if self._is_done is None else None

    def _look_at(self, crossing: Crossing | None) -> None:
        if self._is_done is not None and self._is_done(crossing):
            self.reach_goal()

    def reach_goal(self) -> None:
        """End what `seek` runs after this step: what it was run for has come."""
        self._goal_reached = True
        self.machine.request_stop()

    def _meet(self, met: list[TrapBreakpoint]) -> None:
        """Stop after this step for breakpoints; the last event is what they met."""
        for breakpoint in met:
            told = self.follower.last_event
            assert told is not None, "a breakpoint was met by an event that nobody can tell"
            text = told()
            if breakpoint.condition is not None:
                text += f" (breakpoint {breakpoint.number} if {breakpoint.condition.text})"
            self._met.append(Meeting(breakpoint, StopKind.TRAP, text))
            self.machine.request_stop()

    def _output(self, event: DeviceOutput) -> None:
        if self.on_output is not None:
            self.on_output(event)


_ENDS = frozenset({StopReason.EXITED, StopReason.STUCK})


def depth_of(frames: Frame | None) -> int:
    """Return how many calls deep a function is in its activation."""
    return frames.depth if frames else 0


def same_frames(frames: Frame | None, others: Frame | None) -> bool:
    """Tell whether both are the same call, or both the outermost function."""
    return frames is others or (frames is not None and frames.same_call(others))


def same_instruction(here: Position, there: Position) -> bool:
    """Tell whether both are the same instruction of a program."""
    return here.component is there.component and here.pc == there.pc


def same_line(here: Position, there: Position) -> bool:
    """Tell whether both are instructions of one source line; of translated code, of the guest's."""
    one, other = here.origin or here, there.origin or there
    is_same = here.component is there.component and one.component is other.component
    return is_same and one.place == other.place
