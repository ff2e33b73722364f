"""A debugging session: a machine with its programs, and everything one can do with it.

One thread moves the machine (`step_line`, `resume`, …); each of those calls returns when the machine
stands still again. Meanwhile other threads may call `pause` and `post`, and get snapshots through
`on_progress`.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

from asm.isa.trapbits import TrapBit
from hvtui.debugger.baseline import Baseline
from hvtui.debugger.breakpoints import Breakpoint, Breakpoints, PlaceBreakpoint, TrapBreakpoint
from hvtui.debugger.callstack import Activation, Frame
from hvtui.debugger.edits import toggle_trap_bit
from hvtui.debugger.following import Follower
from hvtui.debugger.locations import Location, resolve
from hvtui.debugger.narration import describe_exit
from hvtui.debugger.observation import observe
from hvtui.debugger.positions import Position
from hvtui.debugger.snapshot import Snapshot, StopKind, Stopped
from hvtui.debugger.trapconditions import parse_condition
from hvtui.machine.board import Machine, Stop, StopReason
from hvtui.machine.events import ExitReason, KernelInstruction, TrapReturned, TrapTaken
from hvtui.machinefile.system import System

# A running machine looks up this often (seconds): to see whether it shall pause, and to be seen.
SLICE_TIME = 0.025
PROGRESS_TIME = 0.05
_FIRST_SLICE = 5_000
_SHORTEST_SLICE, _LONGEST_SLICE = 1_000, 2_000_000


class MoveError(Exception):
    """The machine cannot be moved in that way; the text says why."""


class Session:
    """Steps, runs and stops the machine of `system`, from its first instruction on."""

    def __init__(self, system: System) -> None:
        self.system = system
        self.breakpoints = Breakpoints()
        self.on_progress: Callable[[Snapshot], None] | None = None
        self._lock = Lock()
        self._moving = False
        self._pausing = False
        self._posted: deque[Callable[[], object]] = deque()
        self._slice = _FIRST_SLICE
        # Steps a second of the running machine, 0 while it stands still.
        self.speed = 0
        self._start(system.fresh_machine())

    def _start(self, machine: Machine) -> None:
        self.machine = machine
        self._follower = Follower(self.system, machine, self)
        self.whereabouts = self._follower.whereabouts
        self.callstack = self._follower.callstack
        self.traplog = self._follower.traplog
        self.console = self._follower.console
        self._before_move = Baseline.of(self._follower)
        self.stop = Stopped(StopKind.START, f"ready {self.here}")
        self._met: list[tuple[TrapBreakpoint, str]] = []
        self._is_done: Callable[[], bool] | None = None
        self._goal_reached = False
        machine.uart.input_open = True
        self._place_breakpoints()

    # What there is to see

    @property
    def here(self) -> Position:
        """The position of the next instruction."""
        return self._follower.here

    @property
    def is_moving(self) -> bool:
        """Tell whether the machine is running or being stepped."""
        return self._moving

    def snapshot(self) -> Snapshot:
        """Return what there is to see now: between moves, or in the thread that moves the machine."""
        return observe(
            self._follower,
            self._before_move,
            self.breakpoints,
            stop=self.stop,
            running=self._moving,
            speed=self.speed,
        )

    # Moves: each returns when the machine stands still again

    def step_instruction(self) -> Stopped:
        """Do one step of the machine: an instruction, or a trap or interrupt that is taken."""
        return self._move(lambda: self._walk(lines=False, over=False))

    def step_over_instruction(self) -> Stopped:
        """Do one instruction, with all of a call or trap that it leads into."""
        return self._move(lambda: self._walk(lines=False, over=True))

    def step_line(self) -> Stopped:
        """Go to the next source line, into calls and traps."""
        return self._move(lambda: self._walk(lines=True, over=False))

    def step_over(self) -> Stopped:
        """Go to the next source line of this function, with all of the calls and traps between."""
        return self._move(lambda: self._walk(lines=True, over=True))

    def finish(self) -> Stopped:
        """Run until this function returns, or, in a handler's outermost function, the handler ends.

        Raises MoveError in the outermost function of a program.
        """
        top, frames = self.callstack.top, self.callstack.frames
        if frames is None and top.below is None and not top.privilege.mode_bit:
            raise MoveError("nothing to finish: this is the outermost function of the program")

        def left() -> bool:
            stack = self.callstack
            if top.serial in stack.ended:
                return True
            return frames is not None and self._is_at(top, frames.below)

        return self._move(lambda: self._run(left, "finished"))

    def resume(self) -> Stopped:
        """Run until a breakpoint, the end, or `pause`."""
        return self._move(lambda: self._run(None, ""))

    def run_to(self, locations: tuple[Location, ...]) -> Stopped:
        """Run until one of `locations` is reached, or anything else stops the machine."""
        target = self.breakpoints.add_place("cursor", locations, one_shot=True)
        self._place_breakpoints()
        try:
            return self.resume()
        finally:
            if target in self.breakpoints:
                self.remove_breakpoint(target.number)

    def pause(self) -> None:
        """Make the machine stand still as soon as the current step is over. For any thread.

        If nothing moves it, the next move ends after its first step: it may have been on its way.
        """
        self._pausing = True
        if self._moving:
            self.machine.request_stop()

    def restart(self) -> Stopped:
        """Begin anew with a fresh machine. Breakpoints stay, their counts begin at zero."""
        with self._moved():
            self.breakpoints.forget_hits()
            self._start(self.system.fresh_machine())
        return self.stop

    def post(self, action: Callable[[], object]) -> None:
        """Do `action` as soon as the machine is between two steps: now, if it stands still.

        For any thread; the machine runs on by itself.
        """
        with self._lock:
            if self._moving:
                self._posted.append(action)
                self.machine.request_stop()
                return
        action()

    # Breakpoints: call them between moves, or through `post`

    def break_at(self, text: str, *, one_shot: bool = False) -> PlaceBreakpoint:
        """Set a breakpoint at what `text` names. Raises LocationError."""
        locations = resolve(self.system, text, self.here.component)
        return self.break_at_locations(text, locations, one_shot=one_shot)

    def break_at_locations(
        self, text: str, locations: tuple[Location, ...], *, one_shot: bool = False
    ) -> PlaceBreakpoint:
        """Set a breakpoint at `locations`, which a person calls `text`."""
        added = self.breakpoints.add_place(text, locations, one_shot=one_shot)
        self._place_breakpoints()
        return added

    def break_on_trap(self, text: str, *, one_shot: bool = False) -> TrapBreakpoint:
        """Set a breakpoint at the events that the condition `text` describes. Raises ConditionError.

        If there is one of that condition, it is switched on and returned.
        """
        names = tuple(component.name for component in self.system.components)
        condition = parse_condition(text, names)
        for known in self.breakpoints:
            if isinstance(known, TrapBreakpoint) and known.condition == condition and not one_shot:
                known.enabled = True
                return known
        return self.breakpoints.add_trap(condition, one_shot=one_shot)

    def toggle_on_bit(self, bit: TrapBit) -> TrapBreakpoint | None:
        """Remove the breakpoints on traps that name a bit, or set one if there is none."""
        found = [
            known
            for known in self.breakpoints
            if isinstance(known, TrapBreakpoint) and known.condition.bit is bit
        ]
        for known in found:
            self.breakpoints.remove(known.number)
        return None if found else self.break_on_trap(bit.key)

    def remove_breakpoint(self, number: int) -> None:
        """Remove a breakpoint. Raises UnknownBreakpointError."""
        self.breakpoints.remove(number)
        self._place_breakpoints()

    def enable_breakpoint(self, number: int, *, enabled: bool) -> None:
        """Switch a breakpoint on or off. Raises UnknownBreakpointError."""
        self.breakpoints[number].enabled = enabled
        self._place_breakpoints()

    def toggle_at(self, text: str, locations: tuple[Location, ...]) -> PlaceBreakpoint | None:
        """Remove the breakpoints at `locations`, or set one there if there is none."""
        places = {location.physical for location in locations}
        found = [
            breakpoint
            for breakpoint in self.breakpoints
            if isinstance(breakpoint, PlaceBreakpoint)
            and places.intersection(location.physical for location in breakpoint.locations)
        ]
        if not found:
            return self.break_at_locations(text, locations)
        for breakpoint in found:
            self.breakpoints.remove(breakpoint.number)
        self._place_breakpoints()
        return None

    def _place_breakpoints(self) -> None:
        self.machine.probes.breakpoints = self.breakpoints.places

    # Input and changes

    def toggle_trap_bit(self, bit: TrapBit) -> None:
        """Set or clear a bit of the trap bitmap. Raises EditError. Call it as `send`."""
        toggle_trap_bit(self.machine, bit)

    def send(self, data: bytes) -> None:
        """Give the guest input on its console. Call it between moves, or through `post`."""
        self.machine.uart.feed(data)

    # Details of moving

    def _move(self, move: Callable[[], Stopped]) -> Stopped:
        if self.machine.exit is not None:
            raise MoveError("the run has ended: restart it to run again")
        with self._moved():
            self._met.clear()
            self._before_move = Baseline.of(self._follower)
            self.stop = move()
        return self.stop

    @contextmanager
    def _moved(self) -> Iterator[None]:
        """Mark the machine as moving, so that what others want done waits for a quiet moment."""
        with self._lock:
            self._moving = True
        try:
            yield
        finally:
            with self._lock:
                self._moving = self._pausing = False
                self.speed = 0
            self._do_posted()

    def _walk(self, *, lines: bool, over: bool) -> Stopped:
        """Step by instructions until another line (or just the next instruction) is reached."""
        start = self.here
        top, frames = self.callstack.top, self.callstack.frames
        while True:
            stopped = self._judge(self._step())
            if stopped is not None:
                return stopped
            if not self._is_at(top, frames):
                if not (over and self._waits(top, frames)):
                    return self._stepped()
                stopped = self._run(lambda: self._is_over(top, frames), "")
                if stopped.kind is not StopKind.STEPPED or not self._is_at(top, frames):
                    return stopped
            here = self.here
            if not lines or here.place is None or here.pc == start.pc or not _same_line(here, start):
                return self._stepped()
            self._progress_if_due()

    def _step(self) -> Stop | None:
        """Take one step. A stop that was asked for earlier, and is of no use now, may cost a try."""
        self._follower.last_event = None
        instant = self.machine.instant
        stop = self.machine.step()
        if stop is None and self.machine.instant == instant:
            stop = self.machine.step()
        return stop

    def _run(self, is_done: Callable[[], bool] | None, done_text: str) -> Stopped:
        """Run in slices until something stops the machine, or the call stack says that `is_done`."""
        self._is_done, self._goal_reached = is_done, False
        machine = self.machine
        try:
            while True:
                began = time.perf_counter()
                stop = machine.run(until_instant=machine.instant + self._slice)
                self._adapt_slice(time.perf_counter() - began, stop)
                stopped = self._judge(stop)
                if stopped is not None:
                    return stopped
                if self._goal_reached:
                    self._follower.last_event = None
                    return self._stepped(done_text)
                self._progress_if_due()
        finally:
            self._is_done = None

    def _judge(self, stop: Stop | None) -> Stopped | None:
        """Return why the machine shall stand still now, or None if it shall go on."""
        if stop is not None:
            if stop.reason in (StopReason.EXITED, StopReason.STUCK):
                ended = self.machine.exit
                assert ended is not None
                kind = StopKind.STUCK if ended.reason is ExitReason.STUCK else StopKind.ENDED
                return Stopped(kind, describe_exit(ended, self.here))
            if stop.reason is StopReason.WAITING:
                return Stopped(StopKind.WAITING, f"waiting for console input {self.here}")
        met = self._place_breakpoints_here()
        if self._met:
            numbers = tuple(hit.number for hit, _ in self._met)
            text = self._met[-1][1]
            for hit, _ in self._met:
                self.breakpoints.hit(hit)
            self._hit(met)
            return Stopped(StopKind.TRAP, text, (*numbers, *(hit.number for hit in met)))
        if met:
            self._hit(met)
            numbers = tuple(hit.number for hit in met)
            names = ", ".join(f"{hit.number} at {hit.text}" for hit in met)
            return Stopped(StopKind.BREAKPOINT, f"breakpoint {names}: {self.here}", numbers)
        self._do_posted()
        if self._pausing:
            return Stopped(StopKind.PAUSED, f"paused {self.here}")
        return None

    def _place_breakpoints_here(self) -> tuple[PlaceBreakpoint, ...]:
        places = self.breakpoints.places
        if not places:
            return ()
        hart = self.machine.hart
        physical = self.whereabouts.physical(hart.pc, hart.privilege)
        if physical not in places:
            return ()
        return tuple(hit for hit in self.breakpoints.at(physical) if hit.enabled)

    def _hit(self, met: tuple[Breakpoint, ...]) -> None:
        for breakpoint in met:
            self.breakpoints.hit(breakpoint)
        if any(breakpoint.one_shot for breakpoint in met):
            self._place_breakpoints()

    def _stepped(self, text: str = "") -> Stopped:
        event = self._follower.last_event
        told = event() if event else f"{text or 'stepped'} {self.here}"
        return Stopped(StopKind.STEPPED, told)

    def _is_at(self, top: Activation, frames: Frame | None) -> bool:
        stack = self.callstack
        return stack.top.serial == top.serial and _same(stack.frames, frames)

    def _is_over(self, top: Activation, frames: Frame | None) -> bool:
        """Tell whether what was stepped over has come back, or never can."""
        return self._is_at(top, frames) or top.serial in self.callstack.ended

    def _waits(self, top: Activation, frames: Frame | None) -> bool:
        """Tell whether the function of `frames` in `top` waits for what runs now."""
        stack = self.callstack
        if stack.top.serial != top.serial:
            return stack.holds(top)
        return _depth(stack.frames) > _depth(frames)

    def _do_posted(self) -> None:
        while self._posted:
            self._posted.popleft()()

    def _adapt_slice(self, took: float, stop: Stop) -> None:
        if stop.reason is StopReason.LIMIT:
            self.speed = int(self._slice / max(took, 1e-6))
            wanted = int(self.speed * SLICE_TIME)
            wanted = min(wanted, 4 * self._slice)
            self._slice = min(max(wanted, _SHORTEST_SLICE), _LONGEST_SLICE)

    def _progress_if_due(self) -> None:
        now = time.monotonic()
        if self.on_progress is not None and now - self._shown >= PROGRESS_TIME:
            self._shown = now
            self.on_progress(self.snapshot())

    _shown = 0.0

    # What the machine reports

    def trap_taken(self, event: TrapTaken, position: Position) -> None:
        """Stop if a breakpoint is meant; see `hvtui.debugger.following.Listener`."""
        for breakpoint in self.breakpoints.traps:
            if breakpoint.condition.meets_trap(event, position.owner):
                self._meet(breakpoint)

    def trap_returned(self, event: TrapReturned, position: Position, *, injected: bool) -> None:
        """Stop if a breakpoint is meant."""
        for breakpoint in self.breakpoints.traps:
            if breakpoint.condition.meets_return(event, position.owner, injected=injected):
                self._meet(breakpoint)

    def kernel_instruction(self, event: KernelInstruction, position: Position) -> None:
        """Stop if a breakpoint is meant."""
        for breakpoint in self.breakpoints.traps:
            if breakpoint.condition.meets_kernel(event, position.owner):
                self._meet(breakpoint)

    def stack_shrank(self) -> None:
        """Stop if what was stepped over or finished has come back."""
        if self._is_done is not None and self._is_done():
            self._goal_reached = True
            self.machine.request_stop()

    def _meet(self, breakpoint: TrapBreakpoint) -> None:
        """Stop after this step for `breakpoint`; the last event is what it met."""
        told = self._follower.last_event
        assert told is not None, "a breakpoint was met by an event that nobody can tell"
        self._met.append((breakpoint, told()))
        self.machine.request_stop()


def _depth(frames: Frame | None) -> int:
    return frames.depth if frames else 0


def _same(frames: Frame | None, others: Frame | None) -> bool:
    return frames is others or (frames is not None and frames.same_call(others))


def _same_line(here: Position, there: Position) -> bool:
    return here.component is there.component and here.place == there.place
