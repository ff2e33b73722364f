"""Driving a machine to its end in stretches, with a person watching who may press Ctrl+C."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Protocol

from hvtui.cli.console import Console, ConsoleInput
from hvtui.cli.progress import RunProgress
from hvtui.cli.statuses import INTERRUPTED, LIMIT
from hvtui.machine.board import Machine, Stop, StopReason

# The machine runs this many instructions before output is flushed and progress shown.
STRETCH = 50_000


class Advance(Protocol):
    """Runs the machine until it has retired so many instructions in all, or stops before."""

    def __call__(self, *, max_retired: int) -> Stop: ...


@dataclass(frozen=True, slots=True)
class Ending:
    """Why a run is over: the `reason` as JSON calls it, and the exit `code`."""

    reason: str
    code: int

    @property
    def status(self) -> int:
        """The exit status: a code that does not fit into one must not become success."""
        return min(self.code, 255)

    @property
    def is_of_guest(self) -> bool:
        """Tell whether the guest itself ended the run."""
        return self.reason in ("finisher", "tohost")


def drive(
    machine: Machine,
    advance: Advance,
    limit: int | None,
    console: Console,
    typed: ConsoleInput,
    progress: RunProgress,
    halted: threading.Event,
) -> Ending:
    """Run to the end. Between two stretches a person sees what happened so far.

    Ctrl+C sets `halted`; so may anybody who wants the run to end.
    """
    machine.observers.output.append(console.write)
    with _set_on_interrupt(halted):
        while True:
            has_fed = typed.feed()
            goal = machine.retired + STRETCH
            stop = advance(max_retired=goal if limit is None else min(goal, limit))
            console.flush()
            if machine.exit is not None:
                return Ending(machine.exit.reason.value, machine.exit.code)
            if halted.is_set():
                return Ending("interrupted", INTERRUPTED)
            if limit is not None and machine.retired >= limit:
                return Ending("limit", LIMIT)
            if stop.reason is StopReason.WAITING and not has_fed:
                typed.close()
            progress.update(machine.retired, at_line_start=console.at_line_start)


@contextmanager
def _set_on_interrupt(halted: threading.Event) -> Iterator[None]:
    """Have Ctrl+C set the event; a second one stops Python.

    A signal comes at any point of the machine's own Python code, so it must not touch the machine.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def on_signal(number: int, frame: FrameType | None) -> None:
        halted.set()
        signal.signal(signal.SIGINT, previous)

    previous = signal.signal(signal.SIGINT, on_signal)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
