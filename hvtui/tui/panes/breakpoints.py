"""The breakpoints pane: where the machine stops, and the expressions that are shown at every stop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType

from hvtui.debugger.breakpoints import Breakpoint, PlaceBreakpoint
from hvtui.debugger.commands.displays import Displays, DisplayView
from hvtui.debugger.positions import Position
from hvtui.debugger.session import Lens, Session
from hvtui.debugger.snapshot import BreakpointView, Snapshot
from hvtui.tui.messages import Alter, Do, LookAt, Prefill, Say
from hvtui.tui.panes.pane import DrawnPane
from hvtui.tui.rows import Piece, Row, crop, row, shorten, spread
from hvtui.tui.source.gutter import DISABLED, ENABLED

LOST = "?"
CHOSEN = "▸"

_EMPTY = (
    "No breakpoints. b sets one on a line or a trap bit, t on traps, w on what changes.",
    "display EXPRESSION, at the command line, shows a value here at every stop.",
)
_SHOWN = "shown at every stop"

# The column of the signs that a click changes.
_SIGN_COLUMNS = range(3)
_LEAST_TEXT = 24


def breakpoint_row(
    view: BreakpointView, width: int, *, has_stopped: bool = False, is_chosen: bool = False
) -> Row:
    """Draw a breakpoint: its sign, its number, where it stops, and what has come of it."""
    sign = LOST if view.lost else ENABLED if view.enabled else DISABLED
    style = "breakpoint" if view.enabled and not view.lost else "breakpoint-off"
    pieces: list[Piece] = [
        ("▶" if has_stopped else " ", "strong"), (sign, style),
        (CHOSEN if is_chosen else " ", "strong"), f"{view.number:<3}",
        (f"{_kind(view):<6}", "dim"), (view.text, "" if view.enabled else "dim"),
    ]  # fmt: skip
    if view.lost:
        pieces += [("  lost: ", "danger"), (view.lost, "dim")]
    if view.condition:
        pieces += [(" if ", "dim"), view.condition]
    components = tuple(dict.fromkeys(component for component, _, _ in sorted(view.lines)))
    if components:
        pieces.append((f" in {', '.join(components)}", "dim"))
    notes = list(_notes(view))
    left = row(*pieces)
    while len(notes) > 1 and left.width + len(", ".join(notes)) + 3 > max(width, _LEAST_TEXT):
        notes.pop()
    right = row(("  " + ", ".join(notes) + " ", "dim"))
    return spread(crop(left, max(width - right.width, _LEAST_TEXT)), right, width)


def _kind(view: BreakpointView) -> str:
    return "trap" if view.is_trap else "watch" if view.is_watch else "at"


def _notes(view: BreakpointView) -> Iterator[str]:
    """Yield what is to be said of a breakpoint, the most important first."""
    if not view.enabled:
        yield "off"
    yield f"{view.hits:,} hit{'s' if view.hits != 1 else ''}"
    if view.ignored:
        yield f"passes {view.ignored:,} more"
    if view.one_shot:
        yield "once"
    if view.commands:
        count = len(view.commands)
        yield f"{count} command{'s' if count != 1 else ''}"


def display_row(view: DisplayView, width: int, *, is_chosen: bool = False) -> Row:
    """Draw an expression that is shown at every stop, with what it was if it has changed."""
    mark = CHOSEN if is_chosen else " "
    pieces: list[Piece] = ["  ", (mark, "strong"), f"{view.number:<3}", ("shows ", "dim"), view.text]
    if view.problem:
        pieces += [("  no value: ", "warning"), (view.problem, "dim")]
        return crop(row(*pieces), width)
    pieces += [(" = ", "dim"), (view.value, "changed" if view.changed else "strong")]
    if view.changed:
        was = view.before or "without a value"
        pieces += [("*", "changed"), (f"  was {was}", "dim")]
    return crop(row(*pieces), width)


def heading_row(width: int) -> Row:
    """Draw what stands between the breakpoints and the expressions."""
    return row((shorten(f" ── {_SHOWN} " + "─" * width, width).removesuffix("…"), "faint"))


class BreakpointsPane(DrawnPane):
    """All breakpoints and watchpoints, and the displays."""

    TITLE = "Breakpoints"
    HELP = """\
