"""The palette's commands: the table of actions, for people who do not know the keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.widgets import OptionList

from hvtui.tui.actions.everything import ACTIONS
from hvtui.tui.actions.keys import Keys
from hvtui.tui.actions.table import Action
from hvtui.tui.choice_list import can_turn_pages


class Palette(CommandPalette):
    """Textual's palette, which ends the program when one turns the pages of an empty list."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Turn no pages where there are none."""
        if action == "command_list" and not can_turn_pages(self.query_one(OptionList)):
            return False
        return super().check_action(action, parameters)


class ActionProvider(Provider):
    """Offers what the debugger screen can do now."""

    def _available(self) -> Iterator[Action]:
        for action in ACTIONS:
            if self.screen.check_action("do", (action.name,)):
                yield action

    def _run(self, action: Action) -> Callable[[], object]:
        return partial(self.screen.run_action, f"do('{action.name}')")

    async def discover(self) -> Hits:
        """Yield everything, before anything is typed."""
        for action in self._available():
            yield DiscoveryHit(self._title(action), self._run(action))

    async def search(self, query: str) -> Hits:
        """Yield what goes with the words typed."""
        matcher = self.matcher(query)
        for action in self._available():
            title = self._title(action)
            score = matcher.match(title)
            if score > 0:
                yield Hit(score, matcher.highlight(title), self._run(action))

    def _title(self, action: Action) -> str:
        keys = getattr(self.app, "keys", None)
        shown = keys.shown(action) if isinstance(keys, Keys) else ""
        return f"{action.summary} ({shown})" if shown else action.summary
