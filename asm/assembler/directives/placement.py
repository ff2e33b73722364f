"""Directives that move the place of what follows: alignment, ``.org``, ``.space``, ``.fill``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from asm.assembler.directives.arguments import Handler, check_count, expression_of, number_of
from asm.assembler.expression import Expression
from asm.assembler.sections import Section
from asm.assembler.source import Statement
from asm.assembler.symbols import Bound
from asm.assembler.syntax import Parsed, Skipped
from asm.assembler.unit import SourceError, Unit
from asm.isa.decode import INSTRUCTIONS_BY_NAME

_MAX_ALIGNMENT = 20
_INSTRUCTION = 4
# Spaces up to this size are bytes at once; larger ones are filled in when everything is placed.
_SMALL = 64
_SHORT_NOP = b"\x01\0"
_NOP = INSTRUCTIONS_BY_NAME["addi"].encoding.match.to_bytes(4, "little")


@dataclass(slots=True, eq=False)
class _Align:
    """Padding up to a multiple of `alignment`, unless it takes more than `most` bytes.

    `pattern` fills it; empty for instructions, which do nothing.
    """

    alignment: int
    pattern: bytes
    most: int
    statement: Statement

    # In code, zeros and a 2-byte nop come first where instructions are not aligned, as in GNU as.
    def size(self, offset: int, section: Section) -> int:
        """See `asm.assembler.sections.Tail`."""
        size = -offset % self.alignment
        return 0 if self.most and size > self.most else size

    def fill(self, offset: int, size: int, section: Section) -> bytes:
        """See `asm.assembler.sections.Tail`."""
        if not self.pattern:
            short = _SHORT_NOP if size % 4 >= 2 else b""
            return bytes(size % 2) + short + _NOP * (size // 4)
        if size % len(self.pattern):
            raise SourceError(
                f"the padding of {size} bytes is no multiple of {len(self.pattern)}",
                *_text_span(self.statement),
            )
        return self.pattern * (size // len(self.pattern))


@dataclass(slots=True, eq=False)
class _Org:
    """Padding up to the offset that an expression gives."""

    bound: Bound
    fill_byte: int
    statement: Statement
    unit: Unit

    def size(self, offset: int, section: Section) -> int:
        """See `asm.assembler.sections.Tail`."""
        expression = self.bound.expression
        target, anchor = self.unit.evaluator.value(self.bound)
        if anchor is not None:
            if anchor is not section:
                raise SourceError(
                    f".org cannot lead to another section ({anchor.name})",
                    expression.start,
                    expression.end,
                    f"an address in {section.name}, or a number: the offset in it",
                )
            if not self.unit.evaluator.early:
                target -= section.address
        if target < offset:
            raise SourceError(
                f".org leads back: to offset 0x{target & 0xFFFFFFFFFFFFFFFF:x} of {section.name},"
                f" which is at 0x{offset:x} already",
                expression.start,
                expression.end,
                f"0x{offset:x} or more",
            )
        return target - offset

    def fill(self, offset: int, size: int, section: Section) -> bytes:
        """See `asm.assembler.sections.Tail`."""
        return bytes([self.fill_byte]) * size


@dataclass(slots=True, eq=False)
class _Space:
    """`pattern`, as often as an expression says."""

    bound: Bound
    pattern: bytes
    statement: Statement
    unit: Unit

    def size(self, offset: int, section: Section) -> int:
        """See `asm.assembler.sections.Tail`."""
        expression = self.bound.expression
        count, anchor = self.unit.evaluator.value(self.bound)
        if anchor is not None:
            raise SourceError(
                "a size cannot be the address of a label",
                expression.start,
                expression.end,
                "a number, or the difference of two labels",
            )
        if count < 0:
            raise SourceError(
                f"the size is negative: {count}", expression.start, expression.end, "0 or more"
            )
        return count * len(self.pattern)

    def fill(self, offset: int, size: int, section: Section) -> bytes:
        """See `asm.assembler.sections.Tail`."""
        return self.pattern * (size // len(self.pattern)) if self.pattern else b""


def _aligned(power: bool, pattern_size: int = 1) -> Handler:
    def handle(unit: Unit, statement: Statement, parsed: Parsed) -> None:
        count = "power" if power else "bytes"
        form = f"{parsed.word} {count}, fill, most"
        check_count(parsed, 1, 3, form)
        operands = parsed.operands
        first = expression_of(operands[0], form)
        number = unit.number_now(first, statement)
        alignment = 1 << number if power and 0 <= number <= _MAX_ALIGNMENT else number
        if power and not 0 <= number <= _MAX_ALIGNMENT:
            raise SourceError(
                f"2 to the power of {number} is no usable alignment", first.start, first.end,
                f"a power of two from 0 to {_MAX_ALIGNMENT}: .align 2 aligns to 4 bytes",
            )  # fmt: skip
        if not power and (number < 0 or number & (number - 1) or number > 1 << _MAX_ALIGNMENT):
            raise SourceError(
                f"{number} is no usable alignment", first.start, first.end,
                f"a power of two up to {1 << _MAX_ALIGNMENT}, in bytes",
            )  # fmt: skip
        fill = most = 0
        has_fill = len(operands) > 1 and not isinstance(operands[1], Skipped)
        if has_fill:
            fill = number_of(unit, statement, operands[1], form)
        if len(operands) > 2:
            most = number_of(unit, statement, operands[2], form, 0)
        section = unit.section
        if alignment < 2:
            return
        section.align_to(alignment)
        # Instructions are taken to be aligned already, even after odd data, as in GNU as:
        # what really pads is .balign 4, 0.
        if section.is_code and not has_fill and alignment <= _INSTRUCTION:
            return
        pattern = b"" if section.is_code and not has_fill else _pattern(fill, pattern_size)
        unit.add_tail(_Align(alignment, pattern, most, statement), section.is_code)

    return handle


def _text_span(statement: Statement) -> tuple[int, int]:
    text = statement.text
    return len(text) - len(text.lstrip()), len(text.rstrip())


def _pattern(value: int, size: int) -> bytes:
    return (value & ((1 << 8 * size) - 1)).to_bytes(size, "little")


def _org(unit: Unit, statement: Statement, parsed: Parsed) -> None:
    form = ".org offset, fill"
    check_count(parsed, 1, 2, form)
    target = expression_of(parsed.operands[0], form)
    fill = 0
    if len(parsed.operands) > 1:
        fill = number_of(unit, statement, parsed.operands[1], form, -128, 255) & 0xFF
    move_to(unit, statement, target, fill)


def move_to(unit: Unit, statement: Statement, target: Expression, fill: int = 0) -> None:
    """Let what follows stand at `target` of the section: ``.org``, or ``. = target``."""
    unit.add_tail(_Org(unit.bind(target, statement), fill, statement, unit), False)


def _space(unit: Unit, statement: Statement, parsed: Parsed) -> None:
    form = f"{parsed.word} bytes, fill"
    check_count(parsed, 1, 2, form)
    count = expression_of(parsed.operands[0], form)
    fill = 0
    if len(parsed.operands) > 1:
        fill = number_of(unit, statement, parsed.operands[1], form, -128, 255) & 0xFF
    _add_space(unit, statement, count, bytes([fill]))


def _zero(unit: Unit, statement: Statement, parsed: Parsed) -> None:
    form = ".zero bytes"
    check_count(parsed, 1, 1, form)
    _add_space(unit, statement, expression_of(parsed.operands[0], form), b"\0")


def _fill(unit: Unit, statement: Statement, parsed: Parsed) -> None:
    form = ".fill count, size, value"
    check_count(parsed, 1, 3, form)
    operands = parsed.operands
    size, value = 1, 0
    if len(operands) > 1:
        size = number_of(unit, statement, operands[1], form, 0, 8)
    if len(operands) > 2:
        value = number_of(unit, statement, operands[2], form)
    # Only four bytes of the value are used, as in GNU as; the others are zero.
    pattern = (value & 0xFFFFFFFF & ((1 << 8 * size) - 1)).to_bytes(size, "little")
    _add_space(unit, statement, expression_of(operands[0], form), pattern)


def _add_space(unit: Unit, statement: Statement, count: Expression, pattern: bytes) -> None:
    number = unit.constant(count, statement)
    if any(pattern) and unit.section.nobits:
        raise SourceError(
            f'"{unit.section.name}" holds no bytes of the program, only zeros',
            count.start,
            count.end,
            "no fill, or a section with contents, such as .data",
        )
    if number is not None and 0 <= number * len(pattern) <= _SMALL:
        unit.emit(pattern * number, statement, False)
        return
    unit.add_tail(_Space(unit.bind(count, statement), pattern, statement, unit), False)


def align(unit: Unit, alignment: int, statement: Statement) -> None:
    """Let what follows stand at a multiple of `alignment`, with zeros before it."""
    unit.section.align_to(alignment)
    unit.add_tail(_Align(alignment, b"\0", 0, statement), False)


def pad_code(unit: Unit) -> None:
    """Fill every section of code up to its alignment, as GNU as does."""
    if not unit.lines:
        return
    for section in unit.sections.values():
        if section.is_code and section.alignment > 1:
            tail = _Align(section.alignment, b"", 0, unit.lines[-1].statement)
            section.close(tail, tail.size(section.here, section))


def reserve(unit: Unit, size: int, statement: Statement) -> None:
    """Append `size` zero bytes."""
    _add_space(unit, statement, Expression((size,), 0, 1, size), b"\0")


DIRECTIVES: Mapping[str, Handler] = {
    ".align": _aligned(True),
    ".p2align": _aligned(True),
    ".p2alignw": _aligned(True, 2),
    ".p2alignl": _aligned(True, 4),
    ".balign": _aligned(False),
    ".balignw": _aligned(False, 2),
    ".balignl": _aligned(False, 4),
    ".org": _org,
    ".space": _space,
    ".skip": _space,
    ".zero": _zero,
    ".fill": _fill,
}
