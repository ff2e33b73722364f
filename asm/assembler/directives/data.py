"""Directives that put data down: numbers of each size, strings, and numbers of variable length."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from asm.assembler.directives.arguments import Handler, check_count, expression_of
from asm.assembler.expression import Expression, Value
from asm.assembler.source import Statement
from asm.assembler.symbols import Bound
from asm.assembler.syntax import Parsed, Text
from asm.assembler.unit import Patch, SourceError, Unit
from asm.isa.width import MASK


@dataclass(frozen=True, slots=True)
class DataPatch:
    """A number of `size` bytes."""

    size: int

    def apply(self, data: bytearray, offset: int, address: int, value: Value, bound: Bound) -> None:
        """See `asm.assembler.unit.Patch`."""
        number = value[0]
        if value[1] is not None:
            number &= MASK
        data[offset : offset + self.size] = number_bytes(number, self.size, bound.expression)


def number_bytes(number: int, size: int, expression: Expression) -> bytes:
    """Return `number` in `size` bytes. Raises SourceError if it does not fit, signed or unsigned."""
    bits = 8 * size
    if not -(1 << (bits - 1)) <= number < 1 << bits:
        raise SourceError(
            f"{number} does not fit in {size} byte{'s' if size > 1 else ''}",
            expression.start,
            expression.end,
            f"{-(1 << (bits - 1))} to {(1 << bits) - 1}",
        )
    return (number & ((1 << bits) - 1)).to_bytes(size, "little")


def _numbers(size: int) -> Handler:
    form = "numbers or labels, with commas between"
    patch = DataPatch(size)

    def handle(unit: Unit, statement: Statement, parsed: Parsed) -> None:
        if not parsed.operands:
            return
        data = bytearray()
        patches: list[tuple[int, Patch, Bound]] = []
        for operand in parsed.operands:
            expression = expression_of(operand, form)
            number = expression.value
            if number is None:
                number = unit.constant(expression, statement)
            if number is None:
                # The place of a number among several is its own.
                bound = unit.bind(expression, statement, len(data))
                patches.append((len(data), patch, bound))
                data += bytes(size)
            else:
                data += number_bytes(number, size, expression)
        unit.open_bytes(bytes(data), patches, statement, False)

    return handle


def _strings(ending: bytes) -> Handler:
    def handle(unit: Unit, statement: Statement, parsed: Parsed) -> None:
        form = f'{parsed.word} "text"'
        if not parsed.operands:
            raise SourceError(f'"{parsed.word}" needs a string', parsed.start, parsed.end, form)
        data = bytearray()
        for operand in parsed.operands:
            if not isinstance(operand, Text):
                raise SourceError("a string is needed here", operand.start, operand.end, form)
            data += operand.data + ending
        unit.emit(bytes(data), statement, False)

    return handle


def _leb128(signed: bool) -> Handler:
    def handle(unit: Unit, statement: Statement, parsed: Parsed) -> None:
        form = f"{parsed.word} number"
        check_count(parsed, 1, len(parsed.operands) + 1, form)
        data = bytearray()
        for operand in parsed.operands:
            expression = expression_of(operand, form)
            number = unit.number_now(expression, statement)
            if number < 0 and not signed:
                number &= (1 << 64) - 1
            data += leb128(number, signed)
        unit.emit(bytes(data), statement, False)

    return handle


def leb128(number: int, signed: bool) -> bytes:
    """Return `number` in the variable-length code of DWARF (LEB128)."""
    result = bytearray()
    while True:
        low = number & 0x7F
        number >>= 7
        sign = low & 0x40 if signed else 0
        if (number == 0 and not sign) or (number == -1 and sign):
            result.append(low)
            return bytes(result)
        result.append(low | 0x80)


_SIZES: Mapping[str, int] = {
    ".byte": 1,
    **dict.fromkeys((".2byte", ".half", ".short", ".hword"), 2),
    **dict.fromkeys((".4byte", ".word", ".long", ".int"), 4),
    **dict.fromkeys((".8byte", ".dword", ".quad"), 8),
}

DIRECTIVES: Mapping[str, Handler] = {
    **{name: _numbers(size) for name, size in _SIZES.items()},
    ".ascii": _strings(b""),
    ".asciz": _strings(b"\0"),
    ".string": _strings(b"\0"),
    ".uleb128": _leb128(False),
    ".sleb128": _leb128(True),
}
