"""Addresses that a person may want to see, as expressions."""

from __future__ import annotations

from dataclasses import dataclass

from asm.isa.causes import trap_name
from asm.isa.width import MASK
from hvtui.debugger.expressions.compiling import compile_expression
from hvtui.debugger.session import Session
from hvtui.machine.privilege import Privilege
from hvtui.machine.translation import Access


@dataclass(frozen=True, slots=True)
class Preset:
    """An address that a person may want to see: an expression, how it is used, and why."""

    text: str
    access: Access
    why: str


def evaluate(session: Session, text: str) -> int:
    """Return what an address expression is now. Raises ExpressionError."""
    return compile_expression(text, session.scope).evaluate(session.live) & MASK


def presets(session: Session) -> tuple[Preset, ...]:
    """Return the addresses that matter now: of code, stack, and what the last trap is about."""
    hart = session.machine.hart
    found = [Preset("pc", Access.FETCH, "the next instruction"), Preset("sp", Access.LOAD, "the stack")]
    prefix = {Privilege.M: "m", Privilege.S: "s"}.get(hart.privilege)
    if prefix is None:
        return tuple(found)
    cause = hart.csr_value(f"{prefix}cause")
    access = _FAULTS.get(cause)
    if access is not None:
        name = trap_name(cause, interrupt=False).text
        found.append(Preset(f"{prefix}tval", access, f"the {name}"))
    if hart.csr_value(f"{prefix}epc"):
        found.append(Preset(f"{prefix}epc", Access.FETCH, "what was interrupted"))
    return tuple(found)


_FAULTS = {
    int(cause): access for access in Access for cause in (access.access_fault, access.page_fault)
}
