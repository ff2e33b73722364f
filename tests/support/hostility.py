"""A hostile guest beside a well-behaved one: what may change, and what may not.

A `Ring` is a machine on which the hypervisor has just booted with two VMs; each guest is put into one
of them, and the machine goes on from there, so that thousands of guests take a minute.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from asm import Options, assemble_file
from asm.program import Program
from hvtui.machine.board import Machine, StopReason
from hvtui.machine.events import NOTHING_URGENT, ExitReason, TrapReturned, TrapTaken
from hvtui.machine.privilege import Privilege
from tests.support.random_guests import hostile
from tests.support.virtualized import (
    GUEST_RAM,
    IDLE,
    VM_SIZE,
    Guest,
    base_of,
    guest_of_program,
    hypervisor,
    listen,
    remarks,
    spoken_by,
    virtualized,
)

NEIGHBOUR = Path(__file__).with_name("neighbour.s")
GUARD = 1 << 20
"""Bytes of RAM behind the last VM, which are nobody's."""
DEFINES = {"SLICE": 2500}
LIMIT = 150_000
"""Instructions of the real machine that a hostile guest and its neighbour may take in all ..."""
LONGEST = 2_000_000
"""... and at most, while the neighbour has not ended."""
BATCH = 50
WRITTEN_CODE = "one_instruction"
"""Where the hypervisor puts an instruction of the guest's, made harmless, to have it executed."""


@cache
def neighbour() -> Guest:
    """Return the well-behaved guest."""
    return guest_of_program(assemble_file(NEIGHBOUR, Options(base=GUEST_RAM)), "neighbour")


@dataclass(frozen=True)
class Peace:
    """What the neighbour leaves and says when nobody disturbs it."""

    memory: bytes
    console: bytes


class Ring:
    """A machine of the generation `cpu` with the neighbour in one VM; the other is for a guest.

    `place` is the number of the VM for the hostile one: 1 or 2.
    """

    def __init__(self, cpu: str, place: int) -> None:
        guests = (IDLE, neighbour()) if place == 1 else (neighbour(), IDLE)
        system = virtualized(*guests, cpu=cpu, defines=DEFINES)
        self.machine: Machine = replace(system, ram_size=system.ram_size + GUARD).fresh_machine()
        self.place = place
        self.other = 3 - place
        self.console = listen(self.machine)
        self.own_traps: list[TrapTaken] = []
        self.machine.observers.trap.append(self._on_trap)
        # That the hypervisor has trapped is no less true a while later.
        self.machine.observers.late[self._on_trap] = lambda: NOTHING_URGENT
        self._kept = tuple(_read_only(hypervisor({"VMS": 2, **DEFINES})))
        self._boot()
        self.start = self.machine.capture()
        self.limit = self.machine.retired + LIMIT
        self.longest = self.machine.retired + LONGEST
        self.peace = self._peace()

    def _on_trap(self, trap: TrapTaken) -> None:
        if trap.origin is Privilege.M:
            self.own_traps.append(trap)
            self.machine.request_stop()

    def _boot(self) -> None:
        """Run until the hypervisor leaves M for the first time."""

        def on_return(event: TrapReturned) -> None:
            self.machine.request_stop()

        self.machine.observers.trap_return.append(on_return)
        stop = self.machine.run(max_retired=1_000_000)
        self.machine.observers.trap_return.remove(on_return)
        if stop.reason is not StopReason.REQUESTED or self.machine.hart.privilege is Privilege.M:
            raise AssertionError(f"the hypervisor does not come up: {bytes(self.console)!r}")

    def _peace(self) -> Peace:
        image = IDLE.image(0x1000)
        self._run(image)
        if self._ended() != f"vm{self.other} turned itself off":
            raise AssertionError(f"undisturbed, the neighbour ends so: {bytes(self.console)!r}")
        return Peace(self._memory(), spoken_by(self.other, bytes(self.console)))

    def _ended(self) -> str:
        """Return the hypervisor's remark on the neighbour's end, empty while it lives."""
        return self._end_of(self.other)

    def _end_of(self, number: int) -> str:
        name = f"type1: vm{number} "
        found = [line for line in remarks(bytes(self.console)) if line.startswith(name)]
        return found[-1].removeprefix("type1: ") if found else ""

    def _memory(self) -> bytes:
        memory = self.machine.read_physical(base_of(self.other), VM_SIZE)
        assert memory is not None
        return memory

    def _run(self, image: bytes) -> None:
        machine = self.machine
        machine.restore(self.start)
        self.console.clear()
        self.own_traps.clear()
        machine.write_physical(base_of(self.place), image)
        machine.run(max_retired=self.limit)
        while not self._over():
            machine.run(max_retired=machine.retired + LIMIT)

    def _over(self) -> bool:
        if self.own_traps or self.machine.exit is not None or self.machine.retired >= self.longest:
            return True
        return bool(self._ended())

    def wrongs(self, image: bytes) -> list[str]:
        """Run the hostile guest of that image and return what it did that it must not."""
        self._run(image)
        machine = self.machine
        found = [
            f"the hypervisor trapped at {trap.pc:#x}: cause {trap.cause}, value {trap.tval:#x}"
            for trap in self.own_traps
        ]
        if machine.exit is not None and machine.exit.reason is not ExitReason.FINISHER:
            found.append(f"the machine ended by itself: {machine.exit}, pc {machine.hart.pc:#x}")
        if machine.exit is not None and not all(map(self._end_of, (1, 2))):
            found.append(f"a guest ended the machine: {machine.exit}")
        said = spoken_by(self.other, bytes(self.console))
        if said != self.peace.console:
            found.append(f"the neighbour says {said!r}, undisturbed {self.peace.console!r}")
        if self._ended() != f"vm{self.other} turned itself off":
            found.append(f"the neighbour has not ended as it should: {self._ended()!r}")
        found += _changes("the neighbour's memory", base_of(self.other), self.peace.memory, machine)
        for address, data in self._kept:
            found += _changes("the hypervisor", address, data, machine)
        found += _changes("RAM that is nobody's", base_of(3), bytes(GUARD), machine)
        return found + (remarks(bytes(self.console)) if found else [])


