"""Code that a hypervisor has translated, with what each instruction came from in the guest.

There is no source of it: it is what is in memory now, between the labels that the machine file
names. The hypervisor's own map leads from each word to an instruction of the guest.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from hvtui.debugger.listing import CodeRow, Disassembly, SourceListing
from hvtui.debugger.positions import Position, Whereabouts
from hvtui.machine.board import Machine
from hvtui.machinefile.system import Component, Translates

_WORD = 4
# Set in the map for a word in the midst of a translation.
_IN_THE_MIDST = 1


@dataclass(frozen=True, slots=True)
class GuestCode:
    """An instruction of the guest's that was translated: its place, and how a person reads it.

    `line` is its line of source, as it was written. It is empty where there is none, and where the
    instruction before came from the same line: a macro made both. `code` is the instruction itself.
    """

    position: Position
    line: str
    code: CodeRow


class Translation:
    """What `component`, which translates, has in its cache, in the order of the cache.

    The words are parted into the translations of single instructions. Call `look` after the machine
    has moved; instructions are read when they are asked for.
    """

    def __init__(self, machine: Machine, whereabouts: Whereabouts, component: Component) -> None:
        if component.translates is None:
            raise ValueError(f"{component.name} does not translate")
        self.component = component
        self._translates: Translates = component.translates
        self._machine = machine
        self._whereabouts = whereabouts
        self._code = Disassembly(machine, component)
        self._guests: dict[Component, Disassembly] = {}
        self._map = b""
        # The numbers of the words with which translations of single instructions begin.
        self.beginnings: list[int] = []

    def look(self) -> bool:
        """Read the map anew, and tell whether it is another one than before."""
        first, last = self._translates.first, self._translates.last
        place = self._translates.map + self.component.relocation
        found = (self._machine.read_physical(place, last - first & -_WORD) or b"").rstrip(b"\0")
        if found == self._map:
            return False
        self._map = found
        self.beginnings = _beginnings(memoryview(found + bytes(-len(found) % _WORD)).cast("I"))
        return True

    def __len__(self) -> int:
        """How many words there are, up to the last that came from anywhere."""
        return -(-len(self._map) // _WORD)

    def physical(self, number: int) -> int:
        """Return where the word of a number lies."""
        return self._translates.first + self.component.relocation + _WORD * number

    def number_of(self, physical: int) -> int | None:
        """Return the number of the word at a physical address, None if nothing was translated there."""
        number = (physical - self.physical(0)) // _WORD
        return number if 0 <= number < len(self) else None

    def group_of(self, number: int) -> int:
        """Return the number of the translation that a word belongs to."""
        return bisect_right(self.beginnings, number) - 1

    def code(self, number: int) -> CodeRow:
        """Return what the word of a number is now."""
        return self._code.instruction(self.physical(number))

    def position(self, number: int) -> Position:
        """Return the position of the word of a number, with its origin."""
        physical = self.physical(number)
        return self._whereabouts.now(physical - self.component.relocation, physical)

    def guest_code(self, group: int) -> GuestCode | None:
        """Return what a translation came from, None if that is nowhere."""
        origin = self._origin(group)
        if origin is None or origin.component is None or origin.physical is None:
            return None
        before = self._origin(group - 1) if group else None
        goes_on = before is not None and before.pc != origin.pc and _same_line(before, origin)
        line = "" if goes_on else _line(origin)
        return GuestCode(origin, line, self._guest(origin.component).instruction(origin.physical))

    def _origin(self, group: int) -> Position | None:
        return self.position(self.beginnings[group]).origin

    def _guest(self, component: Component) -> Disassembly:
        known = self._guests.get(component)
        if known is None:
            known = self._guests[component] = Disassembly(self._machine, component)
        return known


def is_translated(position: Position) -> bool:
    """Tell whether a position is where its component puts translations."""
    translates = position.component.translates if position.component is not None else None
    return translates is not None and translates.first <= position.linked < translates.last


def _beginnings(words: memoryview[int]) -> list[int]:
    """Return where translations begin: with another instruction of the guest's, or with it anew.

    A word that is not in the midst of a translation begins one, but for what leads into a block:
    that is noted as in the midst of the first instruction, and stands before it.
    """
    found: list[int] = []
    now, has_begun = 0, False
    for number, word in enumerate(words):
        is_beginning = not word & _IN_THE_MIDST
        guest = word & ~_IN_THE_MIDST
        if number == 0 or guest != now or (is_beginning and has_begun and guest):
            found.append(number)
            now, has_begun = guest, False
        has_begun = has_begun or is_beginning
    return found


def _same_line(one: Position, other: Position) -> bool:
    return one.place is not None and (one.component, one.place) == (other.component, other.place)


def _line(origin: Position) -> str:
    place = origin.place
    if place is None or origin.component is None:
        return ""
    lines = SourceListing(origin.component, place.file).lines
    return lines[place.line - 1] if 0 < place.line <= len(lines) else ""
