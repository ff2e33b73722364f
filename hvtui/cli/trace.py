"""``--trace``: a line for every step of the machine, written as it happens."""

from __future__ import annotations

import threading
from functools import lru_cache
from typing import TextIO

from asm.disassembly.disassembler import disassemble
from asm.isa.causes import trap_name
from hvtui.headless.places import component_of_pc
from hvtui.machine.board import Machine, Stop, StopReason
from hvtui.machine.events import KernelInstruction, Outcome, TrapReturned, TrapTaken
from hvtui.machinefile.system import System

_HEADER = "# instant component ring pc bits instruction; > trap  < return  ! ignored or leaked\n"


class Tracer:
    """Runs a machine step by step, writing each to a stream.

    A step's line holds its instant, component, ring, pc, bits and instruction. Lines of what came of
    it follow: ``>`` a trap or interrupt, ``<`` a return, ``!`` an ignored or leaked instruction.
    """

    def __init__(
        self, system: System, machine: Machine, stream: TextIO, halted: threading.Event
    ) -> None:
        self._system = system
        self._machine = machine
        self._stream = stream
        self._halted = halted
        self._width = max(len(component.name) for component in system.components)
        self._happened: list[str] = []
        self._is_interrupt = False
        machine.observers.trap.append(self._on_trap)
        machine.observers.trap_return.append(self._on_return)
        machine.observers.kernel.append(self._on_kernel)
        stream.write(_HEADER)

    def run(self, *, max_retired: int) -> Stop:
        """As `Machine.run`, with a line for each step; stops once `halted` is set."""
        machine = self._machine
        while machine.retired < max_retired and not self._halted.is_set():
            stop = self._step()
            if stop is not None:
                return stop
        return Stop(StopReason.LIMIT)

    def _step(self) -> Stop | None:
        machine = self._machine
        instant, pc, ring = machine.instant, machine.hart.pc, machine.hart.privilege.label
        component, physical = component_of_pc(self._system, machine)
        bits = None if physical is None else machine.read_physical(physical, 4)
        self._happened.clear()
        self._is_interrupt = False
        stop = machine.step()
        if machine.instant != instant and not self._is_interrupt:
            name = component.name if component is not None else "-"
            word = int.from_bytes(bits, "little") if bits else None
            text = "(cannot be fetched)" if word is None else _instruction(word, pc)
            shown = f"{word:08x}" if word is not None else "-" * 8
            self._stream.write(f"{instant:>10} {name:<{self._width}} {ring} {pc:08x} {shown} {text}\n")
        for line in self._happened:
            self._stream.write(f"{instant:>10} {line}\n")
        return stop

    def _on_trap(self, event: TrapTaken) -> None:
        self._is_interrupt = event.is_interrupt
        bits = f" of {'+'.join(bit.key for bit in event.bits)}" if event.bits else ""
        self._happened.append(
            f"> {trap_name(event.cause, interrupt=event.is_interrupt).key}{bits} at {event.pc:08x}: "
            f"{event.origin.label} to {event.target.label}, handler {event.handler:08x}, "
            f"tval {event.tval:08x}"
        )

    def _on_return(self, event: TrapReturned) -> None:
        self._happened.append(
            f"< {event.name}: {event.origin.label} to {event.target.label} at {event.resumed:08x}"
        )

    def _on_kernel(self, event: KernelInstruction) -> None:
        self._happened += [
            f"! {outcome.value} {bit.key}"
            for bit, outcome in event.outcomes
            if outcome in (Outcome.IGNORED, Outcome.LEAKED)
        ]


@lru_cache(maxsize=1 << 14)
def _instruction(word: int, pc: int) -> str:
    return str(disassemble(word, pc))
