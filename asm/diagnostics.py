"""What is told to a person about a mistake: place, line, caret, what was expected, a suggestion."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from asm.program import Expansion, Place


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One mistake in a source.

    `message` says what is wrong; `expected` what would be right (an operand form, a range);
    `suggestion` the name that was probably meant. `line` is the source line as written and `width`
    the number of columns the caret marks. `expansions` leads from the outermost macro use to `place`.
    """

    place: Place
    message: str
    line: str = ""
    width: int = 1
    expected: str = ""
    suggestion: str = ""
    expansions: tuple[Expansion, ...] = ()
    is_warning: bool = False

    def __str__(self) -> str:
        kind = "warning" if self.is_warning else "error"
        rows = [f"{self.place}: {kind}: {self.message}"]
        if self.line.strip():
            rows += self._excerpt()
        if self.expected:
            rows.append(f"    expected: {self.expected}")
        if self.suggestion:
            rows.append(f"    did you mean: {self.suggestion}")
        rows += [f"    in {step.name}, used at {step.place}" for step in reversed(self.expansions)]
        return "\n".join(rows)

    def _excerpt(self) -> list[str]:
        number = f"{self.place.line:>5} | "
        rows = [number + self.line.expandtabs(8).rstrip()]
        if self.place.column:
            before = self.line[: self.place.column - 1].expandtabs(8)
            rows.append(" " * (len(number) - 2) + "| " + " " * len(before) + "^" * max(self.width, 1))
        return rows


class AssemblyError(Exception):
    """A source could not be assembled. `diagnostics` holds every mistake found, in source order."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(str(diagnostic) for diagnostic in self.diagnostics))


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the name of `known` that `word` was probably meant to be, or an empty string."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)), "")
