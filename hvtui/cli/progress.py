"""A line on stderr that tells how far a long run has come, for a person at a terminal."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress

# A run that takes less shows nothing.
_PATIENCE = 1.0
_BETWEEN = 0.1


class RunProgress:
    """Shows retired instructions and their rate; the share of `limit` if there is one.

    On anything but a terminal it does nothing. The line is taken away by `hide`, which has to be
    called before the guest's output goes to the same terminal.
    """

    def __init__(self, limit: int | None) -> None:
        self._limit = limit
        self._is_wanted = sys.stderr.isatty()
        self._shares_terminal = sys.stdout.isatty()
        self._started = time.monotonic()
        self._next = self._started + _PATIENCE
        self._progress: Progress | None = None

    def update(self, retired: int, *, at_line_start: bool) -> None:
        """Show the line, brought up to date, if it is time and there is a free line for it."""
        now = time.monotonic()
        if not self._is_wanted or now < self._next:
            return
        self._next = now + _BETWEEN
        if self._shares_terminal and not at_line_start:
            return
        if self._progress is None:
            self._progress = self._new()
            self._progress.start()
        seconds = max(now - self._started, 1e-9)
        task = self._progress.task_ids[0]
        self._progress.update(
            task, completed=retired, rate=f"{retired / seconds / 1e6:.2f} M/s", refresh=True
        )

    def hide(self) -> None:
        """Take the line away."""
        if self._progress is not None:
            self._progress.stop()
            self._progress = None
            self._next = time.monotonic() + _PATIENCE

    def _new(self) -> Progress:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = [
            TextColumn("{task.completed:,.0f} instructions"),
            TextColumn("{task.fields[rate]}"),
            TimeElapsedColumn(),
        ]
        if self._limit is not None:
            columns.insert(0, BarColumn(bar_width=24))
        progress = Progress(
            *columns,
            console=Console(stderr=True),
            transient=True,
            auto_refresh=False,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        progress.add_task("run", total=self._limit, rate="")
        return progress
