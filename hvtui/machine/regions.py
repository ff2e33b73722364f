"""Counting the instructions that each region of memory retires, at no cost for the instructions.

The access path keeps the decoded instructions of each region apart. So execution that crosses from
one region to another, by whatever way, meets an instruction that is not decoded there, and the fetch
that follows tells the meter. Between two crossings the retired instructions all belong to one region.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from hvtui.machine.hart_state import RetireClock

# The region of everything that lies in none, and what is current before the first instruction.
ELSEWHERE = -1
NO_REGION = -2


@dataclass(frozen=True, slots=True)
class RegionCount:
    """Instructions retired in a region, and how often execution entered it from outside."""

    instructions: int
    entries: int


class RegionMeter:
    """Counts from when it is made until it is asked.

    `regions` are numbered from 0; each is a sequence of physical ranges (first address, first address
    after). No address may be in two of them.
    """

    def __init__(self, clock: RetireClock, regions: Sequence[Sequence[tuple[int, int]]]) -> None:
        self._clock = clock
        ranges = sorted(
            (start, end, number) for number, region in enumerate(regions) for start, end in region
        )
        self._starts = [start for start, _, _ in ranges]
        self._ends = [(end, number) for _, end, number in ranges]
        # The last place of each list is that of `ELSEWHERE`.
        self._instructions = [0] * (len(regions) + 1)
        self._entries = [0] * (len(regions) + 1)
        self.current = NO_REGION
        self._since = clock.retired

    def region_at(self, physical: int) -> int:
        """Return the number of the region in which a physical address lies, or `ELSEWHERE`."""
        index = bisect_right(self._starts, physical) - 1
        if index < 0:
            return ELSEWHERE
        end, number = self._ends[index]
        return number if physical < end else ELSEWHERE

    @property
    def ranges(self) -> tuple[tuple[int, int, int], ...]:
        """All ranges in order: first address, first address after, number of the region."""
        return tuple(
            (start, end, number) for start, (end, number) in zip(self._starts, self._ends, strict=True)
        )

    @property
    def regions(self) -> int:
        """How many regions there are, besides `ELSEWHERE`."""
        return len(self._instructions) - 1

    @property
    def since(self) -> int:
        """The retired count from which on instructions have not been given to the current region."""
        return self._since

    def go_on(
        self, current: int, since: int, instructions: Sequence[int], entries: Sequence[int]
    ) -> None:
        """Take up what was counted elsewhere; the last of the counts are those of `ELSEWHERE`."""
        self.current, self._since = current, since
        for number, (more, entered) in enumerate(zip(instructions, entries, strict=True)):
            self._instructions[number] += more
            self._entries[number] += entered

    def enter(self, physical: int) -> bool:
        """Note that the instruction at that physical address is about to execute.

        Returns whether it lies in another region than the one before. Then the run loop leaves after
        it, to take up the other region's instructions.
        """
        region = self.region_at(physical)
        if region == self.current:
            return False
        self._settle()
        self.current = region
        self._entries[region] += 1
        self._clock.leave()
        return True

    def count(self, region: int) -> RegionCount:
        """Return what was counted so far; to be asked between two steps."""
        self._settle()
        return RegionCount(self._instructions[region], self._entries[region])

    def _settle(self) -> None:
        """Give the instructions retired since the last time to the current region."""
        retired = self._clock.retired
        if self.current != NO_REGION:
            self._instructions[self.current] += retired - self._since
        self._since = retired
