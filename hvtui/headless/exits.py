"""Exits: traps and interrupts that lead from below M into M, which is how a hypervisor gets control."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from asm.isa.causes import trap_name
from asm.isa.trapbits import TrapBit
from hvtui.debugger.positions import Whereabouts
from hvtui.headless.components import OUTSIDE
from hvtui.machine.board import Machine
from hvtui.machine.events import NOTHING_URGENT, TrapTaken
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
        self._causes: Counter[tuple[str, int, bool, int]] = Counter()
        self._bits: Counter[tuple[str, int, TrapBit]] = Counter()
        machine.observers.trap.append(self._on_trap)
        machine.observers.late[self._on_trap] = lambda: NOTHING_URGENT

    def _on_trap(self, event: TrapTaken) -> None:
        if event.target is not Privilege.M or event.origin is Privilege.M:
            return
        left = self._whereabouts.notice(event.pc, event.origin, physical=event.physical)
        owner = left.owner or OUTSIDE
        ring = event.origin.ring
        self._causes[owner, ring, event.is_interrupt, event.cause] += 1
        for bit in event.bits:
            self._bits[owner, ring, bit] += 1

    def as_json(self) -> Mapping[str, object]:
        """All exits by bit and by cause; then the same for each component and each ring met."""
        met = {key[0] for key in self._causes}
        components = [name for name in self._order if name in met]
        rings = sorted({key[1] for key in self._causes})
        return {
            **self._of(),
            "components": {name: self._of(component=name) for name in components},
            "rings": {str(ring): self._of(ring=ring) for ring in rings},
        }

    def _of(self, component: str | None = None, ring: int | None = None) -> dict[str, object]:
        def is_meant(owner: str, origin: int) -> bool:
            return component in (None, owner) and ring in (None, origin)

        bits: Counter[TrapBit] = Counter()
        causes: Counter[tuple[bool, int]] = Counter()
        for owner, origin, bit in self._bits:
            if is_meant(owner, origin):
                bits[bit] += self._bits[owner, origin, bit]
        for owner, origin, is_interrupt, cause in self._causes:
            if is_meant(owner, origin):
                causes[is_interrupt, cause] += self._causes[owner, origin, is_interrupt, cause]
        return {
            "total": causes.total(),
            "bits": {bit.key: bits[bit] for bit in sorted(bits)},
            "causes": {
                trap_name(cause, interrupt=is_interrupt).key: causes[is_interrupt, cause]
                for is_interrupt, cause in sorted(causes)
            },
        }
