"""Findings summed up: by class of kernel instruction for a person, whole for a program."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from asm.isa.trapbits import TRAP_BITS, TrapBit
from hvtui.classify.findings import Finding, Sensitivity, Witness
from hvtui.classify.resources import Resource
from hvtui.classify.states import RINGS
from hvtui.classify.verdicts import Verdict, least_bits, value_of

ORDINARY = "ordinary"


@dataclass(frozen=True, slots=True)
class ClassSummary:
    """The instructions of one trap bit that are of no other, or of none if `bit` is None.

    `effects` are by ring, and `holes` how many of them are sensitive and do not trap there.
    """

    bit: TrapBit | None
    tried: int
    sensitive: int
    kinds: frozenset[Sensitivity]
    resources: frozenset[Resource]
    effects: dict[int, frozenset[str]]
    holes: dict[int, int]

    @property
    def name(self) -> str:
        """What the class is called."""
        return self.bit.key if self.bit is not None else ORDINARY


def by_class(verdict: Verdict) -> Iterator[ClassSummary]:
    """Yield the classes in the order of their bits, and the instructions that are in none."""
    for bit in (*TRAP_BITS, None):
        wanted = () if bit is None else (bit,)
        found = [finding for finding in verdict.findings if finding.bits == wanted]
        yield ClassSummary(
            bit,
            len(found),
            sum(finding.is_sensitive for finding in found),
            frozenset(kind for finding in found for kind in finding.kinds),
            frozenset(resource for finding in found for resource in finding.resources),
            {
                ring: frozenset().union(*(finding.below[ring].effects for finding in found))
                for ring in RINGS
            },
            {ring: sum(finding.below[ring].is_hole for finding in found) for ring in RINGS},
        )


def witness_of(holes: tuple[Finding, ...], ring: int, bit: TrapBit) -> Witness | None:
    """Return what proves a hole of a class in a ring best: first what shows without ring 0."""
    for alone in (True, False):
        for finding in holes:
            if finding.bits == (bit,):
                below = finding.below[ring]
                found = below.own if alone else below.witnesses
                if found:
                    # A difference says more than a change in ring 0, which nobody doubts.
                    return min(found, key=lambda witness: witness.kind is Sensitivity.CONTROL)
    return None


def classes_of_holes(holes: tuple[Finding, ...]) -> tuple[TrapBit, ...]:
    """Return the classes that have holes, in order."""
    return tuple(sorted({bit for finding in holes for bit in finding.bits}))


def as_document(verdict: Verdict) -> dict[str, object]:
    """Return all of a verdict as what JSON can hold."""
    least = {str(ring): least_bits(verdict, (ring,)) for ring in RINGS}
    return {
        "cpu": verdict.cpu,
        "bitmap": verdict.bitmap,
        "theorem1": {str(ring): verdict.is_virtualizable(ring) for ring in RINGS},
        "theorem3": verdict.is_hybrid,
        "least_bits": {
            ring: None if bits is None else {"names": [bit.key for bit in sorted(bits)],
                                             "value": value_of(bits)}
            for ring, bits in least.items()
        },
        "instructions": [_instruction(finding) for finding in verdict.findings],
    }  # fmt: skip


def _instruction(finding: Finding) -> dict[str, object]:
    return {
        "text": finding.unit.text,
        "word": finding.unit.word,
        "classes": [bit.key for bit in finding.bits],
        "sensitive": sorted(kind.name.lower() for kind in finding.kinds),
        "resources": sorted(resource.name.lower() for resource in finding.resources),
        "rings": {
            str(ring): {
                "effects": sorted(below.effects),
                "privileged": below.is_privileged,
                "hole": below.is_hole,
                "user_hole": below.is_user_hole,
                "witnesses": [_witness(witness) for witness in below.witnesses],
            }
            for ring, below in finding.below.items()
        },
    }


def _witness(witness: Witness) -> dict[str, object]:
    return {**asdict(witness), "kind": witness.kind.name.lower()}
