"""Colouring of source lines: the spans of a line and what each is, by the grammar's own tokens.

It takes any text, wrong as it may be, and never raises.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Literal

from asm.assembler.forms import CSR_NUMBERS
from asm.assembler.syntax import grammar
from asm.isa.registers import REGISTER_NUMBERS

SpanKind = Literal[
    "mnemonic", "register", "directive", "label", "number", "string", "comment", "csr", "symbol",
    "modifier", "operator",
]  # fmt: skip
Span = tuple[int, int, SpanKind]

# The grammar's terminals in the order in which they are tried, and what each is shown as.
_KINDS: dict[str, SpanKind] = {
    "STRING": "string",
    "CHARACTER": "string",
    "MODIFIER": "modifier",
    "AT": "modifier",
    "LOCAL": "symbol",
    "NUMBER": "number",
    "NAME": "symbol",
    "BINARY": "operator",
    "PREFIX": "operator",
    "ASSIGN": "operator",
}


@cache
def _pattern() -> re.Pattern[str]:
    terminals = {terminal.name: terminal.pattern.to_regexp() for terminal in grammar().terminals}
    parts = [r"(?P<COMMENT>\#.*|//.*|/\*.*?(?:\*/|$))", r"(?P<SEPARATOR>;)"]
    parts += [f"(?P<{name}>{terminals[name]})" for name in _KINDS]
    # A string that is not closed yet is a string to the end of the line.
    parts.append(r'(?P<OPEN>".*)')
    return re.compile("|".join(parts))


_COLON = re.compile(r"\s*:")
_EQUALS = re.compile(r"\s*=")


@lru_cache(8192)
def highlight(line: str) -> tuple[Span, ...]:
    """Return the coloured spans of a line: (start, end, kind), in order, columns from 0."""
    spans: list[Span] = []
    kind: SpanKind
    at_start = True
    for found in _pattern().finditer(line):
        name = found.lastgroup or ""
        start, end = found.span()
        if name == "SEPARATOR":
            at_start = True
        elif name == "COMMENT":
            spans.append((start, end, "comment"))
        elif name == "OPEN":
            spans.append((start, end, "string"))
        elif name in ("NAME", "NUMBER") and at_start:
            if _COLON.match(line, end):
                spans.append((start, end, "label"))
                continue
            at_start = False
            kind = _first_word(found[0]) if name == "NAME" else "number"
            spans.append((start, end, "symbol" if _EQUALS.match(line, end) else kind))
        elif name == "NAME":
            spans.append((start, end, _word(found[0])))
        else:
            spans.append((start, end, _KINDS[name]))
    return tuple(spans)


def _first_word(word: str) -> SpanKind:
    return "directive" if word.startswith(".") else "mnemonic"


def _word(word: str) -> SpanKind:
    if word in REGISTER_NUMBERS:
        return "register"
    return "csr" if word in CSR_NUMBERS else "symbol"
