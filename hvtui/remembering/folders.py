"""Where the person's files lie: as the XDG rules say, or as is usual on the system."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from platformdirs import user_config_path, user_state_path

_NAME = "hvtui"

_UNREADABLE = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME = 40
_DIGITS = 16


def state_folder() -> Path:
    """The folder of what hvtui remembers by itself."""
    return user_state_path(_NAME, appauthor=False)


def machines_folder() -> Path:
    """The folder with a file for each machine file."""
    return state_folder() / "machines"


def key_map_file() -> Path:
    """The file in which the person says which keys do what."""
    return user_config_path(_NAME, appauthor=False) / "keys.toml"


def name_of_machine(path: Path) -> str:
    """Return a file name, without ending, that is the one machine file's alone and can be read."""
    whole = path.absolute()
    called = whole.parent.name if whole.suffix == ".toml" else whole.name
    readable = _UNREADABLE.sub("-", called)[:_LONGEST_NAME].strip(".-") or "machine"
    digest = hashlib.sha256(str(whole).encode("utf-8", "surrogateescape")).hexdigest()
    return f"{readable}-{digest[:_DIGITS]}"
