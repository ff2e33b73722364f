"""What the last move began with: against it a snapshot marks what has changed since."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from asm.isa.csrs import CSRS, CSRS_BY_NAME
from asm.isa.trapbits import TrapBit
from hvtui.debugger.expressions.names import existing_csrs
from hvtui.debugger.following import Follower
from hvtui.debugger.views.guestcsrs import GuestState
from hvtui.machine.board import Machine
from hvtui.machine.memory import RamState
from hvtui.machine.privilege import Privilege

# The CSRs that tell how the hart came here and how it will go back, in the order of a trap.
SHOWN_CSRS = (
    "mstatus", "mtvec", "mepc", "mcause", "mtval", "mscratch", "mie", "mip",
    "sstatus", "stvec", "sepc", "scause", "stval", "satp", "mtrapmap",
)  # fmt: skip


# What is 0 for ever here: PMP entries beyond the sixteenth, further counters, debug triggers.
_CONSTANT = re.compile(
    r"m?hpm.*|tselect|tdata\d|pmpcfg(?:[4-9]|\d\d)|pmpaddr(?:1[6-9]|[2-6]\d)", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Baseline:
    """How things were: registers, CSRs by name, counts of kernel instructions, RAM, guests, mode."""

    registers: tuple[int, ...]
    csrs: Mapping[str, int]
    hits: Mapping[TrapBit, int]
    ram: RamState
    guests: Mapping[str, GuestState]
    privilege: Privilege

    @classmethod
    def of(cls, follower: Follower) -> Baseline:
        """Take down how things are now."""
        machine = follower.machine
        return cls(
            tuple(machine.hart.x),
            every_csr(machine),
            dict(follower.traplog.hits),
            machine.ram.capture(),
            follower.guests.capture(),
            machine.hart.privilege,
        )


@cache
def changing_csrs(cpu: str) -> tuple[str, ...]:
    """Return the CSRs of a CPU generation that can be anything but 0, in the order of their numbers."""
    names = existing_csrs(cpu)
    return tuple(row.name for row in CSRS if row.name in names and not _CONSTANT.fullmatch(row.name))


def every_csr(machine: Machine) -> dict[str, int]:
    """Return what all CSRs hold that can be anything but 0."""
    value = machine.hart.csr_value
    return {name: value(name) for name in changing_csrs(machine.generation.name)}


def csr_values(machine: Machine) -> dict[str, int]:
    """Return what the CSRs of `SHOWN_CSRS` hold, of those that this CPU has."""
    return {
        name: machine.hart.csr_value(name)
        for name in SHOWN_CSRS
        if machine.generation.has_trapmap or not CSRS_BY_NAME[name].only_on
    }
