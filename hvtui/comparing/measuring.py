"""One run of a machine, counted: instructions, exits, crossings between the rings, activities."""

from __future__ import annotations

import hashlib
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from asm.isa.causes import Interrupt, trap_name
from asm.isa.trapbits import TrapBit
from hvtui.comparing.activities import Activities
from hvtui.comparing.choosing import programs_of
from hvtui.comparing.updates import Updates, count_executed
from hvtui.debugger.positions import Whereabouts
from hvtui.headless.components import OUTSIDE, ComponentCounts
from hvtui.headless.console import ConsoleInput, KeptConsole
from hvtui.headless.driving import drive
from hvtui.headless.ending import Ending
from hvtui.machine.board import Machine
from hvtui.machine.events import NOTHING_URGENT, Then, TrapReturned, TrapTaken
from hvtui.machine.privilege import Privilege
from hvtui.machinefile.system import Component, System

# Whose instructions are the price of virtualization, rather than the guest's work.
OVERHEAD_ROLES = frozenset({"hypervisor", "host", "firmware"})

_SUPERVISOR_TIMER = 1 << Interrupt.SUPERVISOR_TIMER


@dataclass(frozen=True)
class ComponentShare:
    """What a component did in a run."""

    role: str
    vm: str | None
    instructions: int
    exits: int


@dataclass(frozen=True)
class Measurement:
    """The counts of one run.

    An *exit* is a trap or interrupt that leads out of a virtual machine: from a component of it to one
    that is not. `bits` are the classes of the instructions that were refused by exits, and `classified`
    is how many exits these are: an instruction of two classes counts in both. `crossings` are all
    traps, interrupts and xRETs, by the rings that they come from and lead to. `activities` are by what
    the guest did. `updates` and `update_exits` are how often the guest's kernel changed what addresses
    mean (see `updates.Updates`), None where nobody can count it, and the exits that this took.
    `programs` is the same for runs of the very same programs.
    """

    name: str
    title: str
    cpu: str
    programs: str
    ending: Ending
    console: str
    instructions: int
    components: Mapping[str, ComponentShare]
    exits: int
    bits: Mapping[str, int]
    classified: int
    causes: Mapping[str, int]
    activities: Mapping[str, Mapping[str, int]]
    updates: int | None
    update_exits: int
    crossings: Mapping[tuple[int, int], int]

    @property
    def overhead(self) -> int:
        """The instructions of hypervisors, hosts and firmware."""
        return sum(
            share.instructions for share in self.components.values() if share.role in OVERHEAD_ROLES
        )


class _Exits:
    """Listens to a machine, and counts its exits and crossings."""

    def __init__(self, system: System, machine: Machine) -> None:
        self._system = system
        self._whereabouts = Whereabouts(system, machine)
        self._machine = machine
        self.activities = Activities()
        self.updates = Updates(system, machine)
        self.by_component: Counter[str] = Counter()
        self.bits: Counter[TrapBit] = Counter()
        self.classified = 0
        self.causes: Counter[tuple[bool, int]] = Counter()
        self._crossings: Counter[tuple[Privilege, Privilege]] = Counter()
        observers = machine.observers
        observers.trap.append(self._on_trap)
        observers.trap_return.append(self._on_return)
        observers.detached |= {self._on_trap: self._take_trap, self._on_return: self._take_return}
        for hears in (self._on_trap, self._on_return):
            observers.late[hears] = lambda: NOTHING_URGENT

    def _on_trap(self, event: TrapTaken) -> None:
        self._take_trap(event, Then.of(self._machine.hart.state))

    def _on_return(self, event: TrapReturned) -> None:
        self._take_return(event, Then.of(self._machine.hart.state))

    def _take_trap(self, event: TrapTaken, then: Then) -> None:
        self._crossings[event.origin, event.target] += 1
        position = self._whereabouts.notice(event.pc, event.origin, event.physical, then.satp)
        left = position.component
        is_exit = left is not None and left.vm is not None and self._leads_out(event, left)
        self.activities.trap(event, left, is_exit=is_exit)
        self.updates.trap(event, position, is_exit=is_exit)
        if is_exit and left is not None:
            self.by_component[left.name] += 1
            self.causes[event.is_interrupt, event.cause] += 1
            for bit in event.bits:
                self.bits[bit] += 1
            self.classified += bool(event.bits)

    def _take_return(self, event: TrapReturned, then: Then) -> None:
        self._crossings[event.origin, event.target] += 1
        notice = self._whereabouts.notice
        resumed = notice(event.resumed, event.target, event.resumed_physical, then.satp).component
        # Not delegated, a pending one is somebody else's: that of a host in ring 1, say.
        passed_on = bool(then.mip & then.mideleg & _SUPERVISOR_TIMER)
        self.activities.trap_return(event, resumed, is_tick_passed_on=passed_on)
        self.updates.trap_return(resumed)

    @property
    def crossings(self) -> Mapping[tuple[int, int], int]:
        """How many traps, interrupts and xRETs there were, by the rings."""
        return {
            (origin.ring, target.ring): count for (origin, target), count in self._crossings.items()
        }

    def _leads_out(self, event: TrapTaken, left: Component) -> bool:
        if event.target is Privilege.M:
            handler = self._system.component_at(event.handler)
        else:
            at = self._whereabouts.at
            handler = at(event.handler, event.target, physical=event.handler_physical).component
        return handler is None or handler.vm != left.vm


def measure(
    name: str, system: System, halted: threading.Event, limit: int | None = None
) -> Measurement:
    """Run a machine to its end, to a limit of instructions or until somebody sets `halted`, and count.

    The limit is the machine's own, unless another one is given.
    """
    machine = system.fresh_machine()
    counts, exits = ComponentCounts(system, machine), _Exits(system, machine)
    console = KeptConsole()
    typed = ConsoleInput(machine.uart, system.expect.input.encode())
    most = limit or system.max_instructions
    ending = drive(machine, machine.run, most, console, typed, halted)
    roles = {component.name: component for component in system.components}
    components = {
        owner: ComponentShare(
            roles[owner].role if owner in roles else OUTSIDE,
            roles[owner].vm if owner in roles else None,
            count["instructions"],
            exits.by_component[owner],
        )
        for owner, count in counts.by_name().items()
    }
    executed = count_executed(system, halted, machine.retired)
    return Measurement(
        name,
        system.title,
        system.cpu,
        _digest(system),
        ending,
        console.text,
        machine.retired,
        components,
        exits.causes.total(),
        {bit.key: exits.bits[bit] for bit in sorted(exits.bits)},
        exits.classified,
        {
            trap_name(cause, interrupt=is_interrupt).key: count
            for (is_interrupt, cause), count in sorted(exits.causes.items())
        },
        exits.activities.as_json(),
        None if executed is None else executed + exits.updates.count,
        exits.updates.exits,
        exits.crossings,
    )


def _digest(system: System) -> str:
    """Return a word for the programs of a machine: the same for the same ones, in whatever order."""
    programs = sorted(programs_of(system).elements())
    whole = b"".join(hashlib.sha256(program).digest() for program in programs)
    return hashlib.sha256(whole).hexdigest()[:16]
