"""The lines that were typed at a prompt, and the ways back to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

MOST = 1000


class History:
    """The last lines, the oldest first: at most `most`, none empty, none twice in a row."""

    def __init__(self, lines: Iterable[str] = (), *, most: int = MOST) -> None:
        self._most = most
        self._lines: list[str] = []
        for line in lines:
            self.add(line)

    def __iter__(self) -> Iterator[str]:
        return iter(tuple(self._lines))

    def __len__(self) -> int:
        return len(self._lines)

    def __getitem__(self, index: int) -> str:
        return self._lines[index]

    def add(self, line: str) -> None:
        """Remember a line."""
        line = line.strip()
        if line and self._lines[-1:] != [line]:
            self._lines.append(line)
            del self._lines[: -self._most]

    def latest(self, prefix: str) -> str:
        """Return the last line that begins so and goes on, or an empty string."""
        if not prefix.strip():
            return ""
        matches = (line for line in reversed(self._lines) if line.startswith(prefix))
        return next((line for line in matches if line != prefix), "")


@dataclass(slots=True)
class _Place:
    """Where somebody stands in the history: at `index`, `shown` being what is in the line now."""

    draft: str
    index: int
    shown: str
    fits: Callable[[str], bool]


class Recall:
    """Somebody's walk through a history, back and forth, which ends where it began: at what was typed.

    Each call is given what stands in the line now. If that is not what the walk has put there, a new
    walk begins.
    """

    def __init__(self, history: History) -> None:
        self._history = history
        self._place: _Place | None = None

    def older(self, line: str) -> str | None:
        """Return the next older line that begins as what was typed does; None if there is none."""
        return self._back(self._at(line, lambda known: known.startswith(line)))

    def newer(self, line: str) -> str | None:
        """Return the next newer one, in the end what was typed; None if nobody walks."""
        place = self._place
        if place is None or place.shown != line:
            return None
        for index in range(place.index + 1, len(self._history)):
            if self._take(place, index):
                return place.shown
        self._place = None
        return place.draft

    def search(self, line: str) -> str | None:
        """Return the next older line that has what was typed anywhere in it; None if there is none."""
        wanted = line.strip()
        return self._back(self._at(line, lambda known: wanted in known))

    def forget(self) -> None:
        """End the walk."""
        self._place = None

    def _at(self, line: str, fits: Callable[[str], bool]) -> _Place:
        if self._place is None or self._place.shown != line:
            self._place = _Place(line, len(self._history), line, fits)
        return self._place

    def _back(self, place: _Place) -> str | None:
        for index in range(min(place.index, len(self._history)) - 1, -1, -1):
            if self._take(place, index):
                return place.shown
        return None

    def _take(self, place: _Place, index: int) -> bool:
        known = self._history[index]
        if not place.fits(known) or known == place.shown:
            return False
        place.index, place.shown = index, known
        return True
