"""The hart: it puts its parts together, fetches and decodes, and runs ops until something happens."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass

from asm.isa.causes import Cause, Interrupt
from asm.isa.decode import decode
from asm.isa.trapbits import TrapBit
from asm.isa.width import MASK
from hvtui.machine.access import AccessPath
from hvtui.machine.contexts import Op
from hvtui.machine.counters import CounterState
from hvtui.machine.csr_file import CsrFile
from hvtui.machine.devices.clint import Clint
from hvtui.machine.events import Observers
from hvtui.machine.generations import Generation
from hvtui.machine.hart_state import REGISTERS, HartState
from hvtui.machine.interpreter import FETCH_ALIGNMENT, Services, bind
from hvtui.machine.interrupts import Interrupts
from hvtui.machine.memory import Ram
from hvtui.machine.pmp import Pmp, PmpState
from hvtui.machine.privilege import Privilege
from hvtui.machine.probes import Probes
from hvtui.machine.translation import Access
from hvtui.machine.trap import Blocked, Trap, bits_of_instruction
from hvtui.machine.trap_entry import TrapEntry
from hvtui.machine.trapmap import TrapMap

TIMER = 1 << Interrupt.MACHINE_TIMER

_A1 = 11

ECALL_CAUSES = {
    Privilege.U: Cause.ECALL_FROM_U,
    Privilege.S: Cause.ECALL_FROM_S,
    Privilege.M: Cause.ECALL_FROM_M,
}


def _no_op() -> int:
    """Stand for an op where only its probes matter."""
    return 0


@dataclass(frozen=True, slots=True)
class HartSnapshot:
    """A hart's captured state; `csr` holds the stored words in the table's order."""

    x: tuple[int, ...]
    pc: int
    privilege: Privilege
    retired: int
    traps: int
    csr: tuple[tuple[str, int], ...]
    mcycle: CounterState
    minstret: CounterState
    pmp: PmpState
    reservation: int | None


class Hart:
    """One hart of `generation`, with hart id 0.

    `x` are the registers, unsigned; `pc` and `privilege` are exact between steps and in the events of
    traps and returns. `input_helps` tells whether console input could wake a hart that waits for the
    interrupts in the given `mie` bits.
    """

    def __init__(
        self,
        ram: Ram,
        access: AccessPath,
        pmp: Pmp,
        clint: Clint,
        generation: Generation,
        observers: Observers,
        *,
        state: HartState,
        lines: Callable[[], int],
        input_helps: Callable[[int], bool],
    ) -> None:
        self.generation = generation
        self.state = state
        self.x = state.x
        self.access = access
        self.pmp = pmp
        self._clint = clint
        self._clock = state.clock
        self._input_helps = input_helps
        self.interrupts = Interrupts(state, lines)
        self.csrs = CsrFile(
            state, generation, pmp, lines=lines, time=lambda: clint.mtime, settle=self.settle
        )
        self.trapmap = TrapMap(state, self.csrs, generation, observers, check_wait=self.check_wait)
        self.traps_unit = TrapEntry(
            state, ram, generation, observers, settle=self.settle, word_at=self._word_at
        )
        self.probes = Probes(self._physical, access.forget, lambda: state.instant)
        self._services = self._bind_services()
        self.spinning_from: list[int] | None = None
        self.repeats_trap = False

    # What a person and the debugger look at.

    @property
    def pc(self) -> int:
        """The address of the next instruction."""
        return self.state.pc

    @property
    def privilege(self) -> Privilege:
        """The current mode."""
        return self.state.privilege

    @property
    def retired(self) -> int:
        """Instructions retired since reset."""
        return self._clock.retired

    @property
    def traps(self) -> int:
        """Traps and interrupts taken since reset."""
        return self.state.traps

    def csr_value(self, name: str) -> int:
        """Return a CSR's value, whoever may read it. Raises KeyError if there is none of that name."""
        return self.csrs.by_name[name].read()

    def set_csr(self, name: str, value: int) -> None:
        """Write a CSR from outside, made legal as if software wrote it. Raises KeyError likewise."""
        self.csrs.by_name[name].write(value & MASK)

    def set_x(self, number: int, value: int) -> None:
        """Set a register from outside; x0 stays 0. Raises IndexError if there is none."""
        if not 0 <= number < REGISTERS:
            raise IndexError(f"x{number}: there are {REGISTERS} registers")
        if number:
            self.x[number] = value & MASK

    def set_pc(self, address: int) -> None:
        """Set the pc from outside. Raises ValueError for an address that no instruction can have."""
        if address & (FETCH_ALIGNMENT - 1):
            raise ValueError(f"pc {address:#x} is not a multiple of {FETCH_ALIGNMENT}")
        self.state.pc = address & MASK

    def effect_of(self, bit: TrapBit) -> str:
        """Say what a kernel instruction of that class does now: executes, traps, ignored or leaks."""
        return self.trapmap.effect_of(bit)

    # State.

    def reset(self, entry: int, dtb: int = 0) -> None:
        """Go to M mode at `entry`, with the hart id in a0 and the address `dtb` in a1.

        The clock goes on; the counters start from 0.
        """
        state = self.state
        state.x[:] = [0] * REGISTERS
        state.x[_A1] = dtb
        state.pc, state.privilege = entry, Privilege.M
        self.access.reservation = None
        self.csrs.reset()
        self.pmp.reset()
        self.settle()

    def capture(self) -> HartSnapshot:
        """Return the state of the hart, its CSRs, PMP and reservation."""
        state = self.state
        return HartSnapshot(
            tuple(state.x),
            state.pc,
            state.privilege,
            self._clock.retired,
            state.traps,
            tuple(state.csr.items()),
            self.csrs.mcycle.capture(),
            self.csrs.minstret.capture(),
            self.pmp.capture(),
            self.access.reservation,
        )

    def restore(self, snapshot: HartSnapshot) -> None:
        """Go back to a captured state."""
        state = self.state
        state.x[:] = snapshot.x
        state.pc, state.privilege, state.traps = snapshot.pc, snapshot.privilege, snapshot.traps
        self._clock.retired = snapshot.retired
        state.csr.update(snapshot.csr)
        self.csrs.mcycle.restore(snapshot.mcycle)
        self.csrs.minstret.restore(snapshot.minstret)
        self.pmp.restore(snapshot.pmp)
        self.access.reservation = snapshot.reservation
        self.settle()

    def settle(self) -> None:
        """Take up the address spaces of the current mode, and let the run loop look at interrupts."""
        state = self.state
        self.access.switch(state.privilege, state.csr["satp"], state.csr["mstatus"])
        self._clock.leave()

    # Execution.

    def execute(self, count: int, stop_at: Container[int] | None = None) -> None:
        """Execute up to `count` instructions (1 or more); fewer if something is to be looked at.

        Ends early after an instruction that changed the mode, the memory map or the interrupts, at a
        trap, which is taken, and at a pc in `stop_at`. Sets `spinning_from` after a jump to itself
        (to the registers before), and `repeats_trap` after a trap that changed nothing. Raises
        Blocked for a `wfi` that cannot retire.
        """
        clock, state = self._clock, self.state
        pc = state.pc
        ops = self.access.ops
        ticks = clock.start(count)
        try:
            while True:
                try:
                    if stop_at is None:
                        for _ in ticks:
                            pc = ops[pc]()
                    else:
                        for _ in ticks:
                            pc = ops[pc]()
                            if pc in stop_at:
                                break
                    break
                except KeyError:
                    if pc in ops:
                        raise
                pc = self._decode(pc)()
                if stop_at is not None and pc in stop_at:
                    break
        except Trap as trap:
            clock.finish(retires=False)
            state.pc = pc
            self.repeats_trap = self.traps_unit.take_exception(trap)
        except BaseException:
            # A wfi that waits, or something outside the machine: the instruction did not take place.
            clock.finish(retires=False)
            state.pc = pc
            raise
        else:
            clock.finish(retires=True)
            state.pc = pc

    def _decode(self, pc: int) -> Op:
        """Fetch and decode the instruction at `pc`, and remember its op where that is possible."""
        word = self.access.fetch(pc)
        known = self.access.ops.get(pc)
        if known is not None:
            return known  # the fetch led to another region of a meter, where it is decoded
        decoded = decode(word)
        if decoded is None:
            raise Trap(Cause.ILLEGAL_INSTRUCTION, bits_of_instruction(word))
        op = bind(decoded, pc, self.x, self._services)
        if self.probes.is_used:
            op = self.probes.wrap(decoded, pc, op)
        self.access.remember(pc, op)
        return op

    def is_probed(self) -> bool:
        """Tell whether a probe would notice that the instruction at the pc is executed."""
        word = self._word_at(self.state.pc) if self.probes.is_used else None
        decoded = decode(word) if word is not None else None
        return decoded is not None and self.probes.wrap(decoded, self.state.pc, _no_op) is not _no_op

    def _physical(self, pc: int) -> int | None:
        return self.access.explain(pc, Access.FETCH).physical

    def _word_at(self, pc: int) -> int | None:
        try:
            return self.access.fetch(pc)
        except Trap:
            return None

    # What the rows ask for. Each of these has the signature that `interpreter` calls.

    def _bind_services(self) -> Services:
        access = self.access
        return {
            "load1": access.load1,
            "load2": access.load2,
            "load4": access.load4,
            "store1": access.store1,
            "store2": access.store2,
            "store4": access.store4,
            "load_reserved4": access.load_reserved4,
            "store_conditional4": access.store_conditional4,
            "amo_address4": access.amo_address4,
            "read_physical4": access.read_physical4,
            "write_physical4": access.write_physical4,
            "odd_jump": self._odd_jump,
            "environment_call": self._environment_call,
            "breakpoint_trap": self._breakpoint_trap,
            "permit": self.trapmap.permit,
            "csr_access": self.trapmap.csr_access,
            "csr_read": self._csr_read,
            "csr_stored": self._csr_stored,
            "csr_write": self._csr_write,
            "return_from_trap": self.traps_unit.return_from_trap,
            "wait_for_interrupt": self._wait_for_interrupt,
            "fence_translations": self._fence_translations,
            "fence_code": self._fence_code,
        }

    def _odd_jump(self, target: int, pc: int) -> None:
        """Refuse a jump to where no instruction can be; have a jump to itself looked at."""
        if target & (FETCH_ALIGNMENT - 1):
            raise Trap(Cause.MISALIGNED_FETCH, target)
        self.spinning_from = self.x.copy()
        self._clock.leave()

    def _environment_call(self) -> None:
        raise Trap(ECALL_CAUSES[self.state.privilege])

    def _breakpoint_trap(self, pc: int) -> None:
        raise Trap(Cause.BREAKPOINT, pc)

    def _csr_read(self, number: int) -> int:
        return self.csrs.by_number[number].read()

    def _csr_stored(self, number: int) -> int:
        return self.csrs.by_number[number].stored()

    def _csr_write(self, number: int, value: int) -> None:
        self.csrs.by_number[number].write(value)

    def _wait_for_interrupt(self) -> None:
        """Go on at once if an enabled interrupt is pending, else skip the time to the timer's."""
        self.check_wait()
        if not self.interrupts.enabled_and_pending:
            self._clint.skip_to_timer()

    def check_wait(self) -> None:
        """Raise Blocked if no enabled interrupt is pending, and none comes by itself. No more."""
        enabled = self.state.csr["mie"]
        timer_comes = enabled & TIMER and self._clint.timer_comes
        if not (timer_comes or self.interrupts.enabled_and_pending):
            raise Blocked(self._input_helps(enabled))

    def _fence_translations(self, address: int, asid: int) -> None:
        """Do nothing: a translation that is cached never differs from what a walk would find."""

    def _fence_code(self) -> None:
        """Do nothing: a decoded instruction never differs from what a fetch would find."""
