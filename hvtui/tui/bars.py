"""The one-line bars: head, status, keys, and the row of tabs on a small screen."""

from __future__ import annotations

from dataclasses import dataclass

from textual import events
from textual.message import Message

from hvtui.debugger.snapshot import Snapshot, StopKind
from hvtui.tui.actions import ACTIONS, Action, is_available, key_name
from hvtui.tui.arrangement import TABBED
from hvtui.tui.line_pane import LinePane
from hvtui.tui.panes.stack import RING_SIGNS
from hvtui.tui.rows import Piece, Row, Span, row, shorten, spread

TAB_NAMES = {"registers": "4 Registers", "stack": "5 Call stack", "console": "6 Console"}

_SIGNS = {
    StopKind.START: ("■ ready", "dim"),
    StopKind.STEPPED: ("■ stopped", "dim"),
    StopKind.BREAKPOINT: ("● breakpoint", "danger"),
    StopKind.TRAP: ("● trap breakpoint", "danger"),
    StopKind.PAUSED: ("‖ paused", "warning"),
    StopKind.WAITING: ("… waiting", "warning"),
    StopKind.ENDED: ("□ ended", "warning"),
}


class Bar(LinePane, can_focus=False):
    """A line that is drawn from the last snapshot."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.snapshot: Snapshot | None = None
        self._row = row()

    @property
    def row_count(self) -> int:
        """One line."""
        return 1

    def row_at(self, index: int) -> Row:
        """Return the line."""
        return self._row

    def show(self, snapshot: Snapshot) -> None:
        """Draw `snapshot`."""
        self.snapshot = snapshot
        self.redraw()

    def redraw(self) -> None:
        """Draw the last snapshot anew."""
        width = self.size.width
        if self.snapshot is not None and width:
            self._row = self.draw(self.snapshot, width)
            self.repaint()

    def on_resize(self) -> None:
        """Use the new width."""
        self.redraw()
        super().on_resize()

    def draw(self, snapshot: Snapshot, width: int) -> Row:
        """Return the line for that many cells."""
        raise NotImplementedError


def head_row(snapshot: Snapshot, width: int) -> Row:
    """Title at the left; CPU, instant, component and ring at the right."""
    ring = snapshot.privilege.ring
    component = snapshot.position.owner or "no component"
    badge = f" {RING_SIGNS[ring]} {snapshot.privilege.label} "
    facts: list[Piece] = [
        (snapshot.cpu, "title"), ("  instant ", "dim"), f"{snapshot.instant:,}",
        "  ", (component, "title"), " ", (badge, f"badge{ring}"),
    ]  # fmt: skip
    right = row(*facts)
    room = width - right.width - 4
    name: tuple[Piece, ...] = ((" hvtui ", "title"),) if room > 40 else ()
    left = row(*name, (" " + shorten(snapshot.title, room - (8 if name else 0)), ""))
    return spread(left, right, width)


def status_row(snapshot: Snapshot, width: int) -> Row:
    """Say why the machine stands still, or that it runs."""
    if snapshot.running:
        ring = snapshot.privilege.ring
        sign: Piece = (" ▶ running ", f"ring{ring} strong")
        text = f"{snapshot.retired:,} instructions"
        return row(sign, (text, ""), ("  space pauses", "dim"))
    label, style = _SIGNS[snapshot.stop.kind]
    numbers = ",".join(str(number) for number in snapshot.stop.numbers)
    label += f" {numbers}" if numbers else ""
    start = row((f" {label} ", style + " strong"), ("│ ", "faint"))
    return Row((*start.spans, Span(shorten(snapshot.stop.text, width - start.width))))


class HeaderBar(Bar):
    """What is debugged, and who runs in which ring."""

    def draw(self, snapshot: Snapshot, width: int) -> Row:
        """Return the line."""
        return head_row(snapshot, width)


class StatusBar(Bar):
    """Why the machine stands still."""

    def draw(self, snapshot: Snapshot, width: int) -> Row:
        """Return the line."""
        return status_row(snapshot, width)


@dataclass(frozen=True, slots=True)
class _Button:
    start: int
    end: int
    action: Action


class KeyBar(Bar):
    """The keys that do something now. A click on one does it."""

    @dataclass
    class Pressed(Message):
        """The person clicked on a key."""

        action: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._buttons: list[_Button] = []

    def draw(self, snapshot: Snapshot, width: int) -> Row:
        """Return the line, as many keys as there is room for."""
        pieces: list[Piece] = []
        self._buttons = []
        position = 0
        ended = snapshot.has_ended
        for action in ACTIONS:
            if not action.label or not is_available(action, running=snapshot.running, ended=ended):
                continue
            key = key_name(action.keys[0])
            length = len(key) + len(action.label) + 3
            if position + length > width:
                break
            pieces += [(f" {key}", "key"), (f" {action.label} ", "dim")]
            self._buttons.append(_Button(position, position + length, action))
            position += length
        return row(*pieces)

    def on_click(self, event: events.Click) -> None:
        """Do what was clicked on."""
        for button in self._buttons:
            if button.start <= event.x < button.end:
                self.post_message(self.Pressed(button.action.name))


class TabRow(Bar):
    """The names of the tabbed panes, for a screen that shows one of them."""

    @dataclass
    class Opened(Message):
        """The person clicked on a tab."""

        pane: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.open_tab = TABBED[0]

    def draw(self, snapshot: Snapshot, width: int) -> Row:
        """Return the line, the open tab marked with brackets as well as with colour."""
        pieces: list[Piece] = [("─", "faint")]
        for name in TABBED:
            if name == self.open_tab:
                pieces += [("┤", "faint"), (TAB_NAMES[name], "title"), ("├", "faint")]
            else:
                pieces += [("─", "faint"), (TAB_NAMES[name], "dim"), ("─", "faint")]
        used = row(*pieces)
        return Row((*used.spans, Span("─" * max(width - used.width, 0), "faint")))

    def on_click(self, event: events.Click) -> None:
        """Open the tab that was clicked on."""
        position = 1
        for name in TABBED:
            length = len(TAB_NAMES[name]) + 2
            if position <= event.x < position + length:
                self.post_message(self.Opened(name))
            position += length
