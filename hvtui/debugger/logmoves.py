"""Moves from event to event of the trap log: to the instant at which one is about to happen."""

from __future__ import annotations

from hvtui.debugger.logentries import LogEntry
from hvtui.debugger.logfilter import LogFilter
from hvtui.debugger.logsearch import LogSearch
from hvtui.debugger.logwords import describe_entry
from hvtui.debugger.moving import MoveError, Mover
from hvtui.debugger.reversing import Reversing
from hvtui.debugger.snapshot import StopKind, Stopped


class LogMoves:
    """Moves the machine of `mover`; each move returns when the machine stands still again."""

    def __init__(self, mover: Mover, reversing: Reversing) -> None:
        self._mover = mover
        self._reversing = reversing
        self._search: LogSearch | None = None

    def back(self, wanted: LogFilter | None) -> Stopped:
        """Go back to the last event before that `wanted` lets through. Raises MoveError without one."""
        entries = self._mover.follower.traplog.known
        number = entries.number_at(self._mover.timeline.now)
        found: int | None = number - 1 if number > entries.first else None
        if wanted is not None:
            found = self._search_for(wanted).before(entries, number, self._is_pausing)
        if found is None:
            raise MoveError(self._missing(wanted, "before"))
        return self._go_to(entries.entry(found))

    def on(self, wanted: LogFilter | None) -> Stopped:
        """Go to the next event that `wanted` lets through; where none is known, run until there is one.

        On the way there everything stops the machine that stops it elsewhere.
        """
        entries = self._mover.follower.traplog.known
        number = entries.number_at(self._mover.timeline.now + 1)
        found: int | None = number if number < entries.end else None
        if wanted is not None:
            found = self._search_for(wanted).after(entries, number, self._is_pausing)
        if found is not None:
            return self._go_to(entries.entry(found))
        if self._mover.is_pausing:
            return self._mover.paused()
        return self._run_on(wanted)

    def _run_on(self, wanted: LogFilter | None) -> Stopped:
        mover = self._mover
        now = mover.timeline.now
        if now < mover.timeline.frontier:
            stopped = self._reversing.goto(mover.timeline.frontier)
            if stopped.kind is not StopKind.STEPPED:
                return stopped
        found: list[LogEntry] = []

        def look(entry: LogEntry) -> None:
            # Where it was at first, the machine stood before what the next step brought.
            if entry.instant > now and (wanted is None or wanted.matches(entry)):
                found.append(entry)
                mover.reach_goal()

        traplog = mover.follower.traplog
        traplog.on_new = look
        try:
            return mover.seek(lambda _: False) or self._go_to(found[0])
        finally:
            traplog.on_new = None

    def _go_to(self, entry: LogEntry) -> Stopped:
        stop = self._mover.timeline.go(entry.instant, self._is_pausing)
        if stop is not None:
            return self._mover.ended(stop) or self._mover.paused()
        return Stopped(StopKind.STEPPED, f"before {describe_entry(entry)}")

    def _search_for(self, wanted: LogFilter) -> LogSearch:
        if self._search is None or self._search.wanted != wanted:
            self._search = LogSearch(wanted)
        return self._search

    def _is_pausing(self) -> bool:
        return self._mover.is_pausing

    def _missing(self, wanted: LogFilter | None, where: str) -> str:
        what = f'event that the filter "{wanted.text}" lets through' if wanted else "event"
        forgotten = self._mover.follower.traplog.known.first
        older = f"; the log has forgotten its first {forgotten:,} entries" if forgotten else ""
        return f"there is no {what} {where} this instant{older}"
