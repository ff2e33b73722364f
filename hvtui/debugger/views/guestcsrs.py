"""What the guests of virtual machines believe that their CSRs hold: as they wrote them.

A guest's kernel instructions trap, or are ignored, and what a hypervisor makes of them is in its own
tables, in a form that nobody else knows. But the instruction is there to be seen, with its operand,
at the instant when it is met. So the debugger keeps a set of CSRs for each virtual machine and does
to it what the instruction says, as a CPU of the guest's own would. Only writes count: what traps and
xRETs would change stays as it was written.

What the guest was last *told* is kept beside it: what its register held after a CSR was read. On a
CPU without holes under a right hypervisor both agree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple

from asm.isa.csrs import CsrRow
from asm.isa.decode import decode
from asm.isa.width import MASK
from hvtui.debugger.positions import Position
from hvtui.machine.counters import CounterState
from hvtui.machine.csr_file import CsrFile, Register
from hvtui.machine.events import KernelInstruction, Outcome, TrapReturned
from hvtui.machine.generations import Generation
from hvtui.machine.hart import Hart
from hvtui.machine.hart_state import HartState
from hvtui.machine.pmp import Pmp, PmpState
from hvtui.machine.privilege import PRIVILEGE_OF_RING, Privilege
from hvtui.machine.records import record
from hvtui.machinefile.system import Component, System

_INSTRUCTION_LENGTH = 4
# Firmware hands these on to the kernel below it; a guest without firmware finds it done.
_DELEGATIONS = ("medeleg", "mideleg")


@record
class Written:
    """A guest has written a CSR at `instant`; `outcome` is what became of the instruction."""

    instant: int
    outcome: Outcome


@record
class Told:
    """A guest has read a CSR at `instant` and got `value`; `outcome` says who answered.

    TRAPPED: the hypervisor. EXECUTED and LEAKED: the hardware, with its own value.
    """

    instant: int
    value: int
    outcome: Outcome


class _Asked(NamedTuple):
    """A read that trapped: the register `rd` will hold the answer when the guest is back after `pc`."""

    csr: str
    rd: int
    pc: int


class GuestState(NamedTuple):
    """All that is kept of one virtual machine at one instant; `csr` without what is 0."""

    csr: tuple[tuple[str, int], ...]
    counters: tuple[CounterState, CounterState]
    pmp: PmpState
    written: Mapping[str, Written]
    told: Mapping[str, Told]
    asked: _Asked | None


class GuestCsrs:
    """The CSRs of the virtual machine `vm` as its programs wrote them.

    `written` and `told` have the CSRs, by name, that were ever written or read. `pmp` is what the
    guest set up with its own.
    """

    def __init__(self, vm: str, generation: Generation, *, has_firmware: bool) -> None:
        self.vm = vm
        self.pmp = Pmp()
        self.written: dict[str, Written] = {}
        self.told: dict[str, Told] = {}
        self._has_firmware = has_firmware
        self._state = HartState()
        self._file = CsrFile(
            self._state, generation, self.pmp, lines=_zero, time=_zero, settle=_nothing
        )
        self._asked: _Asked | None = None
        self._captured: GuestState | None = None
        self.reset()

    def reset(self) -> None:
        """Begin as after power-on."""
        self._file.reset()
        self.pmp.reset()
        if not self._has_firmware:
            for name in _DELEGATIONS:
                self._file.by_name[name].write(MASK)
        self.written.clear()
        self.told.clear()
        self._asked = None
        self._captured = None

    def value(self, name: str) -> int:
        """Return what a CSR holds by what was written. Raises KeyError if the CPU does not have it."""
        return self._file.by_name[name].read()

    def register(self, number: int) -> Register | None:
        """Return the CSR with a number, None if the CPU does not have it."""
        return self._file.by_number.get(number)

    def write(self, register: Register, value: int, written: Written) -> None:
        """Take down that the guest wrote `value`."""
        register.write(value & MASK)
        self.written[register.row.name] = written
        self._captured = None

    def tell(self, name: str, told: Told) -> None:
        """Take down what the guest got for a CSR."""
        self.told[name] = told
        self._captured = None

    @property
    def asked(self) -> _Asked | None:
        """The read that the hypervisor has not answered yet."""
        return self._asked

    @asked.setter
    def asked(self, asked: _Asked | None) -> None:
        self._asked = asked
        self._captured = None

    def capture(self) -> GuestState:
        """Return the state; the same object as long as nothing has been written or told."""
        if self._captured is None:
            self._captured = GuestState(
                tuple((name, value) for name, value in self._state.csr.items() if value),
                (self._file.mcycle.capture(), self._file.minstret.capture()),
                self.pmp.capture(),
                dict(self.written),
                dict(self.told),
                self._asked,
            )
        return self._captured

    def restore(self, state: GuestState) -> None:
        """Take up a state."""
        self._file.reset()
        self._state.csr.update(state.csr)
        self._file.mcycle.restore(state.counters[0])
        self._file.minstret.restore(state.counters[1])
        self.pmp.restore(state.pmp)
        self.written, self.told = dict(state.written), dict(state.told)
        self._asked, self._captured = state.asked, state


class VirtualCsrs:
    """The CSRs of every virtual machine of `system`, followed as the programs of `hart` run.

    It must be told of each kernel instruction below M and each xRET, with their positions.
    """

    def __init__(self, system: System, hart: Hart) -> None:
        self._hart = hart
        self.guests: Mapping[str, GuestCsrs] = {
            vm: GuestCsrs(vm, hart.generation, has_firmware=_has_firmware(system, vm))
            for vm in virtual_machines(system)
        }

    def reset(self) -> None:
        """The machine begins anew."""
        for guest in self.guests.values():
            guest.reset()

    def kernel_instruction(
        self, event: KernelInstruction, position: Position, x: Sequence[int]
    ) -> None:
        """Take in a kernel instruction, before its effect if it has one; `x` are the registers then."""
        component = position.component
        guest = self.guests.get(component.vm) if component and component.vm else None
        decoded = _decoded(event.word) if guest is not None else None
        if guest is None or decoded is None or "csr" not in decoded.fields:
            return
        fields = decoded.fields
        register = guest.register(fields["csr"])
        if register is None or not _may(position, register.row):
            return
        outcomes = dict(event.outcomes)
        trap_class = register.row.trap_class
        asks = outcomes.get(trap_class.read)
        if asks is not None and fields["rd"]:
            self._ask(guest, register, fields["rd"], event, asks)
        writes = outcomes.get(trap_class.write) if trap_class.write is not None else None
        if writes is not None:
            name = decoded.row.name
            operand = fields["zimm"] if name.endswith("i") else x[fields["rs1"]]
            value = _MODIFIED[name.removesuffix("i")](register.stored(), operand)
            guest.write(register, value, Written(event.instant, writes))

    def trap_return(self, event: TrapReturned, target: Position, x: Sequence[int]) -> None:
        """Take in an xRET to `target`: perhaps with the answer that a guest has waited for.

        `x` are the registers then.
        """
        component = target.component
        guest = self.guests.get(component.vm) if component and component.vm else None
        if guest is None or guest.asked is None:
            return
        asked = guest.asked
        if event.resumed == asked.pc + _INSTRUCTION_LENGTH:
            answer = Told(event.instant, x[asked.rd], Outcome.TRAPPED)
            guest.tell(asked.csr, answer)
            guest.asked = None

    def is_vector(self, position: Position) -> bool:
        """Tell whether the virtual machine that a position belongs to wants traps there."""
        component = position.component
        guest = self.guests.get(component.vm) if component and component.vm else None
        return guest is not None and any(
            position.pc in _entries(guest.value(name)) for name in _VECTORS if name in guest.written
        )

    def capture(self) -> Mapping[str, GuestState]:
        """Return the state of all guests."""
        return {vm: guest.capture() for vm, guest in self.guests.items()}

    def restore(self, state: Mapping[str, GuestState]) -> None:
        """Take up a state."""
        for vm, captured in state.items():
            self.guests[vm].restore(captured)

    def _ask(
        self, guest: GuestCsrs, register: Register, rd: int, event: KernelInstruction, outcome: Outcome
    ) -> None:
        name = register.row.name
        if outcome is Outcome.TRAPPED:
            guest.asked = _Asked(name, rd, event.pc)
        elif outcome is not Outcome.IGNORED:
            value = self._hart.csr_value(name) if event.value is None else event.value
            guest.tell(name, Told(event.instant, value, outcome))


_decoded = lru_cache(maxsize=1024)(decode)


def _entries(vector: int) -> range:
    """Return the addresses that traps lead to under a value of ``mtvec`` or ``stvec``."""
    base, is_vectored = vector & ~3, vector & 3 == 1
    return range(base, base + 4 * (_CAUSES if is_vectored else 1), 4)


def virtual_machines(system: System) -> tuple[str, ...]:
    """Return the names of the system's virtual machines, in the order of their programs."""
    return tuple(dict.fromkeys(known.vm for known in system.components if known.vm is not None))


def believed_privilege(component: Component, file: str | None) -> Privilege | None:
    """Return the mode that a component's code thinks it runs in, None if nobody said."""
    ring = component.belief_in(file)
    return None if ring is None else PRIVILEGE_OF_RING.get(ring)


def _may(position: Position, row: CsrRow) -> bool:
    """Tell whether the code could use a CSR if it were where it thinks: a program may not."""
    component = position.component
    assert component is not None
    believed = believed_privilege(component, position.place.file if position.place else None)
    if believed is None:
        return component.role != "user" or row.privilege == Privilege.U
    return believed >= row.privilege


def _has_firmware(system: System, vm: str) -> bool:
    return any(
        0 in (part.believes, *part.believes_in.values()) for part in system.components if part.vm == vm
    )


_VECTORS = ("mtvec", "stvec")
_CAUSES = 32
_MODIFIED: Mapping[str, Callable[[int, int], int]] = {
    "csrrw": lambda stored, operand: operand,
    "csrrs": lambda stored, operand: stored | operand,
    "csrrc": lambda stored, operand: stored & ~operand,
}


def _zero() -> int:
    return 0


def _nothing() -> None:
    """Stand for what a hart does after a write that moves its address spaces."""
