"""Collecting what is wrong, so that a person hears all of it at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from asm.objects.image import ImageError
from hvtui.machine.memory import PAGE_SIZE, RAM_BASE
from hvtui.machinefile.errors import BadInputError, Problem
from hvtui.machinefile.layout import dtb_misfit, outside_ram, overlaps
from hvtui.machinefile.sizes import MAX_RAM, describe_size
from hvtui.machinefile.system import Component

# Stands for [machine] where else the index of a component stands.
MACHINE = -1


class Complaints:
    """Problems of one input. `problem` builds one from index, key, message and remedy.

    The index is a component's, or `MACHINE`; the key is empty if the whole table is meant.
    """

    def __init__(self, problem: Callable[[int, str, str, str], Problem]) -> None:
        self._problem = problem
        self._found: list[Problem] = []

    def add(self, index: int, key: str, message: str, remedy: str = "") -> None:
        """Note a problem."""
        self._found.append(self._problem(index, key, message, remedy))

    def add_file(self, index: int, key: str, error: ImageError) -> None:
        """Note that the file named by a key cannot be loaded."""
        self.add(index, key, f"{error.file}: {error.cause}", error.remedy)

    def finish(self) -> None:
        """Raise BadInputError if there was anything to complain about."""
        if self._found:
            first, *others = sorted(self._found, key=lambda problem: problem.line)
            raise BadInputError(first, *others)

    def about_layout(self, components: Sequence[Component], ram_size: int) -> None:
        """Note programs without bytes, outside RAM or on top of each other."""
        for index, component in enumerate(components):
            if not component.extents:
                self.add(index, "", "this program is empty: there is nothing to load")
            elif message := outside_ram(component, ram_size):
                self.add(index, "at", message, _needed_ram(component))
        for index, message in overlaps(components):
            self.add(index, "at", message, "give each its own place")

    def about_dtb(self, dtb: bytes | None, ram_size: int, components: Sequence[Component]) -> None:
        """Note that there is no room for a device tree blob."""
        if dtb is not None and (message := dtb_misfit(dtb, ram_size, components)):
            self.add(MACHINE, "dtb", message, "give the machine more RAM")


def _needed_ram(component: Component) -> str:
    """Say how much RAM would hold the component, if that is what is wrong."""
    needed = -(-(component.extents[-1][1] - RAM_BASE) // PAGE_SIZE) * PAGE_SIZE
    if component.extents[0][0] < RAM_BASE or needed > MAX_RAM:
        return f"RAM begins at {RAM_BASE:#x} and has {describe_size(MAX_RAM)} at most"
    return f"more RAM would do: {describe_size(needed)}"
