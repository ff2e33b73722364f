"""Small guests for the paravirtualizing hypervisor, and what must hold whatever they do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hvtui.machine.board import Machine
from hvtui.machine.events import TrapTaken
from hvtui.machine.privilege import Privilege
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.system import Overrides, System
from tests.support.virtualized import SAMPLES, listen

GUEST_RAM, GUEST_SIZE = 0x8000_0000, 0x40_0000
HYPERVISOR = GUEST_RAM + GUEST_SIZE
PAGE = HYPERVISOR - 0x1000
RESULTS = 0x8000_2000
"""Where a guest leaves words for the test."""
GREETING = "paravirt: a guest that knows of me, in ring 1\n"
LIMIT = 200_000

_MACHINE = """
[machine]
cpu = "{cpu}"
ram = "16M"
[[component]]
name   = "hypervisor"
role   = "hypervisor"
source = "{samples}/hypervisors/paravirt.s"
at     = {hypervisor:#x}
[[component]]
name   = "guest"
role   = "kernel"
vm     = "vm1"
source = "guest.s"
at     = {guest:#x}
"""
_GUEST = """
        .include "page.s"
        .include "tinyos-pv/instead.s"
        .equ    RESULTS, {results:#x}
        .macro  result n, register              # leave a word for the test
        li      t6, RESULTS + 4 * \\n
        sw      \\register, 0(t6)
        .endm
        .macro  off                             # end the machine, all is well
        li      t0, 0x5555
        csrw    POWER, t0
        hypercall CALL_LOOK
        .endm
        .text
        .globl  _start
_start:
{code}
        .balign 4
handler:                                        # unless the code has one of its own
        csrr    s2, mcause
        csrr    s3, mtval
        csrr    s4, mepc
        csrr    s5, mstatus
        csrr    s6, mip
        result  0, s2
        result  1, s3
        result  2, s4
        result  3, s5
        result  4, s6
        off
"""


@dataclass(frozen=True)
class Ran:
    """What is left of a run."""

    machine: Machine
    console: str
    code: int | None
    """The exit code; None: the machine has not ended."""

    def result(self, number: int) -> int:
        """Return a word that the guest has left."""
        data = self.machine.read_physical(RESULTS + 4 * number, 4)
        assert data is not None
        return int.from_bytes(data, "little")


def system_of_guest(code: str, folder: Path, cpu: str = "legacy") -> System:
    """Return the machine on which the hypervisor runs the guest `code`."""
    text = _MACHINE.format(cpu=cpu, samples=SAMPLES, hypervisor=HYPERVISOR, guest=GUEST_RAM)
    (folder / "machine.toml").write_text(text, encoding="utf-8")
    (folder / "guest.s").write_text(_GUEST.format(code=code, results=RESULTS), encoding="utf-8")
    include = (SAMPLES / "09-paravirt", SAMPLES / "guests")
    return load_system(folder, Overrides(include=include))


def run_guest(code: str, folder: Path, *, cpu: str = "legacy", limit: int = LIMIT) -> Ran:
    """Run a guest, and see to it that the hypervisor is as before and has never trapped."""
    system = system_of_guest(code, folder, cpu)
    return watch(system, limit)


def watch(system: System, limit: int) -> Ran:
    """Run the machine, and see to it that the hypervisor is as before and has never trapped."""
    machine = system.fresh_machine()
    console = listen(machine)
    faults: list[TrapTaken] = []

    def on_trap(event: TrapTaken) -> None:
        if event.origin is Privilege.M:
            faults.append(event)

    machine.observers.trap.append(on_trap)
    hypervisor = system.components[0]
    behind = 0x80_0000 + GUEST_RAM  # RAM that nobody uses
    machine.write_physical(behind, b"nobody's" * 64)
    machine.run(max_retired=limit)
    assert not faults
    for segment in hypervisor.program.segments:
        if segment.name in (".text", ".rodata"):
            start = segment.address + hypervisor.relocation
            assert machine.read_physical(start, len(segment.data)) == segment.data
    assert machine.read_physical(behind, 512) == b"nobody's" * 64
    code = None if machine.exit is None else machine.exit.code
    return Ran(machine, bytes(console).decode("latin-1"), code)
