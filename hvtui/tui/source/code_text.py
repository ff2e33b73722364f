"""An instruction in memory as text in colours."""

from __future__ import annotations

from hvtui.debugger.listing import CodeRow
from hvtui.tui.colouring import coloured
from hvtui.tui.rows import Span

# The address and the bits take eight digits each; a mnemonic is padded to as many.
_DIGITS = 8


def code_spans(code: CodeRow, *, is_here: bool, with_bits: bool) -> tuple[Span, ...]:
    """Return address, bits if there is room for them, mnemonic and operands."""
    bits = f"{code.word:0{_DIGITS}x}  " if with_bits and code.word is not None else " "
    return (
        Span(f"{code.address:0{_DIGITS}x} ", "strong" if is_here else "address"),
        Span(bits, "faint"),
        Span(f"{code.text:<{_DIGITS}}", "mnemonic" if code.is_code else "directive"),
        *coloured(code.operands, operands=True),
    )
