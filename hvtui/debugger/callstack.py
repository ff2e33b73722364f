"""The call stack of a whole machine: trap activations, and function frames within each.

A trap or an interrupt pushes an activation. An xRET pops it if it returns to the place that the trap
came from, or to the instruction after it. An xRET to anywhere else is mostly one of two things: the
trap is handed on to a kernel below (an *injection*: the interrupted code still waits, now for that
kernel), or other code gets the CPU (a *switch*: the stack is exchanged for the one of that code).

Within an activation, `jal` and `jalr` push and pop frames by the link-register rules of the
unprivileged specification (section 2.5, table 2.1). A return that fits no frame of the stack in hand
is a change of threads: the stack is put aside and the one that the return belongs to taken up. (It may
also be a jump to a computed place, by people who do not know these rules: the stack pointer tells.) A
kernel's thread may be left in one activation and go on in another, when another program's trap has
led into the kernel: then the activation that it belongs to comes back with it.

Both chains are linked lists of immutable nodes, so putting a stack aside, or keeping it with a
snapshot, costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from hvtui.debugger.activations import (
    Activation,
    ContextKey,
    Entered,
    Frame,
    Level,
    Passage,
    Suspended,
    Thread,
    identity,
)
from hvtui.debugger.crossings import MachineReset
from hvtui.debugger.passages import (
    Learned,
    Passages,
    Reading,
    inside_of,
    stands_for_xret,
)
from hvtui.debugger.positions import Position, Whereabouts
from hvtui.debugger.threads import (
    FRAMES_KEPT,
    MOST_PARKED,
    ThreadKey,
    Threads,
    find_frame,
    goes_on_in,
    newest_frames,
    park,
)
from hvtui.machine.events import TrapReturned, TrapTaken
from hvtui.machine.privilege import Privilege
from hvtui.machinefile.system import Component

# How many activations are kept at least: a chain twice as long forgets its outer half. So the memory
# that a runaway guest can take is bounded.
ACTIVATIONS_KEPT = 256

__all__ = [
    "ACTIVATIONS_KEPT", "FRAMES_KEPT", "MOST_PARKED", "Activation", "CallStack", "Entered", "Frame",
    "Level", "Passage", "StackState", "Suspended", "Thread",
]  # fmt: skip

# Members that are asked for all the time.
_TRAP, _INTERRUPT, _RETURN = Entered.TRAP, Entered.INTERRUPT, Passage.RETURN

# An instruction that traps and is emulated, or a system call, goes on after itself.
_INSTRUCTION_LENGTH = 4


# What an xRET was, and whose: the component's name.
Passed: TypeAlias = tuple[Passage, str]


class StackState(NamedTuple):
    """All that a call stack knows at one instant."""

    serial: int
    parked: Mapping[ContextKey, Suspended]
    threads: Mapping[ThreadKey, Thread]
    learned: Learned
    times: Mapping[tuple[object, ...], int]
    top: Activation
    frames: Frame | None
    ended: tuple[int, ...]
    reset_event: MachineReset | None


class CallStack:
    """Follows one hart. It must be told of every trap, xRET and jump through a link register.

    `is_guest_vector` tells whether a guest wants its traps handed on to a position; `vms` are the names
    of all virtual machines.
    """

    def __init__(
        self,
        whereabouts: Whereabouts,
        is_guest_vector: Callable[[Position], bool] = lambda position: False,
        vms: Sequence[str] = (),
    ) -> None:
        self._whereabouts = whereabouts
        self._serial = 0
        self._parked: dict[ContextKey, Suspended] = {}
        self._threads = Threads()
        self._passages = Passages(is_guest_vector, vms)
        self._times: dict[tuple[object, ...], int] = {}
        self.top = Activation(Entered.RESET, Position(0), Privilege.M)
        self.frames: Frame | None = None
        # The serials of the activations that the last xRET ended.
        self.ended: tuple[int, ...] = ()
        # Whether a chain of frames has ever been so long that more calls could make it forget some.
        self.is_deep = False
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
        self._passages.reset()
        self._times.clear()
        self._serial += 1
        self.top = Activation(Entered.RESET, entry, privilege, serial=self._serial, since=instant)
        self.frames = None
        return event

    def capture(self) -> StackState:
        """Return the state. The chains in it are shared, and all the rest is bounded."""
        return StackState(
            self._serial, dict(self._parked), self._threads.capture(), self._passages.learned,
            dict(self._times), self.top, self.frames, self.ended, self.reset_event,
        )  # fmt: skip

    def restore(self, state: StackState) -> None:
        """Take up a state."""
        self._serial, self.top, self.frames = state.serial, state.top, state.frames
        self.ended, self.reset_event = state.ended, state.reset_event
        self._parked = dict(state.parked)
        self._threads.restore(state.threads)
        self._passages.learned, self._times = state.learned, dict(state.times)

    # What the machine reports

    @property
    def room(self) -> int:
        """How many more calls, one in another, change nothing but what is below their frames."""
        depth = self.frames.depth if self.frames else 0
        return max(depth // FRAMES_KEPT + 1, 2) * FRAMES_KEPT - 1 - depth

    def call(
        self, site: int, physical: int | None, target: int, link: int, sp: int, instant: int = 0
    ) -> None:
        """A jump linked: `target` will return to `link`. `physical` is where `site` lies."""
        below = self.frames
        depth = below.depth + 1 if below else 1
        if depth >= FRAMES_KEPT:
            self.is_deep = True
        if depth % FRAMES_KEPT == 0 and depth > FRAMES_KEPT:
            below = newest_frames(below)
        self.frames = Frame(below, depth, site, physical, target, link, sp, instant)

    def ret(self, target: int, sp: int) -> None:
        """A jump through a link register: control comes back to `target`."""
        frames = self.frames
        if frames is not None and frames.return_address == target and frames.sp == sp:
            self.frames = frames.below
            return
        thread = self._threads.take(self.top, frames, target, sp)
        if thread is not None:
            self._threads.put_aside(frames, self.top)
            self._take_up(thread)
            return
        ended = find_frame(frames, target, sp)
        if ended is None:
            if frames is not None and goes_on_in(frames, self.top, target, sp):
                return
            self._threads.put_aside(frames, self.top)
        self.frames = ended.below if ended else None

    def trap(
        self, event: TrapTaken, position: Position, entry: Position, sp: int, space: int = 0
    ) -> None:
        """A trap or an interrupt was taken at `position`, with `sp` in the stack pointer.

        `space` tells a user program's address space from others.
        """
        interrupted = Suspended(self.top, self.frames, position, event.origin, sp, space, event)
        park(self._parked, interrupted.key, interrupted)
        is_interrupt = event.is_interrupt
        kind = (is_interrupt, event.cause, event.bits, position.owner)
        entered = _INTERRUPT if is_interrupt else _TRAP
        self._push(event.instant, kind, entered, entry, event.target, interrupted, event)

    def xret(
        self, event: TrapReturned, by: Position, resumed: Position, sp: int, space: int = 0
    ) -> Passed:
        """An xRET at `by` went to `resumed`; `sp` and `space` are those of the code that goes on."""
        top, waits = self.top, self.top.below
        if waits is not None and waits.sp == sp and _goes_on(waits, resumed, event.target, space):
            # The usual case of what follows: back to what was interrupted.
            self.ended = (top.serial,)
            self._forget(waits)
            self.top, self.frames = waits.activation, waits.frames
            return _RETURN, by.owner
        context = self._interrupted_at(resumed, event.target, sp, space)
        if context is not None and self.holds(context.activation):
            return self._go_back(context, by)
        reading = self._passages.read(self.top, by, resumed, self._left)
        self.ended = reading.ended
        self._threads.put_aside(self.frames, self.top)
        for waits in reading.emulated:
            # Nothing comes back there: what trapped was executed.
            self._forget(waits)
            self._threads.put_aside(waits.frames, waits.activation)
        if context is not None:
            self._forget(context)
            self.top, self.frames = context.activation, context.frames
            return Passage.SWITCH, reading.way[-1].owner
        return self._go_on(event, reading, resumed, sp, space)

    def expected(self, pc: int, privilege: Privilege, by: Position) -> Sequence[str]:
        """Return the virtual machines that an xRET at `by` may lead to: the likeliest first."""

        def goes_on(waits: Suspended) -> bool:
            return waits.privilege is privilege and pc - waits.position.pc in (0, _INSTRUCTION_LENGTH)

        context = self._waiting(goes_on)
        component = context.position.component if context is not None else None
        if component is not None and component.vm is not None:
            return (component.vm,)
        return self._passages.expected(self.top, by)

    def _go_back(self, context: Suspended, by: Position) -> Passed:
        """Let what waits in this stack go on: nothing comes back to what it waited for."""
        self.ended = tuple(self._serials_above(context.activation))
        top, is_emulated = self.top, True
        while top.below is not None and top.below is not context:
            waits = top.below
            trap = top.event if is_emulated else None
            is_emulated = trap is not None and stands_for_xret(trap, waits, context.position)
            if is_emulated:
                by = waits.position
            self._forget(waits)
            top = waits.activation
        self._forget(context)
        self.top, self.frames = context.activation, context.frames
        return _RETURN, by.owner

    def _forget(self, context: Suspended) -> None:
        if self._parked.get(context.key) is context:
            del self._parked[context.key]

    def _go_on(
        self, event: TrapReturned, reading: Reading, resumed: Position, sp: int, space: int
    ) -> Passed:
        """Enter what an xRET leads to where nothing waits."""
        passages, real = self._passages, reading.way[0]
        kind: tuple[object, ...]
        below: Suspended | None
        if reading.handed is not None:
            trap, below = reading.handed
            passages.note_vector(resumed)
            by, entered = reading.way[-1], Entered.INJECTED
            kind = (entered, trap.cause, trap.bits, resumed.owner)
        elif resumed.component is not None and resumed.component.vm and passages.is_vector(resumed):
            trap, by, entered = None, reading.host or real, Entered.INJECTED
            below = self._interrupted_late(reading, resumed.component, sp)
            kind = (entered, None, (), resumed.owner)
        elif (
            elsewhere := _goes_on_elsewhere(
                Suspended(self.top, None, resumed, event.target, sp, space), reading
            )
        ) is not None:
            if self.holds(elsewhere.activation):
                return self._go_back(elsewhere, reading.way[-1])
            self._forget(elsewhere)
            self.top, self.frames = elsewhere.activation, elsewhere.frames
            return Passage.SWITCH, reading.way[-1].owner
        else:
            passages.note_start(reading, resumed)
            trap, by, entered, below = None, reading.way[-1], Entered.SWITCHED, None
            kind = (entered, resumed.owner, by.owner)
        through = real.owner if by.component is not real.component else ""
        self._push(event.instant, kind, entered, resumed, event.target, below, trap, by.owner, through)
        passage = Passage.SWITCH if entered is Entered.SWITCHED else Passage.INJECTION
        return passage, by.owner

    # What a person sees

    def levels(self, now: Position) -> Iterator[Level]:
        """Yield the stack from the innermost function, at `now`, outwards."""
        activation, frames, position = self.top, self.frames, now
        while True:
            sp: int | None = None
            while frames is not None:
                if not self._has_returned(frames, position, sp):
                    yield Level(activation, frames, position, self._target(frames))
                    position = self._whereabouts.now(frames.site, frames.site_physical)
                    sp = frames.sp
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

    def _interrupted_at(
        self, resumed: Position, privilege: Privilege, sp: int, space: int
    ) -> Suspended | None:
        """Return the context that goes on at `resumed`: where it waits, or an instruction later."""

        def goes_on(waits: Suspended) -> bool:
            return _goes_on(waits, resumed, privilege, space)

        context = self._waiting(lambda waits: waits.sp == sp and goes_on(waits))
        if context is not None:
            return context
        for place in (identity(resumed), resumed.pc):
            for spot in (place, place - _INSTRUCTION_LENGTH):
                parked = self._parked.get((spot, privilege, sp, space))
                if parked is not None and goes_on(parked):
                    return parked
        # The handler may have changed the stack pointer on the way: an emulated instruction can.
        vm = self._passages.asked_to_run(self.top, resumed)
        left = self._left(vm) if vm is not None else None
        return left if left is not None and goes_on(left) else self._waiting(goes_on)

    def _serials_above(self, activation: Activation | None) -> Iterator[int]:
        """Yield the activations above one that runs or waits in the stack of now; None for all."""
        level: Activation | None = self.top
        while level is not None and (activation is None or level.serial != activation.serial):
            yield level.serial
            level = level.below.activation if level.below else None

    def _left(self, vm: str) -> Suspended | None:
        """Return what ran last in a virtual machine, as it was left."""
        for waits in reversed(self._parked.values()):
            component = inside_of(waits)
            if component is not None and component.vm == vm:
                return waits
        return None

    def _take_up(self, thread: Thread) -> None:
        """Go on behind the innermost call of a thread."""
        if thread.activation.serial != self.top.serial:
            # What was put aside without frames, nothing can come back to.
            self.ended = (self.top.serial,) if self.frames is None else ()
            self.top = thread.activation
        self.frames = thread.frames.below

    def _has_returned(self, frame: Frame, now: Position, sp: int | None) -> bool:
        """Tell whether a function has returned unseen, by a register that is no link register.

        What runs now, or called the next function with `sp`, lies where the function was called from.
        """
        site = self._whereabouts.of(frame.site, frame.site_physical)
        here = (now.component, now.label)
        if not now.label or here != (site.component, site.label) or sp not in (None, frame.sp):
            return False
        target = self._target(frame)
        return here != (target.component, target.label)

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

    def _interrupted_late(self, reading: Reading, component: Component, sp: int) -> Suspended | None:
        """Return what is interrupted by something that `component` gets late: it had been held back.

        The hypervisor has given the guest its registers back, so the stack pointer tells. If the guest
        was about to go on elsewhere by an xRET, that is where; else where it was left last.
        """
        waits = reading.waits if reading.emulated else None
        while waits is not None:
            if waits.sp == sp and self._passages.serves(component, waits.position.component):
                return waits
            waits = waits.activation.below
        left = [
            waits
            for waits in reversed(self._parked.values())
            if self._passages.serves(component, waits.position.component)
        ]
        found = next((waits for waits in left if waits.sp == sp), None)
        return found or (left[0] if left and not reading.emulated else None)

    def _push(
        self,
        since: int,
        kind: tuple[object, ...],
        entered: Entered,
        entry: Position,
        privilege: Privilege,
        below: Suspended | None,
        event: TrapTaken | None,
        by: str = "",
        through: str = "",
    ) -> None:
        """Begin the activation that `kind` stands for in the counts; see `Activation` for the rest."""
        times = self._times[kind] = self._times.get(kind, 0) + 1
        depth = below.activation.depth + 1 if below else 0
        if depth % ACTIVATIONS_KEPT == 0 and depth > ACTIVATIONS_KEPT:
            below = _newest_activations(below)
        self._serial += 1
        self.top = Activation(
            entered, entry, privilege, below, depth, event, by, through, times, self._serial, since
        )
        self.frames = None


def _goes_on(waits: Suspended, resumed: Position, privilege: Privilege, space: int) -> bool:
    """Tell whether a context goes on at `resumed`: where it waits, or an instruction later."""
    if waits.privilege is not privilege or waits.space != space:
        return False
    now, then = resumed.physical, waits.position.physical
    if space or now is None or then is None:
        # Before a hypervisor maps a guest's page its addresses lead nowhere.
        now, then = resumed.pc, waits.position.pc
    return now - then in (0, _INSTRUCTION_LENGTH)


def _goes_on_elsewhere(now: Suspended, reading: Reading) -> Suspended | None:
    """Return the context that its handler has sent elsewhere, to what is `now`; None if it is another.

    A kernel does that that mends its own faults by a table. The stack pointer tells the context from
    other threads; under a hypervisor nothing but a guest's xRET changes threads.
    """
    waits, component = reading.waits, now.position.component
    if waits is None or component is None or waits.privilege is not now.privilege:
        return None
    inside = inside_of(waits)
    is_same = inside is component and waits.space == now.space
    if now.privilege is not Privilege.U and inside is not None and inside.vm == component.vm:
        is_same = True
    is_hypervisors = reading.host is reading.way[-1]
    return waits if is_same and (waits.sp == now.sp or is_hypervisors) else None


def _newest_activations(waits: Suspended | None) -> Suspended | None:
    kept: list[Suspended] = []
    while waits is not None and len(kept) < ACTIVATIONS_KEPT:
        kept.append(waits)
        waits = waits.activation.below
    chain: Suspended | None = None
    for suspended in reversed(kept):
        chain = suspended._replace(activation=suspended.activation._replace(below=chain))
    return chain
