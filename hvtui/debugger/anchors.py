"""Places in a program that are found again after its source was edited.

An address, and a line's number, say little once somebody has inserted a line. So a place is anchored to
the label before it and to the text of its line. It is found where that line stands after that label; if
the label has gone, or the line has wandered off, by the line's text nearby; and last by the line's
number, if what stands there now is at least the same kind of statement. What fits none of these is
lost: nobody is helped by a breakpoint somewhere else.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, NamedTuple
from weakref import WeakKeyDictionary

from hvtui.debugger.locations import Location
from hvtui.debugger.positions import short_file
from hvtui.machinefile.system import Component, System

# A line whose text stands in several places is looked for this many lines around the old one.
_NEAR = 8

# Of the text of a line no more is compared.
_LONGEST = 200

_COMMENT = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|\#.*|//.*|/\*.*?(?:\*/|$)""")
_LABELS = re.compile(r"(?:\s*[\w.$]+\s*:(?!:))+")


class AnchorLostError(Exception):
    """A place is not in the program any more; the text says what was looked for."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """A place: `address` as `component` was linked, or a physical one if that is empty.

    It is `offset` bytes after `label`, on `line` of `file`, whose statement is `text` without labels
    and comments, the line number `nth` (from 0) of that text after the label; `inside` bytes after the
    first of the line. What is not known is empty.
    """

    address: int
    component: str = ""
    label: str = ""
    offset: int = 0
    file: str = ""
    line: int = 0
    text: str = ""
    nth: int = 0
    inside: int = 0

    def __str__(self) -> str:
        """What a person calls it: ``scheduler.s:33 "csrw mepc, t0"``."""
        if self.file:
            return f"{short_file(self.file)}:{self.line}" + (f' "{self.text}"' if self.text else "")
        if self.label:
            return f"{self.label}+{self.offset:#x}" if self.offset else self.label
        return f"{self.address:#010x}"


def anchor_of(location: Location) -> Anchor:
    """Return the anchor of a place."""
    component = location.component
    if component is None:
        return Anchor(location.physical)
    linked, lines = location.linked, _Lines.of(component)
    found = component.program.label_at(linked)
    label, offset = (found[0].name, found[1]) if found else ("", 0)
    line = lines.at(linked)
    if line is None:
        return Anchor(linked, component.name, label, offset)
    nth = sum(known.text == line.text for known in lines.between(linked - offset, line.address))
    return Anchor(
        linked, component.name, label, offset,
        line.file, line.number, line.text, nth, linked - line.address,
    )  # fmt: skip


def find(anchor: Anchor, system: System) -> Location:
    """Return where the place is in `system` now. Raises AnchorLostError."""
    if not anchor.component:
        owner = system.component_at(anchor.address)
        return Location(anchor.address, owner, anchor.address - owner.relocation if owner else 0)
    component = _component(anchor, system)
    linked = _linked(anchor, component)
    segments = component.program.segments
    if linked is None or not any(part.address <= linked < part.end for part in segments):
        raise AnchorLostError(f"{anchor} is not in {component.name} any more{_tried(anchor)}")
    return Location(linked + component.relocation, component, linked)


def _tried(anchor: Anchor) -> str:
    if not anchor.label or not anchor.file:
        return ""
    place = f"{anchor.offset:#x} bytes after {anchor.label}" if anchor.offset else anchor.label
    return f": it was at {place}"


def _component(anchor: Anchor, system: System) -> Component:
    for component in system.components:
        if component.name == anchor.component:
            return component
    # It may have another name now: that is the one which alone has such a label in such a file.
    found = [
        component
        for component in system.components
        if anchor.label in component.program.symbols
        and any(_is_same_file(anchor.file, name) for name in component.program.sources)
    ]
    if len(found) == 1:
        return found[0]
    raise AnchorLostError(f"there is no component {anchor.component} any more, in which {anchor} was")


def _linked(anchor: Anchor, component: Component) -> int | None:
    lines, symbol = _Lines.of(component), component.program.symbols.get(anchor.label)
    if symbol is None or symbol.section is None:
        if not anchor.label and not anchor.file:
            return anchor.address
        return _by_text(anchor, lines, None) or _by_number(anchor, lines)
    exact, end = symbol.value + anchor.offset, lines.end_of_label(symbol.value)
    region = tuple(lines.between(symbol.value, end))
    if not anchor.text:
        # Nothing is known of lines: what is within the label's reach is taken for the same.
        return exact if symbol.value <= exact < end else None
    same = [line for line in region if line.text == anchor.text]
    if same:
        return _inside(anchor, same[min(max(anchor.nth, 0), len(same) - 1)])
    if anchor.offset == 0:
        # The line itself was changed, and the label leads to what it is now.
        return exact
    moved = _by_text(anchor, lines, exact)
    if moved is not None:
        return moved
    return exact if any(line.address == exact for line in region) else None


def _by_text(anchor: Anchor, lines: _Lines, exact: int | None) -> int | None:
    """Find the line by its text: the only one of the file, or the nearest to where it was."""
    same = [
        line
        for line in lines.all
        if anchor.text and line.text == anchor.text and _is_same_file(anchor.file, line.file)
    ]
    if len(same) > 1:

        def distance(line: _Line) -> int:
            # In lines; an instruction is what most lines make.
            return abs(line.number - anchor.line if exact is None else (line.address - exact) // 4)

        same = sorted((line for line in same if distance(line) <= _NEAR), key=distance)
    return _inside(anchor, same[0]) if same else None


def _by_number(anchor: Anchor, lines: _Lines) -> int | None:
    """Find the line by its number, if what stands there begins with the same word."""
    for line in lines.all:
        if line.number == anchor.line and _is_same_file(anchor.file, line.file):
            is_alike = line.text.partition(" ")[0] == anchor.text.partition(" ")[0]
            return _inside(anchor, line) if is_alike else None
    return None


def _inside(anchor: Anchor, line: _Line) -> int:
    address = line.address + max(anchor.inside, 0)
    return address if address < line.end else line.address


def _is_same_file(file: str, other: str) -> bool:
    """Tell whether two names end alike: the same file may be named from another folder."""
    return bool(file) and short_file(file) == short_file(other)


def statement_of(line: str) -> str:
    """Return what a line of a source says, without labels, comments and needless blanks.

    Of a long one that is the beginning; what cannot be printed is left out.
    """
    bare = _COMMENT.sub(lambda found: found[1] or "", line)
    labels = _LABELS.match(bare)
    words = " ".join(bare[labels.end() if labels else 0 :].split())[:_LONGEST]
    return "".join(letter for letter in words if letter.isprintable())


class _Line(NamedTuple):
    """The bytes that one line of a source made in one go."""

    address: int
    end: int
    file: str
    number: int
    text: str


class _Lines:
    """The lines of a component's program that made bytes, in the order of their addresses."""

    _known: ClassVar[WeakKeyDictionary[Component, _Lines]] = WeakKeyDictionary()

    def __init__(self, component: Component) -> None:
        program = component.program
        self.all = tuple(_lines_of(component))
        self._starts = [line.address for line in self.all]
        labels = (symbol for symbol in program.symbols.values() if symbol.section is not None)
        self._labels = sorted({symbol.value for symbol in labels})
        self._end = program.end

    @classmethod
    def of(cls, component: Component) -> _Lines:
        """Return the lines of a component; they are looked through once."""
        found = cls._known.get(component)
        if found is None:
            found = cls._known[component] = cls(component)
        return found

    def at(self, address: int) -> _Line | None:
        """Return the line that made the byte at an address."""
        index = bisect_right(self._starts, address) - 1
        return self.all[index] if index >= 0 and address < self.all[index].end else None

    def between(self, first: int, last: int) -> Iterator[_Line]:
        """Yield the lines whose bytes begin after `first`, or there, and before `last`."""
        index = bisect_left(self._starts, first)
        while index < len(self.all) and self._starts[index] < last:
            yield self.all[index]
            index += 1

    def end_of_label(self, address: int) -> int:
        """Return where what a label names ends: at the next label, or with the program."""
        index = bisect_right(self._labels, address)
        return self._labels[index] if index < len(self._labels) else self._end


def _lines_of(component: Component) -> Iterator[_Line]:
    program = component.program
    texts = {name: text.split("\n") for name, text in program.sources.items()}
    found: _Line | None = None
    for entry in program.lines:
        file, number = entry.outermost.file, entry.outermost.line
        end = entry.address + entry.size
        if found is not None and (found.file, found.number, found.end) == (file, number, entry.address):
            found = found._replace(end=end)
            continue
        if found is not None:
            yield found
        rows = texts.get(file, [])
        text = rows[number - 1] if 0 < number <= len(rows) else ""
        found = _Line(entry.address, end, file, number, statement_of(text))
    if found is not None:
        yield found
