"""The row that names the panes of an area, of which one is open."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len
from textual import events
from textual.message import Message

from hvtui.debugger.snapshot import Snapshot
from hvtui.tui.actions.table import key_name
from hvtui.tui.bars import Bar
from hvtui.tui.panes.catalogue import PANES_BY_NAME
from hvtui.tui.rows import Piece, Row, Span, row


@dataclass(frozen=True, slots=True)
class Tab:
    """A pane's name, the text on its tab, and where that begins in the row."""

    pane: str
    text: str
    start: int

    @property
    def end(self) -> int:
        """The first column after the text."""
        return self.start + cell_len(self.text)


def tabs_for(panes: tuple[str, ...], open_pane: str, width: int) -> tuple[Tab, ...]:
    """Place the tabs, with titles if there is room for them, else with short ones.

    Where even those are too long for the row, the first ones give way to the open one.
    """
    titled = _placed(panes, titled=True)
    if titled and titled[-1].end < width:
        return titled
    first = 0
    while True:
        short = _placed(panes[first:], titled=False)
        opened = next((tab for tab in short if tab.pane == open_pane), None)
        if opened is None or opened.end < width or first + 1 == len(panes):
            return tuple(tab for tab in short if tab.end < width)
        first += 1


def _placed(panes: tuple[str, ...], *, titled: bool) -> tuple[Tab, ...]:
    found: list[Tab] = []
    start = 2
    for name in panes:
        info = PANES_BY_NAME[name]
        text = f"{key_name(info.key)} {info.title if titled else info.short}"
        found.append(Tab(name, text, start))
        start = found[-1].end + (2 if titled else 1)
    return tuple(found)


class TabRow(Bar):
    """The names of the panes of an area."""

    @dataclass
    class Opened(Message):
        """The person clicked on a tab."""

        pane: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._panes: tuple[str, ...] = ()
        self._open = ""
        self._tabs: tuple[Tab, ...] = ()

    def offer(self, panes: tuple[str, ...], open_pane: str) -> None:
        """Name these panes, one of which is open."""
        if (panes, open_pane) != (self._panes, self._open):
            self._panes, self._open = panes, open_pane
            self.redraw()

    def draw(self, snapshot: Snapshot, width: int) -> tuple[Row, ...]:
        """Return the line, the open tab marked with brackets as well as with colour."""
        self._tabs = tabs_for(self._panes, self._open, width)
        pieces: list[Piece] = []
        column = 0
        for tab in self._tabs:
            is_open = tab.pane == self._open
            line = "─" * (tab.start - column - is_open) + ("┤" if is_open else "")
            if column and pieces[-1] == ("├", "faint"):
                line = line[1:]
            pieces += [(line, "faint"), (tab.text, "title" if is_open else "dim")]
            column = tab.end
            if is_open:
                pieces.append(("├", "faint"))
        used = row(*pieces)
        return (Row((*used.spans, Span("─" * max(width - used.width, 0), "faint"))),)

    def on_click(self, event: events.Click) -> None:
        """Open the tab that was clicked on."""
        for tab in self._tabs:
            if tab.start - 1 <= event.x < tab.end:
                self.post_message(self.Opened(tab.pane))
