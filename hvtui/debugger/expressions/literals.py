"""Numbers and characters as they are written in expressions."""

from __future__ import annotations

import re

from asm.assembler.syntax import StatementError, string_bytes
from hvtui.debugger.expressions.errors import Mark, shown
from hvtui.debugger.expressions.kinds import WIDE

_FORMS = (
    (re.compile(r"0[xX]((?:_?[0-9a-fA-F])+)"), 16),
    (re.compile(r"0[bB]((?:_?[01])+)"), 2),
    (re.compile(r"0[oO]?((?:_?[0-7])+)"), 8),
    (re.compile(r"([1-9](?:_?[0-9])*|0)"), 10),
)


def number(text: str, mark: Mark) -> int:
    """Return the number that `text` writes. Raises ExpressionError."""
    for form, radix in _FORMS:
        found = form.fullmatch(text)
        if found is not None:
            digits = found[1].replace("_", "").lstrip("0") or "0"
            # More digits than a number of 64 bits has in base 2 need not be converted.
            value = int(digits, radix) if len(digits) <= WIDE.bits else WIDE.mask + 1
            if value > WIDE.mask:
                raise mark.error(f'"{shown(text)}" does not fit in 64 bits')
            return value
    raise mark.error(
        f'"{shown(text)}" is not a number',
        expected="10, 0x1f, 0b101, octal 017, with _ between digits if you like",
    )


def character(text: str, mark: Mark) -> int:
    """Return the code of a character in quotes, escapes as in assembly. Raises ExpressionError."""
    inner = text[1:-1]
    try:
        data = b'"' if inner == '"' else string_bytes(f'"{inner}"')
    except StatementError as error:
        raise mark.error(error.message) from None
    if len(data) != 1:
        raise mark.error(f"{shown(text)} is more than one byte", expected="one ASCII character")
    return data[0]
