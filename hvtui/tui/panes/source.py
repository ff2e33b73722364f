"""The source pane: source or disassembly, with the current line, breakpoints and a cursor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from hvtui.debugger.expansions import Key
from hvtui.debugger.listing import Disassembly
from hvtui.debugger.locations import Location
from hvtui.debugger.positions import Position, short_file
from hvtui.debugger.snapshot import Snapshot, Stopped
from hvtui.debugger.translations import Translation, is_translated
from hvtui.machinefile.system import Component
from hvtui.tui.messages import Do, Say
from hvtui.tui.panes.pane import Pane
from hvtui.tui.rows import Row
from hvtui.tui.source import gutter
from hvtui.tui.source.file_view import WIDTH_FOR_CODE, FileView
from hvtui.tui.source.memory_view import MemoryView
from hvtui.tui.source.translated_view import TranslatedView
from hvtui.tui.source.views import Looking, View
from hvtui.tui.source.way import NOWHERE


class Form(Enum):
    """What is shown of code: the source, that with its instructions beside it, or these alone."""

    SOURCE = "source"
    BOTH = "both"
    CODE = "code"


class SourcePane(Pane):
    """Follows the pc; the cursor can be moved away from it, and comes back at the next stop."""

    TITLE = "Source"
    HELP = """\
# Source and disassembly

`▶` is the line that runs next, `■` the one where the run has ended; the colour is the ring. `▷` is a
line that waits for what runs now: a call, or what a trap interrupted. `●` is a breakpoint, `○` one
that is off; a dot behind the line number says that the line makes instructions.

Beside the current line stands what is about to happen: the values that are read, the result, a branch
that is taken or not, where a trap or a return leads. Above it, what has led here from another ring. In
a narrow pane the second line of the status says it instead.

Code that a hypervisor has translated has no source. Here it stands as it is in memory now, below the
guest's instruction, and line of source, that it was made of: `◌` is where the guest believes that it
is, `▶` where it really is. **Enter** shows the guest's source there, `d` sets both side by side.

`▸` is a line that uses a macro: **Enter** unfolds what the macro made there, `▾`, and folds it again;
`*` does so for all of the file.

