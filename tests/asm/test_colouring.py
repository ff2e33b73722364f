"""Colouring of source lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asm import highlight


def _shown(line: str) -> list[tuple[str, str]]:
    return [(line[start:end], kind) for start, end, kind in highlight(line)]


@pytest.mark.parametrize(
    ("line", "spans"),
    [
        (
            "loop: 1: addi a0, a1, -0x4 # step",
            [
                ("loop", "label"), ("1", "label"), ("addi", "mnemonic"), ("a0", "register"),
                ("a1", "register"), ("-", "operator"), ("0x4", "number"), ("# step", "comment"),
            ],
        ),
        (
            "  csrw mstatus, t0; lw a0, %lo(x)(sp)",
            [
                ("csrw", "mnemonic"), ("mstatus", "csr"), ("t0", "register"), ("lw", "mnemonic"),
                ("a0", "register"), ("%lo", "modifier"), ("x", "symbol"), ("sp", "register"),
            ],
        ),
        (
            '.asciz "a # b\\"c", \'x\' // end',
            [
                (".asciz", "directive"), ('"a # b\\"c"', "string"), ("'x'", "string"),
                ("// end", "comment"),
            ],
        ),
        ("beqz a0, 1f", [("beqz", "mnemonic"), ("a0", "register"), ("1f", "symbol")]),
        ("size = . - start", [
            ("size", "symbol"), ("=", "operator"), (".", "symbol"), ("-", "operator"),
            ("start", "symbol"),
        ]),
        ('.ascii "open', [(".ascii", "directive"), ('"open', "string")]),
        ("/* a */ nop", [("/* a */", "comment"), ("nop", "mnemonic")]),
        (".section .text, \"ax\", @progbits", [
            (".section", "directive"), (".text", "symbol"), ('"ax"', "string"),
            ("@progbits", "modifier"),
        ]),
        ("", []),
        ("[]", []),
    ],
)  # fmt: skip
def test_spans(line: str, spans: list[tuple[str, str]]) -> None:
    assert _shown(line) == spans


@given(st.text())
def test_any_text_is_taken(line: str) -> None:
    position = 0
    for start, end, _ in highlight(line):
        assert position <= start < end <= len(line)
        position = end
