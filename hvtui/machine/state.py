"""A machine's whole state at one instant, as an immutable value."""

from __future__ import annotations

from dataclasses import dataclass

from hvtui.machine.devices.clint import ClintState
from hvtui.machine.devices.plic import PlicState
from hvtui.machine.devices.uart import UartState
from hvtui.machine.events import MachineExit
from hvtui.machine.hart import HartSnapshot
from hvtui.machine.memory import RamState


@dataclass(frozen=True, slots=True)
class MachineState:
    """Everything that decides how a run goes on: hart, RAM, devices, pending input, exit.

    Pages of RAM are shared between states as long as they are equal.
    """

    hart: HartSnapshot
    ram: RamState
    clint: ClintState
    plic: PlicState
    uart: UartState
    entry: int
    exit: MachineExit | None

    @property
    def instant(self) -> int:
        """The instant of the state."""
        return self.hart.retired + self.hart.traps
