"""The key map file: which keys do what, as the person wants it.

    [keys]
    step_line = ["j", "f11"]

An action that is not named keeps its keys. Whatever is wrong with the file is told with its line; what
is right counts all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from textual.binding import Binding
from textual.keys import REPLACED_KEYS, format_key, key_to_character
from textual.keys import Keys as TextualKeys

from asm.diagnostics import nearest
from hvtui.machinefile.document import Document, read_document
from hvtui.machinefile.errors import BadInputError, Problem
from hvtui.tui.actions.everything import ACTIONS, ACTIONS_BY_NAME, GROUPS, no_key
from hvtui.tui.actions.keys import Keys
from hvtui.tui.actions.table import key_name

_TABLE = "keys"
_MOST_KEYS = 8
_MODIFIERS = ("ctrl", "alt", "shift", "super", "hyper", "meta")

# What Textual keeps for itself, whatever a key map says.
_TAKEN = {"ctrl+q": "quits", "ctrl+p": "opens the palette"}

_NAMED_KEYS = frozenset(
    name.rpartition("+")[2] for key in TextualKeys if not (name := key.value).startswith("<")
)


@dataclass(frozen=True, slots=True)
class KeyMap:
    """What a file says: the keys of some actions, by their names, and what is wrong with it."""

    changed: Mapping[str, tuple[str, ...]]
    problems: tuple[Problem, ...] = ()


def read_key_map(path: Path) -> KeyMap:
    """Read a key map file; none is one that changes nothing."""
    try:
        if not path.exists():
            return KeyMap({})
        return _Reader(read_document(path)).key_map()
    except BadInputError as error:
        return KeyMap({}, error.problems)
    except OSError as error:
        return KeyMap({}, (Problem(str(path), error.strerror or str(error)),))


def textual_key_map(keys: Keys) -> dict[str, str]:
    """Return the changed keys as `App.set_keymap` takes them."""
    return {
        name: ",".join(given) or no_key(ACTIONS_BY_NAME[name]) for name, given in keys.changed.items()
    }


class _Reader:
    def __init__(self, document: Document) -> None:
        self._document = document
        self._problems: list[Problem] = []
        self._changed: dict[str, tuple[str, ...]] = {}

    def key_map(self) -> KeyMap:
        for name in self._document.data:
            if name != _TABLE:
                meant = nearest(name, [_TABLE])
                self._complain((name,), f"nobody reads {name!r} here", _did_you_mean(meant))
        table = self._document.data.get(_TABLE, {})
        if not isinstance(table, dict):
            self._complain((_TABLE,), "it is no table", f"begin it with a line: [{_TABLE}]")
            table = {}
        for name, value in table.items():
            self._take(name, value)
        self._look_for_clashes()
        return KeyMap(self._changed, tuple(self._problems))

    def _complain(self, place: tuple[str, ...], message: str, remedy: str = "") -> None:
        self._problems.append(self._document.problem(place, "", message, remedy))

    def _take(self, name: str, value: object) -> None:
        place = (_TABLE, name)
        if name not in ACTIONS_BY_NAME:
            meant = nearest(name, ACTIONS_BY_NAME)
            remedy = _did_you_mean(meant) or "hvtui keys lists all actions"
            self._complain(place, f"there is no action {name!r}", remedy)
            return
        written = [value] if isinstance(value, str) else value
        if not isinstance(written, list) or not all(isinstance(key, str) for key in written):
            self._complain(place, f"{name} needs a list of keys", f'as in {name} = ["f11", "ctrl+e"]')
            return
        if len(written) > _MOST_KEYS:
            self._complain(place, f"{name} has more than {_MOST_KEYS} keys", "leave some out")
        keys: dict[str, None] = {}
        for key in written[:_MOST_KEYS]:
            found = canonical(key)
            if found is None:
                self._complain(place, f"there is no key {key!r}", _remedy(key))
            elif found in _TAKEN:
                self._complain(place, f"{key_name(found)} {_TAKEN[found]}", "choose another key")
            else:
                keys[found] = None
        if keys or not written:
            self._changed[name] = tuple(keys)

    def _look_for_clashes(self) -> None:
        """Leave each key to one action: what the file gives goes before what was there of itself."""
        owners: dict[str, str] = {}
        for name, keys in tuple(self._changed.items()):
            for key in keys:
                if (owner := owners.setdefault(key, name)) != name:
                    self._complain(
                        (_TABLE, name),
                        f"{key_name(key)} is given to {owner} and to {name}",
                        f"it stays with {owner}: take it from one of them",
                    )
                    self._changed[name] = tuple(own for own in self._changed[name] if own != key)
        for action in ACTIONS:
            if action.name in self._changed:
                continue
            lost = [key for key in action.keys if key in owners]
            if lost:
                owner = owners[lost[0]]
                kept = tuple(key for key in action.keys if key not in owners)
                self._changed[action.name] = kept
                self._complain(
                    (_TABLE, owner),
                    f"{key_name(lost[0])} is given to {owner}, and {action.name} had it",
                    f"give {action.name} keys of its own too, or none: {action.name} ="
                    f" {_list_of(kept)}",
                )


def canonical(key: str) -> str | None:
    """Return Textual's name for a key, None if there is none such."""
    if key in ("+", " "):
        return {"+": "plus", " ": "space"}[key]
    if key.endswith("++"):
        key = key[:-1] + "plus"
    *modifiers, base = (word.strip() for word in key.split("+"))
    modifiers = [word.lower() for word in modifiers]
    if any(word not in _MODIFIERS for word in modifiers) or len(set(modifiers)) != len(modifiers):
        return None
    if len(base) != 1:
        base = base.lower()
        if base not in _NAMED_KEYS and key_to_character(base) is None and base not in REPLACED_KEYS:
            return None
    elif not base.isprintable():
        return None
    elif base == ",":
        base = "comma"
    else:
        (binding,) = Binding.make_bindings([Binding(base, "")])
        base = binding.key
    if len(base) == 1 and modifiers:
        # A letter with Shift alone is another letter; with Ctrl its case makes no difference.
        if modifiers == ["shift"]:
            return base.upper()
        base = base.lower()
    return "+".join([*sorted(modifiers, key=_MODIFIERS.index), base])


