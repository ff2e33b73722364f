"""What a pane of page tables asks of a session, and what it gets."""

from __future__ import annotations

from dataclasses import dataclass, replace

from hvtui.debugger.expressions.errors import ExpressionError
from hvtui.debugger.session import Session
from hvtui.debugger.views.guestplace import GuestPlace, guest_place, guest_ram, guest_space
from hvtui.debugger.views.pagewalk import PageWalk, walk
from hvtui.debugger.views.presets import Preset, evaluate, presets
from hvtui.debugger.views.ranges import Ranges, ranges_of
from hvtui.machine.privilege import Privilege
from hvtui.machine.translation import Access

# These are addresses of whatever runs, and so none of a guest that waits.
_OWN = frozenset({"pc", "sp"})


@dataclass(frozen=True, slots=True)
class PagesRequest:
    """Which address to look at: the expression `place`, or `tried` if that can be read.

    `access` is what is done with it. With `whole`, the tables are told in ranges as well.
    """

    place: str
    access: Access
    tried: str | None = None
    whole: bool = False
    number: int = 0


@dataclass(frozen=True, slots=True)
class TableSeen:
    """A whole table: `owner` is a virtual machine, or empty for the hardware; None is no table."""

    owner: str
    ranges: Ranges | None


@dataclass(frozen=True, slots=True)
class PagesSeen:
    """What was seen. `problem` says, with a caret, why an expression leads nowhere.

    `privilege` is the mode that runs now. `waiting` names the virtual machine that waits meanwhile, if
    the address is none of its own but the hypervisor's.
    """

    request: PagesRequest
    place: str
    walk: PageWalk | None
    privilege: Privilege
    presets: tuple[Preset, ...]
    tables: tuple[TableSeen, ...]
    problem: str
    waiting: str = ""

    @property
    def why(self) -> str:
        """What is remarkable about the address, if it is one that the machine offers."""
        return next((preset.why for preset in self.presets if preset.text == self.place), "")


def look(session: Session, request: PagesRequest) -> PagesSeen:
    """Walk the tables, without any effect on the machine."""
    place, problem, found = request.place, "", None
    for text in (request.tried, request.place):
        if text is None:
            continue
        try:
            address = evaluate(session, text)
        except ExpressionError as error:
            problem = problem or str(error)
        else:
            place, found = text, walk(session, address, request.access)
            break
    waiting = ""
    guest = found.guest if found is not None and place in _OWN else None
    if found is not None and guest is not None and guest.place.waits:
        found, waiting = replace(found, guest=None), guest.place.vm
    tables = _tables(session, guest_place(session)) if request.whole else ()
    privilege = session.machine.hart.privilege
    return PagesSeen(request, place, found, privilege, presets(session), tables, problem, waiting)


def _tables(session: Session, place: GuestPlace | None) -> tuple[TableSeen, ...]:
    """Return the table in ``satp``, and that of a guest."""
    # What S uses: M translates nothing, whatever satp says.
    root = session.machine.translate(0, Access.FETCH, Privilege.S).space.root
    ram = session.machine.ram
    hardware = TableSeen("", ranges_of(ram, root) if root is not None else None)
    memory = guest_ram(session, place.vm) if place is not None else None
    if place is None or memory is None:
        return (hardware,)
    own = guest_space(session.guests[place.vm], Privilege.S, Access.FETCH).root
    ranges = ranges_of(memory, own) if own is not None else None
    return (hardware, TableSeen(place.vm, ranges))
