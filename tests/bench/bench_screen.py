"""What the screen costs: a step from key to repaint, a pause, a resize, and the first frame.

    python -m tests.bench.bench_screen [SAMPLE] [--steps N] [--size 160x48]

Steps are taken in the midst of a run of the sample, with every pane in view in turn. The clock's time
has a floor, for Textual paints sixty times a second; so the CPU's is told too. The first frame is that
of the command on a pseudo-terminal.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from textual.pilot import Pilot

from hvtui.machinefile.loading import load_system
from hvtui.machinefile.system import System
from hvtui.tui.actions.everything import ACTIONS
from tests.support.screens import debugger, running
from tests.support.terminal import Terminal

SAMPLES = Path(__file__).parents[2] / "samples"
_FAR = 20_000


async def _painted(pilot: Pilot[None]) -> None:
    """Wait until the machine stands, and what it shows is painted."""
    screen = debugger(pilot)
    while screen.is_moving:
        await asyncio.sleep(0)
    done = asyncio.Event()
    screen.call_after_refresh(done.set)
    await done.wait()


class Watch:
    """Collects how long something takes, in milliseconds of the clock and of the CPU."""

    def __init__(self) -> None:
        self._clock: list[float] = []
        self._cpu: list[float] = []
        self._began = (0.0, 0.0)

    def start(self) -> None:
        """It begins now."""
        self._began = (time.perf_counter(), time.process_time())

    def stop(self) -> None:
        """It is over now."""
        self._clock.append((time.perf_counter() - self._began[0]) * 1e3)
        self._cpu.append((time.process_time() - self._began[1]) * 1e3)

    def told(self, name: str) -> str:
        """Return a line that tells the medians, and what 95 % are under."""
        worst = sorted(self._clock)[int(0.95 * (len(self._clock) - 1))]
        clock, cpu = statistics.median(self._clock), statistics.median(self._cpu)
        return f"{name:<36} {clock:7.1f} ms   CPU {cpu:7.1f} ms   95 % under {worst:7.1f} ms"


async def _timed(pilot: Pilot[None], watch: Watch, action: Callable[[], object]) -> None:
    watch.start()
    action()
    await _painted(pilot)
    watch.stop()


async def measure(system: System, size: tuple[int, int], steps: int) -> list[str]:
    """Return a line for each measure."""
    lines: list[str] = []
    async with running(system, size) as pilot:
        screen = debugger(pilot)
        await _painted(pilot)
        screen.move(lambda: screen.session.goto(_FAR))
        await _painted(pilot)
        for pane in [action.name for action in ACTIONS if action.name.startswith("pane_")]:
            screen.action_do(pane)
            await _painted(pilot)
            screen.action_do("pane_source")
            for name in ("step_line", "reverse_step_line"):
                watch = Watch()
                for _ in range(steps):
                    await _timed(pilot, watch, partial(screen.action_do, name))
                lines.append(watch.told(f"{name}, {pane.removeprefix('pane_')} in view"))
        watch = Watch()
        for width, height in [(80, 24), size] * max(steps // 4, 1):
            watch.start()
            await pilot.resize_terminal(width, height)
            await _painted(pilot)
            watch.stop()
        lines.append(watch.told("resize"))
        watch = Watch()
        for _ in range(max(steps // 4, 1)):
            screen.action_do("resume")
            while not screen.snapshot.running:
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.2)
            await _timed(pilot, watch, partial(screen.action_do, "pause"))
        lines.append(watch.told("pause of a running machine"))
    return lines


def first_frame(path: Path) -> float:
    """Return how many seconds the command takes to show the machine on a terminal."""
    began = time.perf_counter()
    with Terminal(str(path)) as terminal:
        terminal.wait_for("ready")
        return time.perf_counter() - began


def main() -> None:
    """Measure, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("sample", nargs="?", default="04-type1-vt")
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--size", default="160x48")
    arguments = parser.parse_args()
    path = SAMPLES / arguments.sample / "machine.toml"
    width, height = (int(number) for number in arguments.size.split("x"))
    for line in asyncio.run(measure(load_system(path), (width, height), arguments.steps)):
        print(line)
    frames = [first_frame(path) for _ in range(5)]
    print(
        f"{'first frame':<40} median {statistics.median(frames):7.2f} s    worst {max(frames):7.2f} s"
    )


if __name__ == "__main__":
    main()
