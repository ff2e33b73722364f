"""Walks a guest natively and under the hypervisor, side by side, instruction by instruction.

A step of the walk is an instruction that the guest *issues*: one that retires, or one that traps
because of what it is (a system call, a fault). Under the hypervisor the guest issues an instruction
once, too, however often it is begun: a page that the hypervisor first has to map, an access that it
emulates. So an instruction begun again with nothing changed is the same step; a jump to itself, which
changes nothing either, is one step on both sides however often it goes round. Code that the
hypervisor cannot map it executes itself, one instruction after the other; what the guest issues
natively meanwhile is passed over, until both sides agree again on place, mode and registers.

Each step is held against the other side's: the instruction's place in the guest's own memory, whether
it is a user's, and the registers before it.

    python -m tests.support.walker samples/01-native --cpu vt
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from asm.disassembly.disassembler import disassemble
from asm.isa.causes import Cause
from asm.isa.decode import Decoded
from asm.isa.registers import ABI_NAMES
from hvtui.machine.board import Machine, Stop, StopReason
from hvtui.machine.contexts import Op
from hvtui.machine.engines import Engine
from hvtui.machine.events import TrapTaken
from hvtui.machine.hart import Hart
from hvtui.machine.privilege import Privilege
from hvtui.machine.probes import Probes
from hvtui.machine.translation import Access
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.system import System
from tests.support.virtualized import CPUS, GUEST_RAM, VM_SIZE, Guest, base_of, native, virtualized

CHUNK = 1 << 13
LIMIT = 40_000_000
"""Instructions of the real machine after which a side has gone astray."""
SHOWN = 6
LONGEST_GAP = 1 << 17
"""How many instructions in a row the hypervisor is believed to have executed itself."""


_FETCH_FAULTS = (Cause.FETCH_ACCESS, Cause.FETCH_PAGE_FAULT)


class Step(NamedTuple):
    """An instruction about to be executed: where it lies, in a user program or not, and x0 to x31."""

    physical: int
    is_user: bool
    x: tuple[int, ...]


class Recorder(Probes):
    """Writes down each instruction that is issued in the modes of interest.

    `own` is the lowest mode that is of no interest (None: all are), `memory` the real addresses of the
    guest's memory, of which others are of no interest either. Once `wanted` steps are written the
    machine is asked to stop.
    """

    def __init__(self, machine: Machine, own: Privilege | None, memory: range) -> None:
        hart: Hart = machine.hart
        super().__init__(
            lambda pc: hart.access.explain(pc, Access.FETCH).physical,
            hart.access.forget,
            lambda: machine.instant,
        )
        self.steps: list[Step] = []
        self.wanted = CHUNK
        self._machine = machine
        self._state = hart.state
        self._x = hart.x
        self._own = own
        self._memory = memory
        self._last: Step | None = None
        self._taken = 0
        self._fetch_failed = False
        # The numbers of the steps, counted from the first, before which the guest could not fetch.
        self.gaps: set[int] = set()
        self.is_used = True
        machine.observers.trap.append(self._on_trap)
        hart.probes = self
        hart.access.forget()

    def wrap(self, decoded: Decoded, pc: int, op: Op) -> Op:
        """Return `op`, writing down before it is executed."""
        if self._own is not None and self._state.privilege >= self._own:
            return op
        place = self._physical(pc)
        if place is None:
            raise AssertionError(f"an instruction at {pc:#x} that lies nowhere")
        if place not in self._memory:
            return op
        physical = place - self._memory.start + GUEST_RAM
        state, x = self._state, self._x

        def recorded() -> int:
            step = Step(physical, state.privilege is Privilege.U, tuple(x))
            if step != self._last:
                self._last = step
                if self._fetch_failed:
                    self._fetch_failed = False
                    self.gaps.add(self._taken + len(self.steps))
                self.steps.append(step)
                if len(self.steps) >= self.wanted:
                    self._machine.request_stop()
            return op()

        return recorded

    def take(self) -> list[Step]:
        """Return what was written since the last time."""
        taken = self.steps
        self.steps = []
        self._taken += len(taken)
        return taken

    def _on_trap(self, trap: TrapTaken) -> None:
        if self._own is not None and trap.origin < self._own and trap.cause in _FETCH_FAULTS:
            self._fetch_failed |= not trap.is_interrupt

    @property
    def ends_in_gap(self) -> bool:
        """Whether the last that is known of the guest is that it could not fetch."""
        return self._fetch_failed


class Side:
    """One of the two machines, and what it has recorded; of a virtual one, of VM `number` alone."""

    def __init__(
        self,
        system: System,
        *,
        is_virtual: bool,
        typed: bytes,
        number: int = 1,
        vm_size: int = VM_SIZE,
    ) -> None:
        self.system = system
        # The reference engine asks its probes about every instruction.
        reference = replace(system, overrides=replace(system.overrides, engine=Engine.REFERENCE))
        self.machine = reference.fresh_machine()
        self.machine.uart.feed(typed)
        self.base = base_of(number, vm_size) if is_virtual else GUEST_RAM
        own = Privilege.M if is_virtual else None
        size = vm_size if is_virtual else self.machine.ram.size
        self.recorder = Recorder(self.machine, own, range(self.base, self.base + size))
        self.stop: Stop | None = None

    def more(self, room: int, limit: int) -> list[Step]:
        """Run until about `room` steps are recorded, or the machine ends."""
        self.recorder.wanted = room
        while self.stop is None and len(self.recorder.steps) < room:
            stop = self.machine.run(max_retired=limit)
            if stop.reason is not StopReason.REQUESTED:
                self.stop = stop
        return self.recorder.take()

    def describe(self, step: Step) -> str:
        """Return a step as a line: place, source, instruction."""
        real = step.physical - GUEST_RAM + self.base
        component = self.system.component_at(real)
        place = "outside all programs"
        if component is not None:
            entry = component.program.lines.at(real - component.relocation)
            label = component.program.label_at(real - component.relocation)
            where = f"{Path(entry.outermost.file).name}:{entry.outermost.line}" if entry else ""
            named = f"{label[0].name}+{label[1]:#x}" if label else ""
            place = " ".join(part for part in (component.name, where, named) if part)
        word = int.from_bytes(self.machine.read_physical(real, 4) or b"", "little")
        ring = "user  " if step.is_user else "kernel"
        return f"{step.physical:08x} {ring} {disassemble(word, step.physical)!s:32} {place}"


@dataclass(frozen=True)
class Divergence:
    """Where the two sides differ: after `index` equal steps."""

    index: int
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True)
class Walk:
    """How a walk went: the equal steps, how each side ended, and where they differ, if they do."""

    steps: int
    native_stop: Stop | None
    virtual_stop: Stop | None
    divergence: Divergence | None
    native_machine: Machine
    virtual_machine: Machine


def walk(
    guest: Guest,
    cpu: str,
    *,
    typed: bytes = b"",
    most: int | None = None,
    limit: int = LIMIT,
    defines: Mapping[str, int] | None = None,
) -> Walk:
    """Compare at most `most` steps of the guest, natively and as the only VM on a `cpu`.

    `defines` are for the hypervisor.

    A side that ends first has to have been the guest's own end: a native machine that is stuck may
    only be matched by a VM that goes nowhere else either.
    """
    bare = Side(native(guest), is_virtual=False, typed=typed)
    hosted = Side(virtualized(guest, cpu=cpu, defines=defines), is_virtual=True, typed=typed)
    return walk_sides(bare, hosted, most=most, limit=limit)


def walk_sides(bare: Side, hosted: Side, *, most: int | None = None, limit: int = LIMIT) -> Walk:
    """Compare the sequences of two sides that have not begun."""
    index = met = 0  # steps that are equal; steps of the hosted side that are dealt with
    before: list[Step] = []
    ours: list[Step] = []
    theirs: list[Step] = []
    divergence = None
    while divergence is None:
        room = CHUNK if most is None else min(CHUNK, most - index)
        if room <= 0:
            break
        ours += bare.more(room, limit)
        theirs += hosted.more(room, limit)
        equal = _equal_steps(ours, theirs)
        index += equal
        met += equal
        before = (before + ours[:equal])[-SHOWN:]
        ours, theirs = ours[equal:], theirs[equal:]
        native_ended, virtual_ended = bare.stop is not None, hosted.stop is not None
        if not ours and not theirs:
            if native_ended and virtual_ended:
                break
        elif not theirs:
            if not virtual_ended:
                continue
            if not hosted.recorder.ends_in_gap or (native_ended and not _end_alike(bare, hosted)):
                divergence = _difference(index, before, ours, theirs, bare, hosted)
            elif native_ended:
                break
            else:
                ours = ours[:SHOWN]
        elif ours and met in hosted.recorder.gaps:
            if theirs[0] in ours:
                ours = ours[ours.index(theirs[0]) :]
            elif native_ended or len(ours) > LONGEST_GAP:
                divergence = _difference(index, before, ours, theirs, bare, hosted)
        elif ours or native_ended:
            divergence = _difference(index, before, ours, theirs, bare, hosted)
    return Walk(index, bare.stop, hosted.stop, divergence, bare.machine, hosted.machine)


def _end_alike(bare: Side, hosted: Side) -> bool:
    """Tell whether a guest whose last steps nobody saw came to the same end on both sides."""
    if bare.stop is None or hosted.stop is None:
        return False
    if bare.stop.reason is StopReason.EXITED:
        return bare.stop == hosted.stop
    return bare.stop.reason is hosted.stop.reason or hosted.stop.code != 0


def _equal_steps(ours: Sequence[Step], theirs: Sequence[Step]) -> int:
    common = min(len(ours), len(theirs))
    if ours[:common] == theirs[:common]:
        return common
    return next(n for n in range(common) if ours[n] != theirs[n])


def _difference(
    index: int,
    before: Sequence[Step],
    ours: Sequence[Step],
    theirs: Sequence[Step],
    bare: Side,
    hosted: Side,
) -> Divergence:
    lines = [f"after {index} equal steps the guest goes other ways; the last they have in common:"]
    lines += [f"    {bare.describe(step)}" for step in before]
    lines += ["natively:"]
    lines += _following(ours, bare)
    lines += ["virtualized:"]
    lines += _following(theirs, hosted)
    if ours and theirs:
        lines += [
            f"    {ABI_NAMES[n]} (x{n}) is {a:#010x} natively, {b:#010x} virtualized"
            for n, (a, b) in enumerate(zip(ours[0].x, theirs[0].x, strict=True))
            if a != b
        ]
    return Divergence(index, "\n".join(lines))


def _following(steps: Sequence[Step], side: Side) -> list[str]:
    shown = [f"    {side.describe(step)}" for step in steps[:SHOWN]]
    return shown or [f"    nothing more: {side.stop}"]


def main() -> None:
    """Walk a native sample, or any native machine file, and say how far both agree."""
    parser = argparse.ArgumentParser(prog="python -m tests.support.walker")
    parser.add_argument("path", type=Path, help="a native machine file, source or ELF file")
    parser.add_argument("--cpu", choices=CPUS, default="classic")
    parser.add_argument("--typed", default="", help="console input")
    arguments = parser.parse_args()
    guest = Guest(load_system(arguments.path).components)
    result = walk(guest, arguments.cpu, typed=arguments.typed.encode())
    print(result.divergence or f"{result.steps} steps, all equal")
    print(f"native: {result.native_stop}, virtualized: {result.virtual_stop}")
    ratio = result.virtual_machine.retired / max(1, result.native_machine.retired)
    print(f"{result.native_machine.retired} and {result.virtual_machine.retired}: {ratio:.1f} times")


if __name__ == "__main__":
    main()
