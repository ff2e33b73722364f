"""What a person may change in a machine that stands between two steps."""

from __future__ import annotations

from asm.isa.trapbits import TrapBit
from hvtui.machine.board import Machine

_WORD = 4


class EditError(Exception):
    """The machine cannot be changed in that way; the text says why."""


def toggle_trap_bit(machine: Machine, bit: TrapBit) -> None:
    """Change a bit of the trap bitmap, as ring 0 could (design, section 4).

    Where the bitmap lives in a control block (svm), the block's word changes as well: the next xRET
    out of M loads it. Raises EditError on a CPU whose bitmap cannot be set.
    """
    hart, generation = machine.hart, machine.generation
    if not generation.has_trapmap:
        raise EditError(f"{generation.name} has no trap bitmap")
    if not generation.trapcap >> bit & 1:
        raise EditError(f"no software can set this bit on {generation.name}: mtrapcap is 0")
    bitmap = hart.csr_value("mtrapmap") ^ 1 << bit
    hart.set_csr("mtrapmap", bitmap)
    block = hart.csr_value("mvmcb") if generation.has_mvmcb else 0
    if block and (data := machine.read_physical(block, _WORD)) is not None:
        word = int.from_bytes(data, "little")
        word = word | 1 << bit if bitmap >> bit & 1 else word & ~(1 << bit)
        machine.write_physical(block, word.to_bytes(_WORD, "little"))
