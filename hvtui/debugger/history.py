"""What is recorded of a run: moments to go back to, and what came from outside, with its instant.

A moment is everything at one instant: the machine, and what the debugger has followed. Moments share
the memory pages that are equal, so one costs what has changed since the one before it. Their memory is
bounded by a budget: when it is used up, moments are dropped so that those left lie the further apart,
the further they are from the present. Any instant can still be reached, from the moment before it.

The *frontier* is the furthest instant that the run has come to. What lies between the present and the
frontier is the known future: a change made now cuts it off.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hvtui.debugger.edits import Change, EditError
from hvtui.debugger.following import FollowerState
from hvtui.machine.memory import PAGE_SIZE, RamState
from hvtui.machine.state import MachineState

DEFAULT_BUDGET = 256 << 20

# The finest spacing that thinning leaves, as a part of the distance from the present.
_FINEST = 1 / 1024
_KEPT_AFTER_THINNING = 3 / 4

# Registers, CSRs and devices of a moment, measured: some ninety CSRs, each a pair and a number.
_FIXED_SIZE = 12_000
# What is known of a guest's CSRs, measured: some twenty that were written, some twenty that were read.
_GUEST_SIZE = 8_000
_POINTER = 8


@dataclass(frozen=True, slots=True)
class Moment:
    """Everything at one instant; `changes` tells how many of the recorded ones had been made."""

    machine: MachineState
    follower: FollowerState
    changes: int

    @property
    def instant(self) -> int:
        """When it was."""
        return self.machine.instant


@dataclass(frozen=True, slots=True)
class Recorded:
    """A change, and the instant at which it was made: before the step that begins there."""

    instant: int
    change: Change

    def __str__(self) -> str:
        return f"{self.change} at instant {self.instant:,}"


@dataclass(frozen=True, slots=True)
class Cut:
    """What a change at the instant `now` would cut off: the run up to `frontier`, with `changes`."""

    now: int
    frontier: int
    changes: tuple[Recorded, ...] = ()

    @property
    def steps(self) -> int:
        """How many steps of the known future would be lost."""
        return self.frontier - self.now

    def __str__(self) -> str:
        lost = f"the {self.steps:,} steps from instant {self.now:,} to {self.frontier:,}"
        if not self.changes:
            return lost
        what = "change" if len(self.changes) == 1 else "changes"
        return f"{lost}, with {len(self.changes)} recorded {what}"


class FutureLostError(EditError):
    """A change would cut off the known future `cut`, and nobody has agreed to that."""

    def __init__(self, cut: Cut) -> None:
        super().__init__(f"a change here, in the past, would cut off {cut}")
        self.cut = cut


class History:
    """The record of one run. `budget` is what its moments may take, in bytes, by estimate."""

    def __init__(self, budget: int = DEFAULT_BUDGET) -> None:
        self.budget = budget
        self.frontier = 0
        self.changes: list[Recorded] = []
        # The number of changes that have been made by the present.
        self.made = 0
        self._moments: list[Moment] = []
        self._instants: list[int] = []
        self._sizes: list[int] = []
        self.size = 0

    # Moments

    @property
    def moments(self) -> Sequence[Moment]:
        """All moments, the earliest first."""
        return self._moments

    def keep(self, moment: Moment) -> None:
        """Add a moment; it becomes the present that thinning looks from."""
        index = bisect_right(self._instants, moment.instant)
        if index and self._instants[index - 1] == moment.instant:
            if self._moments[index - 1].changes >= moment.changes:
                return
            # The one before the changes has nothing that this one lacks.
            index -= 1
            self._remove(index)
        self._moments.insert(index, moment)
        self._instants.insert(index, moment.instant)
        self._sizes.insert(index, 0)
        self._measure(index)
        if index + 1 < len(self._moments):
            self._measure(index + 1)
        if self.size > self.budget:
            self._thin(moment.instant)

    def latest(self, instant: int) -> Moment:
        """Return the last moment that is not after `instant`."""
        return self._moments[max(bisect_right(self._instants, instant) - 1, 0)]

    def gap(self, instant: int) -> int:
        """Return how far apart the moments around `instant` are; the frontier ends the last gap."""
        index = bisect_right(self._instants, instant)
        after = self._instants[index] if index < len(self._instants) else max(self.frontier, instant)
        return after - (self._instants[index - 1] if index else 0)

    def _remove(self, index: int) -> None:
        self.size -= self._sizes[index]
        for column in (self._moments, self._instants, self._sizes):
            del column[index]

    def _measure(self, index: int) -> None:
        before = self._moments[index - 1] if index else None
        size = _size(self._moments[index], before)
        self.size += size - self._sizes[index]
        self._sizes[index] = size

    def _thin(self, present: int) -> None:
        """Drop moments until they take less than the budget: the coarser, the further away."""
        part = _FINEST
        while self.size > self.budget * _KEPT_AFTER_THINNING and len(self._moments) > 1:
            split = bisect_right(self._instants, present)
            past = _spaced(reversed(range(split)), self._instants, present, part)
            future = _spaced(range(split, len(self._instants)), self._instants, present, part)
            kept = sorted({0, *past, *future})
            if len(kept) == len(self._moments) and part > 1:
                return
            self._keep_only(kept)
            part *= 2

    def _keep_only(self, kept: list[int]) -> None:
        moments, sizes = self._moments, self._sizes
        self._moments = [moments[index] for index in kept]
        self._instants = [moment.instant for moment in self._moments]
        self._sizes = [sizes[index] for index in kept]
        self.size = sum(self._sizes)
        for place, index in enumerate(kept):
            if place and kept[place - 1] != index - 1:
                self._measure(place)

    # Changes

    @property
    def next_change(self) -> int | None:
        """The instant of the next change that was recorded after the present, None if none was."""
        return self.changes[self.made].instant if self.made < len(self.changes) else None

    def cut_at(self, now: int) -> Cut | None:
        """Return what a change at `now` would cut off, None if nothing."""
        if now >= self.frontier:
            return None
        return Cut(now, self.frontier, tuple(self.changes[self.made :]))

    def cut(self, now: int) -> None:
        """Forget all that was recorded after `now`."""
        del self.changes[self.made :]
        while self._instants and self._instants[-1] > now:
            self._remove(len(self._instants) - 1)
        self.frontier = now

    def record(self, instant: int, change: Change) -> None:
        """Note a change that was made at `instant`, the frontier."""
        self.changes.append(Recorded(instant, change))
        self.made = len(self.changes)


def _spaced(indices: Iterable[int], instants: list[int], present: int, part: float) -> list[int]:
    """Return those of `indices`, nearest to the present first, that keep their distance."""
    kept: list[int] = []
    for index in indices:
        distance = abs(present - instants[index])
        if not kept or abs(instants[kept[-1]] - instants[index]) >= part * distance:
            kept.append(index)
    return kept


def _size(moment: Moment, before: Moment | None) -> int:
    """Return how many bytes a moment takes that the one before it does not take already."""
    stack = moment.follower.callstack
    tables = (stack.parked, stack.threads, stack.learned.vectors, stack.times)
    known = before.follower.guests if before else {}
    guests = sum(state is not known.get(vm) for vm, state in moment.follower.guests.items())
    pages, chunks = _unshared(moment.machine.ram, before.machine.ram if before else None)
    return (
        _FIXED_SIZE
        + guests * _GUEST_SIZE
        + sum(map(sys.getsizeof, tables))
        + pages * (PAGE_SIZE + _POINTER)
        + (len(moment.machine.ram) + chunks * len(moment.machine.ram[0])) * _POINTER
    )


def _unshared(ram: RamState, before: RamState | None) -> tuple[int, int]:
    """Return how many pages, and chunks of them, a state of RAM does not share with the one before."""
    if before is None:
        return len({id(page) for chunk in ram for page in chunk}), len(ram)
    pages = chunks = 0
    for chunk, other in zip(ram, before, strict=True):
        if chunk is not other:
            chunks += 1
            pages += sum(page is not twin for page, twin in zip(chunk, other, strict=True))
    return pages, chunks
