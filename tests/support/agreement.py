"""Whether a guest ends the same natively and under the hypervisor: memory, console, the way it ends."""

from __future__ import annotations

from dataclasses import dataclass

from hvtui.machine.board import Machine, StopReason
from hvtui.machinefile.system import System
from tests.support.virtualized import (
    GUEST_RAM,
    VM_SIZE,
    Guest,
    base_of,
    listen,
    native,
    remarks,
    spoken_by,
    virtualized,
)
from tests.support.walker import walk

NATIVE_LIMIT = 200_000
SLOWDOWN = 400
"""How many instructions of the hypervisor's an instruction of the guest's may cost on the average."""


@dataclass(frozen=True)
class Ending:
    """How a guest ended: its memory, what it printed, its exit code; None if it did not end itself."""

    memory: bytes
    console: bytes
    code: int | None
    ended: bool
    retired: int
    machine: Machine


def run_native(guest: Guest, limit: int = NATIVE_LIMIT, typed: bytes = b"") -> Ending:
    """Run the guest on the bare machine."""
    return _run(native(guest), GUEST_RAM, limit, typed)


def run_virtual(guest: Guest, cpu: str, limit: int, typed: bytes = b"") -> Ending:
    """Run the guest as the only VM."""
    return _run(virtualized(guest, cpu=cpu), base_of(1), limit, typed)


def _run(system: System, base: int, limit: int, typed: bytes) -> Ending:
    machine = system.fresh_machine()
    machine.uart.feed(typed)
    console = listen(machine)
    stop = machine.run(max_retired=limit)
    memory = machine.read_physical(base, VM_SIZE)
    assert memory is not None
    code = stop.code if stop.reason is StopReason.EXITED else None
    ended = stop.reason is not StopReason.LIMIT
    return Ending(memory, bytes(console), code, ended, machine.retired, machine)


def disagreement(guest: Guest, cpu: str, typed: bytes = b"") -> str | None:
    """Say in what a guest that ends by itself differs under the hypervisor; None if in nothing.

    A guest that is stuck natively has to be ended by the hypervisor, with what it did until then. One
    that goes on for ever is not compared.
    """
    bare = run_native(guest, typed=typed)
    if not bare.ended:
        return None
    hosted = run_virtual(guest, cpu, max(1_000_000, bare.retired * SLOWDOWN), typed)
    found = _differences(bare, hosted)
    if not found:
        return None
    result = walk(guest, cpu, typed=typed, limit=max(1_000_000, bare.retired * SLOWDOWN))
    found.append(str(result.divergence or f"all {result.steps} instructions it issues are the same"))
    return "\n".join(found)


def _differences(bare: Ending, hosted: Ending) -> list[str]:
    found = []
    if not hosted.ended:
        found.append(
            f"it does not end in {hosted.retired:,} instructions; natively in {bare.retired:,}"
        )
    elif bare.code is not None and hosted.code != bare.code:
        found.append(f"exit code {bare.code} natively, {hosted.code} virtualized")
    elif bare.code is None and hosted.code in (0, None):
        found.append(f"it is stuck natively, and ends with {hosted.code} virtualized")
    said = spoken_by(1, hosted.console)
    if said.rstrip(b"\n") != bare.console.rstrip(b"\n"):
        found.append(f"console {bare.console!r} natively, {said!r} virtualized")
    if bare.memory != hosted.memory:
        places = [n for n in range(0, VM_SIZE, 4) if bare.memory[n : n + 4] != hosted.memory[n : n + 4]]
        found += [
            f"{GUEST_RAM + n:#x}: {_word(bare.memory, n):#010x} natively,"
            f" {_word(hosted.memory, n):#010x} virtualized"
            for n in places[:8]
        ]
        found.append(f"{len(places)} words of memory differ")
    if found:
        found += remarks(hosted.console)
    return found


def _word(memory: bytes, offset: int) -> int:
    return int.from_bytes(memory[offset : offset + 4], "little")
