"""Our machine, as one of the two on which the differential tests run a program."""

from __future__ import annotations

from collections.abc import Callable

from asm.program import Program
from hvtui.machine.board import Machine
from tests.support.oracle_qemu import Shown

TIMEBASE = 100
"""Instructions for a step of `mtime`, as QEMU has it in these tests."""

MIRROR = 0xC000_0000
RAM_BASE = 0x8000_0000

LIMIT = 60_000_000
"""Instructions after which a run has gone astray."""


def load(program: Program, *, timebase: int = TIMEBASE) -> tuple[Machine, bytearray]:
    """Return a machine with the program in it, about to start, and the bytes it will print."""
    machine = Machine(timebase=timebase)
    console = bytearray()
    machine.observers.output.append(lambda event: console.extend(event.data))
    for segment in program.segments:
        machine.load(segment.address, segment.data.ljust(segment.size, b"\0"))
    machine.reset(program.entry)
    return machine, console


def run(program: Program, console_in: bytes = b"") -> Shown:
    """Run a program until it uses the test finisher or nothing can happen any more."""
    machine, console = load(program)
    machine.uart.feed(console_in)
    machine.run(max_retired=LIMIT)
    text = console.decode(errors="replace")
    if machine.exit is None:
        return Shown(f"{text}\n(not ended at pc {machine.hart.pc:#x})", 124)
    return Shown(text, machine.exit.code)


def word_at(program: Program) -> Callable[[int], int | None]:
    """Return what reads a word of the program as it was loaded; None where it has none.

    The program is found a second time at `MIRROR`, where a test has U run it.
    """

    def read(address: int) -> int | None:
        if address >= MIRROR:
            address += RAM_BASE - MIRROR
        for segment in program.segments:
            offset = address - segment.address
            if 0 <= offset <= len(segment.data) - 4:
                return int.from_bytes(segment.data[offset : offset + 4], "little")
        return None

    return read
