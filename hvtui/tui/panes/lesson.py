"""The lesson pane: Markdown beside the machine that it is about, whose links drive the debugger."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType

from hvtui.debugger.session import Lens, Session
from hvtui.debugger.snapshot import Snapshot
from hvtui.machinefile.lessons import is_within, linked_lesson
from hvtui.machinefile.samples import samples_folder
from hvtui.tui.lesson.document import NO_LESSON, Document
from hvtui.tui.lesson.links import Leads, Target
from hvtui.tui.lesson.page import Page, Piece
from hvtui.tui.messages import Do, Execute, Inspect, Say
from hvtui.tui.panes.pane import Pane
from hvtui.tui.rows import Row, Span

_CHOSEN = "link-chosen"
_CHOSEN_SIGN = "▶"


@dataclass(frozen=True, slots=True)
class Assigned:
    """Which lesson goes with the machine, and the folders in which others may be opened.

    `changed` is when the file was written last, in nanoseconds of the computer's clock.
    """

    lesson: Path | None
    roots: tuple[Path, ...] = ()
    changed: int = 0


def assigned(session: Session) -> Assigned:
    """Return what a session's machine has for a lesson."""
    lesson = session.system.lesson
    if lesson is None:
        return Assigned(None)
    samples = samples_folder()
    is_sample = samples is not None and is_within(lesson, samples)
    roots = (samples,) if samples is not None and is_sample else (lesson.parent,)
    try:
        return Assigned(lesson, roots, lesson.stat().st_mtime_ns)
    except OSError:
        return Assigned(lesson, roots)


