"""Numbers that are right: exactly one, or from here to there: ``5``, ``5..9``, ``>=1``."""

from __future__ import annotations

from dataclasses import dataclass

from hvtui.machinefile.sizes import SizeError, parse_number

_FORMS = 'write it as 5, "5..9", "5..", "..9", ">=5", ">5", "<=9" or "<9"'


@dataclass(frozen=True, slots=True)
class Range:
    """The whole numbers from `low` to `high`, both included; without a `high` there is no end."""

    low: int = 0
    high: int | None = None

    def __contains__(self, number: int) -> bool:
        return self.low <= number and (self.high is None or number <= self.high)

    def __str__(self) -> str:
        if self.high is None:
            return f"at least {self.low:,}"
        if self.low == self.high:
            return f"{self.low:,}"
        return f"{self.low:,} to {self.high:,}" if self.low else f"at most {self.high:,}"


def exactly(number: int) -> Range:
    """Return the range that holds one number."""
    return Range(number, number)


def parse_range(text: str) -> Range:
    """Return the range that a text like ``5..9`` or ``>=1`` means.

    Raises SizeError for anything else, for negative numbers, and for a range that holds no number.
    """
    short = text.strip()
    low, dots, high = short.partition("..")
    if dots:
        if not (low.strip() or high.strip()):
            raise SizeError(f"{text[:40]!r} says neither end", _FORMS)
        found = Range(
            _count(low, text) if low.strip() else 0, _count(high, text) if high.strip() else None
        )
    elif short.startswith(">="):
        found = Range(_count(short[2:], text))
    elif short.startswith("<="):
        found = Range(0, _count(short[2:], text))
    elif short.startswith(">"):
        found = Range(_count(short[1:], text) + 1)
    elif short.startswith("<"):
        found = Range(0, _count(short[1:], text) - 1)
    else:
        found = exactly(_count(short, text))
    if found.high is not None and found.high < found.low:
        raise SizeError(f"{text[:40]!r} holds no number", "give the smaller number first")
    return found


def _count(part: str, text: str) -> int:
    try:
        number = parse_number(part.strip())
    except SizeError as error:
        raise SizeError(f"{text[:40]!r} is not a range of numbers", _FORMS) from error
    if number < 0:
        raise SizeError(f"{text[:40]!r} has a negative number", _FORMS)
    return number
