"""A debugging session: a machine with its programs, and everything one can do with it.

One thread moves the machine (`step_line`, `resume`, `reverse_over`, …); each of those calls returns
when the machine stands still again. Meanwhile other threads may call `pause` and `post`, and get
snapshots through `on_progress`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import TypeAlias

from asm.isa.trapbits import TrapBit
from hvtui.debugger.baseline import Baseline
from hvtui.debugger.breakpoints import (
    Breakpoints,
    PlaceBreakpoint,
    TrapBreakpoint,
    WatchBreakpoint,
)
from hvtui.debugger.crossings import RING_CHANGES, TRAPS
from hvtui.debugger.edits import Change, ConsoleInput, TrapBitToggle
from hvtui.debugger.expressions.compiling import Expression, MemoryPlace, compile_expression
from hvtui.debugger.expressions.errors import ExpressionError
from hvtui.debugger.expressions.live import LiveMachine
from hvtui.debugger.expressions.names import Scope
from hvtui.debugger.expressions.readable import ReadError
from hvtui.debugger.history import DEFAULT_BUDGET, Cut, Recorded
from hvtui.debugger.keeping import bring_back, keep
from hvtui.debugger.kept import KeptBreakpoint
from hvtui.debugger.locations import Location, LocationError, resolve
from hvtui.debugger.logfilter import LogFilter
from hvtui.debugger.logmoves import LogMoves
from hvtui.debugger.moving import MoveError, Mover
from hvtui.debugger.observation import observe
from hvtui.debugger.pointing import Pointing
from hvtui.debugger.positions import Position
from hvtui.debugger.reloading import Reloading
from hvtui.debugger.reversing import Reversing
from hvtui.debugger.snapshot import Snapshot, StopKind, Stopped
from hvtui.debugger.stepping import Stepping
from hvtui.debugger.trapconditions import parse_condition
from hvtui.debugger.upcoming import Upcoming
from hvtui.machine.events import DeviceOutput
from hvtui.machinefile.system import System

__all__ = ["Lens", "MoveError", "Session", "WatchError"]

# Reads what one pane wants to see off a session between two steps; the result never changes.
Lens: TypeAlias = "Callable[[Session], object]"


class WatchError(Exception):
    """An expression cannot be watched; the text says why."""


class Session:
    """Steps, runs and stops the machine of `system`, from its first instruction on.

    `budget` is how much memory (bytes) the moments may take that are recorded to go back to; without
    it, what the person who opened the system asked for.
    """

    def __init__(self, system: System, *, budget: int | None = None) -> None:
        self.system = system
        self.breakpoints = Breakpoints()
        self.on_progress: Callable[[Snapshot], None] | None = None
        # What snapshots tell beside what every one tells. To change it, put another mapping here.
        self.lenses: Mapping[str, Lens] = {}
        if budget is None:
            budget = system.overrides.history or DEFAULT_BUDGET
        self._mover = Mover(system, self.breakpoints, self._show, budget=budget)
        self._stepping = Stepping(self._mover)
        self._reversing = Reversing(self._mover)
        self._log_moves = LogMoves(self._mover, self._reversing)
        self._reloading = Reloading(self._mover)
        # The breakpoint that ends a move to a place, and goes with it.
        self._passing: PlaceBreakpoint | None = None
        self._begin()

    def _begin(self) -> None:
        follower = self._mover.follower
        self.machine = follower.machine
        self.whereabouts = follower.whereabouts
        self.callstack = follower.callstack
        self.traplog = follower.traplog
        self.console = follower.console
        self.guests = follower.guests.guests
        self._before_move = Baseline.of(follower)
        self.stop = Stopped(StopKind.START, f"ready {self.here}")

    # What there is to see

    @property
    def here(self) -> Position:
        """The position of the next instruction."""
        return self._mover.here

    @property
    def is_moving(self) -> bool:
        """Tell whether the machine is running or being stepped."""
        return self._mover.is_moving

    @property
    def frontier(self) -> int:
        """The furthest instant that the run has come to: later than the present after a travel."""
        return self._mover.timeline.frontier

    @property
    def changes(self) -> Sequence[Recorded]:
        """What came from outside in the run so far and in the known future: input, and edits."""
        return self._mover.timeline.history.changes

    @property
    def upcoming(self) -> Upcoming:
        """The next instruction, and what the next step does."""
        return self._mover.follower.upcoming

    @property
    def live(self) -> LiveMachine:
        """The machine as expressions read it, between moves."""
        return self._mover.live

    @property
    def scope(self) -> Scope:
        """Where the names in expressions are looked up now: in the running component first."""
        return Scope.of(self.system, self.here.component)

    @property
    def before(self) -> Baseline:
        """How things were at the last stop, before the move that led here."""
        return self._before_move

    @property
    def limit(self) -> int | None:
        """The instant that no move forwards goes beyond, but `goto`; None for no limit."""
        return self._mover.limit

    @limit.setter
    def limit(self, instant: int | None) -> None:
        self._mover.limit = instant

    @property
    def on_output(self) -> Callable[[DeviceOutput], None] | None:
        """Gets what devices write as it is written, once: not again when the past is run again."""
        return self._mover.on_output

    @on_output.setter
    def on_output(self, told: Callable[[DeviceOutput], None] | None) -> None:
        self._mover.on_output = told

    def snapshot(self) -> Snapshot:
        """Return what there is to see now: between moves, or in the thread that moves the machine."""
        taken = observe(
            self._mover.follower,
            self._before_move,
            self.breakpoints,
            stop=self.stop,
            running=self.is_moving,
            speed=self._mover.timeline.speed,
            frontier=self.frontier,
        )
        lenses = self.lenses
        return replace(taken, seen={name: lens(self) for name, lens in lenses.items()})

    def _show(self) -> None:
        if self.on_progress is not None:
            # Between two moves of a chain the machine stands still for a moment only.
            self.on_progress(replace(self.snapshot(), running=True))

    # Moves: each returns when the machine stands still again

    def step_instruction(self) -> Stopped:
        """Do one step of the machine: an instruction, or a trap or interrupt that is taken."""
        return self._forwards(lambda: self._stepping.walk(lines=False, over=False))

    def step_over_instruction(self) -> Stopped:
        """Do one instruction, with all of a call or trap that it leads into."""
        return self._forwards(lambda: self._stepping.walk(lines=False, over=True))

    def step_line(self) -> Stopped:
        """Go to the next source line, into calls and traps."""
        return self._forwards(lambda: self._stepping.walk(lines=True, over=False))

    def step_over(self) -> Stopped:
        """Go to the next source line of this function, with all of the calls and traps between."""
        return self._forwards(lambda: self._stepping.walk(lines=True, over=True))

    def finish(self) -> Stopped:
        """Run until this function returns, or, in a handler's outermost function, the handler ends.

        Raises MoveError in the outermost function of a program.
        """
        return self._forwards(self._stepping.finish)

    def finish_trap(self) -> Stopped:
        """Run until the present trap handler ends, in whichever of its functions it is.

        Raises MoveError where no trap or interrupt led to.
        """
        return self._forwards(self._stepping.finish_trap)

    def to_trap(self) -> Stopped:
        """Run until the next trap or interrupt has been taken."""
        return self._forwards(lambda: self._stepping.landmark(TRAPS))

    def to_ring_change(self) -> Stopped:
        """Run until after the next step that changes the ring."""
        return self._forwards(lambda: self._stepping.landmark(RING_CHANGES))

    def step_guest(self) -> Stopped:
        """Go to the next source line that a guest executes, over all that its hypervisor does.

        Raises MoveError where there are no guests.
        """
        return self._forwards(self._stepping.line_of_guest)

    def to_logged(self, wanted: LogFilter | None = None) -> Stopped:
        """Go to where the next event of the trap log that `wanted` lets through is about to happen.

        In the known future breakpoints are passed; beyond it the machine runs.
        """
        return self._backwards(lambda: self._log_moves.on(wanted))

    def resume(self) -> Stopped:
        """Run until a breakpoint, the end, or `pause`."""
        return self._forwards(lambda: self._mover.run(None, ""))

    def run_to(self, locations: tuple[Location, ...], text: str = "cursor") -> Stopped:
        """Run until one of `locations` is reached, or anything else stops the machine.

        `text` is what a person calls them.
        """
        target = self.breakpoints.add_place(text, locations, one_shot=True)
        self._passing = target
        self._place_breakpoints()
        try:
            return self.resume()
        finally:
            self._passing = None
            if target in self.breakpoints:
                self.remove_breakpoint(target.number)

    # Moves in time. They leave the known future as it is: forwards, the same happens again.

    def goto(self, instant: int) -> Stopped:
        """Go to any instant of the run, or beyond what is known of it. Breakpoints are passed.

        If the run ends before, or waits for input, the machine stands there. Raises MoveError for an
        instant before the first.
        """
        return self._backwards(lambda: self._reversing.goto(instant))

    def reverse_step_instruction(self) -> Stopped:
        """Undo the last step of the machine. Raises MoveError at the beginning, as all that follow."""
        return self._backwards(lambda: self._reversing.step(over=False))

    def reverse_over_instruction(self) -> Stopped:
        """Go back to the last instruction of this function, before all of a call or trap between.

        From a function's first instruction, that is the call.
        """
        return self._backwards(lambda: self._reversing.step(over=True))

    def reverse_step_line(self) -> Stopped:
        """Go back to the beginning of this source line, or of the one before, into calls and traps."""
        return self._backwards(lambda: self._reversing.line(over=False))

    def reverse_over(self) -> Stopped:
        """Go back to the beginning of this line, or the last before it in this function."""
        return self._backwards(lambda: self._reversing.line(over=True))

    def reverse_finish(self) -> Stopped:
        """Go back to the call of this function, or to what the trap or xRET that led here was.

        Raises MoveError if nothing did: where the machine was reset.
        """
        return self._backwards(self._reversing.finish)

    def reverse_finish_trap(self) -> Stopped:
        """Go back to before the trap or interrupt that led to the present handler.

        Raises MoveError where none did.
        """
        return self._backwards(self._reversing.finish_trap)

    def reverse_to_trap(self) -> Stopped:
        """Go back to after the last trap or interrupt before, or to the beginning of the run."""
        return self._backwards(lambda: self._reversing.landmark(TRAPS))

    def reverse_to_ring_change(self) -> Stopped:
        """Go back to after the last change of the ring before, or to the beginning of the run."""
        return self._backwards(lambda: self._reversing.landmark(RING_CHANGES))

    def reverse_step_guest(self) -> Stopped:
        """Go back to the beginning of a guest's source line, or the last before it of any guest.

        Raises MoveError where there are no guests.
        """
        return self._backwards(self._reversing.line_of_guest)

    def reverse_to_logged(self, wanted: LogFilter | None = None) -> Stopped:
        """Go back to before the last event of the trap log that `wanted` lets through.

        Raises MoveError if there is none before this instant.
        """
        return self._backwards(lambda: self._log_moves.back(wanted))

    def reverse_resume(self) -> Stopped:
        """Go back to the last time that a breakpoint was met, or to the beginning of the run."""
        return self._backwards(self._reversing.resume)

    # Other threads

    def pause(self) -> None:
        """Make the machine stand still as soon as the current step is over. For any thread.

        If nothing moves it, the next move ends after its first step: it may have been on its way.
        """
        self._mover.pause()

    def forget_pause(self) -> None:
        """Let a pause go that no move has heard, because the machine stood still already."""
        self._mover.forget_pause()

    def pause_soon(self) -> None:
        """Pause within some milliseconds. For signal handlers of the thread that moves the machine."""
        self._mover.pause_soon()

    def chained(self) -> AbstractContextManager[Callable[[], bool]]:
        """Let the moves made meanwhile count as one: asked between two, it says whether to go on.

        `pause` ends them all, in whatever moment it comes.
        """
        return self._mover.chained()

    def restart(self) -> Stopped:
        """Begin anew with a fresh machine. Breakpoints stay, their counts begin at zero."""
        with self._mover.moved():
            self.breakpoints.forget_hits()
            self._mover.begin(self.system.fresh_machine())
            self._begin()
        return self.stop

    def reload(self, system: System, *, from_start: bool = False) -> Stopped:
        """Go on with `system`, what has become of the present one's files, from where this one stands.

        That is the same place in the program, come by as often, or else the same instant; with
        `from_start`, the beginning. `pause` ends the run there. Breakpoints move with the lines that
        they are at, and their counts begin at zero; those that fit nowhere become lost ones.
        """
        with self._mover.moved():
            stood = None if from_start else self.stop.kind
            self.stop = self._reloading.reload(system, lambda: self._take_up(system), stood)
            self._before_move = Baseline.of(self._mover.follower)
        return self.stop

    def _take_up(self, system: System) -> None:
        kept = [(keep(known, self.system), known.number) for known in self.breakpoints]
        self.breakpoints.replace(bring_back(known, number, system) for known, number in kept)
        self.system = self._mover.system = system
        self._mover.begin(system.fresh_machine())
        self._begin()

    def post(self, action: Callable[[], object]) -> None:
        """Do `action` as soon as the machine is between two steps: now, if it stands still.

        For any thread; the machine runs on by itself. A travel in time is finished before, and a
        search backwards is begun anew from where it set out.
        """
        self._mover.post(action)

    # Breakpoints: call them between moves, or through `post`

    def break_at(self, text: str, *, one_shot: bool = False) -> PlaceBreakpoint:
        """Set a breakpoint at what `text` names. Raises LocationError."""
        return self.break_at_locations(text, self.resolve(text), one_shot=one_shot)

    def resolve(self, text: str) -> tuple[Location, ...]:
        """Return every place that `text` names, or points at: ``*mepc``. Raises LocationError.

        See `hvtui.debugger.locations` and `hvtui.debugger.pointing`.
        """
        try:
            return resolve(self.system, text, self.here.component)
        except LocationError:
            pointer = text.strip()
            if not pointer.startswith("*") or not pointer[1:].strip():
                raise
        pointing = Pointing(self.system, self.scope, self.live, self.whereabouts)
        try:
            return (pointing.place(pointer[1:].strip()),)
        except ExpressionError as error:
            raise LocationError(str(error)) from error

    def break_at_locations(
        self, text: str, locations: tuple[Location, ...], *, one_shot: bool = False
    ) -> PlaceBreakpoint:
        """Set a breakpoint at `locations`, which a person calls `text`."""
        added = self.breakpoints.add_place(text, locations, one_shot=one_shot)
        self._place_breakpoints()
        return added

    def break_on_trap(
        self, text: str, *, one_shot: bool = False, alone: bool = False
    ) -> TrapBreakpoint:
        """Set a breakpoint at the events that the condition `text` describes. Raises ConditionError.

        If there is one just like it, it is switched on and returned, unless the new one is to be
        `alone`, to get a condition of its own.
        """
        names = tuple(component.name for component in self.system.components)
        condition = parse_condition(text, names)
        for known in self.breakpoints:
            if not isinstance(known, TrapBreakpoint) or known.trap != condition:
                continue
            if known.condition is None and not (alone or one_shot or known.one_shot):
                known.enabled = True
                return known
        return self.breakpoints.add_trap(condition, one_shot=one_shot)

    def toggle_on_bit(self, bit: TrapBit) -> TrapBreakpoint | None:
        """Remove the breakpoints on traps that name a bit, or set one if there is none."""
        found = [
            known
            for known in self.breakpoints
            if isinstance(known, TrapBreakpoint) and known.trap.bit is bit
        ]
        for known in found:
            self.breakpoints.remove(known.number)
        return None if found else self.break_on_trap(bit.key)

    def watch(self, text: str, *, each_step: bool = False, one_shot: bool = False) -> WatchBreakpoint:
        """Stop after each step that changes what the expression `text` names.

        If that is memory, such as ``*counter``, it is the bytes of RAM where it lies now. Any other
        expression is computed after each step, which is slow; `each_step` asks for that always.
        Raises ExpressionError, and WatchError for a constant and for memory that is no RAM.
        """
        expression = compile_expression(text, self.scope)
        if expression.is_constant:
            raise WatchError(f"{text} is a constant: to watch the memory there, write *({text})")
        place = None if each_step else expression.place(self.live)
        watched = None
        if isinstance(place, MemoryPlace):
            try:
                address = place.address if place.is_physical else self.live.physical(place.address)
            except ReadError as error:
                raise WatchError(str(error)) from error
            if not self.machine.ram.contains(address, place.size):
                raise WatchError(f"{address:#010x} is not in RAM: no store to it can be watched")
            watched = (address, place.size)
        added = self.breakpoints.add_watch(expression, watched, one_shot=one_shot)
        self._place_breakpoints()
        return added

    def set_condition(self, number: int, condition: Expression | None) -> None:
        """Have a breakpoint hit only where an expression is not 0. Raises UnknownBreakpointError."""
        self.breakpoints[number].condition = condition

    def ignore_hits(self, number: int, count: int) -> None:
        """Let the next `count` hits of a breakpoint pass. Raises UnknownBreakpointError."""
        known = self.breakpoints[number]
        known.passes = known.hits + count

    def keep_breakpoints(self) -> tuple[KeptBreakpoint, ...]:
        """Take down all breakpoints, for another session over the same files."""
        return tuple(
            keep(known, self.system) for known in self.breakpoints if known is not self._passing
        )

    def bring_back_breakpoints(self, kept: Iterable[KeptBreakpoint]) -> None:
        """Have the breakpoints that were taken down, and no others. Some may be lost."""
        self.breakpoints.replace(
            bring_back(known, number, self.system) for number, known in enumerate(kept, 1)
        )
        self._place_breakpoints()

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
        self._mover.place_breakpoints()

    # Input and changes: call them between moves, or through `post`

    def would_cut(self) -> Cut | None:
        """Return what a change would cut off now: the known future, if there is one."""
        return self._mover.timeline.would_cut()

    def change(self, change: Change, *, cut: bool = False) -> None:
        """Change the machine, and record it; with `cut`, even if it cuts off the known future.

        Raises FutureLostError, an EditError, if it would and `cut` was not given, and EditError if
        the change is not possible.
        """
        self._mover.change(change, cut=cut)

    def toggle_trap_bit(self, bit: TrapBit, *, cut: bool = False) -> None:
        """Set or clear a bit of the trap bitmap. Raises EditError like `change`."""
        self.change(TrapBitToggle(bit), cut=cut)

    def send(self, data: bytes, *, cut: bool = False) -> None:
        """Give the guest input on its console. Raises FutureLostError like `change`."""
        self.change(ConsoleInput(data), cut=cut)

    # Details

    def _forwards(self, move: Callable[[], Stopped]) -> Stopped:
        if self.machine.exit is not None:
            raise MoveError("the run has ended: restart it to run again")
        return self._move(move)

    def _backwards(self, move: Callable[[], Stopped]) -> Stopped:
        try:
            return self._move(move)
        finally:
            self.breakpoints.travelled(self.machine.instant)

    def _move(self, move: Callable[[], Stopped]) -> Stopped:
        with self._mover.moved():
            before = Baseline.of(self._mover.follower)
            before, self._before_move = self._before_move, before
            try:
                self.stop = move()
            except MoveError:
                self._before_move = before
                raise
        return self.stop
