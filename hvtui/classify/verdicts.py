"""The conclusions: can a type-1 hypervisor be built on a CPU, can a hybrid one, with which trap bits?

Theorem 1 of Popek and Goldberg (1974): if every sensitive instruction is privileged, a virtual machine
monitor can be built. Theorem 3: if every instruction that is sensitive in user mode is privileged, a
hybrid one can, which interprets the guest's kernel and lets its programs run directly.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from asm.isa.trapbits import TrapBit
from hvtui.classify.findings import Finding, findings
from hvtui.classify.laboratory import Laboratory
from hvtui.classify.states import RINGS
from hvtui.machine.generations import GENERATIONS

_USER_RING = 3


@dataclass(frozen=True)
class Verdict:
    """What was found of one CPU with one trap bitmap."""

    cpu: str
    bitmap: int
    findings: tuple[Finding, ...]

    def holes(self, ring: int) -> tuple[Finding, ...]:
        """The instructions by which theorem 1 fails with a guest's kernel in a ring."""
        return tuple(found for found in self.findings if found.below[ring].is_hole)

    @property
    def user_holes(self) -> tuple[Finding, ...]:
        """The instructions by which theorem 3 fails."""
        return tuple(found for found in self.findings if found.below[_USER_RING].is_user_hole)

    def is_virtualizable(self, ring: int) -> bool:
        """Tell whether theorem 1 holds with a guest's kernel in a ring."""
        return not self.holes(ring)

    @property
    def is_hybrid(self) -> bool:
        """Tell whether theorem 3 holds."""
        return not self.user_holes


def judge(cpu: str, *, bitmap: int = 0, gates_closed: bool = True) -> Verdict:
    """Try every instruction on the generation `cpu`, set up as `laboratory.Laboratory` says."""
    laboratory = Laboratory(cpu, bitmap=bitmap, gates_closed=gates_closed)
    return Verdict(cpu, bitmap, tuple(findings(laboratory)))


def has_bitmap(cpu: str) -> bool:
    """Tell whether software can choose on a CPU what traps."""
    return GENERATIONS[cpu].trapcap != 0


def least_bits(verdict: Verdict, rings: Iterable[int] = RINGS) -> frozenset[TrapBit] | None:
    """Return the fewest bits of a bitmap that leave no hole in any of `rings`; None if none do.

    A hole that is of two classes is closed by either bit, so the bits of the others come first: then
    little is left to choose.
    """
    wanted = [set(found.bits) for ring in rings for found in verdict.holes(ring)]
    if any(not bits for bits in wanted):
        return None
    chosen = {bit for bits in wanted if len(bits) == 1 for bit in bits}
    left = [bits for bits in wanted if not bits & chosen]
    while left:
        # Few classes share an instruction; the most frequent one first is the fewest here.
        counts = {bit: sum(bit in bits for bits in left) for bits in left for bit in bits}
        chosen.add(max(counts, key=lambda bit: (counts[bit], -bit)))
        left = [bits for bits in left if not bits & chosen]
    return frozenset(chosen)


def value_of(bits: Iterable[TrapBit]) -> int:
    """Return the bitmap with some bits set."""
    return sum(1 << bit for bit in bits)
