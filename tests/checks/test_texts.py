"""Where two texts part, told in a line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hvtui.checks.texts import first_difference, quote


@pytest.mark.parametrize(
    ("expected", "seen", "told"),
    [
        ("a\nb\n", "a\nc\n", ('line 2 "b"', '"c"')),
        ("a\n", "", ('line 1 "a\\n"', "nothing")),
        ("", "a\n", ("nothing", 'line 1 "a\\n"')),
        ("a\n", "a\nb\nc\n", ("the end after line 1", 'line 2 "b\\n"')),
        ("a\nb\n", "a\n", ('line 2 "b\\n"', "the end before it")),
        ("a", "a\n", ('line 1 "a"', '"a\\n"')),
        ("a\tb", "a b\x1b[2J", ('line 1 "a\\tb"', '"a b\N{REPLACEMENT CHARACTER}[2J"')),
    ],
)
def test_the_first_difference(expected: str, seen: str, told: tuple[str, str]) -> None:
    assert first_difference(expected, seen) == told


def test_of_long_lines_the_part_that_differs_is_shown() -> None:
    expected, seen = "x" * 500 + "a" + "y" * 500, "x" * 500 + "b" + "y" * 500
    wanted, got = first_difference(expected, seen)
    assert "a" in wanted
    assert "b" in got
    assert max(len(wanted), len(got)) < 100


@given(st.text(max_size=300), st.text(max_size=300))
def test_it_is_always_a_line_that_a_terminal_can_show(expected: str, seen: str) -> None:
    told = first_difference(expected, seen)
    assert all(text.isprintable() and len(text) < 170 for text in told)
    assert (told[0] == told[1]) <= (expected == seen)
    assert quote(expected).isprintable()
