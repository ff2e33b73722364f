"""Lessons as lines: what Markdown becomes at each width, and what its links lead to."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from hvtui.machinefile.samples import list_samples
from hvtui.tui.lesson.links import Leads, Target, target_of
from hvtui.tui.lesson.page import Page
from hvtui.tui.lesson.rendering import parse, render

LESSONS = [sample.lesson for sample in list_samples() if sample.lesson is not None]
SIGNS = st.sampled_from(
    ["#", "* ", "- ", "1. ", "> ", "`", "```\n", "|", "\n", "\n\n", " ", "    ", "\t", "**", "_", "[",
     "]", "(", ")", "<hv:step>", "hv:", "](hv:continue)", "|-|-|\n", "<b>", "</b>", "<!--", "-->",
     "&#27;", "\x1b[2J", "\0", "\x85", "\u200b", "\u202e", "\xa0", "漢字", "\U0001f469\u200d", "word",
     "![", "\\", "---\n", "!"]
)  # fmt: skip


def page(text: str, width: int = 40, *, has_machine: bool = True) -> Page:
    return render(parse(text), width, has_machine=has_machine)


def lines(text: str, width: int = 40) -> list[str]:
    return [line.row.text.rstrip() for line in page(text, width).lines]


def test_headings_are_told_apart_without_colours() -> None:
    assert lines("# One\n\n## Two\n\n### Three\n\ntext", 12) == [
        "One", "━" * 12, "", "Two ────────", "", "Three", "", "text",
    ]  # fmt: skip


def test_paragraphs_break_between_words_and_hard_breaks_stay() -> None:
    assert lines("one two three\nfour `five six`  \nseven", 14) == [
        "one two three",
        "four five six",
        "seven",
    ]


def test_words_longer_than_a_line_are_broken() -> None:
    assert lines("a 0123456789abcdef b", 10) == ["a", "0123456789", "abcdef b"]


def test_lists_hang_from_their_signs() -> None:
    assert lines("9. nine nine nine\n10. ten\n    - a\n    - b", 14) == [
        " 9. nine nine", "    nine", "10. ten", "    • a", "    • b",
    ]  # fmt: skip


def test_items_with_several_paragraphs_are_set_apart() -> None:
    assert lines("- one\n\n- two") == ["• one", "", "• two"]


def test_quotes_and_rules() -> None:
    assert lines("> a\n\n---\n", 10) == ["▌ a", "", "─" * 10]


def test_code_keeps_its_blanks_and_goes_on_to_the_right() -> None:
    assert lines("    a   b\n      c", 20) == ["  a   b", "    c"]
    assert lines("```sh\nhvtui run samples/one --json\n```", 26) == [
        "  hvtui run samples/one",
        "    --json",
    ]


TABLE = "| bit | class | what |\n| --: | --- | --- |\n| 0 | `rdstatus` | breaks |\n| 17 | | nothing |\n"


def test_a_table_that_fits_has_columns() -> None:
    assert lines(TABLE) == [
        "bit  class     what",
        "──────────────────────",
        "  0  rdstatus  breaks",
        " 17            nothing",
    ]


def test_a_table_that_does_not_fit_becomes_entries() -> None:
    assert lines(TABLE, 18) == [
        "▪ bit: 0 · class:", "  rdstatus · what:", "  breaks",
        "▪ bit: 17 · what:", "  nothing",
    ]  # fmt: skip


def test_tags_are_left_out_and_what_stands_between_them_is_shown() -> None:
    assert lines("a <b>c</b>\n\n<div>\nd\n</div>\n\n<!-- e -->\n\nf") == ["a c", "", "d", "", "f"]


def test_control_characters_become_pictures() -> None:
    assert lines("a\x1b[2Jb &#27;c") == ["a␛[2Jb \N{REPLACEMENT CHARACTER}c"]


def test_links_have_signs_and_targets() -> None:
    text = (
        "[set it](<hv:break trap ecall-u>), [look](<hv:pane bitmap>), [sp](<hv:memory sp+4>), "
        "[more](../02-b/LESSON.md#two), [code](exits.s), [site](https://example.org), "
        "[https://example.org](https://example.org)"
    )
    drawn = page(text, 100)
    assert " ".join(line.row.text for line in drawn.lines) == (
        "▸set it, ▸look, ▸sp, »more, code, site (https://example.org), https://example.org"
    )
    assert drawn.links == (
        Target(Leads.COMMAND, "break trap ecall-u"),
        Target(Leads.PANE, "bitmap", "bitmap"),
        Target(Leads.ADDRESS, "sp+4", "memory"),
        Target(Leads.LESSON, "../02-b/LESSON.md"),
    )


def test_a_short_link_stays_in_one_line_and_a_long_one_goes_on_in_the_next() -> None:
    drawn = page("some words [set it up](hv:step) more", 18)
    assert [line.row.text for line in drawn.lines] == ["some words", "▸set it up more"]
    assert drawn.places == ((1, 1),)
    drawn = page("some words [set a breakpoint on the way](hv:step) more", 18)
    assert [line.row.text for line in drawn.lines] == [
        "some words ▸set a",
        "breakpoint on the",
        "way more",
    ]
    assert drawn.places == ((0, 2),)


def test_firm_blanks_hold_words_together() -> None:
    assert lines("one two\xa0three", 10) == ["one", "two three"]


def test_in_a_lesson_of_another_machine_only_links_to_lessons_lead_anywhere() -> None:
    drawn = page("[go](hv:continue) [more](a.md)", has_machine=False)
    assert drawn.links == (Target(Leads.LESSON, "a.md"),)


@pytest.mark.parametrize(
    "href", ["hv:", "hv:a%0Acontinue", "hv:a%1b[2J", "hv:" + "x" * 1000, "#part", "", "%FF"]
)
def test_links_that_cannot_be_meant_lead_nowhere(href: str) -> None:
    assert target_of(href).leads is Leads.NOWHERE


@pytest.mark.parametrize(
    "line",
    [
        "save log -force x.csv", "sav log x.csv", "commands 1 save log x.csv", "comm 1", "quit",
        "reload", "assert 0",
    ],
)  # fmt: skip
def test_links_write_no_files_and_leave_nothing_to_be_done_later(line: str) -> None:
    assert target_of(f"hv:{line}").leads is Leads.NOWHERE


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,a", "//h/a.s"]
)
def test_links_out_of_the_terminal_lead_nowhere_in_it(href: str) -> None:
    assert not target_of(href).is_live


def test_places_in_the_markdown_are_found_again_at_another_width() -> None:
    text = "# One\n\n" + "word " * 50 + "\n\n## Two\n\ntext\n"
    for width in (20, 60):
        drawn = page(text, width)
        index = drawn.line_from(4)
        assert drawn.lines[index].row.text.startswith("Two ")
        assert drawn.lines[index].source == 4


@pytest.mark.parametrize("width", [38, 58, 78, 120, 200])
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.parent.name)
def test_the_lessons_fit_every_width(lesson: Path, width: int) -> None:
    drawn = page(lesson.read_text(encoding="utf-8"), width)
    assert max(line.row.width for line in drawn.lines) <= width
    assert len(drawn.lines) > 20


@given(st.lists(SIGNS | st.text(max_size=4), max_size=60).map("".join), st.integers(0, 120))
def test_any_text_is_drawn(text: str, width: int) -> None:
    drawn = page(text, width)
    for line in drawn.lines:
        shown = line.row.text
        assert shown.isprintable()
        # Within many lists there may be less room than a word needs.
        assert cell_len(shown) <= max(width, 8) + 100
    for (first, last), target in zip(drawn.places, drawn.links, strict=True):
        assert -1 <= first <= last < len(drawn.lines)
        assert target.is_live


@pytest.mark.parametrize(
    "text",
    [
        *("[" * 20_000, "> " * 5000, "*a **b " * 3000, "- " * 5000, "<!--" * 5000, "`" * 9999 + "a"),
        "\n".join("  " * depth + "- a" for depth in range(200)),
        "|a" * 2000 + "\n" + "|-" * 2000 + "\n" + "|b" * 2000,
    ],
    ids=range(8),
)
def test_deep_and_wide_text_is_drawn(text: str) -> None:
    assert isinstance(page(text), Page)
