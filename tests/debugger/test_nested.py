"""The call stack and the moves across two hypervisors, one in a virtual machine of the other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hvtui.debugger.session import Session
from hvtui.debugger.snapshot import StopKind
from hvtui.machinefile.system import System
from tests.support.debugged import Part, session_of
from tests.support.nested import nested
from tests.support.timetravel import fresh_scenes, scene_of

GREETER = "3 greeter _start [switched to by tinyos through outer]"


@pytest.fixture(scope="module")
def tinyos(tmp_path_factory: pytest.TempPathFactory) -> System:
    return nested(tmp_path_factory.mktemp("nested"), "tinyos", ("greeter",))


def stack(session: Session) -> list[str]:
    """Write the call stack, innermost first: ``ring component function [reason]``."""
    return [
        f"{entry.privilege.ring} {entry.position.owner} {entry.function}"
        + (f" [{entry.reason}]" if entry.reason else "")
        for entry in session.snapshot().stack
    ]


def until(session: Session, condition: str) -> str:
    """Run to a trap, once, and return what is told."""
    session.break_on_trap(condition, one_shot=True)
    return session.resume().text


@pytest.mark.parametrize("cpu", ["classic", "vt", "svm"])
def test_a_guest_of_a_guest_runs_as_on_the_bare_machine(tmp_path: Path, cpu: str) -> None:
    session = Session(nested(tmp_path, "hello", cpu=cpu))
    stopped = session.resume()
    assert (stopped.kind, stopped.text) == (
        StopKind.ENDED, "ended: the guest turned the machine off, exit status 0",
    )  # fmt: skip
    assert "vm1| vm1| Hello from the bare machine!" in session.console.lines


def test_starts_traps_and_injections_are_shown_at_every_level(tinyos: System) -> None:
    session = Session(tinyos)
    # The outer one starts the inner one, and that its guest: by an mret that traps.
    until(session, "wrtvec in inner")
    assert stack(session)[1:] == ["1 inner _start [switched to by outer]"]
    until(session, "wrtvec in tinyos")
    assert stack(session)[1:] == ["1 tinyos _start [switched to by inner through outer]"]
    # What traps in the innermost guest goes to the outer hypervisor, which hands it on to the inner.
    told = until(session, "injection")
    assert told.startswith("injection: mret in outer at world.s:")
    reason = "illegal instruction, csrw mtvec, t0 (bit 3 wrtvec)"
    assert stack(session) == [
        f"1 inner guest_left [injected by outer: {reason}]",
        "1 tinyos _start [switched to by inner through outer]",
    ]
    # The inner one has kernel instructions of its own, and they trap too.
    assert until(session, "wrtrap in inner").startswith("trap: illegal instruction, csrrw s0, mscratch")
    assert stack(session)[1:] == [
        f"1 inner guest_left [injected by outer: {reason}]",
        "1 tinyos _start [switched to by inner through outer]",
    ]
    # Its mret back is executed by the outer one; both handlers are over then.
    until(session, "mret in inner")
    told = session.to_ring_change().text
    assert told.startswith("return by inner: mret in outer at world.s:")
    assert stack(session) == ["1 tinyos _start [switched to by inner through outer]"]


def test_a_system_call_is_handed_on_twice(tinyos: System) -> None:
    session = Session(tinyos)
    until(session, "ecall-u in greeter")
    assert stack(session) == ["0 outer guest_left [trap: environment call from U]", GREETER]
    session.to_ring_change()
    assert stack(session) == [
        "1 inner guest_left [injected by outer: environment call from U]",
        GREETER,
    ]
    instant = session.machine.instant
    until(session, "mret in inner")
    assert stack(session)[1:] == [
        "1 inner guest_left [injected by outer: environment call from U]",
        GREETER,
    ]
    told = session.to_ring_change().text
    assert told.startswith("injection by inner: mret in outer at world.s:")
    handler = "1 tinyos trap_entry [injected by inner through outer: environment call from U]"
    assert stack(session) == [handler, GREETER]
    # Its first instruction traps: four deep, in three rings of belief.
    until(session, "mret in inner")
    inner = "1 inner guest_left [injected by outer: illegal instruction, csrrw sp, mscratch, sp"
    assert stack(session)[1:] == [f"{inner} (bits 4 rdtrap, 5 wrtrap)]", handler, GREETER]
    session.reverse_to_trap()
    session.goto(instant)
    assert stack(session) == [
        "1 inner guest_left [injected by outer: environment call from U]",
        GREETER,
    ]


def test_the_innermost_guests_return_from_its_handler_ends_all_above_its_program(
    tinyos: System,
) -> None:
    session = Session(tinyos)
    until(session, "ecall-u in greeter")
    session.finish_trap()  # the outer hypervisor's part
    session.finish_trap()  # the inner one's
    assert stack(session)[0].startswith("1 tinyos trap_entry [injected by inner through outer")
    told = session.finish_trap().text  # the guest kernel's
    assert told.startswith("return by tinyos: mret in outer at world.s:")
    assert stack(session) == [GREETER]


def test_a_step_in_guests_leaves_both_hypervisors_out(tinyos: System) -> None:
    session = Session(tinyos)
    until(session, "wrtvec in tinyos")
    places = []
    for _ in range(12):
        session.step_guest()
        places.append((session.machine.instant, session.here))
    assert {here.owner for _, here in places} == {"tinyos"}
    for instant, here in places[-2::-1]:
        session.reverse_step_guest()
        assert (session.machine.instant, session.here) == (instant, here)


@pytest.mark.parametrize("back", [lambda session: session.reverse_to_ring_change(),
                                  lambda session: session.reverse_step_guest()])  # fmt: skip
def test_going_back_finds_the_same_stack_as_a_fresh_run(
    tinyos: System, back: Callable[[Session], object]
) -> None:
    session = Session(tinyos)
    until(session, "wrtvec in tinyos")
    seen = []
    for _ in range(5):
        back(session)
        seen.append((session.machine.instant, scene_of(session)))
    expected = dict(fresh_scenes(tinyos, [], [instant for instant, _ in seen]))
    for instant, scene in seen:
        assert scene == expected[instant]


# Goes where the journey says, whatever traps: what each step of it means is told beside it.
OUTER = """\
_start: la      t0, handler
        csrw    mtvec, t0
        li      t0, -1
        csrw    pmpaddr0, t0
        li      t0, 0x1f
        csrw    pmpcfg0, t0
        la      s0, journey
