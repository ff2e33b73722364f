"""Exits: traps and interrupts that lead from below M into M, which is how a hypervisor gets control."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from asm.isa.causes import trap_name
from asm.isa.trapbits import TrapBit
from hvtui.debugger.positions import Whereabouts
from hvtui.headless.components import OUTSIDE
from hvtui.machine.board import Machine
from hvtui.machine.events import NOTHING_URGENT, Then, TrapTaken
from hvtui.machine.privilege import Privilege
from hvtui.machinefile.system import System


class ExitCounts:
    """Listens to a machine and counts its exits by cause and trap bit, component and ring.

    An exit belongs to the component whose instruction it interrupted. An instruction of two classes
    counts for both bits, and once for its cause.
    """

    def __init__(self, system: System, machine: Machine) -> None:
        self._whereabouts = Whereabouts(system, machine)
        self._order = [*(component.name for component in system.components), OUTSIDE]
        # By whom it interrupted, in which mode, whether it is an interrupt, its cause and trap bits.
        self._exits: Counter[tuple[str, Privilege, bool, int, tuple[TrapBit, ...]]] = Counter()
        observers = machine.observers
        observers.trap.append(self._on_trap)
        observers.late[self._on_trap] = lambda: NOTHING_URGENT
        observers.detached[self._on_trap] = self._take_trap

    def _on_trap(self, event: TrapTaken) -> None:
        self._take_trap(event, None)

    def _take_trap(self, event: TrapTaken, then: Then | None) -> None:
        origin = event.origin
        if event.target is not _MACHINE or origin is _MACHINE:
            return
        satp = None if then is None else then.satp
        left = self._whereabouts.notice(event.pc, origin, event.physical, satp)
        self._exits[left.owner or OUTSIDE, origin, event.is_interrupt, event.cause, event.bits] += 1

    def as_json(self) -> Mapping[str, object]:
        """All exits by bit and by cause; then the same for each component and each ring met."""
        met = {owner for owner, *_ in self._exits}
        components = [name for name in self._order if name in met]
        rings = sorted({origin.ring for _, origin, *_ in self._exits})
        return {
            **self._of(),
            "components": {name: self._of(component=name) for name in components},
            "rings": {str(ring): self._of(ring=ring) for ring in rings},
        }

    def _of(self, component: str | None = None, ring: int | None = None) -> dict[str, object]:
        bits: Counter[TrapBit] = Counter()
        causes: Counter[tuple[bool, int]] = Counter()
        for (owner, origin, is_interrupt, cause, classes), count in self._exits.items():
            if component in (None, owner) and ring in (None, origin.ring):
                causes[is_interrupt, cause] += count
                for bit in classes:
                    bits[bit] += count
        return {
            "total": causes.total(),
            "bits": {bit.key: bits[bit] for bit in sorted(bits)},
            "causes": {
                trap_name(cause, interrupt=is_interrupt).key: causes[is_interrupt, cause]
                for is_interrupt, cause in sorted(causes)
            },
        }


_MACHINE = Privilege.M
