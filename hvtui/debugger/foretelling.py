"""What was foretold of the next step, in words: short notes, the most telling first."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from asm.isa.causes import trap_name
from asm.isa.csrs import CSRS_BY_NAME
from asm.isa.registers import ABI_NAMES
from asm.isa.width import SIGN_BIT
from hvtui.debugger.narration import ADDRESS_CAUSES
from hvtui.debugger.positions import Position, Whereabouts
from hvtui.debugger.rehearsal import CsrWrite, Foretold
from hvtui.debugger.still_memory import DeviceEffects, MemoryUse
from hvtui.machine.events import Outcome, TrapReturned, TrapTaken
from hvtui.machine.probes import LINK_REGISTERS

# Numbers of one digit are told in decimals.
_DIGITS = 10
# Memory is named by the nearest label if that is no further away (bytes).
_NEAR = 0x400
# More changed fields of a CSR than these, and wider ones, are not told one by one.
_MOST_FIELDS = 3
_FLAG_BITS = 4


class Tone(Enum):
    """What a note is about."""

    TRAP = "trap"
    RETURN = "return"
    LOST = "ignored or leaked"
    WAIT = "wait"
    JUMP = "jump"
    RESULT = "result"
    MEMORY = "memory"
    READ = "read"


@dataclass(frozen=True, slots=True)
class Note:
    """A few words about the next step."""

    text: str
    tone: Tone


def notes_of(foretold: Foretold, here: Position, whereabouts: Whereabouts) -> tuple[Note, ...]:
    """Return what there is to tell of a step at `here`."""
    return tuple(_notes(foretold, here, whereabouts))


def destination(foretold: Foretold, whereabouts: Whereabouts) -> Position:
    """Return where the step leads."""
    return whereabouts.at(foretold.next_pc, foretold.next_privilege)


def number(value: int) -> str:
    """A word as short as it can be told: ``3``, ``-1``, ``0x1f``."""
    signed = (value ^ SIGN_BIT) - SIGN_BIT
    return str(signed) if -_DIGITS < signed < _DIGITS else f"{value:#x}"


def _notes(foretold: Foretold, here: Position, whereabouts: Whereabouts) -> Iterator[Note]:
    target = destination(foretold, whereabouts)
    if foretold.trap is not None:
        yield Note(_trap(foretold.trap, target), Tone.TRAP)
        if foretold.trap.is_interrupt:
            return
    elif foretold.returned is not None:
        yield Note(_return(foretold.returned, target), Tone.RETURN)
    elif foretold.waits:
        yield Note("… waits: no interrupt is pending", Tone.WAIT)
    else:
        yield from _effects(foretold, here, target)
    if foretold.memory is not None and foretold.trap is None:
        yield from _memory(foretold.memory, foretold.effects, whereabouts)
    reads = [f"{ABI_NAMES[register]}={number(value)}" for register, value in foretold.registers]
    written = foretold.csr_written
    reads += [
        f"{name}={number(value)}"
        for name, value in foretold.csrs
        if written is None or name != written.name
    ]
    if reads:
        yield Note(" ".join(reads), Tone.READ)


def _trap(event: TrapTaken, target: Position) -> str:
    name = trap_name(event.cause, interrupt=event.is_interrupt).text
    if event.is_interrupt:
        return f"↯ {name} first: to {target.where} (ring {event.target.ring})"
    if event.cause in ADDRESS_CAUSES:
        name += f" at {event.tval:#x}"
    return f"→ traps to {target.where} (ring {event.target.ring}): {name}"


def _return(event: TrapReturned, target: Position) -> str:
    return f"↩ {event.name} to ring {event.target.ring} at {target.where}"


def _effects(foretold: Foretold, here: Position, target: Position) -> Iterator[Note]:
    """Tell what an instruction does that neither traps nor waits."""
    decoded = foretold.decoded
    if foretold.kernel is not None:
        yield from _kernel({outcome for _, outcome in foretold.kernel.outcomes})
    if decoded is None:
        return
    following = here.pc + decoded.row.encoding.length
    if foretold.taken is not None:
        place = _place(target, here)
        yield Note(f"⟶ taken to {place}" if foretold.taken else "not taken", Tone.JUMP)
    elif foretold.next_pc != following:
        yield Note(f"⟶ {_jump(foretold, target)}{_place(target, here)}", Tone.JUMP)
    if foretold.written is not None and not _is_link(foretold, following):
        register, value = foretold.written
        yield Note(f"→ {ABI_NAMES[register]} = {number(value)}{_label(value, here)}", Tone.RESULT)
    if foretold.skips_time is not None:
        told = "skips the time to the timer interrupt" if foretold.skips_time else "goes on at once"
        yield Note(f"… {told}", Tone.WAIT)
    if foretold.csr_written is not None:
        yield Note(f"→ {_csr(foretold.csr_written)}", Tone.RESULT)


def _kernel(outcomes: set[Outcome]) -> Iterator[Note]:
    if Outcome.LEAKED in outcomes:
        lost = ", the write is lost" if Outcome.IGNORED in outcomes else ""
        yield Note(f"! leaks the real value{lost}", Tone.LOST)
    elif Outcome.IGNORED in outcomes:
        yield Note("∅ ignored: the pc moves on, no more", Tone.LOST)


def _jump(foretold: Foretold, target: Position) -> str:
    """Say what a jump is for, by its link registers (unprivileged specification, table 2.1)."""
    link = foretold.written[0] if foretold.written is not None else 0
    if link in LINK_REGISTERS:
        return "calls "
    through_link = not LINK_REGISTERS.isdisjoint(register for register, _ in foretold.registers)
    return "returns to " if through_link and target.offset else ""


def _is_link(foretold: Foretold, following: int) -> bool:
    return foretold.written is not None and foretold.next_pc != following == foretold.written[1]


def _place(target: Position, here: Position) -> str:
    """Name a place to jump to: a label, a line or an address."""
    name = target.label if target.label and not target.offset else target.where
    other = target.component is not here.component and target.component is not None
    return f"{name} in {target.owner}" if other else name


def _label(value: int, here: Position) -> str:
    """Name the label that a value is the address of, in the running program."""
    found = here.component.program.label_at(value) if here.component is not None else None
    return f" ({found[0].name})" if found is not None and not found[1] else ""


def _csr(written: CsrWrite) -> str:
    """``mstatus.MIE 1 → 0``, or the whole word where that is shorter."""
    fields = CSRS_BY_NAME[written.name].fields
    changed = [field for field in fields if (written.before ^ written.after) & field.mask]
    are_flags = all(field.high - field.low < _FLAG_BITS for field in changed)
    if are_flags and 0 < len(changed) <= _MOST_FIELDS:
        told = (
            f"{field.name} {number(field.of(written.before))} → {number(field.of(written.after))}"
            for field in changed
        )
        return f"{written.name}.{', '.join(told)}"
    if written.before == written.after:
        return f"{written.name} stays {number(written.after)}"
    return f"{written.name} {number(written.before)} → {number(written.after)}"


def _memory(use: MemoryUse, effects: DeviceEffects | None, whereabouts: Whereabouts) -> Iterator[Note]:
    name = _memory_name(use, whereabouts)
    if use.after is None:
        yield Note(f"from {name}", Tone.MEMORY)
    else:
        old = f"{number(use.before)} → " if use.before is not None else ""
        old = "stays " if use.before == use.after else old
        yield Note(f"→ {name}: {old}{number(use.after)}", Tone.MEMORY)
    if effects is not None:
        yield from _device(effects)


def _memory_name(use: MemoryUse, whereabouts: Whereabouts) -> str:
    """``counter+0x4 0x80401f08``, with the physical address where that is another."""
    parts = [f"{use.address:#x}"]
    if use.device:
        parts.insert(0, use.device)
    elif use.physical is not None:
        position = whereabouts.of(use.address, use.physical)
        if position.label and position.offset <= _NEAR:
            parts.insert(0, position.symbol)
    if use.physical is not None and use.physical != use.address:
        parts.append(f"(physical {use.physical:#x})")
    return " ".join(parts)


def _device(effects: DeviceEffects) -> Iterator[Note]:
    if effects.exit_status is not None:
        yield Note(f"□ ends the run, exit status {effects.exit_status}", Tone.WAIT)
    if effects.resets:
        yield Note("□ resets the machine", Tone.WAIT)
    if effects.output:
        text = effects.output.decode("latin-1")
        yield Note(f"writes {text!r} to the console", Tone.MEMORY)
