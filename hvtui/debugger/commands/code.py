"""Commands that show the program: its source, and its instructions."""

from __future__ import annotations

from hvtui.debugger.commands.completing import place
from hvtui.debugger.commands.context import Context
from hvtui.debugger.commands.table import CommandError, Group
from hvtui.debugger.expressions.errors import shown
from hvtui.debugger.listing import Disassembly, SourceListing
from hvtui.debugger.locations import Location
from hvtui.debugger.positions import short_file

GROUP = Group("Code")

_SHOWN = 10
_MOST_SHOWN = 500


@GROUP.command("list", "l", usage="[PLACE]", complete=place)
def list_source(context: Context, text: str) -> None:
    """Show ten lines of source around a place; without one around here, and then on from there.

    An arrow marks the line that is next, a dot the lines that made instructions.
    """
    if not text and context.next_line is not None:
        component_name, file, first = context.next_line
        listing = next(
            SourceListing(known, file)
            for known in context.session.system.components
            if known.name == component_name
        )
    else:
        listing, around = _source(context.resolve(text)[0])
        first = max(around - _SHOWN // 2, 1)
    if first > len(listing.lines):
        raise CommandError(f"{short_file(listing.file)} ends at line {len(listing.lines)}")
    here = context.session.here
    code = listing.code_lines
    for number in range(first, min(first + _SHOWN, len(listing.lines) + 1)):
        is_next = (
            here.component is listing.component
            and here.place is not None
            and (here.place.file, here.place.line) == (listing.file, number)
        )
        mark = "=>" if is_next else " ·" if number in code else "  "
        context.write(f"{mark} {number:>4}  {listing.lines[number - 1]}".rstrip())
    context.next_line = (listing.component.name, listing.file, first + _SHOWN)


def _source(location: Location) -> tuple[SourceListing, int]:
    component = location.component
    entry = component.program.lines.at(location.linked) if component else None
    if component is None or entry is None:
        raise CommandError(f"no source is known for {location.physical:#010x}: try disassemble")
    return SourceListing(component, entry.outermost.file), entry.outermost.line


@GROUP.command("disassemble", "disas", usage="[/COUNT] [PLACE]", complete=place, takes_format=True)
def show_instructions(context: Context, text: str) -> None:
    """Show the instructions from a place on, ten unless a count is given; without a place, from here.

    disassemble        disassemble /20 trap_entry
    """
    count = _SHOWN
    if text.startswith("/"):
        given, _, text = text[1:].partition(" ")
        if not given.isdecimal() or not 1 <= len(given) <= 6 or not 1 <= int(given) <= _MOST_SHOWN:
            raise CommandError(f'"/{shown(given)}" is no count: give /1 to /{_MOST_SHOWN}')
        count = int(given)
    location = context.resolve(text.strip())[0]
    rows = Disassembly(context.session.machine, location.component, location.physical)
    index = rows.index_of(location.physical)
    if index is None:
        raise CommandError(f"there is no code at {location.physical:#010x}")
    while index and rows[index - 1].word is None and rows[index - 1].is_code:
        index -= 1
    physical = context.session.here.physical
    while count and index < len(rows):
        row = rows[index]
        if row.word is None and row.is_code:
            context.write(row.text)
        else:
            mark = "=>" if row.physical == physical else "  "
            bits = f"{row.word:08x}" if row.word is not None else ""
            context.write(f"{mark} {row.address:#010x}  {bits}  {row.text} {row.operands}".rstrip())
            count -= 1
        index += 1
