"""What the next step does, as a person reads it."""

from __future__ import annotations

import pytest

from hvtui.debugger.foretelling import number
from hvtui.debugger.session import Session
from tests.support.debugged import KEEPER, Part, session_of, virtualized


def told(session: Session) -> list[str]:
    """Return the notes on the next step."""
    return [note.text for note in session.upcoming.notes]


def before(source: str, line: str = "here", *, cpu: str = "classic") -> Session:
    """Return a session that stands at a label of a program in M."""
    session = session_of(Part("main", source), cpu=cpu)
    session.break_at(f"main::{line}")
    session.resume()
    return session


def in_user_mode(instruction: str, cpu: str = "classic") -> Session:
    """Return a session that stands at an instruction in user mode."""
    session = session_of(
        Part("keeper", KEEPER), Part("user", f"_start: {instruction}\n", 0x8001_0000, "user"), cpu=cpu
    )
    session.break_at("user::_start")
    session.resume()
    return session


START = "_start: li a0, 3\n li a1, 5\n la a2, data\n li t0, -2\n"
DATA = "\n j here\nloop: nop\n .data\ndata: .word 7, 0xffff\n"


@pytest.mark.parametrize(
    ("instruction", "expected"),
    [
        ("add a3, a0, a1", ["→ a3 = 8", "a0=3 a1=5"]),
        ("sub a3, a0, a1", ["→ a3 = -2", "a0=3 a1=5"]),
        ("add a3, a0, a0", ["→ a3 = 6", "a0=3"]),
        ("mv a3, a2", ["→ a3 = 0x80000030 (data)", "a2=0x80000030"]),
        ("nop", []),
        ("lui a3, 0x12345", ["→ a3 = 0x12345000"]),
        ("bne a0, a1, loop", ["⟶ taken to loop", "a0=3 a1=5"]),
        ("beq a0, a1, loop", ["not taken", "a0=3 a1=5"]),
        ("j loop", ["⟶ loop"]),
        ("jal loop", ["⟶ calls loop"]),
        ("lw a3, 4(a2)", ["→ a3 = 0xffff", "from data+0x4 0x80000034", "a2=0x80000030"]),
        ("sw a0, 0(a2)", ["→ data 0x80000030: 7 → 3", "a2=0x80000030 a0=3"]),
        ("sb a0, 8(zero)", ["→ traps to 0x00000000 (ring 0): store/AMO access fault at 0x8", "a0=3"]),
        ("amoadd.w a3, a0, (a2)", ["→ a3 = 7", "→ data 0x80000030: 7 → 0xa", "a2=0x80000030 a0=3"]),
        ("csrw mscratch, a0", ["→ mscratch 0 → 3", "a0=3"]),
        ("csrwi mstatus, 8", ["→ mstatus.MIE 0 → 1"]),
        ("csrr a3, mimpid", ["→ a3 = 0", "mimpid=0"]),
        ("ecall", ["→ traps to 0x00000000 (ring 0): environment call from M"]),
        ("wfi", ["… waits: no interrupt is pending"]),
        ("mret", ["↩ mret to ring 3 at 0x00000000"]),
    ],
)  # fmt: skip
def test_a_step_is_told_with_its_values(instruction: str, expected: list[str]) -> None:
    session = before(f"{START}here: {instruction}{DATA}")
    found = told(session)
    assert len(found) == len(expected)
    for text, wanted in zip(found, expected, strict=True):
        assert without_places(text) == without_places(wanted)


def without_places(text: str) -> str:
    """Blank the addresses, which depend on how long an instruction's neighbours are."""
    words = text.split(" ")
    return " ".join("ADDRESS" if "0x800000" in word else word for word in words)


def test_a_return_is_told_with_where_it_leads() -> None:
    session = before("_start: call leaf\n nop\nend: j end\nleaf:\nhere: ret\n")
    assert told(session)[0] == "⟶ returns to main.s:2"


@pytest.mark.parametrize(
    ("instruction", "cpu", "first"),
    [
        ("mret", "classic", "→ traps to keeper.s:12 (ring 0): illegal instruction"),
        ("mret", "legacy", "∅ ignored: the pc moves on, no more"),
        ("csrr a0, mstatus", "vt", "∅ ignored: the pc moves on, no more"),
        ("csrr a0, mstatus", "pentium", "! leaks the real value"),
        ("csrrw t0, mstatus, t1", "pentium", "! leaks the real value, the write is lost"),
        ("ecall", "classic", "→ traps to keeper.s:12 (ring 0): environment call from U"),
        ("ebreak", "vt", "→ traps to keeper.s:12 (ring 0): breakpoint"),
        ("lw a0, 1(zero)", "vt", "→ traps to keeper.s:12 (ring 0): load access fault at 0x1"),
    ],
)
def test_what_becomes_of_it_in_user_mode_is_told(instruction: str, cpu: str, first: str) -> None:
    session = in_user_mode(instruction, cpu)
    assert told(session)[0] == first
    session.step_instruction()
    if first.startswith("→ traps"):
        assert session.here.where == "keeper.s:12"


def test_an_xret_is_told_with_the_ring_and_the_line_that_it_restores() -> None:
    session = virtualized()
    session.break_at("hyper.s:14")
    session.resume()
    assert told(session)[0] == "↩ mret to ring 1 at guest.s:1"


def test_an_interrupt_that_comes_first_is_told() -> None:
    source = (
        "_start: la t0, handler\n csrw mtvec, t0\n li t0, 1 << 7\n csrs mie, t0\n"
        " csrsi mstatus, 8\nhere: nop\nhandler: j handler\n"
    )
    session = session_of(Part("main", source))
    while not session.upcoming.is_preempted:
        session.step_instruction()
    assert session.here.symbol == "here"
    assert told(session) == ["↯ machine timer interrupt first: to main.s:7 (ring 0)"]
    session.step_instruction()
    assert session.here.symbol == "handler"


def test_stores_to_devices_are_told_with_what_they_do() -> None:
    session = before(
        "_start: li t0, 0x10000000\n li t1, 'H'\nhere: sb t1, 0(t0)\n"
        " li t0, 0x100000\n li t1, 0x5555\nlast: sw t1, 0(t0)\n"
    )
    assert told(session)[:2] == ["→ uart 0x10000000: 0x48", "writes 'H' to the console"]
    session.break_at("last")
    session.resume()
    assert told(session)[:2] == ["→ finisher 0x100000: 0x5555", "□ ends the run, exit status 0"]
    session.resume()
    assert told(session) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (9, "9"), (10, "0xa"), (0xFFFF_FFFF, "-1"), (0xFFFF_FFF0, "0xfffffff0")],
)
def test_numbers_are_short(value: int, text: str) -> None:
    assert number(value) == text
