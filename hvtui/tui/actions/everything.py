"""All actions, collected from the modules of their subjects."""

from __future__ import annotations

from collections.abc import Iterator

from textual.binding import Binding

from hvtui.tui.actions import breaking, changing, logged, moving, program, reversing, saving, viewing
from hvtui.tui.actions.table import Action, Group

# In the order in which the help lists them, and the footer its keys.
GROUPS: tuple[Group, ...] = (
    moving.GROUP,
    reversing.GROUP,
    logged.GROUP,
    breaking.GROUP,
    changing.GROUP,
    viewing.GROUP,
    viewing.PLACES,
    saving.GROUP,
    program.GROUP,
)
ACTIONS: tuple[Action, ...] = tuple(action for group in GROUPS for action in group)
ACTIONS_BY_NAME = {action.name: action for action in ACTIONS}


def bindings() -> Iterator[Binding]:
    """Return the bindings of all actions; their ids are the actions' names, for key maps."""
    for action in ACTIONS:
        # An action without a key gets one that no keyboard has, for a key map to put another there.
        keys = ",".join(action.keys) or no_key(action)
        yield Binding(keys, f"do('{action.name}')", action.summary, show=False, id=action.name)


def no_key(action: Action) -> str:
    """Return the name of a key that no keyboard has."""
    return f"no-key-for-{action.name}"
