"""Listens to a machine, and keeps what its events add up to: stack, trap log, console, guests' CSRs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple, Protocol

from hvtui.debugger.callstack import CallStack, Passage, StackState
from hvtui.debugger.console import Console, ConsoleMark
from hvtui.debugger.crossings import MachineReset
from hvtui.debugger.guestwalk import GuestWalk
from hvtui.debugger.narration import (
    describe_kernel,
    describe_reset,
    describe_return,
    describe_trap,
)
from hvtui.debugger.positions import Position, Whereabouts
from hvtui.debugger.rehearsal import Rehearsal
from hvtui.debugger.traplog import LogEntry, LogMark, TrapLog
from hvtui.debugger.upcoming import Upcoming, upcoming
from hvtui.debugger.views.guestcsrs import GuestState, VirtualCsrs, virtual_machines
from hvtui.machine.board import Machine
from hvtui.machine.events import (
    NOTHING_URGENT,
    DeviceOutput,
    KernelInstruction,
    Outcome,
    Then,
    TrapReturned,
    TrapTaken,
    Urgency,
)
from hvtui.machine.privilege import Privilege
from hvtui.machinefile.system import System


class Listener(Protocol):
    """Who wants to know of events with their positions, after they have been taken in.

    Who `hears_late` wants to know of what is not urgent too.
    """

    hears_late: bool

    def trap_taken(self, event: TrapTaken, position: Position) -> None:
        """A trap or an interrupt was taken at `position`."""

    def trap_returned(self, event: TrapReturned, position: Position, *, injected: bool) -> None:
        """An xRET was executed at `position`; `injected` if it handed a trap on."""

    def kernel_instruction(self, event: KernelInstruction, position: Position) -> None:
        """A kernel instruction was met below M at `position`."""

    def machine_reset(self, event: MachineReset, position: Position) -> None:
        """The guest has reset the machine; `position` is where it begins anew."""

    def stack_shrank(self) -> None:
        """A function or a handler has returned, or the stack was exchanged for another."""

    @property
    def urgency(self) -> Urgency | None:
        """What it wants to hear of as it takes place; None for everything."""


class FollowerState(NamedTuple):
    """What the events up to one instant add up to. What grows with the run is kept by marks."""

    learned: Mapping[int, str]
    callstack: StackState
    traplog: LogMark
    console: ConsoleMark
    guests: Mapping[str, GuestState]


class Follower:
    """Follows `machine` from the state it is in.

    `listener` may change, or be None: then nobody is told. `on_output` gets all that devices write,
    after it has been taken in.
    """

    def __init__(self, system: System, machine: Machine, listener: Listener | None = None) -> None:
        self.system = system
        self.machine = machine
        self._hears_late: Listener | None = None
        self.listener = listener
        self.on_output: Callable[[DeviceOutput], None] | None = None
        self.whereabouts = Whereabouts(system, machine)
        self.rehearsal = Rehearsal(machine)
        self.callstack = CallStack(
            self.whereabouts, lambda entry: self.guests.is_vector(entry), virtual_machines(system)
        )
        self.traplog = TrapLog(self.whereabouts.of)
        self.console = Console()
        self.guests = VirtualCsrs(system, machine.hart)
        self.whereabouts.expected = self.callstack.expected
        self.whereabouts.walk = GuestWalk(system, machine.ram, self.guests).lead
        # The last event: what tells it in words, and of what.
        self._told: tuple[Callable[..., str], tuple[object, ...]] | None = None
        self._is_translating = any(part.translates is not None for part in system.components)
        observers = machine.observers
        observers.trap.append(self._on_trap)
        observers.trap_return.append(self._on_return)
        observers.kernel.append(self._on_kernel)
        observers.detached |= {
            self._on_trap: self._take_trap,
            self._on_return: self._take_return,
            self._on_kernel: self._take_kernel,
        }
        for hears in (self._on_trap, self._on_return, self._on_kernel):
            observers.late[hears] = self._urgency
        observers.output.append(self._on_output)
        observers.reset.append(self._on_reset)
        machine.probes.follow_calls(self._on_call, self._on_return_from_call, self.callstack)
        self._begin()

    @property
    def listener(self) -> Listener | None:
        """Who is told of events after they have been taken in."""
        return self._listener

    @listener.setter
    def listener(self, listener: Listener | None) -> None:
        self._listener = listener
        self._hears_late = listener if listener is not None and listener.hears_late else None

    @property
    def last_event(self) -> Callable[[], str] | None:
        """Tells the last event in words; None if there was none since that was forgotten."""
        return None if self._told is None else partial(self._told[0], *self._told[1])

    def forget_last_event(self) -> None:
        """Let what comes next be the last event."""
        self._told = None

    @property
    def here(self) -> Position:
        """The position of the next instruction."""
        hart = self.machine.hart
        return self.whereabouts.at(hart.pc, hart.privilege)

    @property
    def upcoming(self) -> Upcoming:
        """The next instruction, and what the next step does."""
        return upcoming(self.rehearsal, self.here, self.whereabouts)

    @property
    def arrival(self) -> LogEntry | None:
        """What the last step was, if it was a trap, an xRET or the like."""
        entries = self.traplog.entries
        last = entries[-1] if entries else None
        return last if last is not None and last.instant == self.machine.instant - 1 else None

    def capture(self) -> FollowerState:
        """Return the state: with the machine's it makes a place in time to come back to."""
        return FollowerState(
            self.whereabouts.learned,
            self.callstack.capture(),
            self.traplog.capture(),
            self.console.capture(),
            self.guests.capture(),
        )

    def restore(self, state: FollowerState) -> None:
        """Take up a state of this run; the machine is restored elsewhere."""
        self.whereabouts.learned = state.learned
        self.callstack.restore(state.callstack)
        self.traplog.restore(state.traplog)
        self.console.restore(state.console)
        self.guests.restore(state.guests)
        self._told = None

    def cut(self) -> None:
        """Forget what was recorded after now: the run takes another way."""
        self.traplog.cut()
        self.console.cut()

    def _space(self, position: Position, satp: int) -> int:
        """Return what tells the address spaces of user programs apart; for all other code that is 0.

        A guest's is the one that the guest chose: the hypervisor's table for it may be another.
        """
        component = position.component
        vm = component.vm if component is not None else self.whereabouts.last_vm
        guest = self.guests.guests.get(vm) if vm is not None else None
        return satp if guest is None else guest.value("satp")

    # What the machine tells as it takes place

    def _on_trap(self, event: TrapTaken) -> None:
        self._take_trap(event, Then.of(self.machine.hart.state), self._listener)

    def _on_return(self, event: TrapReturned) -> None:
        self._take_return(event, Then.of(self.machine.hart.state), self._listener)
        if self._listener is not None:
            self._listener.stack_shrank()

    def _on_kernel(self, event: KernelInstruction) -> None:
        self._take_kernel(event, Then.of(self.machine.hart.state), self._listener)

    def _on_call(self, site: int, physical: int | None, target: int, link: int) -> None:
        machine = self.machine
        self.callstack.call(site, physical, target, link, machine.hart.x[_SP], machine.instant)

    def _on_return_from_call(self, target: int) -> None:
        self.callstack.ret(target, self.machine.hart.x[_SP])
        if self._listener is not None:
            self._listener.stack_shrank()

    # What is made of it, be it told late. Then it is for a listener that hears of things late.

    def _take_trap(self, event: TrapTaken, then: Then, listener: Listener | None = None) -> None:
        notice, origin, satp = self.whereabouts.notice, event.origin, then.satp
        position = notice(event.pc, origin, event.physical, satp)
        entry = notice(event.handler, event.target, event.handler_physical, satp)
        space = self._space(position, satp) if origin is _USER else 0
        self.callstack.trap(event, position, entry, then.x[_SP], space)
        self.traplog.trap(event, position)
        self._told = describe_trap, (event, position)
        listener = listener or self._hears_late
        if listener is not None:
            listener.trap_taken(event, position)

    def _take_return(self, event: TrapReturned, then: Then, listener: Listener | None = None) -> None:
        notice, mode, satp = self.whereabouts.notice, event.target, then.satp
        origin = notice(event.pc, event.origin, event.physical, satp)
        target = notice(event.resumed, mode, event.resumed_physical, satp, origin)
        self.guests.trap_return(event, target, then.x)
        space = self._space(target, satp) if mode is _USER else 0
        passage, by = self.callstack.xret(event, origin, target, then.x[_SP], space)
        injected = passage is _INJECTION
        self.traplog.trap_return(event, origin, injected=injected)
        self._told = _describe_return, (event, origin, target, passage, by)
        listener = listener or self._hears_late
        if listener is not None:
            listener.trap_returned(event, origin, injected=injected)

    def _take_kernel(
        self, event: KernelInstruction, then: Then, listener: Listener | None = None
    ) -> None:
        position = self.whereabouts.notice(event.pc, event.privilege, event.physical, then.satp)
        self.traplog.kernel(event, position)
        self.guests.kernel_instruction(event, position, then.x)
        # What traps is told as a trap, and then that holds for all classes; as with what executes.
        if event.outcomes[0][1] not in _UNREMARKABLE:
            self._told = describe_kernel, (event, position)
        listener = listener or self._hears_late
        if listener is not None:
            listener.kernel_instruction(event, position)

    def _urgency(self) -> Urgency | None:
        """Tell what is urgent: nothing for what is kept here, as long as memory does not count.

        What was translated is told by memory. On deep stacks it counts how many calls were made when.
        """
        if self._is_translating or self.callstack.is_deep:
            return None
        return NOTHING_URGENT if self.listener is None else self.listener.urgency

    def _on_output(self, event: DeviceOutput) -> None:
        self.console.write(event.data)
        if self.on_output is not None:
            self.on_output(event)

    def _on_reset(self) -> None:
        event, here = self._begin(), self.here
        self._told = describe_reset, (event, here)
        if self._listener is not None:
            self._listener.machine_reset(event, here)

    def _begin(self) -> MachineReset:
        machine = self.machine
        self.guests.reset()
        return self.callstack.reset(self.here, machine.hart.privilege, machine.instant)


def _describe_return(
    event: TrapReturned, origin: Position, target: Position, passage: Passage, by: str
) -> str:
    kind = passage.value if by == origin.owner else f"{passage.value} by {by}"
    return describe_return(event, origin, target, kind)


_SP = 2
_USER, _INJECTION = Privilege.U, Passage.INJECTION
_UNREMARKABLE = frozenset({Outcome.EXECUTED, Outcome.TRAPPED})
