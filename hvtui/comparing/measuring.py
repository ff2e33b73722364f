"""One run of a machine, counted: instructions, exits, crossings between the rings, activities."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from asm.isa.causes import trap_name
from asm.isa.decode import decode
from asm.isa.trapbits import TrapBit
from hvtui.comparing.activities import Activities
from hvtui.debugger.positions import Whereabouts
from hvtui.debugger.upcoming import kernel_classes
from hvtui.headless.components import OUTSIDE, ComponentCounts
from hvtui.headless.console import ConsoleInput, KeptConsole
from hvtui.headless.driving import drive
from hvtui.headless.ending import Ending
from hvtui.machine.board import Machine
from hvtui.machine.events import TrapReturned, TrapTaken
from hvtui.machine.privilege import Privilege
from hvtui.machinefile.system import Component, System

# Whose instructions are the price of virtualization, rather than the guest's work.
OVERHEAD_ROLES = frozenset({"hypervisor", "host", "firmware"})

# The kernel instructions by which a kernel changes what addresses mean.
_UPDATES = frozenset({TrapBit.WRVM, TrapBit.SFENCE})
_LENGTH = 4


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
    that is not. `crossings` are all traps, interrupts and xRETs, by the rings that they come from and
    lead to. `activities` are by what the guest did. `updates` counts the guest kernel's instructions
    that change what addresses mean, where they run in ring 0, else those that left the guest.
    """

    name: str
    title: str
    cpu: str
    ending: Ending
    console: str
    instructions: int
    components: Mapping[str, ComponentShare]
    exits: int
    bits: Mapping[str, int]
    causes: Mapping[str, int]
    activities: Mapping[str, Mapping[str, int]]
    updates: int
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
        self.by_component: Counter[str] = Counter()
        self.bits: Counter[TrapBit] = Counter()
        self.causes: Counter[tuple[bool, int]] = Counter()
        self.crossings: Counter[tuple[int, int]] = Counter()
        machine.observers.trap.append(self._on_trap)
        machine.observers.trap_return.append(self._on_return)

    def _on_trap(self, event: TrapTaken) -> None:
        self.crossings[event.origin.ring, event.target.ring] += 1
        left = self._whereabouts.notice(event.pc, event.origin).component
        is_exit = left is not None and left.vm is not None and self._leads_out(event, left)
        self.activities.trap(event, left, is_exit=is_exit)
        if is_exit and left is not None:
            self.by_component[left.name] += 1
            self.causes[event.is_interrupt, event.cause] += 1
            self.bits.update(event.bits)

    def _on_return(self, event: TrapReturned) -> None:
        self.crossings[event.origin.ring, event.target.ring] += 1
        self.activities.trap_return(
            event, self._whereabouts.notice(event.resumed, event.target).component
        )

    def _leads_out(self, event: TrapTaken, left: Component) -> bool:
        if event.target is Privilege.M:
            handler = self._system.component_at(event.handler)
        else:
            handler = self._whereabouts.at(event.handler, event.target).component
        return handler is None or handler.vm != left.vm


def measure(name: str, system: System, halted: threading.Event) -> Measurement:
    """Run a machine to its end, or until somebody sets `halted`, and count."""
    machine = system.fresh_machine()
    counts, exits = ComponentCounts(system, machine), _Exits(system, machine)
    console = KeptConsole()
    typed = ConsoleInput(machine.uart, system.expect.input.encode())
    ending = drive(machine, machine.run, system.max_instructions, console, typed, halted)
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
    return Measurement(
        name,
        system.title,
        system.cpu,
        ending,
        console.text,
        machine.retired,
        components,
        exits.causes.total(),
        {bit.key: exits.bits[bit] for bit in sorted(exits.bits)},
        {
            trap_name(cause, interrupt=is_interrupt).key: count
            for (is_interrupt, cause), count in sorted(exits.causes.items())
        },
        exits.activities.as_json(),
        count_updates(system, halted) or sum(exits.bits[bit] for bit in _UPDATES),
        dict(exits.crossings),
    )


def count_updates(system: System, halted: threading.Event) -> int:
    """Run a machine whose kernels own ring 0, and count how often they change what addresses mean.

    Returns 0 for a machine with virtual machines: there a kernel's instructions may not be what runs.
    """
    if any(component.vm is not None for component in system.components):
        return 0
    machine = system.fresh_machine()
    regions = [
        [(address, address + _LENGTH)]
        for component in system.components
        if component.role == "kernel"
        for address in _updating_instructions(component)
    ]
    if not regions:
        return 0
    meter = machine.meter_regions(regions)
    typed = ConsoleInput(machine.uart, system.expect.input.encode())
    drive(machine, machine.run, system.max_instructions, KeptConsole(), typed, halted)
    return sum(meter.count(number).instructions for number in range(len(regions)))


def _updating_instructions(component: Component) -> list[int]:
    """Return the physical addresses of a component's instructions that change what addresses mean."""
    found = []
    for segment in component.program.segments:
        if not segment.executable:
            continue
        for offset in range(0, len(segment.data) - _LENGTH + 1, _LENGTH):
            decoded = decode(int.from_bytes(segment.data[offset : offset + _LENGTH], "little"))
            if decoded is not None and _UPDATES.intersection(kernel_classes(decoded)):
                found.append(segment.address + offset + component.relocation)
    return found
