"""The timeline: the whole run, or a stretch of it, to see who ran when and to travel there."""

from __future__ import annotations

from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType

from hvtui.debugger.bands import SLICE_BLOCKS, SLICE_CHUNKS, Bands, Column, Run
from hvtui.debugger.session import Lens
from hvtui.debugger.snapshot import Snapshot
from hvtui.debugger.views.running import RunLens
from hvtui.tui.messages import Travel
from hvtui.tui.panes.pane import DrawnPane
from hvtui.tui.panes.stack import RING_SIGNS
from hvtui.tui.panes.timeline_rows import Scale, Strip, gutter, strip_rows
from hvtui.tui.rows import Row, shorten

# Between two slices of reading (seconds), so that keys are heard.
_PAUSE = 0.02
# What is done in a slice: chunks and blocks. While the machine runs, its thread wants its time too.
_STANDING = (SLICE_CHUNKS, SLICE_BLOCKS)
_RUNNING = (1, 1)

# The widths, in steps, that columns of the whole run may have: these times a power of ten. While the
# run grows most columns stay what they are.
_WIDTHS = (10, 12, 15, 20, 25, 30, 40, 50, 60, 80)
_MOST_CELLS = 8
_LONG_WAY = 10


class TimelinePane(DrawnPane):
    """The run as bands by ring and component; a column is chosen with the arrows."""

    TITLE = "Timeline"
    HELP = """\
# Timeline

Who ran when, from the left to the right. Every piece of the band begins with the number of its ring:
`0`, `1` or `3`, with the component's name where there is room. With more room there is a lane for each
component in each ring, the fuller the more of the time it had.

Below: `▼` traps (`▾` one alone), `↯` interrupts, `⤴` traps handed on to a guest, `∅` ignored and `◎`
leaking instructions, `●` breakpoint hits, `✎` console input and changes by you. Where several fell into
one column, the rarest is shown. `▲` is the present, `┄` the known future up to its end `│`.

Left and Right choose a column `◇`, Shift or `,` and `.` go further; Enter, or a click, travels to the
first event in it. `+` and `-` zoom around it, `0` or Home shows the whole run, Esc the present."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "choose(-1)", "Column before", show=False),
        Binding("right", "choose(1)", "Column after", show=False),
        Binding("shift+left,comma", "choose(-10)", "Ten columns back", show=False),
        Binding("shift+right,full_stop", "choose(10)", "Ten columns on", show=False),
        Binding("plus,equals_sign,up", "zoom(1)", "Zoom in", show=False),
        Binding("minus,down", "zoom(-1)", "Zoom out", show=False),
        Binding("0,home", "whole", "Whole run", show=False),
        Binding("end,G", "choose_end", "To the end of the run", show=False),
        Binding("enter", "travel", "Travel there", show=False),
        Binding("escape", "follow", "Back to the present", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.chosen: int | None = None  # an instant
        self._lens = RunLens()
        self._bands = Bands()
        self._run: Run | None = None
        self._zoomed: Scale | None = None
        self._drawn: Strip | None = None
        self.is_reading = False

    # The run

    def lens(self) -> Lens:
        """Ask for the whole run."""
        return self._lens

    def show(self, snapshot: Snapshot) -> None:
        """Draw what is new."""
        run = snapshot.seen.get(self.id or "")
        if isinstance(run, Run):
            if self._run is not None and run.now != self._run.now and not snapshot.running:
                self.chosen = None
                self._keep_in_view(run.now)
            self._run = run
        super().show(snapshot)

    def draw(self, snapshot: Snapshot, width: int, height: int) -> tuple[Row, ...]:
        """Return the rows."""
        run = self._run
        room = width - gutter(width, height, run) if run is not None else 0
        if run is None or room < 1:
            return ()
        scale = self._scale(run, room)
        chunks, blocks = _RUNNING if snapshot.running else _STANDING
        stretch = self._bands.stretch(
            run,
            scale.edges(room),
            slice_chunks=chunks,
            slice_blocks=blocks,
            refine=not snapshot.running,
        )
        if not stretch.exact and not snapshot.running and not self.is_reading:
            self.is_reading = True
            self.set_timer(_PAUSE, self._read_on)
        chosen = None
        if self.chosen is not None:
            chosen = (min(self.chosen, run.frontier) - scale.start) // scale.steps
        self._drawn = Strip(run, scale, stretch.columns, chosen)
        return strip_rows(self._drawn, width, height)

    def _read_on(self) -> None:
        self.is_reading = False
        if self.display:
            self.redraw()

    def _scale(self, run: Run, room: int) -> Scale:
        """Return the scale of a zoomed timeline, else one in which the whole run has room."""
        if self._zoomed is not None:
            return self._zoomed
        return whole_scale(run.frontier, room)

    @property
    def _room(self) -> int:
        width, height = self.size
        return width - gutter(width, height, self._run) if self._run is not None else width

    def _keep_in_view(self, instant: int) -> None:
        """Move a zoomed timeline so that an instant is in view."""
        scale = self._zoomed
        if scale is not None and not 0 <= scale.cell_of(instant) < self._room:
            self._zoomed = self._around(instant, scale.steps, scale.cells)

    def _around(self, instant: int, steps: int, cells: int, place: float = 0.5) -> Scale:
        """Return a scale in which an instant stands at a `place` between the edges, 0 to 1."""
        start = instant - int(self._room // cells * place) * steps
        # Edges are multiples of the width: columns that were summed up before are met again.
        return Scale(max(start - start % steps, 0), steps, cells)

    def title(self, snapshot: Snapshot) -> tuple[str, str]:
        """Say which stretch it is, and what is in the chosen column."""
        run, strip = self._run, self._drawn
        if run is None or strip is None:
            return self.TITLE, ""
        steps = strip.scale.steps
        told = f"{steps:,} steps a column" if steps > 1 else "step by step"
        if self._zoomed is not None:
            end = min(strip.scale.start + strip.scale.span(self._room), run.frontier)
            told = f"{strip.scale.start:,} to {end:,}, {told}"
        elif run.frontier > run.now:
            told = f"known up to {run.frontier:,}, {told}"
        column = self._column_of(self.chosen)
        if column is not None:
            told = _told(column)
        return self.TITLE, shorten(told, max(self.size.width - len(self.TITLE) - 6, 0))

    def _column_of(self, instant: int | None) -> Column | None:
        if self._drawn is None or instant is None:
            return None
        index = (instant - self._drawn.scale.start) // self._drawn.scale.steps
        columns = self._drawn.columns
        return columns[index] if 0 <= index < len(columns) else None

    # What a person does

    def action_choose(self, by: int) -> None:
        """Choose another column; at an edge the timeline moves on."""
        run, strip = self._run, self._drawn
        if run is None or strip is None:
            return
        steps = strip.scale.steps
        before = run.now if self.chosen is None else self.chosen
        self.chosen = min(max((before // steps + by) * steps, 0), run.frontier)
        if self._zoomed is not None:
            cell = self._zoomed.cell_of(self.chosen)
            if not 0 <= cell < self._room:
                self._zoomed = self._around(self.chosen, steps, self._zoomed.cells)
        self.redraw()

    def action_choose_end(self) -> None:
        """Choose the furthest instant."""
        if self._run is not None:
            self.chosen = self._run.frontier
            self._keep_in_view(self.chosen)
            self.redraw()

    def action_zoom(self, by: int) -> None:
        """Show less in more detail, or more in less, around what is chosen."""
        run, strip = self._run, self._drawn
        if run is None or strip is None:
            return
        scale, room = strip.scale, max(self._room, 1)
        centre = run.now if self.chosen is None else self.chosen
        steps, cells = scale.steps, scale.cells
        if by > 0:
            steps, cells = (steps // 2, 1) if steps > 1 else (1, min(cells * 2, _MOST_CELLS))
        else:
            steps, cells = (1, cells // 2) if cells > 1 else (steps * 2, 1)
        whole = whole_scale(run.frontier, room)
        if by < 0 and (steps, -cells) >= (whole.steps, -whole.cells):
            self.action_whole()
            return
        place = min(max(scale.cell_of(centre) / room, 0), 1)
        self._zoomed = self._around(centre, steps, cells, place)
        self.redraw()

    def action_whole(self) -> None:
        """Show the whole run."""
        self._zoomed = None
        self.redraw()

    def action_follow(self) -> None:
        """Go back to the present."""
        self.chosen = None
        if self._run is not None:
            self._keep_in_view(self._run.now)
        self.redraw()

    def action_travel(self) -> None:
        """Travel to the first event in the chosen column, or to where it begins."""
        if self.chosen is not None:
            self._travel_to(self._column_of(self.chosen))

    def on_click(self, event: events.Click) -> None:
        """Travel to what is clicked."""
        offset = event.get_content_offset(self)
        if offset is None or self._drawn is None or self._run is None:
            return
        cell = offset.x - gutter(*self.size, self._run)
        if cell >= 0:
            self._travel_to(self._column_of(self._drawn.scale.instant_at(cell)))

    def _travel_to(self, column: Column | None) -> None:
        run = self._run
        if run is None or column is None:
            return
        instant = min(column.start, run.frontier)
        if column.events:
            number = run.entries.number_at(column.start)
            if number < run.entries.end:
                instant = run.entries.entry(number).instant
        self.chosen = None
        self.post_message(Travel(instant))


def whole_scale(frontier: int, room: int) -> Scale:
    """Return the scale in which a run up to `frontier` has room in that many cells."""
    needed = frontier + 1
    if needed <= room:
        cells = 1
        while cells * 2 <= _MOST_CELLS and needed * cells * 2 <= room:
            cells *= 2
        return Scale(0, 1, cells)
    tens = 1
    while True:
        for width in _WIDTHS:
            steps = -(-width * tens // 10)
            if steps * room >= needed:
                return Scale(0, steps)
        tens *= 10


def _told(column: Column) -> str:
    """Say what a column holds: when, who ran, what happened."""
    when = f"{column.start:,}"
    if column.end - column.start > 1:
        when += f" to {column.end - 1:,}"
    total = max(sum(steps for _, steps in column.shares), 1)
    ran = ", ".join(
        f"{RING_SIGNS[runner.ring]}{runner.ring} {runner.owner or '?'} {100 * steps // total}%"
        for runner, steps in column.shares
        if runner.ring is not None
    )
    events = ", ".join(f"{count:,} {kind.value}{_plural(count, kind.value)}"
                       for kind, count in column.events.items())  # fmt: skip
    return "; ".join(part for part in (when, ran, events) if part)


def _plural(count: int, word: str) -> str:
    return "" if count == 1 or word.endswith("ed") else "s"
