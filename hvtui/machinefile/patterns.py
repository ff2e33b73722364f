"""Regular expressions that are found, or not, in time proportional to the text, whatever the text.

A teacher writes the pattern and a stranger's program prints the text, so a search must never hang: no
backtracking. A pattern becomes a nondeterministic automaton (Thompson); the deterministic one is made
while the text is read, and only as far as that text needs it.

The language is the common part of all regular expressions, as Python writes it: ``.``, ``[a-z]``,
``\\d \\w \\s`` and their opposites (ASCII), ``* + ? {2,5}``, ``( )``, ``|``, and ``^`` and ``$`` for
the begin and end of a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias

# The states a pattern may have: what one character of the text costs at worst.
MAX_STATES = 1000
# The states a search may visit, some seconds' worth; only patterns made for it need so many.
MAX_WORK = 10_000_000
_MAX_DEPTH = 50
# Steps of the deterministic automaton that are remembered before it begins anew.
_MAX_REMEMBERED = 20_000

_LAST = 0x10FFFF
Ranges: TypeAlias = tuple[tuple[int, int], ...]

_CLASSES: dict[str, Ranges] = {
    "d": ((48, 57),),
    "w": ((48, 57), (65, 90), (95, 95), (97, 122)),
    "s": ((9, 13), (32, 32)),
}
_LETTERS = {"n": "\n", "t": "\t", "r": "\r", "f": "\f", "v": "\v", "a": "\a"}
_HEX = re.compile(r"x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})")
_COUNTS = re.compile(r"\{(?:(\d{1,9})|(\d{0,9}),(\d{0,9}))\}", re.ASCII)


class PatternError(ValueError):
    """A pattern that is none: the `message` and the `remedy`."""

    def __init__(self, message: str, remedy: str = "") -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(message)


@dataclass(frozen=True)
class Pattern:
    """A regular expression. Raises PatternError when it is made of a `text` that is none."""

    text: str

    def __post_init__(self) -> None:
        assert self._automaton is not None

    @cached_property
    def _automaton(self) -> _Automaton:
        builder = _Builder(self.text)
        return _Automaton(builder.states, builder.start)

    def found_in(self, text: str) -> bool:
        """Tell whether the pattern matches anywhere in `text`.

        Raises PatternError if that takes more than `MAX_WORK`.
        """
        return self._automaton.search(text)


# The states of the nondeterministic automaton.


@dataclass(slots=True)
class _State:
    """Where to go on: after a character of `ranges`, if a line begins or ends here, or at once.

    The final state leads nowhere.
    """

    ranges: Ranges | None = None
    needs: str = ""  # "^" or "$"
    following: tuple[int, ...] = ()

    def takes(self, code: int) -> bool:
        return self.ranges is not None and any(low <= code <= high for low, high in self.ranges)


class _Builder:
    """Parses a pattern into states; each part is built in front of the state that follows it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0
        self.states: list[_State] = []
        final = self._add(_State())
        tree = self._alternatives()
        if self.at < len(text):
            raise self._error("there is a ) without its (", "write \\) for the character itself")
        self.start = self._build(tree, final)

    def _error(self, message: str, remedy: str = "") -> PatternError:
        return PatternError(f"{message}, at character {self.at + 1} of {self.text!r}", remedy)

    def _add(self, state: _State) -> int:
        if len(self.states) >= MAX_STATES:
            raise PatternError(
                f"the pattern is too large: it needs more than {MAX_STATES} states",
                "a{n} counts n times; give several patterns",
            )
        self.states.append(state)
        return len(self.states) - 1

    # Text to tree.

    def _alternatives(self) -> _Node:
        branches = [self._sequence()]
        while self._take("|"):
            branches.append(self._sequence())
        return branches[0] if len(branches) == 1 else _Either(tuple(branches))

    def _sequence(self) -> _Node:
        parts: list[_Node] = []
        while self.at < len(self.text) and self.text[self.at] not in "|)":
            parts.append(self._repeated())
        return _Sequence(tuple(parts))

    def _repeated(self) -> _Node:
        part = self._single()
        counts = self._quantifier()
        if counts is None:
            return part
        if isinstance(part, _Line):
            raise self._error("there is nothing to repeat before this")
        # A lazy quantifier finds the same: only whether there is a match is asked.
        self._take("?")
        if self._quantifier() is not None:
            raise self._error("two repetitions follow one another", "put the first one into ( )")
        low, high = counts
        if high is not None and low > high:
            raise self._error(f"{low} to {high} times is no number of times")
        return _Repeat(part, low, high)

    def _quantifier(self) -> tuple[int, int | None] | None:
        for sign, counts in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._take(sign):
                return counts
        found = _COUNTS.match(self.text, self.at)
        if found is None:
            return None
        self.at = found.end()
        if found[1] is not None:
            return int(found[1]), int(found[1])
        return int(found[2] or 0), int(found[3]) if found[3] else None

    def _single(self) -> _Node:
        if self._quantifier() is not None:
            raise self._error("there is nothing to repeat before this", "write \\* for the sign itself")
        sign = self.text[self.at]
        self.at += 1
        if sign == "(":
            return self._group()
        if sign == "[":
            return _Character(self._set())
        if sign == ".":
            return _Character(_opposite(((10, 10),)))
        if sign in "^$":
            return _Line(sign)
        if sign == "\\":
            return _Character(self._escape())
        return _Character(_one(sign))

    def _group(self) -> _Node:
        if self._take("?") and not self._take(":"):
            raise self._error(
                "this kind of group is not known here",
                "( ) and (?: ) are; a search in bounded time has no looking ahead or back and no flags",
            )
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise self._error(f"groups are nested more than {_MAX_DEPTH} deep")
        inside = self._alternatives()
        self.depth -= 1
        if not self._take(")"):
            raise self._error("a ( has no )", "write \\( for the character itself")
        return inside

    def _set(self) -> Ranges:
        is_opposite = self._take("^")
        members: list[tuple[int, int]] = []
        is_first = True
        while is_first or not self._take("]"):
            low = self._member()
            is_first = False
            if self.text[self.at : self.at + 1] == "-" and self.text[self.at + 1 : self.at + 2] != "]":
                self.at += 1
                high = self._member()
                if not (_is_one(low) and _is_one(high)) or low[0][0] > high[0][0]:
                    raise self._error(
                        "this is no range of characters", "write - last for the sign itself"
                    )
                low = ((low[0][0], high[0][0]),)
            members += low
        return _opposite(tuple(members)) if is_opposite else tuple(members)

    def _member(self) -> Ranges:
        if self.at >= len(self.text):
            raise self._error("a [ has no ]", "write \\[ for the character itself")
        sign = self.text[self.at]
        self.at += 1
        return self._escape() if sign == "\\" else _one(sign)

    def _escape(self) -> Ranges:
        if self.at >= len(self.text):
            raise self._error("a \\ stands at the end", "write \\\\ for the character itself")
        if found := _HEX.match(self.text, self.at):
            self.at = found.end()
            return _one(chr(int(found[1] or found[2], 16)))
        sign = self.text[self.at]
        self.at += 1
        if sign in _LETTERS:
            return _one(_LETTERS[sign])
        if sign.lower() in _CLASSES:
            ranges = _CLASSES[sign.lower()]
            return ranges if sign.islower() else _opposite(ranges)
        if sign.isalnum():
            self.at -= 1
            raise self._error(f"\\{sign} is not known here", "known are \\d \\w \\s \\n \\t \\r \\x41")
        return _one(sign)

    def _take(self, sign: str) -> bool:
        found = self.text.startswith(sign, self.at)
        self.at += len(sign) * found
        return found

    # Tree to states.

    def _build(self, node: _Node, following: int) -> int:
        match node:
            case _Character(ranges):
                return self._add(_State(ranges=ranges, following=(following,)))
            case _Line(sign):
                return self._add(_State(needs=sign, following=(following,)))
            case _Sequence(parts):
                for part in reversed(parts):
                    following = self._build(part, following)
                return following
            case _Either(branches):
                begins = tuple(self._build(branch, following) for branch in branches)
                return self._add(_State(following=begins))
            case _Repeat(part, low, high):
                return self._build_repeat(part, low, high, following)

    def _build_repeat(self, part: _Node, low: int, high: int | None, following: int) -> int:
        if high is None:
            loop = self._add(_State())
            self.states[loop].following = (self._build(part, loop), following)
            following = loop
        else:
            end = following
            for _ in range(high - low):
                following = self._add(_State(following=(self._build(part, following), end)))
        for _ in range(low):
            following = self._build(part, following)
        return following


