"""What each bit of the trap bitmap is needed for: a guest without it, for each bit.

`python -m tests.support.trap_bits` prints the table of the lesson of 04-type1-vt.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from asm.isa.trapbits import TrapBit
from hvtui.checks.vm_console import split_vms
from hvtui.headless.lost import LostInstructions
from hvtui.machine.board import StopReason
from hvtui.machine.events import Outcome
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.system import System
from tests.support.virtualized import SAMPLES, hypervisor, listen, remarks

SAMPLE = SAMPLES / "04-type1-vt"
LIMIT = 3_000_000


@dataclass(frozen=True)
class WithoutBit:
    """A run with all bits but one.

    `ignored` instructions were ignored, the first of them is `first` at `where`; `is_same` tells
    whether the guest printed what it should, and `wrong` what is said instead if not.
    """

    bit: TrapBit
    ignored: int
    first: str
    where: str
    is_same: bool
    wrong: str

    @property
    def row(self) -> str:
        """The row of the lesson's table."""
        if not self.ignored:
            return f"| {int(self.bit)} | `{self.bit.key}` | | | not used by this guest |"
        told = "the same text" if self.is_same else f"**breaks**: `{self.wrong}`"
        return (
            f"| {int(self.bit)} | `{self.bit.key}` | {self.ignored} "
            f"| `{self.first}`, `{self.where}` | {told} |"
        )


HEAD = (
    "| bit | class | ignored | the first | what becomes of the guest |\n| --- | --- | --- | --- | --- |"
)


def without(system: System, bits: int) -> System:
    """Return the system with a hypervisor that leaves those bits out of the bitmap."""
    first, *others = system.components
    program = hypervisor({"VMS": 1, "TRAPMAP_WITHOUT": bits})
    return replace(system, components=(replace(first, program=program), *others))


def try_without(bit: TrapBit) -> WithoutBit:
    """Run the sample without a bit, to its end."""
    sample = load_system(SAMPLE)
    system = without(sample, 1 << bit)
    machine = system.fresh_machine()
    console, lost = listen(machine), LostInstructions(system, machine)
    stop = machine.run(max_retired=LIMIT)
    assert stop.reason is StopReason.EXITED, f"without {bit.key} the run does not end"
    told, expected = split_vms(bytes(console))["vm1"].decode(), sample.expect.vm_consoles["vm1"]
    first = lost.first
    place = first.position.place if first else None
    return WithoutBit(
        bit,
        lost.instructions[Outcome.IGNORED],
        first.text if first else "",
        f"{Path(place.file).name}:{place.line}" if place else "",
        told == expected,
        "" if told == expected else _first_wrong_line(told, expected, bytes(console)),
    )


def _first_wrong_line(told: str, expected: str, console: bytes) -> str:
    """Return the guest's first line that is another; if it only stops short, why it was ended."""
    for line, wanted in zip(told.splitlines(), expected.splitlines(), strict=False):
        if line != wanted:
            return line
    return remarks(console)[-1].removeprefix("type1: ")


def table() -> Iterator[str]:
    """Return the table, row by row."""
    yield from HEAD.splitlines()
    for bit in TrapBit:
        yield try_without(bit).row


if __name__ == "__main__":
    for line in table():
        print(line)
