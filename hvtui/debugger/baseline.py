"""What the last move began with: against it a snapshot marks what has changed since."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from asm.isa.csrs import CSRS_BY_NAME
from asm.isa.trapbits import TrapBit
from hvtui.debugger.following import Follower
from hvtui.machine.board import Machine

# The CSRs that tell how the hart came here and how it will go back, in the order of a trap.
SHOWN_CSRS = (
    "mstatus", "mtvec", "mepc", "mcause", "mtval", "mscratch", "mie", "mip",
    "sstatus", "stvec", "sepc", "scause", "stval", "satp", "mtrapmap",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Baseline:
    """Registers, CSRs by name, and the counts of kernel instructions met below M, as they were."""

    registers: tuple[int, ...]
    csrs: Mapping[str, int]
    hits: Mapping[TrapBit, int] = field(default_factory=dict)

    @classmethod
    def of(cls, follower: Follower) -> Baseline:
        """Take down how things are now."""
        machine = follower.machine
        return cls(tuple(machine.hart.x), csr_values(machine), dict(follower.traplog.hits))


def csr_values(machine: Machine) -> dict[str, int]:
    """Return what the CSRs of `SHOWN_CSRS` hold, of those that this CPU has."""
    return {
        name: machine.hart.csr_value(name)
        for name in SHOWN_CSRS
        if machine.generation.has_trapmap or not CSRS_BY_NAME[name].only_on
    }
