"""What happened in native code, told to those who listen: calls, returns, traps, interrupts, xRETs.

Native code notes it, and here it is told, late but in order, before anything else happens. Who listens
finds the registers, satp, mideleg, what software has written to mip, and the instant as they were then;
memory may be later already, so the events say what their addresses meant (see
`hvtui.machine.events.Urgency`).
"""

from __future__ import annotations

import struct
from functools import cache

from asm.isa.causes import Cause, Interrupt
from asm.isa.trapbits import TrapBit
from asm.isa.width import MASK, XLEN
from hvtui.machine.events import (
    NOT_LOOKED_UP,
    NOTHING_URGENT,
    KernelInstruction,
    Observers,
    Outcome,
    TrapReturned,
    TrapTaken,
)
from hvtui.machine.fast.layout import (
    EVENT_CALL,
    EVENT_KERNEL,
    EVENT_RETURN,
    EVENT_TRAP,
    EVENT_WORDS,
    EVENTS,
    REGISTERS_SIZE,
    UNKNOWN_PLACE,
    Cpu,
)
from hvtui.machine.hart import Hart
from hvtui.machine.hart_state import REGISTERS
from hvtui.machine.privilege import Privilege
from hvtui.machine.trap import bits_of_instruction
from hvtui.machine.trapmap import OUTCOME_OF

_SP = 2
_INTERRUPT = 32
_MODE = 3
_NAMES = {3: "mret", 1: "sret"}
_MODES = {int(mode): mode for mode in Privilege}
_REGISTERS = struct.Struct(f"{REGISTERS}I")


class Telling:
    """Has native code note what somebody wants to hear of, and tells it."""

    def __init__(self, cpu: Cpu, hart: Hart, observers: Observers) -> None:
        self._cpu = cpu
        self._hart = hart
        self._state = hart.state
        self._observers = observers
        self._urgency = NOTHING_URGENT

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
            cpu.event_room = min(probes.room, EVENTS)
            cpu.impatient = not probes.is_patient
        return changes

    def tell(self) -> None:
        """Tell all that was noted. The state is the hart's again, and is so afterwards."""
        cpu, state = self._cpu, self._state
        count = cpu.event_count
        words = cpu.events[: EVENT_WORDS * count]
        cpu.event_count = cpu.pending = 0
        csr = state.csr
        now = state.x.copy(), state.clock.retired, state.pc, state.privilege
        csrs_now = csr["satp"], csr["mip"], csr["mideleg"]
        try:
            for number in range(count):
                noted = words[EVENT_WORDS * number : EVENT_WORDS * (number + 1)]
                kind = noted[0]
                if kind in (EVENT_CALL, EVENT_RETURN):
                    self._tell_jump(noted)
                    continue
                state.x[:] = _REGISTERS.unpack_from(cpu, Cpu.registers.offset + REGISTERS_SIZE * number)
                csr["satp"] = noted[11]
                csr["mip"], csr["mideleg"] = noted[12] & MASK, noted[12] >> XLEN
                if kind == EVENT_TRAP:
                    self._tell_trap(noted)
                elif kind == EVENT_KERNEL:
                    self._tell_kernel(noted)
                else:
                    self._tell_return(noted)
        finally:
            state.x[:], state.clock.retired, state.pc, state.privilege = now
            csr["satp"], csr["mip"], csr["mideleg"] = csrs_now

    def _be_at(self, instant: int) -> None:
        self._state.clock.retired = instant - self._state.traps

    def _tell_jump(self, noted: list[int]) -> None:
        kind, pc, physical, target, link, sp, instant, *_ = noted
        self._state.x[_SP] = sp
        self._be_at(instant)
        if kind == EVENT_CALL:
            self._hart.probes.report_call(pc, physical, target, link)
        else:
            self._hart.probes.report_return(target)

    def _tell_trap(self, noted: list[int]) -> None:
        _, pc, physical, handler, leads_to, classes, instant, code, tval, word, modes, *_ = noted
        state, observers = self._state, self._observers
        origin, target = _MODES[modes & _MODE], _MODES[modes >> 2]
        is_interrupt = code >= _INTERRUPT
        bits = _bits(classes)
        word = 0 if is_interrupt else bits_of_instruction(word)
        if bits and observers.kernel:
            self._be_at(instant)
            state.pc, state.privilege = pc, origin
            met = KernelInstruction(instant, pc, word, origin, _trapped(classes), physical)
            for hear_kernel in tuple(observers.kernel):
                hear_kernel(met)
        cause = Interrupt(code - _INTERRUPT) if is_interrupt else Cause(code)
        event = TrapTaken(
            instant, pc, cause, is_interrupt, tval, word, origin, target, handler, bits,
            physical, _place(leads_to),
        )  # fmt: skip
        self._be_at(instant + 1)
        state.pc, state.privilege = handler, target
        for hear in tuple(observers.trap):
            hear(event)

    def _tell_kernel(self, noted: list[int]) -> None:
        _, pc, physical, _, value, classes, instant, is_lost, _, word, mode, *_ = noted
        state = self._state
        outcomes = self._outcomes(classes, bool(is_lost))
        event = KernelInstruction(instant, pc, word, _MODES[mode], outcomes, physical, value)
        self._be_at(instant)
        state.pc, state.privilege = pc, _MODES[mode]
        for hear in tuple(self._observers.kernel):
            hear(event)

    def _outcomes(self, classes: int, is_lost: bool) -> tuple[tuple[TrapBit, Outcome], ...]:
        if not is_lost:
            return _executed(classes)
        refuses = self._hart.generation.refuses
        return tuple((bit, OUTCOME_OF[refuses(bit)]) for bit in _bits(classes))

    def _tell_return(self, noted: list[int]) -> None:
        _, pc, physical, resumed, leads_to, _, instant, level, _, _, modes, *_ = noted
        state = self._state
        origin, target = _MODES[modes & _MODE], _MODES[modes >> 2]
        event = TrapReturned(
            instant, pc, _NAMES[level], origin, target, resumed, physical, _place(leads_to)
        )
        self._be_at(instant)
        state.pc, state.privilege = resumed, target
        for hear in tuple(self._observers.trap_return):
            hear(event)


@cache
def _bits(classes: int) -> tuple[TrapBit, ...]:
    """Return the classes of a mask; an instruction has its reading class first, which is the lower."""
    return tuple(bit for bit in TrapBit if classes >> bit & 1)


@cache
def _trapped(classes: int) -> tuple[tuple[TrapBit, Outcome], ...]:
    return tuple((bit, Outcome.TRAPPED) for bit in _bits(classes))


@cache
def _executed(classes: int) -> tuple[tuple[TrapBit, Outcome], ...]:
    return tuple((bit, Outcome.EXECUTED) for bit in _bits(classes))


def _place(leads_to: int) -> int:
    return NOT_LOOKED_UP if leads_to == UNKNOWN_PLACE else leads_to
