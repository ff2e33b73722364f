"""Texts compared and shown in one line: where they part, in words."""

from __future__ import annotations

from itertools import zip_longest

from asm.objects.image import printable

_LONGEST = 72


def quote(text: str) -> str:
    """Return a text in quotes, whatever it holds, in a line; the middle of a long one is left out."""
    shown = text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    shown = printable(shown)
    if len(shown) > _LONGEST:
        half = _LONGEST // 2
        shown = f"{shown[:half]}…{shown[-half:]}"
    return f'"{shown}"'


def first_difference(expected: str, seen: str) -> tuple[str, str]:
    """Say where two different texts part: what the one has there, and what the other."""
    for index, (ours, theirs) in enumerate(zip_longest(_lines(expected), _lines(seen))):
        if ours is None:
            end = f"the end after line {index}" if index else "nothing"
            return end, f"line {index + 1} {quote(theirs)}"
        if theirs is None:
            return f"line {index + 1} {quote(ours)}", "the end before it" if index else "nothing"
        if ours != theirs:
            line, other = ours.removesuffix("\n"), theirs.removesuffix("\n")
            if line == other:
                # Only the end of the line is missing, so it has to be shown.
                return f"line {index + 1} {quote(ours)}", quote(theirs)
            column = _column(line, other)
            return f"line {index + 1} {_around(line, column)}", _around(other, column)
    return "the same text", "the same text"


def _lines(text: str) -> list[str]:
    *lines, last = text.split("\n")
    return [f"{line}\n" for line in lines] + ([last] if last else [])


def _column(line: str, other: str) -> int:
    """Return the index of the first character in which two lines differ."""
    pairs = enumerate(zip(line, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(line), len(other)))


def _around(line: str, column: int) -> str:
    """Quote a line, of a long one the part around the column."""
    if len(line) <= _LONGEST:
        return quote(line)
    start = max(0, min(column - _LONGEST // 2, len(line) - _LONGEST + 2))
    part = line[start : start + _LONGEST - 2]
    after = "…" if start + len(part) < len(line) else ""
    return quote(("…" if start else "") + part + after)
