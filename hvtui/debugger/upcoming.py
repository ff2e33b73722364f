"""The instruction that runs next: in words, what it does, and what becomes of it in this mode."""

from __future__ import annotations

from dataclasses import dataclass, replace

from asm.disassembly.disassembler import disassemble
from asm.isa.csrs import CSRS_BY_NUMBER
from asm.isa.decode import Decoded, decode
from asm.isa.meaning import Binary, Call, Constant, Expression, Name, Unary, walk
from asm.isa.trapbits import TrapBit
from hvtui.debugger.foretelling import Note, notes_of
from hvtui.debugger.positions import Position, Whereabouts
from hvtui.debugger.rehearsal import Rehearsal
from hvtui.machine.board import Machine
from hvtui.machine.events import Outcome
from hvtui.machine.privilege import Privilege


@dataclass(frozen=True, slots=True)
class Upcoming:
    """The next instruction, and what the next step does.

    `summary` is its help text. `bits` are its classes if it is a kernel instruction, and `outcomes`,
    in the same order, what becomes of each in the current mode. `notes` tell what the step does with
    the values of now, the most telling first; `is_preempted` that an interrupt is taken instead.
    `leads_to` is where the machine stands after it, None if it has ended, and
    `ring_after` the ring that it is in then.
    """

    text: str
    summary: str = ""
    bits: tuple[TrapBit, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    notes: tuple[Note, ...] = ()
    is_preempted: bool = False
    leads_to: Position | None = None
    ring_after: int = 0


def upcoming(rehearsal: Rehearsal, here: Position, whereabouts: Whereabouts) -> Upcoming:
    """Return what stands at `here`, the machine's pc, and what comes of it."""
    told = _instruction(rehearsal.machine, here)
    foretold = rehearsal.foretell()
    if foretold is None:
        return told
    return replace(
        told,
        notes=notes_of(foretold, here, whereabouts),
        is_preempted=foretold.trap is not None and foretold.trap.is_interrupt,
        leads_to=whereabouts.at(foretold.next_pc, foretold.next_privilege),
        ring_after=foretold.next_privilege.ring,
    )


def _instruction(machine: Machine, position: Position) -> Upcoming:
    data = None if position.physical is None else machine.read_physical(position.physical, 4)
    if data is None:
        return Upcoming("(no instruction)", "Nothing can be fetched here: it will trap.")
    word = int.from_bytes(data, "little")
    decoded = decode(word)
    text = str(disassemble(word, position.linked if position.component else position.pc))
    if decoded is None:
        return Upcoming(text, "Not an instruction: it will trap.")
    bits = kernel_classes(decoded)
    return Upcoming(text, decoded.row.summary, bits, _outcomes(machine, decoded, bits))


def kernel_classes(decoded: Decoded) -> tuple[TrapBit, ...]:
    """Return the trap bits of an instruction: none if it is no kernel instruction."""
    if decoded.row.kernel is not None:
        return (decoded.row.kernel,)
    csr = CSRS_BY_NUMBER.get(decoded.fields.get("csr", -1))
    access = next(iter(_accesses(decoded)), None)
    if csr is None or access is None:
        return ()
    reads, writes = (_value(condition, decoded) for condition in access.arguments[1:])
    write = csr.trap_class.write if writes else None
    if write is None:
        return (csr.trap_class.read,)
    return (csr.trap_class.read, write) if reads else (write,)


def _accesses(decoded: Decoded) -> list[Call]:
    return [
        node
        for statement in decoded.row.statements
        for node in walk(statement)
        if isinstance(node, Call) and node.function == "csr_access"
    ]


def _value(expression: Expression, decoded: Decoded) -> int:
    """Evaluate an expression that the instruction's fields alone decide."""
    match expression:
        case Constant(value):
            return value
        case Call("number", (Name(field),)) | Name(field):
            return decoded.fields[field]
        case Unary("not", operand):
            return int(not _value(operand, decoded))
        case Binary("or", left, right):
            return _value(left, decoded) or _value(right, decoded)
        case Binary("and", left, right):
            return _value(left, decoded) and _value(right, decoded)
        case Binary("!=", left, right):
            return int(_value(left, decoded) != _value(right, decoded))
        case Binary("==", left, right):
            return int(_value(left, decoded) == _value(right, decoded))
    raise ValueError(f"{decoded.row.name}: whether it accesses its CSR is said in an unknown way")


def _outcomes(machine: Machine, decoded: Decoded, bits: tuple[TrapBit, ...]) -> tuple[Outcome, ...]:
    hart = machine.hart
    if hart.privilege is Privilege.M:
        return (Outcome.EXECUTED,) * len(bits)
    csr = CSRS_BY_NUMBER.get(decoded.fields.get("csr", -1))
    if csr is None:
        return tuple(_EFFECTS[hart.effect_of(bit)] for bit in bits)
    if csr.name not in hart.csrs.by_name:
        return (Outcome.TRAPPED,) * len(bits)
    return hart.trapmap.outcomes(bits, hart.trapmap.allows_csr(csr))


_EFFECTS = {
    "traps": Outcome.TRAPPED,
    "executes": Outcome.EXECUTED,
    "ignored": Outcome.IGNORED,
    "leaks": Outcome.LEAKED,
}
