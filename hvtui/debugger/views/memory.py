"""Windows into memory, in one of the spaces that addresses mean something in, with what has changed.

Nothing here changes the machine: no A bit is set, and a device's registers are not read.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from asm.isa.causes import Cause, trap_name
from asm.isa.width import MASK
from hvtui.debugger.expressions.compiling import Expression, compile_expression
from hvtui.debugger.expressions.names import SymbolName, meaning_of
from hvtui.debugger.expressions.parsing import parse
from hvtui.debugger.expressions.tree import Name
from hvtui.debugger.session import Session
from hvtui.debugger.views.guestmemory import device_at
from hvtui.debugger.views.guestplace import GuestPlace, guest_place, guest_ram
from hvtui.debugger.views.pagewalk import guest_stage
from hvtui.machine.memory import PAGE_OFFSET, PAGE_SIZE, RamState
from hvtui.machine.translation import Access

_PAGES_PER_CHUNK = 64
_CODE = "code: loads are refused"
_PREFIX = re.compile(
    r"(?P<space>phys(?:ical)?|virt(?:ual)?|guest)\s*(?::|\s)\s*(?P<rest>.*)", re.DOTALL | re.IGNORECASE
)


class Space(Enum):
    """What an address means: the value is how a person writes it before the address."""

    VIRTUAL = "virt"
    PHYSICAL = "phys"
    GUEST = "guest"

    @property
    def words(self) -> str:
        """The space in words."""
        return _SPACE_WORDS[self]


_SPACE_WORDS = {
    Space.VIRTUAL: "as loads of the current mode see it",
    Space.PHYSICAL: "physical",
    Space.GUEST: "through the guest's own page table",
}


@dataclass(frozen=True, slots=True)
class Place:
    """An address expression as a person wrote it: the space it means, and the expression.

    Of a plain symbol `placed` is the physical address where its component has it; `explicit` tells
    whether a space was named.
    """

    text: str
    space: Space
    expression: Expression
    placed: int | None = None
    explicit: bool = False

    @property
    def follows(self) -> bool:
        """Tell whether its value may be another one at the next stop."""
        return not self.expression.is_constant


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a space: where it really lies, or why it cannot be read (`reason`).

    Where it can be executed alone `reason` says so.
    """

    physical: int | None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """Some bytes from `address` on; `data` is None where they cannot be read, `reason` says why.

    With data, `reason` may say that loads cannot read them. `changed` has the numbers of the bytes that
    differ from those of the last stop. `label` is the symbol that begins in the line, or goes on there,
    in `component`.
    """

    address: int
    physical: int | None
    data: bytes | None
    changed: frozenset[int]
    component: str
    label: str
    reason: str


@dataclass(frozen=True, slots=True)
class Window:
    """Lines of `width` bytes from `start` on in a space; `space_words` says whose."""

    space: Space
    space_words: str
    start: int
    width: int
    lines: tuple[Line, ...]


def parse_place(session: Session, text: str) -> Place:
    """Read an address: an expression, perhaps after ``phys``, ``virt`` or ``guest``.

    Raises ExpressionError.
    """
    found = _PREFIX.fullmatch(text.strip())
    space, rest = Space.VIRTUAL, text.strip()
    if found is not None:
        space = next(known for known in Space if found["space"].lower().startswith(known.value))
        rest = found["rest"]
    expression = compile_expression(rest, session.scope)
    return Place(text.strip(), space, expression, _placed(session, rest), found is not None)


def locate(session: Session, place: Place) -> tuple[Space, int]:
    """Return the space and the address that a place means now. Raises ExpressionError.

    A symbol is looked at where it lies, if the present translation does not lead there: in memory of
    a guest that does not run, say.
    """
    address = place.expression.evaluate(session.live) & MASK
    if place.placed is None or place.space is Space.GUEST:
        return place.space, address
    if place.space is Space.VIRTUAL:
        leads_to = session.machine.translate(address, Access.LOAD).target
        if place.explicit or leads_to == place.placed:
            return place.space, address
    return Space.PHYSICAL, place.placed


def _placed(session: Session, text: str) -> int | None:
    """Return where a symbol lies, None if `text` is anything but a symbol."""
    node = parse(text)
    if not isinstance(node, Name):
        return None
    meaning = meaning_of(node, session.scope)
    if not isinstance(meaning, SymbolName) or meaning.symbol.section is None:
        return None
    return meaning.symbol.value + meaning.component.relocation & MASK


def window(session: Session, space: Space, start: int, width: int, count: int) -> Window:
    """Return `count` lines of `width` bytes (a divisor of 4096) from `start` on, rounded down."""
    start = start & MASK & -width
    reader = Reader(session, space)
    addresses = (start + width * index for index in range(count))
    lines = tuple(reader.line(address, width) for address in addresses if address <= MASK)
    return Window(space, reader.words, start, width, lines)


