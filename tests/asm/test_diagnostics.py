"""What a person is told, word for word: each source in `diagnostics/` beside the text it must bring."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from asm import AssemblyError, assemble_text
from asm.assembler.syntax import grammar
from asm.diagnostics import Diagnostic, nearest
from asm.program import Place

FOLDER = Path(__file__).parent / "diagnostics"
SOURCES = sorted(FOLDER.glob("*.s"))


def _told(text: str) -> list[Diagnostic]:
    with pytest.raises(AssemblyError) as caught:
        assemble_text(text)
    return list(caught.value.diagnostics)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_word_for_word(path: Path) -> None:
    with pytest.raises(AssemblyError) as caught:
        assemble_text(path.read_text(encoding="utf-8"), path.name)
    assert str(caught.value) + "\n" == path.with_suffix(".txt").read_text(encoding="utf-8")


def test_no_name_of_the_grammar_reaches_a_person() -> None:
    names = {terminal.name.strip("_") for terminal in grammar().terminals}
    shouted = {name for name in names if len(name) > 2} - {"STRING"}
    for path in SOURCES:
        told = path.with_suffix(".txt").read_text(encoding="utf-8")
        words = set(re.findall(r"[A-Z]{3,}", re.sub(r"(?m)^ *\d+ \|.*$", "", told)))
        assert words & shouted == set()


def test_the_teaching_example() -> None:
    (mistake,) = _told("nop\nnop\n add t1, t2\n")
    assert str(mistake).splitlines() == [
        '<text>:3:2: error: too few operands for "add": 2 given, 3 needed',
        "    3 |  add t1, t2",
        "      |  ^^^",
        "    expected: add rd, rs1, rs2  or  add rd, rs1, imm   e.g. add t1, t2, t3",
    ]


def test_every_mistake_of_a_file_is_told_in_one_run_and_in_order() -> None:
    lines = ["nop", "bad1", "nop", " .bad2", "j undefined", "addi a0, a0, 9999", "x: y z", "x:"]
    assert [mistake.place.line for mistake in _told("\n".join(lines))] == [2, 4, 5, 6, 7, 8]


def test_a_label_before_a_mistake_still_counts() -> None:
    (mistake,) = _told("here: bad a0\n j here\nthere: lw a0, 4[sp]\n j there\n")[:1]
    assert mistake.place.line == 1
    assert len(_told("here: bad a0\n j here\nthere: lw a0, 4[sp]\n j there\n")) == 2


def test_the_same_mistake_in_every_round_of_a_loop_is_told_once() -> None:
    assert len(_told(".rept 100\n bad a0\n.endr\n")) == 1


def test_a_missing_include_does_not_bring_its_names_down_with_it() -> None:
    (mistake,) = _told('.include "lib.s"\n call lib_function\n li a0, LIB_SIZE\n')
    assert "lib.s" in mistake.message


def test_a_missing_include_excuses_its_macros_and_numbers_too() -> None:
    text = '.include "lib.s"\n save_context sp\n.if LIB_SIZE > 4\n nop\n.endif\n adi a0, a0, 1\n'
    assert [mistake.place.line for mistake in _told(text)] == [1, 6]


def test_a_condition_without_an_answer_takes_its_labels_with_it() -> None:
    text = ".if 1 +\nhere: nop\n.else\nthere: nop\n.endif\n j here\n j there\n"
    assert [mistake.place.line for mistake in _told(text)] == [1]


def test_columns_count_through_tabs_and_comments() -> None:
    (mistake,) = _told("\tadd\ta0, /* why */ a1, 5 + q9q # comment\n")
    assert mistake.place == Place("<text>", 1, 28)
    assert str(mistake).splitlines()[2] == "      | " + " " * 38 + "^^^"


def test_a_long_line_shows_the_part_around_the_mark() -> None:
    (mistake,) = _told(".word " + "1, " * 200 + "1 2, " + "1, " * 200 + "1\n")
    excerpt = str(mistake).splitlines()[1:3]
    assert max(map(len, excerpt)) < 180
    assert excerpt[0][excerpt[1].index("^")] == "2"
    assert excerpt[0].count("...") == 2


def test_there_is_a_last_mistake() -> None:
    told = _told("bad\n" * 50_000)
    assert len(told) == 1001
    assert "more mistakes" in told[-1].message


@pytest.mark.parametrize(
    ("word", "known", "found"),
    [
        ("adi", ["add", "addi", "and"], "addi"),
        ("A0", ["x0", "a0"], "a0"),
        ("sectoin", ["section", "action"], "section"),
        ("zzz", ["add", "addi"], ""),
        ("b0", ["x0", "a0", "t0"], ""),
        ("", ["add"], ""),
        ("mian", ["main", "man"], "main"),
        ("x" * 100, ["x" * 99], ""),
    ],
)
def test_nearest(word: str, known: list[str], found: str) -> None:
    assert nearest(word, known) == found