@dataclass(frozen=True, slots=True)
class _Character:
    ranges: Ranges


@dataclass(frozen=True, slots=True)
class _Line:
    sign: str


@dataclass(frozen=True, slots=True)
class _Sequence:
    parts: tuple[_Node, ...]


@dataclass(frozen=True, slots=True)
class _Either:
    branches: tuple[_Node, ...]


@dataclass(frozen=True, slots=True)
class _Repeat:
    part: _Node
    low: int
    high: int | None


_Node: TypeAlias = "_Character | _Line | _Sequence | _Either | _Repeat"


def _one(sign: str) -> Ranges:
    return ((ord(sign), ord(sign)),)


def _is_one(ranges: Ranges) -> bool:
    return len(ranges) == 1 and ranges[0][0] == ranges[0][1]


def _opposite(ranges: Ranges) -> Ranges:
    return tuple(_gaps(ranges))


def _gaps(ranges: Ranges) -> Iterator[tuple[int, int]]:
    following = 0
    for low, high in sorted(ranges):
        if low > following:
            yield following, low - 1
        following = max(following, high + 1)
    if following <= _LAST:
        yield following, _LAST


# Where the deterministic automaton stands: the states reached, and whether a line begins here.
_Standing: TypeAlias = tuple[frozenset[int], bool]


