"""What there is to see at one instant: immutable, so that a screen may draw it at any time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from asm.isa.trapbits import TRAP_BITS, TrapBit
from hvtui.debugger.logentries import LogEntry
from hvtui.debugger.positions import Position
from hvtui.debugger.upcoming import Upcoming
from hvtui.machine.privilege import Privilege


class StopKind(Enum):
    """Why the machine stands still."""

    START = "ready"
    STEPPED = "stepped"
    BREAKPOINT = "breakpoint"
    TRAP = "trap breakpoint"
    WATCH = "watchpoint"
    PAUSED = "paused"
    WAITING = "waiting for input"
    LIMIT = "at the limit"
    ENDED = "ended"
    STUCK = "stuck"


@dataclass(frozen=True, slots=True)
class Stopped:
    """A stop: its kind, and in words why. `numbers` are the breakpoints that stopped the machine.

    `commands` are what the person wants done then; who shows the stop does them.
    """

    kind: StopKind
    text: str
    numbers: tuple[int, ...] = ()
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CsrValue:
    """A CSR and what it holds; `changed` since the last stop."""

    name: str
    value: int
    changed: bool = False


@dataclass(frozen=True, slots=True)
class TrapCell:
    """A bit of the trap bitmap.

    `effect` is what an instruction of its class does in the current mode: ``executes``, ``traps``,
    ``ignored`` or ``leaks``; `hits` how many were met below M, `changed` if the last move met some.
    `name` is empty for a reserved bit.
    """

    bit: int
    name: str
    covers: str
    is_set: bool
    effect: str
    hits: int
    changed: bool = False


RESERVED_CELLS = tuple(TrapCell(bit, "", "", False, "", 0) for bit in range(32) if bit not in TRAP_BITS)


@dataclass(frozen=True, slots=True)
class StackEntry:
    """One line of the call stack, the innermost first.

    `function` is the label that was called, `position` where it executes now or waits. `reason` says
    why the activation was entered and stands in its outermost function's entry alone; `times` how
    often that has happened.
    """

    function: str
    position: Position
    privilege: Privilege
    reason: str = ""
    times: int = 1


@dataclass(frozen=True, slots=True)
class BreakpointView:
    """A breakpoint as a screen shows it.

    `physical` and `lines` (component, file, line) say where; `bit` which trap bit one on traps is
    about, if it names one. `ignored` is how many more hits will not stop the machine. `lost` says why
    it stops at nothing any more, and is empty for all others. `commands` are done when it has stopped
    the machine.
    """

    number: int
    text: str
    enabled: bool
    hits: int
    is_trap: bool = False
    is_watch: bool = False
    condition: str = ""
    ignored: int = 0
    bit: TrapBit | None = None
    physical: frozenset[int] = frozenset()
    lines: frozenset[tuple[str, str, int]] = frozenset()
    lost: str = ""
    one_shot: bool = False
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that panes draw. `changed` are the numbers of registers changed since the last stop.

    `trapmap` is the value of `mtrapmap`, None on a CPU that has none. `speed` is in steps a second, 0
    if the machine stands still. `frontier` is the furthest instant that the run has come to. `seen`
    is what the session's lenses saw, by their names. `arrival` is what the last step was, if it is in
    the trap log, and `privilege_before` the mode at the last stop.
    """

    title: str
    cpu: str
    cpu_summary: str
    instant: int
    retired: int
    running: bool
    stop: Stopped
    registers: tuple[int, ...]
    changed: frozenset[int]
    position: Position
    upcoming: Upcoming
    privilege: Privilege
    csrs: tuple[CsrValue, ...]
    trapmap: int | None
    cells: tuple[TrapCell, ...]
    stack: tuple[StackEntry, ...]
    breakpoints: tuple[BreakpointView, ...]
    console: tuple[str, ...]
    speed: int = 0
    frontier: int = 0
    seen: Mapping[str, object] = field(default_factory=dict)
    arrival: LogEntry | None = None
    privilege_before: Privilege | None = None

    @property
    def believes(self) -> int | None:
        """The ring that the running code thinks it is in; translated code, that of its origin."""
        position = self.position.origin or self.position
        component, place = position.component, position.place
        return None if component is None else component.belief_in(place.file if place else None)

    @property
    def is_deceived(self) -> bool:
        """Tell whether the running code thinks it is in another ring: virtualization."""
        return self.believes is not None and self.believes != self.privilege.ring

    @property
    def has_ended(self) -> bool:
        """Tell whether the run is over for good."""
        return self.stop.kind in (StopKind.ENDED, StopKind.STUCK) and not self.running


def named_cell(
    bit: TrapBit, *, is_set: bool, effect: str, hits: int, changed: bool = False
) -> TrapCell:
    """Return the cell of a bit that has a name."""
    return TrapCell(int(bit), bit.key, TRAP_BITS[bit].covers, is_set, effect, hits, changed)
