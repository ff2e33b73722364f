"""The bars above and below the panes that say where the machine is: head and status."""

from __future__ import annotations

from hvtui.debugger.snapshot import Snapshot
from hvtui.tui.line_pane import LinePane
from hvtui.tui.panes.stack import RING_SIGNS
from hvtui.tui.rows import Piece, Row, row, shorten, spread
from hvtui.tui.status import status_rows


class Bar(LinePane, can_focus=False):
    """A line that is drawn from the last snapshot."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.snapshot: Snapshot | None = None
        self._rows: tuple[Row, ...] = ()

    @property
    def row_count(self) -> int:
        """How many lines there are: as many as the bar is high."""
        return len(self._rows)

    def row_at(self, index: int) -> Row:
        """Return a line."""
        return self._rows[index]

    def show(self, snapshot: Snapshot) -> None:
        """Draw `snapshot`."""
        self.snapshot = snapshot
        self.redraw()

    def redraw(self) -> None:
        """Draw the last snapshot anew."""
        width = self.size.width
        if self.snapshot is not None and width:
            self._rows = self.draw(self.snapshot, width)
            self.repaint()

    def resized(self) -> None:
        """Use the new width."""
        self.redraw()

    def draw(self, snapshot: Snapshot, width: int) -> tuple[Row, ...]:
        """Return the lines for that many cells."""
        raise NotImplementedError


def head_row(snapshot: Snapshot, width: int) -> Row:
    """Title at the left; CPU, instant (in the past, of how many), component and ring at the right."""
    ring = snapshot.privilege.ring
    component = snapshot.position.owner or "no component"
    badge = f" {RING_SIGNS[ring]} {snapshot.privilege.label} "
    known = f" of {snapshot.frontier:,}" if snapshot.frontier > snapshot.instant else ""
    facts: list[Piece] = [
        (snapshot.cpu, "title"), ("  instant ", "dim"), f"{snapshot.instant:,}",
        (known, "dim"), "  ", (component, "title"), " ", (badge, f"badge{ring}"),
    ]  # fmt: skip
    right = row(*facts)
    room = width - right.width - 4
    name: tuple[Piece, ...] = ((" hvtui ", "title"),) if room > 40 else ()
    left = row(*name, (" " + shorten(snapshot.title, room - (8 if name else 0)), ""))
    return spread(left, right, width)


class HeaderBar(Bar):
    """What is debugged, and who runs in which ring."""

    def draw(self, snapshot: Snapshot, width: int) -> tuple[Row, ...]:
        """Return the line."""
        return (head_row(snapshot, width),)


class StatusBar(Bar):
    """Why the machine stands still."""

    def draw(self, snapshot: Snapshot, width: int) -> tuple[Row, ...]:
        """Return the line."""
        return status_rows(snapshot, width)
