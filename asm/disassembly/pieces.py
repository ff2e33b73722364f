"""A program's memory cut into pieces that can be written down: instructions, data, runs of zeros.

Cuts lie at labels and where code and data meet. Data within code is known from the line table; where
there is none, every whole word of an executable segment may be an instruction.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from asm.program import Program, Segment

_WORD = 4
_DATA_ROW = 16
_ZEROS = re.compile(rb"\0{32,}")


class Kind(Enum):
    """What a piece is."""

    INSTRUCTION = "one instruction's bytes, perhaps no valid one"
    DATA = "up to sixteen bytes"
    ZEROS = "any number of zero bytes; `data` is empty"


@dataclass(frozen=True, slots=True)
class Piece:
    """`size` bytes at `address`, and the names of the labels there."""

    kind: Kind
    address: int
    data: bytes
    size: int
    labels: tuple[str, ...]


def labels_by_address(program: Program) -> Mapping[int, tuple[str, ...]]:
    """Return the labels of the program, those of one address in the order of their names."""
    found: dict[int, list[str]] = {}
    for symbol in program.symbols.values():
        if symbol.section is not None:
            found.setdefault(symbol.value, []).append(symbol.name)
    return {address: tuple(sorted(names)) for address, names in found.items()}


def pieces_of(program: Program, segment: Segment) -> Iterator[Piece]:
    """Cut a segment into pieces: without gaps, in the order of their addresses."""
    labels = labels_by_address(program)
    cuts = {*labels, segment.address + len(segment.data), segment.end}
    data_starts = _data_runs(program, segment)
    cuts.update(data_starts)
    ordered = sorted(cut for cut in cuts if segment.address < cut <= segment.end)
    kinds = [(start, is_data) for start, is_data in sorted(data_starts.items())]
    starts = [start for start, _ in kinds]
    address = segment.address
    for end in ordered:
        index = bisect_right(starts, address) - 1
        is_code = segment.executable and (index < 0 or not kinds[index][1])
        names = labels.get(address, ())
        for piece in _run(segment, address, end, is_code=is_code):
            yield Piece(piece.kind, piece.address, piece.data, piece.size, names)
            names = ()
        address = end


def _data_runs(program: Program, segment: Segment) -> dict[int, bool]:
    """Where data begins (True) and code after it (False), by the line table."""
    runs: dict[int, bool] = {}
    for entry in program.lines:
        if segment.executable and segment.address <= entry.address < segment.end:
            runs[entry.address] = not entry.is_code
            runs.setdefault(entry.address + entry.size, False)
    return runs


def _run(segment: Segment, address: int, end: int, *, is_code: bool) -> Iterator[Piece]:
    data = segment.data[address - segment.address : end - segment.address]
    if not data:
        yield Piece(Kind.ZEROS, address, b"", end - address, ())
        return
    offset = 0
    while offset < len(data):
        at = address + offset
        rest = len(data) - offset
        if is_code and at % _WORD == 0 and rest >= _WORD:
            size, kind = _WORD, Kind.INSTRUCTION
        else:
            # The rest of a row first, so that rows begin at round addresses.
            size = min(rest, _DATA_ROW - at % _DATA_ROW if not is_code else -at % _WORD or rest)
            kind = Kind.DATA
            zeros = _ZEROS.match(data, offset)
            if zeros is not None and not is_code:
                size, kind = len(zeros[0]), Kind.ZEROS
        part = data[offset : offset + size] if kind is not Kind.ZEROS else b""
        yield Piece(kind, at, part, size, ())
        offset += size
