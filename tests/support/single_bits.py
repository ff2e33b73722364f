"""What each bit of the trap bitmap is needed for: the sample kernel on `vt`, with one bit left out.

python -m tests.support.single_bits
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from asm.isa.trapbits import TrapBit
from hvtui.debugger.positions import short_file
from hvtui.headless.lost import LostInstructions
from hvtui.machine.board import StopReason
from hvtui.machine.events import KernelInstruction
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

HEADER = ("| left out | what becomes of the guest | the first instruction that is lost |",
          "| --- | --- | --- |")  # fmt: skip


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
    def fate(self) -> str:
        """What becomes of the guest, in a few words."""
        return _fate(self)

    @property
    def place(self) -> str:
        """The first lost instruction: text, file and line; empty if none was lost."""
        first = self.lost.first
        if first is None:
            return ""
        place = first.position.place
        where = f"{short_file(place.file)}:{place.line}" if place is not None else first.position.symbol
        return f"`{first.text}` at {where}"

    @property
    def row(self) -> str:
        """A line of the table."""
        if self.bit is None:
            raise ValueError("the run with all bits is no line of the table")
        return f"| {int(self.bit)} `{self.bit.key}` | {self.fate} | {self.place or 'none'} |"


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


def _fate(run: Run) -> str:
    right = run_without(None)
    total = len(right.console.splitlines())
    if (run.console, run.code) == (right.console, right.code):
        if not run.met:
            return "nothing: it has no such instruction"
        if run.issued_alike is None:
            return "nothing: its run is the native one"
        return f"its console is right, but after {run.issued_alike:,} instructions it goes another way"
    told = run.remark.split(";")[0].split(",")[0] if run.code is not None else "hangs"
    alike = _common_lines(run.console, right.console)
    if alike == len(run.console.splitlines()):
        return f"{told}, after {alike} of {total} lines"
    return f"line {alike + 1} of {total} is wrong or missing; {told}"


def _common_lines(said: bytes, right: bytes) -> int:
    count = 0
    for one, other in zip(said.splitlines(), right.splitlines(), strict=False):
        if one != other:
            break
        count += 1
    return count


def table() -> Sequence[str]:
    """Return the lines of the table, its head included."""
    return [*HEADER, *(run_without(bit).row for bit in TrapBit)]


def main() -> None:
    """Print the table."""
    print("\n".join(table()))


if __name__ == "__main__":
    main()
