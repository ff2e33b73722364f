"""Which names could stand at the end of an expression that is being typed."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from asm.isa.csrs import CSRS_BY_NAME
from asm.isa.registers import ABI_NAMES, REGISTER_NUMBERS
from asm.isa.width import MASK
from hvtui.debugger.expressions.functions import FUNCTIONS
from hvtui.debugger.expressions.names import (
    CSR_ALIASES,
    MACHINE_NAMES,
    Scope,
    csr_fields,
    field_summary,
    machine_names,
    qualified,
    quoted,
)
from hvtui.debugger.expressions.parsing import MAX_LENGTH
from hvtui.machinefile.system import Component

MOST = 500


@dataclass(frozen=True, slots=True)
class Completion:
    """`text` could replace what was typed from column `start` on; `summary` says what it is."""

    text: str
    start: int
    summary: str = ""


_WORD = re.compile(
    r"""(?P<name>"[^"]*(?:"|\Z)|[A-Za-z_.$][\w.$]*)
      | (?P<operand>[0-9][\w.]*|'[^']*(?:'|\Z)|\))
      | (?P<sign>::|\S)""",
    re.VERBOSE,
)


def completions(prefix: str, scope: Scope) -> tuple[Completion, ...]:
    """Return what the last name of `prefix`, the text before the cursor, could become.

    In the order of the alphabet, at most `MOST`; nothing where no name can stand.
    """
    words = list(_WORD.finditer(prefix)) if len(prefix) <= MAX_LENGTH else []
    typed, component, start = "", None, len(prefix)
    if words and words[-1].lastgroup == "name" and words[-1].end() == len(prefix):
        last = words.pop()
        typed, start = last[0], last.start()
    if words and words[-1][0] == "::":
        if len(words) < 2 or words[-2].lastgroup != "name":
            return ()
        component, start = words[-2][0].strip('"'), words[-2].start()
        del words[-2:]
    if words and words[-1].lastgroup in ("name", "operand"):
        return ()  # an operator has to come first
    found = [*_of_machine(typed, scope), *_of_programs(typed, scope)] if component is None else []
    for known in scope.components:
        if known.name == component:
            found += _symbols(known, typed, is_qualified=True)
    unique = sorted(dict(found).items())
    return tuple(Completion(text, start, summary) for text, summary in unique[:MOST])


def _of_machine(typed: str, scope: Scope) -> Iterator[tuple[str, str]]:
    dollar = "$" if typed.startswith("$") else ""
    name = typed.removeprefix("$")
    head, dot, field = name.partition(".")
    csr = CSR_ALIASES.get(head, head)
    if dot and csr in scope.csrs:
        for known in csr_fields(csr):
            if known.lower().startswith(field.lower()):
                yield f"{dollar}{head}.{known}", field_summary(csr, known)
        return
    for known in machine_names(scope):
        if known.startswith(name):
            yield dollar + known, _summary(known)
    if not dollar:
        for known, summary in FUNCTIONS.items():
            if known.startswith(name):
                yield f"{known}(", summary


def _summary(name: str) -> str:
    if name in REGISTER_NUMBERS:
        number = REGISTER_NUMBERS[name]
        return f"register {ABI_NAMES[number] if name == f'x{number}' else f'x{number}'}"
    if name in MACHINE_NAMES:
        return MACHINE_NAMES[name].summary
    return CSRS_BY_NAME[CSR_ALIASES.get(name, name)].summary


def _of_programs(typed: str, scope: Scope) -> Iterator[tuple[str, str]]:
    if typed.startswith("$"):
        return
    wanted = typed.removeprefix('"')
    for component in scope.components:
        if component.name.startswith(wanted):
            yield f"{quoted(component.name)}::", f"symbols of {component.name}"
    reserved = set() if typed.startswith('"') else {*machine_names(scope)}
    counts = Counter(name for component in scope.components for name in component.program.symbols)
    current = scope.current.program.symbols if scope.current is not None else {}
    for component in scope.components:
        for text, summary in _symbols(component, typed, is_qualified=False):
            name = text.strip('"')
            is_bare = component is scope.current or counts[name] == 1
            if is_bare and name not in reserved:
                yield text, summary
            elif name in reserved or name not in current:
                yield qualified(component.name, name), summary


def _symbols(component: Component, typed: str, *, is_qualified: bool) -> Iterator[tuple[str, str]]:
    wanted = typed.removeprefix('"')
    for name, symbol in component.program.symbols.items():
        if name.startswith(wanted):
            text = qualified(component.name, name) if is_qualified else quoted(name)
            kind = "number" if symbol.section is None else "label"
            yield text, f"{kind} of {component.name}, {symbol.value & MASK:#010x}"
