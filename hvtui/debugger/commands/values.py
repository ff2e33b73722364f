"""Commands about values: to print, to show at every stop, to look at memory, and to change."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from asm.disassembly.disassembler import disassemble, label_finder
from asm.isa.width import MASK
from hvtui.debugger.commands.completing import CUT, display_numbers, expression, with_options
from hvtui.debugger.commands.context import Context, from_guest
from hvtui.debugger.commands.displays import DisplayView
from hvtui.debugger.commands.formats import (
    LETTERS,
    Format,
    evaluated,
    formatted,
    labelled,
    split_format,
)
from hvtui.debugger.commands.table import CommandError, Group
from hvtui.debugger.edits import Change, CsrEdit, MemoryEdit, PcEdit, RegisterEdit
from hvtui.debugger.expressions.compiling import MemoryPlace
from hvtui.debugger.expressions.errors import shown
from hvtui.debugger.expressions.kinds import Kind
from hvtui.debugger.expressions.names import CsrName, MachineName, RegisterName
from hvtui.debugger.expressions.readable import ReadError
from hvtui.debugger.positions import Position
from hvtui.debugger.session import Session
from hvtui.machine.memory import PAGE_SIZE

GROUP = Group("Values")

_PRINTED = "".join(LETTERS)
_EXAMINED = _PRINTED + "is"
_ASSIGNMENT = re.compile(r"(?<![=!<>])=(?!=)")
_OPTION = re.compile(r"(?:var(?:iable)?\s+)?(?P<cut>-cut\s+)?(?:var(?:iable)?\s+)?")
_ROW_BYTES = 16
_LONGEST_STRING = 200
_WORD = 4


@GROUP.command("print", "p", usage="[/FORMAT] EXPRESSION", complete=expression, takes_format=True)
def print_value(context: Context, text: str) -> None:
    """Show what an expression is now.

    An expression is made of registers (a0, pc), CSRs and their fields (mstatus.MIE), symbols
    (COMPONENT::main), memory (*word(ADDRESS), pword(PHYSICAL)), numbers and the operators of C.
    FORMAT is x, d, u, o, t, c or a: hexadecimal, decimal with or without a sign, octal, binary, a
    character, an address with its label.

      print a0 + 4     print/d a0     print/t mstatus     print/a mepc
    """
    format_, what = split_format(text, _PRINTED)
    compiled = context.compile(what)
    context.write(f"{compiled.text} = {evaluated(context.session, compiled, format_.letter)}")


@GROUP.command("display", usage="[/FORMAT] [EXPRESSION]", complete=expression, takes_format=True)
def display(context: Context, text: str) -> None:
    """Show an expression now and at every stop; without one, show all of them now.

    FORMAT is as for print.
    """
    format_, what = split_format(text, _PRINTED)
    if not what.strip():
        show_displays(context)
        return
    compiled = context.compile(what)
    context.displays.add(compiled, format_.letter)
    _show(context, context.displays.look(context.session)[-1])


@GROUP.command("undisplay", usage="[NUMBER]...", complete=display_numbers)
def undisplay(context: Context, text: str) -> None:
    """Show expressions no longer; none at all if no number is given."""
    numbers = []
    for word in text.replace(",", " ").split():
        if not word.isdecimal() or int(word) not in context.displays:
            raise CommandError(f'there is no display "{shown(word)}": see info display')
        numbers.append(int(word))
    for number in numbers or [known.number for known in context.displays]:
        context.displays.remove(number)


def show_displays(context: Context) -> None:
    """Show every display."""
    for view in context.displays.look(context.session):
        _show(context, view)


def _show(context: Context, view: DisplayView) -> None:
    value = f"no value now: {view.problem}" if view.problem else view.value
    context.write(f"{view.number}: {view.text} = {value}")


# Memory


@GROUP.command("x", usage="/NFU [ADDRESS]", complete=expression, takes_format=True)
def examine(context: Context, text: str) -> None:
    """Show memory as the current mode sees it.

    N is how many, F a format (x, d, u, o, t, c, a; i for instructions, s for strings), U a unit
    (b, h, w: 1, 2, 4 bytes). Without an address it goes on where the last one ended.

      x/8xw sp         x/4i pc         x/s message
    """
    _examine(context, text, context.session.live.memory, is_physical=False)


@GROUP.command("xp", usage="/NFU [ADDRESS]", complete=expression, takes_format=True)
def examine_physical(context: Context, text: str) -> None:
    """Show memory at a physical address, whoever may read it. See help x."""
    _examine(context, text, context.session.live.physical_memory, is_physical=True)


_Read = Callable[[int, int], int]


def _examine(context: Context, text: str, read: _Read, *, is_physical: bool) -> None:
    format_, what = split_format(text, _EXAMINED)
    if what.strip():
        address = context.value(what) & MASK
    elif context.next_address is not None:
        address = context.next_address
    else:
        raise CommandError("an address is missing, as in: x/8xw sp")
    try:
        for line, after in _rows(context, address, format_, read, is_physical=is_physical):
            context.write(line)
            context.next_address = after & MASK
    except ReadError as error:
        raise CommandError(str(error)) from error


def _rows(
    context: Context, address: int, format_: Format, read: _Read, *, is_physical: bool
) -> Iterator[tuple[str, int]]:
    session = context.session
    if format_.letter == "s":
        for _ in range(format_.count):
            told, length = _string(address, read)
            yield f"{labelled(session, address)}: {told}", address + length
            address += length
        return
    if format_.letter == "i":
        yield from _instructions(context, address, format_.count, read, is_physical=is_physical)
        return
    size = format_.size or (1 if format_.letter == "c" else _WORD)
    kind = Kind(8 * size)
    left = format_.count
    while left:
        row = min(left, _ROW_BYTES // size)
        values = [
            formatted(session, read(address + size * index & MASK, size), format_.letter or "x", kind)
            for index in range(row)
        ]
        yield f"{labelled(session, address & MASK)}: {'  '.join(values)}", address + size * row
        address += size * row
        left -= row


def _instructions(
    context: Context, address: int, count: int, read: _Read, *, is_physical: bool
) -> Iterator[tuple[str, int]]:
    """Yield lines with instructions; where another one of a guest's was translated, which it is."""
    before: Position | None = None
    for _ in range(count):
        address &= MASK
        word = read(address, _WORD)
        position = _position(context.session, address, is_physical=is_physical)
        is_new = position.origin is not None and position.origin != before
        came = f"   #{from_guest(position)}" if is_new else ""
        yield _instruction(context.session, address, word, position) + came, address + _WORD
        before = position.origin
        address += _WORD


