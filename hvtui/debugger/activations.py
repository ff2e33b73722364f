"""What a call stack is made of: trap activations, what they interrupted, and function frames."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, TypeAlias

from hvtui.debugger.positions import Position
from hvtui.machine.events import TrapTaken
from hvtui.machine.privilege import Privilege

ContextKey: TypeAlias = tuple[int, Privilege, int, int]


def identity(position: Position) -> int:
    """Return what tells a place from others: where it leads, or the address if that is nowhere."""
    return position.pc if position.physical is None else position.physical


class Frame(NamedTuple):
    """A function call: `site` called `target`, with `sp`, to come back to `return_address`.

    `depth` counts from 1 for the outermost frame of the activation, forgotten ones included. `since` is
    the instant before the call.
    """

    below: Frame | None
    depth: int
    site: int
    site_physical: int | None
    target: int
    return_address: int
    sp: int
    since: int = 0

    def same_call(self, other: Frame | None) -> bool:
        """Tell whether both are one call: the outer frames may have been forgotten since."""
        return other is not None and (self.return_address, self.sp, self.depth) == (
            other.return_address, other.sp, other.depth,
        )  # fmt: skip


class Passage(Enum):
    """What an xRET was."""

    RETURN = "return"
    SWITCH = "switch"
    INJECTION = "injection"


class Entered(Enum):
    """How an activation began."""

    RESET = "reset"
    TRAP = "trap"
    INTERRUPT = "interrupt"
    INJECTED = "injected"
    SWITCHED = "switched to"


_HANDLERS = frozenset({Entered.TRAP, Entered.INTERRUPT, Entered.INJECTED})


class Activation(NamedTuple):
    """Code that runs since the machine entered it at `entry`, in the mode `privilege`.

    `below` is what waits until it ends. `event` is the trap that led here (for an injection, the one
    that is handed on); `by` names the component whose xRET led here, and `through` the one that
    executed it in its place. `times` counts the entries of this kind so far.
    """

    entered: Entered
    entry: Position
    privilege: Privilege
    below: Suspended | None = None
    depth: int = 0
    event: TrapTaken | None = None
    by: str = ""
    through: str = ""
    times: int = 1
    serial: int = 0
    since: int = 0

    @property
    def is_handler(self) -> bool:
        """Tell whether a trap or an interrupt led here, be it handed on by a hypervisor."""
        return self.entered in _HANDLERS


class Suspended(NamedTuple):
    """An activation that a trap interrupted at `position`, with its frames and its stack pointer.

    `space` tells user programs' address spaces apart; it is 0 for all else. `trap` is what
    interrupted it.
    """

    activation: Activation
    frames: Frame | None
    position: Position
    privilege: Privilege
    sp: int
    space: int = 0
    trap: TrapTaken | None = None

    @property
    def key(self) -> ContextKey:
        """What tells this context from others when it goes on."""
        position, space = self.position, self.space
        place = position.pc if space or position.physical is None else position.physical
        return (place, self.privilege, self.sp, space)


class Thread(NamedTuple):
    """Function frames that were left without a return, and the activation that they belong to."""

    frames: Frame
    activation: Activation


@dataclass(frozen=True, slots=True)
class Level:
    """One line of the stack as it is now: an activation's code at `position` in `function`.

    `frame` is the call that led into the function, None for the function where the activation began.
    """

    activation: Activation
    frame: Frame | None
    position: Position
    entry: Position
