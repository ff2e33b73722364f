"""The events of the trap log as lines: only those in view are unpacked, of millions."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from hvtui.debugger.bands import Run
from hvtui.debugger.logentries import LogEntry
from hvtui.debugger.logfilter import LogFilter
from hvtui.debugger.logsearch import SLICE_CHUNKS, LogSearch, Matches
from hvtui.debugger.session import Lens
from hvtui.debugger.snapshot import Snapshot
from hvtui.debugger.views.running import RunLens
from hvtui.tui.messages import Travel
from hvtui.tui.panes.log_rows import LogColumns, log_row
from hvtui.tui.panes.pane import Pane
from hvtui.tui.rows import Row, row

# Between two slices of a search (seconds), so that keys are heard.
_PAUSE = 0.01
_MOST_ENTRIES_KEPT = 512
LOG_HELP = """\
# Trap log

What crossed the border between rings, a line each: the instant, what it was, from which ring to which,
where. `▼` a trap, `↯` an interrupt, `↩` an xRET back, `⤴` an xRET by which a hypervisor hands a trap
on to a guest, `∅` a kernel instruction that was ignored, `◎` one that leaked the real state.

`▶` marks the present. What follows it, dim and marked `┊`, is the known future: it is there after a
travel back in time, and will happen again just so, unless you change something.

Up and Down choose an event; Enter, or a click, travels to the instant at which it is about to happen.
Esc goes back to the present. `[` and `]` travel to the event before and after from any pane.

