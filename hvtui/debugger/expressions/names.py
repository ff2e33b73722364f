"""What the names in an expression mean: registers, CSRs and their fields, the machine, symbols.

Names of the machine go before symbols, so that `a0` is a register whatever a program calls its data;
``COMPONENT::NAME`` is always a symbol, and ``$NAME`` never.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import TypeAlias

from asm.diagnostics import nearest
from asm.isa.csrs import CSRS, CSRS_BY_NAME, CsrField
from asm.isa.registers import REGISTER_NUMBERS
from asm.isa.trapbits import TRAP_BITS, TrapBit
from asm.program import Symbol
from hvtui.debugger.expressions.errors import ExpressionError, Mark, shown
from hvtui.debugger.expressions.functions import FUNCTIONS
from hvtui.debugger.expressions.kinds import WIDE, WORD, Kind
from hvtui.debugger.expressions.readable import Readable
from hvtui.debugger.expressions.tree import Name
from hvtui.machine.generations import GENERATIONS
from hvtui.machinefile.system import Component, System

# What the grammar takes for a name; a dollar sign in front makes it one of the machine's.
_PLAIN = re.compile(r"[A-Za-z_.][\w.$]*")

# The most candidates that a message lists.
_LISTED = 6


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """What an expression's names are looked up in.

    `current` is the component that a person looks at, whose symbols need no qualification; `csrs` are
    those that the CPU, called `cpu`, has.
    """

    components: tuple[Component, ...] = ()
    current: Component | None = None
    csrs: frozenset[str] = frozenset(CSRS_BY_NAME)
    cpu: str = "this CPU"

    @classmethod
    def of(cls, system: System, current: Component | None = None) -> Scope:
        """Return the scope of a system while `current` runs."""
        return cls(system.components, current, existing_csrs(system.cpu), system.cpu)


@cache
def existing_csrs(cpu: str) -> frozenset[str]:
    """Return the names of the CSRs that a CPU generation has. Raises KeyError if there is none such."""
    generation = GENERATIONS[cpu]
    exists = {None: True, "trapmap": generation.has_trapmap, "mvmcb": generation.has_mvmcb}
    return frozenset(row.name for row in CSRS if exists[row.only_on])


@dataclass(frozen=True, slots=True)
class MachineName:
    """A name for something of the machine that is neither a register nor a CSR."""

    name: str
    kind: Kind
    read: Callable[[Readable], int]
    summary: str


MACHINE_NAMES: Mapping[str, MachineName] = {
    known.name: known
    for known in (
        MachineName("pc", WORD, lambda m: m.pc, "the address of the next instruction"),
        MachineName("ring", WORD, lambda m: m.privilege.ring, "the current ring: 0, 1 or 3"),
        MachineName("mode", WORD, lambda m: m.privilege.mode_bit, "the mode bit: 1 in ring 0, else 0"),
        MachineName("instant", WIDE, lambda m: m.instant, "steps since reset"),
        MachineName("retired", WIDE, lambda m: m.retired, "instructions retired since reset"),
    )
}


@dataclass(frozen=True, slots=True)
class RegisterName:
    """An integer register, x0 to x31."""

    number: int


@dataclass(frozen=True, slots=True)
class CsrName:
    """A CSR, or one field of it."""

    name: str
    field: CsrField | None = None


@dataclass(frozen=True, slots=True)
class SymbolName:
    """A symbol of a component."""

    component: Component
    symbol: Symbol


Meaning: TypeAlias = MachineName | RegisterName | CsrName | SymbolName

# The trap bitmap by its everyday name; the fields of both registers of it are the trap bits.
CSR_ALIASES: Mapping[str, str] = {"trapmap": "mtrapmap", "trapcap": "mtrapcap"}
_BITMAPS = frozenset(CSR_ALIASES.values())
_BITMAP_FIELDS = {bit.key: CsrField(bit.key, int(bit), int(bit)) for bit in TrapBit}
_FIELD_SUMMARIES = {bit.key: info.covers for bit, info in TRAP_BITS.items()}


def csr_fields(name: str) -> Mapping[str, CsrField]:
    """Return the fields of a CSR by their names; those of the trap bitmap are the trap bits."""
    return _BITMAP_FIELDS if name in _BITMAPS else CSRS_BY_NAME[name].fields_by_name


def field_summary(csr: str, field: str) -> str:
    """Say what a field is, as far as the tables tell."""
    if csr in _BITMAPS:
        return _FIELD_SUMMARIES[field]
    bits = CSRS_BY_NAME[csr].fields_by_name[field]
    return f"bit {bits.low}" if bits.high == bits.low else f"bits {bits.high} to {bits.low}"


def meaning_of(written: Name, scope: Scope) -> Meaning:
    """Return what a name means. Raises ExpressionError with what was probably meant."""
    if written.component is not None:
        return _qualified(written.component, written.name, written.mark, scope)
    if not written.is_quoted:
        found = _of_machine(written.name.removeprefix("$"), written.mark, scope)
        if found is not None:
            return found
        if written.name.startswith("$"):
            raise _no_such(written, machine_names(scope), "register or CSR")
    return _symbol(written, scope)


def machine_names(scope: Scope) -> Iterator[str]:
    """Return every name of the machine, without the fields of CSRs."""
    yield from REGISTER_NUMBERS
    yield from MACHINE_NAMES
    yield from (name for name in CSRS_BY_NAME if name in scope.csrs)
    yield from (alias for alias, name in CSR_ALIASES.items() if name in scope.csrs)


def _of_machine(name: str, mark: Mark, scope: Scope) -> Meaning | None:
    number = REGISTER_NUMBERS.get(name)
    if number is not None:
        return RegisterName(number)
    if name in MACHINE_NAMES:
        return MACHINE_NAMES[name]
    head, dot, field = name.partition(".")
    csr = CSR_ALIASES.get(head, head)
    if csr not in CSRS_BY_NAME:
        return None
    if csr not in scope.csrs:
        raise mark.error(f"{scope.cpu} has no CSR {csr}")
    if not dot:
        return CsrName(csr)
    fields = csr_fields(csr)
    found = fields.get(field) or fields.get(field.upper()) or fields.get(field.lower())
    if found is None:
        near = nearest(field, fields)
        raise mark.error(
            f'{head} has no field "{shown(field)}"' if field else f"a field of {head} is missing",
            expected=", ".join(fields) if not near else "",
            suggestion=f"{head}.{near}" if near else "",
        )
    return CsrName(csr, found)


def _qualified(component: str, name: str, mark: Mark, scope: Scope) -> SymbolName:
    for known in scope.components:
        if known.name == component:
            symbol = known.program.symbols.get(name)
            if symbol is not None:
                return SymbolName(known, symbol)
            near = nearest(name, known.program.symbols)
            suggestion = qualified(component, near) if near else ""
            raise mark.error(f'{component} has no symbol "{shown(name)}"', suggestion=suggestion)
    names = [known.name for known in scope.components]
    near = nearest(component, names)
    raise mark.error(
        f'no component is named "{shown(component)}"',
        expected="" if near else _listed(quoted(known) for known in names),
        suggestion=qualified(near, name) if near else "",
    )


def _symbol(written: Name, scope: Scope) -> SymbolName:
    name = written.name
    found = [
        SymbolName(component, component.program.symbols[name])
        for component in scope.components
        if name in component.program.symbols
    ]
    for candidate in found:
        if candidate.component is scope.current:
            return candidate
    if len(found) == 1:
        return found[0]
    if found:
        raise written.mark.error(
            f'{len(found)} components have a symbol "{shown(name)}"',
            expected=_listed(qualified(known.component.name, name) for known in found),
        )
    known = (symbol for component in scope.components for symbol in component.program.symbols)
    if written.is_quoted:
        raise _no_such(written, known, "symbol")
    if name in FUNCTIONS:
        raise written.mark.error(f"{name} is a function", expected=f"{name}(...)")
    raise _no_such(written, (*machine_names(scope), *known), "register, CSR or symbol")


def _no_such(written: Name, known: Iterable[str], what: str) -> ExpressionError:
    name = written.name.removeprefix("$")
    near = nearest(name, known)
    head, dot, field = name.partition(".")
    if not near and dot:
        csr = nearest(head, (*CSRS_BY_NAME, *CSR_ALIASES))
        near = f"{csr}.{shown(field)}" if csr else ""
    dollar = "$" if near and written.name.startswith("$") else ""
    return written.mark.error(f'no {what} is named "{shown(name)}"', suggestion=dollar + near)


def quoted(name: str) -> str:
    """Write a component's or symbol's name as an expression has to: in quotes, if need be."""
    return name if _PLAIN.fullmatch(name) else f'"{name}"'


def qualified(component: str, name: str) -> str:
    """Write a symbol of a component."""
    return f"{quoted(component)}::{quoted(name)}"


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    left_out = len(every) - _LISTED
    return ", ".join(every[:_LISTED]) + (f" and {left_out} more" if left_out > 0 else "")
