"""What all panes have in common: they take a snapshot and redraw what it changed."""

from __future__ import annotations

from hvtui.debugger.snapshot import Snapshot
from hvtui.tui.line_pane import LinePane
from hvtui.tui.rows import Row


class Pane(LinePane):
    """A pane with a title in its upper edge. Most draw all rows anew for each snapshot."""

    TITLE = ""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, classes="pane")
        self.snapshot: Snapshot | None = None
        self.rows: tuple[Row, ...] = ()
        self.border_title = self.TITLE

    @property
    def row_count(self) -> int:
        """How many lines there are."""
        return len(self.rows)

    def row_at(self, index: int) -> Row:
        """Return line `index`."""
        return self.rows[index]

    def show(self, snapshot: Snapshot) -> None:
        """Draw `snapshot`."""
        self.snapshot = snapshot
        self._draw()
        self.repaint()

    def on_resize(self) -> None:
        """Lay the rows out for the new size."""
        self._draw()
        super().on_resize()

    def draw(self, snapshot: Snapshot, width: int, height: int) -> tuple[Row, ...]:
        """Return the rows for that many cells and lines."""
        raise NotImplementedError

    def title(self, snapshot: Snapshot) -> str:
        """Return what the upper edge says."""
        return self.TITLE

    def _draw(self) -> None:
        width, height = self.size
        if self.snapshot is None or not width:
            return
        self.rows = self.draw(self.snapshot, width, height)
        self.set_title(self.title(self.snapshot))

    def set_title(self, title: str) -> None:
        """Write into the upper edge, if it says something else."""
        if self.border_title != title:
            self.border_title = title
