"""Commands that play the world outside: the trap bitmap's switches, and the console's keyboard."""

from __future__ import annotations

import re

from asm.diagnostics import nearest
from asm.isa.trapbits import TRAP_BITS_BY_NAME
from hvtui.debugger.commands.completing import CUT, last_word, trap_bits, with_options
from hvtui.debugger.commands.context import Context
from hvtui.debugger.commands.information import trap_bitmap
from hvtui.debugger.commands.table import CommandError, Group
from hvtui.debugger.expressions.errors import shown

GROUP = Group("Outside")

_SETTINGS = {"on": True, "off": False, "1": True, "0": False}
_SWITCH = {"on": "traps", "off": "does not trap"}
_INPUT_OPTIONS = {**CUT, "-n": "without the end of the line"}
_OPTIONS = re.compile(r"(?:(?P<option>-n|-cut)(?:\s|\Z))")
_ESCAPE = re.compile(rb"\\(x[0-9A-Fa-f]{2}|.|\Z)", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"0": b"\0", b"e": b"\x1b", b"\\": b"\\"}


@GROUP.command(
    "trapbit",
    "tr",
    "tra",
    usage="[[-cut] NAME [on|off]]",
    complete=with_options(CUT, lambda _, text: last_word(text, {**trap_bits(), **_SWITCH})),
)
def trap_bit(context: Context, text: str) -> None:
    """Set or clear a bit of the trap bitmap, as ring 0 could; without on or off, change it.

    Without a name, show the bitmap. The change is recorded; in the past it cuts off the known future:
    -cut says that this is meant.

      trapbit wrstatus on
    """
    words = [word for word in text.split() if word != "-cut"]
    if not words:
        trap_bitmap(context, "")
        return
    bit = TRAP_BITS_BY_NAME.get(words[0])
    if bit is None:
        near = nearest(words[0], TRAP_BITS_BY_NAME)
        hint = f"; did you mean {near}?" if near else ": see info trapbitmap"
        raise CommandError(f'there is no trap bit "{shown(words[0])}"{hint}')
    if len(words) > 2 or (len(words) == 2 and words[1] not in _SETTINGS):
        raise CommandError(f"say on or off, as in: trapbit {bit.key} on")
    machine = context.session.machine
    is_set = machine.generation.has_trapmap and machine.hart.csr_value("mtrapmap") >> bit & 1
    if len(words) == 1 or not machine.generation.trapcap >> bit & 1 or _SETTINGS[words[1]] != is_set:
        context.session.toggle_trap_bit(bit, cut="-cut" in text.split())
    is_set = machine.hart.csr_value("mtrapmap") >> bit & 1
    effect = machine.hart.effect_of(bit)
    context.write(f"bit {int(bit)} {bit.key} is {'on' if is_set else 'off'}: {effect} in this mode")


@GROUP.command("input", usage="[-n] [-cut] TEXT", complete=with_options(_INPUT_OPTIONS))
def type_input(context: Context, text: str) -> None:
    r"""Type a line at the guest's console. -n leaves out the end of the line.

    \n, \t, \r, \e, \0, \\ and \xHH stand for what they do in C. What is typed is recorded; in the
    past it cuts off the known future: -cut says that this is meant.
    """
    options = set()
    while (found := _OPTIONS.match(text)) is not None:
        options.add(found["option"])
        text = text[found.end() :]
    data = _ESCAPE.sub(_escaped, text.encode("utf-8", "replace"))
    if "-n" not in options:
        data += b"\n"
    context.session.send(data, cut="-cut" in options)


def _escaped(found: re.Match[bytes]) -> bytes:
    given = found[1]
    if len(given) == 3:
        return bytes([int(given[1:], 16)])
    if given in _ESCAPES:
        return _ESCAPES[given]
    told = given.decode("ascii", "replace")
    raise CommandError(f"\\{shown(told)} means nothing here; write \\\\ for a backslash")
