"""The bar at the lower edge: the keys that do something now, or what is said for a while."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from textual import events
from textual.timer import Timer

from hvtui.debugger.snapshot import Snapshot
from hvtui.tui.actions.everything import ACTIONS
from hvtui.tui.actions.keys import Keys
from hvtui.tui.actions.table import Action
from hvtui.tui.bars import Bar
from hvtui.tui.messages import Do
from hvtui.tui.rows import Piece, Row, crop, row

# How long (seconds) something that is said stays.
SAID_FOR = 4.0


@dataclass(frozen=True, slots=True)
class Button:
    """An action with its place in the bar, from column `start` on, and how it is written there."""

    action: Action
    start: int
    key: str
    label: str

    @property
    def width(self) -> int:
        """Cells on the screen."""
        return len(self.key) + len(self.label) + 3


def buttons(
    actions: Iterable[Action], keys: Keys, width: int, labels: dict[str, str]
) -> tuple[Button, ...]:
    """Place as many of `actions` as there is room for; `labels` are other words for some."""
    usable = [action for action in actions if action.label and keys.of(action)]

    def placed() -> tuple[Button, ...]:
        found: list[Button] = []
        start = 0
        for action in usable:
            label = labels.get(action.name, action.label)
            found.append(Button(action, start, keys.shown(action), label))
            start += found[-1].width
        return tuple(found)

    while (made := placed()) and made[-1].start + made[-1].width > width:
        usable.remove(max(usable, key=lambda action: action.rank))
    return made


class KeyBar(Bar):
    """The keys that do something now. A click on one does it."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._buttons: tuple[Button, ...] = ()
        self._said: Row | None = None
        self._silence: Timer | None = None
        # Whether leaving leads back to the gallery, or out to the shell.
        self.leads_back = False

    def say(self, text: str, *, is_problem: bool = False) -> None:
        """Show `text` instead of the keys for a few seconds."""
        sign, style = ("!", "warning bold") if is_problem else ("✓", "good bold")
        self._said = row((f" {sign} ", style), text)
        if self._silence is not None:
            self._silence.stop()
        self._silence = self.set_timer(SAID_FOR, self._fall_silent)
        self.redraw()

    def show(self, snapshot: Snapshot) -> None:
        """Draw `snapshot`; what was said before the machine moved is of no use any more."""
        if self.snapshot is not None and self.snapshot.instant != snapshot.instant:
            self._said = None
        super().show(snapshot)

    def _fall_silent(self) -> None:
        self._said = None
        self.redraw()

    def draw(self, snapshot: Snapshot, width: int) -> tuple[Row, ...]:
        """Return the line, as many keys as there is room for."""
        self._buttons = ()
        if self._said is not None:
            return (crop(self._said, width),)
        usable = (
            action
            for action in ACTIONS
            if action.is_available(running=snapshot.running, ended=snapshot.has_ended)
        )
        labels = {"leave": "gallery"} if self.leads_back else {}
        self._buttons = buttons(usable, self._keys, width, labels)
        pieces: list[Piece] = []
        for button in self._buttons:
            pieces += [(f" {button.key}", "key"), (f" {button.label} ", "dim")]
        return (row(*pieces),)

    @property
    def _keys(self) -> Keys:
        keys = getattr(self.app, "keys", None)
        assert isinstance(keys, Keys), "a KeyBar needs an app that knows the keys"
        return keys

    def on_click(self, event: events.Click) -> None:
        """Do what was clicked on."""
        for button in self._buttons:
            if button.start <= event.x < button.start + button.width:
                self.post_message(Do(button.action.name))
