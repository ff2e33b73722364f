"""What all panes have in common: they take a snapshot and redraw what it changed."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from textual.content import Content

from hvtui.debugger.session import Lens
from hvtui.debugger.snapshot import Snapshot
from hvtui.tui.line_pane import LinePane
from hvtui.tui.rows import Row, printable


@runtime_checkable
class Inspects(Protocol):
    """A pane that shows what an expression names."""

    def inspect(self, text: str) -> None:
        """Show it; say in the pane what is wrong with it."""


class Pane(LinePane):
    """A pane with a title in its upper edge."""

    TITLE = ""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, classes="pane")
        self.snapshot: Snapshot | None = None
        self._title = ("", "")
        self.set_title(self.TITLE)

    def show(self, snapshot: Snapshot) -> None:
        """Draw `snapshot`."""
        raise NotImplementedError

    def lens(self) -> Lens | None:
        """Return what reads off the session what this pane shows, if the snapshot is not enough.

        It is called for each snapshot while the pane is in view; what it returns is in
        `Snapshot.seen` under the widget's id. A pane that wants to see something else posts `Refresh`.
        """
        return None

    def set_title(self, name: str, note: str = "") -> None:
        """Write into the upper edge, if it says something else; `note` is less bright."""
        if self._title != (name, note):
            self._title = (name, note)
            # As content, for names of files and components may hold what looks like markup.
            noted = ("  " + note, "dim") if note else ""
            self.border_title = Content.assemble(f" {printable(name)}", noted, " ")


class DrawnPane(Pane):
    """A pane that lays out all of its rows anew for each snapshot."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.rows: tuple[Row, ...] = ()

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
        self.redraw()

    def resized(self) -> None:
        """Lay the rows out for the new size."""
        self.redraw()

    def redraw(self) -> None:
        """Lay the rows out anew, and paint those that changed."""
        width, height = self.size
        if self.snapshot is None or not width:
            return
        self.rows = self.draw(self.snapshot, width, height)
        self.set_title(*self.title(self.snapshot))
        self.repaint()

    def draw(self, snapshot: Snapshot, width: int, height: int) -> tuple[Row, ...]:
        """Return the rows for that many cells and lines."""
        raise NotImplementedError

    def title(self, snapshot: Snapshot) -> tuple[str, str]:
        """Return what the upper edge says: a name, and a note or an empty string."""
        return self.TITLE, ""
