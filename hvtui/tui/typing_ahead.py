"""Keys that are typed faster than the screen follows reach what the keys before them have opened.

Textual hands a key to what has the focus when it arrives. A binding is looked for when the key has come
all the way up from there, and by then the next keys are on the same way: of ``:run``, all letters would
be keys of a pane.
"""

from __future__ import annotations

from collections import deque

from textual import events
from textual.app import App
from textual.widget import Widget

from hvtui.tui.input_line import InputLine

# More keys than are ever on their way.
_MOST = 256


class TypingAheadApp(App[None]):
    """An app whose lines get what was typed for them, even before they were there."""

    def __init__(self) -> None:
        super().__init__()
        self._aims: deque[tuple[events.Key, Widget | None]] = deque(maxlen=_MOST)

    async def on_event(self, event: events.Event) -> None:
        """Take down what a key is handed to."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._aims.append((event, self.focused))
        await super().on_event(event)

    def on_key(self, event: events.Key) -> None:
        """Give a key that nobody wanted to the line that has been opened meanwhile."""
        now = self.focused
        aim = next((widget for known, widget in self._aims if known is event), now)
        if isinstance(now, InputLine) and not isinstance(aim, InputLine):
            event.prevent_default()
            again = events.Key(event.key, event.character)
            self._aims.append((again, now))
            now._forward_event(again)