Up and Down move the cursor, Left and Right the text, `.` brings back the current line. `b` sets or
removes a breakpoint, also on a row of an unfolded macro, `u` runs until there; a click into the left
edge does what `b` does, a double click what `u` does. `d` shows the instructions beside the source, if
there is room, then the instructions in memory alone, then the source again."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False),
        Binding("down,j", "move(1)", "Down", show=False),
        Binding("left", "move_text(-8)", "Text to the right", show=False),
        Binding("right", "move_text(8)", "Text to the left", show=False),
        Binding("pageup", "move_page(-1)", "Page up", show=False),
        Binding("pagedown", "move_page(1)", "Page down", show=False),
        Binding("home,g", "move(-1000000)", "To the top", show=False),
        Binding("end,G", "move(1000000)", "To the end", show=False),
        Binding("full_stop", "follow", "To the current line", show=False),
        Binding("enter", "unfold", "Unfold a macro", show=False),
    ]

    @dataclass
    class ToggleBreakpoint(Message):
        """The person clicked into the gutter: a breakpoint there, or none any more."""

        text: str
        locations: tuple[Location, ...]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.form = Form.SOURCE
        self.cursor = 0
        self.disassembly_of: Callable[[Component | None, int], Disassembly] | None = None
        self.translation_of: Callable[[Component], Translation] | None = None
        self._looking_at: Position | None = None
        self._standing_at: Position | None = None
        self._stop: Stopped | None = None
        self._view: View | None = None
        self._way = NOWHERE
        self._current: int | None = None
        self._left = 0
        # What is unfolded, by component and file: another file may come in between.
        self._unfolded: dict[tuple[str, str], frozenset[Key]] = {}

    # What is shown

    def show(self, snapshot: Snapshot) -> None:
        """Draw `snapshot`: follow the pc where the machine stopped anew, else keep what is in view."""
        self.snapshot = snapshot
        if not snapshot.running and snapshot.stop is not self._stop:
            self._stop = snapshot.stop
            self._looking_at = None
            self._standing_at = snapshot.position
            self._choose_view()
            self._find_way()
            self._to_current()
        else:
            self._find_way()
        self.repaint()

    def look_at(self, position: Position) -> None:
        """Show another place than the current one, until the next stop."""
        self._looking_at = position
        self._show_anew()

    def toggle_disassembly(self) -> None:
        """Change from source to source with disassembly, if there is room, to disassembly alone."""
        forms = [Form.SOURCE, Form.BOTH, Form.CODE]
        if self.text_width < WIDTH_FOR_CODE and self.form is not Form.BOTH:
            forms.remove(Form.BOTH)
        self.form = forms[(forms.index(self.form) + 1) % len(forms)]
        self._show_anew()

    @property
    def position(self) -> Position | None:
        """The place in view: the pc's, or the one that somebody wants to look at."""
        return self._looking_at or self._standing_at

    def _show_anew(self) -> None:
        self._choose_view()
        self._find_way()
        self._to_current()
        self.repaint()

    def _choose_view(self) -> None:
        position = self.position
        if position is None:
            return
        component, place = position.component, position.place
        if component and self.form is not Form.CODE and is_translated(position):
            view = self._translated_view(component)
            index = view.index_of(position) if view is not None else None
            if view is not None and index is not None:
                self._view = view
                self._name_translation(position, view.origin_of(index))
                return
        elif (
            component
            and place
            and place.file in component.program.sources
            and self.form is not Form.CODE
        ):
            self._view = self._file_view(component, place.file, position)
            self._name_source(position)
            return
        self._view = self._memory_view(component, position.physical or position.pc)
        name = component.name if component else "memory"
        self.set_title("Disassembly", f"{name}, {position.symbol}")

    def _file_view(self, component: Component, file: str, position: Position) -> FileView:
        known = self._view
        wants_code = self.form is Form.BOTH
        if isinstance(known, FileView):
            listing, has_code = known.listing, known.beside is not None
            if (listing.component, listing.file, has_code) == (component, file, wants_code):
                return known
        beside = None
        if wants_code and self.disassembly_of is not None:
            beside = self.disassembly_of(component, position.physical or position.pc)
        self._left = 0
        view = FileView(component, file, beside)
        view.unfold(self._unfolded.get((component.name, file), frozenset()))
        return view

    def _translated_view(self, component: Component) -> TranslatedView | None:
        known = self._view
        beside = self.form is Form.BOTH and self.text_width >= WIDTH_FOR_CODE
        if isinstance(known, TranslatedView) and known.translation.component is component:
            if known.beside is beside:
                known.look()
                return known
            return TranslatedView(known.translation, beside=beside)
        if self.translation_of is None:
            return None
        return TranslatedView(self.translation_of(component), beside=beside)

    def _memory_view(self, component: Component | None, physical: int) -> View | None:
        known = self._view
        is_same = isinstance(known, MemoryView) and known.code.component is component
        if isinstance(known, MemoryView) and is_same and known.code.index_of(physical) is not None:
            return known
        return MemoryView(self.disassembly_of(component, physical)) if self.disassembly_of else None

    def _name_source(self, position: Position) -> None:
        assert isinstance(self._view, FileView)
        listing = self._view.listing
        note = listing.component.name
        if self._view.beside is not None:
            note += ", with its instructions"
        if position.inner is not None and position.inner != position.place:
            chain = " → ".join(step.name for step in position.expansions)
            inner = f"{short_file(position.inner.file)}:{position.inner.line}"
            note += f"  in macro {chain}, {inner}"
            index = self._view.index_of(position)
            if index is not None and self._view.rows[index].macro:
                note += "; Enter unfolds"
        self.set_title(short_file(listing.file), note)

    def _name_translation(self, position: Position, origin: Position | None) -> None:
        note = f"{position.pc:#010x} {position.symbol}, of no instruction of the guest's"
        if origin is not None:
            note = f"{origin.pc:#010x} → {position.pc:#010x}  {origin.where} → {position.symbol}"
        self.set_title("Translation", note)

    def _find_way(self) -> None:
        """Work out what is to be marked and said besides the present line."""
        position, view = self.position, self._view
        self._current = view.index_of(position) if view is not None and position is not None else None
        self._way = NOWHERE
        if view is not None and self.snapshot is not None and not self.snapshot.running:
            self._way = view.way(self.snapshot)

    def _to_current(self) -> None:
        if self._current is None:
            return
        self.cursor = self._current
        if self.virtual_size.height != self.row_count:
            self.repaint()  # how far one can scroll depends on it
        self.show_line(self._current)

    # Lines

    @property
    def row_count(self) -> int:
        """How many lines there are."""
        return self._view.count if self._view is not None else 0

    @property
    def text_width(self) -> int:
        """The cells beside the scroll bar."""
        return self.scrollable_content_region.width

    def row_at(self, index: int) -> Row:
        """Return a line with its marks."""
        assert self.snapshot is not None
        assert self._view is not None
        return self._view.row(index, self._looking())

    def _looking(self) -> Looking:
        assert self.snapshot is not None
        return Looking(
            self.snapshot,
            self.text_width,
            self._left,
            self._current,
            is_elsewhere=self._looking_at is not None and self._looking_at != self._standing_at,
            cursor=self.cursor if self.has_focus else -1,
            way=self._way,
        )

    # The cursor

    def at_cursor(self) -> tuple[str, tuple[Location, ...]]:
        """Return how the place under the cursor is called, and where it is in memory."""
        return self.at_line(self.cursor)

    def at_line(self, index: int) -> tuple[str, tuple[Location, ...]]:
        """Return how the place of a row is called, and where it is in memory."""
        if self._view is None or index >= self._view.count:
            return "", ()
        return self._view.place(index)

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        if self.row_count:
            self.cursor = min(max(self.cursor + by, 0), self.row_count - 1)
            self.show_line(self.cursor)
            self.repaint()

    def action_move_page(self, by: int) -> None:
        """Move the cursor by what is in view."""
        self.action_move(by * max(self.size.height - 2, 1))

    def action_move_text(self, by: int) -> None:
        """Move the text below the left edge, as far as there is text."""
        widest = self._view.widest if self._view is not None else 0
        self._left = min(max(self._left + by, 0), max(widest - self.text_width, 0))
        self.repaint()

    def action_follow(self) -> None:
        """Bring the cursor back to the current line."""
        self._looking_at = None
        self._left = 0
        self._show_anew()

    # Macros

    def action_unfold(self) -> None:
        """Unfold what the macro of the chosen line made, or fold it."""
        self._unfold_at(self.cursor)

    def _unfold_at(self, index: int) -> None:
        view = self._view
        if isinstance(view, TranslatedView):
            origin = view.origin_of(index)
            if origin is not None:
                self.look_at(origin)
            return
        if not isinstance(view, FileView) or index >= view.count:
            return
        row = view.toggle(index)
        if row is None:
            self.post_message(Say("no macro is used on this line", is_problem=True))
            return
        self.cursor = row
        self._keep_unfolded(view)

    def unfold_all(self) -> None:
        """Unfold what all macros of the file made, or fold it if all is unfolded."""
        view = self._view
        if not isinstance(view, FileView) or not view.all_keys:
            self.post_message(Say("no line here uses a macro", is_problem=True))
            return
        before = view.rows[min(self.cursor, view.count - 1)].line
        view.unfold(frozenset() if view.unfolded == view.all_keys else view.all_keys)
        rows = enumerate(view.rows)
        self.cursor = next((index for index, row in rows if row.line == before), 0)
        self._keep_unfolded(view)

    def _keep_unfolded(self, view: FileView) -> None:
        self._unfolded[view.listing.component.name, view.listing.file] = view.unfolded
        self._find_way()
        if self.position is not None:
            self._name_source(self.position)
        self.show_line(self.cursor)
        self.repaint()

    # Textual

    def on_focus(self) -> None:
        """Show the cursor."""
        self.repaint()

    def on_blur(self) -> None:
        """Hide the cursor."""
        self.repaint()

    def on_click(self, event: events.Click) -> None:
        """Put the cursor on the clicked line; in the left edge, toggle a breakpoint or a macro.

        A double click runs to the line.
        """
        offset = event.get_content_offset(self)
        if offset is None:
            return
        index = offset.y + self.scroll_offset.y
        if index >= self.row_count:
            return
        self.cursor = index
        self.repaint()
        if offset.x == gutter.FOLD_COLUMN and self._is_macro(index):
            self._unfold_at(index)
        elif offset.x < gutter.WIDTH - 1:
            self.post_message(self.ToggleBreakpoint(*self.at_line(index)))
        elif event.chain == _DOUBLE:
            self.post_message(Do("run_to_cursor"))

    def _is_macro(self, index: int) -> bool:
        view = self._view
        return isinstance(view, FileView) and bool(view.rows[index].macro)

    def on_mouse_scroll_left(self, event: events.MouseScrollLeft) -> None:
        """Move the text."""
        event.stop()
        self.action_move_text(-_STEP)

    def on_mouse_scroll_right(self, event: events.MouseScrollRight) -> None:
        """Move the text."""
        event.stop()
        self.action_move_text(_STEP)

    def resized(self) -> None:
        """Keep the current line in view."""
        self._left = 0
        if isinstance(self._view, TranslatedView):
            # Side by side takes room.
            self._choose_view()
            self._find_way()
        super().resized()
        if self._current is not None:
            self.show_line(self._current)


_DOUBLE = 2
# How far the text moves at a time, in cells.
_STEP = 8
