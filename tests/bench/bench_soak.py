"""Does the memory of the process stay flat? A soak of the fast engine and of debugging sessions.

    python -m tests.bench.bench_soak [--minutes N] [--every SECONDS]

A guest changes its code, page tables, address spaces and protection without end, traps and is
interrupted; it runs on the bare engine, and in a session that is never begun anew, goes back, edits and
goes on. Another session debugs a guest kernel from start to end, again and again, and reloads its
files; machines with random code come and go.

In between the process' memory is told, and how much the parts keep. In the end the last third of the
time is held against all before: memory is flat if no more of it is in use at the peak, in bytes and in
Python's own objects. What the process takes may rise a little longer, for the gaps between what is in
use come to their size slowly.

The budgets are small here, so that what has a bound comes to it within the first third. Containers that
are longer than ever are named: each should be one that has a bound, or that a person fills.
"""

from __future__ import annotations

import argparse
import gc
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hvtui.debugger.session import Session
from hvtui.machine.board import Machine
from hvtui.machine.engines import Engine
from tests.bench.soak import Soak
from tests.bench.soak_kept import allocated, grown, kept, resident

_MIB = 1 << 20
# By how much a peak may be higher: what is emptied or thinned when it is full goes up and down by a
# third, and whether it was nearly full just when it was looked at is chance. What the process takes
# hardly ever falls.
_CHANCE = 1.15
_GAPS = 1.1
_TOLD = 12
_HEAD = (
    "  seconds cycles  memory   in use  objects   engine: steps  code pages  settings blocks"
    "   endless: steps"
    "  moments    MiB  log rows"
)


@dataclass(frozen=True)
class Sample:
    """How things were at one moment: seconds since the beginning, bytes, Python's blocks, lengths."""

    seconds: float
    resident: int
    allocated: int
    blocks: int
    sizes: Mapping[str, int] = field(repr=False)


def take(soak: Soak, began: float) -> Sample:
    """Look at the process now."""
    gc.collect()
    seconds = time.monotonic() - began
    return Sample(seconds, resident(), allocated() or 0, sys.getallocatedblocks(), kept(**soak.roots))


def engine_keeps(machine: Machine) -> tuple[int, int, int]:
    """Return how many pages of decoded code, settings of the PMP and blocks the fast engine keeps."""
    if machine.engine != Engine.FAST.value:
        return 0, 0, 0
    from hvtui.machine.fast.engine import FastEngine

    engine = machine._engine
    assert isinstance(engine, FastEngine)
    return engine._cpu.pool_used, engine._cpu.settings_used, len(engine.hot_code.blocks)


def describe(soak: Soak, sample: Sample) -> str:
    """Return a line on `sample`."""
    code, settings, _ = engine_keeps(soak.machine)
    *_, hot = engine_keeps(soak.hot)
    history = soak.endless._mover.timeline.history
    return (
        f"{sample.seconds:9.0f} {soak.cycles:6} {sample.resident / _MIB:5.1f} M"
        f" {sample.allocated / _MIB:6.1f} M {sample.blocks:8,}"
        f" {soak.machine.instant:15,} {code:11,} {settings:9,} {hot:6,}"
        f" {soak.endless.machine.instant:16,} {len(history.moments):8,} {history.size / _MIB:6.1f}"
        f" {_rows(soak.endless):9,}"
    )


def _rows(session: Session) -> int:
    rows = session.traplog._rows
    return rows.end - rows.first


def verdict(samples: Sequence[Sample]) -> tuple[bool, list[str]]:
    """Tell whether memory was flat in the last third, and why in words."""
    whole = samples[-1].seconds
    earlier = [each for each in samples if each.seconds < 2 * whole / 3]
    last = [each for each in samples if each.seconds >= 2 * whole / 3]
    if len(earlier) < 2 or len(last) < 2:
        return False, ["the soak was too short to tell: it needs two samples at least in each part"]
    peaks = [
        (
            max(each.allocated for each in part) / _MIB,
            max(each.blocks for each in part),
            max(each.resident for each in part) / _MIB,
        )
        for part in (earlier, last)
    ]
    (used, blocks, taken), (used_late, blocks_late, taken_late) = peaks
    flat = (
        used_late <= used * _CHANCE and blocks_late <= blocks * _CHANCE and taken_late <= taken * _GAPS
    )
    longer = grown([each.sizes for each in earlier], [each.sizes for each in last])
    return flat, [
        f"memory {'is flat' if flat else 'GROWS'}; at most before, and in the last third of the time:",
        f"  allocated {used:.1f} MiB, {used_late:.1f} MiB",
        f"  blocks of Python {blocks:,}, {blocks_late:,}",
        f"  taken by the process {taken:.1f} MiB, {taken_late:.1f} MiB",
        *(f"longer than ever: {growth}" for growth in longer[:_TOLD]),
    ]


def main() -> None:
    """Soak and report; the exit status is 0 if memory is flat."""
    parser = argparse.ArgumentParser(description="Run for long, and see whether memory stays flat.")
    parser.add_argument("--minutes", type=float, default=10, help="how long (default 10)")
    parser.add_argument("--every", type=float, default=15, help="seconds from one sample to the next")
    given = parser.parse_args()
    soak = Soak()
    began = time.monotonic()
    samples: list[Sample] = []
    print(f"engine: {soak.machine.engine}\n{_HEAD}", flush=True)
    while time.monotonic() - began < given.minutes * 60:
        soak.cycle()
        if not samples or time.monotonic() - began - samples[-1].seconds >= given.every:
            samples.append(take(soak, began))
            print(describe(soak, samples[-1]), flush=True)
    flat, words = verdict(samples)
    print(*words, sep="\n")
    raise SystemExit(not flat)


if __name__ == "__main__":
    main()
