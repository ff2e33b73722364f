"""The base of every pane: a widget that draws lines, and repaints only those that changed."""

from __future__ import annotations

from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.selection import Selection
from textual.strip import Strip

from hvtui.tui.looks import Looks
from hvtui.tui.rows import Row, printable

# What stands below the last line.
_NOTHING = Row(line="nothing")


class LinePane(ScrollView, can_focus=True):
    """Lines that subclasses give one by one, as `row_at` says, `row_count` of them."""

    # The body arranges the panes itself, and has its own way to give one all the room.
    ALLOW_MAXIMIZE = False

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "scroll_up", "Scroll up", show=False),
        Binding("down,j", "scroll_down", "Scroll down", show=False),
        Binding("home,g", "scroll_home", "To the top", show=False),
        Binding("end,G", "scroll_end", "To the end", show=False),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._ground: Style | None = None
        self._shown: dict[int, tuple[Row, Strip]] = {}

    # For subclasses

    @property
    def row_count(self) -> int:
        """How many lines there are."""
        raise NotImplementedError

    def row_at(self, index: int) -> Row:
        """Return line `index`, for 0 ≤ `index` < `row_count`. Called for visible lines alone."""
        raise NotImplementedError

    def resized(self) -> None:
        """Lay out and draw the rows for a new size."""
        self.repaint()

    @property
    def row_width(self) -> int:
        """The width of the widest line, if lines may be wider than the pane."""
        return 0

    def repaint(self) -> None:
        """Look for lines that changed, and draw those."""
        width, height = self.size
        wanted = Size(max(self.row_width, 1), self.row_count)
        if wanted != self.virtual_size:
            self.virtual_size = wanted
        if not width:
            return
        top, count = self.scroll_offset.y, self.row_count
        for y in range(height):
            index = top + y
            before = self._shown.get(index)
            now = self.row_at(index) if index < count else _NOTHING
            if now != (before[0] if before else None):
                self._shown.pop(index, None)
                self.refresh(Region(0, y, width, 1))

    def show_line(self, index: int, *, margin: int = 3) -> None:
        """Scroll so that line `index` is in view, with some lines around it."""
        height = self.size.height
        top = self.scroll_offset.y
        margin = min(margin, max((height - 1) // 2, 0))
        if top + margin <= index < top + height - margin:
            return
        if top - height < index < top + 2 * height:
            target = index - margin if index < top + margin else index - height + 1 + margin
        else:
            target = index - height // 3
        highest = max(self.row_count - height, 0)
        self.scroll_to(y=min(max(target, 0), highest), animate=False, force=True, immediate=True)

    # Textual

    def notify_style_update(self) -> None:
        """Forget the styles of before: the theme changed."""
        super().notify_style_update()
        self._ground = None
        self._shown.clear()

    def on_resize(self) -> None:
        """Draw anew: rows may depend on the width."""
        self._shown.clear()
        self.resized()

    def render_line(self, y: int) -> Strip:
        """Return line `y` of the screen."""
        scroll_x, scroll_y = self.scroll_offset
        index = y + scroll_y
        width = self.size.width
        if index >= self.row_count:
            self._shown[index] = (_NOTHING, Strip([]))
            return Strip.blank(width, self._base)
        strip = self._strip(index)
        selection = self.text_selection
        if selection is not None and (span := selection.get_span(index)) is not None:
            strip = self._with_selection(strip, *span)
        ground = self._base + self._look(self._shown[index][0].line)
        return strip.crop_extend(scroll_x, scroll_x + width, ground).apply_offsets(scroll_x, index)

    def get_selection(self, selection: Selection) -> tuple[str, str] | None:
        """Return the selected text, for the clipboard."""
        text = "\n".join(self.row_at(index).text.rstrip() for index in range(self.row_count))
        return selection.extract(text), "\n"

    # Details

    def _strip(self, index: int) -> Strip:
        known = self._shown.get(index)
        wanted = self.row_at(index)
        if known is not None and known[0] == wanted:
            return known[1]
        if len(self._shown) > 1000:
            self._shown.clear()
        ground = self._base + self._look(wanted.line)
        strip = Strip(
            [Segment(printable(span.text), ground + self._look(span.style)) for span in wanted.spans]
        )
        self._shown[index] = (wanted, strip)
        return strip

    def _with_selection(self, strip: Strip, start: int, end: int) -> Strip:
        end = strip.cell_length if end == -1 else min(end, strip.cell_length)
        look = self.screen.get_component_rich_style("screen--selection")
        chosen = strip.crop(start, end).apply_style(look)
        return Strip.join((strip.crop(0, start), chosen, strip.crop(end)))

    def _look(self, names: str) -> Style:
        """Return what some styles, named in one string, say together."""
        looks = getattr(self.app, "looks", None)
        assert isinstance(looks, Looks), "a LinePane needs an app that knows the looks of rows"
        return looks.style(names)

    @property
    def _base(self) -> Style:
        """The pane's own style. `rich_style` walks all ancestors, so it is asked once."""
        if self._ground is None:
            self._ground = self.rich_style
        return self._ground
