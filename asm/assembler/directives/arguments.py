"""What the directives' handlers share: taking operands apart, with errors that name the form."""

from __future__ import annotations

from collections.abc import Callable

from asm.assembler.expression import Expression
from asm.assembler.source import Statement
from asm.assembler.syntax import Attribute, Memory, Operand, Parsed, Skipped, Text
from asm.assembler.unit import SourceError, Unit

Handler = Callable[[Unit, Statement, Parsed], None]


def check_count(parsed: Parsed, least: int, most: int, form: str) -> None:
    """Raise SourceError unless there are `least` to `most` operands; `form` says what is right."""
    given = len(parsed.operands)
    if given < least:
        raise SourceError(f'too few operands for "{parsed.word}"', parsed.start, parsed.end, form)
    if given > most:
        surplus = parsed.operands[most]
        raise SourceError(
            f'too many operands for "{parsed.word}"', surplus.start, parsed.operands[-1].end, form
        )


def expression_of(operand: Operand, form: str) -> Expression:
    """Return the operand as an expression. Raises SourceError."""
    if isinstance(operand, Expression):
        if operand.modifier:
            raise SourceError(
                f"{operand.modifier} belongs into an instruction",
                operand.start,
                operand.start + len(operand.modifier),
                form,
            )
        return operand
    if isinstance(operand, Skipped):
        raise SourceError("an operand is left out here", operand.start, operand.end, form)
    what = "a string"
    if isinstance(operand, Memory):
        what = "an address with a register"
    elif isinstance(operand, Attribute):
        what = f'"{operand.name}"'
    raise SourceError(f"{what} cannot stand here", operand.start, operand.end, form)


def number_of(
    unit: Unit,
    statement: Statement,
    operand: Operand,
    form: str,
    least: int = -(1 << 63),
    most: int = (1 << 63) - 1,
) -> int:
    """Return the operand as a number that is known at this line. Raises SourceError."""
    expression = expression_of(operand, form)
    value = unit.number_now(expression, statement)
    if not least <= value <= most:
        raise SourceError(
            f"{value} is out of range", expression.start, expression.end, f"{least} to {most}"
        )
    return value


def text_of(operand: Operand, form: str) -> str:
    """Return the operand as a string. Raises SourceError."""
    if not isinstance(operand, Text):
        raise SourceError("a string is needed here", operand.start, operand.end, form)
    return operand.data.decode("utf-8", "surrogateescape")


def name_of(operand: Operand, form: str) -> str:
    """Return the operand as a name. Raises SourceError."""
    if isinstance(operand, Expression) and operand.name and operand.name[0] not in "0123456789":
        return operand.name
    raise SourceError("a name is needed here", operand.start, operand.end, form)
