"""What running an instruction from many states shows of it, in the terms of Popek and Goldberg.

*Privileged*: it traps below ring 0 wherever it does not in ring 0. *Control sensitive*: it changes a
resource of the machine. *Behaviour sensitive*: what the program sees of it depends on the real mode, on
the host's part of the state, or on where the program really lies. An instruction that is neither is
innocuous. One witness proves that it is sensitive; that it is not, and that it is privileged, has only
been found true of every state that was tried.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from asm.isa.trapbits import TrapBit
from hvtui.classify.laboratory import Laboratory, Result
from hvtui.classify.resources import Resource, resources_of
from hvtui.classify.states import RINGS, Family
from hvtui.classify.units import RESULT, Unit, units
from hvtui.machine.events import Outcome
from hvtui.machine.hart import HartSnapshot

_ILLEGAL = 2


class Sensitivity(Enum):
    """In which way an instruction is sensitive. The values are words for a person."""

    CONTROL = "it changes a resource"
    MODE = "it does something else in another mode"
    HOST = "it shows a part of the host's state"
    LOCATION = "it shows where the program really lies"


@dataclass(frozen=True, slots=True)
class Witness:
    """Two states and two results that prove a sensitivity, each told in words.

    For a change of a resource the second pair is the state afterwards.
    """

    kind: Sensitivity
    instruction: str
    first: str
    first_result: str
    second: str
    second_result: str


@dataclass(frozen=True, slots=True)
class Below:
    """What was found of an instruction below ring 0, in one ring.

    `is_privileged` is for that ring; `effects` say what became of it. `witnesses` are those that hold
    in this ring, `own` among them that no run in ring 0 has a part in: they matter for programs that
    never were in ring 0.
    """

    effects: frozenset[str]
    is_privileged: bool
    witnesses: tuple[Witness, ...]
    own: tuple[Witness, ...]

    @property
    def is_hole(self) -> bool:
        """Tell whether it is sensitive, and does not trap: theorem 1 fails by it."""
        return bool(self.witnesses) and not self.is_privileged

    @property
    def is_user_hole(self) -> bool:
        """Tell whether it is sensitive in this ring by itself, and does not trap: theorem 3."""
        return bool(self.own) and not self.is_privileged


@dataclass(frozen=True, slots=True)
class Finding:
    """All that was found of a unit. `bits` are its classes, none if it is no kernel instruction."""

    unit: Unit
    bits: tuple[TrapBit, ...]
    resources: frozenset[Resource]
    below: Mapping[int, Below]

    @property
    def is_sensitive(self) -> bool:
        """Tell whether it is sensitive in any way."""
        return any(below.witnesses for below in self.below.values())

    @property
    def kinds(self) -> frozenset[Sensitivity]:
        """In which ways it is."""
        return frozenset(witness.kind for below in self.below.values() for witness in below.witnesses)


def findings(laboratory: Laboratory) -> Iterator[Finding]:
    """Try every unit of the laboratory's CPU."""
    for unit in units(laboratory.generation):
        yield find(laboratory, unit)


# A state, and what came of it.
_Run = tuple[HartSnapshot, Result]


@dataclass(frozen=True, slots=True)
class _Runs:
    """One unit from the states of a family."""

    family: Family
    kernel: Result
    below: Result
    hidden: Result
    moved: Result
    kernel_hidden: Result

    @property
    def in_kernel(self) -> tuple[_Run, ...]:
        """The runs in ring 0; each has its counterpart in `below_kernel`."""
        return ((self.family.kernel, self.kernel), (self.family.kernel_hidden, self.kernel_hidden))

    @property
    def below_kernel(self) -> tuple[_Run, ...]:
        """The runs that differ from one in ring 0 in nothing but the ring."""
        return ((self.family.below, self.below), (self.family.hidden, self.hidden))


def find(laboratory: Laboratory, unit: Unit) -> Finding:
    """Try one unit in all states."""
    runs = [_run(laboratory, unit, family) for family in laboratory.families]
    resources = frozenset(
        resource
        for run in runs
        for resource in _resources(run.kernel, run.kernel_hidden, run.below, run.hidden)
    )
    below = {ring: _below(unit, [run for run in runs if run.family.ring == ring]) for ring in RINGS}
    return Finding(unit, classes_of(unit), resources, below)


def classes_of(unit: Unit) -> tuple[TrapBit, ...]:
    """Return the trap bits of a unit: none if it is no kernel instruction."""
    if unit.csr is None:
        return () if unit.row.kernel is None else (unit.row.kernel,)
    fields = unit.row.encoding.decode(unit.word)
    source = fields.get("rs1", fields.get("zimm", 0))
    writes = unit.row.name.startswith("csrrw") or source != 0
    reads = fields["rd"] != 0 or not writes
    wanted = ((reads, unit.csr.trap_class.read), (writes, unit.csr.trap_class.write))
    return tuple(bit for is_wanted, bit in wanted if is_wanted and bit is not None)


def _run(laboratory: Laboratory, unit: Unit, family: Family) -> _Runs:
    return _Runs(
        family,
        laboratory.run(unit, family.kernel),
        laboratory.run(unit, family.below),
        laboratory.run(unit, family.hidden),
        laboratory.run(unit, family.moved, moved=True),
        laboratory.run(unit, family.kernel_hidden),
    )


def _resources(*results: Result) -> Iterator[Resource]:
    for result in results:
        if result.waits:
            yield Resource.PROCESSOR
        yield from resources_of(result.changes)


