"""How a value goes into the field of an instruction: ranges, pc-relative distances, %hi and %lo."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from asm.assembler.expression import Value
from asm.assembler.symbols import Bound
from asm.assembler.unit import SourceError
from asm.isa.encoding import Field
from asm.isa.instruction import Instruction
from asm.isa.width import MASK, XLEN, sign_extend

# The relocation functions, each with the kind of field it is for.
HIGH_FUNCTIONS = frozenset({"%hi", "%pcrel_hi"})
LOW_FUNCTIONS = frozenset({"%lo", "%pcrel_lo"})

_INSTRUCTION_BYTES = 4
_RS1 = 0x1F << 15


def high_part(value: int) -> int:
    """Return the upper 20 bits of `value`, rounded so that a signed `low_part` completes them."""
    return (value + 0x800) >> 12 & 0xFFFFF


def low_part(value: int) -> int:
    """Return the lower 12 bits of `value`, as a signed number."""
    return sign_extend(value, 12)


def as_register(value: int) -> int:
    """Read an unsigned 32-bit number as the signed one with the same bits; leave others alone."""
    return value - (1 << XLEN) if 1 << (XLEN - 1) <= value <= MASK else value


def insert(data: bytearray, offset: int, bits: int) -> None:
    """Or `bits` into the instruction at `offset`."""
    end = offset + _INSTRUCTION_BYTES
    word = int.from_bytes(data[offset:end], "little") | bits
    data[offset:end] = word.to_bytes(_INSTRUCTION_BYTES, "little")


@dataclass(frozen=True, slots=True)
class NumberPatch:
    """A plain number for a field."""

    row: Instruction
    field: Field
    name: str

    def apply(self, data: bytearray, offset: int, address: int, value: Value, bound: Bound) -> None:
        """See `asm.assembler.unit.Patch`."""
        expression = bound.expression
        start, end = expression.start, expression.end
        number, section = value
        if section is not None:
            raise address_for_number(self.row, self.name, start, end)
        bits = number_bits(self.row, self.field, self.name, number, start, end)
        insert(data, offset, bits)


def address_for_number(row: Instruction, name: str, start: int, end: int) -> SourceError:
    """Return the mistake of a label where a plain number belongs."""
    remedy = (
        "%hi(symbol)"
        if row.name in ("lui", "auipc")
        else "a number, %lo(symbol), or the address in a register: la t0, symbol"
    )
    return SourceError(f'"{name}" takes a number here, and this is the address of a label',
                   start, end, remedy)  # fmt: skip


def number_bits(row: Instruction, field: Field, name: str, number: int, start: int, end: int) -> int:
    """Return the instruction bits for a plain number. Raises SourceError if it is out of range.

    `name` is what the source calls the instruction.
    """
    if field.name == "upper":
        if not 0 <= number < 1 << 20:
            raise SourceError(
                f'{number} is out of range for "{name}"',
                start,
                end,
                f"0 to 0xfffff, the upper 20 bits; {row.name} t1, %hi(number) takes them from a number",
            )
        return field.insert(number << 12)
    if field.signed:
        number = as_register(number)
    if not field.holds(number):
        raise SourceError(
            f'{number} is out of range for "{name}"',
            start,
            end,
            f"{field.minimum} to {field.maximum}" + _REMEDIES.get(row.name, ""),
        )
    return field.insert(number)


_THROUGH_REGISTER = "; a larger number goes through a register: li t0, number"
_REMEDIES: Mapping[str, str] = {
    **dict.fromkeys(("addi", "andi", "ori", "xori", "slti", "sltiu"), _THROUGH_REGISTER),
    **dict.fromkeys(
        ("csrrwi", "csrrsi", "csrrci"), "; a larger number goes through a register: li t0, number"
    ),
}


@dataclass(frozen=True, slots=True)
class HighPatch:
    """The upper part of an address, or of its distance from the instruction."""

    field: Field
    relative: bool
    is_call: bool = False

    def distance(self, address: int, value: Value) -> int:
        """Return what the two parts of the address add up to."""
        return value[0] - address if self.relative else value[0]

    def apply(self, data: bytearray, offset: int, address: int, value: Value, bound: Bound) -> None:
        """See `asm.assembler.unit.Patch`."""
        if not (self.is_call and _is_nowhere(bound)):
            insert(data, offset, self.field.insert(high_part(self.distance(address, value)) << 12))


def _is_nowhere(bound: Bound) -> bool:
    """Tell whether the expression is a weak name that is defined nowhere."""
    return len(bound.names) == 1 and bound.names[0].is_weak and not bound.names[0].is_defined


@dataclass(frozen=True, slots=True)
class LowPatch:
    """The lower part of an address; of its distance from `lead` bytes before, if `lead` is given."""

    field: Field
    lead: int | None = None
    is_call: bool = False

    def apply(self, data: bytearray, offset: int, address: int, value: Value, bound: Bound) -> None:
        """See `asm.assembler.unit.Patch`."""
        if self.is_call and _is_nowhere(bound):
            # A call of nothing leads to address 0, as GNU ld has it: relative to x0.
            data[offset : offset + _INSTRUCTION_BYTES] = (
                int.from_bytes(data[offset : offset + _INSTRUCTION_BYTES], "little") & ~_RS1
            ).to_bytes(_INSTRUCTION_BYTES, "little")
            return
        number = value[0] if self.lead is None else value[0] - (address - self.lead)
        insert(data, offset, self.field.insert(low_part(number)))


@dataclass(frozen=True, slots=True)
class LowOfPatch:
    """%pcrel_lo: the lower part that belongs to the %pcrel_hi at a label.

    `highs` is filled by the layout: the distance of each %pcrel_hi by its address.
    """

    field: Field
    highs: Mapping[int, int]

    def apply(self, data: bytearray, offset: int, address: int, value: Value, bound: Bound) -> None:
        """See `asm.assembler.unit.Patch`."""
        distance = self.highs.get(value[0])
        if distance is None:
            expression = bound.expression
            raise SourceError(
                "there is no %pcrel_hi at this label",
                expression.start,
                expression.end,
                "the label of the auipc that has the %pcrel_hi",
            )
        insert(data, offset, self.field.insert(low_part(distance)))


_PAIRS = (
    ("beq", "bne"), ("blt", "bge"), ("bltu", "bgeu"), ("beqz", "bnez"), ("blez", "bgtz"),
    ("bgez", "bltz"), ("bgt", "ble"), ("bgtu", "bleu"),
)  # fmt: skip
# Each conditional branch with the one that branches when it does not.
OPPOSITES: Mapping[str, str] = {
    **dict(_PAIRS),
    **{second: first for first, second in _PAIRS},
}


@dataclass(frozen=True, slots=True)
class JumpPatch:
    """The distance from the instruction to a target. `text` is how the source calls the instruction."""

    field: Field
    name: str

    def apply(self, data: bytearray, offset: int, address: int, value: Value, bound: Bound) -> None:
        """See `asm.assembler.unit.Patch`."""
        distance = sign_extend(value[0] - address, XLEN)
        if not self.field.holds(distance):
            raise self._out_of_reach(distance, value, bound)
        insert(data, offset, self.field.insert(distance))

    def _out_of_reach(self, distance: int, value: Value, bound: Bound) -> SourceError:
        expression = bound.expression
        start, end = expression.start, expression.end
        text = bound.statement.text[start:end]
        if distance % self.field.alignment:
            if value[0] % self.field.alignment:
                message = f'"{text}" is at the odd address 0x{value[0] & MASK:x}'
            else:
                message = f'"{self.name}" stands at an odd address itself'
            return SourceError(
                f"{message}, where no instruction can be",
                start,
                end,
                "even addresses; .balign 4, 0 aligns what follows data",
            )
        way = "forward" if distance > 0 else "back"
        reach = f"{self.field.minimum} to {self.field.maximum} bytes"
        if value[1] is None:
            expected = "a label; a number is an absolute address here, a distance is . + number"
        elif self.name in OPPOSITES:
            opposite = OPPOSITES[self.name]
            expected = f"{reach}; or around a jump: {opposite} ..., 1f; j {text}; 1:"
        else:
            expected = f"{reach}; call and tail reach any address"
        return SourceError(
            f'"{text}" is {abs(distance)} bytes {way}, out of reach for "{self.name}"',
            start,
            end,
            expected,
        )
