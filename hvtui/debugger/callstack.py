"""The call stack of a whole machine: trap activations, and function frames within each.

A trap or an interrupt pushes an activation. An xRET pops it if it returns to the place that the trap
came from, or to the instruction after it. An xRET to anywhere else is one of two things: the trap is
handed on to a kernel below (an *injection*: the interrupted code still waits, now for that kernel),
or other code gets the CPU (a *switch*: the stack is exchanged for the one of that code).

Within an activation, `jal` and `jalr` push and pop frames by the link-register rules of the
unprivileged specification (section 2.5, table 2.1). A return that fits no frame of the stack in hand
is a change of threads: the stack is put aside and the one that the return belongs to taken up.

Both chains are linked lists of immutable nodes, so putting a stack aside, or keeping it with a
snapshot, costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import NamedTuple, TypeAlias, TypeVar

from asm.isa.trapbits import TrapBit
from hvtui.debugger.crossings import MachineReset
from hvtui.debugger.positions import Position, Whereabouts
from hvtui.machine.events import TrapReturned, TrapTaken
from hvtui.machine.privilege import Privilege

# How many interrupted contexts and put-aside threads are remembered, and how many frames and
# activations are kept at least: a chain twice as long forgets its outer half. So the memory that a
# runaway guest can take is bounded.
MOST_PARKED = 256
FRAMES_KEPT = 2048
ACTIVATIONS_KEPT = 256

# An instruction that traps and is emulated, or a system call, goes on after itself.
_INSTRUCTION_LENGTH = 4

_HANDLER_ROLES = frozenset({"kernel", "host", "firmware"})
_VIRTUAL_RETURNS = frozenset({TrapBit.MRET, TrapBit.SRET})


class Frame(NamedTuple):
    """A function call: `site` called `target`, with `sp`, to come back to `return_address`.

    `depth` counts from 1 for the outermost frame of the activation, forgotten ones included. `since` is
    the instant before the call.
    """

    below: Frame | None
    depth: int
    site: int
    site_physical: int | None
    target: int
    return_address: int
    sp: int
    since: int = 0

    def same_call(self, other: Frame | None) -> bool:
        """Tell whether both are one call: the outer frames may have been forgotten since."""
        return other is not None and (self.return_address, self.sp, self.depth) == (
            other.return_address, other.sp, other.depth,
        )  # fmt: skip


class Passage(Enum):
    """What an xRET was."""

    RETURN = "return"
    SWITCH = "switch"
    INJECTION = "injection"


class Entered(Enum):
    """How an activation began."""

    RESET = "reset"
    TRAP = "trap"
    INTERRUPT = "interrupt"
    INJECTED = "injected"
    SWITCHED = "switched to"


_HANDLERS = frozenset({Entered.TRAP, Entered.INTERRUPT, Entered.INJECTED})


@dataclass(frozen=True, slots=True)
class Activation:
    """Code that runs since the machine entered it at `entry`, in the mode `privilege`.

    `below` is what waits until it ends. `event` is the trap that led here (for an injection, the one
    that is handed on); `by` names the component whose xRET led here. `times` counts the entries of
    this kind so far.
    """

    entered: Entered
    entry: Position
    privilege: Privilege
    below: Suspended | None = None
    depth: int = 0
    event: TrapTaken | None = None
    by: str = ""
    times: int = 1
    serial: int = 0
    since: int = 0

    @property
    def is_handler(self) -> bool:
        """Tell whether a trap or an interrupt led here, be it handed on by a hypervisor."""
        return self.entered in _HANDLERS


@dataclass(frozen=True, slots=True)
class Suspended:
    """An activation that a trap interrupted at `position`, with its frames and its stack pointer."""

    activation: Activation
    frames: Frame | None
    position: Position
    privilege: Privilege
    sp: int

    @property
    def key(self) -> _ContextKey:
        """What tells this context from others when it goes on."""
        return (_identity(self.position), self.privilege, self.sp)


_ContextKey: TypeAlias = tuple[int, Privilege, int]
_ThreadKey: TypeAlias = tuple[int, int]
_Key = TypeVar("_Key")
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Level:
    """One line of the stack as it is now: an activation's code at `position` in `function`.

    `frame` is the call that led into the function, None for the function where the activation began.
    """

    activation: Activation
    frame: Frame | None
    position: Position
    entry: Position


class StackState(NamedTuple):
    """All that a call stack knows at one instant."""

    serial: int
    parked: Mapping[_ContextKey, Suspended]
    threads: Mapping[_ThreadKey, Frame]
    vectors: frozenset[int]
    times: Mapping[tuple[object, ...], int]
    top: Activation
    frames: Frame | None
    ended: tuple[int, ...]
    reset_event: MachineReset | None


def _identity(position: Position) -> int:
    return position.pc if position.physical is None else position.physical


class CallStack:
    """Follows one hart. It must be told of every trap, xRET and jump through a link register."""

    def __init__(self, whereabouts: Whereabouts) -> None:
        self._whereabouts = whereabouts
        self._serial = 0
        self._parked: dict[_ContextKey, Suspended] = {}
        self._threads: dict[_ThreadKey, Frame] = {}
        # Where hypervisors have handed traps on to.
        self._vectors: set[int] = set()
        self._times: dict[tuple[object, ...], int] = {}
        self.top = Activation(Entered.RESET, Position(0), Privilege.M)
        self.frames: Frame | None = None
        # The serials of the activations that the last xRET ended.
        self.ended: tuple[int, ...] = ()
        # The last reset that the guest asked for.
        self.reset_event: MachineReset | None = None

    def reset(self, entry: Position, privilege: Privilege, instant: int = 0) -> MachineReset:
        """Begin anew, at the first instruction: all activations end. Return what has happened."""
        event = MachineReset(instant, self.top.privilege, privilege)
        if instant:
            self.reset_event = event
        self.ended = tuple(self._serials_above(None))
        self._parked.clear()
        self._threads.clear()
        self._vectors.clear()
        self._times.clear()
        self._serial += 1
        self.top = Activation(Entered.RESET, entry, privilege, serial=self._serial, since=instant)
        self.frames = None
        return event

    def capture(self) -> StackState:
        """Return the state. The chains in it are shared, and all the rest is bounded."""
        return StackState(
            self._serial, dict(self._parked), dict(self._threads), frozenset(self._vectors),
            dict(self._times), self.top, self.frames, self.ended, self.reset_event,
        )  # fmt: skip

    def restore(self, state: StackState) -> None:
        """Take up a state."""
        self._serial, self.top, self.frames = state.serial, state.top, state.frames
        self.ended, self.reset_event = state.ended, state.reset_event
        self._parked, self._threads = dict(state.parked), dict(state.threads)
        self._vectors, self._times = set(state.vectors), dict(state.times)

    # What the machine reports

    def call(
        self, site: int, physical: int | None, target: int, link: int, sp: int, instant: int = 0
    ) -> None:
        """A jump linked: `target` will return to `link`. `physical` is where `site` lies."""
        below = self.frames
        depth = below.depth + 1 if below else 1
        if depth % FRAMES_KEPT == 0 and depth > FRAMES_KEPT:
            below = _newest_frames(below)
        self.frames = Frame(below, depth, site, physical, target, link, sp, instant)

    def ret(self, target: int, sp: int) -> None:
        """A jump through a link register: control comes back to `target`."""
        frames = self.frames
        if frames is not None and frames.return_address == target and frames.sp == sp:
            self.frames = frames.below
            return
        thread = self._threads.pop((target, sp), None)
        ended = thread or _find_frame(frames, target, sp)
        if frames is not None and (thread is not None or ended is None):
            _park(self._threads, (frames.return_address, frames.sp), frames)
        self.frames = ended.below if ended else None

    def trap(self, event: TrapTaken, position: Position, entry: Position, sp: int) -> None:
        """A trap or an interrupt was taken at `position`, with `sp` in the stack pointer."""
        interrupted = Suspended(self.top, self.frames, position, event.origin, sp)
        _park(self._parked, interrupted.key, interrupted)
        entered = Entered.INTERRUPT if event.is_interrupt else Entered.TRAP
        self._push(
            event.instant,
            Activation(entered, entry, event.target, interrupted, event=event),
            (entered, event.cause, event.bits, interrupted.position.owner),
        )

    def xret(self, event: TrapReturned, by: Position, resumed: Position, sp: int) -> Passage:
        """An xRET at `by` went to `resumed`; `sp` is the stack pointer of the code that goes on."""
        context = self._interrupted_at(resumed, event.target, sp)
        if context is not None:
            return self._go_back(context)
        ended, waits, trap = self.top, self.top.below, self.top.event
        if trap is not None and waits is not None and self._is_injection(by, resumed):
            self.ended = (ended.serial,)
            self._note_vector(resumed)
            self._push(
                event.instant,
                Activation(Entered.INJECTED, resumed, event.target, waits, event=trap, by=by.owner),
                (Entered.INJECTED, trap.cause, trap.bits, resumed.owner),
            )
            return Passage.INJECTION
        self._end_for_switch()
        if (delayed := self._interrupted_guest(resumed)) is not None:
            self._push(
                event.instant,
                Activation(Entered.INJECTED, resumed, event.target, delayed, by=by.owner),
                (Entered.INJECTED, None, (), resumed.owner),
            )
            return Passage.INJECTION
        self._push(
            event.instant,
            Activation(Entered.SWITCHED, resumed, event.target, by=by.owner),
            (Entered.SWITCHED, resumed.owner, by.owner),
        )
        return Passage.SWITCH

    # What a person sees

    def levels(self, now: Position) -> Iterator[Level]:
        """Yield the stack from the innermost function, at `now`, outwards."""
        activation, frames, position = self.top, self.frames, now
        while True:
            while frames is not None:
                yield Level(activation, frames, position, self._target(frames))
                position = self._whereabouts.of(frames.site, frames.site_physical)
                frames = frames.below
            yield Level(activation, None, position, activation.entry)
            if activation.below is None:
                return
            waits = activation.below
            activation, frames, position = waits.activation, waits.frames, waits.position

    def holds(self, activation: Activation) -> bool:
        """Tell whether `activation` runs or waits in the stack of now."""
        level: Activation | None = self.top
        while level is not None:
            if level.serial == activation.serial:
                return True
            level = level.below.activation if level.below else None
        return False

    # Details

    def _interrupted_at(self, resumed: Position, privilege: Privilege, sp: int) -> Suspended | None:
        """Return the context that goes on at `resumed`: where it waits, or an instruction later."""

        def goes_on(waits: Suspended) -> bool:
            if waits.privilege != privilege:
                return False
            if waits.position.physical is None or resumed.physical is None:
                # Before a hypervisor maps a guest's page its addresses lead nowhere.
                distance = resumed.pc - waits.position.pc
            else:
                distance = resumed.physical - waits.position.physical
            return distance in (0, _INSTRUCTION_LENGTH)

        context = self._waiting(lambda waits: waits.sp == sp and goes_on(waits))
        if context is not None:
            return context
        for place in (_identity(resumed), resumed.pc):
            for spot in (place, place - _INSTRUCTION_LENGTH):
                parked = self._parked.get((spot, privilege, sp))
                if parked is not None and goes_on(parked):
                    return parked
        # The handler may have changed the stack pointer on the way: an emulated instruction can.
        return self._waiting(goes_on)

    def _go_back(self, context: Suspended) -> Passage:
        """Take up a context that was interrupted: one of this stack, or one that was put aside."""
        self._parked.pop(context.key, None)
        if self.holds(context.activation) and self.top.serial != context.activation.serial:
            self.ended = tuple(self._serials_above(context.activation))
            passage = Passage.RETURN
        else:
            self._end_for_switch()
            passage = Passage.SWITCH
        self.top, self.frames = context.activation, context.frames
        return passage

    def _end_for_switch(self) -> None:
        """Note what a switch ends: the handler that did it, and a guest's whose xRET it emulated."""
        self.ended = (self.top.serial,)
        if self.top.event and self.top.below and _VIRTUAL_RETURNS.intersection(self.top.event.bits):
            self.ended += (self.top.below.activation.serial,)

    def _serials_above(self, activation: Activation | None) -> Iterator[int]:
        """Yield the activations above one that runs or waits in the stack of now; None for all."""
        level: Activation | None = self.top
        while level is not None and (activation is None or level.serial != activation.serial):
            yield level.serial
            level = level.below.activation if level.below else None

    def _target(self, frame: Frame) -> Position:
        physical = frame.site_physical
        if physical is not None:
            physical += frame.target - frame.site
        return self._whereabouts.of(frame.target, physical)

    def _waiting(self, fits: Callable[[Suspended], bool]) -> Suspended | None:
        waits = self.top.below
        while waits is not None:
            if fits(waits):
                return waits
            waits = waits.activation.below
        return None

    def _is_injection(self, by: Position, resumed: Position) -> bool:
        trap, waits = self.top.event, self.top.below
        if trap is None or waits is None or self.top.entered is Entered.INJECTED:
            return False
        if resumed.component is None or resumed.component is by.component:
            return False
        if _VIRTUAL_RETURNS.intersection(trap.bits):
            return False
        if resumed.component.role == "hypervisor":
            return True
        inside = waits.position.component
        return (
            resumed.component.role in _HANDLER_ROLES
            and inside is not None
            and inside.vm == resumed.component.vm
        )

    def _note_vector(self, entry: Position) -> None:
        if len(self._vectors) >= MOST_PARKED:
            self._vectors.clear()
        self._vectors.add(_identity(entry))

    def _interrupted_guest(self, resumed: Position) -> Suspended | None:
        """Return what a trap interrupts that is handed on late, after another guest has run.

        It shows in the CPU going where traps were handed on to before. What waits is the context of
        that guest that was left last.
        """
        component = resumed.component
        if component is None or component.vm is None or _identity(resumed) not in self._vectors:
            return None
        for waits in reversed(self._parked.values()):
            inside = waits.position.component
            if inside is not None and inside.vm == component.vm:
                return waits
        return None

    def _push(self, since: int, activation: Activation, kind: tuple[object, ...]) -> None:
        times = self._times[kind] = self._times.get(kind, 0) + 1
        depth = activation.below.activation.depth + 1 if activation.below else 0
        below = activation.below
        if depth % ACTIVATIONS_KEPT == 0 and depth > ACTIVATIONS_KEPT:
            below = _newest_activations(below)
        self._serial += 1
        self.top = replace(
            activation, below=below, times=times, depth=depth, serial=self._serial, since=since
        )
        self.frames = None


