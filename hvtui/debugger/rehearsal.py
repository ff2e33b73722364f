"""The next step, rehearsed: everything it will do, found by doing it where it changes nothing.

The instruction's row is bound as for the real hart, but to services that work on copies: registers,
CSRs and PMP, and a memory that notes what would be stored. Who judges kernel instructions and who
takes traps are the hart's own parts, put together around the copy. So nothing here knows an
instruction by name, and what is foretold comes true.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from asm.isa.causes import Cause
from asm.isa.decode import Decoded, decode
from asm.isa.instruction import Instruction
from asm.isa.meaning import Call, Name, When, walk
from hvtui.debugger.still_memory import DeviceEffects, MemoryUse, StillMemory
from hvtui.machine.board import Machine
from hvtui.machine.csr_file import CsrFile, Register
from hvtui.machine.events import KernelInstruction, Observers, TrapReturned, TrapTaken
from hvtui.machine.hart import ECALL_CAUSES
from hvtui.machine.hart_state import HartState
from hvtui.machine.interpreter import FETCH_ALIGNMENT, bind
from hvtui.machine.memory import Ram
from hvtui.machine.pmp import Pmp
from hvtui.machine.privilege import Privilege
from hvtui.machine.translation import Access
from hvtui.machine.trap import Blocked, Trap, bits_of_instruction
from hvtui.machine.trap_entry import TrapEntry
from hvtui.machine.trapmap import TrapMap


@dataclass(frozen=True, slots=True)
class CsrWrite:
    """A CSR that the instruction writes: what it reads as before, and to the next instruction."""

    name: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Foretold:
    """What the next step does.

    `taken` tells whether a branch is taken, and is None for all that is none. `registers` are the
    numbers and values that are read, `csrs` the names and values; `written` is the register that
    gets a value, with it. `trap` is the trap or interrupt that is taken instead of what the
    instruction does, `returned` the xRET, `kernel` what becomes of a kernel instruction below M.
    `waits` tells of a `wfi` that cannot go on; the step does not take place then. `skips_time` tells
    of one that can whether it moves the time to the timer interrupt; it is None for all others.
    """

    decoded: Decoded | None
    next_pc: int
    next_privilege: Privilege
    taken: bool | None = None
    registers: tuple[tuple[int, int], ...] = ()
    csrs: tuple[tuple[str, int], ...] = ()
    written: tuple[int, int] | None = None
    csr_written: CsrWrite | None = None
    memory: MemoryUse | None = None
    effects: DeviceEffects | None = None
    trap: TrapTaken | None = None
    returned: TrapReturned | None = None
    kernel: KernelInstruction | None = None
    waits: bool = False
    skips_time: bool | None = None


class Rehearsal:
    """Rehearses steps of `machine`, between its moves; `state` is then as after the step."""

    def __init__(self, machine: Machine) -> None:
        hart = machine.hart
        self.machine = machine
        self.state = HartState()
        self.state.x = self._x = _Registers(self.state.x)
        self.pmp = Pmp()
        self.memory = StillMemory(machine)
        self._word = 0
        self._pc = 0
        self._trap: TrapTaken | None = None
        self._returned: TrapReturned | None = None
        self._kernel: KernelInstruction | None = None
        self._read: list[tuple[str, int]] = []
        self._written: tuple[Register, int] | None = None
        self._skips_time: bool | None = None
        observers = Observers([self._on_trap], [self._on_return], [self._on_kernel])
        self.csrs = CsrFile(
            self.state,
            machine.generation,
            self.pmp,
            lines=hart.interrupts.lines,
            time=lambda: machine.clint.mtime,
            settle=_nothing,
        )
        self._trapmap = TrapMap(
            self.state, self.csrs, machine.generation, observers, check_wait=hart.check_wait
        )
        self._trap_entry = TrapEntry(
            self.state,
            _UntouchedRam(machine.ram),
            machine.generation,
            observers,
            settle=_nothing,
            word_at=lambda _pc: self._word,
        )
        self._services = self._bind_services()

    def foretell(self) -> Foretold | None:
        """Return what the next step does, None if the machine has ended."""
        machine = self.machine
        if machine.exit is not None:
            return None
        self._begin()
        interrupt = machine.hart.interrupts.next()
        if interrupt is not None:
            self._trap_entry.take_interrupt(*interrupt)
            return self._told(None)
        decoded = None
        try:
            decoded = self._fetch()
            self.state.clock.is_executing = True
            self.state.pc = bind(decoded, self._pc, self._x, self._services)()
        except Trap as trap:
            self._trap_entry.take_exception(trap)
        except Blocked:
            return self._told(decoded, waits=True)
        else:
            self.state.clock.retired += 1
        return self._told(decoded)

    def _begin(self) -> None:
        """Make the copy as the hart is."""
        hart, state = self.machine.hart, self.state
        self._x.begin(hart.x)
        state.csr.update(hart.state.csr)
        state.pc = self._pc = hart.pc
        state.privilege, state.traps = hart.privilege, hart.traps
        state.clock.retired = hart.retired
        self.csrs.mcycle.restore(hart.csrs.mcycle.capture())
        self.csrs.minstret.restore(hart.csrs.minstret.capture())
        protection = hart.pmp.capture()
        if protection != self.pmp.capture():
            self.pmp.restore(protection)
        self.memory.begin()
        self._word = 0
        self._trap = self._returned = self._kernel = self._written = None
        self._read = []
        self._skips_time = None

    def _fetch(self) -> Decoded:
        """Return the instruction at the pc. Raises Trap as a fetch of the hart would."""
        pc = self._pc
        if pc & (FETCH_ALIGNMENT - 1):
            raise Trap(Cause.MISALIGNED_FETCH, pc)
        found = self.machine.hart.access.explain(pc, Access.FETCH, None, FETCH_ALIGNMENT)
        data = (
            None if found.physical is None else self.machine.ram.read(found.physical, FETCH_ALIGNMENT)
        )
        if data is None:
            raise Trap(found.cause or Cause.FETCH_ACCESS, pc)
        self._word = int.from_bytes(data, "little")
        decoded = decode(self._word)
        if decoded is None:
            raise Trap(Cause.ILLEGAL_INSTRUCTION, bits_of_instruction(self._word))
        return decoded

    def _told(self, decoded: Decoded | None, *, waits: bool = False) -> Foretold:
        state, x = self.state, self.machine.hart.x
        numbers = _registers_read(decoded) if decoded is not None else ()
        return Foretold(
            decoded,
            state.pc,
            state.privilege,
            taken=self._is_taken(decoded) if decoded is not None else None,
            registers=tuple((number, x[number]) for number in numbers),
            csrs=tuple(dict.fromkeys(self._read)),
            written=self._x.written,
            csr_written=self._csr_written(),
            memory=self.memory.use,
            effects=self.memory.effects,
            trap=self._trap,
            returned=self._returned,
            kernel=self._kernel,
            waits=waits,
            skips_time=self._skips_time,
        )

    def _is_taken(self, decoded: Decoded) -> bool | None:
        """Tell whether a branch is taken: whether it goes on elsewhere, or would if it led there."""
        if not _is_conditional_jump(decoded.row) or self._trap is not None:
            return None
        length = decoded.row.encoding.length
        if self.state.pc != self._pc + length or decoded.fields["target"] != length:
            return self.state.pc != self._pc + length
        elsewhere = replace(decoded, fields={**decoded.fields, "target": 2 * length})
        return bind(elsewhere, self._pc, self._x, self._services)() != self._pc + length

    def _csr_written(self) -> CsrWrite | None:
        if self._written is None:
            return None
        register, before = self._written
        return CsrWrite(register.row.name, before, register.read())

    # What the parts tell

    def _on_trap(self, event: TrapTaken) -> None:
        self._trap = event

    def _on_return(self, event: TrapReturned) -> None:
        self._returned = event

    def _on_kernel(self, event: KernelInstruction) -> None:
        self._kernel = event

    # What the rows ask for

    def _bind_services(self) -> Mapping[str, Callable[..., object]]:
        return {
            **self.memory.services(),
            "odd_jump": _odd_jump,
            "environment_call": self._environment_call,
            "breakpoint_trap": _breakpoint_trap,
            "permit": self._trapmap.permit,
            "csr_access": self._trapmap.csr_access,
            "csr_read": self._csr_read,
            "csr_stored": self._csr_stored,
            "csr_write": self._csr_write,
            "return_from_trap": self._trap_entry.return_from_trap,
            "wait_for_interrupt": self._wait_for_interrupt,
            "fence_translations": _nothing,
            "fence_code": _nothing,
        }

    def _environment_call(self) -> None:
        raise Trap(ECALL_CAUSES[self.state.privilege])

    def _wait_for_interrupt(self) -> None:
        self.machine.hart.check_wait()
        self._skips_time = not self.machine.hart.interrupts.enabled_and_pending

    def _csr_read(self, number: int) -> int:
        register = self.csrs.by_number[number]
        value = register.read()
        self._read.append((register.row.name, value))
        return value

    def _csr_stored(self, number: int) -> int:
        return self.csrs.by_number[number].stored()

    def _csr_write(self, number: int, value: int) -> None:
        register = self.csrs.by_number[number]
        self._written = (register, register.read())
        register.write(value)


class _Registers(list[int]):
    """Registers that note which of them an instruction writes."""

    written: tuple[int, int] | None = None

    def begin(self, values: list[int]) -> None:
        """Take `values`, and forget what was written before."""
        super().__setitem__(slice(None), values)
        self.written = None

    def __setitem__(self, index: Any, value: Any) -> None:
        super().__setitem__(index, value)
        self.written = (index, value)


class _UntouchedRam:
    """RAM to those who store into a control block: what they store is dropped."""

    def __init__(self, ram: Ram) -> None:
        self.base = ram.base
        self.contains = ram.contains
        self.read = ram.read

    def store(self, offset: int, size: int, value: int) -> None:
        """Store nothing."""


@cache
def _fields_read(row: Instruction) -> tuple[str, ...]:
    """Return the register fields whose values, and not numbers alone, an instruction uses."""
    nodes = [node for statement in row.statements for node in walk(statement)]
    numbers = [node for node in nodes if isinstance(node, Call) and node.function == "number"]
    return tuple(
        name
        for name in ("rs1", "rs2")
        if nodes.count(Name(name)) > sum(node.arguments == (Name(name),) for node in numbers)
    )


def _registers_read(decoded: Decoded) -> tuple[int, ...]:
    """Return the numbers of the registers that an instruction reads, without x0."""
    numbers = (decoded.fields[name] for name in _fields_read(decoded.row))
    return tuple(dict.fromkeys(number for number in numbers if number))


@cache
def _is_conditional_jump(row: Instruction) -> bool:
    """Tell whether an instruction jumps under a condition: a branch."""
    return any(
        isinstance(node, Call) and node.function == "jump"
        for statement in row.statements
        if isinstance(statement, When)
        for node in walk(statement)
    )


def _odd_jump(target: int, _pc: int) -> None:
    """Refuse a jump to where no instruction can be."""
    if target & (FETCH_ALIGNMENT - 1):
        raise Trap(Cause.MISALIGNED_FETCH, target)


def _breakpoint_trap(pc: int) -> None:
    raise Trap(Cause.BREAKPOINT, pc)


def _nothing(*_arguments: object) -> None:
    """Do nothing: the copy has no caches, and no run loop that has to look up."""
