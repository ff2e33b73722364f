"""What happens on the machine that an observer may want to know.

An event is built only if somebody listens to its kind: with nobody there it costs one truth test, on
paths that are rare anyway.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from asm.isa.trapbits import TrapBit
from asm.isa.width import MASK, XLEN
from hvtui.machine.hart_state import HartState
from hvtui.machine.privilege import Privilege
from hvtui.machine.records import record

# What an event says of a physical address that is not known: it is where the translation of now leads.
NOT_LOOKED_UP = -1

_INTERRUPTS = 32


class Outcome(Enum):
    """What became of a kernel instruction below M."""

    TRAPPED = "trapped"
    EXECUTED = "executed"
    IGNORED = "ignored"
    LEAKED = "leaked"

    # There is one of each, and these are counted all the time: the hash of an Enum takes long.
    __hash__ = object.__hash__


class ExitReason(Enum):
    """Why a run ended for good."""

    FINISHER = "finisher"
    TOHOST = "tohost"
    STUCK = "stuck"


@record
class TrapTaken:
    """A trap or an interrupt was taken.

    `instant` is the machine's instant before the trap; `pc` the address that it interrupted;
    `word` the instruction's bits where there is one (0 for interrupts and fetch faults); `handler` the
    address where execution goes on. `bits` are the classes of a kernel instruction that was refused.
    `physical` is where the pc leads, and `handler_physical` where the handler does, if that is known.
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
    physical: int = field(default=NOT_LOOKED_UP, compare=False, repr=False)
    handler_physical: int = field(default=NOT_LOOKED_UP, compare=False, repr=False)


@record
class TrapReturned:
    """An xRET left `origin` for `target` at the address `resumed`. `name` is ``mret`` or ``sret``.

    `physical` is where the pc leads, and `resumed_physical` where `resumed` does, if that is known.
    """

    instant: int
    pc: int
    name: str
    origin: Privilege
    target: Privilege
    resumed: int
    physical: int = field(default=NOT_LOOKED_UP, compare=False, repr=False)
    resumed_physical: int = field(default=NOT_LOOKED_UP, compare=False, repr=False)


@record
class KernelInstruction:
    """A kernel instruction was met below M: what became of it, for each of its classes.

    `physical` is where the pc leads, if that is known, and `value` what the CSR held that it reads or
    writes, if that is not what it holds now.
    """

    instant: int
    pc: int
    word: int
    privilege: Privilege
    outcomes: tuple[tuple[TrapBit, Outcome], ...]
    physical: int = field(default=NOT_LOOKED_UP, compare=False, repr=False)
    value: int | None = field(default=None, compare=False, repr=False)


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


@dataclass(frozen=True, slots=True)
class Urgency:
    """Which crossings between modes somebody wants to hear of at once, as they take place.

    `causes` has a bit for each cause of a trap, and from bit 32 on for each interrupt; `bits` those of
    the classes of kernel instructions that trap; `returns` tells of all xRETs, `lost` of the kernel
    instructions that are ignored or leak. Anything else may be told late: after more steps, but in
    order, before any other event and before the run returns. Registers, satp, mideleg, what software
    has written to mip, and the instant are then shown as they were at the event, and it has its
    physical addresses. Memory and other CSRs may have changed.
    """

    causes: int = 0
    bits: int = 0
    returns: bool = False
    lost: bool = False

    def __or__(self, other: Urgency) -> Urgency:
        """Return what is urgent for either."""
        return Urgency(
            self.causes | other.causes,
            self.bits | other.bits,
            self.returns or other.returns,
            self.lost or other.lost,
        )

    @staticmethod
    def of_cause(cause: int, *, interrupt: bool) -> Urgency:
        """Return that a trap or an interrupt of one cause is urgent."""
        return Urgency(1 << cause + (_INTERRUPTS if interrupt else 0))


NOTHING_URGENT = Urgency()
TRAPS_URGENT = Urgency((1 << _INTERRUPTS) - 1)
INTERRUPTS_URGENT = Urgency((1 << 2 * _INTERRUPTS) - (1 << _INTERRUPTS))


@record
class Then:
    """What there was at an event: the registers, as long as it is told of, and satp.

    `interrupts` is what software has written to mip, and above it mideleg.
    """

    x: Sequence[int]
    satp: int
    interrupts: int

    @classmethod
    def of(cls, state: HartState) -> Then:
        """Return what there is now."""
        csr = state.csr
        return cls(state.x, csr["satp"], csr["mip"] | csr["mideleg"] << XLEN)

    @property
    def mip(self) -> int:
        """What software has written to mip."""
        return self.interrupts & MASK

    @property
    def mideleg(self) -> int:
        """The interrupts that are delegated."""
        return self.interrupts >> XLEN


Detached: TypeAlias = tuple[
    Sequence[Callable[[TrapTaken, Then], None]],
    Sequence[Callable[[TrapReturned, Then], None]],
    Sequence[Callable[[KernelInstruction, Then], None]],
]


@dataclass(slots=True)
class Observers:
    """Who listens to which kind of event. Append a function to listen, remove it to stop.

    Who may hear of traps, xRETs or kernel instructions late puts into `late`, for the function that
    listens, one that tells what is urgent now: None if all is. Who does not look at the machine then
    puts a function into `detached` that is told in place of the other, along with what there was: that
    takes much less time, if all who listen do so.
    """

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
    late: dict[Callable[..., None], Callable[[], Urgency | None]] = field(default_factory=dict)
    detached: dict[Callable[..., None], Callable[..., None]] = field(default_factory=dict)

    def all_detached(self) -> Detached | None:
        """Return whom to tell of traps, xRETs and kernel instructions along with what there was then.

        None if somebody among those who listen looks at the machine instead.
        """
        lists = self.trap, self.trap_return, self.kernel
        if not all(hears in self.detached for listeners in lists for hears in listeners):
            return None
        trap, trap_return, kernel = (
            tuple(self.detached[hears] for hears in listeners) for listeners in lists
        )
        return trap, trap_return, kernel

    def urgency(self) -> Urgency | None:
        """Return what is urgent now for all who listen to crossings; None if everything is."""
        listeners: list[Callable[..., None]] = [*self.trap, *self.trap_return, *self.kernel]
        asked = {self.late.get(hears) for hears in listeners}
        found = NOTHING_URGENT
        for tell in asked:
            urgency = tell() if tell is not None else None
            if urgency is None:
                return None
            if urgency is not NOTHING_URGENT:
                found = urgency if found is NOTHING_URGENT else found | urgency
        return found
