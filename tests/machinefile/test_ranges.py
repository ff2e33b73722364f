"""Ranges of numbers: every way to write one means what it says."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hvtui.machinefile.ranges import Range, parse_range
from hvtui.machinefile.sizes import SizeError

NUMBERS = st.integers(min_value=0, max_value=1 << 40)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_a_range_holds_the_numbers_between_its_ends(one: int, other: int, number: int) -> None:
    low, high = sorted((one, other))
    assert parse_range(f"{low}..{high}") == Range(low, high)
    for probe in (low, high, number, low - 1, high + 1):
        assert (probe in parse_range(f" {low} .. {high} ")) is (low <= probe <= high)
        assert (probe in parse_range(f"{low}..")) is (probe >= low)
        assert (probe in parse_range(f"..{high}")) is (0 <= probe <= high)


@given(NUMBERS, NUMBERS)
def test_comparisons(bound: int, number: int) -> None:
    assert (number in parse_range(f">={bound}")) is (number >= bound)
    assert (number in parse_range(f"<={bound}")) is (number <= bound)
    assert (number in parse_range(f"> {bound:#x}")) is (number > bound)
    assert (number in parse_range(str(bound))) is (number == bound)
    if bound:
        assert (number in parse_range(f"<{bound:_}")) is (number < bound)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("5", "5"), ("5..9", "5 to 9"), (">=1000", "at least 1,000"), ("<9", "at most 8"), ("0..0", "0")],
)
def test_ranges_in_words(text: str, shown: str) -> None:
    assert str(parse_range(text)) == shown


@pytest.mark.parametrize(
    "text", ["", "..", "a", "5-9", "9..5", "<0", "-1", "1..-1", "1...2", ">=", "=5", "5..9..", "9" * 99]
)
def test_what_is_no_range(text: str) -> None:
    with pytest.raises(SizeError) as caught:
        parse_range(text)
    assert caught.value.remedy
