"""Where the fields of an instruction lie: the bit layouts of the RISC-V manual, read from text.

An encoding is written as the manual's tables print it, from the highest bit to the lowest:
literal bits, and fields with the slice of the operand they hold::

    imm[12|10:5] rs2 rs1 000 imm[4:1|11] 1100011

`Encoding.parse` turns such a line into masks and shifts; nothing else in the project knows where a
field lies. The width of an instruction is the sum of its parts, so 16-bit rows need no new code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

# Widths, in bits, of the fields that are written without a slice.
FIELD_WIDTHS: Mapping[str, int] = {
    "rd": 5,
    "rs1": 5,
    "rs2": 5,
    "shamt": 5,
    "zimm": 5,
    "csr": 12,
    "fm": 4,
    "pred": 4,
    "succ": 4,
    "aq": 1,
    "rl": 1,
}

# Fields whose top bit is a sign.
SIGNED_FIELDS = frozenset({"imm", "target"})

_PART = re.compile(r"(?P<bits>[01]+)|(?P<field>[a-z][a-z0-9]*)(?:\[(?P<slices>[0-9:|]+)\])?")


@dataclass(frozen=True, slots=True)
class Slice:
    """`width` bits of a field, from `field_low` up, that lie in the instruction from `low` up."""

    low: int
    width: int
    field_low: int


@dataclass(frozen=True, slots=True)
class Field:
    """An operand field: its slices in the instruction, its width in bits, and whether it is signed."""

    name: str
    slices: tuple[Slice, ...]
    width: int
    alignment: int
    signed: bool

    @property
    def minimum(self) -> int:
        """The least value the field can hold."""
        return -(1 << (self.width - 1)) if self.signed else 0

    @property
    def maximum(self) -> int:
        """The greatest value the field can hold: a multiple of `alignment`."""
        top = (1 << (self.width - 1)) if self.signed else (1 << self.width)
        return top - self.alignment

    def holds(self, value: int) -> bool:
        """Tell whether `value` can be encoded: in range and a multiple of `alignment`."""
        return self.minimum <= value <= self.maximum and value % self.alignment == 0

    def insert(self, value: int) -> int:
        """Return the instruction bits that hold `value`; bits beyond the field are dropped."""
        return sum(
            (value >> part.field_low & ((1 << part.width) - 1)) << part.low for part in self.slices
        )

    def extract(self, word: int) -> int:
        """Return the field's value in the instruction `word`, sign-extended if it is signed."""
        value = sum(
            (word >> part.low & ((1 << part.width) - 1)) << part.field_low for part in self.slices
        )
        if self.signed and value >> (self.width - 1):
            value -= 1 << self.width
        return value


@dataclass(frozen=True)
class Encoding:
    """The layout of one instruction: `match` under `mask`, and the operand fields around it.

    `width` is in bits (32, or 16 for compressed rows).
    """

    text: str
    width: int
    mask: int
    match: int
    fields: Mapping[str, Field]

    @classmethod
    def parse(cls, text: str) -> Encoding:
        """Read a layout such as ``"imm[11:0] rs1 000 rd 0010011"``.

        Raises ValueError if a part is not understood or the widths do not add up to 16 or 32.
        """
        parts: list[tuple[int, str, str | None, tuple[tuple[int, int], ...]]] = []
        for word in text.split():
            found = _PART.fullmatch(word)
            if found is None:
                raise ValueError(f"encoding {text!r}: {word!r} is neither bits nor a field")
            if found["bits"]:
                parts.append((len(word), "", word, ()))
                continue
            name = found["field"]
            ranges = _ranges(found["slices"], name)
            parts.append((sum(high - low + 1 for high, low in ranges), name, None, ranges))
        width = sum(size for size, _, _, _ in parts)
        if width not in (16, 32):
            raise ValueError(f"encoding {text!r} has {width} bits")
        mask = match = 0
        slices: dict[str, list[Slice]] = {}
        position = width
        for size, name, bits, ranges in parts:
            if bits is not None:
                position -= size
                mask |= ((1 << size) - 1) << position
                match |= int(bits, 2) << position
                continue
            for high, low in ranges:
                position -= high - low + 1
                slices.setdefault(name, []).append(Slice(position, high - low + 1, low))
        fields = {name: _field(name, tuple(found)) for name, found in slices.items()}
        return cls(text, width, mask, match, fields)

    @cached_property
    def length(self) -> int:
        """The instruction's length in bytes."""
        return self.width // 8

    def matches(self, word: int) -> bool:
        """Tell whether `word` is this instruction."""
        return word & self.mask == self.match

    def encode(self, values: Mapping[str, int]) -> int:
        """Return the instruction bits for the field `values`.

        Raises KeyError for a missing field, ValueError for a value that the field cannot hold.
        """
        word = self.match
        for name, field in self.fields.items():
            value = values[name]
            if not field.holds(value):
                raise ValueError(f"{name} = {value} does not fit")
            word |= field.insert(value)
        return word

    def decode(self, word: int) -> dict[str, int]:
        """Return the value of every field in `word`."""
        return {name: field.extract(word) for name, field in self.fields.items()}


def _ranges(text: str | None, name: str) -> tuple[tuple[int, int], ...]:
    if text is None:
        if name not in FIELD_WIDTHS:
            raise ValueError(f"field {name!r} needs a slice, such as {name}[11:0]")
        return ((FIELD_WIDTHS[name] - 1, 0),)
    ranges = []
    for part in text.split("|"):
        high, _, low = part.partition(":")
        ranges.append((int(high), int(low or high)))
    return tuple(ranges)


def _field(name: str, slices: tuple[Slice, ...]) -> Field:
    width = max(part.field_low + part.width for part in slices)
    alignment = 1 << min(part.field_low for part in slices)
    return Field(name, slices, width, alignment, name in SIGNED_FIELDS)
