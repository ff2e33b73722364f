"""Where a guest was found, from time to time: which of its pages are hot, and where in them."""

from __future__ import annotations

from collections import Counter

from hvtui.machine.fast.blocks import Block

# How often a page is found before it is looked at; and how often a block, for each of its steps: to
# compile one takes as long as handlers take for a million steps, but is done meanwhile.
FIRST_LOOK = 8
WORTH = 2
# So many places are remembered; then all begins anew.
MOST_PLACES = 1 << 15


class Heat:
    """The samples of one machine that no block holds, as pages and offsets in them."""

    def __init__(self) -> None:
        self._places: dict[int, Counter[int]] = {}
        self._totals: Counter[int] = Counter()
        self._next_look: dict[int, int] = {}
        self._count = 0

    @property
    def places(self) -> int:
        """How many places are remembered."""
        return self._count

    def add(self, page: int, offset: int) -> bool:
        """Note a sample; return whether it is time to look at its page."""
        if self._count >= MOST_PLACES:
            self._begin_anew()
        places = self._places.setdefault(page, Counter())
        self._count += offset not in places
        places[offset] += 1
        self._totals[page] += 1
        return self._totals[page] >= self._next_look.get(page, FIRST_LOOK)

    def hottest(self, page: int) -> int:
        """Return the offset where most samples of a page were."""
        return max(self._places[page].items(), key=lambda place: (place[1], -place[0]))[0]

    def is_worth(self, page: int, block: Block, factor: int) -> bool:
        """Tell whether a block was met often enough; if not, the page has to be twice as hot."""
        met = sum(count for offset, count in self._places[page].items() if offset in block.steps)
        if met >= factor * len(block.steps):
            return True
        self._next_look[page] = 2 * self._totals[page]
        return False

    def forget(self, page: int) -> None:
        """Begin anew for a page."""
        self._count -= len(self._places.pop(page, ()))
        self._totals.pop(page, None)
        self._next_look.pop(page, None)

    def _begin_anew(self) -> None:
        self._places.clear()
        self._totals.clear()
        self._next_look.clear()
        self._count = 0
