"""What the trap log's pane and the timeline see of a session: the whole run as far as it is known."""

from __future__ import annotations

from hvtui.debugger.bands import Run, Runner
from hvtui.debugger.session import Session


class RunLens:
    """Looks at the run. It remembers who ran at the frontier: back in time the machine cannot tell."""

    def __init__(self) -> None:
        self._frontier = -1
        self._last = Runner(None)

    def __call__(self, session: Session) -> Run:
        """Return the run up to the frontier, for any thread to read."""
        entries = session.traplog.known
        now, frontier = session.machine.instant, session.frontier
        if now >= frontier:
            self._last = Runner(session.machine.hart.privilege.ring, session.here.owner)
        elif frontier != self._frontier:
            # Nobody looked when the machine was there. The log knows the ring at least.
            ring = entries[-1].target.ring if len(entries) else 0
            self._last = Runner(ring)
        self._frontier = frontier
        return Run(
            entries,
            session.traplog.length,
            now,
            frontier,
            self._last,
            session.breakpoints.hit_instants,
            tuple(recorded.instant for recorded in session.changes),
            tuple(component.name for component in session.system.components),
        )
