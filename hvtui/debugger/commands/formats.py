"""Numbers as a person wants them: the format letters of ``print``, ``display`` and ``x``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from hvtui.debugger.commands.table import CommandError
from hvtui.debugger.expressions.compiling import Expression
from hvtui.debugger.expressions.errors import shown
from hvtui.debugger.expressions.kinds import Kind
from hvtui.debugger.session import Session

LETTERS: Mapping[str, str] = {
    "x": "hexadecimal",
    "d": "decimal, with a sign",
    "u": "decimal, without a sign",
    "o": "octal",
    "t": "binary",
    "c": "a character",
    "a": "an address, with its label",
}
SIZES: Mapping[str, int] = {"b": 1, "h": 2, "w": 4}

_FORMAT = re.compile(r"/(?P<count>\d*)(?P<letters>[A-Za-z]*)(?:\s+|\Z)(?P<rest>.*)", re.DOTALL)
_MOST_COUNT = 4096


@dataclass(frozen=True, slots=True)
class Format:
    """What a slash asks for: how many, a letter and a size in bytes (0: not said)."""

    count: int = 1
    letter: str = ""
    size: int = 0


def split_format(text: str, letters: str) -> tuple[Format, str]:
    """Return the format at the beginning of `text`, and the rest. Raises CommandError."""
    if not text.startswith("/"):
        return Format(), text
    found = _FORMAT.fullmatch(text)
    if found is None:
        raise CommandError(f'"{shown(text.split()[0])}" is no format: write it as in /8xw')
    count = int(found["count"] or 1) if len(found["count"]) < 9 else _MOST_COUNT + 1
    if not 1 <= count <= _MOST_COUNT:
        raise CommandError(f"the count of a format is 1 to {_MOST_COUNT}")
    letter, size = "", 0
    for given in found["letters"]:
        if given in SIZES:
            size = SIZES[given]
        elif given in letters:
            letter = given
        else:
            raise CommandError(f'"{given}" is no format; there is {_listed(letters)}')
    return Format(count, letter, size), found["rest"]


def _listed(letters: str) -> str:
    known = {**LETTERS, "i": "an instruction", "s": "a string"}
    return ", ".join(f"{letter} ({known[letter]})" for letter in letters)


def evaluated(session: Session, expression: Expression, letter: str) -> str:
    """Return an expression's value now in the format `letter`. Raises EvaluationError."""
    value = expression.evaluate(session.live)
    if letter:
        return formatted(session, value, letter, expression.kind)
    if expression.kind.signed:
        return f"{value} ({value & expression.kind.mask:#x})"
    return f"{value:#x} ({value})"


def formatted(session: Session, value: int, letter: str, kind: Kind) -> str:
    """Return a number of a kind in the format `letter`."""
    unsigned = value & kind.mask
    signed = Kind(kind.bits, signed=True).wrap(value)
    match letter:
        case "d":
            return str(signed)
        case "u":
            return str(unsigned)
        case "o":
            return f"0{unsigned:o}" if unsigned else "0"
        case "t":
            return f"{unsigned:#b}"
        case "c":
            character = chr(unsigned & 0xFF)
            return f"{unsigned} {character!r}"
        case "a":
            return labelled(session, unsigned)
    return f"{unsigned:#0{2 + kind.bits // 4}x}"


def labelled(session: Session, address: int) -> str:
    """Return an address with the label before it, as code of the current mode would meet it."""
    position = session.whereabouts.at(address, session.machine.hart.privilege)
    label = f" <{position.symbol}>" if position.label else ""
    return f"{address:#010x}{label}"
