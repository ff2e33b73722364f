"""Counting instructions and entries for each component of a run."""

from __future__ import annotations

from collections.abc import Mapping

from hvtui.machine.board import Machine
from hvtui.machine.regions import ELSEWHERE
from hvtui.machinefile.system import System

# Code that no component brought with it, such as what a guest wrote itself.
OUTSIDE = "(outside)"


class ComponentCounts:
    """Counts from when it is made. Instructions of code outside every component count too."""

    def __init__(self, system: System, machine: Machine) -> None:
        self._names = [component.name for component in system.components]
        self._meter = machine.meter_regions([component.extents for component in system.components])

    def by_name(self) -> Mapping[str, Mapping[str, int]]:
        """Return the counts of each component, and those of `OUTSIDE` if anything ran there."""
        numbers = {name: number for number, name in enumerate(self._names)}
        if self._meter.count(ELSEWHERE).entries:
            numbers[OUTSIDE] = ELSEWHERE
        counts = {name: self._meter.count(number) for name, number in numbers.items()}
        return {
            name: {"instructions": count.instructions, "entries": count.entries}
            for name, count in counts.items()
        }
