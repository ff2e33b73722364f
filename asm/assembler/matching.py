"""Which form the operands of an instruction fit, judged by their shape alone."""

from __future__ import annotations

from collections.abc import Sequence

from asm.assembler.expression import Expression
from asm.assembler.forms import FENCE_SETS, Form, Kind, Slot
from asm.assembler.syntax import Memory, Operand
from asm.isa.registers import REGISTER_NUMBERS


def choose(forms: Sequence[Form], operands: Sequence[Operand]) -> Form | None:
    """Return the first form whose slots the operands fit by their shape, or None."""
    count = len(operands)
    for form in forms:
        slots = form.slots
        if len(slots) == count and all(map(fits, slots, operands)):
            return form
    return None


def fits(slot: Slot, operand: Operand) -> bool:
    """Tell whether `operand` has the shape that `slot` takes."""
    kind = slot.kind
    if kind is Kind.MEMORY or kind is Kind.ADDRESS:
        if isinstance(operand, Memory):
            base = operand.base
            zero = operand.offset.value == 0 and not operand.offset.modifier
            return base.name in REGISTER_NUMBERS and (kind is Kind.MEMORY or zero)
        return isinstance(operand, Expression) and operand.grouped and operand.name in REGISTER_NUMBERS
    if not isinstance(operand, Expression):
        return False
    name = operand.name
    if kind is Kind.REGISTER:
        return name in REGISTER_NUMBERS and not operand.grouped and not operand.modifier
    if kind is Kind.LOW:
        return operand.modifier == "%lo"
    if kind is Kind.FENCE:
        return name in FENCE_SETS
    if kind is Kind.VALUE or kind is Kind.SYMBOL or kind is Kind.TARGET or kind is Kind.CSR:
        return not operand.modifier and not (
            name in REGISTER_NUMBERS and (kind is Kind.VALUE or operand.grouped)
        )
    return name not in REGISTER_NUMBERS
