"""Places that an expression after a star points at: for breakpoints, `until` and all else."""

from __future__ import annotations

import pytest

from hvtui.debugger.locations import Location, LocationError
from hvtui.debugger.session import Session
from tests.support.debugged import Part, session_of, virtualized

# Translates user mode's addresses from 0x40000000 on to RAM, and goes there.
PAGER = """\
_start: la      t0, handler
        csrw    mtvec, t0
        li      t0, -1
        csrw    pmpaddr0, t0
        li      t0, 0x1f
        csrw    pmpcfg0, t0
        li      t1, 0x80080000
        li      t0, (0x80000 << 10) | 0xdf
        sw      t0, 0x400(t1)
        li      t0, 0x80080080
        csrw    satp, t0
        li      t0, 0x40010000
        csrw    mepc, t0
        csrw    mstatus, zero
        mret
        .balign 4
handler:
        csrr    t0, mepc
        addi    t0, t0, 4
        csrw    mepc, t0
        mret
"""
PROGRAM = """\
_start: call    f
end:    j       end
f:      ecall
        ret
"""


def paged() -> Session:
    return session_of(
        Part("pager", PAGER), Part("program", PROGRAM, 0x8001_0000, "user", linked=0x4001_0000)
    )


def place(session: Session, text: str) -> tuple[int, str, int]:
    """Return the one place that `text` leads to: physical, component and linked address."""
    (location,) = session.resolve(text)
    owner = location.component.name if location.component else ""
    return location.physical, owner, location.linked


def test_a_register_of_a_trap_points_into_the_mode_that_the_trap_came_from() -> None:
    session = paged()
    session.break_on_trap("ecall-u")
    session.resume()
    # In M mode nothing is translated; but 0x4001000c in mepc is the program's.
    assert place(session, "*mepc") == (0x8001_000C, "program", 0x4001_000C)
    assert place(session, "*mepc + 4") == (0x8001_0010, "program", 0x4001_0010)
    session.break_at("*mepc+4")
    assert session.resume().text == "breakpoint 2 at *mepc+4: in program at program.s:4"


def test_a_register_points_as_the_current_mode_sees_it() -> None:
    session = paged()
    session.break_at("program::f")
    session.resume()
    assert place(session, "*ra") == (0x8001_0008, "program", 0x4001_0008)
    session.run_to(session.resolve("*ra"))
    assert session.here.where == "program.s:2"


@pytest.mark.parametrize(
    ("text", "physical"),
    [
        ("*f", 0x8001_000C),
        ("*f+4", 0x8001_0010),
        ("*f+2*2", 0x8001_0010),
        ("*program::f - 4", 0x8001_0008),
        ("*at(program::f) + 4", 0x8001_0010),
        ("*0x80010004", 0x8001_0004),
        ("*0x80010000 + 4", 0x8001_0004),
        ("*program::0x40010004", 0x8001_0004),
        ("*program.s:3", 0x8001_000C),
        ("*(1 ? f : 0)", 0x8001_000C),
    ],
)
def test_symbols_are_where_their_component_lies_and_numbers_are_physical(
    text: str, physical: int
) -> None:
    session = paged()
    linked = physical - 0x4000_0000
    program = session.system.components[1]
    assert session.resolve(text) == (Location(physical, program, linked),)


def test_what_memory_holds_points_too() -> None:
    session = session_of(
        Part("main", "_start: la sp, frame\n nop\nf: nop\n .data\nframe: .word 0, f\n")
    )
    session.step_line()
    assert place(session, "*word(sp + 4)") == place(session, "f")


def test_of_symbols_of_two_components_no_address_is_made() -> None:
    session = virtualized()
    with pytest.raises(LocationError, match="several components"):
        session.resolve("*guest::trap + program::ask")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("*mepc +", 'an operand is missing after "+"\n    mepc +\n         ^'),
        ("*fnord", 'no register, CSR or symbol is named "fnord"\n    fnord\n    ^^^^^'),
        ("*mstatus.MIEE", "did you mean: mstatus.MIE"),
        ("*ra", "nothing is executed there: 0x00000000 is not in RAM"),
        ("*", "say where"),
        ("mepc", 'no label is named "mepc"'),
    ],
)
def test_what_points_nowhere_is_refused_with_a_caret(text: str, told: str) -> None:
    with pytest.raises(LocationError) as error:
        paged().resolve(text)
    assert told in str(error.value)


def test_an_address_that_leads_nowhere_in_the_mode_it_belongs_to_is_refused() -> None:
    session = paged()
    session.break_at("program::f")
    session.resume()
    with pytest.raises(LocationError, match=r"0x00000000 leads nowhere in ring 3 \(U\)"):
        session.resolve("*a5")
