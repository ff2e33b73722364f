"""Searching memory for bytes, in slices, so that a long search can be shown and given up."""

from __future__ import annotations

import re
from collections.abc import Iterator

from asm.isa.width import MASK
from hvtui.debugger.expressions.errors import shown
from hvtui.debugger.session import Session
from hvtui.debugger.views.guestplace import guest_place, guest_ram, guest_space
from hvtui.debugger.views.memory import Reader, Space
from hvtui.debugger.views.ranges import Ranges, ranges_of
from hvtui.machine.memory import PAGE_SIZE
from hvtui.machine.translation import Access, TableMemory

# What one slice looks through, in bytes: some ten milliseconds where pages lie scattered.
SLICE = 1 << 20
LONGEST_PATTERN = 256
_HEX = re.compile(r"(?:0x)?((?:[0-9A-Fa-f]{2}[\s,]*)+)")
_QUOTED = re.compile(r"\"(.*)\"|'(.*)'", re.DOTALL)
_ESCAPE = re.compile(rb"\\(x[0-9A-Fa-f]{2}|.)", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"t": b"\t", b"r": b"\r", b"0": b"\0", b"e": b"\x1b"}


class PatternError(ValueError):
    """What is to be searched for cannot be read; the text says why."""


def parse_pattern(text: str) -> bytes:
    r"""Return the bytes that ``"text"``, ``de ad be ef`` or ``0xdeadbeef`` means, in this order.

    What is neither in quotes nor hexadecimal is text. In quotes \n, \t, \r, \e, \0, \\ and \xHH stand
    for what they do in C. Raises PatternError.
    """
    given = text.strip()
    quoted = _QUOTED.fullmatch(given)
    hexadecimal = _HEX.fullmatch(given)
    if quoted is not None:
        inside = (quoted[1] if quoted[1] is not None else quoted[2]).encode("utf-8", "replace")
        found = _ESCAPE.sub(_escaped, inside)
    elif hexadecimal is not None:
        found = bytes.fromhex(re.sub(r"[\s,]", "", hexadecimal[1]))
    else:
        found = given.encode("utf-8", "replace")
    if not found:
        raise PatternError('say what to search for: "text", or bytes as in de ad be ef')
    if len(found) > LONGEST_PATTERN:
        raise PatternError(f"{shown(given)} is {len(found)} bytes, of {LONGEST_PATTERN} at most")
    return found


def _escaped(found: re.Match[bytes]) -> bytes:
    given = found[1]
    if len(given) == 3:
        return bytes([int(given[1:], 16)])
    return _ESCAPES.get(given, given)


class Search:
    """A search for `pattern` in `space`, from the address `start` on; backwards, for a place before it.

    It ends where the space does, or at `end` (the first address after what is looked at, backwards the
    last one looked at). `run` looks through a slice; the machine must stand still meanwhile.
    """

    def __init__(
        self,
        space: Space,
        pattern: bytes,
        start: int,
        *,
        backwards: bool = False,
        end: int | None = None,
    ) -> None:
        self.space = space
        self.pattern = pattern
        self.backwards = backwards
        self.is_over = False
        self.looked = 0
        default = 0 if backwards else MASK + 1
        self._at, self._end = start, default if end is None else end

    def run(self, session: Session) -> int | None:
        """Look through the next slice: return where the pattern is, None if it is not there.

        Then `is_over` tells whether that was the last slice.
        """
        reader = Reader(session, self.space)
        room = SLICE
        for low, high in self._rest(session):
            low, high = (
                (max(low, high - room), high) if self.backwards else (low, min(high, low + room))
            )
            found = self._look(reader, low, high)
            self._at = low if self.backwards else high
            self.looked += high - low
            room -= high - low
            if found is not None:
                self._at = found if self.backwards else found + 1
                return found
            if room <= 0:
                return None
        self.is_over = True
        return None

    def _rest(self, session: Session) -> Iterator[tuple[int, int]]:
        """Yield what is still to be looked at, the next part first."""
        low, high = (self._end, self._at) if self.backwards else (self._at, self._end)
        parts = [(max(start, low), min(end, high)) for start, end in spans(session, self.space)]
        return (part for part in (reversed(parts) if self.backwards else parts) if part[0] < part[1])

    def _look(self, reader: Reader, low: int, high: int) -> int | None:
        """Return where the pattern begins in [low, high): the first place, backwards the last."""
        runs = list(_readable(reader, low, high + len(self.pattern) - 1))
        for start, data in reversed(runs) if self.backwards else runs:
            limit = min(high - start + len(self.pattern) - 1, len(data))
            look = data.rfind if self.backwards else data.find
            place = look(self.pattern, 0, limit)
            if place >= 0:
                return start + place
        return None


def spans(session: Session, space: Space) -> tuple[tuple[int, int], ...]:
    """Return the addresses of a space that may lead to RAM, in order: first, first after.

    Single pages in them may still not be readable.
    """
    ram = session.machine.ram
    memory: TableMemory = ram
    whole = (ram.base, ram.base + ram.size)
    root = None
    if space is Space.VIRTUAL:
        root = session.machine.translate(0, Access.LOAD).space.root
    elif space is Space.GUEST:
        place = guest_place(session)
        guest = guest_ram(session, place.vm) if place else None
        if place is None or guest is None:
            return ()
        memory, whole = guest, (guest.base, guest.base + guest.size)
        root = guest_space(session.guests[place.vm], place.believed, Access.LOAD).root
    if root is None:
        return (whole,)
    return tuple(_merged(ranges_of(memory, root)))


def _merged(ranges: Ranges) -> Iterator[tuple[int, int]]:
    start = end = -1
    for known in ranges.found:
        if known.start != end:
            if end > start:
                yield start, end
            start = known.start
        end = known.end
    if end > start:
        yield start, end


def _readable(reader: Reader, low: int, high: int) -> Iterator[tuple[int, bytes]]:
    """Yield the readable runs of bytes from `low` up to `high`, each with its address."""
    start, run = low, bytearray()
    address = low
    while address < high:
        size = min(PAGE_SIZE - address % PAGE_SIZE, high - address)
        data = reader.read(address, size)
        if data is None:
            if run:
                yield start, bytes(run)
            start, run = address + size, bytearray()
        else:
            run += data
        address += size
    if run:
        yield start, bytes(run)
