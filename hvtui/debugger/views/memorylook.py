"""What a memory pane asks of a session, and what it gets: one look, and a slice of a search."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from hvtui.debugger.edits import MemoryEdit
from hvtui.debugger.expressions.errors import ExpressionError
from hvtui.debugger.session import Session
from hvtui.debugger.views.finding import Search
from hvtui.debugger.views.memory import Space, Window, locate, parse_place, window

# Bytes by their physical addresses; True cuts off the known future.
Write = Callable[[Mapping[int, int], bool], None]


@dataclass(frozen=True, slots=True)
class MemoryRequest:
    """What to look at: `count` lines of `width` bytes.

    They begin at `start`, or where the expression `place` says if that is None or its value is not
    `value` any more. `tried` is an expression to take in place of it, if it can be read. A `search`
    goes on by a slice. `number` tells requests apart.
    """

    place: str
    width: int
    count: int
    start: int | None = None
    value: int | None = None
    tried: str | None = None
    search: Search | None = field(default=None, compare=False)
    number: int = 0


@dataclass(frozen=True, slots=True)
class MemorySeen:
    """What was seen. `problem` says why `place` or what was tried leads nowhere, with a caret.

    `value` is what `place` is now, None if it has no value; `jumped` tells whether the window was moved
    there, or to `found`, where the search has ended; `exhausted` if it has ended without.
    """

    request: MemoryRequest
    place: str
    space: Space
    value: int | None
    window: Window
    problem: str
    jumped: bool
    found: int | None
    exhausted: bool
    write: Write = field(compare=False)


def look(session: Session, request: MemoryRequest) -> MemorySeen:
    """Look at memory, without any effect on the machine."""
    place, problem = request.place, ""
    value: int | None = None
    space = Space.VIRTUAL
    for text in (request.tried, request.place):
        if text is None:
            continue
        try:
            space, value = locate(session, parse_place(session, text))
        except ExpressionError as error:
            problem = problem or str(error)
        else:
            place = text
            break
    start, jumped = request.start, False
    if value is not None and (start is None or value != request.value or place != request.place):
        start, jumped = value, True
    found, exhausted = None, False
    if request.search is not None:
        found = request.search.run(session)
        exhausted = request.search.is_over and found is None
        if found is not None:
            start, jumped = found, True
    view = window(session, space, start or 0, request.width, request.count)

    def write(data: Mapping[int, int], cut: bool) -> None:
        for change in edits(data):
            session.change(change, cut=cut)

    return MemorySeen(request, place, space, value, view, problem, jumped, found, exhausted, write)


def edits(data: Mapping[int, int]) -> tuple[MemoryEdit, ...]:
    """Return the changes that write bytes at physical addresses: one for each run of them."""
    runs: list[tuple[int, bytearray]] = []
    for address in sorted(data):
        if runs and runs[-1][0] + len(runs[-1][1]) == address:
            runs[-1][1].append(data[address])
        else:
            runs.append((address, bytearray([data[address]])))
    return tuple(MemoryEdit(address, bytes(run)) for address, run in runs)
