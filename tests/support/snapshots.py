"""Snapshots made by hand, for drawing without a machine."""

from __future__ import annotations

from dataclasses import replace

from asm import Options, assemble_text
from asm.isa.trapbits import TrapBit
from asm.program import Place
from hvtui.debugger.positions import Position
from hvtui.debugger.snapshot import (
    RESERVED_CELLS,
    CsrValue,
    Snapshot,
    StackEntry,
    StopKind,
    Stopped,
    named_cell,
)
from hvtui.debugger.upcoming import Upcoming
from hvtui.machine.events import Outcome
from hvtui.machine.privilege import Privilege
from hvtui.machinefile.system import Component

_PROGRAM = assemble_text("_start: csrr t0, mstatus\n nop\n", "kernel.s", Options(base=0x8001_0000))
GUEST = Component("guest kernel", "kernel", _PROGRAM, 0x8001_0000, 0x8001_0000, vm="vm1", believes=0)
HOST = Component("hyper", "hypervisor", _PROGRAM, 0x8000_0000, 0x8001_0000, believes=0)


def place(component: Component | None, label: str, file: str, line: int) -> Position:
    """Return a position with a label and a line."""
    at = component.at if component else 0
    return Position(at, at, component, at, label, 0, Place(file, line), Place(file, line))


def snapshot(**changes: object) -> Snapshot:
    """Return a guest kernel in ring 1 on a `vt` CPU with two bits set; `changes` replace fields."""
    here = place(GUEST, "_start", "kernel.s", 1)
    effects = {TrapBit.RDSTATUS: "traps", TrapBit.WRSTATUS: "traps", TrapBit.RDSUP: "executes",
               TrapBit.RDID: "leaks"}  # fmt: skip
    base = Snapshot(
        title="a guest",
        cpu="vt",
        cpu_summary="ignored, unless its bit is set",
        instant=1234,
        retired=1200,
        running=False,
        stop=Stopped(StopKind.STEPPED, "stepped in guest kernel at kernel.s:1"),
        registers=(0, 0x80010004, *(0x10 * n for n in range(2, 32))),
        changed=frozenset({1, 5}),
        position=here,
        upcoming=Upcoming(
            "csrr t0, mstatus", "rd gets the CSR.", (TrapBit.RDSTATUS,), (Outcome.TRAPPED,)
        ),
        privilege=Privilege.S,
        csrs=(CsrValue("mstatus", 0x1800), CsrValue("mepc", 0x80010000, True)),
        trapmap=3,
        cells=(
            *(
                named_cell(
                    bit,
                    is_set=bit in (TrapBit.RDSTATUS, TrapBit.WRSTATUS),
                    effect=effects.get(bit, "ignored"),
                    hits=12345 if bit is TrapBit.RDSTATUS else 0,
                )
                for bit in TrapBit
            ),
            *RESERVED_CELLS,
        ),
        stack=(
            StackEntry("serve", here, Privilege.S),
            StackEntry("trap", here, Privilege.S, "injected by hyper: environment call from U", 3),
            StackEntry(
                "_start", place(None, "_start", "program.s", 7), Privilege.U, "switched to by hyper"
            ),
        ),
        breakpoints=(),
        console=("hello", ""),
    )
    return replace(base, **changes)  # type: ignore[arg-type]  # field names are checked at run time