def _park(parked: dict[_Key, _Value], key: _Key, value: _Value) -> None:
    """Remember `value`; the one that was remembered first makes room."""
    parked.pop(key, None)
    if len(parked) >= MOST_PARKED:
        del parked[next(iter(parked))]
    parked[key] = value


def _find_frame(frames: Frame | None, target: int, sp: int) -> Frame | None:
    """Return the frame that a return to `target` ends: rather one that `sp` fits as well."""
    nearest: Frame | None = None
    while frames is not None:
        if frames.return_address == target:
            if frames.sp == sp:
                return frames
            nearest = nearest or frames
        frames = frames.below
    return nearest


def _newest_frames(frames: Frame | None) -> Frame | None:
    kept: list[Frame] = []
    while frames is not None and len(kept) < FRAMES_KEPT:
        kept.append(frames)
        frames = frames.below
    chain: Frame | None = None
    for frame in reversed(kept):
        chain = frame._replace(below=chain)
    return chain


def _newest_activations(waits: Suspended | None) -> Suspended | None:
    kept: list[Suspended] = []
    while waits is not None and len(kept) < ACTIVATIONS_KEPT:
        kept.append(waits)
        waits = waits.activation.below
    chain: Suspended | None = None
    for suspended in reversed(kept):
        chain = replace(suspended, activation=replace(suspended.activation, below=chain))
    return chain
