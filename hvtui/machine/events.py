"""What happens on the machine that an observer may want to know.

An event is built only if somebody listens to its kind: with nobody there it costs one truth test, on
paths that are rare anyway.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from asm.isa.trapbits import TrapBit
from hvtui.machine.privilege import Privilege


class Outcome(Enum):
    """What became of a kernel instruction below M."""

    TRAPPED = "trapped"
    EXECUTED = "executed"
    IGNORED = "ignored"
    LEAKED = "leaked"


class ExitReason(Enum):
    """Why a run ended for good."""

    FINISHER = "finisher"
    TOHOST = "tohost"
    STUCK = "stuck"


@dataclass(frozen=True, slots=True)
class TrapTaken:
    """A trap or an interrupt was taken.

    `instant` is the machine's instant before the trap; `pc` the address that it interrupted;
    `word` the instruction's bits where there is one (0 for interrupts and fetch faults); `handler` the
    address where execution goes on. `bits` are the classes of a kernel instruction that was refused.
    """

    instant: int
    pc: int
    cause: int
    is_interrupt: bool
    tval: int
    word: int
    origin: Privilege
    target: Privilege
    handler: int
    bits: tuple[TrapBit, ...] = ()


@dataclass(frozen=True, slots=True)
class TrapReturned:
    """An xRET left `origin` for `target` at the address `resumed`. `name` is ``mret`` or ``sret``."""

    instant: int
    pc: int
    name: str
    origin: Privilege
    target: Privilege
    resumed: int


@dataclass(frozen=True, slots=True)
class KernelInstruction:
    """A kernel instruction was met below M: what became of it, for each of its classes."""

    instant: int
    pc: int
    word: int
    privilege: Privilege
    outcomes: tuple[tuple[TrapBit, Outcome], ...]


@dataclass(frozen=True, slots=True)
class DeviceOutput:
    """A device sent `data` to the outside."""

    instant: int
    device: str
    data: bytes


@dataclass(frozen=True, slots=True)
class MachineExit:
    """The run ended for good, with the exit status `code`."""

    instant: int
    reason: ExitReason
    code: int


@dataclass(slots=True)
class Tally:
    """Counts of what happened, for who wants no more than that; exact between two runs.

    `traps` counts by cause, with whether it was an interrupt; `kernel` by class and outcome.
    """

    traps: Counter[tuple[int, bool]] = field(default_factory=Counter)
    kernel: Counter[tuple[TrapBit, Outcome]] = field(default_factory=Counter)


@dataclass(slots=True)
class Observers:
    """Who listens to which kind of event. Append a function to listen, remove it to stop."""

    trap: list[Callable[[TrapTaken], None]] = field(default_factory=list)
    trap_return: list[Callable[[TrapReturned], None]] = field(default_factory=list)
    kernel: list[Callable[[KernelInstruction], None]] = field(default_factory=list)
    # Of kernel instructions those that were ignored or leaked, and no others: to hear of them alone
    # costs nothing where there are none.
    lost: list[Callable[[KernelInstruction], None]] = field(default_factory=list)
    tallies: list[Tally] = field(default_factory=list)
    output: list[Callable[[DeviceOutput], None]] = field(default_factory=list)
    exit: list[Callable[[MachineExit], None]] = field(default_factory=list)
    # The guest has reset the machine: hart and devices begin anew, RAM is as it was.
    reset: list[Callable[[], None]] = field(default_factory=list)
