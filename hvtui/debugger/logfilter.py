"""Which entries of the trap log to look at: a filter, and its notation.

A filter is a condition as of a breakpoint on traps (``trap``, ``injection``, ``wrstatus``, ``from 1``,
``in tinyos``: see `hvtui.debugger.trapconditions`), and besides ``after INSTANT``, ``before INSTANT``
and text between quotes, which stands in the instruction, the place or the name of the cause. All that
is said must hold; ``or`` between two filters lets through what either does.

A filter that does not say what happens lets everything through: ``in tinyos`` are all entries there.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from asm.isa.causes import trap_name
from hvtui.debugger.logentries import KIND_OF_OUTCOME, KINDS, Kind, LogEntry
from hvtui.debugger.narration import instruction_text, name_bits
from hvtui.debugger.trapconditions import ConditionError, TrapCondition, parse_condition
from hvtui.machine.events import KernelInstruction, TrapTaken

_PIECE = re.compile(r'"(?P<text>[^"]*)"?|(?P<word>[^\s"]+)')
_ALL_KINDS = frozenset(KINDS)
_LIMITS = ("after", "before")


class FilterError(ValueError):
    """The words of a filter are not understood; the message says which, and what would be."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """What one of the filters joined by ``or`` asks: all of it.

    Instants are from `low` to before `high`; each of `texts`, in small letters, has to stand in what
    the entry says.
    """

    condition: TrapCondition | None = None
    texts: tuple[str, ...] = ()
    low: int = 0
    high: int | None = None

    def holds_of(self, entry: LogEntry) -> bool:
        """Tell whether an entry is let through, whenever it was."""
        if self.condition is not None and not _meets(self.condition, entry):
            return False
        if not self.texts:
            return True
        told = searched_text(entry)
        return all(text in told for text in self.texts)


@dataclass(frozen=True, slots=True)
class LogFilter:
    """A filter that a person wrote as `text`."""

    alternatives: tuple[Alternative, ...]
    text: str

    def matches(self, entry: LogEntry) -> bool:
        """Tell whether an entry is let through."""
        return any(
            known.low <= entry.instant
            and (known.high is None or entry.instant < known.high)
            and known.holds_of(entry)
            for known in self.alternatives
        )


def searched_text(entry: LogEntry) -> str:
    """Return what text between quotes is looked for in, in small letters."""
    event, position = entry.event, entry.position
    parts = [entry.kind.value, position.owner, position.symbol, position.where]
    if isinstance(event, TrapTaken):
        parts.append(trap_name(event.cause, interrupt=event.is_interrupt).text)
        parts.append(name_bits(event.bits))
        parts += [instruction_text(event.word, event.pc)] if event.word else []
    elif isinstance(event, KernelInstruction):
        parts.append(name_bits(bit for bit, _ in event.outcomes))
        parts.append(instruction_text(event.word, event.pc))
    else:
        parts.append(event.name)
    return " ".join(parts).lower()


def parse_filter(text: str, components: Collection[str] = ()) -> LogFilter:
    """Read a filter. Raises FilterError with the word that is wrong and a suggestion."""
    groups: list[list[re.Match[str]]] = [[]]
    for piece in _PIECE.finditer(text):
        if piece["word"] is not None and piece["word"].lower() == "or":
            groups.append([])
        else:
            groups[-1].append(piece)
    if not all(groups):
        either = len(groups) > 1
        raise FilterError(
            '"or" stands between two filters' if either else "say what to show, as in: trap, in tinyos"
        )
    return LogFilter(tuple(_alternative(group, components) for group in groups), text.strip())


def _alternative(pieces: Iterable[re.Match[str]], components: Collection[str]) -> Alternative:
    texts: list[str] = []
    words: list[str] = []
    limits: dict[str, int] = {}
    wanted = ""
    for piece in pieces:
        if wanted:
            limits[wanted] = _instant(wanted, piece[0])
            wanted = ""
        elif piece["word"] is None:
            texts.append(piece["text"].lower())
        elif piece["word"].lower() in _LIMITS:
            wanted = piece["word"].lower()
        else:
            words.append(piece["word"])
    if wanted:
        raise FilterError(f'"{wanted}" needs an instant, as in: {wanted} 1,000')
    low = limits["after"] + 1 if "after" in limits else 0
    return Alternative(_condition(words, components), tuple(texts), low, limits.get("before"))


def _condition(words: list[str], components: Collection[str]) -> TrapCondition | None:
    if not words:
        return None
    try:
        return parse_condition(" ".join(words), components, unsaid=_ALL_KINDS)
    except ConditionError as error:
        raise FilterError(str(error)) from error


def _instant(word: str, given: str) -> int:
    digits = given.replace(",", "").replace("_", "")
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > _MOST_DIGITS:
        raise FilterError(f'"{word}" needs an instant, as in: {word} 1,000; "{given[:40]}" is none')
    return int(digits)


def _meets(condition: TrapCondition, entry: LogEntry) -> bool:
    event, owner = entry.event, entry.position.owner
    if entry.kind not in condition.kinds:
        return False
    if isinstance(event, TrapTaken):
        return condition.meets_trap(event, owner)
    if isinstance(event, KernelInstruction):
        # The entry is about what became of some of its classes: the bit has to be of those.
        became = {bit for bit, outcome in event.outcomes if KIND_OF_OUTCOME.get(outcome) is entry.kind}
        return (condition.bit is None or condition.bit in became) and condition.meets_kernel(
            event, owner
        )
    return condition.meets_return(event, owner, injected=entry.kind is Kind.INJECTION)


_MOST_DIGITS = 18