def _position(session: Session, address: int, *, is_physical: bool) -> Position:
    """Return the position that an address is, for whom it is looked at."""
    whereabouts = session.whereabouts
    if is_physical:
        return whereabouts.now(address, address)
    return whereabouts.at(address, session.machine.hart.privilege)


def _instruction(session: Session, address: int, word: int, position: Position) -> str:
    """Return a line with an instruction; its labels are those of the program that it belongs to."""
    program = position.component.program if position.component is not None else None
    symbol_of = label_finder(program) if program is not None else lambda _target: None
    moved = position.linked - address
    code = disassemble(word, address, lambda target: symbol_of(target + moved & MASK))
    mark = "=>" if position.physical == session.here.physical is not None else "  "
    label = f" <{position.symbol}>" if position.label else ""
    return f"{mark} {address:#010x}{label}: {code}"


def _string(address: int, read: _Read) -> tuple[str, int]:
    """Return a string that ends with a zero, as a person would write it, and how long it is."""
    found = bytearray()
    while len(found) < _LONGEST_STRING:
        byte = read(address + len(found) & MASK, 1)
        if not byte:
            return _quoted(found), len(found) + 1
        found.append(byte)
    return _quoted(found) + "...", len(found)


def _quoted(data: bytes | bytearray) -> str:
    told = data.decode("latin-1").encode("unicode_escape").decode("ascii").replace('"', '\\"')
    return f'"{told}"'


# Changes


@GROUP.command("set", usage="[-cut] PLACE = EXPRESSION", complete=with_options(CUT, expression))
def set_value(context: Context, text: str) -> None:
    """Change a register, a CSR, one of its fields, the pc or memory. The change is recorded.

    In the past a change cuts off the known future: -cut says that this is meant.

      set a0 = 5         set mstatus.MIE = 0        set *word(sp + 4) = a0 + 1
    """
    option = _OPTION.match(text)
    rest = text[option.end() :] if option else text
    sign = _ASSIGNMENT.search(rest)
    if sign is None:
        raise CommandError("write it as in: set a0 = 5")
    target, value = rest[: sign.start()], rest[sign.end() :]
    changes = list(_changes(context, target, context.value(value)))
    for change in changes:
        context.session.change(change, cut=bool(option and option["cut"]))


def _changes(context: Context, target: str, value: int) -> Iterator[Change]:
    compiled = context.compile(target)
    place = compiled.place(context.session.live)
    match place:
        case RegisterName(number):
            yield RegisterEdit(number, value & MASK)
        case CsrName(name, None):
            yield CsrEdit(name, value & MASK)
        case CsrName(name, bits) if bits is not None:
            most = bits.mask >> bits.low
            if not 0 <= value <= most:
                raise CommandError(f"{compiled.text} holds 0 to {most:#x}, not {value:#x}")
            kept = context.session.live.csr(name) & ~bits.mask
            yield CsrEdit(name, kept | value << bits.low)
        case MachineName("pc"):
            yield PcEdit(value & MASK)
        case MemoryPlace(address, size, is_physical):
            data = (value & (1 << 8 * size) - 1).to_bytes(size, "little")
            yield from _edits(context, address, data, is_physical=is_physical)
        case MachineName(name):
            raise CommandError(f"{name} cannot be set")
        case _:
            raise CommandError(
                f"{compiled.text} cannot be set: a register, a CSR, a field, pc or *ADDRESS can"
            )


def _edits(context: Context, address: int, data: bytes, *, is_physical: bool) -> Iterator[MemoryEdit]:
    if is_physical:
        yield MemoryEdit(address, data)
        return
    room = PAGE_SIZE - address % PAGE_SIZE
    try:
        yield MemoryEdit(context.session.live.physical(address), data[:room])
        if data[room:]:
            yield MemoryEdit(context.session.live.physical(address + room & MASK), data[room:])
    except ReadError as error:
        raise CommandError(str(error)) from error
