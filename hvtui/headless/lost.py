"""Kernel instructions that a CPU ignored or leaked: the first of a run, and how many there were.

That is where a guest begins to go astray on a CPU that no type-1 hypervisor can work with.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from asm.isa.trapbits import TrapBit
from hvtui.debugger.narration import instruction_text, name_bits
from hvtui.debugger.positions import Position, Whereabouts
from hvtui.machine.board import Machine
from hvtui.machine.events import KernelInstruction, Outcome
from hvtui.machinefile.system import System

LOST = (Outcome.IGNORED, Outcome.LEAKED)


@dataclass(frozen=True, slots=True)
class LostInstruction:
    """An instruction that was ignored or leaked, and where that was."""

    event: KernelInstruction
    position: Position

    @property
    def outcomes(self) -> tuple[str, ...]:
        """What became of it: ``("ignored",)``, or both for one of two classes."""
        return tuple(dict.fromkeys(outcome.value for _, outcome in self.event.outcomes))

    @property
    def text(self) -> str:
        """The instruction as a person writes it."""
        return instruction_text(self.event.word, self.event.pc)

    @property
    def owner(self) -> str:
        """The component that executed it, empty if it was none's."""
        return self.position.owner

    def __str__(self) -> str:
        """``ignored first: wfi (bit 19 wfi) at kernel.s:75 in guest kernel, ring 1, instant 9``."""
        event, place = self.event, self.position.place
        bits = name_bits(bit for bit, _ in event.outcomes)
        where = f"{place.file}:{place.line}" if place is not None else self.position.symbol
        inside = f" in {self.owner}" if self.owner else ""
        return (
            f"{' and '.join(self.outcomes)} first: {self.text} ({bits}) at {where}{inside}, "
            f"ring {event.privilege.ring}, instant {event.instant:,}"
        )

    def as_json(self) -> Mapping[str, object]:
        """The same for programs; numbers of the machine as numbers, None for what is not known."""
        event, position = self.event, self.position
        component, place = position.component, position.place
        return {
            "instant": event.instant,
            "instruction": self.text,
            "word": event.word,
            "bits": [
                {"bit": int(bit), "name": bit.key, "outcome": outcome.value}
                for bit, outcome in event.outcomes
            ],
            "file": None if place is None else place.file,
            "line": None if place is None else place.line,
            "component": component.name if component is not None else None,
            "vm": component.vm if component is not None else None,
            "ring": event.privilege.ring,
            "pc": event.pc,
            "physical": position.physical,
        }


class LostInstructions:
    """Listens to a machine. `first` is the first that was lost; `counts` all, by outcome and bit.

    `instructions` counts by outcome alone: an instruction of two classes is one there.
    """

    def __init__(self, system: System, machine: Machine) -> None:
        self._whereabouts = Whereabouts(system, machine)
        self.first: LostInstruction | None = None
        self.counts: Counter[tuple[Outcome, TrapBit]] = Counter()
        self.instructions: Counter[Outcome] = Counter()
        machine.observers.lost.append(self._on_kernel)

    def _on_kernel(self, event: KernelInstruction) -> None:
        lost = [(outcome, bit) for bit, outcome in event.outcomes if outcome in LOST]
        if self.first is None:
            position = self._whereabouts.at(event.pc, event.privilege)
            self.first = LostInstruction(event, position)
        self.counts.update(lost)
        self.instructions.update({outcome for outcome, _ in lost})

    def summary(self) -> str:
        """``ignored in all: 3 wrtvec, 1 mret; leaked in all: 2 rdid``; empty if nothing was lost."""
        parts = []
        for outcome in LOST:
            met = sorted((bit, count) for (kind, bit), count in self.counts.items() if kind is outcome)
            if met:
                told = ", ".join(f"{count:,} {bit.key}" for bit, count in met)
                parts.append(f"{outcome.value} in all: {told}")
        return "; ".join(parts)
