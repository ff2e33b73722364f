"""What a debugger plants among the decoded instructions: breakpoints, and ears for calls and returns.

A probe wraps an op when it is decoded, so that instructions without one run as fast as ever. Changing
the probes drops all decoded instructions, which nobody can tell but by the time it takes.
"""

from __future__ import annotations

from collections.abc import Callable, Set
from typing import Protocol, TypeAlias

from asm.isa.decode import Decoded
from hvtui.machine.contexts import Op

# A call: pc of the jump, its physical address (None if unknown), target, return address.
CallListener: TypeAlias = Callable[[int, "int | None", int, int], None]
# A return: its target.
ReturnListener: TypeAlias = Callable[[int], None]


class LateEars(Protocol):
    """Hears of calls and returns late; `sp` and `instant` are what x2 and the instant were then."""

    @property
    def room(self) -> int:
        """How many calls deep calls and returns may be told late now."""

    def call(
        self, site: int, physical: int | None, target: int, link: int, sp: int, instant: int
    ) -> None:
        """A jump at `site` linked: `target` will return to `link`."""

    def ret(self, target: int, sp: int) -> None:
        """A jump through a link register led to `target`."""


# The registers that make a jump a call or a return (unprivileged specification, table 2.1).
LINK_REGISTERS = frozenset({1, 5})
LINKING = frozenset({"jal", "jalr"})


class Held(Exception):  # noqa: N818 - a breakpoint is no error
    """The instruction at the pc has a breakpoint and was not executed."""


class Probes:
    """The probes of one hart.

    `physical` gives the physical address of a pc in the current mode, `changed` is called when ops
    have to be decoded anew, `instant` gives the machine's instant. A breakpoint does not hold back
    the step at the instant `let_pass`, so that a run can leave the place where it stopped. While
    `armed` is False breakpoints hold back nothing; to change that costs nothing.
    """

    def __init__(
        self,
        physical: Callable[[int], int | None],
        changed: Callable[[], None],
        instant: Callable[[], int],
    ) -> None:
        self._physical = physical
        self._changed = changed
        self._instant = instant
        self._breakpoints: Set[int] = frozenset()
        self._on_call: CallListener | None = None
        self._on_return: ReturnListener | None = None
        self.is_used = False
        self.let_pass = -1
        self.armed = True
        self.is_patient = True
        # Who may hear of calls and returns late.
        self.late: LateEars | None = None

    @property
    def breakpoints(self) -> Set[int]:
        """The physical addresses of instructions to stop before."""
        return self._breakpoints

    @breakpoints.setter
    def breakpoints(self, addresses: Set[int]) -> None:
        if addresses != self._breakpoints:
            self._breakpoints = frozenset(addresses)
            self._update()

    @property
    def follows(self) -> bool:
        """Tell whether somebody has jumps through the link registers reported."""
        return self._on_call is not None and self._on_return is not None

    def follow_calls(
        self,
        on_call: CallListener | None,
        on_return: ReturnListener | None,
        late: LateEars | None = None,
    ) -> None:
        """Have jumps through the link registers reported: after the jump, before the next step.

        While `is_patient` they may be reported later, to `late`; and at most so many calls deep as that
        has room for, a call and the return that belongs to it by target and x2 may both be left out.
        All is reported before any other event, and before a run returns.
        """
        self._on_call, self._on_return, self.late = on_call, on_return, late
        self._update()

    def _update(self) -> None:
        self.is_used = bool(self._breakpoints or self._on_call or self._on_return)
        self._changed()

    def wrap(self, decoded: Decoded, pc: int, op: Op) -> Op:
        """Return `op`, the instruction `decoded` at `pc`, with the probes that belong there."""
        physical = self._physical(pc)
        if self._on_call is not None and self._on_return is not None:
            op = self._with_ears(decoded, pc, physical, op)
        return self._with_breakpoint(op) if physical in self._breakpoints else op

    def _with_ears(self, decoded: Decoded, pc: int, physical: int | None, op: Op) -> Op:
        on_call, on_return = self._on_call, self._on_return
        if on_call is None or on_return is None or decoded.row.name not in LINKING:
            return op
        rd, rs1 = decoded.fields["rd"], decoded.fields.get("rs1")
        calls = rd in LINK_REGISTERS
        returns = rs1 in LINK_REGISTERS and rs1 != rd
        link = pc + decoded.row.encoding.length

        def jump() -> int:
            target = op()
            if returns:
                on_return(target)
            if calls:
                on_call(pc, physical, target, link)
            return target

        return jump if calls or returns else op

    def _with_breakpoint(self, op: Op) -> Op:
        def held_op() -> int:
            if self.armed and self._instant() != self.let_pass:
                raise Held
            return op()

        return held_op
