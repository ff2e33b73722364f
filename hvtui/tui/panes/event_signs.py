"""How the kinds of events in the trap log look: a sign, a short word, a style."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from hvtui.debugger.logentries import Kind


class EventSign(NamedTuple):
    """A sign of one cell, a word, and the name of a style."""

    sign: str
    word: str
    style: str


EVENT_SIGNS: Mapping[Kind, EventSign] = {
    Kind.TRAP: EventSign("▼", "trap", "traps"),
    Kind.INTERRUPT: EventSign("↯", "interrupt", "warning"),
    Kind.RETURN: EventSign("↩", "return", "dim"),
    Kind.INJECTION: EventSign("⤴", "injection", "good"),
    Kind.IGNORED: EventSign("∅", "ignored", "ignored"),
    Kind.LEAKED: EventSign("◎", "leaked", "leaks"),
}
