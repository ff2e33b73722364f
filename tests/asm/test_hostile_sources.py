"""Sources that mean no good: each ends in a clear mistake, in bounded time."""

from __future__ import annotations

import pytest

from asm import AssemblyError, Options, Program, assemble_text
from asm.options import Limits

_SMALL = Options(
    limits=Limits(
        output=1 << 16, expanded=2000, expanded_text=1 << 18, statement=1 << 14, diagnostics=50
    )
)


def _first_message(text: str) -> str:
    with pytest.raises(AssemblyError) as caught:
        assemble_text(text, options=_SMALL)
    return caught.value.diagnostics[0].message


def _exponential_macros() -> str:
    steps = (f".macro m{number}\n" + f"m{number - 1}\n" * 10 + ".endm\n" for number in range(1, 12))
    return ".macro m0\nnop\n.endm\n" + "".join(steps) + "m11\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (".rept 1000000000\nnop\n.endr\n", "macros and loops produce more than 2000 statements"),
        (
            ".rept 1000\n.rept 1000\nnop\n.endr\n.endr\n",
            "macros and loops produce more than 2000 statements",
        ),
        (_exponential_macros(), "macros and loops produce more than 2000 statements"),
        (".macro m\nm\n.endm\nm\n", 'macros are nested more than 100 deep at "m"'),
        (".macro m\nm\nm\n.endm\nm\n", 'macros are nested more than 100 deep at "m"'),
        (
            ".macro a\nb\n.endm\n.macro b\na\n.endm\na\n",
            'macros are nested more than 100 deep at "a"',
        ),
        (".macro m x\nm \\x\\x\n.endm\nm aaaaaaaa\n", "the statement grows beyond 16384 characters"),
        (
            ".irp x, " + "y" * 1000 + "\n" + ".globl \\x\n" * 1000 + ".endr\n",
            "macros and loops produce more than 262144 characters",
        ),
        (".word " + "(" * 5000 + "1" + ")" * 5000, "parentheses are nested more than 64 deep"),
        (".word " + "1" * 20000, "the statement is too long"),
        (".word " + "9" * 10000, f'"{"9" * 37}..." does not fit in 64 bits'),
        (".space 1 << 40\n", "1099511627776 more bytes are too many"),
        (".bss\n.space 1 << 30\n", "1073741824 more bytes are too many"),
        (".comm x, 1 << 40\n", "1099511627776 more bytes are too many"),
        (".fill 1 << 40, 8, 1\n", "8796093022208 more bytes are too many"),
        (".org 1 << 40\n", "1099511627776 more bytes are too many"),
        (
            "a: .space 4 & (b - a == 0)\nb:\n",
            "the size of this does not settle: it hangs on addresses that hang on it",
        ),
        (
            "a: .space 2 * (b - a) + 8\nb:\n",
            "the size of this does not settle: it hangs on addresses that hang on it",
        ),
        (".set x, x + 1\n.word x\n", '"x" is defined in terms of itself'),
        ("\0\n", "the character U+0000 cannot stand here"),
        ("/* " * 1000, "the comment is not closed: */ is missing"),
        ('"' * 1001, 'the string is not closed: a " is missing'),
    ],
)
def test_it_is_told_and_ends(text: str, message: str) -> None:
    assert _first_message(text) == message


def _assembled(text: str) -> Program:
    return assemble_text(text)


def test_long_rows_of_operators_are_no_trouble() -> None:
    assert _assembled(".word " + "-" * 30_000 + "5").segments[0].data == b"\5\0\0\0"
    assert _assembled(".word " + "1 + " * 30_000 + "1").segments[0].data == b"\x31\x75\0\0"
    assert _assembled(".word " + "a + " * 3_000 + "1\n.equ a, 1").segments[0].data == b"\xb9\x0b\0\0"


def test_a_long_chain_of_definitions_is_no_trouble() -> None:
    chain = "".join(f".equ s{number + 1}, s{number} + 1\n" for number in range(5000))
    program = _assembled("s0:\n" + chain)
    assert program.symbols["s5000"].value == 0x80000000 + 5000
    program = _assembled(chain + "s0:\n")
    assert program.symbols["s5000"].value == 0x80000000 + 5000


def test_a_chain_that_cannot_be_walked_is_told() -> None:
    chain = "".join(f".equ s{number}, s{number + 1} + 1\n" for number in range(5000))
    text = ".word s0\n" + chain + ".equ s5000, label\nlabel:\n"
    assert "hangs on a chain of more than" in _first_message(text)


def test_ten_thousand_mistakes_and_names() -> None:
    text = "".join(f"  call nam{number}\nname{number}x: bad{number}\n" for number in range(10_000))
    with pytest.raises(AssemblyError) as caught:
        assemble_text(text)
    assert len(caught.value.diagnostics) == 1001
