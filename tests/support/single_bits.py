"""What each bit of the trap bitmap is needed for: the sample kernel on `vt`, with one bit left out.

`python -m tests.support.single_bits` prints the table of the lesson of 04-type1-vt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from asm.isa.trapbits import TrapBit
from hvtui.debugger.positions import short_file
from hvtui.headless.lost import LostInstructions
from hvtui.machine.board import StopReason
from hvtui.machine.events import KernelInstruction, Outcome
from tests.support.virtualized import (
    guest_of_sample,
    listen,
    remarks,
    spoken_by,
    virtualized,
)
from tests.support.walker import walk

SAMPLE = "01-native"
LIMIT = 6_000_000
"""Instructions after which a run that should take two million hangs."""

HEAD = (
    "| bit | class | ignored | the first | what becomes of the guest |",
    "| --- | --- | --- | --- | --- |",
)


@dataclass(frozen=True)
class Run:
    """What a run without one bit shows (or with all, if `bit` is None)."""

    bit: TrapBit | None
    console: bytes
    code: int | None
    remark: str
    """What the hypervisor says on the guest's end."""
    lost: LostInstructions
    met: int
    """How many instructions of the bit's class the guest issued."""
    issued_alike: int | None
    """After how many equal instructions it issues others than natively; None if never."""

    @property
    def is_right(self) -> bool:
        """Whether the guest printed what it prints natively, and ended as well."""
        right = run_without(None)
        return (self.console, self.code) == (right.console, right.code)

    @property
    def fate(self) -> str:
        """What becomes of the guest, in a few words."""
        if not self.met:
            return "not used by this guest"
        if not self.is_right:
            return f"**breaks**: `{self.wrong_line}`"
        if self.issued_alike is None:
            return "nothing: the very same run"
        return "the same text, but not the same run"

    @property
    def wrong_line(self) -> str:
        """The guest's first line that is another; if it only stops short, why it was ended."""
        said, right = (run.console.decode().splitlines() for run in (self, run_without(None)))
        for line, wanted in zip(said, right, strict=False):
            if line != wanted:
                return line
        return f"type1: vm1 {self.remark}"

    @property
    def place(self) -> str:
        """The first lost instruction: text, file and line; empty if none was lost."""
        first = self.lost.first
        if first is None:
            return ""
        place = first.position.place
        where = f"{short_file(place.file)}:{place.line}" if place is not None else first.position.symbol
        return f"`{first.text}`, `{where}`"

    @property
    def row(self) -> str:
        """A line of the table."""
        if self.bit is None:
            raise ValueError("the run with all bits is no line of the table")
        ignored = self.lost.instructions[Outcome.IGNORED] or ""
        cells = (int(self.bit), f"`{self.bit.key}`", ignored, self.place, self.fate)
        return "| " + " ".join(f"{cell} |" if cell != "" else "|" for cell in cells)


def _defines(bit: TrapBit | None) -> Mapping[str, int]:
    return {} if bit is None else {"TRAPMAP_WITHOUT": 1 << bit}


@cache
def run_without(bit: TrapBit | None) -> Run:
    """Run the sample kernel with a trap bitmap that lacks the bit."""
    system = virtualized(guest_of_sample(SAMPLE), cpu="vt", defines=_defines(bit))
    machine = system.fresh_machine()
    console = listen(machine)
    lost = LostInstructions(system, machine)
    met = 0

    def on_kernel(event: KernelInstruction) -> None:
        nonlocal met
        met += any(kind is bit for kind, _ in event.outcomes)

    machine.observers.kernel.append(on_kernel)
    stop = machine.run(max_retired=LIMIT)
    said = spoken_by(1, bytes(console))
    code = stop.code if stop.reason is StopReason.EXITED else None
    told = [line.removeprefix("type1: vm1 ") for line in remarks(bytes(console))]
    ends = [line for line in told if not line.startswith("type1: ")]
    walked = walk(guest_of_sample(SAMPLE), "vt", limit=LIMIT, defines=_defines(bit))
    alike = walked.divergence.index if walked.divergence is not None else None
    return Run(bit, said, code, ends[-1] if ends else "ends", lost, met, alike)


def table() -> Sequence[str]:
    """Return the lines of the table, its head included."""
    return [*HEAD, *(run_without(bit).row for bit in TrapBit)]


def main() -> None:
    """Print the table."""
    print("\n".join(table()))


if __name__ == "__main__":
    main()
