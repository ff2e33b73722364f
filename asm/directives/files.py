"""``.incbin``: the bytes of a file."""

from __future__ import annotations

from collections.abc import Mapping

from asm.directives.arguments import Handler, check_count, number_of, text_of
from asm.files import FileError, read_bytes
from asm.source import Statement
from asm.syntax import Parsed
from asm.unit import SourceError, Unit

_FORM = '.incbin "file", skip, count'


def _incbin(unit: Unit, statement: Statement, parsed: Parsed) -> None:
    check_count(parsed, 1, 3, _FORM)
    operands = parsed.operands
    operand = operands[0]
    name = text_of(operand, _FORM)
    skip = number_of(unit, statement, operands[1], _FORM, 0) if len(operands) > 1 else 0
    try:
        found = unit.folders.find(name, statement.source.name if unit.has_folder else None)
        data = read_bytes(found, unit.options.limits.output)
    except FileError as problem:
        raise SourceError(problem.message, operand.start, operand.end, problem.expected) from None
    if skip > len(data):
        raise SourceError(
            f"the file has {len(data)} bytes", operands[1].start, operands[1].end,
            f"0 to {len(data)}",
        )  # fmt: skip
    data = data[skip:]
    if len(operands) > 2:
        count = number_of(unit, statement, operands[2], _FORM, 0)
        if count > len(data):
            raise SourceError(
                f"the file has {len(data)} bytes there", operands[2].start, operands[2].end,
                f"0 to {len(data)}",
            )  # fmt: skip
        data = data[:count]
    unit.emit(data, statement, False)


DIRECTIVES: Mapping[str, Handler] = {".incbin": _incbin}
