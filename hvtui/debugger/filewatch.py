"""Seeing that files have changed, and that whoever writes them has finished."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TypeAlias

# When it was written, how long it is, and which file it is: None if there is none.
_Stamp: TypeAlias = "tuple[int, int, int] | None"


class FileWatch:
    """Looks at files now and then.

    A change is told when it has come to rest: when two looks after it have seen the same.
    """

    def __init__(self, files: Iterable[Path]) -> None:
        self._told: Mapping[Path, _Stamp] = {}
        self._last: Mapping[Path, _Stamp] = {}
        self.watch(files)

    def watch(self, files: Iterable[Path]) -> None:
        """Look at these files from now on. Of those that are new here, what they are is no change."""
        self._files = tuple(dict.fromkeys(files))
        now = self._look()
        self._told = {file: self._told.get(file, stamp) for file, stamp in now.items()}
        self._last = self._told

    def forget(self) -> None:
        """Take the files as they are: what has changed so far is known."""
        self._told = self._last = self._look()

    def has_changed(self) -> bool:
        """Tell whether a file is other than it was when a change was told last, finished or not."""
        return self._look() != self._told

    @property
    def is_restless(self) -> bool:
        """Tell whether the last look has seen a change that may go on."""
        return self._last != self._told

    def look(self) -> bool:
        """Look, and tell whether there is a change that has come to rest."""
        now = self._look()
        has_rested = now == self._last
        self._last = now
        if now == self._told or not has_rested:
            return False
        self._told = now
        return True

    def _look(self) -> Mapping[Path, _Stamp]:
        return {file: _stamp(file) for file in self._files}


def _stamp(file: Path) -> _Stamp:
    try:
        status = file.stat()
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
