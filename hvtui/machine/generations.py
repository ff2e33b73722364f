"""The CPU generations: what a kernel instruction does in a mode that may not run it.

The five differ in nothing but the rows of `GENERATIONS` (design, section 4).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from asm.isa.trapbits import ALL_TRAP_BITS, TrapBit


class Refusal(Enum):
    """What becomes of a kernel instruction that may not run in the current mode."""

    TRAPS = "traps"
    IGNORED = "ignored"
    LEAKS = "leaks"


@dataclass(frozen=True)
class Generation:
    """A CPU generation.

    `number` is its `mimpid`. `has_trapmap` and `has_mvmcb` say which CSRs of Xtrapmap exist;
    `trapcap` is what `mtrapcap` reads. `refusal` holds for every class that `exceptions` does not name.
    """

    name: str
    number: int
    has_trapmap: bool
    has_mvmcb: bool
    trapcap: int
    refusal: Refusal
    exceptions: Mapping[TrapBit, Refusal]
    summary: str

    def refuses(self, bit: TrapBit) -> Refusal:
        """Return what happens to an instruction of class `bit` that may not run."""
        return self.exceptions.get(bit, self.refusal)


_PENTIUM_LEAKS = (TrapBit.RDSTATUS, TrapBit.RDTVEC, TrapBit.RDTRAP, TrapBit.RDID, TrapBit.RDCOUNT)
_PENTIUM_IGNORES = (TrapBit.WRSTATUS, TrapBit.WRINT, TrapBit.MRET)

GENERATIONS: Mapping[str, Generation] = {
    generation.name: generation
    for generation in (
        Generation(
            "classic", 0, False, False, 0, Refusal.TRAPS, {},
            "every kernel instruction traps: the machine of Popek and Goldberg",
        ),
        Generation(
            "legacy", 1, True, False, 0, Refusal.IGNORED, {},
            "kernel instructions are ignored in user mode: the older Intel",
        ),
        Generation(
            "pentium", 2, True, False, 0, Refusal.TRAPS,
            {
                **dict.fromkeys(_PENTIUM_LEAKS, Refusal.LEAKS),
                **dict.fromkeys(_PENTIUM_IGNORES, Refusal.IGNORED),
            },
            "some leak the real value, some are ignored, the rest trap: after Robin and Irvine",
        ),
        Generation(
            "vt", 3, True, False, ALL_TRAP_BITS, Refusal.IGNORED, {},
            "ignored, unless its bit of the trap bitmap is set: Intel VT",
        ),
        Generation(
            "svm", 4, True, True, ALL_TRAP_BITS, Refusal.IGNORED, {},
            "as vt, with the bitmap in a control block in memory: AMD SVM",
        ),
    )
}  # fmt: skip
