"""The sample of binary translation, with another guest, another hypervisor or other processes."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from asm import Options, assemble_file
from asm.program import Program
from hvtui.checks.vm_console import split_vms
from hvtui.machine.board import Machine
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.system import Component, System
from tests.support.virtualized import GUEST_RAM, SAMPLES, guest_of_sample, listen, native

FOLDER = SAMPLES / "10-type2-translation"
TYPE2 = SAMPLES / "hypervisors" / "type2.s"
GUEST_AT = 0x8060_0000
"""Where the guest's memory really is: in that of the hypervisor's process."""
WINDOW = 0x4000_0000
"""Where a process of the host finds its memory."""
MOST_INSTRUCTIONS = 4_000_000


@cache
def sample() -> System:
    """Return the machine of the sample as it is."""
    return load_system(FOLDER)


def hypervisor(**defines: int) -> Program:
    """Assemble the hypervisor with other symbols."""
    return assemble_file(TYPE2, Options(base=WINDOW, defines=defines, include_dirs=(FOLDER,)))


def with_hypervisor(program: Program, system: System | None = None) -> System:
    """Return the sample with another assembly of the hypervisor."""
    system = system or sample()
    parts = tuple(
        replace(part, program=program) if part.name == "type2" else part for part in system.components
    )
    return replace(system, components=parts)


def with_guest(program: Program) -> System:
    """Return the sample with one program as the guest, and without the other process."""
    parts = [part for part in sample().components if part.name in ("hostos", "type2")]
    guest = Component("guest", "kernel", program, GUEST_AT, GUEST_RAM, vm="vm1", believes=0)
    return replace(sample(), components=(*parts, guest))


def run(system: System) -> tuple[Machine, str]:
    """Run to the end; return the machine and its console."""
    machine = system.fresh_machine()
    console = listen(machine)
    machine.run(max_retired=MOST_INSTRUCTIONS)
    return machine, bytes(console).decode()


def spoken(console: str) -> str:
    """What the guest printed."""
    return split_vms(console.encode()).get("vm1", b"").decode()


@cache
def bare() -> tuple[Machine, str]:
    """The guest without a hypervisor, on the same CPU."""
    return run(native(guest_of_sample("01-native"), cpu="legacy", ram_size=16 << 20))
