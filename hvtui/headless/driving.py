"""Driving a machine to its end in stretches, with somebody watching who may want it to halt."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol

from hvtui.headless.console import Console, ConsoleInput
from hvtui.headless.ending import INTERRUPTED, LIMIT, Ending
from hvtui.machine.board import Machine, Stop, StopReason

# The machine runs this many instructions before output is flushed and progress shown, as long as input
# is handed over in between; later on as many as take about so long (seconds).
STRETCH = 50_000
_LONGEST_STRETCH = 1 << 26
_STRETCH_TIME = 0.04


class Advance(Protocol):
    """Runs the machine until it has retired so many instructions in all, or stops before."""

    def __call__(self, *, max_retired: int) -> Stop: ...


class Progress(Protocol):
    """Hears between two stretches how far the run has come."""

    def update(self, retired: int, *, at_line_start: bool) -> None:
        """`retired` instructions so far; `at_line_start` tells where the console's output stands."""


def drive(
    machine: Machine,
    advance: Advance,
    limit: int | None,
    console: Console,
    typed: ConsoleInput,
    halted: threading.Event,
    progress: Progress | None = None,
) -> Ending:
    """Run to the end, or until somebody sets `halted`; between two stretches others see how it goes."""
    machine.observers.output.append(console.write)
    stretch = STRETCH
    while True:
        has_fed = typed.feed()
        began = time.monotonic()
        goal = machine.retired + (STRETCH if has_fed or typed.has_more else stretch)
        stop = advance(max_retired=goal if limit is None else min(goal, limit))
        console.flush()
        took = time.monotonic() - began
        if took < _STRETCH_TIME / 2:
            stretch = min(2 * stretch, _LONGEST_STRETCH)
        elif took > 2 * _STRETCH_TIME:
            stretch = max(stretch // 2, STRETCH)
        if machine.exit is not None:
            return Ending(machine.exit.reason.value, machine.exit.code)
        if halted.is_set():
            return Ending("interrupted", INTERRUPTED)
        if limit is not None and machine.retired >= limit:
            return Ending("limit", LIMIT)
        if stop.reason is StopReason.WAITING and not has_fed:
            typed.close()
        if progress is not None:
            progress.update(machine.retired, at_line_start=console.at_line_start)


@contextmanager
def set_on_interrupt(halted: threading.Event) -> Iterator[None]:
    """Have Ctrl+C set the event; a second one stops Python."""
    with call_on_interrupt(halted.set):
        yield


@contextmanager
def call_on_interrupt(told: Callable[[], None]) -> Iterator[None]:
    """Have Ctrl+C call `told`; a second one stops Python.

    A signal comes at any point of the machine's own Python code, so it must not touch the machine.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_signal(number: int, frame: FrameType | None) -> None:
        told()
        signal.signal(signal.SIGINT, previous)

    previous = signal.signal(signal.SIGINT, on_signal)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
