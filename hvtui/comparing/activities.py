"""On whose behalf a guest is left: a program's system call, a tick of the clock, a fault of a program.

An activity begins where a program (a component of the role ``user``) is interrupted, or where the
clock interrupts a kernel; it ends where a program goes on. What the kernel does meanwhile, and every
exit that this makes, belongs to it. What happens outside every activity is the kernel's own: booting,
say.

An interrupt that leaves a guest may be none of its business: the clock of a host, or of a hypervisor
that has others to run. It is the guest's if the guest goes on elsewhere than where it was left, in the
handler that the interrupt is handed on to, or if its kernel is told by a supervisor timer interrupt.
Then there are two interrupts, but it is one tick.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from enum import Enum

from asm.isa.causes import Cause, Interrupt
from hvtui.machine.events import TrapReturned, TrapTaken
from hvtui.machine.privilege import Privilege
from hvtui.machinefile.system import Component

_CALLS = frozenset({Cause.ECALL_FROM_U})
_TIMERS = frozenset({Interrupt.MACHINE_TIMER, Interrupt.SUPERVISOR_TIMER})
_PROGRAM = "user"


class Activity(Enum):
    """What a kernel does, and for whom. The values are words for a person and keys of JSON."""

    CALL = "system call"
    TICK = "timer tick"
    FAULT = "fault"
    INTERRUPT = "interrupt"
    OWN = "kernel"


class Activities:
    """Follows who works for whom; `counts` are the activities that began, `exits` what they led to."""

    def __init__(self) -> None:
        self._now = Activity.OWN
        # What an interrupt began if it is the guest's, and where it was left; by virtual machine.
        self._open: dict[str | None, tuple[Activity, int, bool]] = {}
        # Ticks that firmware or a hypervisor has passed on to a kernel, which has not taken them yet.
        self._passed_on: set[str | None] = set()
        self.counts: Counter[Activity] = Counter()
        self.exits: Counter[Activity] = Counter()

    def trap(self, event: TrapTaken, interrupted: Component | None, *, is_exit: bool) -> None:
        """A trap was taken in the code of a component; `is_exit` tells whether it left a guest."""
        begun = _begun(event, interrupted)
        vm = interrupted.vm if interrupted is not None else None
        if event.is_interrupt and event.target is Privilege.M:
            self._open.pop(vm, None)
            if begun is not None:
                self._open[vm] = (begun, event.pc, is_exit)
        if is_exit and event.is_interrupt:
            self.counts[Activity.INTERRUPT] += 1
            self.exits[Activity.INTERRUPT] += 1
            return
        if begun is not None:
            self._now = begun
            if begun is Activity.TICK and event.target is Privilege.S and vm in self._passed_on:
                self._passed_on.discard(vm)
            else:
                self.counts[begun] += 1
        if is_exit:
            self.exits[self._now] += 1

    def trap_return(
        self, event: TrapReturned, resumed: Component | None, *, is_tick_passed_on: bool = False
    ) -> None:
        """An xRET went to the code of a component.

        `is_tick_passed_on` tells whether a supervisor timer interrupt waits for it there.
        """
        if resumed is not None and event.origin is Privilege.M and resumed.vm in self._open:
            begun, pc, was_exit = self._open.pop(resumed.vm)
            passes_on = is_tick_passed_on and begun is Activity.TICK and event.target is not Privilege.M
            if passes_on:
                self._passed_on.add(resumed.vm)
            if was_exit and (passes_on or event.resumed != pc):
                self._now = begun
                for counter in (self.counts, self.exits):
                    counter[Activity.INTERRUPT] -= 1
                    counter[begun] += 1
        if event.target is Privilege.U and resumed is not None and resumed.role == _PROGRAM:
            self._now = Activity.OWN

    def as_json(self) -> Mapping[str, Mapping[str, int]]:
        """The counts by activity."""
        return {
            activity.value: {"count": self.counts[activity], "exits": self.exits[activity]}
            for activity in Activity
        }


def _begun(event: TrapTaken, interrupted: Component | None) -> Activity | None:
    is_program = interrupted is not None and interrupted.role == _PROGRAM
    if event.is_interrupt:
        is_timer = event.cause in _TIMERS
        if is_program or (is_timer and interrupted is not None and interrupted.role == "kernel"):
            return Activity.TICK if is_timer else Activity.INTERRUPT
        return None
    if not is_program:
        return None
    return Activity.CALL if event.cause in _CALLS else Activity.FAULT