def _read_only(program: Program) -> Iterator[tuple[int, bytes]]:
    """Return the program's text and constants, but for the place where it writes an instruction."""
    place = program.symbols[WRITTEN_CODE].value
    for segment in program.segments:
        if segment.writable or not segment.size:
            continue
        offset = place - segment.address
        if 0 <= offset < len(segment.data):
            yield segment.address, segment.data[:offset]
            yield place + 4, segment.data[offset + 4 :]
        else:
            yield segment.address, segment.data


def _changes(name: str, address: int, expected: bytes, machine: Machine) -> Iterator[str]:
    seen = machine.read_physical(address, len(expected))
    assert seen is not None
    if seen == expected:
        return
    first = next(n for n in range(len(seen)) if seen[n] != expected[n])
    yield f"{name} has changed at {address + first:#x}: {expected[first]:#x}, now {seen[first]:#x}"


@cache
def _ring(cpu: str, place: int) -> Ring:
    return Ring(cpu, place)


def _batch(cpu: str, seeds: Sequence[int]) -> list[str]:
    found = []
    for seed in seeds:
        wrongs = _ring(cpu, 1 + seed % 2).wrongs(hostile(seed).image)
        if wrongs:
            found.append(f"seed {seed} on {cpu}: " + "\n    ".join(wrongs))
    return found


def wrongs_of(cpu: str, seeds: range) -> list[str]:
    """Run the hostile guests of the seeds on `cpu` and return what they did that they must not."""
    batches = [seeds[first : first + BATCH] for first in range(0, len(seeds), BATCH)]
    workers = min(len(batches), os.cpu_count() or 1)
    if workers <= 1:
        return [wrong for batch in batches for wrong in _batch(cpu, batch)]
    with ProcessPoolExecutor(workers) as pool:
        done = pool.map(_batch, [cpu] * len(batches), batches)
        return [wrong for found in done for wrong in found]
