"""Running a machine for its checks: within a limit, keeping what they ask about."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from hvtui.headless.components import ComponentCounts
from hvtui.headless.console import ConsoleInput, KeptConsole
from hvtui.headless.driving import drive
from hvtui.headless.ending import Ending
from hvtui.headless.lost import LostInstructions
from hvtui.headless.places import describe_pc
from hvtui.headless.statistics import RunStatistics
from hvtui.machine.board import Machine
from hvtui.machinefile.system import System

# A longer console is cut: no lab expects so much, and a flood must not fill the grader's memory.
MAX_CONSOLE = 1 << 20


@dataclass(frozen=True)
class Observed:
    """A run that is over. `limit` is the number of instructions it had, `where` the place it ended."""

    system: System
    machine: Machine
    limit: int
    ending: Ending
    where: str
    console: bytes
    is_cut: bool
    statistics: RunStatistics
    lost: LostInstructions
    components: ComponentCounts

    @property
    def how_it_ended(self) -> str:
        """The end in words: ``exit code 3``, ``stuck: …``."""
        count = self.machine.retired
        retired = f"{count:,} instruction{'' if count == 1 else 's'}"
        return {
            "stuck": f"stuck after {retired}: nothing can ever happen again, {self.where}",
            "limit": f"still running after {retired}, {self.where}",
        }.get(
            self.ending.reason,
            f"exit code {self.ending.code} ({self.ending.reason}) after {retired}",
        )


def observe(system: System, limit: int, typed: str, halted: threading.Event) -> Observed:
    """Run a fresh machine to its end or to `limit` instructions, `typed` being its console input.

    Raises KeyboardInterrupt if `halted` is set meanwhile.
    """
    machine = system.fresh_machine()
    statistics = RunStatistics(machine.observers)
    lost = LostInstructions(system, machine)
    components = ComponentCounts(system, machine)
    console = KeptConsole(MAX_CONSOLE)
    keys = ConsoleInput(machine.uart, typed.encode())
    ending = drive(machine, machine.run, limit, console, keys, halted)
    if ending.reason == "interrupted":
        raise KeyboardInterrupt
    return Observed(
        system=system,
        machine=machine,
        limit=limit,
        ending=ending,
        where=describe_pc(system, machine),
        console=console.data,
        is_cut=console.is_cut,
        statistics=statistics,
        lost=lost,
        components=components,
    )
