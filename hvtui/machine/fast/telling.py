"""What happened in native code, told to those who listen: calls, returns, traps, interrupts, xRETs.

Native code notes it, and here it is told, late but in order, before anything else happens. Who listens
finds the registers, satp, mideleg, what software has written to mip, and the instant as they were then;
memory may be later already, so the events say what their addresses meant (see
`hvtui.machine.events.Urgency`). Who does not look there is given all that along with the event.
"""

from __future__ import annotations

import struct
from functools import cache
from typing import TypeAlias

from asm.isa.causes import Cause, Interrupt
from asm.isa.trapbits import TrapBit
from asm.isa.width import MASK, XLEN
from hvtui.machine.events import (
    NOT_LOOKED_UP,
    NOTHING_URGENT,
    Detached,
    KernelInstruction,
    Observers,
    Outcome,
    Then,
    TrapReturned,
    TrapTaken,
)
from hvtui.machine.fast.layout import (
    EVENT_CALL,
    EVENT_KERNEL,
    EVENT_RETURN,
    EVENT_TRAP,
    EVENT_WORDS,
    EVENT_XRET,
    EVENTS,
    UNKNOWN_PLACE,
    Cpu,
)
from hvtui.machine.hart import Hart
from hvtui.machine.hart_state import REGISTERS
from hvtui.machine.privilege import Privilege
from hvtui.machine.trap import bits_of_instruction
from hvtui.machine.trapmap import OUTCOME_OF

_INTERRUPT = 32
_MODE = 3
_NAMES = {3: "mret", 1: "sret"}
_MODES = {int(mode): mode for mode in Privilege}
_CAUSES: dict[int, Cause | Interrupt] = {int(cause): cause for cause in Cause} | {
    _INTERRUPT + interrupt: interrupt for interrupt in Interrupt
}
# An event as it was noted; see `layout.EVENT_WORDS`.
_Noted: TypeAlias = tuple[int, ...]
_NOTED = struct.Struct(f"{EVENT_WORDS}Q")


