"""Does the memory of the process stay flat? A soak of the fast engine and of debugging sessions.

    python -m tests.bench.bench_soak [--minutes N] [--every SECONDS]

A guest changes its code, page tables, address spaces and protection without end, traps and is
interrupted; it runs on the bare engine, and in a session that is never begun anew, goes back, edits and
goes on. Another session debugs a guest kernel from start to end, again and again, and reloads its
files; machines with random code come and go. In between the process' memory is told, and how much the
parts keep. In the end the last third of the time is held against the second: memory that is flat has
no higher peak then, and no container is longer than it ever was.

The budgets are small here, so that what has a bound comes to it within the first third.
"""

from __future__ import annotations

import argparse
import gc
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hvtui.debugger.session import Session
from hvtui.machine.board import Machine
from hvtui.machine.engines import Engine
from tests.bench.soak import Soak
from tests.bench.soak_kept import grown, kept, resident

_MIB = 1 << 20
# What the allocator and the operating system need to and fro.
_NOISE = 4 * _MIB
_TOLD = 12
_HEAD = (
    "  seconds cycles  memory  objects   engine: steps  code pages  settings   endless: steps"
    "  moments    MiB  log rows"
)


@dataclass(frozen=True)
class Sample:
    """How things were at one moment: seconds since the beginning, bytes, counts."""

    seconds: float
    resident: int
    objects: int
    sizes: Mapping[str, int] = field(repr=False)


def take(soak: Soak, began: float) -> Sample:
    """Look at the process now."""
    gc.collect()
    return Sample(time.monotonic() - began, resident(), len(gc.get_objects()), kept(**soak.roots))


def engine_keeps(machine: Machine) -> tuple[int, int]:
    """Return how many pages of decoded code and settings of the PMP the fast engine keeps."""
    if machine.engine != Engine.FAST.value:
        return 0, 0
    from hvtui.machine.fast.engine import FastEngine

    engine = machine._engine
    assert isinstance(engine, FastEngine)
    return engine._cpu.pool_used, len(engine._settings)


def describe(soak: Soak, sample: Sample) -> str:
    """Return a line on `sample`."""
    code, settings = engine_keeps(soak.machine)
    history = soak.endless._mover.timeline.history
    return (
        f"{sample.seconds:9.0f} {soak.cycles:6} {sample.resident / _MIB:5.1f} M {sample.objects:8,}"
        f" {soak.machine.instant:15,} {code:11,} {settings:9,} {soak.endless.machine.instant:16,}"
        f" {len(history.moments):8,} {history.size / _MIB:6.1f} {_rows(soak.endless):9,}"
    )


def _rows(session: Session) -> int:
    rows = session.traplog._rows
    return rows.end - rows.first


def verdict(samples: Sequence[Sample]) -> tuple[bool, list[str]]:
    """Tell whether memory was flat in the last third, and why in words."""
    whole = samples[-1].seconds
    second = [each for each in samples if whole / 3 <= each.seconds < 2 * whole / 3]
    last = [each for each in samples if each.seconds >= 2 * whole / 3]
    if not second or len(last) < 2:
        return False, ["the soak was too short to tell: a third of it needs two samples at least"]
    before = max(each.resident for each in second)
    late = max(each.resident for each in last)
    objects = max(each.objects for each in second), max(each.objects for each in last)
    longer = grown([each.sizes for each in samples if each not in last], [each.sizes for each in last])
    flat = late <= before + _NOISE
    words = [
        f"memory: at most {before / _MIB:.1f} MiB in the second third,"
        f" {late / _MIB:.1f} MiB in the last: {'flat' if flat else 'it GROWS'}",
        f"objects of Python: at most {objects[0]:,}, then {objects[1]:,}",
    ]
    words += [f"longer than ever: {growth}" for growth in longer[:_TOLD]]
    return flat and not longer, words


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
