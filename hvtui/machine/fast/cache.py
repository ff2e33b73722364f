"""Machine code kept on disk, so that only the first start on a computer has to make it.

An entry is named by a digest of all that it came from: the instruction table and its lowering, the
versions, the processor. It is written to a file of another name first and then renamed, so that
nobody ever reads a half. A cache that cannot be read or written costs time and nothing else.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

import platformdirs

_SUFFIX = ".o"
# Entries of other versions and processors that are kept.
MOST_ENTRIES = 8
_CHECK_SIZE = hashlib.sha256().digest_size


def folder() -> Path:
    """Return where the entries lie: in the user's cache folder, by ``$XDG_CACHE_HOME``."""
    return platformdirs.user_cache_path("hvtui") / "engine"


def load(name: str) -> bytes | None:
    """Return what was kept under `name`, or None. What is damaged was not kept."""
    path = folder() / (name + _SUFFIX)
    try:
        data = path.read_bytes()
        os.utime(path)
    except OSError:
        return None
    check, code = data[:_CHECK_SIZE], data[_CHECK_SIZE:]
    return code if hashlib.sha256(code).digest() == check else None


def keep(name: str, code: bytes) -> None:
    """Keep `code` under `name`; the entries that were used least lately make room."""
    try:
        place = folder()
        place.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(dir=place, prefix="new-")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(code).digest() + code)
            Path(temporary).replace(place / (name + _SUFFIX))
        except OSError:
            Path(temporary).unlink(missing_ok=True)
            raise
        _make_room(place)
    except OSError:
        return


def _make_room(place: Path) -> None:
    entries = sorted(place.glob("*" + _SUFFIX), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in entries[MOST_ENTRIES:]:
        path.unlink(missing_ok=True)
