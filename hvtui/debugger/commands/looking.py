"""Commands that look deeper: page walks, what guests wrote to their CSRs, searches through memory."""

from __future__ import annotations

import re
from collections.abc import Iterable

from asm.isa.width import MASK
from hvtui.debugger.commands.completing import expression, last_word
from hvtui.debugger.commands.context import Context
from hvtui.debugger.commands.formats import labelled
from hvtui.debugger.commands.table import CommandError, Group
from hvtui.debugger.expressions.completion import Completion
from hvtui.debugger.expressions.errors import shown
from hvtui.debugger.views.csrs import view_csrs
from hvtui.debugger.views.finding import PatternError, Search, parse_pattern
from hvtui.debugger.views.memory import Space, locate, parse_place
from hvtui.debugger.views.pagewalk import ACCESS_OF_NAME, walk
from hvtui.debugger.views.walkwords import in_words
from hvtui.machine.translation import Access

GROUP = Group("Memory")
TOPICS = Group("What info can tell")

_ACCESS = re.compile(r"-(?P<access>fetch|load|store)\s+(?P<rest>.*)", re.DOTALL)
_MOST_FOUND = 20


def _access(context: Context, text: str) -> Iterable[Completion]:
    options = {f"-{name}": f"as a {name} would go" for name in ACCESS_OF_NAME}
    return [*last_word(text, options), *expression(context, text)]


@TOPICS.command("pages", "walk", usage="[-fetch | -load | -store] [ADDRESS]", complete=_access)
def pages(context: Context, text: str) -> None:
    """The page-table walk of an address, level by level, by the hardware and by a guest's own table.

    Without an address it is the fetch at the pc; of any other address a load, unless an option says
    what is done with it.

      info pages sp          info pages -store 0x40001000
    """
    found = _ACCESS.fullmatch(text)
    access = Access.LOAD if text else Access.FETCH
    if found is not None:
        access, text = ACCESS_OF_NAME[found["access"]], found["rest"]
    elif text.startswith("-"):
        raise CommandError(f'"{shown(text.split()[0])}" is no option: there is -fetch, -load, -store')
    address = context.value(text or "pc") & MASK
    for line in in_words(walk(context.session, address, access)):
        context.write(line)


def _vms(context: Context, text: str) -> Iterable[Completion]:
    return last_word(text, dict.fromkeys(context.session.guests, "a virtual machine"))


@TOPICS.command("guest", usage="[VM]", complete=_vms)
def guest(context: Context, text: str) -> None:
    """The CSRs of virtual machines as their guests wrote them, and what the guests were told.

    Each line says what the register holds by the guest's own writes, what became of the last one, and
    what the guest got when it read the register last.
    """
    guests = context.session.guests
    if not guests:
        context.write("There are no guests: no component of this machine belongs to a VM.")
        return
    if text and text not in guests:
        raise CommandError(f'there is no VM "{shown(text)}": there is {", ".join(guests)}')
    for vm in (text,) if text else guests:
        context.write(f"{vm} as the guest wrote it:")
        groups = view_csrs(context.session, vm).groups
        if not groups:
            context.write("  nothing: none of its own instructions has read or written a CSR")
        for group in groups:
            for line in group.lines:
                value = f"{line.value:#010x}" if line.written else " " * 10
                parts = [f"  {line.name:<13} {value}"]
                parts += [line.told] if line.told else []
                parts += [f"({line.written.outcome.value})"] if line.written else []
                parts += [f"told {line.read.value:#010x}"] if line.read else []
                context.write("  ".join(parts))


@GROUP.command("find", usage='ADDRESS[, LENGTH], BYTES | "TEXT"', complete=expression)
def find(context: Context, text: str) -> None:
    r"""Search memory from an address on, and tell where the bytes or the text are.

    phys before the address takes it for a physical one, guest leads through the guest's own page
    table. BYTES are pairs of hexadecimal digits; in "TEXT" \n, \0 and \xHH stand for what they do in C.
    The next address that x shows without one is the first that was found.

      find 0x80000000, "good night"        find phys 0x80000000, 0x1000, de ad be ef
    """
    head, pattern = _split(text)
    start, _, length = head.partition(",")
    if not start.strip():
        raise CommandError('say where to search, and what for: find 0x80000000, "text"')
    session = context.session
    space, address = locate(session, parse_place(session, start))
    end = None
    if length.strip():
        size = context.value(length)
        if size < 1:
            raise CommandError(f"{shown(length.strip())} is no length")
        end = min(address + size, MASK + 1)
    try:
        search = Search(space, parse_pattern(pattern), address, end=end)
    except PatternError as error:
        raise CommandError(str(error)) from error
    _tell_found(context, search, space)


def _tell_found(context: Context, search: Search, space: Space) -> None:
    count = 0
    while not search.is_over and count < _MOST_FOUND:
        place = search.run(context.session)
        if place is None:
            continue
        if not count:
            context.next_address = place
        count += 1
        told = labelled(context.session, place) if space is Space.VIRTUAL else f"{place:#010x}"
        context.write(told)
    if not count:
        context.write("It is not there.")
    elif count == _MOST_FOUND:
        context.write(f"There may be more than these {_MOST_FOUND}: search on from the last one.")


def _split(text: str) -> tuple[str, str]:
    """Return what comes before the pattern, and the pattern: what is in quotes, or the last part."""
    quote = text.find('"')
    if quote >= 0:
        head = text[:quote].rstrip()
        return head.removesuffix(","), text[quote:]
    head, comma, pattern = text.rpartition(",")
    if not comma:
        raise CommandError('say where to search, and what for: find 0x80000000, "text"')
    return head, pattern
