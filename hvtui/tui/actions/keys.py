"""Which keys do what now: those of the table of actions, but for what a person has changed."""

from __future__ import annotations

from collections.abc import Mapping

from hvtui.tui.actions.table import Action, key_name


class Keys:
    """The keys of every action; `changed` are the keys of some, by the actions' names."""

    def __init__(self, changed: Mapping[str, tuple[str, ...]] | None = None) -> None:
        self.changed = dict(changed or {})

    def of(self, action: Action) -> tuple[str, ...]:
        """Return the keys of an action, the first being the one that is shown."""
        return self.changed.get(action.name, action.keys)

    def shown(self, action: Action) -> str:
        """Return the action's first key as people write it; empty if it has none."""
        keys = self.of(action)
        return key_name(keys[0]) if keys else ""

    def all_shown(self, action: Action) -> str:
        """Return all keys of an action as people write them, with blanks between."""
        return " ".join(key_name(key) for key in self.of(action))