# Breakpoints

All places, traps and changes at which the machine stops: `●` on, `○` off, `?` lost, because the
program was edited and what it was set for is not there any more. `▶` marks those that stopped the
machine just now. Below are the expressions that `display` shows at every stop; `*` marks what has
changed.

| key | |
| --- | --- |
| Enter | on or off; space too, while the machine stands still |
| Del, Backspace | removes |
| → | shows the place in the source |
| = | edits the condition, at the command line |
| + | lets some hits pass |
| ; | edits the commands that are done at a stop |

The keys that move the machine do so here, too. A click on `●` switches a breakpoint on or off."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "choose(-1)", "Up", show=False),
        Binding("down,j", "choose(1)", "Down", show=False),
        Binding("home,g", "choose(-1000000)", "First", show=False),
        Binding("end,G", "choose(1000000)", "Last", show=False),
        Binding("enter", "switch", "On or off", show=False),
        Binding("space", "switch_or_pause", "On or off", show=False),
        Binding("delete,backspace", "remove", "Remove", show=False),
        Binding("right", "open", "Show in source", show=False),
        Binding("equals_sign", "edit('condition')", "Condition", show=False),
        Binding("plus", "edit('ignore')", "Let hits pass", show=False),
        Binding("semicolon", "edit('commands')", "Commands", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.chosen = 0
        self._session: Session | None = None
        self._displays: Displays | None = None

    def attach(self, session: Session, displays: Displays) -> None:
        """Change the breakpoints of `session`, and show `displays`."""
        self._session, self._displays = session, displays

    def lens(self) -> Lens | None:
        """Return what looks at the displays."""
        displays = self._displays
        return displays.look if displays is not None else None

    # Drawing

    def draw(self, snapshot: Snapshot, width: int, height: int) -> tuple[Row, ...]:
        """Return the rows, the chosen one marked while the pane has the focus."""
        entries = self._entries
        if not entries:
            return tuple(row((shorten(" " + text, width), "dim")) for text in _EMPTY)
        self.chosen = min(self.chosen, len(entries) - 1)
        stopping = () if snapshot.running else snapshot.stop.numbers
        rows: list[Row] = []
        for index, entry in enumerate(entries):
            is_chosen = self.has_focus and index == self.chosen
            if isinstance(entry, BreakpointView):
                has_stopped = entry.number in stopping
                drawn = breakpoint_row(entry, width, has_stopped=has_stopped, is_chosen=is_chosen)
            else:
                drawn = display_row(entry, width, is_chosen=is_chosen)
            rows.append(Row(drawn.spans, "cursor") if is_chosen else drawn)
        if self._shown_displays:
            rows.insert(len(snapshot.breakpoints), heading_row(width))
        return tuple(rows)

    def title(self, snapshot: Snapshot) -> tuple[str, str]:
        """Say how many there are."""
        count, off = len(snapshot.breakpoints), sum(not b.enabled for b in snapshot.breakpoints)
        counts = [f"{count}"] if count else []
        counts += [f"{off} off"] if off else []
        lost = sum(bool(view.lost) for view in snapshot.breakpoints)
        counts += [f"{lost} lost"] if lost else []
        counts += [f"{len(self._shown_displays)} shown"] if self._shown_displays else []
        return "Breakpoints", ", ".join(counts)

    @property
    def _shown_displays(self) -> tuple[DisplayView, ...]:
        seen = self.snapshot.seen.get(self.id or "") if self.snapshot is not None else None
        return seen if isinstance(seen, tuple) else ()

    @property
    def _entries(self) -> tuple[BreakpointView | DisplayView, ...]:
        breakpoints = self.snapshot.breakpoints if self.snapshot is not None else ()
        return (*breakpoints, *self._shown_displays)

    @property
    def _chosen(self) -> BreakpointView | DisplayView | None:
        entries = self._entries
        return entries[self.chosen] if self.chosen < len(entries) else None

    def _line_of(self, index: int) -> int:
        breakpoints = len(self.snapshot.breakpoints) if self.snapshot is not None else 0
        return index + 1 if index >= breakpoints else index

    # Choosing

    def action_choose(self, by: int) -> None:
        """Choose another entry."""
        if entries := self._entries:
            self.chosen = min(max(self.chosen + by, 0), len(entries) - 1)
            self.redraw()
            self.show_line(self._line_of(self.chosen), margin=1)

    def on_click(self, event: events.Click) -> None:
        """Choose what was clicked on; on its sign, switch it on or off, else show it in the source."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        line = offset.y + self.scroll_offset.y
        for index in range(len(self._entries)):
            if self._line_of(index) == line:
                self.chosen = index
                self.redraw()
                if offset.x in _SIGN_COLUMNS:
                    self.action_switch()
                else:
                    self._open(is_wanted=False)

    def on_focus(self) -> None:
        """Mark the chosen entry."""
        self.redraw()

    def on_blur(self) -> None:
        """Take the mark away."""
        self.redraw()

    # Changing

    def action_switch(self) -> None:
        """Switch the chosen breakpoint on or off."""
        session = self._session
        if session is not None:
            self._alter(lambda b: session.enable_breakpoint(b.number, enabled=not b.enabled))

    def action_switch_or_pause(self) -> None:
        """Do what space does everywhere while the machine runs; else switch on or off."""
        if self.snapshot is not None and self.snapshot.running:
            self.post_message(Do("pause"))
        else:
            self.action_switch()

    def action_remove(self) -> None:
        """Remove the chosen breakpoint, or show the chosen expression no longer."""
        session, displays, chosen = self._session, self._displays, self._chosen
        if session is None or displays is None:
            return
        if isinstance(chosen, DisplayView):
            self.post_message(Alter(lambda: displays.remove(chosen.number)))
        else:
            self._alter(lambda known: session.remove_breakpoint(known.number))

    def _alter(self, change: Callable[[Breakpoint], object]) -> None:
        """Change the chosen breakpoint, if it is still there when its turn comes."""
        session, chosen = self._session, self._chosen
        if session is None or not isinstance(chosen, BreakpointView):
            return

        def act() -> None:
            for known in session.breakpoints:
                if known.number == chosen.number:
                    change(known)

        self.post_message(Alter(act))

    def action_edit(self, command: str) -> None:
        """Open the command line with what there is to be changed."""
        chosen = self._chosen
        if not isinstance(chosen, BreakpointView):
            return
        now = {
            "condition": chosen.condition,
            "ignore": f"{chosen.ignored or ''}",
            "commands": "; ".join(chosen.commands),
        }
        self.post_message(Prefill(f"{command} {chosen.number} {now[command]}"))

    def action_open(self) -> None:
        """Show in the source where the chosen breakpoint stops."""
        self._open(is_wanted=True)

    def _open(self, *, is_wanted: bool) -> None:
        position = self._position()
        if position is not None:
            self.post_message(LookAt(position))
        elif is_wanted and self._chosen is not None:
            self.post_message(Say("this one is at no place in the source", is_problem=True))

    def _position(self) -> Position | None:
        """Return where the chosen breakpoint stops, if that is a place."""
        session, chosen = self._session, self._chosen
        if session is None or not isinstance(chosen, BreakpointView):
            return None
        for known in session.breakpoints:
            if known.number == chosen.number and isinstance(known, PlaceBreakpoint):
                location = known.locations[0]
                address = location.linked if location.component else location.physical
                return session.whereabouts.of(address, location.physical)
        return None
