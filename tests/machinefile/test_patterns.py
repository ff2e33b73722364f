"""Patterns: what is found, what is no pattern, and that no text makes them hang."""

import re

import pytest

from hvtui.machinefile.patterns import MAX_LENGTH, Pattern, PatternError


@pytest.mark.parametrize(
    ("pattern", "text", "is_found"),
    [
        ("", "", True),
        ("ticks: [0-9]+$", "a\nticks: 12\nb", True),
        ("ticks: [0-9]+$", "a\nticks: 12 b", False),
        ("^vm1", "x vm1", False),
        ("a{}", "a{}", True),  # braces that count nothing stand for themselves
        ("a.b", "a\nb", False),
        ("^$", "a\n\nb", True),
        (r"\d", "\N{ARABIC-INDIC DIGIT FIVE}", False),
        (r"\(\)\[\]", "()[]", True),
    ],
)
def test_what_is_found(pattern: str, text: str, is_found: bool) -> None:
    assert Pattern(pattern).found_in(text) is is_found


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("(a", "'(a' is no regular expression: missing ), at character 3"),
        ("a)", "no regular expression"),
        ("[a", "no regular expression"),
        ("*a", "nothing to repeat"),
        ("a\\", "no regular expression"),
        ("[b-a]", "no regular expression"),
        ("(" * 900 + "*", "no regular expression"),
        ("a" * (MAX_LENGTH + 1), "more than 1000 characters"),
    ],
)
def test_what_is_no_pattern(pattern: str, words: str) -> None:
    with pytest.raises(PatternError, match=re.escape(words)):
        Pattern(pattern)


def test_a_search_that_backtracks_without_end_is_given_up() -> None:
    with pytest.raises(PatternError, match="takes too long"):
        Pattern(r"(?:a|aa)+$x|(a+)+\1b").found_in("a" * 5_000, seconds=0.05)
