"""From bits to rows: which instruction a word is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from asm.isa.instruction import Instruction
from asm.isa.rows import INSTRUCTIONS

INSTRUCTIONS_BY_NAME: Mapping[str, Instruction] = {row.name: row for row in INSTRUCTIONS}

_OPCODE_MASK = 0x7F


@dataclass(frozen=True, slots=True)
class Decoded:
    """An instruction as found in memory: its row, its bits and the values of its fields."""

    row: Instruction
    word: int
    fields: Mapping[str, int]


def _by_opcode() -> Mapping[int, tuple[Instruction, ...]]:
    groups: dict[int, list[Instruction]] = {}
    for row in INSTRUCTIONS:
        groups.setdefault(row.encoding.match & _OPCODE_MASK, []).append(row)
    # The row that fixes more bits comes first: fence.tso before fence.
    return {
        opcode: tuple(sorted(rows, key=lambda row: -row.encoding.mask.bit_count()))
        for opcode, rows in groups.items()
    }


_ROWS_BY_OPCODE = _by_opcode()


def decode(word: int) -> Decoded | None:
    """Return the instruction in the 32 bits of `word`, or None if no row matches."""
    for row in _ROWS_BY_OPCODE.get(word & _OPCODE_MASK, ()):
        if row.encoding.matches(word):
            return Decoded(row, word, row.encoding.decode(word))
    return None
