"""Directives about names: visibility, type and size, values, common storage."""

from __future__ import annotations

from collections.abc import Mapping

from asm.assembler.directives.arguments import Handler, check_count, expression_of, name_of, number_of
from asm.assembler.directives.placement import align, move_to, reserve
from asm.assembler.expression import Expression
from asm.assembler.source import Statement
from asm.assembler.symbols import Bound
from asm.assembler.syntax import Attribute, Parsed, Text
from asm.assembler.unit import Common, SourceError, Unit


def _visible(unit: Unit, statement: Statement, parsed: Parsed) -> None:
    form = f"{parsed.word} name"
    check_count(parsed, 1, len(parsed.operands) + 1, form)
    for operand in parsed.operands:
        unit.symbols.mention(name_of(operand, form)).is_global = True


def _weak(unit: Unit, statement: Statement, parsed: Parsed) -> None:
    check_count(parsed, 1, len(parsed.operands) + 1, ".weak name")
    for operand in parsed.operands:
        name = unit.symbols.mention(name_of(operand, ".weak name"))
        name.is_weak = name.is_global = True


def _local(unit: Unit, statement: Statement, parsed: Parsed) -> None:
    check_count(parsed, 1, len(parsed.operands) + 1, ".local name")
    for operand in parsed.operands:
        unit.symbols.mention(name_of(operand, ".local name")).is_global = False


def _type(unit: Unit, statement: Statement, parsed: Parsed) -> None:
    form = ".type name, @function"
    check_count(parsed, 2, 2, form)
    name = unit.symbols.mention(name_of(parsed.operands[0], form))
    kind = parsed.operands[1]
    if isinstance(kind, Attribute):
        text = kind.name
    elif isinstance(kind, Text):
        text = kind.data.decode("utf-8", "replace")
    elif isinstance(kind, Expression) and kind.name:
        text = kind.name
    else:
        raise SourceError("this is no type", kind.start, kind.end, "@function, @object or @notype")
    text = text.lower().removeprefix("stt_")
    if text not in ("function", "func", "object", "notype", "tls_object", "common"):
        raise SourceError(f'"{text}" is no type', kind.start, kind.end, "@function, @object or @notype")
    name.is_function = text in ("function", "func")


def _size(unit: Unit, statement: Statement, parsed: Parsed) -> None:
    form = ".size name, . - name"
    check_count(parsed, 2, 2, form)
    name = unit.symbols.mention(name_of(parsed.operands[0], form))
    name.size = unit.bind(expression_of(parsed.operands[1], form), statement)


def assign(
    unit: Unit,
    statement: Statement,
    text: str,
    span: tuple[int, int],
    expression: Expression,
    again: bool,
) -> None:
    """Give the name `text`, which stands at `span`, a value; `again` allows one it had before.

    Raises SourceError.
    """
    if text == ".":
        move_to(unit, statement, expression)
        return
    symbols = unit.symbols
    constant = unit.constant(expression, statement)
    bound = None if constant is not None else unit.bind(expression, statement)
    name = symbols.mention(text)
    if name.defined_at is not None or name.value is not None:
        if not (again and name.may_change):
            unit.refuse_second(name, *span)
        name = symbols.replace(name)
    name.value = constant
    name.bound = bound
    name.may_change = again
    name.defined_at = statement
    name.start, name.end = span


def _set(again: bool) -> Handler:
    def handle(unit: Unit, statement: Statement, parsed: Parsed) -> None:
        form = f"{parsed.word} name, value"
        check_count(parsed, 2, 2, form)
        target = parsed.operands[0]
        text = name_of(target, form)
        value = expression_of(parsed.operands[1], form)
        assign(unit, statement, text, (target.start, target.end), value, again)

    return handle


def _common(unit: Unit, statement: Statement, parsed: Parsed) -> None:
    form = f"{parsed.word} name, bytes, alignment"
    check_count(parsed, 2, 3, form)
    operands = parsed.operands
    text = name_of(operands[0], form)
    size = number_of(unit, statement, operands[1], form, 0)
    local = parsed.word == ".lcomm"
    alignment = _local_alignment(size) if local else _common_alignment(size)
    if len(operands) == 3:
        alignment = number_of(unit, statement, operands[2], form, 1, 1 << 20)
        if alignment & (alignment - 1):
            raise SourceError(
                f"{alignment} is no usable alignment", operands[2].start, operands[2].end,
                "a power of two, in bytes",
            )  # fmt: skip
    name = unit.symbols.mention(text)
    if text in unit.commons:
        return
    unit.refuse_second(name, operands[0].start, operands[0].end)
    if parsed.word == ".comm":
        name.is_global = True
    name.defined_at = statement
    name.start, name.end = operands[0].start, operands[0].end
    name.size = Bound(Expression((size,), 0, 1, size), (), statement)
    if not local:
        name.is_global = True
    unit.commons[text] = Common(name, size, alignment, statement)


def place_commons(unit: Unit) -> None:
    """Put the storage of all ``.comm`` and ``.lcomm`` at the end of ``.bss``."""
    # The local ones first: GNU as puts them into the section itself, the linker adds the others.
    for common in sorted(unit.commons.values(), key=lambda common: common.name.is_global):
        try:
            _place(unit, common)
        except SourceError as mistake:
            unit.diagnostics.add(common.statement, mistake)


def _place(unit: Unit, common: Common) -> None:
    here = unit.section
    unit.section = unit.enter(".bss", "aw", nobits=True)
    try:
        align(unit, common.alignment, common.statement)
        fragment = unit.section.current
        common.name.fragment, common.name.offset = fragment, len(fragment.data)
        reserve(unit, common.size, common.statement)
    finally:
        unit.section = here


def _common_alignment(size: int) -> int:
    """The alignment that ``.comm`` gives by itself: the next power of two, up to 16."""
    return min(1 << max(size - 1, 0).bit_length(), 16)


def _local_alignment(size: int) -> int:
    """The alignment that ``.lcomm`` gives by itself: the power of two not above `size`, up to 8."""
    return min(1 << max(size, 1).bit_length() - 1, 8)


DIRECTIVES: Mapping[str, Handler] = {
    ".globl": _visible,
    ".global": _visible,
    ".weak": _weak,
    ".local": _local,
    ".type": _type,
    ".size": _size,
    ".set": _set(True),
    ".equ": _set(True),
    ".equiv": _set(False),
    ".eqv": _set(False),
    ".comm": _common,
    ".lcomm": _common,
}
