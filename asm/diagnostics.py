"""What is told to a person about a mistake: place, line, caret, what was expected, a suggestion."""

from __future__ import annotations

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
        return "\n".join(rows + self._chain())

    def _chain(self) -> list[str]:
        """The macro uses that lead here, from the innermost; of a long chain both ends."""
        steps = [f"    in {step.name}, used at {step.place}" for step in reversed(self.expansions)]
        left_out = len(steps) - _LONGEST_CHAIN
        if left_out <= 1:
            return steps
        half = _LONGEST_CHAIN // 2
        return [*steps[:half], f"    ... {left_out} more ...", *steps[-half:]]

    def _excerpt(self) -> list[str]:
        number = f"{self.place.line:>5} | "
        before = self.line[: max(self.place.column - 1, 0)].expandtabs(_TAB)
        text = self.line.expandtabs(_TAB).rstrip()
        start, width = len(before), max(self.width, 1)
        if len(text) > _LONGEST:
            # Only the part around the mark.
            first = max(0, min(start - _LONGEST // 3, len(text) - _LONGEST))
            left = "..." if first else ""
            right = "..." if first + _LONGEST < len(text) else ""
            text = left + text[first : first + _LONGEST] + right
            start += len(left) - first
            width = max(min(width, len(text) - start), 1)
        text = "".join(letter if letter.isprintable() else "?" for letter in text)
        rows = [number + text]
        if self.place.column:
            rows.append(" " * (len(number) - 2) + "| " + " " * start + "^" * width)
        return rows


# Columns of a tab stop, and of the longest line that is shown whole.
_TAB = 8
_LONGEST = 160
# Macro uses that are shown whole.
_LONGEST_CHAIN = 8


class AssemblyError(Exception):
    """A source could not be assembled. `diagnostics` holds every mistake found, in source order."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__("\n".join(str(diagnostic) for diagnostic in self.diagnostics))


class UnusedReplacementError(AssemblyError):
    """A file was to be read in place of another one that the source never includes.

    `names` are such files, as `Options.replace` has them, each with the included one that was
    probably meant, or an empty string.
    """

    def __init__(self, source: str, unused: Iterable[str], included: Sequence[str]) -> None:
        self.names = {name: nearest(name, included) for name in unused}
        super().__init__(
            [
                Diagnostic(
                    Place(source, 0),
                    f'no .include "{name}" to read another file for',
                    expected="the name as the .include writes it",
                    suggestion=meant,
                )
                for name, meant in self.names.items()
            ]
        )


_LONGEST_WORD = 40


def nearest(word: str, known: Iterable[str]) -> str:
    """Return the name of `known` that `word` was probably meant to be, or an empty string.

    That is the one that takes the fewest edits (a letter more, less or other, two letters swapped;
    upper and lower case are alike), if they are few for the word's length.
    """
    wanted = word.lower()
    if not 2 <= len(wanted) <= _LONGEST_WORD:
        return next((name for name in known if name.lower() == wanted and name != word), "")
    best, best_rank = "", (max(len(wanted), 3) // 3 + 1, 0)
    letters = set(wanted)
    for name in known:
        most = best_rank[0]
        if name == word or abs(len(name) - len(wanted)) > most:
            continue
        candidate = name.lower() or " "
        # Two letters have many neighbours; the first one must be right, or both be swapped.
        if len(wanted) == 2 and candidate[:1] != wanted[0] and candidate != wanted[::-1]:
            continue
        # Each letter that the other lacks costs an edit: a cheap bound before the real count.
        if len(letters.difference(candidate)) > most:
            continue
        edits = _edits(wanted, candidate, most)
        # Of equals, the one that begins and ends as the word does.
        rank = (edits, (candidate[0] != wanted[0]) + (candidate[-1] != wanted[-1]))
        if rank < best_rank:
            best, best_rank = name, rank
    return best


def _edits(word: str, other: str, most: int) -> int:
    """Return how many edits lead from `word` to `other`; `most` + 1 stands for any more than `most`.

    The optimal string alignment distance, row by row.
    """
    before: list[int] = []
    row = list(range(len(other) + 1))
    for index, letter in enumerate(word, 1):
        last, before, row = before, row, [index]
        for place, sign in enumerate(other, 1):
            cost = min(before[place] + 1, row[-1] + 1, before[place - 1] + (letter != sign))
            if index > 1 and place > 1 and letter == other[place - 2] and word[index - 2] == sign:
                cost = min(cost, last[place - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return most + 1
    return row[-1]
