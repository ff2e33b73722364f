"""The container of the panes: it puts each where `arrangement` says."""

from __future__ import annotations

from dataclasses import replace

from textual.containers import Container
from textual.geometry import NULL_OFFSET, NULL_SPACING, Region, Size
from textual.layout import ArrangeResult, WidgetPlacement
from textual.layout import Layout as TextualLayout
from textual.reactive import reactive
from textual.widget import Widget

from hvtui.tui.arrangement import SOURCE, Arrangement, Layout, arrange
from hvtui.tui.panes.catalogue import PANES_BY_NAME


class _PaneLayout(TextualLayout):
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
    """Holds the panes. `arranged` is what the person wishes of their places."""

    arranged: reactive[Layout] = reactive(Layout(), layout=True)
    # The id of what stands in the source's place, if something does.
    covering: reactive[str] = reactive("", layout=True)

    @property
    def layout(self) -> TextualLayout:
        """The layout of this container, whatever the style sheet says."""
        return _LAYOUT

    def plan(self, width: int, height: int) -> Arrangement:
        """Return where the panes stand in that many cells."""
        plan = arrange(width, height, self.arranged, PANES_BY_NAME)
        if not self.covering or SOURCE not in plan.regions:
            return plan
        regions = {name: place for name, place in plan.regions.items() if name != SOURCE}
        return replace(plan, regions={**regions, self.covering: plan.regions[SOURCE]})


_LAYOUT = _PaneLayout()
