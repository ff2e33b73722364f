"""Small systems for the debugger's tests, assembled from text, and the stack in a form to compare."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from asm import Options, assemble_text
from hvtui.debugger.session import Session
from hvtui.debugger.snapshot import Snapshot
from hvtui.machinefile.system import Component, System

MOST_INSTANTS = 2_000_000


@dataclass(frozen=True)
class Part:
    """A component to be: `source` is assembled for `linked`, or for `at` if that is not given."""

    name: str
    source: str
    at: int = 0x8000_0000
    role: str = "kernel"
    vm: str | None = None
    believes: int | None = None
    linked: int | None = None


def system_of(*parts: Part, cpu: str = "classic", title: str = "a test") -> System:
    """Assemble the parts; the file of each is called by its name with ``.s``."""
    components = []
    for part in parts:
        linked = part.at if part.linked is None else part.linked
        program = assemble_text(part.source, f"{part.name}.s", Options(base=linked))
        components.append(
            Component(
                part.name, part.role, program, part.at, linked, vm=part.vm, believes=part.believes
            )
        )
    return System(
        path=Path("test.toml"),
        title=title,
        cpu=cpu,
        ram_size=1 << 20,
        timebase=1,
        components=tuple(components),
    )


def session_of(*parts: Part, cpu: str = "classic") -> Session:
    """Return a session over the parts. It pauses when a test runs much longer than it should."""
    return bounded(Session(system_of(*parts, cpu=cpu)))


def bounded(session: Session) -> Session:
    """Have the session pause after a few million instructions, so that no mistake runs for ever."""

    def look(snapshot: Snapshot) -> None:
        if snapshot.instant > MOST_INSTANTS:
            session.pause()

    session.on_progress = look
    return session


def lines(session: Session) -> list[str]:
    """Write the call stack, innermost first: ``ring component function line [reason]``."""
    return [
        " ".join(
            part
            for part in (
                str(entry.privilege.ring),
                entry.position.owner,
                entry.function,
                entry.position.where,
                f"[{entry.reason}]" if entry.reason else "",
            )
            if part
        )
        for entry in session.snapshot().stack
    ]


def line_of(session: Session, component: str, text: str) -> str:
    """Return ``FILE:LINE`` of the first line of a component's source that holds `text`."""
    for known in session.system.components:
        if known.name == component:
            source = known.program.sources[f"{component}.s"]
            for number, line in enumerate(source.splitlines(), 1):
                if text in line:
                    return f"{component}.s:{number}"
    raise AssertionError(f"no line of {component} holds {text!r}")


# How a program begins that owns the machine: it gets all traps, and opens all memory to the others.
OPENED = """\
_start: la      t0, handler
        csrw    mtvec, t0
        li      t0, -1
        csrw    pmpaddr0, t0
        li      t0, 0x1f
        csrw    pmpcfg0, t0
"""

# Runs programs in user mode: opens all memory to them and goes to 0x80010000. Every trap is
# answered by going on after it, with a count in s11.
KEEPER = (
    OPENED
    + """\
        li      t0, 0x80010000
        csrw    mepc, t0
        csrw    mstatus, zero
        mret
handler:
        addi    s11, s11, 1
        csrr    t0, mepc
        addi    t0, t0, 4
        csrw    mepc, t0
        mv      t1, ra
        call    account
        mv      ra, t1
        mret
account:
        addi    s10, s10, 1
        ret
"""
)

# A hypervisor for one virtual machine: a guest kernel in ring 1 that believes in ring 0, and its
# program. It skips the guest's kernel instructions but `mret`, which it emulates, and hands system
# calls on to the guest's handler, four bytes after the guest's entry.
HYPERVISOR = """\
_start: la      t0, handler
        csrw    mtvec, t0
        li      t0, -1
        csrw    pmpaddr0, t0
        li      t0, 0x1f
        csrw    pmpcfg0, t0
        li      t0, 0x80010000
        csrw    mepc, t0
        li      t0, 1 << 11
        csrw    mstatus, t0
        la      t0, guest_epc
        li      t1, 0x80020000
        sw      t1, 0(t0)
        mret
handler:
        csrr    t4, mcause
        li      t5, 8
        beq     t4, t5, hand_on
        csrr    t4, mtval
        li      t5, 0x30200073
        beq     t4, t5, emulate_mret
        csrr    t4, mepc
        addi    t4, t4, 4
        csrw    mepc, t4
        addi    sp, sp, -64
        mret
hand_on:
        csrr    t4, mepc
        addi    t4, t4, 4
        la      t5, guest_epc
        sw      t4, 0(t5)
        li      t4, 0x80010004
        csrw    mepc, t4
        li      t4, 1 << 11
        csrw    mstatus, t4
        mret
emulate_mret:
        lw      t4, guest_epc
        csrw    mepc, t4
        csrw    mstatus, zero
        mret
        .data
guest_epc:
        .word   0
"""

GUEST_KERNEL = """\
_start: j       boot
trap:   call    serve
        mret
serve:  addi    a0, a0, 1
        ret
boot:   csrw    mscratch, zero
        mret
"""

GUEST_PROGRAM = """\
_start: li      a0, 0
        call    ask
        call    ask
end:    j       end
ask:    ecall
        ret
"""


# A hypervisor, the guest kernel under it and that one's program, and the rings they believe in.
VIRTUALIZED = (
    Part("hyper", HYPERVISOR, 0x8000_0000, "hypervisor", believes=0),
    Part("guest", GUEST_KERNEL, 0x8001_0000, "kernel", "vm1", believes=0),
    Part("program", GUEST_PROGRAM, 0x8002_0000, "user", "vm1", believes=3),
)


def virtualized(cpu: str = "classic") -> Session:
    """Return a session over the hypervisor, its guest kernel and the guest's program."""
    return session_of(
        Part("hyper", HYPERVISOR, 0x8000_0000, "hypervisor"),
        Part("guest", GUEST_KERNEL, 0x8001_0000, "kernel", "vm1", believes=0),
        Part("program", GUEST_PROGRAM, 0x8002_0000, "user", "vm1", believes=3),
        cpu=cpu,
    )
