"""Runs one instruction from one state, and tells what became of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hvtui.classify.states import (
    CODE,
    DATA,
    DATA_SIZE,
    ELSEWHERE,
    RAM_SIZE,
    Family,
    families,
    prepare_memory,
)
from hvtui.classify.units import Unit
from hvtui.machine.board import Machine
from hvtui.machine.events import KernelInstruction, Outcome, TrapTaken
from hvtui.machine.hart import HartSnapshot
from hvtui.machine.trap import Blocked

_DATA = bytes(range(1, DATA_SIZE + 1))


@dataclass(frozen=True, slots=True)
class Change:
    """A part of the host's state that the instruction itself changed."""

    name: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Result:
    """What became of an instruction: it trapped for `cause`, waits, or is done.

    Of one that is done: the registers, pc and data afterwards, which are what the program sees, and
    what of the host's state it changed. `outcomes` says what a kernel instruction met below M.
    """

    cause: int | None = None
    waits: bool = False
    x: tuple[int, ...] = ()
    pc: int = 0
    data: bytes = b""
    changes: tuple[Change, ...] = ()
    outcomes: frozenset[Outcome] = frozenset()

    @property
    def is_done(self) -> bool:
        """Tell whether the instruction did what it does, without a trap."""
        return self.cause is None and not self.waits

    @property
    def seen(self) -> tuple[object, ...]:
        """What the program sees of it."""
        return (self.waits, self.x, self.pc, self.data)


class Laboratory:
    """A machine of the generation `cpu` to run instructions on, and the states to run them from.

    `bitmap` and `gates_closed` are how the hypervisor has set the CPU up; see `states.families`.
    """

    def __init__(self, cpu: str, *, bitmap: int = 0, gates_closed: bool = True) -> None:
        self._machine = Machine(cpu=cpu, ram_size=RAM_SIZE)
        self.generation = self._machine.generation
        self.bitmap = bitmap
        prepare_memory(self._machine)
        self.families: tuple[Family, ...] = families(
            self._machine, bitmap=bitmap, gates_closed=gates_closed
        )
        self._word: int | None = None
        self._trap: TrapTaken | None = None
        self._outcomes: frozenset[Outcome] = frozenset()
        self._machine.observers.trap.append(self._trapped)
        self._machine.observers.kernel.append(self._met)
        self._fill_data()

    def run(self, unit: Unit, state: HartSnapshot, *, moved: bool = False) -> Result:
        """Run the instruction of `unit` from `state`; `moved` tells where its memory really lies."""
        machine, hart = self._machine, self._machine.hart
        if unit.word != self._word:
            self._word = unit.word
            self._write(CODE, unit.word.to_bytes(4, "little"))
        hart.restore(state)
        self._trap, self._outcomes = None, frozenset()
        try:
            hart.execute(1)
        except Blocked:
            return Result(waits=True)
        if self._trap is not None:
            return Result(cause=self._trap.cause, outcomes=self._outcomes)
        after = hart.capture()
        data = machine.read_physical(DATA + (ELSEWHERE if moved else 0), DATA_SIZE) or b""
        if data != _DATA:
            self._fill_data()
        return Result(
            x=after.x,
            pc=after.pc,
            data=data,
            changes=tuple(_changes(state, after)),
            outcomes=self._outcomes,
        )

    def _fill_data(self) -> None:
        self._write(DATA, _DATA)

    def _write(self, address: int, data: bytes) -> None:
        """Write into the program's memory, wherever it may lie."""
        for place in (address, address + ELSEWHERE):
            self._machine.write_physical(place, data)

    def _trapped(self, event: TrapTaken) -> None:
        self._trap = event

    def _met(self, event: KernelInstruction) -> None:
        self._outcomes = frozenset(outcome for _, outcome in event.outcomes)


def _changes(before: HartSnapshot, after: HartSnapshot) -> Iterator[Change]:
    if before.privilege is not after.privilege:
        yield Change("mode", before.privilege.ring, after.privilege.ring)
    if before.csr != after.csr:
        old = dict(before.csr)
        for name, value in after.csr:
            if old[name] != value:
                yield Change(name, old[name], value)
    for kind, prefix in ((0, "pmpcfg"), (1, "pmpaddr")):
        if before.pmp[kind] != after.pmp[kind]:
            for number, (was, now) in enumerate(zip(before.pmp[kind], after.pmp[kind], strict=True)):
                if was != now:
                    yield Change(f"{prefix} of entry {number}", was, now)
    for name in ("mcycle", "minstret"):
        was, now = getattr(before, name), getattr(after, name)
        if was != now:
            yield Change(name, was.offset, now.offset)