class Reader:
    """Reads one space of a session that stands still."""

    def __init__(self, session: Session, space: Space) -> None:
        self._session = session
        self._space = space
        self._guest: GuestPlace | None = guest_place(session) if space is Space.GUEST else None
        self._before = session.before.ram
        self._pages: dict[int, Page] = {}

    @property
    def words(self) -> str:
        """Say in words whose addresses these are."""
        if self._space is Space.GUEST and self._guest is not None:
            return f"as {self._guest.vm} sees it, in {self._guest.believed.label} as it believes"
        if self._space is Space.VIRTUAL:
            access = self._session.machine.translate(0, Access.LOAD).space
            how = "no translation" if access.root is None else "translated"
            return f"{access.privilege.label}, {how}"
        return self._space.words

    def line(self, address: int, width: int) -> Line:
        """Return the bytes from `address` on, which lie in one page."""
        page = self.page(address)
        if page.physical is None:
            return Line(address, None, None, frozenset(), "", "", page.reason)
        physical = page.physical | address & PAGE_OFFSET
        data = self._session.machine.read_physical(physical, width)
        if data is None:
            return Line(address, physical, None, frozenset(), "", "", _no_ram(physical))
        component, label = self._named(physical, width)
        return Line(
            address, physical, data, self._changes(physical, data), component, label, page.reason
        )

    def read(self, address: int, size: int) -> bytes | None:
        """Return bytes of one page, None if they cannot be read."""
        page = self.page(address)
        if page.physical is None:
            return None
        return self._session.machine.read_physical(page.physical | address & PAGE_OFFSET, size)

    def page(self, address: int) -> Page:
        """Return where the page of an address lies."""
        base = address & MASK & ~PAGE_OFFSET
        known = self._pages.get(base)
        if known is None:
            known = self._pages[base] = self._look_up(base)
        return known

    def _look_up(self, base: int) -> Page:
        match self._space:
            case Space.PHYSICAL:
                return Page(base)
            case Space.VIRTUAL:
                return self._tried(self._virtual_page, base)
            case Space.GUEST:
                return self._tried(self._guest_page, base)

    def _tried(self, look_up: Callable[[int, Access], Page], base: int) -> Page:
        """Return a page as loads see it; if they do not, as fetches do."""
        page = look_up(base, Access.LOAD)
        if page.physical is None and (code := look_up(base, Access.FETCH)).physical is not None:
            return Page(code.physical, _CODE)
        return page

    def _virtual_page(self, base: int, access: Access) -> Page:
        found = self._session.machine.translate(base, access)
        if found.physical is not None:
            return Page(found.physical)
        return _refused(found.cause, found.verdict)

    def _guest_page(self, base: int, access: Access) -> Page:
        place = self._guest
        if place is None:
            return Page(None, "no guest runs or waits now")
        stage = guest_stage(self._session, place, base, access)
        if stage.cause is not None:
            return _refused(stage.cause, stage.verdict)
        ram = guest_ram(self._session, place.vm)
        if ram is None or stage.target is None:
            return Page(None, f"nobody said where {place.vm} lies")
        if not ram.contains(stage.target):
            return Page(None, _no_ram(stage.target))
        return Page(ram.host(stage.target))

    def _changes(self, physical: int, data: bytes) -> frozenset[int]:
        before = bytes_then(self._before, physical - self._session.machine.ram.base, len(data))
        if before == data:
            return frozenset()
        pairs = zip(before, data, strict=True)
        return frozenset(index for index, (old, new) in enumerate(pairs) if old != new)

    def _named(self, physical: int, width: int) -> tuple[str, str]:
        """Return the component at a line, and the symbol that begins in it or goes on there."""
        component = self._session.system.component_at(physical)
        if component is None:
            return "", ""
        linked = physical - component.relocation
        labelled = component.program.label_at(linked + width - 1)
        if labelled is None:
            return component.name, ""
        symbol, offset = labelled
        inside = offset - (width - 1)
        return component.name, f"{symbol.name}+{inside:#x}" if inside > 0 else symbol.name


def bytes_then(state: RamState, offset: int, size: int) -> bytes:
    """Return bytes of a captured RAM, `offset` from its base; they must lie in one page."""
    page = offset // PAGE_SIZE
    inside = offset % PAGE_SIZE
    return state[page // _PAGES_PER_CHUNK][page % _PAGES_PER_CHUNK][inside : inside + size]


def _refused(cause: Cause | None, verdict: str) -> Page:
    name = trap_name(int(cause or 0), interrupt=False).text
    return Page(None, f"{name}: {verdict}")


def _no_ram(physical: int) -> str:
    device = device_at(physical)
    if device:
        return f"a register of the {device}, and reading it could change it"
    return "no RAM there"
