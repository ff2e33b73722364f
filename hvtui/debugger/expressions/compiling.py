"""From an expression's text to something that is quickly evaluated, again and again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeAlias

from asm.diagnostics import nearest
from asm.isa.width import MASK
from hvtui.debugger.expressions.errors import EvaluationError, ExpressionError, Mark, shown
from hvtui.debugger.expressions.functions import CASTS, FUNCTIONS, READS
from hvtui.debugger.expressions.kinds import WIDE, WORD, Kind
from hvtui.debugger.expressions.names import (
    CsrName,
    MachineName,
    Meaning,
    RegisterName,
    Scope,
    SymbolName,
    meaning_of,
)
from hvtui.debugger.expressions.operators import (
    Part,
    Run,
    choice,
    combined,
    constant,
    converted,
    negated,
)
from hvtui.debugger.expressions.parsing import parse
from hvtui.debugger.expressions.readable import Readable, ReadError
from hvtui.debugger.expressions.tree import Call, Choice, Infix, Name, Node, Number, Prefix


@dataclass(frozen=True, slots=True)
class MemoryPlace:
    """`size` bytes of memory at `address`: physical, or as the current mode sees it."""

    address: int
    size: int
    is_physical: bool


Place: TypeAlias = RegisterName | CsrName | MachineName | MemoryPlace


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that can be evaluated; compiled once, it never changes.

    `text` is how it was written, `kind` which numbers it gives, always the same one if `is_constant`.
    `component` is the one that was looked at, empty if none was: its names needed no qualification.
    """

    text: str
    kind: Kind
    is_constant: bool
    component: str
    _run: Run = field(repr=False)
    _place: Callable[[Readable], Place | None] = field(repr=False)

    def evaluate(self, machine: Readable) -> int:
        """Return its value: below 0 only if its kind is signed. Raises EvaluationError."""
        return self._run(machine)

    def attempt(self, machine: Readable) -> int | EvaluationError:
        """Return its value, or why it has none."""
        try:
            return self._run(machine)
        except EvaluationError as error:
            return error

    def holds(self, machine: Readable) -> bool:
        """Tell whether its value is not 0. Raises EvaluationError."""
        return self._run(machine) != 0

    def place(self, machine: Readable) -> Place | None:
        """Return what it reads, if it is nothing but a register, a CSR, a field or a place in memory.

        That is what can be set or watched. Raises EvaluationError if its address has no value.
        """
        return self._place(machine)


def compile_expression(text: str, scope: Scope) -> Expression:
    """Read an expression whose names are looked up in `scope`, now and for good.

    Raises ExpressionError.
    """
    node = parse(text)
    part = _compile(node, scope)
    component = scope.current.name if scope.current else ""
    place = _place(node, scope)
    return Expression(text, part.kind, part.value is not None, component, part.run, place)


def unreadable(text: str, component: str, error: ExpressionError) -> Expression:
    """Return what stands in for an expression that cannot be read any more: it never has a value."""

    def run(_machine: Readable) -> int:
        raise EvaluationError(error.brief, error.text, error.start, error.end)

    return Expression(text, WORD, False, component, run, lambda _machine: None)


def _compile(node: Node, scope: Scope) -> Part:
    match node:
        case Number(value):
            return constant(value, WORD if value <= WORD.mask else WIDE)
        case Name():
            return _named(meaning_of(node, scope))
        case Prefix(operator, operand):
            return negated(operator, _compile(operand, scope))
        case Infix(operator, left, right, mark):
            return combined(operator, _compile(left, scope), _compile(right, scope), mark)
        case Choice(condition, chosen, other):
            return choice(*(_compile(part, scope) for part in (condition, chosen, other)))
        case Call():
            return _called(node, scope)


def _named(meaning: Meaning) -> Part:
    match meaning:
        case RegisterName(number):
            return Part(WORD, lambda machine: machine.register(number))
        case MachineName(_, kind, read):
            return Part(kind, read)
        case CsrName(name, bits):
            if bits is None:
                return Part(WORD, lambda machine: machine.csr(name))
            low, mask = bits.low, bits.mask >> bits.low
            return Part(WORD, lambda machine: machine.csr(name) >> low & mask)
        case SymbolName(_, symbol):
            return constant(symbol.value & MASK, WORD)


def _place(node: Node, scope: Scope) -> Callable[[Readable], Place | None]:
    if isinstance(node, Call) and node.function in READS:
        size, is_physical = READS[node.function]
        address = _address(_compile(node.argument, scope))
        return lambda machine: MemoryPlace(address(machine), size, is_physical)
    meaning = meaning_of(node, scope) if isinstance(node, Name) else None
    found = None if isinstance(meaning, SymbolName) else meaning
    return lambda machine: found


# Functions


def _called(call: Call, scope: Scope) -> Part:
    function, mark = call.function, call.mark
    if function == "at":
        return _placed(call, scope)
    if function not in FUNCTIONS:
        near = nearest(function, FUNCTIONS)
        expected = "" if near else ", ".join(f"{name}()" for name in FUNCTIONS)
        raise mark.error(f'no function is named "{shown(function)}"', expected, near)
    part = _compile(call.argument, scope)
    if function in CASTS:
        bits, signed = CASTS[function]
        wanted = Kind(min(bits or part.kind.bits, part.kind.bits), signed)
        return converted(converted(part, wanted), Kind(part.kind.bits, signed))
    address = _address(part)
    if function == "phys":
        return Part(WORD, _guarded(lambda machine: machine.physical(address(machine)), mark))
    return Part(WORD, _guarded(_read(*READS[function], address), mark))


def _read(size: int, is_physical: bool, address: Run) -> Run:
    if is_physical:
        return lambda machine: machine.physical_memory(address(machine), size)
    return lambda machine: machine.memory(address(machine), size)


def _address(part: Part) -> Run:
    """Return how an address is computed: of the width of a register, as the hart's are."""
    return converted(part, WORD).run


def _guarded(read: Run, mark: Mark) -> Run:
    def run(machine: Readable) -> int:
        try:
            return read(machine)
        except ReadError as error:
            raise mark.no_value(str(error)) from None

    return run


def _placed(call: Call, scope: Scope) -> Part:
    meaning = meaning_of(call.argument, scope) if isinstance(call.argument, Name) else None
    if not isinstance(meaning, SymbolName):
        expected = "at(SYMBOL) or at(COMPONENT::SYMBOL)"
        raise call.mark.error("at() asks where a symbol lies", expected)
    component, symbol = meaning.component, meaning.symbol
    if symbol.section is None:
        raise call.mark.error(f"{symbol.name} is a plain number of {component.name}: it lies nowhere")
    return constant(symbol.value + component.relocation & MASK, WORD)
