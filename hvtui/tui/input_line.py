"""A line to type into that keeps up with who types fast, or types ahead."""

from __future__ import annotations

from typing import Self

from textual import events
from textual.widgets import Input


class InputLine(Input):
    """Enter submits what was typed before it, whatever was typed right after it.

    Textual looks for the binding of Enter when nobody else wanted the key, and by then the next keys
    have reached the line.
    """

    def focus(self, scroll_visible: bool = True) -> Self:
        """Take the focus at once: keys may be on their way already."""
        if self.is_attached:
            self.screen.set_focus(self, scroll_visible=scroll_visible)
        return self

    async def _on_key(self, event: events.Key) -> None:
        if event.key != "enter":
            await super()._on_key(event)
            return
        event.stop()
        event.prevent_default()
        await self.action_submit()
