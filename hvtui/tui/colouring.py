"""Colours for source text, by the assembler's own tokens."""

from __future__ import annotations

from functools import lru_cache

from asm.assembler.colouring import highlight
from hvtui.tui.rows import Span

# What the assembler calls a token, and the style it gets. The rest is plain.
_STYLES = {
    "mnemonic": "mnemonic",
    "register": "register",
    "csr": "register",
    "directive": "directive",
    "label": "label",
    "number": "number",
    "modifier": "number",
    "string": "string",
    "comment": "comment",
}

# Stands for the mnemonic in front of operands that are shown without it.
_ANY_MNEMONIC = "j "


@lru_cache(maxsize=8192)
def coloured(text: str, *, operands: bool = False) -> tuple[Span, ...]:
    """Return the spans of a line of source, or of an instruction's `operands` alone."""
    before = _ANY_MNEMONIC if operands else ""
    line = before + text.expandtabs(8)
    spans: list[Span] = []
    position = len(before)
    for start, end, kind in highlight(line):
        if end <= position:
            continue
        if start > position:
            spans.append(Span(line[position:start]))
        spans.append(Span(line[max(start, position) : end], _STYLES.get(kind, "")))
        position = end
    if position < len(line):
        spans.append(Span(line[position:]))
    return tuple(spans)
