"""Xtrapmap: what becomes of a kernel instruction below M (design, section 4).

Three rules, in this order: its bit in the trap bitmap is set, so it traps to M; the base
specification allows it in this mode, so it executes; else the CPU's generation decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from asm.isa.causes import Cause
from asm.isa.csrs import COUNT, CSRS_BY_NAME, CsrRow
from asm.isa.decode import INSTRUCTIONS_BY_NAME, Decoded
from asm.isa.instruction import Needs
from asm.isa.trapbits import TrapBit
from hvtui.machine.csr_file import CsrFile
from hvtui.machine.events import KernelInstruction, Observers, Outcome
from hvtui.machine.generations import Generation, Refusal
from hvtui.machine.hart_state import HartState
from hvtui.machine.privilege import Privilege
from hvtui.machine.trap import KernelTrap, Trap

_MSTATUS = CSRS_BY_NAME["mstatus"].fields_by_name

# What becomes of an instruction below M that is refused.
OUTCOME_OF = {
    Refusal.TRAPS: Outcome.TRAPPED,
    Refusal.IGNORED: Outcome.IGNORED,
    Refusal.LEAKS: Outcome.LEAKED,
}
_KEPT = frozenset({Outcome.EXECUTED, Outcome.TRAPPED})
_EFFECTS = {
    Outcome.TRAPPED: "traps",
    Outcome.EXECUTED: "executes",
    Outcome.IGNORED: "ignored",
    Outcome.LEAKED: "leaks",
}

# For each class that reads or writes CSRs, the one that stands for it where one answer is wanted.
_TYPICAL_CSR: Mapping[TrapBit, str] = {
    TrapBit.RDSTATUS: "mstatus",
    TrapBit.WRSTATUS: "mstatus",
    TrapBit.RDTVEC: "mtvec",
    TrapBit.WRTVEC: "mtvec",
    TrapBit.RDTRAP: "mepc",
    TrapBit.WRTRAP: "mepc",
    TrapBit.RDINT: "mie",
    TrapBit.WRINT: "mie",
    TrapBit.RDVM: "satp",
    TrapBit.WRVM: "satp",
    TrapBit.RDCOUNT: "cycle",
    TrapBit.WRCOUNT: "mcycle",
    TrapBit.RDID: "mhartid",
    TrapBit.RDTRAPMAP: "mtrapmap",
    TrapBit.WRTRAPMAP: "mtrapmap",
    TrapBit.RDSUP: "sstatus",
    TrapBit.WRSUP: "sstatus",
}
_INSTRUCTION_OF = {row.kernel: row for row in INSTRUCTIONS_BY_NAME.values() if row.kernel is not None}


class TrapMap:
    """The judge of kernel instructions on a hart of `generation`.

    `check_wait` raises Blocked if a `wfi` cannot retire now.
    """

    def __init__(
        self,
        state: HartState,
        csrs: CsrFile,
        generation: Generation,
        observers: Observers,
        *,
        check_wait: Callable[[], None],
    ) -> None:
        self._state = state
        self._csr = state.csr
        self._csrs = csrs
        self._registers = csrs.by_number
        self._generation = generation
        self._observers = observers
        self._check_wait = check_wait

    # What the rows ask.

    def csr_access(self, csr: int, reads: int, writes: int, decoded: Decoded, pc: int) -> int:
        """Return which of the wanted accesses take place: bit 0 the read, bit 1 the write.

        Raises Trap (illegal instruction) for a CSR that does not exist and for a write to a read-only
        one, KernelTrap if a rule says so.
        """
        register = self._registers.get(csr)
        if register is None or (writes and register.row.read_only):
            raise Trap(Cause.ILLEGAL_INSTRUCTION, decoded.word)
        wanted = reads | writes << 1
        if self._state.privilege is Privilege.M:
            return wanted
        row = register.row
        bits = _classes(row, reads, writes)
        outcomes = self._judge(bits, self.allows_csr(row), decoded, pc)
        taken = 0
        for bit, outcome in zip(bits, outcomes, strict=True):
            is_write = bit is row.trap_class.write
            if outcome is Outcome.EXECUTED or (outcome is Outcome.LEAKED and not is_write):
                taken |= 2 if is_write else 1
        return taken

    def permit(self, decoded: Decoded, pc: int) -> int:
        """Return 1 if the kernel instruction executes, 0 if it is ignored; else raise KernelTrap.

        Raises Blocked for a `wfi` that waits: until it retires nobody is told of it.
        """
        if self._state.privilege is Privilege.M:
            return 1
        row = decoded.row
        if row.kernel is None or row.needs is None:
            raise ValueError(f"{row.name}: a row that asks for leave must say its class and its needs")
        bits, allowed = (row.kernel,), self._allows(row.needs)
        if row.kernel is TrapBit.WFI and self.outcomes(bits, allowed) == (Outcome.EXECUTED,):
            self._check_wait()
        (outcome,) = self._judge(bits, allowed, decoded, pc)
        return int(outcome is Outcome.EXECUTED)

    # The rules.

    def outcomes(self, bits: tuple[TrapBit, ...], allowed: bool) -> tuple[Outcome, ...]:
        """Return what becomes of each class of an instruction below M; traps are for all or none."""
        bitmap = self._csr["mtrapmap"]
        if any(bitmap >> bit & 1 for bit in bits):
            return (Outcome.TRAPPED,) * len(bits)
        if allowed:
            return (Outcome.EXECUTED,) * len(bits)
        refusals = tuple(OUTCOME_OF[self._generation.refuses(bit)] for bit in bits)
        if Outcome.TRAPPED in refusals:
            return (Outcome.TRAPPED,) * len(bits)
        return refusals

    def _judge(
        self, bits: tuple[TrapBit, ...], allowed: bool, decoded: Decoded, pc: int
    ) -> tuple[Outcome, ...]:
        outcomes = self.outcomes(bits, allowed)
        observers = self._observers
        is_lost = observers.lost and not _KEPT.issuperset(outcomes)
        if observers.kernel or is_lost:
            event = KernelInstruction(
                self._state.instant,
                pc,
                decoded.word,
                self._state.privilege,
                tuple(zip(bits, outcomes, strict=True)),
            )
            for observer in (*observers.kernel, *(observers.lost if is_lost else ())):
                observer(event)
        for tally in observers.tallies:
            tally.kernel.update(zip(bits, outcomes, strict=True))
        if outcomes[0] is Outcome.TRAPPED:
            bitmap = self._csr["mtrapmap"]
            exit_bit = min((bit for bit in bits if bitmap >> bit & 1), default=None)
            raise KernelTrap(decoded.word, bits, exit_bit)
        return outcomes

    def allows_csr(self, row: CsrRow) -> bool:
        """Tell whether the base specification lets the current mode use a CSR, reading at least."""
        if row.read_only and row.privilege == Privilege.U and row.trap_class is COUNT:
            return self._counter_is_open(row.number)
        return self._allows(Needs(row.privilege, row.raised_by))

    def _allows(self, needs: Needs) -> bool:
        privilege = self._state.privilege
        if privilege < needs.privilege:
            return False
        if needs.raised_by is None or privilege is not Privilege.S:
            return True
        return not self._csr["mstatus"] & _MSTATUS[needs.raised_by].mask

    def _counter_is_open(self, number: int) -> bool:
        """Look at the gates of the user counters: `mcounteren`, and for U `scounteren` too."""
        privilege = self._state.privilege
        if privilege is Privilege.M:
            return True
        gates = self._csr["mcounteren"]
        if privilege is Privilege.U:
            gates &= self._csr["scounteren"]
        return gates >> (number & 31) & 1 == 1

    def effect_of(self, bit: TrapBit) -> str:
        """Say what an instruction of class `bit` does now: executes, traps, ignored or leaks.

        Where the instructions of a class fare differently, a typical one speaks for it (`satp` for the
        vm classes, `cycle` and `mcycle` for the counters).
        """
        name = _TYPICAL_CSR.get(bit)
        if name is None:
            needs = _INSTRUCTION_OF[bit].needs
            allowed = needs is None or self._allows(needs)
        elif name not in self._csrs.by_name:
            return _EFFECTS[Outcome.TRAPPED]
        else:
            allowed = self.allows_csr(CSRS_BY_NAME[name])
        if self._state.privilege is Privilege.M:
            return _EFFECTS[Outcome.EXECUTED]
        return _EFFECTS[self.outcomes((bit,), allowed)[0]]


def _classes(row: CsrRow, reads: int, writes: int) -> tuple[TrapBit, ...]:
    """Return the classes of an instruction that reads or writes the CSR, or both."""
    write = row.trap_class.write if writes else None
    if write is None:
        return (row.trap_class.read,)
    return (row.trap_class.read, write) if reads else (write,)
