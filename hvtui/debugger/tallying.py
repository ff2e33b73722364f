"""Adding up steps and events in the columns of a stretch of time; see `hvtui.debugger.bands`.

Whoever ran is a number here, and the kind of an event its place among the kinds.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from hvtui.debugger.logentries import KINDS


@dataclass(frozen=True, slots=True)
class Block:
    """Some entries in sum: the steps from instant `start` to before `end`, and events by kind."""

    start: int
    end: int
    shares: tuple[tuple[int, int], ...]
    events: tuple[int, ...]


@dataclass(slots=True)
class ChunkSum:
    """What is known of a chunk: its blocks that are full, and all of them once it is full."""

    blocks: list[Block] = field(default_factory=list)
    whole: Block | None = None


def whole(blocks: list[Block]) -> Block:
    shares: dict[int, int] = {}
    for block in blocks:
        for runner, steps in block.shares:
            shares[runner] = shares.get(runner, 0) + steps
    events = tuple(map(sum, zip(*(block.events for block in blocks), strict=True)))
    return Block(blocks[0].start, blocks[-1].end, tuple(shares.items()), events)


@dataclass(slots=True)
class Budget:
    """What may still be done in this go."""

    chunks: int
    blocks: int

    def take_chunk(self) -> bool:
        self.chunks -= 1
        return self.chunks >= 0

    def take_block(self) -> bool:
        self.blocks -= 1
        return self.blocks >= 0


class Tally:
    """Steps and events, added up in the columns between edges. What lies outside is left out."""

    def __init__(self, edges: tuple[int, ...]) -> None:
        self.edges = edges
        count = len(edges) - 1
        self.shares: list[dict[int, int]] = [{} for _ in range(count)]
        self.events = [[0] * len(KINDS) for _ in range(count)]
        # The columns that are not exact, and of those the ones of which some is not known at all.
        self.blurred: set[int] = set()
        self.missing: set[int] = set()
        self._at = 0

    def _column(self, instant: int) -> int:
        """Return the column that an instant lies in. Instants mostly come one after the other."""
        edges, at = self.edges, self._at
        if not edges[at] <= instant < edges[at + 1]:
            at = self._at = min(max(bisect_right(edges, instant) - 1, 0), len(edges) - 2)
        return at

    def holds(self, block: Block) -> bool:
        """Tell whether a block lies within one column."""
        at = self._column(block.start)
        return self.edges[at] <= block.start and block.end <= self.edges[at + 1]

    def add(self, start: int, end: int, runner: int) -> None:
        """Count the steps from instant `start` to before `end`."""
        edges = self.edges
        start, end = max(start, edges[0]), min(end, edges[-1])
        while start < end:
            at = self._column(start)
            stop = min(end, edges[at + 1])
            shares = self.shares[at]
            shares[runner] = shares.get(runner, 0) + stop - start
            start = stop

    def count(self, instant: int, kind: int) -> None:
        """Count an event."""
        if self.edges[0] <= instant < self.edges[-1]:
            self.events[self._column(instant)][kind] += 1

    def add_block(self, block: Block) -> None:
        """Count a block that lies within one column."""
        at = self._column(block.start)
        shares, events = self.shares[at], self.events[at]
        for runner, steps in block.shares:
            shares[runner] = shares.get(runner, 0) + steps
        for kind, number in enumerate(block.events):
            events[kind] += number

    def spread_block(self, block: Block) -> None:
        """Count a block that crosses edges: its steps evenly, its events where it ends."""
        self.blur(block.start, block.end)
        length = block.end - block.start
        start = max(block.start, self.edges[0])
        while start < min(block.end, self.edges[-1]):
            at = self._column(start)
            stop = min(block.end, self.edges[at + 1])
            shares = self.shares[at]
            for runner, steps in block.shares:
                # The differences of rounded sums add up to all.
                part = steps * (stop - block.start) // length - steps * (start - block.start) // length
                if part:
                    shares[runner] = shares.get(runner, 0) + part
            start = stop
        for kind, number in enumerate(block.events):
            if self.edges[0] <= block.end - 1 < self.edges[-1]:
                self.events[self._column(block.end - 1)][kind] += number

    def blur(self, start: int, end: int, *, is_missing: bool = False) -> None:
        """Note that the columns of these steps are not exact, or that nothing is known of them yet."""
        start, end = max(start, self.edges[0]), min(end, self.edges[-1])
        if start < end:
            columns = range(self._column(start), self._column(end - 1) + 1)
            self.blurred.update(columns)
            if is_missing:
                self.missing.update(columns)