def _remedy(key: str) -> str:
    meant = nearest(key, sorted(_NAMED_KEYS, key=lambda name: (len(name), name)))
    return _did_you_mean(meant) or 'keys are called "a", "A", "?", "f5", "ctrl+x", "enter", "up"'


def _did_you_mean(meant: str) -> str:
    return f"did you mean {meant}?" if meant else ""


def key_map_text(keys: Keys, path: Path) -> Iterator[str]:
    """Yield the lines of a key map file that says what the keys are now."""
    yield "# Which keys do what in hvtui. What you want to change goes into the file"
    yield f"#   {_printable(str(path))}"
    yield "# Actions that are not in it keep their keys; [] stands for none. A pane's own keys, such as"
    yield "# the arrows, go before these where it has the focus."
    yield ""
    yield f"[{_TABLE}]"
    rows = {action: f"{action.name} = {_list_of(keys.of(action))}" for action in ACTIONS}
    width = max(map(len, rows.values()))
    for group in GROUPS:
        yield ""
        yield f"# {group.title}"
        for action in group:
            yield f"{rows[action]:<{width}}  # {action.summary}"


def _list_of(keys: tuple[str, ...]) -> str:
    return "[" + ", ".join(f'"{_written(key)}"' for key in keys) + "]"


def _written(key: str) -> str:
    """Return a key as somebody would write it into the file."""
    character = format_key(key)
    is_plain = len(character) == 1 and character not in '"\\ ' and canonical(character) == key
    return character if is_plain else key


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else "?" for letter in text)
