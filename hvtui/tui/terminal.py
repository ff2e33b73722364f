"""The terminal that the screen is on: whether it is still there."""

from __future__ import annotations

import select
import sys


def is_gone() -> bool:
    """Tell whether the terminal was closed, although no signal said so.

    That happens to programs that are not in the terminal's session. Nobody will ever see them
    again, and reading the keyboard, which is at its end for good, would keep a CPU busy.
    """
    # Windows has no poll, and ends the programs of a window that is closed.
    if not hasattr(select, "poll") or sys.__stdin__ is None:
        return False
    watcher = select.poll()
    try:
        watcher.register(sys.__stdin__.fileno(), 0)
    except (OSError, ValueError):
        return True
    gone = select.POLLHUP | select.POLLERR | select.POLLNVAL
    return any(events & gone for _, events in watcher.poll(0))
