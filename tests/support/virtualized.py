"""The same guest twice: on the bare machine, and as a virtual machine under the type-1 hypervisor.

A guest is a list of components at the addresses that it calls physical. Natively they lie there; a
virtual machine has its memory elsewhere, and its components are moved there byte for byte.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from asm import Options, assemble_file
from asm.program import Program, Segment
from hvtui.machine.board import Machine
from hvtui.machine.events import DeviceOutput
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.system import Component, System

SAMPLES = Path(__file__).parents[2] / "samples"
HYPERVISOR = SAMPLES / "hypervisors" / "type1.s"

GUEST_RAM = 0x8000_0000
"""Where a guest finds its memory, and where the hypervisor's own begins."""
HYPERVISOR_SIZE = 4 << 20
VM_SIZE = 4 << 20
CPUS = ("classic", "vt", "svm")
"""The generations on which a type-1 hypervisor works."""


@dataclass(frozen=True, eq=False)
class Guest:
    """What lies in a machine's memory at reset; execution begins at GUEST_RAM."""

    components: tuple[Component, ...]

    def image(self, size: int = VM_SIZE) -> bytes:
        """Return the memory, `size` bytes."""
        memory = bytearray(size)
        for component in self.components:
            for segment in component.program.segments:
                start = segment.address + component.relocation - GUEST_RAM
                memory[start : start + len(segment.data)] = segment.data
        return bytes(memory)


def guest_of_sample(name: str) -> Guest:
    """Return what the native sample in the folder `name` runs."""
    return Guest(load_system(SAMPLES / name).components)


def guest_in_sample(name: str, vm: str = "vm1") -> Guest:
    """Return what the sample in the folder `name` runs in a VM, moved to where the guest sees it."""
    system = load_system(SAMPLES / name)
    own = [component for component in system.components if component.vm == vm]
    base = min(component.at for component in own)
    return Guest(
        tuple(replace(component, at=component.at - base + GUEST_RAM, vm=None) for component in own)
    )


def guest_of_program(program: Program, name: str = "kernel") -> Guest:
    """Return a guest that is one program, laid out from GUEST_RAM."""
    return Guest((Component(name, "kernel", program, program.base, program.base, believes=0),))


def guest_of_bytes(data: bytes, name: str = "random") -> Guest:
    """Return a guest whose memory begins with `data`."""
    segment = Segment(name, GUEST_RAM, data, len(data))
    return guest_of_program(Program(name, GUEST_RAM, (segment,)), name)


IDLE = guest_of_bytes(bytes.fromhex("730050106ff0dfff"), "idle")
"""A kernel that waits for ever: ``wfi``, and back to it."""


def native(guest: Guest, *, ram_size: int = VM_SIZE, cpu: str = "classic") -> System:
    """Return the system in which the guest owns the machine; as much RAM as a VM has."""
    return System(Path("native"), "native", cpu, ram_size, 1, guest.components)


@cache
def _hypervisor(defines: tuple[tuple[str, int], ...]) -> Program:
    return assemble_file(HYPERVISOR, Options(base=GUEST_RAM, defines=dict(defines)))


def hypervisor(defines: Mapping[str, int]) -> Program:
    """Return the hypervisor, assembled with those symbols."""
    return _hypervisor(tuple(sorted(defines.items())))


def virtualized(
    *guests: Guest,
    cpu: str = "classic",
    vm_size: int = VM_SIZE,
    defines: Mapping[str, int] | None = None,
) -> System:
    """Return the system in which the hypervisor runs the guests, the first as vm1.

    The RAM ends where the last VM's ends, so that nothing lies there by accident.
    """
    values = {"VMS": len(guests), **(defines or {})}
    if vm_size != VM_SIZE:
        values["VM_SIZE"] = vm_size
    program = hypervisor(values)
    host = Component("type1", "hypervisor", program, GUEST_RAM, GUEST_RAM, believes=0)
    moved = [
        replace(
            component,
            name=f"vm{number} {component.name}",
            at=component.at - GUEST_RAM + base_of(number, vm_size),
            vm=f"vm{number}",
        )
        for number, guest in enumerate(guests, 1)
        for component in guest.components
    ]
    ram_size = HYPERVISOR_SIZE + len(guests) * vm_size
    return System(Path("virtualized"), "virtualized", cpu, ram_size, 1, (host, *moved))


def hypervisor_as_guest(guest: Guest, defines: Mapping[str, int] | None = None) -> Guest:
    """Return a guest that is the hypervisor, with `guest` in its one VM."""
    program = hypervisor({"VMS": 1, **(defines or {})})
    inner = Component("inner", "hypervisor", program, GUEST_RAM, GUEST_RAM, believes=0)
    moved = [replace(part, at=part.at + HYPERVISOR_SIZE, vm="vm1") for part in guest.components]
    return Guest((inner, *moved))


def base_of(number: int, vm_size: int = VM_SIZE) -> int:
    """Return where the memory of VM `number`, counted from 1, really lies."""
    return GUEST_RAM + HYPERVISOR_SIZE + (number - 1) * vm_size


def listen(machine: Machine) -> bytearray:
    """Return the bytes that the machine will print."""
    console = bytearray()

    def on_output(event: DeviceOutput) -> None:
        console.extend(event.data)

    machine.observers.output.append(on_output)
    return console


_PIECE = re.compile(rb"vm(\d+)([|+]) ?(.*)", re.DOTALL)


def spoken_by(number: int, console: bytes) -> bytes:
    """Return what VM `number` printed, without the hypervisor's marks.

    The end of its last line may be the hypervisor's, so it is not among it.
    """
    said = b""
    for line in console.split(b"\n"):
        piece = _PIECE.fullmatch(line)
        if piece is None or int(piece[1]) != number:
            continue
        if piece[2] == b"+":
            said = said.removesuffix(b"\n")
        said += piece[3] + b"\n"
    return said.removesuffix(b"\n")


def remarks(console: bytes) -> list[str]:
    """Return the lines that the hypervisor itself printed."""
    return [
        line.decode(errors="replace") for line in console.split(b"\n") if line.startswith(b"type1: ")
    ]