class _Automaton:
    def __init__(self, states: list[_State], start: int) -> None:
        self._states = states
        self._start = start
        self._steps: dict[_Standing, dict[str, _Standing | None]] = {}
        self._remembered = 0
        self._work = 0

    def search(self, text: str) -> bool:
        self._work = 0
        standing: _Standing = (frozenset(), True)
        steps = self._steps_of(standing)
        for sign in text:
            if sign in steps:
                following = steps[sign]
            else:
                following = steps[sign] = self._step(standing, sign)
                self._remembered += 1
            if following is None:
                return True
            if following is not standing:
                standing = following
                steps = self._steps_of(standing)
        return self._is_match(self._reach(standing, ends_line=True))

    def _steps_of(self, standing: _Standing) -> dict[str, _Standing | None]:
        found = self._steps.get(standing)
        if found is None:
            if self._remembered > _MAX_REMEMBERED:
                self._steps.clear()
                self._remembered = 0
            found = self._steps[standing] = {}
        return found

    def _step(self, standing: _Standing, sign: str) -> _Standing | None:
        """Return where a character leads; None if a match ends before it."""
        reached = self._reach(standing, ends_line=sign == "\n")
        if self._is_match(reached):
            return None
        code = ord(sign)
        following = frozenset(
            self._states[number].following[0] for number in reached if self._states[number].takes(code)
        )
        return following, sign == "\n"

    def _reach(self, standing: _Standing, *, ends_line: bool) -> set[int]:
        """Return all states that are reached without another character; a match may begin anywhere."""
        begins_line = standing[1]
        waiting = [*standing[0], self._start]
        reached = set(waiting)
        while waiting:
            state = self._states[waiting.pop()]
            if state.ranges is not None:
                continue
            if (state.needs == "^" and not begins_line) or (state.needs == "$" and not ends_line):
                continue
            for number in state.following:
                if number not in reached:
                    reached.add(number)
                    waiting.append(number)
        self._work += len(reached)
        if self._work > MAX_WORK:
            raise PatternError("the search takes too long", "give a simpler pattern, or several")
        return reached

    def _is_match(self, reached: set[int]) -> bool:
        return _FINAL in reached


# The final state is the first that a builder adds.
_FINAL = 0
