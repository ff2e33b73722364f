"""The corpus: sources that use everything the assembler knows, byte for byte as GNU as and ld do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from asm import Options, assemble_file
from asm.assembler.directives import DIRECTIVES, IGNORED
from asm.assembler.expansion import FLOW_WORDS
from asm.assembler.forms import FORMS
from asm.assembler.matching import choose
from asm.assembler.source import HEAD, Source, statements
from asm.assembler.syntax import StatementError, parse_statement
from tests.support.gnu_layout import build, layout_of, needs_gnu

CORPUS = Path(__file__).parent / "corpus"
SOURCES = sorted(CORPUS.glob("*.s"))


@needs_gnu
@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_same_bytes_and_addresses_as_gnu(path: Path, tmp_path: Path) -> None:
    wanted = build(path, tmp_path, (CORPUS,))
    assert layout_of(assemble_file(path)) == wanted


def _corpus_statements() -> list[str]:
    found: list[str] = []
    for path in SOURCES:
        source = Source(path.name, path.read_text(encoding="utf-8"))
        found += [statement.text for statement in statements(source)]
    return found


def test_corpus_has_every_form_of_every_instruction() -> None:
    met: set[str] = set()
    for text in _corpus_statements():
        head = HEAD.match(text)
        if head is None or (head["word"] or "").lower() not in FORMS:
            continue
        try:
            parsed = parse_statement(text)
        except StatementError:
            continue
        form = choose(FORMS[parsed.word], parsed.operands)
        if form is not None:
            met.add(form.text)
    assert {form.text for forms in FORMS.values() for form in forms} - met == set()


def test_corpus_has_every_directive() -> None:
    words = set(re.findall(r"\.[a-z0-9_]+", "\n".join(_corpus_statements()).lower()))
    # Told to be wrong, on purpose, or in a way of their own: see test_diagnostics.
    refused = {".error", ".err", ".fail", ".subsection"}
    # GNU as has these for other machines, or not in the version at hand.
    elsewhere = {
        ".rodata", ".sdata", ".sbss", ".addrsig", ".addrsig_sym", ".elsif", ".endmacro",
        ".variant_cc",
    }  # fmt: skip
    known = {*DIRECTIVES, *FLOW_WORDS, *(word for word in IGNORED if not word.startswith(".cfi_"))}
    assert known - words - refused - elsewhere == set()


def test_ten_thousand_lines_assemble(tmp_path: Path) -> None:
    body = "".join(
        f"l{number}: addi a0, a0, {number % 2048}\n  beqz a0, l{number}\n"
        f"  lw a1, {number % 500}(sp)\n  li t0, {number * 4099}\n  .word l{number}, {number}\n"
        for number in range(2000)
    )
    path = tmp_path / "long.s"
    path.write_text(body, encoding="utf-8")
    program = assemble_file(path, Options(base=0x8000_0000))
    last = program.symbols["l1999"]
    entry = program.lines.at(last.value)
    assert entry is not None
    assert entry.place.line == 1999 * 5 + 1
