"""Listens to a machine, and keeps what its events add up to: call stack, trap log, console."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from hvtui.debugger.callstack import CallStack, Passage
from hvtui.debugger.console import Console
from hvtui.debugger.narration import describe_kernel, describe_return, describe_trap
from hvtui.debugger.positions import Position, Whereabouts
from hvtui.debugger.traplog import TrapLog
from hvtui.machine.board import Machine
from hvtui.machine.events import DeviceOutput, KernelInstruction, Outcome, TrapReturned, TrapTaken
from hvtui.machinefile.system import System


class Listener(Protocol):
    """Who wants to know of events with their positions, after they have been taken in."""

    def trap_taken(self, event: TrapTaken, position: Position) -> None:
        """A trap or an interrupt was taken at `position`."""

    def trap_returned(self, event: TrapReturned, position: Position, *, injected: bool) -> None:
        """An xRET was executed at `position`; `injected` if it handed a trap on."""

    def kernel_instruction(self, event: KernelInstruction, position: Position) -> None:
        """A kernel instruction was met below M at `position`."""

    def stack_shrank(self) -> None:
        """A function or a handler has returned, or the stack was exchanged for another."""


class Follower:
    """Follows `machine` from the state it is in. `last_event` tells the last event in words."""

    def __init__(self, system: System, machine: Machine, listener: Listener) -> None:
        self.system = system
        self.machine = machine
        self._listener = listener
        self.whereabouts = Whereabouts(system, machine)
        self.callstack = CallStack(self.whereabouts)
        self.traplog = TrapLog()
        self.console = Console()
        self.last_event: Callable[[], str] | None = None
        observers = machine.observers
        observers.trap.append(self._on_trap)
        observers.trap_return.append(self._on_return)
        observers.kernel.append(self._on_kernel)
        observers.output.append(self._on_output)
        observers.reset.append(self._on_reset)
        machine.probes.follow_calls(self._on_call, self._on_return_from_call)
        self._on_reset()

    @property
    def here(self) -> Position:
        """The position of the next instruction."""
        hart = self.machine.hart
        return self.whereabouts.at(hart.pc, hart.privilege)

    @property
    def _sp(self) -> int:
        return self.machine.hart.x[_SP]

    def _on_trap(self, event: TrapTaken) -> None:
        position = self.whereabouts.at(event.pc, event.origin)
        entry = self.whereabouts.at(event.handler, event.target)
        self.callstack.trap(event, position, entry, self._sp)
        self.traplog.trap(event, position)
        self.last_event = lambda: describe_trap(event, position)
        self._listener.trap_taken(event, position)

    def _on_return(self, event: TrapReturned) -> None:
        origin = self.whereabouts.at(event.pc, event.origin)
        target = self.whereabouts.at(event.resumed, event.target)
        passage = self.callstack.xret(event, origin, target, self._sp)
        injected = passage is Passage.INJECTION
        self.traplog.trap_return(event, origin, injected=injected)
        self.last_event = lambda: describe_return(event, origin, target, passage.value)
        self._listener.trap_returned(event, origin, injected=injected)
        self._listener.stack_shrank()

    def _on_kernel(self, event: KernelInstruction) -> None:
        position = self.whereabouts.at(event.pc, event.privilege)
        self.traplog.kernel(event, position)
        if not _UNREMARKABLE.issuperset(outcome for _, outcome in event.outcomes):
            self.last_event = lambda: describe_kernel(event, position)
        self._listener.kernel_instruction(event, position)

    def _on_output(self, event: DeviceOutput) -> None:
        self.console.write(event.data)

    def _on_reset(self) -> None:
        self.callstack.reset(self.here, self.machine.hart.privilege)

    def _on_call(self, site: int, physical: int | None, target: int, link: int) -> None:
        self.callstack.call(site, physical, target, link, self._sp)

    def _on_return_from_call(self, target: int) -> None:
        self.callstack.ret(target, self._sp)
        self._listener.stack_shrank()


_SP = 2
_UNREMARKABLE = frozenset({Outcome.EXECUTED, Outcome.TRAPPED})
