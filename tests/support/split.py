"""Guests under the split hypervisor: the lowvisor, the host kernel with the highvisor, processes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from asm import Options, assemble_file
from asm.program import Program
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.system import Component, System
from tests.support.virtualized import GUEST_RAM, HYPERVISOR_SIZE, SAMPLES, VM_SIZE, Guest, base_of

SAMPLE = SAMPLES / "12-split-mode"
SOURCES = SAMPLES / "hypervisors"
HOST = 0x8001_0000
SLOTS, SLOT_SIZE, PROGRAM = 0x8018_0000, 0x2000, 0x4000_0000
"""Where programs of the host's processes lie, and where a process finds itself."""
REPLACED = {f"type1/{part}.s": SOURCES / "split" / f"{part}.s" for part in ("boot", "cpu", "world")}


def host(vms: int) -> Program:
    """Return the host kernel for that many virtual machines."""
    options = Options(base=HOST, defines={"VMS": vms}, replace=REPLACED)
    return assemble_file(SOURCES / "split.s", options)


def process(source: Path, slot: int = 0) -> Component:
    """Return the program in `source` as a process of the host."""
    program = assemble_file(source, Options(base=PROGRAM, include_dirs=(SAMPLES / "users",)))
    return Component(source.stem, "host", program, SLOTS + slot * SLOT_SIZE, PROGRAM, believes=3)


def split(*guests: Guest, cpu: str = "vt", processes: tuple[Component, ...] = ()) -> System:
    """Return the system in which the split hypervisor runs the guests, the first as vm1."""
    lowvisor = next(part for part in load_system(SAMPLE).components if part.name == "lowvisor")
    kernel = Component("host", "host", host(len(guests)), HOST, HOST, believes=1)
    moved = [
        replace(
            component,
            name=f"vm{number} {component.name}",
            at=component.at - GUEST_RAM + base_of(number),
            vm=f"vm{number}",
        )
        for number, guest in enumerate(guests, 1)
        for component in guest.components
    ]
    ram_size = HYPERVISOR_SIZE + len(guests) * VM_SIZE
    return System(Path("split"), "split", cpu, ram_size, 1, (lowvisor, kernel, *processes, *moved))
