"""Counting what happens in a run: traps by cause, kernel instructions by what became of them."""

from __future__ import annotations

from collections.abc import Mapping

from asm.isa.causes import trap_name
from hvtui.machine.events import Observers, Outcome, Tally


class RunStatistics:
    """Has a machine counted. `traps` counts interrupts too, by the names of JSON."""

    def __init__(self, observers: Observers) -> None:
        self._tally = Tally()
        observers.tallies.append(self._tally)

    @property
    def traps(self) -> Mapping[str, int]:
        """The number of traps and interrupts taken, by name, in the order of their codes."""
        return {
            trap_name(cause, interrupt=is_interrupt).key: count
            for (cause, is_interrupt), count in sorted(
                self._tally.traps.items(), key=lambda item: (item[0][1], item[0][0])
            )
        }

    @property
    def kernel_instructions(self) -> Mapping[str, Mapping[str, int]]:
        """For each bit of the trap bitmap that was met below M: how often it came to what."""
        met = {bit for bit, _ in self._tally.kernel}
        return {
            bit.key: {outcome.value: self._tally.kernel[bit, outcome] for outcome in Outcome}
            for bit in sorted(met)
        }
