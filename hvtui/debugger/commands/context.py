"""What commands work with: the session, and what they remember from one to the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from asm.isa.width import MASK
from hvtui.debugger.breakpoints import Breakpoint, UnknownBreakpointError
from hvtui.debugger.commands.displays import Displays
from hvtui.debugger.commands.table import CommandError
from hvtui.debugger.expressions.compiling import Expression, compile_expression
from hvtui.debugger.expressions.errors import shown
from hvtui.debugger.locations import Location
from hvtui.debugger.narration import name_bits
from hvtui.debugger.positions import Position
from hvtui.debugger.session import Session
from hvtui.debugger.snapshot import Stopped
from hvtui.machine.events import Outcome
from hvtui.machine.privilege import Privilege

Write = Callable[[str], None]

_MOST_TIMES = 1_000_000


@dataclass(slots=True)
class Context:
    """`write` takes each line of output, without its end.

    `block` is the breakpoint whose commands the following lines are; `stopped` tells why the machine
    was stopped by this command, None if it did not move; `status` is set by ``quit``. Who moves the
    machine again and again asks `goes_on` between two moves. `may_write` tells whether whoever gives
    the commands may write files on this computer.
    """

    session: Session
    write: Write
    displays: Displays = field(default_factory=Displays)
    next_address: int | None = None
    next_line: tuple[str, str, int] | None = None
    block: int | None = None
    stopped: Stopped | None = None
    status: int | None = None
    goes_on: Callable[[], bool] = lambda: True
    may_write: bool = True

    def compile(self, text: str) -> Expression:
        """Read an expression. Raises ExpressionError, CommandError if there is none."""
        if not text.strip():
            raise CommandError("an expression is missing, as in: a0, mstatus.MIE, *word(sp + 4)")
        return compile_expression(text.strip(), self.session.scope)

    def value(self, text: str) -> int:
        """Return what an expression is now. Raises ExpressionError."""
        return self.compile(text).evaluate(self.session.live)

    def times(self, text: str) -> int:
        """Return how often a move is to be made: 1 if nothing is said."""
        if not text:
            return 1
        count = self.value(text)
        if not 1 <= count <= _MOST_TIMES:
            raise CommandError(f"{shown(text)} is no count of steps: give 1 to {_MOST_TIMES:,}")
        return count

    def resolve(self, text: str) -> tuple[Location, ...]:
        """Return the places that `text` names; the present one if it is empty. Raises LocationError."""
        if text:
            return self.session.resolve(text)
        here = self.session.here
        if here.physical is None:
            raise CommandError("the pc leads nowhere: say where")
        return (Location(here.physical, here.component, here.linked),)

    def looked_at(self, text: str) -> tuple[Location, ...]:
        """Return the places to look at that `text` names; the present one if it is empty.

        An address alone is one as fetches of the current mode see it, or, if it leads nowhere there,
        physical. Writes which it is, if that is in doubt. Raises LocationError.
        """
        address = _address(text)
        if address is None:
            return self.resolve(text)
        privilege = self.session.machine.hart.privilege
        position = self.session.whereabouts.at(address, privilege)
        if position.physical is None:
            self.write(f"{address:#010x} leads nowhere in {privilege.label}; this is physical memory:")
            return self.resolve(text)
        if position.physical != address:
            self.write(f"{address:#010x} in {privilege.label} is physical {position.physical:#010x}:")
        return (Location(position.physical, position.component, position.linked),)

    def breakpoint(self, text: str) -> Breakpoint:
        """Return the breakpoint with a number. Raises CommandError if there is none."""
        known = self.session.breakpoints
        try:
            return known[int(text)]
        except (ValueError, UnknownBreakpointError):
            pass
        if not text:
            raise CommandError("which breakpoint? give its number: see info breakpoints")
        numbers = ", ".join(str(breakpoint.number) for breakpoint in known)
        there = f"there are {numbers}" if numbers else "there are none"
        raise CommandError(f'there is no breakpoint "{shown(text)}": {there}')

    def breakpoints(self, text: str) -> list[Breakpoint]:
        """Return the breakpoints with the numbers in `text`; all if it is empty."""
        if not text:
            return list(self.session.breakpoints)
        return [self.breakpoint(word) for word in text.replace(",", " ").split()]

    # What is told after a move

    def moved(self, stopped: Stopped) -> None:
        """Take down why the machine stands still now."""
        self.stopped = stopped
        self.next_line = None

    def tell_stop(self, stopped: Stopped) -> None:
        """Write why the machine stands still, and which instruction is next."""
        self.write(stopped.text)
        self.tell_here()

    def tell_here(self) -> None:
        """Write the next instruction: instant, ring, address, what stands there."""
        session = self.session
        here, privilege = session.here, session.machine.hart.privilege
        coming = session.upcoming
        outcome = ""
        if coming.bits and privilege is not Privilege.M:
            effects = " and ".join(dict.fromkeys(_WILL[outcome] for outcome in coming.outcomes))
            outcome = f"   # {name_bits(coming.bits)}: {effects} here"
        label = f" <{here.symbol}>" if here.label else ""
        label += from_guest(here)
        self.write(
            f"=> instant {session.machine.instant:,}, {privilege.label},"
            f" {here.pc:#010x}{label}: {coming.text}{outcome}"
        )


def from_guest(position: Position) -> str:
    """`` from 0x80000000 <_start>``: what translated code came from; of all else an empty string."""
    origin = position.origin
    return f" from {origin.pc:#010x} <{origin.symbol}>" if origin is not None else ""


def _address(text: str) -> int | None:
    try:
        address = int(text, 0)
    except ValueError:
        return None
    return address if 0 <= address <= MASK else None


_WILL = {
    Outcome.TRAPPED: "traps",
    Outcome.EXECUTED: "executes",
    Outcome.IGNORED: "is ignored",
    Outcome.LEAKED: "leaks",
}
