"""Updates: how often a guest's kernel changes what addresses mean, and how many exits that takes.

An update is a kernel's write of ``satp`` or of the PMP, or its ``sfence.vma``. On which of them a page
table, or a wall between processes, is changed depends on the kernel; each of them is the moment from
which on a hypervisor has to know. A kernel that was ported to one still says ``csrw satp, a0``, but a
macro of that name writes down something else: that counts, whatever it is.

The exits of an update are those from the moment on at which it leaves the guest, until somebody of
that virtual machine goes on. With a hypervisor in a hypervisor these are all that the inner one makes
to serve it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby

from asm.assembler.assembly import assemble_text
from asm.diagnostics import AssemblyError
from asm.isa.decode import decode
from asm.isa.trapbits import TrapBit
from asm.program import LineEntry, Program
from hvtui.debugger.positions import Position, Whereabouts
from hvtui.debugger.upcoming import kernel_classes
from hvtui.headless.console import ConsoleInput, KeptConsole
from hvtui.headless.driving import drive
from hvtui.machine.board import Machine
from hvtui.machine.events import NOTHING_URGENT, KernelInstruction, Then, TrapTaken
from hvtui.machinefile.system import Component, System

_UPDATES = frozenset({TrapBit.WRVM, TrapBit.SFENCE})
_KERNEL = "kernel"
_LENGTH = 4


@dataclass(frozen=True, slots=True)
class _Ported:
    """What a macro wrote down in place of an update: linked addresses, the last one excluded."""

    start: int
    end: int


class Updates:
    """Listens to a machine. `count` are the updates seen so far, `exits` those that they led to.

    What a kernel outside every virtual machine does, and what stands in a ported kernel, is not seen
    here: `count_executed` counts that.
    """

    def __init__(self, system: System, machine: Machine) -> None:
        self._whereabouts = Whereabouts(system, machine)
        self._ported = {
            component.name: _ported(component.program)
            for component in system.components
            if _is_guest_kernel(component)
        }
        self._open: set[str] = set()
        self.count = 0
        self.exits = 0
        if self._ported:
            observers = machine.observers
            observers.kernel.append(self._on_kernel)
            observers.late[self._on_kernel] = lambda: NOTHING_URGENT
            observers.detached[self._on_kernel] = self._take_kernel

    def _on_kernel(self, event: KernelInstruction) -> None:
        self._take_kernel(event, None)

    def _take_kernel(self, event: KernelInstruction, then: Then | None) -> None:
        if _UPDATES.isdisjoint(bit for bit, _ in event.outcomes):
            return
        place = self._whereabouts.at(event.pc, event.privilege, physical=event.physical)
        component = place.component
        self.count += component is not None and _is_guest_kernel(component)

    def trap(self, event: TrapTaken, left: Position, *, is_exit: bool) -> None:
        """A trap was taken in the code at `left`; `is_exit` tells whether it left a guest."""
        component = left.component
        if not is_exit or component is None or component.vm is None:
            return
        if _is_guest_kernel(component) and (
            not _UPDATES.isdisjoint(event.bits) or self._stands_for_an_update(component, left)
        ):
            self._open.add(component.vm)
            self.exits += 1
        else:
            self.exits += any(vm.startswith(f"{component.vm}.") for vm in self._open)

    def trap_return(self, resumed: Component | None) -> None:
        """An xRET went to the code of a component."""
        if resumed is not None and resumed.vm is not None:
            self._open.discard(resumed.vm)

    def _stands_for_an_update(self, component: Component, place: Position) -> bool:
        return any(part.start <= place.linked < part.end for part in self._ported[component.name])


def count_executed(system: System, halted: threading.Event, instructions: int) -> int | None:
    """Run a machine once more, for as many instructions, and count what `Updates` cannot see.

    None if there is nobody whose updates could be counted: without a kernel, or where it never runs
    itself, because a component runs what it has translated it to.
    """
    kernels = [component for component in system.components if component.role == _KERNEL]
    translated = {part.translates.vm for part in system.components if part.translates is not None}
    if not kernels or any(kernel.vm in translated for kernel in kernels):
        return None
    regions = [
        [(address + kernel.relocation, address + kernel.relocation + _LENGTH)]
        for kernel in kernels
        for address in sorted(
            {part.start for part in _ported(kernel.program)}
            | (set() if kernel.vm is not None else set(_updating_instructions(kernel.program)))
        )
    ]
    if not regions:
        return 0
    machine = system.fresh_machine()
    meter = machine.meter_regions(regions)
    typed = ConsoleInput(machine.uart, system.expect.input.encode())
    drive(machine, machine.run, instructions, KeptConsole(), typed, halted)
    return sum(meter.count(number).instructions for number in range(len(regions)))


def _is_guest_kernel(component: Component) -> bool:
    return component.role == _KERNEL and component.vm is not None


def _updating_instructions(program: Program) -> Iterator[int]:
    """Yield the linked addresses of the instructions that are updates."""
    for segment in program.segments:
        if segment.executable:
            for offset in range(0, len(segment.data) - _LENGTH + 1, _LENGTH):
                word = int.from_bytes(segment.data[offset : offset + _LENGTH], "little")
                if _is_update(word):
                    yield segment.address + offset


def _is_update(word: int) -> bool:
    decoded = decode(word)
    return decoded is not None and not _UPDATES.isdisjoint(kernel_classes(decoded))


def _ported(program: Program) -> tuple[_Ported, ...]:
    """Return where macros stand in place of updates: uses of one that is called as an instruction."""
    return tuple(_find_ported(program))


def _find_ported(program: Program) -> Iterator[_Ported]:
    real = set(_updating_instructions(program))
    expanded = (entry for entry in program.lines if entry.expansions and entry.is_code)
    for use, entries in groupby(expanded, key=lambda entry: entry.expansions[0]):
        written = list(entries)
        start, end = written[0].address, written[-1].address + written[-1].size
        if _says_an_update(program, written[0], use.name) and not real & set(
            range(start, end, _LENGTH)
        ):
            yield _Ported(start, end)


def _says_an_update(program: Program, entry: LineEntry, macro: str) -> bool:
    """Tell whether the line that uses a macro is an update, read as an instruction of that name."""
    lines = program.sources.get(entry.outermost.file, "").splitlines()
    if not 0 < entry.outermost.line <= len(lines):
        return False
    text = lines[entry.outermost.line - 1]
    _, found, operands = text.partition(macro)
    return bool(found) and _reads_as_update(f"{macro}{operands}")


@lru_cache(maxsize=1024)
def _reads_as_update(text: str) -> bool:
    try:
        program = assemble_text(text)
    except AssemblyError:
        return False
    return any(True for _ in _updating_instructions(program))
