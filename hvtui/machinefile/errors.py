"""Bad input: what is wrong with a file or an option, where, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake.

    `path` names the file as the person did; `line` counts from 1 (0: the whole file) and `text` is
    that line. `key` says which key of a machine file is meant, empty for other files. `remedy` is
    what would be right, empty if there is nothing to add.
    """

    path: str
    message: str
    key: str = ""
    line: int = 0
    column: int = 0
    text: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        place = ":".join([self.path, *(str(n) for n in (self.line, self.column) if n)])
        rows = [f"{place}: error: " + (f"{self.key}: " if self.key else "") + self.message]
        if self.line and self.text.strip():
            number = f"{self.line:>5} | "
            rows.append(number + self.text.expandtabs(8).rstrip())
            if self.column:
                before = len(self.text[: self.column - 1].expandtabs(8))
                rows.append(" " * (len(number) - 2) + "| " + " " * before + "^")
        if self.remedy:
            rows.append(f"    {self.remedy}")
        return "\n".join(rows)


class BadInputError(Exception):
    """Nothing can be loaded from this input. `problems` holds every mistake found, in file order.

    The other attributes are those of the first problem.
    """

    def __init__(self, first: Problem, *others: Problem) -> None:
        self.problems = (first, *others)
        self.path = first.path
        self.key = first.key
        self.line = first.line
        self.message = first.message
        self.remedy = first.remedy
        super().__init__("\n".join(str(problem) for problem in self.problems))
