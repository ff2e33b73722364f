"""Commands that show the program: its source, and its instructions."""

from __future__ import annotations

from collections.abc import Callable

from hvtui.debugger.commands.completing import place
from hvtui.debugger.commands.context import Context
from hvtui.debugger.commands.table import CommandError, Group
from hvtui.debugger.expressions.errors import shown
from hvtui.debugger.listing import Disassembly, SourceListing
from hvtui.debugger.locations import Location
from hvtui.debugger.positions import Position, short_file
from hvtui.debugger.session import Session
from hvtui.debugger.translations import Translation

GROUP = Group("Code")

_SHOWN = 10
_MOST_SHOWN = 500


@GROUP.command("list", "l", usage="[PLACE]", complete=place)
def list_source(context: Context, text: str) -> None:
    """Show ten lines of source around a place; without one around here, and then on from there.

    An arrow marks the line that is next, a dot the lines that made instructions. While a guest's code
    runs in translation, the source is the guest's, and ~> marks the line that it came from. An address
    alone is one as the current mode sees it.
    """
    if not text and context.next_line is not None:
        component_name, file, first = context.next_line
        listing = next(
            SourceListing(known, file)
            for known in context.session.system.components
            if known.name == component_name
        )
    else:
        listing, around = _source(_guests_place(context) if not text else context.looked_at(text)[0])
        first = max(around - _SHOWN // 2, 1)
    if first > len(listing.lines):
        raise CommandError(f"{short_file(listing.file)} ends at line {len(listing.lines)}")
    code = listing.code_lines
    for number in range(first, min(first + _SHOWN, len(listing.lines) + 1)):
        mark = _mark(context.session.here, listing, number) or (" ·" if number in code else "  ")
        context.write(f"{mark} {number:>4}  {listing.lines[number - 1]}".rstrip())
    context.next_line = (listing.component.name, listing.file, first + _SHOWN)


def _guests_place(context: Context) -> Location:
    """Return the present place; for translated code the one in the guest that it came from."""
    origin = context.session.here.origin
    if origin is None or origin.physical is None:
        return context.resolve("")[0]
    return Location(origin.physical, origin.component, origin.linked)


def _mark(here: Position, listing: SourceListing, number: int) -> str:
    for position, mark in ((here, "=>"), (here.origin, "~>")):
        if position is not None and position.place is not None:
            place = (position.component, position.place.file, position.place.line)
            if place == (listing.component, listing.file, number):
                return mark
    return ""


def _source(location: Location) -> tuple[SourceListing, int]:
    component = location.component
    entry = component.program.lines.at(location.linked) if component else None
    if component is None or entry is None:
        raise CommandError(f"no source is known for {location.physical:#010x}: try disassemble")
    return SourceListing(component, entry.outermost.file), entry.outermost.line


@GROUP.command("disassemble", "disas", usage="[/COUNT] [PLACE]", complete=place, takes_format=True)
def show_instructions(context: Context, text: str) -> None:
    """Show the instructions from a place on, ten unless a count is given; without a place, from here.

    An address alone is one as the current mode sees it; *ADDRESS is physical. Above what a hypervisor
    has translated stands the instruction that it came from; in the guest's own code ~> marks where a
    guest is whose translation runs.

      disassemble        disassemble /20 trap_entry
    """
    count = _SHOWN
    if text.startswith("/"):
        given, _, text = text[1:].partition(" ")
        if not given.isdecimal() or not 1 <= len(given) <= 6 or not 1 <= int(given) <= _MOST_SHOWN:
            raise CommandError(f'"/{shown(given)}" is no count: give /1 to /{_MOST_SHOWN}')
        count = int(given)
    location = context.looked_at(text.strip())[0]
    session = context.session
    rows = Disassembly(session.machine, location.component, location.physical)
    index = rows.index_of(location.physical)
    if index is None:
        raise CommandError(f"there is no code at {location.physical:#010x}")
    while index and rows[index - 1].word is None and rows[index - 1].is_code:
        index -= 1
    heads = _heads(session, location)
    while count and index < len(rows):
        row = rows[index]
        if row.word is None and row.is_code:
            context.write(row.text)
        else:
            told = heads(row.physical)
            if told:
                context.write(told)
            origin = session.here.origin
            mark = "=>" if row.physical == session.here.physical else "  "
            if origin is not None and row.physical == origin.physical:
                mark = "~>"
            bits = f"{row.word:08x}" if row.word is not None else ""
            context.write(f"{mark} {row.address:#010x}  {bits}  {row.text} {row.operands}".rstrip())
            count -= 1
        index += 1


def _heads(session: Session, location: Location) -> Callable[[int], str]:
    """Return what tells, above a translated instruction, which of the guest's it came from.

    It tells so once for all that came from one.
    """
    component = location.component
    if component is None or component.translates is None:
        return lambda _physical: ""
    translation = Translation(session.machine, session.whereabouts, component)
    translation.look()
    told = -1

    def head(physical: int) -> str:
        nonlocal told
        number = translation.number_of(physical)
        group = translation.group_of(number) if number is not None else -1
        guest = translation.guest_code(group) if group not in (-1, told) else None
        told = group
        if guest is None:
            return ""
        position = guest.position
        code = f"{guest.code.text} {guest.code.operands}".rstrip()
        return f"from {position.pc:#010x} <{position.symbol}>, {position.where}: {code}"

    return head
