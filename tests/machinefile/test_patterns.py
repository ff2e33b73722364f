"""Patterns: they find what Python's regular expressions find, and no text makes them hang."""

import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hvtui.machinefile import patterns
from hvtui.machinefile.patterns import Pattern, PatternError

LETTERS = "ab\n.x9 _é"


def _patterns() -> st.SearchStrategy[str]:
    simple = st.sampled_from(
        [
            "a",
            "b",
            "x",
            r"\.",
            ".",
            r"\d",
            r"\W",
            r"\s",
            "[ab]",
            "[^a]",
            "[a-x_]",
            r"[\d.]",
            "é",
            r"\x61",
        ]
    )

    def larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        signs = st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "{,2}", "{1,}", "*?", "+?"])
        return (
            st.builds("{}{}".format, inner, inner)
            | st.builds("({}|{})".format, inner, inner)
            | st.builds("(?:{}){}".format, inner, signs)
            | st.builds("(^{})".format, inner)
            | st.builds("({}$)".format, inner)
        )

    return st.recursive(simple, larger, max_leaves=8)


@given(_patterns(), st.text(alphabet=LETTERS, max_size=12))
def test_finds_what_python_finds(pattern: str, text: str) -> None:
    expected = re.search(pattern, text, re.MULTILINE | re.ASCII) is not None
    assert Pattern(pattern).found_in(text) is expected


@pytest.mark.parametrize(
    ("pattern", "text", "is_found"),
    [
        ("", "", True),
        ("ticks: [0-9]+$", "a\nticks: 12\nb", True),
        ("ticks: [0-9]+$", "a\nticks: 12 b", False),
        ("^vm1", "x vm1", False),
        ("a{}", "a{}", True),  # braces that count nothing stand for themselves
        ("[]a]", "]", True),
        ("[a-]", "-", True),
        ("a|", "zzz", True),
        ("^$", "a\n\nb", True),
        (r"\(\)\[\]", "()[]", True),
    ],
)
def test_special_cases(pattern: str, text: str, is_found: bool) -> None:
    assert Pattern(pattern).found_in(text) is is_found


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("(a", "a ( has no )"),
        ("a)", "a ) without its ("),
        ("[a", "a [ has no ]"),
        ("*a", "nothing to repeat"),
        ("a|*", "nothing to repeat"),
        ("^*", "nothing to repeat"),
        ("a**", "two repetitions"),
        ("a{3,2}", "3 to 2 times"),
        ("(?=a)", "not known here"),
        (r"(a)\1", "not known here"),
        (r"\ba", "not known here"),
        ("a\\", "stands at the end"),
        ("[b-a]", "no range"),
        ("(a{100}){100}", "too large"),
        ("(((a{99}){99}){99}){99}", "too large"),
        ("(" * 60 + ")" * 60, "nested"),
    ],
)
def test_what_is_no_pattern(pattern: str, words: str) -> None:
    with pytest.raises(PatternError, match=re.escape(words)):
        Pattern(pattern)


def test_no_text_takes_long() -> None:
    """What makes a backtracking search hang for ever is found, or not, at once."""
    assert not Pattern("(a*)*b").found_in("a" * 50_000)
    assert not Pattern("(a|a?)+$x").found_in("a" * 50_000)


def test_a_search_gives_up_on_a_pattern_made_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "MAX_WORK", 1000)
    text = "".join(random.Random(1).choices("ab", k=5000))
    with pytest.raises(PatternError, match="too long"):
        Pattern("(a|b)*a(a|b){12}c").found_in(text)
