"""Which traps to stop at: a filter over events, and its notation.

A condition is a few words, in any order: what happens (``trap``, ``interrupt``, ``return``,
``injection``, ``ignored``, ``leaked``, ``any``), a cause (``illegal``, ``ecall-u``), a trap bit
(``wrstatus``), and ``from RING``, ``to RING``, ``in COMPONENT``. All that is said must hold.

A trap bit without a word for what happens means all that can become of its instructions below M
but that they execute: that they trap, are ignored or leak.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TypeVar

from asm.diagnostics import nearest
from asm.isa.causes import CAUSE_NAMES, INTERRUPT_NAMES
from asm.isa.trapbits import TRAP_BITS_BY_NAME, TrapBit
from hvtui.debugger.logentries import Kind
from hvtui.machine.events import (
    INTERRUPTS_URGENT,
    TRAPS_URGENT,
    KernelInstruction,
    Outcome,
    TrapReturned,
    TrapTaken,
    Urgency,
)
from hvtui.machine.privilege import PRIVILEGE_OF_RING

_CAUSES = {
    **{names.key: (False, cause) for cause, names in CAUSE_NAMES.items()},
    **{names.key: (True, cause) for cause, names in INTERRUPT_NAMES.items()},
}

_WHATS: dict[str, frozenset[Kind]] = {
    "any": frozenset({Kind.TRAP, Kind.INTERRUPT}),
    "trap": frozenset({Kind.TRAP}),
    "interrupt": frozenset({Kind.INTERRUPT}),
    "return": frozenset({Kind.RETURN, Kind.INJECTION}),
    "injection": frozenset({Kind.INJECTION}),
    "ignored": frozenset({Kind.IGNORED}),
    "leaked": frozenset({Kind.LEAKED}),
}
# What the words for what happens mean, for a person.
EVENT_WORDS: Mapping[str, str] = {
    "any": "every trap and interrupt",
    "trap": "traps",
    "interrupt": "interrupts",
    "return": "xRETs",
    "injection": "xRETs that hand a trap on to a guest",
    "ignored": "kernel instructions that are ignored",
    "leaked": "kernel instructions that leak a value",
}
_T = TypeVar("_T")
_RING_CHANGES = _WHATS["any"] | _WHATS["return"]
_BIT_EVENTS = _WHATS["any"] | _WHATS["ignored"] | _WHATS["leaked"]
_LOST = _WHATS["ignored"] | _WHATS["leaked"]
_OUTCOME_KINDS = {Outcome.IGNORED: Kind.IGNORED, Outcome.LEAKED: Kind.LEAKED}


class ConditionError(ValueError):
    """The words of a condition are not understood; the message says which, and what would be."""


@dataclass(frozen=True, slots=True)
class TrapCondition:
    """The filter. None, or an empty set, where nothing is asked."""

    kinds: frozenset[Kind] = _WHATS["any"]
    cause: tuple[bool, int] | None = None
    bit: TrapBit | None = None
    origin_ring: int | None = None
    target_ring: int | None = None
    component: str | None = None
    text: str = "any"

    def meets_trap(self, event: TrapTaken, component: str) -> bool:
        """Tell whether to stop at this trap or interrupt, which interrupted `component`."""
        kind = Kind.INTERRUPT if event.is_interrupt else Kind.TRAP
        return (
            kind in self.kinds
            and self.cause in (None, (event.is_interrupt, event.cause))
            and (self.bit is None or self.bit in event.bits)
            and self.origin_ring in (None, event.origin.ring)
            and self.target_ring in (None, event.target.ring)
            and self.component in (None, component)
        )

    def meets_return(self, event: TrapReturned, component: str, *, injected: bool) -> bool:
        """Tell whether to stop at this xRET, which `component` executed."""
        return (
            (Kind.INJECTION if injected else Kind.RETURN) in self.kinds
            and self.cause is None
            and self.bit is None
            and self.origin_ring in (None, event.origin.ring)
            and self.target_ring in (None, event.target.ring)
            and self.component in (None, component)
        )

    def meets_kernel(self, event: KernelInstruction, component: str) -> bool:
        """Tell whether to stop at this kernel instruction of `component` that did not trap."""
        return (
            any(
                _OUTCOME_KINDS.get(outcome) in self.kinds and self.bit in (None, bit)
                for bit, outcome in event.outcomes
            )
            and self.cause is None
            and self.origin_ring in (None, event.privilege.ring)
            and self.target_ring is None
            and self.component in (None, component)
        )

    @property
    def urgency(self) -> Urgency:
        """What is to be heard of as it takes place: all that could be meant, and perhaps more."""
        returns = bool(self.kinds & _WHATS["return"]) and self.cause is None and self.bit is None
        found = Urgency(returns=returns, lost=bool(self.kinds & _LOST))
        if self.bit is not None:
            return found | Urgency(bits=1 << self.bit) if self.kinds & _WHATS["any"] else found
        if self.cause is not None:
            is_interrupt, cause = self.cause
            return found | Urgency.of_cause(cause, interrupt=is_interrupt)
        if Kind.TRAP in self.kinds:
            found |= TRAPS_URGENT
        if Kind.INTERRUPT in self.kinds:
            found |= INTERRUPTS_URGENT
        return found


def parse_condition(
    text: str, components: Collection[str] = (), *, unsaid: frozenset[Kind] | None = None
) -> TrapCondition:
    """Read a condition. Raises ConditionError with the word that is wrong and a suggestion.

    `unsaid` is what one is about that names neither what happens nor a cause or trap bit; by default
    it is what a person would want to stop at.
    """
    words = text.split()
    if not words:
        raise ConditionError("say at what to stop: any, a cause, a trap bit, from RING, to RING")
    kinds: frozenset[Kind] | None = None
    cause: tuple[bool, int] | None = None
    bit: TrapBit | None = None
    rings: dict[str, int] = {}
    component: str | None = None
    position = 0
    while position < len(words):
        word = words[position].lower()
        position += 1
        if word in ("from", "to"):
            rings[word] = _ring(word, words[position : position + 1])
            position += 1
        elif word == "in":
            component, used = _component(words[position:], components)
            position += used
        elif word in _WHATS:
            kinds = (kinds or frozenset()) | _WHATS[word]
        elif word in _CAUSES:
            cause = _once("cause", cause, _CAUSES[word])
        elif word in TRAP_BITS_BY_NAME:
            bit = _once("trap bit", bit, TRAP_BITS_BY_NAME[word])
        else:
            raise ConditionError(_unknown(word))
    if unsaid is None or cause is not None or bit is not None:
        unsaid = _usual_kinds(cause, bit, rings)
    return TrapCondition(
        kinds or unsaid,
        cause,
        bit,
        rings.get("from"),
        rings.get("to"),
        component,
        " ".join(words),
    )


def _usual_kinds(
    cause: tuple[bool, int] | None, bit: TrapBit | None, rings: Mapping[str, int]
) -> frozenset[Kind]:
    """Return what a condition that does not say what happens is about."""
    if cause is None and bit is not None:
        return _WHATS["any"] if "to" in rings else _BIT_EVENTS
    return _RING_CHANGES if rings and cause is None else _WHATS["any"]


def _ring(word: str, following: list[str]) -> int:
    given = following[0].lower().removeprefix("ring") if following else ""
    if not given.isdecimal() or int(given) not in PRIVILEGE_OF_RING:
        raise ConditionError(f'"{word}" needs a ring: 0, 1 or 3, as in "{word} 0"')
    return int(given)


def _component(words: list[str], components: Collection[str]) -> tuple[str, int]:
    """Find the component whose name stands at the beginning of `words`: names may hold spaces."""
    for count in range(len(words), 0, -1):
        name = " ".join(words[:count])
        if name in components:
            return name, count
    if not words:
        raise ConditionError('"in" needs the name of a component')
    near = nearest(words[0], components)
    hint = f"; did you mean {near}?" if near else f"; there is {', '.join(components)}"
    raise ConditionError(f'no component is named "{words[0]}"{hint}')


def _once(what: str, before: _T | None, now: _T) -> _T:
    if before is not None:
        raise ConditionError(f"more than one {what}: give each a condition of its own")
    return now


def _unknown(word: str) -> str:
    near = nearest(word, (*_WHATS, *_CAUSES, *TRAP_BITS_BY_NAME, "from", "to", "in"))
    hint = f"; did you mean {near}?" if near else ""
    return f'"{word}" is no cause, trap bit or kind of event{hint}'
