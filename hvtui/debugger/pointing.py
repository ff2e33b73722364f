"""From an expression after a star to the place in memory that its value points at.

    *mepc  *ra  *main+8*2  *word(sp + 12)  *at(main)

What the value is depends on what it was made of. A symbol's is the address that its component was
linked for; a number's, and that of `at` and `phys`, is physical. Any other is an address as the current
mode sees it: but `mepc` and `sepc` point into the mode that the last trap came from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from asm.isa.csrs import CSRS_BY_NAME
from asm.isa.width import MASK
from hvtui.debugger.expressions.compiling import compile_expression
from hvtui.debugger.expressions.errors import Mark
from hvtui.debugger.expressions.functions import READS
from hvtui.debugger.expressions.live import LiveMachine
from hvtui.debugger.expressions.names import (
    CsrName,
    MachineName,
    RegisterName,
    Scope,
    SymbolName,
    meaning_of,
)
from hvtui.debugger.expressions.parsing import parse
from hvtui.debugger.expressions.readable import ReadError
from hvtui.debugger.expressions.tree import Call, Choice, Infix, Name, Node, Number, Prefix
from hvtui.debugger.locations import Location
from hvtui.debugger.positions import Whereabouts
from hvtui.machine.privilege import Privilege
from hvtui.machinefile.system import Component, System

_INSTRUCTION = 4
_PHYSICAL = frozenset({"at", "phys"})
# Where the mode stands that an address in this register belongs to.
_MODES = {"mepc": ("mstatus", "MPP"), "sepc": ("sstatus", "SPP")}


@dataclass(frozen=True, slots=True)
class _Physical:
    """An address in physical memory."""


@dataclass(frozen=True, slots=True)
class _Linked:
    """An address that `component` was linked for."""

    component: Component


@dataclass(frozen=True, slots=True)
class _Virtual:
    """An address as a mode sees it: the current one, or the one that a trap to `register` came from."""

    register: str = ""


_Origin: TypeAlias = _Physical | _Linked | _Virtual


@dataclass(frozen=True, slots=True)
class Pointing:
    """What is needed to follow an expression now."""

    system: System
    scope: Scope
    live: LiveMachine
    whereabouts: Whereabouts

    def place(self, text: str) -> Location:
        """Return where the expression `text` points. Raises ExpressionError, with a caret."""
        expression = compile_expression(text, self.scope)
        value = expression.evaluate(self.live) & MASK
        origins = set(_origins(parse(text), self.scope))
        linked = {origin.component for origin in origins if isinstance(origin, _Linked)}
        virtual = [origin for origin in origins if isinstance(origin, _Virtual)]
        whole = Mark(text, 0, len(text))
        if len(linked) > 1:
            raise whole.error("symbols of several components do not make one address")
        if _Physical() not in origins:
            for component in linked:
                return Location(value + component.relocation & MASK, component, value)
            if virtual:
                return self._seen(value, max(virtual, key=lambda origin: origin.register), whole)
        owner = self.system.component_at(value)
        return Location(value, owner, value - owner.relocation if owner else 0)

    def _seen(self, address: int, origin: _Virtual, whole: Mark) -> Location:
        privilege = self._mode_of(origin.register)
        position = self.whereabouts.at(address, privilege)
        if position.physical is None:
            raise whole.no_value(f"{address:#010x} leads nowhere in {privilege.label}")
        try:
            self.live.physical_memory(position.physical, _INSTRUCTION)
        except ReadError as error:
            raise whole.no_value(f"nothing is executed there: {error}") from None
        return Location(position.physical, position.component, position.linked)

    def _mode_of(self, register: str) -> Privilege:
        if register not in _MODES:
            return self.live.privilege
        csr, field = _MODES[register]
        bits = CSRS_BY_NAME[csr].fields_by_name[field]
        return Privilege((self.live.csr(csr) & bits.mask) >> bits.low)


def _origins(node: Node, scope: Scope) -> Iterator[_Origin]:
    """Yield what a value was made of: whose addresses, but not numbers, which only move them."""
    match node:
        case Number():
            return
        case Name():
            yield from _origin_of(node, scope)
        case Prefix(_, operand, _):
            yield from _origins(operand, scope)
        case Infix(_, left, right, _):
            yield from _origins(left, scope)
            yield from _origins(right, scope)
        case Choice(_, chosen, other):
            yield from _origins(chosen, scope)
            yield from _origins(other, scope)
        case Call(function, argument, _):
            if function in _PHYSICAL:
                yield _Physical()
            elif function in READS:
                yield _Virtual()
            else:
                yield from _origins(argument, scope)


def _origin_of(name: Name, scope: Scope) -> Iterator[_Origin]:
    match meaning_of(name, scope):
        case SymbolName(component, symbol):
            if symbol.section is not None:
                yield _Linked(component)
        case CsrName(csr):
            yield _Virtual(csr if csr in _MODES else "")
        case RegisterName() | MachineName():
            yield _Virtual()