def _below(unit: Unit, runs: list[_Runs]) -> Below:
    witnesses = list(_own(unit, runs))
    own = tuple(witnesses)
    witnesses += _with_kernel(unit, runs)
    effects = frozenset(
        _effect(result) for run in runs for result in (run.below, run.hidden, run.moved)
    )
    in_kernel = [result for run in runs for _, result in run.in_kernel]
    is_privileged = any(result.cause is None for result in in_kernel) and all(
        result.cause == _ILLEGAL or run.kernel.cause is not None
        for run in runs
        for result in (run.below, run.hidden, run.moved)
    )
    return Below(effects, is_privileged, tuple(witnesses), own)


def _own(unit: Unit, runs: list[_Runs]) -> Iterator[Witness]:
    """Yield what shows below ring 0 alone, the first witness of each kind."""
    yield from _first(_control(unit, *one) for run in runs for one in run.below_kernel)
    for kind, other in ((Sensitivity.HOST, "hidden"), (Sensitivity.LOCATION, "moved")):
        yield from _first(
            _difference(
                unit, kind, run.family.below, run.below, getattr(run.family, other), getattr(run, other)
            )
            for run in runs
        )


def _with_kernel(unit: Unit, runs: list[_Runs]) -> Iterator[Witness]:
    """Yield what shows in ring 0, or when it is compared with a run below."""
    pairs = [pair for run in runs for pair in zip(run.in_kernel, run.below_kernel, strict=True)]
    yield from _first(
        _lost(unit, *kernel, *below) or _control(unit, *kernel) for kernel, below in pairs
    )
    yield from _first(_difference(unit, Sensitivity.MODE, *kernel, *below) for kernel, below in pairs)


def _first(found: Iterator[Witness | None]) -> Iterator[Witness]:
    witness = next((one for one in found if one is not None), None)
    if witness is not None:
        yield witness


def _control(unit: Unit, state: HartSnapshot, result: Result) -> Witness | None:
    if result.cause is not None or not (result.waits or result.changes):
        return None
    before, after = "it runs", "it waits, and nobody else gets the processor"
    if result.changes:
        before = ", ".join(f"{change.name} {change.before:#x}" for change in result.changes)
        after = ", ".join(f"{change.name} {change.after:#x}" for change in result.changes)
    return Witness(
        Sensitivity.CONTROL, unit.text, _place(state), before, f"{_place(state)}, after it", after
    )


def _lost(
    unit: Unit, first: HartSnapshot, one: Result, second: HartSnapshot, other: Result
) -> Witness | None:
    """Return a witness if it changes a resource in ring 0, and nothing in the other ring."""
    if one.cause is not None or other.cause is not None or not one.changes or other.changes:
        return None
    changed = ", ".join(f"{part.name} {part.before:#x} becomes {part.after:#x}" for part in one.changes)
    kept = ", ".join(f"{part.name} stays {part.before:#x}" for part in one.changes)
    ignored = "ignored, " if Outcome.IGNORED in other.outcomes else ""
    return Witness(
        Sensitivity.CONTROL, unit.text, _place(first), changed, _place(second), ignored + kept
    )


def _difference(
    unit: Unit, kind: Sensitivity, first: HartSnapshot, one: Result, second: HartSnapshot, other: Result
) -> Witness | None:
    """Return a witness if both were done, and the program sees a difference."""
    if one.cause is not None or other.cause is not None or one.seen == other.seen:
        return None
    told = [_place(first), _place(second)]
    if kind is not Sensitivity.MODE:
        hidden = _hidden_part(unit, kind)
        told = [f"{place}, {hidden.format(**_values(unit, state))}" for place, state in
                zip(told, (first, second), strict=True)]  # fmt: skip
    return Witness(kind, unit.text, told[0], _seen(one, other), told[1], _seen(other, one))


def _hidden_part(unit: Unit, kind: Sensitivity) -> str:
    if kind is Sensitivity.LOCATION or unit.csr is None:
        return "satp {satp:#010x}"
    return "{name} {value}"


def _values(unit: Unit, state: HartSnapshot) -> dict[str, object]:
    csr = dict(state.csr)
    name = unit.csr.name if unit.csr is not None else ""
    value = csr.get(name, csr.get("m" + name[1:]))
    shown = f"{value:#010x}" if value is not None else f"as of {state.retired} instructions"
    return {"satp": csr["satp"], "name": name, "value": shown}


def _place(state: HartSnapshot) -> str:
    return f"ring {state.privilege.ring}"


def _seen(result: Result, other: Result) -> str:
    """Tell what a program sees of a result that differs from another."""
    if result.waits:
        return "it waits"
    parts = [
        f"x{number} {value:#010x}"
        for number, value in enumerate(result.x)
        if other.x and other.x[number] != value
    ]
    if result.pc != other.pc:
        parts.append(f"pc {result.pc:#010x}")
    if result.data != other.data and other.data:
        parts.append("other bytes in memory")
    if Outcome.IGNORED in result.outcomes:
        parts.append("ignored")
    return ", ".join(parts).replace(f"x{RESULT} ", "a0 ") or "it is done"


def _effect(result: Result) -> str:
    """Say in a word what became of an instruction below ring 0."""
    if result.cause is not None:
        return "traps"
    if result.waits:
        return "waits"
    if Outcome.LEAKED in result.outcomes:
        return "leaks"
    if Outcome.IGNORED in result.outcomes:
        return "ignored"
    return "executes"
