"""An instruction in memory as text in colours."""

from __future__ import annotations

import re

from hvtui.debugger.listing import CodeRow
from hvtui.tui.colouring import coloured
from hvtui.tui.rows import Span

# The address and the bits take eight digits each; a mnemonic is padded to as many.
_DIGITS = 8


# An address that is told with the label there.
_LABELLED = re.compile(r"0x[0-9a-f]+ <([^>]+)>")


def code_spans(code: CodeRow, *, is_here: bool, with_bits: bool) -> tuple[Span, ...]:
    """Return address, bits if there is room for them, mnemonic and operands.

    Without the bits, a label stands for its address.
    """
    bits = f"{code.word:0{_DIGITS}x}  " if with_bits and code.word is not None else " "
    operands = code.operands if with_bits else _LABELLED.sub(r"\1", code.operands)
    return (
        Span(f"{code.address:0{_DIGITS}x} ", "strong" if is_here else "address"),
        Span(bits, "faint"),
        Span(f"{code.text:<{_DIGITS}}", "mnemonic" if code.is_code else "directive"),
        *coloured(operands, operands=True),
    )
