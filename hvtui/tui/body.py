"""The container of the panes: it puts each where `arrangement` says."""

from __future__ import annotations

from textual.containers import Container
from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, Layout, WidgetPlacement
from textual.reactive import reactive
from textual.widget import Widget

from hvtui.tui.arrangement import REGISTERS, Arrangement, arrange


class _PaneLayout(Layout):
    """Places children by their ids. A child that has no place gets an empty one."""

    name = "panes"

    def arrange(
        self, parent: Widget, children: list[Widget], size: Size, greedy: bool = True
    ) -> ArrangeResult:
        """Return a placement for each child."""
        assert isinstance(parent, Body)
        plan = parent.plan(size.width, size.height)
        return [
            WidgetPlacement(
                plan.regions.get(child.id or "", Region()), NULL_OFFSET, NULL_SPACING, child
            )
            for child in children
        ]


class Body(Container):
    """Holds the panes. `open_tab` is the one of the tabbed panes that is seen on a small screen."""

    open_tab: reactive[str] = reactive(REGISTERS, layout=True)
    zoomed: reactive[str | None] = reactive(None, layout=True)

    @property
    def layout(self) -> Layout:
        """The layout of this container, whatever the style sheet says."""
        return _LAYOUT

    def plan(self, width: int, height: int) -> Arrangement:
        """Return where the panes stand in that many cells."""
        return arrange(width, height, self.open_tab, self.zoomed)


_LAYOUT = _PaneLayout()