class LessonPane(Pane):
    """The lesson of the machine; others of the same collection open in its place."""

    TITLE = "Lesson"
    HELP = """# Lesson

What stands behind `▸` drives the debugger: it sets a breakpoint, moves the machine, shows a pane.
`»` leads to another lesson, which can be read here; its own links wait for its own machine.

Tab and Shift+Tab, or Right and Left, choose a link, Enter follows it, as does a click. Backspace goes
back to the lesson before. All keys of the debugger do here what they always do."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab,right", "choose(1)", "Next link", show=False),
        Binding("shift+tab,left", "choose(-1)", "Link before", show=False),
        Binding("enter", "follow", "Follow the link", show=False),
        Binding("backspace", "return", "Back to the lesson before", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.chosen: int | None = None
        self._assigned: Assigned | None = None
        self._document = Document(Path(), NO_LESSON, has_machine=False)
        self._before: list[tuple[Document, int]] = []
        # The line of the Markdown at the upper edge: it stays there at another width.
        self._place = 0
        self._drawn_width = 0

    # What is shown

    def lens(self) -> Lens:
        """Ask which lesson goes with the machine."""
        return assigned

    def show(self, snapshot: Snapshot) -> None:
        """Open the machine's lesson, if it is another one than before, or was edited."""
        self.snapshot = snapshot
        seen = snapshot.seen.get(self.id or "")
        if isinstance(seen, Assigned) and seen != self._assigned:
            is_edited = self._assigned is not None and self._assigned.lesson == seen.lesson
            self._assigned = seen
            self._before.clear()
            document = (
                Document.read(seen.lesson)
                if seen.lesson is not None
                else Document(Path(), NO_LESSON, has_machine=False)
            )
            self._open(document, self._place if is_edited else 0)

    @property
    def row_count(self) -> int:
        """How many lines there are."""
        return len(self._page.lines)

    def row_at(self, index: int) -> Row:
        """Return line `index`, with the chosen link marked."""
        line = self._page.lines[index]
        if self.chosen is None or all(piece.link != self.chosen for piece in line.pieces):
            return line.row
        return Row(tuple(self._marked(piece) for piece in line.pieces))

    def _marked(self, piece: Piece) -> Span:
        if piece.link != self.chosen or self.chosen is None:
            return Span(piece.text, piece.style)
        sign = self._page.links[self.chosen].sign
        text = (
            _CHOSEN_SIGN + piece.text.removeprefix(sign) if piece.text.startswith(sign) else piece.text
        )
        return Span(text, _CHOSEN)

    def resized(self) -> None:
        """Break the lines anew, and stay where the reader was."""
        # The text ends before the scrollbar.
        width = self.scrollable_content_region.width
        if width and width != self._drawn_width:
            self._drawn_width = width
            self._lay_out()
        else:
            self.repaint()

    @property
    def _page(self) -> Page:
        return self._document.page(max(self._drawn_width, 1))

    def _lay_out(self) -> None:
        place = self._place
        self.repaint()
        self._put_on_top(self._page.line_from(place) if place else 0)
        self._place = place

    def _open(self, document: Document, place: int = 0) -> None:
        self._document = document
        self.chosen = None
        self._place = place
        self.set_title(self.TITLE, document.title)
        self._lay_out()

    def _put_on_top(self, line: int) -> None:
        self.scroll_to(y=line, animate=False, force=True, immediate=True)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Take down which part of the lesson is at the upper edge."""
        super().watch_scroll_y(old_value, new_value)
        lines = self._page.lines
        top = round(new_value)
        if top < len(lines):
            self._place = lines[top].source

    # Links

    def action_choose(self, by: int) -> None:
        """Choose the next link, or the one before; behind the last one lies the next pane."""
        links = self._page.links
        index = self._nearest(by) if self.chosen is None else self.chosen + by
        if 0 <= index < len(links):
            self._choose(index)
        elif by > 0:
            self.screen.focus_next()
        else:
            self.screen.focus_previous()

    def _nearest(self, by: int) -> int:
        """Return the first link in view or below it, or the last one in view or above it."""
        top = self.scroll_offset.y
        places = self._page.places
        if by > 0:
            return next((n for n, (_, last) in enumerate(places) if last >= top), len(places))
        bottom = top + self.size.height
        return max((n for n, (first, _) in enumerate(places) if first < bottom), default=-1)

    def _choose(self, index: int) -> None:
        self.chosen = index
        first, last = self._page.places[index]
        self.show_line(last, margin=1)
        self.show_line(first, margin=1)
        self.repaint()

    def action_follow(self) -> None:
        """Follow the chosen link."""
        if self.chosen is not None:
            self._follow(self._page.links[self.chosen])
        elif self._page.links:
            self.post_message(Say("choose a link first: Tab leads to the next one"))

    def _follow(self, target: Target) -> None:
        # The catalogue of panes knows this module.
        from hvtui.tui.panes.catalogue import PANES_BY_NAME

        match target.leads:
            case Leads.COMMAND:
                self.post_message(Execute(target.text))
            case Leads.LESSON:
                self._open_linked(target.text)
            case Leads.PANE | Leads.ADDRESS if target.pane not in PANES_BY_NAME:
                there = ", ".join(PANES_BY_NAME)
                self.post_message(Say(f"there is no pane {target.pane}: there are {there}", True))
            case Leads.PANE:
                self.post_message(Do(f"pane_{target.pane}"))
            case Leads.ADDRESS:
                self.post_message(Inspect(target.pane, target.text))

    def _open_linked(self, text: str) -> None:
        roots = self._assigned.roots if self._assigned is not None else ()
        path = linked_lesson(self._document.path, text, roots)
        if path is None:
            self.post_message(Say(f"{text} is no lesson of this collection", True))
            return
        own = self._assigned.lesson if self._assigned is not None else None
        self._before.append((self._document, self._place))
        self._open(Document.read(path, has_machine=own is not None and path == own.resolve()))
        if not self._document.has_machine:
            self.post_message(Say("this lesson is about another machine; Backspace goes back"))

    def action_return(self) -> None:
        """Go back to the lesson before."""
        if self._before:
            self._open(*self._before.pop())
        else:
            self.post_message(Say("there is no lesson before this one"))

    def on_click(self, event: events.Click) -> None:
        """Follow the link that was clicked on."""
        offset = event.get_content_offset(self)
        if offset is None:
            return
        link = self._link_at(offset.x, offset.y + self.scroll_offset.y)
        if link is not None:
            self._choose(link)
            self._follow(self._page.links[link])

    def _link_at(self, x: int, line: int) -> int | None:
        if line >= self.row_count:
            return None
        for piece in self._page.lines[line].pieces:
            x -= cell_len(piece.text)
            if x < 0:
                return piece.link
        return None
