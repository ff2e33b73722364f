"""The wires from devices to the hart: levels of interrupt lines, as bits of `mip`."""

from __future__ import annotations

from collections.abc import Callable

from asm.isa.causes import Interrupt

MSIP = 1 << Interrupt.MACHINE_SOFTWARE
MTIP = 1 << Interrupt.MACHINE_TIMER
SEIP = 1 << Interrupt.SUPERVISOR_EXTERNAL
MEIP = 1 << Interrupt.MACHINE_EXTERNAL


class InterruptLines:
    """`levels` has the bits MSIP, SEIP and MEIP of the lines that are high.

    MTIP is not among them: it follows from the time (`Clint.timer_pending`). `on_change` is called
    when a level changes, and when the instant of the next timer interrupt may have changed.
    """

    __slots__ = ("levels", "on_change")

    def __init__(self, on_change: Callable[[], None] = lambda: None) -> None:
        self.levels = 0
        self.on_change = on_change

    def set(self, bit: int, *, high: bool) -> None:
        """Drive the line of one `mip` bit."""
        levels = self.levels | bit if high else self.levels & ~bit
        if levels != self.levels:
            self.levels = levels
            self.on_change()
