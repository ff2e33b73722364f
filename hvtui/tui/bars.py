"""The bars above and below the panes that say where the machine is: head and status."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from hvtui.debugger.snapshot import Snapshot, StopKind
from hvtui.machine.events import Outcome
from hvtui.tui.colouring import coloured
from hvtui.tui.line_pane import LinePane
from hvtui.tui.panes.stack import RING_SIGNS
from hvtui.tui.rows import Piece, Row, Span, crop, row, shorten, spread

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
