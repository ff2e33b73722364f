"""Listens to a machine, and keeps what its events add up to: stack, trap log, console, guests' CSRs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    TrapReturned,
    TrapTaken,
    Urgency,
)
from hvtui.machine.privilege import Privilege
from hvtui.machinefile.system import System


class Listener(Protocol):
    """Who wants to know of events with their positions, after they have been taken in."""

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
    """Follows `machine` from the state it is in. `last_event` tells the last event in words.

    `listener` may change, or be None: then nobody is told. `on_output` gets all that devices write,
    after it has been taken in.
    """

    def __init__(self, system: System, machine: Machine, listener: Listener | None = None) -> None:
        self.system = system
        self.machine = machine
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
        self.whereabouts.walk = GuestWalk(system, machine.ram, self.guests).lead
        self.last_event: Callable[[], str] | None = None
        self._is_translating = any(part.translates is not None for part in system.components)
        observers = machine.observers
        observers.trap.append(self._on_trap)
        observers.trap_return.append(self._on_return)
        observers.kernel.append(self._on_kernel)
        for hears in (self._on_trap, self._on_return, self._on_kernel):
            observers.late[hears] = self._urgency
        observers.output.append(self._on_output)
        observers.reset.append(self._on_reset)
        machine.probes.follow_calls(
            self._on_call, self._on_return_from_call, lambda: self.callstack.room
        )
        self._begin()

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
        self.last_event = None

    def cut(self) -> None:
        """Forget what was recorded after now: the run takes another way."""
        self.traplog.cut()
        self.console.cut()

    @property
    def _sp(self) -> int:
        return self.machine.hart.x[_SP]

    def _space(self, position: Position, privilege: Privilege) -> int:
        """Return what tells the address spaces of user programs apart, 0 for all other code.

        A guest's is the one that the guest chose: the hypervisor's table for it may be another.
        """
        if privilege is not Privilege.U:
            return 0
        component = position.component
        vm = component.vm if component is not None else self.whereabouts.last_vm
        guest = self.guests.guests.get(vm) if vm is not None else None
        return self.machine.hart.csr_value("satp") if guest is None else guest.value("satp")

    def _on_trap(self, event: TrapTaken) -> None:
        notice = self.whereabouts.notice
        position = notice(event.pc, event.origin, physical=event.physical)
        entry = notice(event.handler, event.target, physical=event.handler_physical)
        self.callstack.trap(event, position, entry, self._sp, self._space(position, event.origin))
        self.traplog.trap(event, position)
        self.last_event = lambda: describe_trap(event, position)
        if self.listener is not None:
            self.listener.trap_taken(event, position)

    def _on_return(self, event: TrapReturned) -> None:
        notice = self.whereabouts.notice
        origin = notice(event.pc, event.origin, physical=event.physical)
        expected = self.callstack.expected(event.resumed, event.target, origin)
        target = notice(event.resumed, event.target, expected, physical=event.resumed_physical)
        self.guests.trap_return(event, target)
        space = self._space(target, event.target)
        passage, by = self.callstack.xret(event, origin, target, self._sp, space)
        injected = passage is Passage.INJECTION
        self.traplog.trap_return(event, origin, injected=injected)
        kind = passage.value if by == origin.owner else f"{passage.value} by {by}"
        self.last_event = lambda: describe_return(event, origin, target, kind)
        if self.listener is not None:
            self.listener.trap_returned(event, origin, injected=injected)
            self.listener.stack_shrank()

    def _on_kernel(self, event: KernelInstruction) -> None:
        position = self.whereabouts.notice(event.pc, event.privilege, physical=event.physical)
        self.traplog.kernel(event, position)
        self.guests.kernel_instruction(event, position)
        if not _UNREMARKABLE.issuperset(outcome for _, outcome in event.outcomes):
            self.last_event = lambda: describe_kernel(event, position)
        if self.listener is not None:
            self.listener.kernel_instruction(event, position)

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
        self.last_event = lambda: describe_reset(event, here)
        if self.listener is not None:
            self.listener.machine_reset(event, here)

    def _begin(self) -> MachineReset:
        machine = self.machine
        self.guests.reset()
        return self.callstack.reset(self.here, machine.hart.privilege, machine.instant)

    def _on_call(self, site: int, physical: int | None, target: int, link: int) -> None:
        self.callstack.call(site, physical, target, link, self._sp, self.machine.instant)

    def _on_return_from_call(self, target: int) -> None:
        self.callstack.ret(target, self._sp)
        if self.listener is not None:
            self.listener.stack_shrank()


_SP = 2
_UNREMARKABLE = frozenset({Outcome.EXECUTED, Outcome.TRAPPED})
