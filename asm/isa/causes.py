"""Trap causes: what `mcause` and `scause` can say (privileged specification 1.12, table 3.6)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum


class Cause(IntEnum):
    """Synchronous exceptions. 24 is the machine check that a bad `svm` control block raises."""

    MISALIGNED_FETCH = 0
    FETCH_ACCESS = 1
    ILLEGAL_INSTRUCTION = 2
    BREAKPOINT = 3
    MISALIGNED_LOAD = 4
    LOAD_ACCESS = 5
    MISALIGNED_STORE = 6
    STORE_ACCESS = 7
    ECALL_FROM_U = 8
    ECALL_FROM_S = 9
    ECALL_FROM_M = 11
    FETCH_PAGE_FAULT = 12
    LOAD_PAGE_FAULT = 13
    STORE_PAGE_FAULT = 15
    MACHINE_CHECK = 24


class Interrupt(IntEnum):
    """Interrupts: the number is the bit in `mip`, `mie` and `mideleg`."""

    SUPERVISOR_SOFTWARE = 1
    MACHINE_SOFTWARE = 3
    SUPERVISOR_TIMER = 5
    MACHINE_TIMER = 7
    SUPERVISOR_EXTERNAL = 9
    MACHINE_EXTERNAL = 11


# The order in which simultaneous interrupts for one mode are taken (section 3.1.9).
INTERRUPT_PRIORITY: tuple[Interrupt, ...] = (
    Interrupt.MACHINE_EXTERNAL,
    Interrupt.MACHINE_SOFTWARE,
    Interrupt.MACHINE_TIMER,
    Interrupt.SUPERVISOR_EXTERNAL,
    Interrupt.SUPERVISOR_SOFTWARE,
    Interrupt.SUPERVISOR_TIMER,
)


@dataclass(frozen=True, slots=True)
class TrapName:
    """How a trap is called: `key` on command lines and in JSON, `text` in sentences."""

    key: str
    text: str


CAUSE_NAMES: Mapping[int, TrapName] = {
    Cause.MISALIGNED_FETCH: TrapName("misaligned-fetch", "instruction address misaligned"),
    Cause.FETCH_ACCESS: TrapName("fetch-access", "instruction access fault"),
    Cause.ILLEGAL_INSTRUCTION: TrapName("illegal", "illegal instruction"),
    Cause.BREAKPOINT: TrapName("breakpoint", "breakpoint"),
    Cause.MISALIGNED_LOAD: TrapName("misaligned-load", "load address misaligned"),
    Cause.LOAD_ACCESS: TrapName("load-access", "load access fault"),
    Cause.MISALIGNED_STORE: TrapName("misaligned-store", "store/AMO address misaligned"),
    Cause.STORE_ACCESS: TrapName("store-access", "store/AMO access fault"),
    Cause.ECALL_FROM_U: TrapName("ecall-u", "environment call from U"),
    Cause.ECALL_FROM_S: TrapName("ecall-s", "environment call from S"),
    Cause.ECALL_FROM_M: TrapName("ecall-m", "environment call from M"),
    Cause.FETCH_PAGE_FAULT: TrapName("fetch-page", "instruction page fault"),
    Cause.LOAD_PAGE_FAULT: TrapName("load-page", "load page fault"),
    Cause.STORE_PAGE_FAULT: TrapName("store-page", "store/AMO page fault"),
    Cause.MACHINE_CHECK: TrapName("machine-check", "machine check"),
}

INTERRUPT_NAMES: Mapping[int, TrapName] = {
    Interrupt.SUPERVISOR_SOFTWARE: TrapName("int-s-software", "supervisor software interrupt"),
    Interrupt.MACHINE_SOFTWARE: TrapName("int-m-software", "machine software interrupt"),
    Interrupt.SUPERVISOR_TIMER: TrapName("int-s-timer", "supervisor timer interrupt"),
    Interrupt.MACHINE_TIMER: TrapName("int-m-timer", "machine timer interrupt"),
    Interrupt.SUPERVISOR_EXTERNAL: TrapName("int-s-external", "supervisor external interrupt"),
    Interrupt.MACHINE_EXTERNAL: TrapName("int-m-external", "machine external interrupt"),
}


def trap_name(cause: int, *, interrupt: bool) -> TrapName:
    """Return the names of a cause code; unknown codes get a name with their number."""
    names = INTERRUPT_NAMES if interrupt else CAUSE_NAMES
    kind = "interrupt" if interrupt else "exception"
    return names.get(cause) or TrapName(f"{kind}-{cause}", f"{kind} {cause}")