class Telling:
    """Has native code note what somebody wants to hear of, and tells it."""

    def __init__(self, cpu: Cpu, hart: Hart, observers: Observers) -> None:
        self._cpu = cpu
        self._hart = hart
        self._state = hart.state
        self._observers = observers
        self._urgency = NOTHING_URGENT
        self._events = memoryview(cpu.events).cast("B")
        self._registers = memoryview(cpu.registers).cast("B").cast("I")

    def enter(self) -> None:
        """Tell native code who listens to what, and what must not be told late."""
        cpu, observers = self._cpu, self._observers
        cpu.listens_trap = bool(observers.trap)
        cpu.listens_return = bool(observers.trap_return)
        cpu.listens_kernel = bool(observers.kernel)
        cpu.listens_lost = bool(observers.lost)
        cpu.late = False
        if observers.late and (observers.trap or not observers.kernel):
            urgency = observers.urgency()
            if urgency is not None:
                cpu.late = True
                if urgency is not self._urgency:
                    self._urgency = urgency
                    cpu.urgent_causes, cpu.urgent_bits = urgency.causes, urgency.bits
                    cpu.urgent_returns, cpu.urgent_lost = urgency.returns, urgency.lost

    def follow(self) -> bool:
        """See how calls and returns are to be noted; return whether that has begun or ended."""
        cpu, probes = self._cpu, self._hart.probes
        changes = bool(cpu.follows) is not probes.follows
        cpu.follows = probes.follows
        if cpu.follows:
            # One instruction can be both a return and a call.
            cpu.event_room = min(probes.late.room, EVENTS) if probes.late is not None else 0
            cpu.impatient = not probes.is_patient
        return changes

    def tell(self) -> None:
        """Tell all that was noted. The state is the hart's again, and is so afterwards."""
        cpu, state = self._cpu, self._state
        events = self._events[: _NOTED.size * cpu.event_count]
        cpu.event_count = cpu.pending = 0
        detached = self._observers.all_detached()
        if detached is not None:
            self._tell_detached(events, detached)
            return
        csr = state.csr
        now = state.x.copy(), state.clock.retired, state.pc, state.privilege
        csrs_now = csr["satp"], csr["mip"], csr["mideleg"]
        try:
            for number, noted in enumerate(_NOTED.iter_unpack(events)):
                if noted[0] <= EVENT_RETURN:
                    self._tell_jump(noted)
                else:
                    self._tell_looking(noted, number * REGISTERS)
        finally:
            state.x[:], state.clock.retired, state.pc, state.privilege = now
            csr["satp"], csr["mip"], csr["mideleg"] = csrs_now

    def _tell_jump(self, noted: _Noted) -> None:
        kind, site, physical, target, link, sp, instant, *_ = noted
        ears = self._hart.probes.late
        assert ears is not None, "a jump was noted, and nobody hears of it late"
        if kind == EVENT_CALL:
            ears.call(site, physical, target, link, sp, instant)
        else:
            ears.ret(target, sp)

    def _tell_detached(self, events: memoryview, detached: Detached) -> None:
        """Tell events along with what there was, to who does not look at the machine."""
        traps, returns, kernels = detached
        registers, after = self._registers, 0
        for noted in _NOTED.iter_unpack(events):
            first, after = after, after + REGISTERS
            kind, _, _, _, _, classes, _, _, _, _, _, satp, interrupts = noted
            if kind <= EVENT_RETURN:
                self._tell_jump(noted)
                continue
            then = Then(registers[first:after], satp, interrupts)
            if kind == EVENT_XRET:
                returned = _return(noted)
                for hear_return in returns:
                    hear_return(returned, then)
                continue
            if kernels and (kind == EVENT_KERNEL or classes):
                met = self._kernel(noted)
                for hear_kernel in kernels:
                    hear_kernel(met, then)
            if kind == EVENT_TRAP:
                taken = _trap(noted)
                for hear_trap in traps:
                    hear_trap(taken, then)

    def _tell_looking(self, noted: _Noted, first: int) -> None:
        """Tell an event with the machine as it was."""
        state, observers = self._state, self._observers
        csr = state.csr
        kind, pc, _, target, _, classes, instant, _, _, _, modes, csr["satp"], interrupts = noted
        csr["mip"], csr["mideleg"] = interrupts & MASK, interrupts >> XLEN
        state.x[:] = self._registers[first : first + REGISTERS]
        self._be_at(instant)
        if kind == EVENT_XRET:
            state.pc, state.privilege = target, _MODES[modes >> 2]
            returned = _return(noted)
            for hear_return in tuple(observers.trap_return):
                hear_return(returned)
            return
        if observers.kernel and (kind == EVENT_KERNEL or classes):
            state.pc, state.privilege = pc, _MODES[modes & _MODE]
            met = self._kernel(noted)
            for hear_kernel in tuple(observers.kernel):
                hear_kernel(met)
        if kind == EVENT_TRAP:
            self._be_at(instant + 1)
            state.pc, state.privilege = target, _MODES[modes >> 2]
            taken = _trap(noted)
            for hear_trap in tuple(observers.trap):
                hear_trap(taken)

    def _be_at(self, instant: int) -> None:
        self._state.clock.retired = instant - self._state.traps

    def _kernel(self, noted: _Noted) -> KernelInstruction:
        """Return the event of a kernel instruction: one that a trap is about, or that did not trap."""
        kind, pc, physical, _, value, classes, instant, is_lost, _, word, modes, _, _ = noted
        mode = _MODES[modes & _MODE]
        if kind == EVENT_TRAP:
            outcomes = _outcomes(classes, Outcome.TRAPPED)
            return KernelInstruction(instant, pc, bits_of_instruction(word), mode, outcomes, physical)
        outcomes = self._lost(classes) if is_lost else _outcomes(classes, Outcome.EXECUTED)
        return KernelInstruction(instant, pc, word, mode, outcomes, physical, value)

    def _lost(self, classes: int) -> tuple[tuple[TrapBit, Outcome], ...]:
        refuses = self._hart.generation.refuses
        return tuple((bit, OUTCOME_OF[refuses(bit)]) for bit in _bits(classes))


def _trap(noted: _Noted) -> TrapTaken:
    _, pc, physical, handler, leads_to, classes, instant, code, tval, word, modes, _, _ = noted
    is_interrupt = code >= _INTERRUPT
    word = 0 if is_interrupt else bits_of_instruction(word)
    return TrapTaken(
        instant, pc, _CAUSES[code], is_interrupt, tval, word, _MODES[modes & _MODE],
        _MODES[modes >> 2], handler, _bits(classes) if classes else (), physical,
        NOT_LOOKED_UP if leads_to == UNKNOWN_PLACE else leads_to,
    )  # fmt: skip


def _return(noted: _Noted) -> TrapReturned:
    _, pc, physical, resumed, leads_to, _, instant, level, _, _, modes, _, _ = noted
    return TrapReturned(
        instant, pc, _NAMES[level], _MODES[modes & _MODE], _MODES[modes >> 2], resumed, physical,
        NOT_LOOKED_UP if leads_to == UNKNOWN_PLACE else leads_to,
    )  # fmt: skip


@cache
def _bits(classes: int) -> tuple[TrapBit, ...]:
    """Return the classes of a mask; an instruction has its reading class first, which is the lower."""
    return tuple(bit for bit in TrapBit if classes >> bit & 1)


@cache
def _outcomes(classes: int, outcome: Outcome) -> tuple[tuple[TrapBit, Outcome], ...]:
    return tuple((bit, outcome) for bit in _bits(classes))
