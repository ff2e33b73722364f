"""Events and stops in words that say all."""

from __future__ import annotations

from collections.abc import Iterable

from asm.disassembly.disassembler import disassemble
from asm.isa.causes import Cause, trap_name
from asm.isa.trapbits import TrapBit
from hvtui.debugger.crossings import Crossing, MachineReset
from hvtui.debugger.positions import Position
from hvtui.machine.events import (
    ExitReason,
    KernelInstruction,
    MachineExit,
    Outcome,
    TrapReturned,
    TrapTaken,
)

# Causes whose mtval is an address that a person wants to see.
ADDRESS_CAUSES = frozenset(
    {
        Cause.MISALIGNED_FETCH,
        Cause.FETCH_ACCESS,
        Cause.MISALIGNED_LOAD,
        Cause.LOAD_ACCESS,
        Cause.MISALIGNED_STORE,
        Cause.STORE_ACCESS,
        Cause.FETCH_PAGE_FAULT,
        Cause.LOAD_PAGE_FAULT,
        Cause.STORE_PAGE_FAULT,
    }
)

_EXITS = {
    ExitReason.FINISHER: "the guest turned the machine off",
    ExitReason.TOHOST: "the guest ended the run through tohost",
}


def name_bits(bits: Iterable[TrapBit]) -> str:
    """``bit 1 wrstatus``, or ``bits 0 rdstatus, 1 wrstatus``."""
    names = [f"{int(bit)} {bit.key}" for bit in bits]
    return (f"bit {names[0]}" if len(names) == 1 else f"bits {', '.join(names)}") if names else ""


def instruction_text(word: int, pc: int) -> str:
    """The instruction `word` at `pc` as a person writes it."""
    return str(disassemble(word, pc))


def rings(crossing: Crossing) -> str:
    """Between which rings: ``ring 1 → ring 0``."""
    return f"ring {crossing.origin.ring} → ring {crossing.target.ring}"


def describe_trap(event: TrapTaken, position: Position) -> str:
    """What trapped, why, where, and between which rings."""
    name = trap_name(event.cause, interrupt=event.is_interrupt).text
    parts = ["interrupt:" if event.is_interrupt else "trap:", name]
    if event.word and event.cause not in _ENVIRONMENT_CALLS:
        parts[-1] += ","
        parts.append(instruction_text(event.word, event.pc))
    if event.bits:
        parts.append(f"({name_bits(event.bits)})")
    if not event.is_interrupt and event.cause in ADDRESS_CAUSES:
        parts.append(f"(address {event.tval:#010x})")
    return f"{' '.join(parts)} {position}, {rings(event)}"


def describe_return(event: TrapReturned, origin: Position, target: Position, kind: str) -> str:
    """An xRET: from where to where. `kind` says what it was: a return, a switch, an injection."""
    there = f"{target.owner or 'code'} at {target.where}"
    return f"{kind}: {event.name} {origin} to {there}, {rings(event)}"


def describe_kernel(event: KernelInstruction, position: Position) -> str:
    """A kernel instruction that did not trap below M: ignored, or leaked."""
    by_outcome: dict[Outcome, list[TrapBit]] = {}
    for bit, outcome in event.outcomes:
        by_outcome.setdefault(outcome, []).append(bit)
    told = " and ".join(outcome.value for outcome in by_outcome)
    bits = name_bits(bit for bit, _ in event.outcomes)
    text = instruction_text(event.word, event.pc)
    return f"{told}: {text} ({bits}) {position}, in ring {event.privilege.ring}"


def describe_reset(event: MachineReset, position: Position) -> str:
    """The guest has had the machine reset."""
    return f"reset: the guest began the machine anew {position}, {rings(event)}"


def describe_exit(event: MachineExit, position: Position) -> str:
    """Why the run ended, and its exit status; for a machine that is stuck, where."""
    if event.reason is ExitReason.STUCK:
        return f"stuck {position}: nothing can ever happen again, no interrupt can come"
    return f"ended: {_EXITS[event.reason]}, exit status {event.code}"


_ENVIRONMENT_CALLS = frozenset({Cause.ECALL_FROM_U, Cause.ECALL_FROM_S, Cause.ECALL_FROM_M})
