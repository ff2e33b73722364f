"""However a program is run, it does the same: at a stretch, by steps, or in pieces that are taken back.

The programs that are compared with QEMU are full of traps, interrupts, mode changes, page tables and
code that changes itself, so they are a hard test of the run loop and of captured states, too.
"""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from random import Random
from typing import NamedTuple

import pytest

from asm.assembler.assembly import assemble_file
from asm.isa.csrs import CSRS
from asm.options import Options
from asm.program import Program
from hvtui.machine.board import Machine, StopReason
from tests.support import oracle_ours

PROGRAMS = Path(__file__).parent / "programs"
SHORT = ("interrupts", "memory", "modes", "plic", "random_pages", "traps")
RAM_BASE, RAM_SIZE = 0x8000_0000, 16 << 20


class Ending(NamedTuple):
    """What a run left behind."""

    console: bytes
    retired: int
    instant: int
    pc: int
    registers: tuple[int, ...]
    csrs: tuple[tuple[str, int], ...]
    memory: str


def assembled(name: str) -> Program:
    return assemble_file(PROGRAMS / f"{name}.s", Options(defines={"SEED": 5, "ROUNDS": 4}))


def ending(machine: Machine, console: bytearray) -> Ending:
    memory = machine.read_physical(RAM_BASE, RAM_SIZE)
    assert memory is not None
    existing = (row.name for row in CSRS if row.only_on is None)
    return Ending(
        bytes(console),
        machine.retired,
        machine.instant,
        machine.hart.pc,
        tuple(machine.hart.x),
        tuple((name, machine.hart.csr_value(name)) for name in existing),
        sha256(memory).hexdigest(),
    )


def run_at_a_stretch(machine: Machine, console: bytearray) -> None:
    assert machine.run().reason is StopReason.EXITED


def run_step_by_step(machine: Machine, console: bytearray) -> None:
    while machine.step() is None:
        pass


def run_in_pieces(machine: Machine, console: bytearray) -> None:
    """Run random pieces; often run ahead first and come back."""
    random = Random(3)
    while machine.exit is None:
        if random.random() < 0.5:
            state, printed = machine.capture(), len(console)
            machine.run(until_instant=machine.instant + random.randrange(1, 3000))
            machine.restore(state)
            del console[printed:]
        machine.run(until_instant=machine.instant + random.randrange(1, 1500))


def run_between_counts(machine: Machine, console: bytearray) -> None:
    """Run to counts of retired instructions."""
    random = Random(4)
    while machine.exit is None:
        machine.run(max_retired=machine.retired + random.randrange(1, 900))


@pytest.mark.parametrize("name", SHORT)
@pytest.mark.parametrize("manner", [run_step_by_step, run_in_pieces, run_between_counts])
def test_the_manner_of_running_changes_nothing(
    name: str, manner: Callable[[Machine, bytearray], None]
) -> None:
    program = assembled(name)
    endings = []
    for run in (run_at_a_stretch, manner):
        machine, console = oracle_ours.load(program)
        run(machine, console)
        endings.append(ending(machine, console))
    assert endings[0] == endings[1]
    assert endings[0].console.endswith(b"end\n")


def test_two_machines_take_turns_without_touching_each_other() -> None:
    """Machines that share the process, each with a program of its own, end as they do alone."""
    alone = []
    for name in ("traps", "modes"):
        machine, console = oracle_ours.load(assembled(name))
        machine.run()
        alone.append(ending(machine, console))
    pairs = [oracle_ours.load(assembled(name)) for name in ("traps", "modes")]
    while any(machine.exit is None for machine, _ in pairs):
        for machine, _ in pairs:
            machine.run(until_instant=machine.instant + 777)
    assert [ending(*pair) for pair in pairs] == alone
