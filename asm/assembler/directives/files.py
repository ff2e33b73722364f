"""``.incbin``: the bytes of a file."""

from __future__ import annotations

from collections.abc import Mapping

from asm.assembler.directives.arguments import Handler, check_count, number_of, text_of
from asm.assembler.files import FileError, file_size, read_bytes
from asm.assembler.source import Statement
from asm.assembler.syntax import Operand, Parsed
from asm.assembler.unit import SourceError, Unit

_FORM = '.incbin "file", skip, count'


def _incbin(unit: Unit, statement: Statement, parsed: Parsed) -> None:
    check_count(parsed, 1, 3, _FORM)
    operands = parsed.operands
    operand = operands[0]
    name = text_of(operand, _FORM)
    skip = count = 0
    try:
        found = unit.folders.find(name, statement.source.name if unit.has_folder else None)
        rest = file_size(found)
        if len(operands) > 1:
            skip = _within(unit, statement, operands[1], rest)
            rest -= skip
        count = rest
        if len(operands) > 2:
            count = _within(unit, statement, operands[2], rest)
        # Told before a byte is read.
        unit.check_room(count, statement)
        data = read_bytes(found, skip, count)
    except FileError as problem:
        raise SourceError(problem.message, operand.start, operand.end, problem.expected) from None
    unit.emit(data, statement, False)


def _within(unit: Unit, statement: Statement, operand: Operand, size: int) -> int:
    """Return a number that may be no more than the `size` that the file has left."""
    number = number_of(unit, statement, operand, _FORM, 0)
    if number > size:
        raise SourceError(
            f"{number} bytes are more than the file has", operand.start, operand.end, f"0 to {size}"
        )
    return number


DIRECTIVES: Mapping[str, Handler] = {".incbin": _incbin}