`/` or `f` filters, in the words of breakpoints on traps: `trap`, `injection`, `wrstatus`, `illegal`,
`from 1`, `to 0`, `in tinyos`; also `after 5,000`, `before 9,000`, `"csrw"`; several words must all
hold; `or` stands between two filters. Esc in the line clears it. `[` and `]` then go from one event
that is shown to the next."""


class LogRows(Pane):
    """The events. Of millions only those in view are ever unpacked."""

    TITLE = "Trap log"
    HELP = LOG_HELP
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "choose(-1)", "Event before", show=False),
        Binding("down,j", "choose(1)", "Event after", show=False),
        Binding("pageup", "choose_page(-1)", "Page before", show=False),
        Binding("pagedown", "choose_page(1)", "Page after", show=False),
        Binding("home,g", "choose_first", "To the first event", show=False),
        Binding("end,G", "choose_last", "To the last event", show=False),
        Binding("enter", "travel", "Travel to the event", show=False),
        Binding("escape", "follow", "Back to the present", show=False),
        Binding("slash,f", "filter", "Filter", show=False),
    ]

    @dataclass
    class Counted(Message):
        """So many events are shown, of how many."""

        shown: int
        total: int

        def can_replace(self, message: Message) -> bool:
            """The last count is enough."""
            return isinstance(message, LogRows.Counted)

    class FilterWanted(Message):
        """The person wants to write a filter."""

    def __init__(self) -> None:
        super().__init__(id="log-rows")
        self.run: Run | None = None
        self.chosen: int | None = None
        self._lens = RunLens()
        self._search: LogSearch | None = None
        self._shown_numbers: Sequence[int] = range(0)
        self.is_searching = False
        self._follows = True
        self._here: int | None = None
        self._columns = LogColumns.of(0, 0, ())
        self._entries: dict[tuple[int, int], LogEntry] = {}

    # The run

    def lens(self) -> Lens:
        """Ask for the whole run."""
        return self._lens

    def show(self, snapshot: Snapshot) -> None:
        """Draw what is new."""
        self.snapshot = snapshot
        run = snapshot.seen.get(self.id or "")
        if not isinstance(run, Run):
            return
        if not snapshot.running and (self.run is None or run.now != self.run.now):
            # Somebody has moved the machine, to look at where it stands now.
            self.chosen, self._follows = None, True
        self.run = run
        self._take_in()

    def resized(self) -> None:
        """Share the width out anew."""
        self._take_in()

    @property
    def wanted(self) -> LogFilter | None:
        """The filter, None if there is none."""
        return self._search.wanted if self._search is not None else None

    def filter(self, wanted: LogFilter | None) -> None:
        """Show what a filter lets through, everything if it is None."""
        if wanted == self.wanted:
            return
        self._search = None if wanted is None else LogSearch(wanted)
        self._shown_numbers = range(0)
        self._take_in()

    def _take_in(self) -> None:
        """Take in the run and the filter, and draw."""
        run, width = self.run, self.size.width
        if run is None or not width:
            return
        self._here = self._present(run)
        top = self._number_at_top()
        if self._search is None:
            self._shown_numbers = range(run.entries.first, run.entries.end)
        else:
            near = self._near
            is_running = self.snapshot is not None and self.snapshot.running
            done = self._search.advance(run.entries, near, 1 if is_running else SLICE_CHUNKS)
            self._shown_numbers = self._search.matches(run.entries, near)
            if not done and not self.is_searching:
                self.is_searching = True
                self.set_timer(_PAUSE, self._go_on)
        if self.chosen is not None and self.chosen >= run.entries.end:
            # It was in a future that has been cut off.
            self.chosen, self._follows = None, True
        self._columns = LogColumns.of(width, run.frontier, run.components)
        self._tell()
        self.repaint()
        if self._follows:
            self._show_number(self._here)
        elif top is not None:
            self._keep_at_top(top)

    def _go_on(self) -> None:
        self.is_searching = False
        if self.display:
            self._take_in()

    def _present(self, run: Run) -> int | None:
        """Return the number of the last event that is not in the future, None if there is none."""
        number = run.present
        while number < run.entries.end and run.entries.entry(number).instant <= run.now:
            number += 1
        return number - 1 if number > run.entries.first else None

    @property
    def _near(self) -> int:
        """The number of an event near to what is in view."""
        if self._follows or self.chosen is None:
            return self._here or 0
        return self.chosen

    def _number_at_top(self) -> int | None:
        top = self.scroll_offset.y
        numbers = self._shown_numbers
        return numbers[top] if not self._follows and 0 <= top < len(numbers) else None

    def _keep_at_top(self, number: int) -> None:
        """Keep an event where it was: what is found by and by comes above it, too."""
        place = bisect_left(self._shown_numbers, number)
        if place != self.scroll_offset.y:
            self.scroll_to(y=place, animate=False, force=True, immediate=True)

    def _show_number(self, number: int | None) -> None:
        if number is not None and len(self._shown_numbers):
            place = min(bisect_left(self._shown_numbers, number + 1) - 1, self.row_count - 1)
            self.show_line(max(place, 0), margin=2)

    def _tell(self) -> None:
        """Write the counts into the title."""
        if self.run is None:
            return
        total = len(self.run.entries)
        told = "1 event" if total == 1 else f"{total:,} events"
        if self.run.entries.first:
            told = f"the last {told}"
        if self._search is not None:
            numbers = self._shown_numbers
            more = isinstance(numbers, Matches) and not numbers.is_complete
            told += f", {len(numbers):,} shown{' so far' if more else ''}"
        self.set_title(self.TITLE, told)
        self.post_message(self.Counted(len(self._shown_numbers), total))

    # Lines

    @property
    def row_count(self) -> int:
        """How many lines there are: one at least, which may say that there is no event."""
        return max(len(self._shown_numbers), 1)

    def row_at(self, index: int) -> Row:
        """Return line `index`."""
        run, numbers = self.run, self._shown_numbers
        if run is None:
            return row()
        if not len(numbers):
            return row((self._nothing(run), "dim"))
        number = numbers[index]
        entry = self._entry(run, number)
        ahead = entry.instant > run.now
        marked = self._marked(numbers)
        drawn = log_row(entry, self._columns, is_here=number == marked, is_ahead=ahead)
        is_chosen = self.has_focus and number == (marked if self.chosen is None else self.chosen)
        return Row(drawn.spans, "cursor") if is_chosen else drawn

    def _marked(self, numbers: Sequence[int]) -> int | None:
        """Return the number of the last event shown that is not in the future."""
        if self._here is None:
            return None
        place = bisect_left(numbers, self._here + 1) - 1
        return numbers[place] if place >= 0 else None

    def _nothing(self, run: Run) -> str:
        if self._search is None:
            return "Nothing has crossed the border between rings yet."
        numbers = self._shown_numbers
        if isinstance(numbers, Matches) and not numbers.is_complete:
            return "searching…"
        return f"None of {len(run.entries):,} events is let through by the filter."

    def _entry(self, run: Run, number: int) -> LogEntry:
        # By chunk: after a cut other events have the same numbers.
        key = run.entries.rows.chunk_of(number).serial, number
        entry = self._entries.get(key)
        if entry is None:
            if len(self._entries) >= _MOST_ENTRIES_KEPT:
                self._entries.clear()
            entry = self._entries[key] = run.entries.entry(number)
        return entry

    # What a person does

    def action_choose(self, by: int) -> None:
        """Choose another event."""
        numbers = self._shown_numbers
        if not len(numbers):
            return
        chosen = self._marked(numbers) if self.chosen is None else self.chosen
        place = bisect_left(numbers, chosen + 1) - 1 if chosen is not None else -1
        self._choose(numbers[min(max(place + by, 0), len(numbers) - 1)])

    def action_choose_page(self, by: int) -> None:
        """Choose an event a page away."""
        self.action_choose(by * max(self.size.height - 1, 1))

    def action_choose_first(self) -> None:
        """Choose the first event."""
        if len(self._shown_numbers):
            self._choose(self._shown_numbers[0])

    def action_choose_last(self) -> None:
        """Choose the last event."""
        if len(self._shown_numbers):
            self._choose(self._shown_numbers[-1])

    def action_travel(self) -> None:
        """Travel to the chosen event."""
        numbers = self._shown_numbers
        chosen = self._marked(numbers) if self.chosen is None else self.chosen
        if self.run is not None and chosen is not None and chosen < self.run.entries.end:
            self.post_message(Travel(self._entry(self.run, chosen).instant))
            self.chosen, self._follows = None, True

    def action_follow(self) -> None:
        """Go back to the present."""
        self.chosen, self._follows = None, True
        self._take_in()

    def action_filter(self) -> None:
        """Let the person write a filter."""
        self.post_message(self.FilterWanted())

    def on_click(self, event: events.Click) -> None:
        """Travel to an event that is clicked."""
        offset = event.get_content_offset(self)
        if offset is None or self.run is None:
            return
        index = offset.y + self.scroll_offset.y
        if index < len(self._shown_numbers):
            self._choose(self._shown_numbers[index])
            self.action_travel()

    def on_mouse_scroll_up(self) -> None:
        """Stay where the person looks."""
        self._follows = False

    def on_mouse_scroll_down(self) -> None:
        """Stay where the person looks."""
        self._follows = False

    def on_focus(self) -> None:
        """Mark the chosen event."""
        self.repaint()

    def on_blur(self) -> None:
        """Take the mark away."""
        self.repaint()

    def _choose(self, number: int) -> None:
        self.chosen, self._follows = number, False
        self.repaint()
        self.show_line(bisect_left(self._shown_numbers, number), margin=1)
