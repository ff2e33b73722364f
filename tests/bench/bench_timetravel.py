"""What travelling in time costs: how long a step back takes, and how much slower a recorded run is.

    python -m tests.bench.bench_timetravel [--steps N] [--rounds N]

For each workload: the slowdown of a run by recording it (medians of runs in turns, with and without),
what the record takes, then steps back at the end of the run and at places all over it. The first step
back after a run, or after a jump, has the longest way; so the worst ones are told too. Then how long it
takes to run back to where a breakpoint was met last, over runs with few traps and with many. Times are
of the CPU: what other programs take of the host meanwhile does not count.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from asm.assembler.assembly import assemble_text
from asm.program import Program
from hvtui.debugger.history import DEFAULT_BUDGET
from hvtui.debugger.session import Session
from hvtui.machine.memory import RAM_BASE
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.system import Component, System
from tests.bench.bench_reference import caller, sieve

SAMPLES = Path(__file__).parents[2] / "samples"
_PLACES, _STEPS_AT_A_PLACE = 12, 4

# Stores to a page after another, round and round.
_PAGES = """
_start: li      s0, 0x80100000
        li      s1, 0x80100000 + {pages} * 4096
        li      s2, 4096
1:      mv      t0, s0
2:      sw      t1, 0(t0)
        addi    t1, t1, 1
        add     t0, t0, s2
        bltu    t0, s1, 2b
        j       1b
"""


# What user mode does before each call: twice as many instructions as it has rounds.
_ROUNDS = "li s1, {rounds}\n1: addi s1, s1, -1\n bnez s1, 1b"
# Rounds between two calls, and the part of the steps that are run.
_DENSITIES = ((50_000, 10), (25, 100))


@dataclass(frozen=True)
class Workload:
    """A system that keeps running for `steps` steps at least."""

    name: str
    system: System
    steps: int


def workloads(steps: int) -> Iterator[Workload]:
    """Yield what is measured, with runs of about so many steps."""
    yield Workload("sieve of Eratosthenes", _alone(sieve(10_000)), steps)
    yield Workload("system calls alone", _alone(caller()), steps // 10)
    for pages in (128, 2048):
        text = _PAGES.format(pages=pages)
        yield Workload(f"{pages} pages in turn", _alone(assemble_text(text)), steps // 2)
    for name in ("04-type1-vt", "08-shadow-paging"):
        system = load_system(SAMPLES / name / "machine.toml")
        yield Workload(f"sample {name}", system, min(steps, 1_200_000))


def _alone(program: Program) -> System:
    component = Component("program", "kernel", program, RAM_BASE, RAM_BASE)
    return System(
        path=Path("bench.toml"), title="bench", cpu="classic", ram_size=16 << 20, timebase=1,
        components=(component,),
    )  # fmt: skip


def timed(action: Callable[[], object]) -> float:
    """Return how long `action` takes the CPU, in seconds."""
    began = time.process_time()
    action()
    return time.process_time() - began


def run(workload: Workload, *, recorded: bool) -> tuple[float, Session]:
    """Run the workload as the debugger does; returns the seconds it took, and the session."""
    session = Session(workload.system)
    session.machine.uart.input_open = False
    timeline = session._mover.timeline
    if not recorded:
        timeline._spacing = math.inf

    def forwards() -> None:
        while timeline.now < workload.steps and session.machine.exit is None:
            timeline.run(workload.steps)

    return timed(forwards), session


def measure(workload: Workload, rounds: int) -> None:
    """Measure a workload, and print what was found."""
    plain, kept = [], []
    for _ in range(rounds):
        plain.append(run(workload, recorded=False)[0])
        took, session = run(workload, recorded=True)
        kept.append(took)
    history = session._mover.timeline.history
    slower = statistics.median(kept) / statistics.median(plain) - 1
    print(f"\n{workload.name}: {session.machine.instant:,} steps in {statistics.median(kept):.2f} s")
    print(f"  recording slows it by    {100 * slower:5.1f} %   (best of each: "
          f"{100 * (min(kept) / min(plain) - 1):.1f} %)")  # fmt: skip
    print(f"  the record takes         {history.size / 2**20:5.1f} MiB, {len(history.moments)} moments")
    end = session.machine.instant
    first = timed(session.reverse_step_instruction)
    more = [timed(session.reverse_step_instruction) for _ in range(50)]
    _tell("a step back at the end", [first, *more])
    jumps, steps, lines = [], [], []
    chance = random.Random(1)
    for _ in range(_PLACES):
        place = chance.randrange(end // 10, end)
        jumps.append(timed(partial(session.goto, place)))
        steps += [timed(session.reverse_step_instruction) for _ in range(_STEPS_AT_A_PLACE)]
        lines += [timed(session.reverse_over) for _ in range(_STEPS_AT_A_PLACE)]
    _tell("a jump to a place", jumps)
    _tell("a step back there", steps)
    _tell("a line back, over calls", lines)
    print(f"  the record takes now     {history.size / 2**20:5.1f} MiB, {len(history.moments)} moments"
          f" of a budget of {DEFAULT_BUDGET >> 20} MiB")  # fmt: skip


def search(rounds: int, steps: int) -> None:
    """Run back to breakpoints that were met last at the end, at the beginning, and never."""
    program = caller(before="ebreak", work=_ROUNDS.format(rounds=rounds))
    session = Session(_alone(program))
    session.limit = steps
    forwards = timed(session.resume)
    print(f"\n{session.machine.hart.traps:,} traps in {session.machine.instant:,} steps"
          f" ({session.machine.instant / forwards / 1e6:.1f} million steps a second)")  # fmt: skip
    for what, condition in (("the last trap", "ecall-u"), ("the first trap", "breakpoint")):
        session.goto(steps)
        known = session.break_on_trap(condition)
        print(f"  back to {what:16} {1000 * timed(session.reverse_resume):6.1f} ms")
        session.remove_breakpoint(known.number)
    session.goto(steps)
    session.break_at("_start")
    print(f"  back to the first step   {1000 * timed(session.reverse_resume):6.1f} ms")


def _tell(what: str, times: list[float]) -> None:
    median, worst = statistics.median(times), max(times)
    print(f"  {what:24} {1000 * median:6.1f} ms in the median, {1000 * worst:.1f} ms at worst")


def main() -> None:
    """Measure all workloads."""
    parser = argparse.ArgumentParser(description="Measure what travelling in time costs.")
    parser.add_argument("--steps", type=int, default=10_000_000, help="length of the longest run")
    parser.add_argument("--rounds", type=int, default=3, help="runs with and without recording")
    arguments = parser.parse_args()
    for workload in workloads(arguments.steps):
        measure(workload, arguments.rounds)
    for rounds, part in _DENSITIES:
        search(rounds, arguments.steps // part)


if __name__ == "__main__":
    main()