handler:
next:   lw      t0, 0(s0)
        csrw    mepc, t0
        lw      t0, 4(s0)
        csrw    mstatus, t0
        addi    s0, s0, 8
        mret
        .data
        .equ    S, 1 << 11
journey:
        .word   0x80010000, S           # start b
        .word   0x80020000, S           # b's mret: start c
        .word   0x80010004, S           # c's mret: hand it on to b
        .word   0x80030000, 0           # b's mret, for c's: start d
        .word   0x80010004, S           # d's ecall: hand it on to b
        .word   0x80020004, S           # b's mret: b hands it on to c
        .word   0x80010004, S           # c's mret: hand it on to b
        .word   0x80030004, 0           # b's mret, for c's: back to d
"""
HYPERVISOR = "_start: mret\ntrap: mret\n"
PROGRAM = "_start: ecall\n ecall\n"


def test_three_levels_are_followed_down_each_by_each() -> None:
    session = session_of(
        Part("a", OUTER, role="hypervisor"),
        Part("b", HYPERVISOR, 0x8001_0000, "hypervisor", "one"),
        Part("c", HYPERVISOR, 0x8002_0000, "hypervisor", "two"),
        Part("d", PROGRAM, 0x8003_0000, "user", "three"),
    )
    session.break_on_trap("return from 0")
    told = [(session.resume().text.partition(":")[0], stack(session)) for _ in range(8)]
    c_mret = "illegal instruction, mret (bit 17 mret)"
    started = ["1 c _start [switched to by b through a]"]
    program = ["3 d _start [switched to by c through a]"]
    reflected = [f"1 b trap [injected by a: {c_mret}]"]
    at_b = ["1 b trap [injected by a: environment call from U]"]
    at_c = ["1 c trap [injected by b through a: environment call from U]"]
    assert told == [
        ("switch", ["1 b _start [switched to by a]"]),
        ("switch by b", started),
        ("injection", reflected + started),
        ("switch by c", program),
        ("injection", at_b + program),
        ("injection by b", at_c + program),
        ("injection", reflected + at_c + program),
        ("return by c", program),
    ]
