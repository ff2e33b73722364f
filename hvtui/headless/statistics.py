"""Counting what happens in a run: traps by cause, kernel instructions by what became of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from asm.isa.causes import trap_name
from asm.isa.trapbits import TrapBit
from hvtui.machine.events import KernelInstruction, Observers, Outcome, TrapTaken


class RunStatistics:
    """Listens to a machine and counts. `traps` counts interrupts too, by the names of JSON."""

    def __init__(self, observers: Observers) -> None:
        self._traps: Counter[tuple[int, bool]] = Counter()
        self._kernel: Counter[tuple[TrapBit, Outcome]] = Counter()
        observers.trap.append(self._on_trap)
        observers.kernel.append(self._on_kernel)

    def _on_trap(self, event: TrapTaken) -> None:
        self._traps[event.cause, event.is_interrupt] += 1

    def _on_kernel(self, event: KernelInstruction) -> None:
        self._kernel.update(event.outcomes)

    @property
    def traps(self) -> Mapping[str, int]:
        """The number of traps and interrupts taken, by name, in the order of their codes."""
        return {
            trap_name(cause, interrupt=is_interrupt).key: count
            for (cause, is_interrupt), count in sorted(
                self._traps.items(), key=lambda item: (item[0][1], item[0][0])
            )
        }

    @property
    def kernel_instructions(self) -> Mapping[str, Mapping[str, int]]:
        """For each bit of the trap bitmap that was met below M: how often it came to what."""
        met = {bit for bit, _ in self._kernel}
        return {
            bit.key: {outcome.value: self._kernel[bit, outcome] for outcome in Outcome}
            for bit in sorted(met)
        }
