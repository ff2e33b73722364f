"""The one-line bars: head, status, keys, and the row of tabs on a small screen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import wrap

from textual import events
from textual.message import Message
from textual.timer import Timer

from hvtui.debugger.snapshot import Snapshot, StopKind
from hvtui.machine.events import Outcome
from hvtui.tui.actions import ACTIONS, Action, is_available, key_name
from hvtui.tui.arrangement import TABBED
from hvtui.tui.colouring import coloured
from hvtui.tui.line_pane import LinePane
from hvtui.tui.panes.stack import RING_SIGNS
from hvtui.tui.rows import Piece, Row, Span, crop, row, shorten, spread

# How long (seconds) something that is said stays in the line of the keys.
SAID_FOR = 4.0

TAB_NAMES = {"registers": "4 Registers", "stack": "5 Call stack", "console": "6 Console"}

EFFECTS = {
    Outcome.TRAPPED: "traps",
    Outcome.EXECUTED: "executes",
    Outcome.IGNORED: "ignored",
    Outcome.LEAKED: "leaks",
}

_SIGNS = {
    StopKind.START: ("■ ready", "dim"),
    StopKind.STEPPED: ("■ stopped", "dim"),
    StopKind.BREAKPOINT: ("● breakpoint", "danger"),
    StopKind.TRAP: ("● trap breakpoint", "danger"),
    StopKind.WATCH: ("● watchpoint", "danger"),
    StopKind.PAUSED: ("‖ paused", "warning"),
    StopKind.WAITING: ("… waiting", "warning"),
    StopKind.LIMIT: ("‖ at the limit", "warning"),
    StopKind.ENDED: ("□ ended", "warning"),
    StopKind.STUCK: ("□ stuck", "danger"),
}


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


def status_rows(snapshot: Snapshot, width: int) -> tuple[Row, Row]:
    """Say in two lines why the machine stands still, and what the next instruction does."""
    if snapshot.running:
        ring = snapshot.privilege.ring
        text = f"{snapshot.retired:,} instructions"
        if snapshot.speed:
            text += f", {snapshot.speed / 1e6:.2f} million a second"
        return row((" ▶ running ", f"ring{ring} bold"), text, ("   space pauses", "dim")), row()
    label, style = _SIGNS[snapshot.stop.kind]
    numbers = ",".join(str(number) for number in snapshot.stop.numbers)
    start = row((f" {label}{' ' if numbers else ''}{numbers} ", style + " bold"), ("│ ", "faint"))
    room = max(width - start.width, 1)
    first, *more = wrap(snapshot.stop.text, room) or [""]
    if more:
        return Row((*start.spans, Span(first))), row(" " * start.width, shorten(" ".join(more), room))
    return Row((*start.spans, Span(first))), _next_row(snapshot, width)


def _next_row(snapshot: Snapshot, width: int) -> Row:
    """Say what the next instruction does and, of the kernel's, what becomes of it here."""
    if snapshot.has_ended:
        return row()
    ahead, ring = snapshot.upcoming, snapshot.privilege.ring
    start = row((" ▶ next ", f"ring{ring}"), *coloured(ahead.text), "  ")
    end = row(*_verdict(snapshot))
    room = max(width - start.width - end.width, 0)
    return crop(Row((*start.spans, *end.spans, Span(shorten(ahead.summary, room), "dim"))), width)


def _verdict(snapshot: Snapshot) -> Iterator[Piece]:
    """``kernel instruction 0 rdstatus: traps in ring 3``."""
    ahead, ring = snapshot.upcoming, snapshot.privilege.ring
    if not ahead.bits:
        return
    yield ("kernel instruction ", "dim")
    for index, (bit, outcome) in enumerate(zip(ahead.bits, ahead.outcomes, strict=True)):
        if index:
            yield (", ", "dim")
        yield f"{int(bit)} {bit.key} "
        effect = EFFECTS[outcome]
        yield (effect, effect)
    yield (f" in ring {ring}  ", "dim")


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
        self._said: Row | None = None
        self._silence: Timer | None = None
        # Whether leaving leads back to the gallery, or out to the shell.
        self.leads_back = False

    def say(self, text: str, *, is_problem: bool = False) -> None:
        """Show `text` instead of the keys for a few seconds."""
        sign, style = ("!", "warning bold") if is_problem else ("✓", "good bold")
        self._said = row((f" {sign} ", style), text)
        if self._silence is not None:
            self._silence.stop()
        self._silence = self.set_timer(SAID_FOR, self._fall_silent)
        self.redraw()

    def show(self, snapshot: Snapshot) -> None:
        """Draw `snapshot`; what was said before the machine moved is of no use any more."""
        if self.snapshot is not None and self.snapshot.instant != snapshot.instant:
            self._said = None
        super().show(snapshot)

    def _fall_silent(self) -> None:
        self._said = None
        self.redraw()

    def draw(self, snapshot: Snapshot, width: int) -> tuple[Row, ...]:
        """Return the line, as many keys as there is room for."""
        if self._said is not None:
            self._buttons = []
            return (crop(self._said, width),)
        usable = [
            action
            for action in ACTIONS
            if action.label and is_available(action, running=snapshot.running, ended=snapshot.has_ended)
        ]
        while sum(self._length(action) for action in usable) > width:
            usable.remove(max(usable, key=lambda action: action.rank))
        pieces: list[Piece] = []
        self._buttons = []
        position = 0
        for action in usable:
            pieces += [(f" {key_name(action.keys[0])}", "key"), (f" {self._label(action)} ", "dim")]
            self._buttons.append(_Button(position, position + self._length(action), action))
            position += self._length(action)
        return (row(*pieces),)

    def on_click(self, event: events.Click) -> None:
        """Do what was clicked on."""
        for button in self._buttons:
            if button.start <= event.x < button.end:
                self.post_message(self.Pressed(button.action.name))

    def _label(self, action: Action) -> str:
        return "gallery" if self.leads_back and action.name == "leave" else action.label

    def _length(self, action: Action) -> int:
        return len(key_name(action.keys[0])) + len(self._label(action)) + 3


class TabRow(Bar):
    """The names of the tabbed panes, for a screen that shows one of them."""

    @dataclass
    class Opened(Message):
        """The person clicked on a tab."""

        pane: str

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.open_tab = TABBED[0]

    def draw(self, snapshot: Snapshot, width: int) -> tuple[Row, ...]:
        """Return the line, the open tab marked with brackets as well as with colour."""
        pieces: list[Piece] = [("─", "faint")]
        for name in TABBED:
            if name == self.open_tab:
                pieces += [("┤", "faint"), (TAB_NAMES[name], "title"), ("├", "faint")]
            else:
                pieces += [("─", "faint"), (TAB_NAMES[name], "dim"), ("─", "faint")]
        used = row(*pieces)
        return (Row((*used.spans, Span("─" * max(width - used.width, 0), "faint"))),)

    def on_click(self, event: events.Click) -> None:
        """Open the tab that was clicked on."""
        position = 1
        for name in TABBED:
            length = len(TAB_NAMES[name]) + 2
            if position <= event.x < position + length:
                self.post_message(self.Opened(name))
            position += length
