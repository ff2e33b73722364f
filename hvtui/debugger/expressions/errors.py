"""What is told to a person about an expression that cannot be read, or has no value now."""

from __future__ import annotations

from dataclasses import dataclass

# The most of an expression that is shown around a mark, and of a name in a sentence.
_LONGEST = 100
_LONGEST_NAME = 40


def shown(name: str) -> str:
    """Return what a person wrote in a form for sentences: not too long, and all of it visible."""
    visible = "".join(letter if letter.isprintable() else "?" for letter in name)
    return visible if len(visible) <= _LONGEST_NAME else visible[: _LONGEST_NAME - 3] + "..."


class ExpressionError(ValueError):
    """An expression cannot be read.

    `message` says what is wrong with `text` from column `start` up to `end` (both from 0), `expected`
    what could stand there, `suggestion` the name that was probably meant. As a string it is all of
    that, on several lines, with a caret.
    """

    def __init__(
        self, message: str, text: str, start: int, end: int, expected: str = "", suggestion: str = ""
    ) -> None:
        super().__init__(message)
        self.message = message
        self.text = text
        self.start = start
        self.end = end
        self.expected = expected
        self.suggestion = suggestion

    @property
    def column(self) -> int:
        """Where it is wrong: the column as a person counts, from 1."""
        return self.start + 1

    @property
    def brief(self) -> str:
        """Message and suggestion, for where there is but one line."""
        return self.message + (f"; did you mean {self.suggestion}?" if self.suggestion else "")

    @property
    def hints(self) -> tuple[str, ...]:
        """What could stand there, and what was probably meant: lines below the mark."""
        expected = (f"    expected: {self.expected}",) if self.expected else ()
        return (*expected, f"    did you mean: {self.suggestion}") if self.suggestion else expected

    def __str__(self) -> str:
        return "\n".join((self.message, *self._excerpt(), *self.hints))

    def _excerpt(self) -> tuple[str, ...]:
        text = "".join(letter if letter.isprintable() else "?" for letter in self.text)
        start, width = self.start, max(self.end - self.start, 1)
        if len(text) > _LONGEST:
            # Only the part around the mark.
            first = max(0, min(start - _LONGEST // 3, len(text) - _LONGEST))
            left = "..." if first else ""
            right = "..." if first + _LONGEST < len(text) else ""
            text = left + text[first : first + _LONGEST] + right
            start += len(left) - first
            width = max(min(width, len(text) - start), 1)
        return (f"    {text}", "    " + " " * start + "^" * width) if text.strip() else ()


class EvaluationError(ExpressionError):
    """An expression has no value in the present state of the machine; it may have one later."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The part of an expression's `text` that an error is about."""

    text: str
    start: int
    end: int

    def error(self, message: str, expected: str = "", suggestion: str = "") -> ExpressionError:
        """Return the error that this part cannot be read."""
        return ExpressionError(message, self.text, self.start, self.end, expected, suggestion)

    def no_value(self, message: str) -> EvaluationError:
        """Return the error that this part has no value now."""
        return EvaluationError(message, self.text, self.start, self.end)
