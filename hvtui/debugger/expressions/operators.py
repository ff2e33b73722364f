"""What the operators are compiled to: Python functions of the machine, as few and as short as may be.

What kind of number a part gives is known before it is evaluated, so that nothing is asked twice; parts
without names are computed at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, cast

from hvtui.debugger.expressions.errors import EvaluationError, Mark
from hvtui.debugger.expressions.kinds import (
    COMPARING,
    DIVIDING,
    NEGATING,
    SHIFTING,
    WORD,
    WRAPPING,
    Apply,
    Kind,
)
from hvtui.debugger.expressions.readable import Readable

Run: TypeAlias = Callable[[Readable], int]


@dataclass(frozen=True, slots=True)
class Part:
    """A compiled part: what kind of number `run` gives, and which one, if that is always the same."""

    kind: Kind
    run: Run
    value: int | None = None


# What constant parts are evaluated over: they never look at it.
_NOTHING = cast("Readable", None)


def constant(value: int, kind: Kind) -> Part:
    """Return a part that always is `value`, a number of `kind`."""
    return Part(kind, lambda machine: value, value)


def converted(part: Part, kind: Kind) -> Part:
    """Return a part with the same number, or its low bits, in another kind."""
    if kind.holds(part.kind):
        return Part(kind, part.run, part.value)
    run, wrap = part.run, kind.wrap
    return _folded(Part(kind, lambda machine: wrap(run(machine))), part)


def negated(operator: str, part: Part) -> Part:
    """Return what the unary ``- + ~ !`` makes of a part."""
    run, kind = part.run, part.kind
    if operator == "!":
        return _folded(Part(WORD, lambda machine: 0 if run(machine) else 1), part)
    apply, wrap = NEGATING[operator], kind.wrap
    return _folded(Part(kind, lambda machine: wrap(apply(run(machine)))), part)


def combined(operator: str, left: Part, right: Part, mark: Mark) -> Part:
    """Return what a binary operator, which stands at `mark`, makes of two parts."""
    if operator in _LOGIC:
        return _folded(Part(WORD, _LOGIC[operator](left.run, right.run)), left, right)
    if operator in SHIFTING:
        return _folded(Part(left.kind, _shifted(operator, left, right.run)), left, right)
    kind = left.kind.joined(right.kind)
    if operator in WRAPPING:
        return _folded(Part(kind, _applied(WRAPPING[operator], left, right, kind)), left, right)
    left, right = converted(left, kind), converted(right, kind)
    if operator in COMPARING:
        return _folded(Part(WORD, _compared(COMPARING[operator], left, right)), left, right)
    run = _divided(DIVIDING[operator], left.run, right.run, kind, mark)
    return _folded(Part(kind, run), left, right)


def choice(condition: Part, chosen: Part, other: Part) -> Part:
    """Return the part ``condition ? chosen : other``."""
    kind = chosen.kind.joined(other.kind)
    chosen, other = converted(chosen, kind), converted(other, kind)
    test, first, second = condition.run, chosen.run, other.run
    part = Part(kind, lambda machine: first(machine) if test(machine) else second(machine))
    return _folded(part, condition, chosen, other)


def _folded(part: Part, *sources: Part) -> Part:
    """Compute a part at once if all that it is made from is constant, and it has a value."""
    if any(source.value is None for source in sources):
        return part
    try:
        return constant(part.run(_NOTHING), part.kind)
    except EvaluationError:
        return part


def _applied(apply: Apply, left: Part, right: Part, kind: Kind) -> Run:
    first, second, value, mask = left.run, right.run, right.value, kind.mask
    if kind.signed:
        wrap = kind.wrap
        return lambda machine: wrap(apply(first(machine), second(machine)))
    if value is not None:
        known = value
        return lambda machine: apply(first(machine), known) & mask
    return lambda machine: apply(first(machine), second(machine)) & mask


def _compared(apply: Apply, left: Part, right: Part) -> Run:
    first, second, value = left.run, right.run, right.value
    if value is not None:
        known = value
        return lambda machine: 1 if apply(first(machine), known) else 0
    return lambda machine: 1 if apply(first(machine), second(machine)) else 0


def _shifted(operator: str, left: Part, second: Run) -> Run:
    shift, first, bits, wrap = SHIFTING[operator], left.run, left.kind.bits, left.kind.wrap
    return lambda machine: wrap(shift(first(machine), second(machine), bits))


def _divided(divide: Apply, first: Run, second: Run, kind: Kind, mark: Mark) -> Run:
    wrap = kind.wrap

    def run(machine: Readable) -> int:
        left, right = first(machine), second(machine)
        if right == 0:
            raise mark.no_value("division by zero")
        return wrap(divide(left, right))

    return run


_LOGIC: Mapping[str, Callable[[Run, Run], Run]] = {
    "&&": lambda left, right: lambda machine: 1 if left(machine) and right(machine) else 0,
    "||": lambda left, right: lambda machine: 1 if left(machine) or right(machine) else 0,
}
