"""Where the keys of a TOML file stand: tomllib reads the values, this finds the lines.

It scans a text that tomllib has accepted, so that it only has to tell keys, values, strings and
comments apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

KeyPath = tuple[str | int, ...]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_SPACE = re.compile(r"[ \t]*")
_SKIP = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_STRINGS = (
    re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}', re.DOTALL),
    re.compile(r"'''.*?'{3,5}", re.DOTALL),
    re.compile(r'"(?:[^"\\\n]|\\.)*"'),
    re.compile(r"'[^'\n]*'"),
)
_PLAIN = re.compile(r"[^\"'\[\]{}#\n]+")


def key_lines(text: str) -> Mapping[KeyPath, int]:
    """Return the line, from 1, of each table header and key.

    A path names tables, keys and the places in arrays of tables: ``("component", 1, "at")``. Keys
    inside an inline table have the line of the key that holds it, so they do not stand here.
    """
    return dict(_Scanner(text).places())


def line_of(lines: Mapping[KeyPath, int], path: KeyPath) -> int:
    """Return the line of `path`, or of the nearest thing around it that has one; else 0."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return 0


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.line = 1
        self.counted_to = 0

    def places(self) -> Iterator[tuple[KeyPath, int]]:
        table: KeyPath = ()
        counts: dict[KeyPath, int] = {}
        while self._skip(_SKIP) < len(self.text):
            line = self._line()
            if self.text.startswith("[", self.at):
                in_array = self.text.startswith("[[", self.at)
                self.at += 1 + in_array
                table = _inside(self._key(), counts)
                if in_array:
                    index = counts.get(table, 0)
                    counts[table] = index + 1
                    if index == 0:
                        yield table, line
                    table = (*table, index)
                self.at = self._end_of_line()
                yield table, line
            else:
                path = table
                for part in self._key():
                    path = (*path, part)
                    yield path, line
                self.at += 1  # the equals sign
                self._skip_value()

    def _line(self) -> int:
        self.line += self.text.count("\n", self.counted_to, self.at)
        self.counted_to = self.at
        return self.line

    def _skip(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self.text, self.at)
        if found is not None:
            self.at = found.end()
        return self.at

    def _end_of_line(self) -> int:
        end = self.text.find("\n", self.at)
        return len(self.text) if end < 0 else end

    def _key(self) -> tuple[str, ...]:
        """Read a dotted key; stand behind it."""
        parts = []
        while True:
            self._skip(_SPACE)
            start = self.at
            quoted = self._skip_string()
            if not quoted:
                self._skip(_BARE)
            part = self.text[start : self.at]
            parts.append(part[1:-1] if quoted else part)
            self._skip(_SPACE)
            if not self.text.startswith(".", self.at):
                return tuple(parts)
            self.at += 1

    def _skip_string(self) -> bool:
        for pattern in _STRINGS:
            if found := pattern.match(self.text, self.at):
                self.at = found.end()
                return True
        return False

    def _skip_value(self) -> None:
        depth = 0
        while self.at < len(self.text):
            character = self.text[self.at]
            if character == "\n" and not depth:
                return
            if character in "\"'":
                if not self._skip_string():
                    self.at += 1
            elif character == "#":
                self.at = self._end_of_line()
            elif character in "[]{}\n":
                depth += (character in "[{") - (character in "]}")
                self.at += 1
            else:
                self._skip(_PLAIN)


def _inside(key: tuple[str, ...], counts: Mapping[KeyPath, int]) -> KeyPath:
    """Return a header's path: a name of an array of tables means the array's latest table."""
    path: KeyPath = ()
    for part in key[:-1]:
        path = (*path, part)
        if path in counts:
            path = (*path, counts[path] - 1)
    return (*path, *key[-1:])
