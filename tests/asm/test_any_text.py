"""Whatever the text: a program comes of it, or mistakes with a place; nothing else."""

from __future__ import annotations

import random
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from asm import AssemblyError, Options, assemble_text
from asm.diagnostics import Diagnostic
from asm.options import Limits

_OPTIONS = Options(limits=Limits(output=1 << 16, expanded=3000, expanded_text=1 << 17))
_CORPUS = Path(__file__).parent / "corpus"
_LINES = [line for path in sorted(_CORPUS.glob("*.s")) for line in path.read_text("utf-8").splitlines()]
_WORDS = (
    *"()[]{},;:.+-*/%<>=!&|^~@#$'\"\\", "\n", " ", "\t", "0x", "1f", "1b", "a0", "sp", "%lo", "%hi(",
    ".macro", ".endm", ".rept", ".endr", ".if", ".else", ".endif", ".irp", ".set", ".org", ".align",
    "\\x", "\\@", "é", "\0", "99999999999999999999", ".insn", ".insn r ", ".section", ".", "/*", "*/",
    ".exitm", ".end", ".include", ".space", ".ifc", ".purgem", ".weak", ".comm", "0b", "'", "''",
)  # fmt: skip


def _check(text: str) -> None:
    told: tuple[Diagnostic, ...] = ()
    try:
        program = assemble_text(text, options=_OPTIONS)
    except AssemblyError as error:
        told = error.diagnostics
    else:
        assert program.end - program.base <= (1 << 16) + (1 << 20)
        return
    lines = text.count("\n") + 1
    assert told
    for diagnostic in told:
        assert diagnostic.message
        assert 1 <= diagnostic.place.line <= lines
        assert str(diagnostic)


def _spoilt(seed: int) -> str:
    """Return a few lines of the corpus with some characters lost, doubled, swapped or replaced."""
    chance = random.Random(seed)
    start = chance.randrange(len(_LINES))
    text = list("\n".join(_LINES[start : start + chance.randint(1, 40)]))
    for _ in range(chance.randint(1, 12)):
        place = chance.randrange(len(text) + 1)
        if chance.random() < 0.5 and place < len(text):
            del text[place : place + chance.randint(1, 3)]
        else:
            text.insert(place, chance.choice(_WORDS))
    return "".join(text)


@settings(max_examples=150, deadline=None)
@given(st.text())
def test_text(text: str) -> None:
    _check(text)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(_WORDS), max_size=40).map("".join))
def test_words_of_the_language_in_no_order(text: str) -> None:
    _check(text)


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 1 << 40))
def test_spoilt_sources(seed: int) -> None:
    _check(_spoilt(seed))
