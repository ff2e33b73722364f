"""Where the hart stands, in words: the component, the label, the line of the source."""

from __future__ import annotations

from asm.disassembly.disassembler import label_finder
from hvtui.machine.board import Machine
from hvtui.machine.translation import Access
from hvtui.machinefile.system import Component, System


def component_of_pc(system: System, machine: Machine) -> tuple[Component | None, int | None]:
    """Return the component that the hart is about to execute, and the pc's physical address."""
    physical = machine.translate(machine.hart.pc, Access.FETCH).physical
    return (None if physical is None else system.component_at(physical)), physical


def describe_pc(system: System, machine: Machine) -> str:
    """Say where the hart stands: ``0x80000010 (tinyos, idle+0x4, tinyos.s:42), ring 0 (M)``."""
    component, physical = component_of_pc(system, machine)
    known = []
    if component is not None and physical is not None:
        linked = physical - component.relocation
        known = [component.name]
        if label := label_finder(component.program)(linked):
            known.append(label)
        if (entry := component.program.lines.at(linked)) is not None:
            known.append(str(entry.outermost))
    shown = f" ({', '.join(known)})" if known else ""
    return f"pc {machine.hart.pc:#010x}{shown} in {machine.hart.privilege.label}"
