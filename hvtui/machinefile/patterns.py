"""Regular expressions that an expectation gives for a console's text.

A teacher writes the pattern and a stranger's program prints the text, so a search must never hang. The
`regex` package is Python's `re` with a time limit; a pattern that exceeds it could backtrack for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import regex

# Far more than a pattern needs that does not run away, on any computer and the largest console.
SEARCH_SECONDS = 10.0
MAX_LENGTH = 1000


class PatternError(ValueError):
    """A pattern that is none, or cannot be decided: the `message` and the `remedy`."""

    def __init__(self, message: str, remedy: str = "") -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(message)


@dataclass(frozen=True)
class Pattern:
    """A regular expression in Python's words; ``^`` and ``$`` are the begin and end of a line.

    Raises PatternError when it is made of a `text` that is none.
    """

    text: str

    def __post_init__(self) -> None:
        if len(self.text) > MAX_LENGTH:
            raise PatternError(
                f"the pattern has more than {MAX_LENGTH} characters", "give several patterns"
            )
        assert self._compiled is not None

    @cached_property
    def _compiled(self) -> regex.Pattern[str]:
        try:
            return regex.compile(self.text, regex.MULTILINE | regex.ASCII)
        except (regex.error, OverflowError, RecursionError) as error:
            message = getattr(error, "msg", "it is nested too deeply")
            at = getattr(error, "pos", None)
            place = "" if at is None else f", at character {at + 1}"
            raise PatternError(
                f"{self.text!r} is no regular expression: {message}{place}",
                "write \\ before . * + ? ( ) [ ] { } | ^ $ to mean the character itself",
            ) from error

    def found_in(self, text: str, seconds: float = SEARCH_SECONDS) -> bool:
        """Tell whether the pattern matches anywhere in `text`.

        Raises PatternError if that takes more than `seconds`.
        """
        try:
            return self._compiled.search(text, timeout=seconds) is not None
        except TimeoutError as error:
            raise PatternError(
                f"{self.text!r} takes too long to be looked for",
                "repeat nothing that itself repeats: (a*)* can match in too many ways",
            ) from error
