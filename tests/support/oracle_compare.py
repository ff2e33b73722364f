"""Compares what a program printed on two machines, line by line and value by value.

The programs of the differential tests print lines of words and of `name=value` fields, under titles
that begin with ``==``. A value that differs has to be explained by one of the known differences,
each of which says what exactly the other machine does and what ours does instead.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher

_FIELD = re.compile(r"(\w+)=([0-9a-f]{8})")
_ANY_BUT_EPC = re.compile(r"(?<!epc=)\b[0-9a-f]{8}\b")
_SHOWN = 12
"""How many differences a report prints."""


@dataclass(frozen=True)
class Spot:
    """A place where the two texts differ: one field of a line, or one word that is not a field.

    For a word, `name` is empty and the values are 0. `fields` are all fields of our line, `head` the
    words before the first field; `instruction` is the word at our epc, if there is one.
    """

    title: str
    line: str
    other_line: str
    name: str = ""
    ours: int = 0
    theirs: int = 0
    word: str = ""
    other_word: str = ""
    instruction: int | None = None

    @property
    def fields(self) -> Mapping[str, int]:
        return {name: int(value, 16) for name, value in _FIELD.findall(self.line)}

    @property
    def other_fields(self) -> Mapping[str, int]:
        return {name: int(value, 16) for name, value in _FIELD.findall(self.other_line)}

    @property
    def head(self) -> str:
        return self.line.split("=")[0].rpartition(" ")[0].strip()


@dataclass(frozen=True)
class Difference:
    """A known difference: `why` says who is right by what; `explains` judges one spot."""

    key: str
    why: str
    explains: Callable[[Spot], bool]


@dataclass
class Comparison:
    """The differences found: those that nothing explains, and which known ones were met."""

    unexplained: list[Spot] = field(default_factory=list)
    met: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        parts = [f"{len(self.unexplained)} differences that nothing explains"]
        for spot in self.unexplained[:_SHOWN]:
            what = f"  {spot.name}: ours {spot.ours:08x}, theirs {spot.theirs:08x}" if spot.name else ""
            parts.append(f"== {spot.title}\n  ours   {spot.line}\n  theirs {spot.other_line}\n{what}")
        return "\n".join(parts)


def compare(
    ours: str, theirs: str, known: Sequence[Difference], word_at: Callable[[int], int | None]
) -> Comparison:
    """Compare our text with the other machine's. `word_at` reads the program they ran."""
    result = Comparison()
    for bare in _spots(ours, theirs):
        spot = replace(bare, instruction=word_at(bare.fields.get("epc", 0)))
        key = next((each.key for each in known if each.explains(spot)), None)
        if key is None:
            result.unexplained.append(spot)
        else:
            result.met[key] = result.met.get(key, 0) + 1
    return result


def _spots(ours: str, theirs: str) -> Iterator[Spot]:
    sections, others = dict(_sections(ours)), dict(_sections(theirs))
    for title in dict.fromkeys((*sections, *others)):
        for line, other in _aligned(sections.get(title, []), others.get(title, [])):
            if line != other:
                yield from _line_spots(title, line, other)


def _line_spots(title: str, line: str, other: str) -> Iterator[Spot]:
    fields, others = _FIELD.findall(line), _FIELD.findall(other)
    words, other_words = _FIELD.sub("=", line).split(), _FIELD.sub("=", other).split()
    if [name for name, _ in fields] != [name for name, _ in others] or len(words) != len(other_words):
        yield Spot(title, line, other, word=line, other_word=other)
        return
    for (name, value), (_, other_value) in zip(fields, others, strict=True):
        if value != other_value:
            yield Spot(title, line, other, name, int(value, 16), int(other_value, 16))
    for word, other_word in zip(words, other_words, strict=True):
        if word != other_word:
            yield Spot(title, line, other, word=word, other_word=other_word)


def _sections(text: str) -> Iterator[tuple[str, list[str]]]:
    """Yield titles, numbered where they repeat, and their lines."""
    title, lines, seen = "(before the first title)", list[str](), dict[str, int]()
    for line in text.splitlines():
        if not line.startswith("== "):
            lines.append(line.rstrip())
            continue
        yield title, lines
        name = line.removeprefix("== ")
        seen[name] = seen.get(name, 0) + 1
        title, lines = name if seen[name] == 1 else f"{name} ({seen[name]})", []
    yield title, lines


def _aligned(ours: Sequence[str], theirs: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Pair the lines; where their number differs, by shape and epc: one more line is one spot."""
    if len(ours) == len(theirs):
        yield from zip(ours, theirs, strict=True)
        return
    matcher = SequenceMatcher(None, _shapes(ours), _shapes(theirs), autojunk=False)
    for _, start, end, other_start, other_end in matcher.get_opcodes():
        mine, other = ours[start:end], theirs[other_start:other_end]
        for index in range(max(len(mine), len(other))):
            yield (
                mine[index] if index < len(mine) else "(no line)",
                other[index] if index < len(other) else "(no line)",
            )


def _shapes(lines: Iterable[str]) -> list[str]:
    return [_ANY_BUT_EPC.sub("#", line) for line in lines]
