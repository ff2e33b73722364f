"""Breakpoints: where names lead, what stops, and what is told about it."""

from __future__ import annotations

import pytest

from asm.isa.trapbits import TrapBit
from hvtui.debugger.locations import LocationError
from hvtui.debugger.session import Session
from hvtui.debugger.snapshot import StopKind
from hvtui.debugger.trapconditions import ConditionError, parse_condition
from tests.support.debugged import KEEPER, Part, session_of, virtualized

TWO = (
    Part("one", "_start: nop\nshared: nop\n j _start\n", 0x8000_0000),
    Part("two", "_start: nop\nshared: nop\n j _start\n", 0x8000_1000, linked=0x8000_0000),
)


def places(session: Session, text: str) -> list[int]:
    return [location.physical for location in session.break_at(text).locations]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("shared", [0x8000_0004]),
        ("two::shared", [0x8000_1004]),
        ("shared+4", [0x8000_0008]),
        ("one.s:3", [0x8000_0008]),
        ("two::two.s:2", [0x8000_1004]),
        ("0x80001008", [0x8000_1008]),
        ("*0x80001008", [0x8000_1008]),
        ("two::0x80000008", [0x8000_1008]),
    ],
)
def test_a_place_is_found_in_the_component_that_is_meant(text: str, expected: list[int]) -> None:
    assert places(session_of(*TWO), text) == expected


def test_a_label_of_another_component_alone_is_found_there() -> None:
    session = session_of(
        Part("one", "_start: nop\n"), Part("two", "_start: nop\nonly: nop\n", 0x8000_1000)
    )
    assert places(session, "only") == [0x8000_1004]


def test_a_line_without_code_means_the_next_one_that_has_some() -> None:
    session = session_of(Part("one", "_start: nop\n# a comment\n\n nop\n"))
    assert places(session, "one.s:2") == [0x8000_0004]


def test_a_line_in_a_macro_has_a_place_for_each_use() -> None:
    session = session_of(Part("one", ".macro m\n nop\n addi a0, a0, 1\n.endm\n_start: m\n nop\n m\n"))
    assert places(session, "one.s:3") == [0x8000_0004, 0x8000_0010]
    assert places(session, "one.s:7") == [0x8000_000C]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("shard", 'no label is named "shard"; did you mean shared?'),
        ("tow::shared", 'no component is named "tow"; did you mean two?'),
        ("one.s:99", "one.s has no code at line 99 nor after it"),
        ("ones.s:1", 'no source is named "ones.s"; did you mean one.s?'),
        ("", "say where: a label, FILE:LINE or an address"),
    ],
)
def test_a_name_that_leads_nowhere_is_told_with_what_is_near(text: str, message: str) -> None:
    with pytest.raises(LocationError) as told:
        session_of(*TWO).break_at(text)
    assert str(told.value) == message


def test_components_at_the_same_virtual_address_do_not_share_a_breakpoint() -> None:
    # Both see themselves at 0x80000000; the second runs through a page table that says so.
    kernel = """\
_start: nop
        li      t0, -1
        csrw    pmpaddr0, t0
        li      t0, 0x1f
        csrw    pmpcfg0, t0
        li      t0, 0x80080000 + 0x800
        li      t1, (0x80081000 >> 2) | 1
        sw      t1, 0(t0)
        li      t0, 0x80081000
        li      t1, (0x80010000 >> 2) | 0xdf
        sw      t1, 0(t0)
        li      t0, (1 << 31) | 0x80080
        csrw    satp, t0
        li      t0, 0x80000000
        csrw    mepc, t0
        csrw    mstatus, zero
        mret
"""
    user = "_start: nop\n nop\nmark: nop\nend: j end\n"
    session = session_of(
        Part("kernel", kernel), Part("user", user, 0x8001_0000, "user", linked=0x8000_0000)
    )
    session.break_at("user::_start")
    session.break_at("user::mark")
    stopped = session.resume()
    assert stopped.text == "breakpoint 1 at user::_start: in user at user.s:1"
    assert session.here.pc == 0x8000_0000
    assert session.here.physical == 0x8001_0000
    assert session.resume().text == "breakpoint 2 at user::mark: in user at user.s:3"


def test_a_breakpoint_counts_its_hits_and_can_be_switched_off() -> None:
    session = session_of(Part("one", "_start: nop\nloop: addi t0, t0, 1\n j loop\n"))
    number = session.break_at("loop").number
    session.resume()
    session.resume()
    assert session.breakpoints[number].hits == 2
    assert session.machine.hart.x[5] == 1
    other = session.break_at("one.s:3")
    session.enable_breakpoint(number, enabled=False)
    assert session.resume().numbers == (other.number,)
    assert session.resume().numbers == (other.number,)
    assert session.breakpoints[number].hits == 2


def test_a_one_shot_breakpoint_is_gone_after_it_stopped() -> None:
    session = session_of(Part("one", "_start: nop\nloop: addi t0, t0, 1\n j loop\n"))
    session.break_at("loop", one_shot=True)
    assert session.resume().kind is StopKind.BREAKPOINT
    assert len(session.breakpoints) == 0


def test_toggling_sets_and_removes() -> None:
    session = session_of(*TWO)
    locations = session.break_at("shared").locations
    assert session.toggle_at("shared", locations) is None
    assert len(session.breakpoints) == 0
    assert session.toggle_at("shared", locations) is not None


def test_a_breakpoint_on_the_first_instruction_of_a_handler_holds() -> None:
    session = session_of(Part("keeper", KEEPER), Part("user", "_start: ecall\n", 0x8001_0000, "user"))
    session.break_at("handler")
    session.break_on_trap("any")
    stopped = session.resume()
    assert stopped.kind is StopKind.TRAP
    assert stopped.numbers == (2, 1)


SPY = "_start: csrr t0, mstatus\n csrw mie, zero\nend: j end\n"


@pytest.mark.parametrize(
    ("condition", "cpu", "told"),
    [
        ("any", "classic",
         "trap: illegal instruction, csrr t0, mstatus (bit 0 rdstatus) in user at user.s:1,"
         " ring 3 → ring 0"),
        ("illegal", "classic",
         "trap: illegal instruction, csrr t0, mstatus (bit 0 rdstatus) in user at user.s:1,"
         " ring 3 → ring 0"),
        ("wrint", "classic",
         "trap: illegal instruction, csrw mie, zero (bit 7 wrint) in user at user.s:2,"
         " ring 3 → ring 0"),
        ("from 3", "classic",
         "trap: illegal instruction, csrr t0, mstatus (bit 0 rdstatus) in user at user.s:1,"
         " ring 3 → ring 0"),
        ("to 3", "classic",
         "switch: mret in keeper at keeper.s:10 to user at user.s:1, ring 0 → ring 3"),
        ("ignored", "legacy",
         "ignored: csrr t0, mstatus (bit 0 rdstatus) in user at user.s:1, in ring 3"),
        ("leaked", "pentium",
         "leaked: csrr t0, mstatus (bit 0 rdstatus) in user at user.s:1, in ring 3"),
        ("ignored wrint", "pentium",
         "ignored: csrw mie, zero (bit 7 wrint) in user at user.s:2, in ring 3"),
    ],
)  # fmt: skip
def test_a_trap_breakpoint_stops_and_says_all(condition: str, cpu: str, told: str) -> None:
    session = session_of(Part("keeper", KEEPER), Part("user", SPY, 0x8001_0000, "user"), cpu=cpu)
    session.break_on_trap(condition)
    stopped = session.resume()
    assert stopped.text == told
    assert stopped.kind is StopKind.TRAP


def test_an_access_fault_is_told_with_its_address() -> None:
    session = session_of(
        Part("keeper", KEEPER),
        Part("user", "_start: li t1, 0x40000000\n lw t0, 0(t1)\n", 0x8001_0000, "user"),
    )
    session.break_on_trap("load-access")
    assert session.resume().text == (
        "trap: load access fault, lw t0, 0(t1) (address 0x40000000) in user at user.s:2,"
        " ring 3 → ring 0"
    )


def test_a_timer_interrupt_is_told_as_an_interrupt() -> None:
    kernel = """\
_start: la      t0, handler
        csrw    mtvec, t0
        li      t0, 0x02004000
        li      t1, 30
        sw      t1, 0(t0)
        sw      zero, 4(t0)
        li      t0, 1 << 7
        csrw    mie, t0
        csrsi   mstatus, 8
loop:   addi    t2, t2, 1
        j       loop
        .balign 4
handler: nop
"""
    session = session_of(Part("kernel", kernel))
    session.break_on_trap("int-m-timer")
    told = session.resume().text
    assert told.startswith("interrupt: machine timer interrupt in kernel at kernel.s:1")
    assert told.endswith("ring 0 → ring 0")
    assert session.here.label == "handler"


def test_an_injection_can_be_stopped_at() -> None:
    session = virtualized()
    session.break_on_trap("injection")
    told = session.resume().text
    assert told == ("injection: mret in hyper at hyper.s:36 to guest at guest.s:2, ring 0 → ring 1")


def test_a_condition_may_name_a_component() -> None:
    session = virtualized()
    session.break_on_trap("any in program")
    assert "environment call from U in program" in session.resume().text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ilegal", '"ilegal" is no cause, trap bit or kind of event; did you mean illegal?'),
        ("from 2", '"from" needs a ring: 0, 1 or 3, as in "from 0"'),
        ("to", '"to" needs a ring: 0, 1 or 3, as in "to 0"'),
        ("illegal ecall-u", "more than one cause: give each a condition of its own"),
        ("any in gest", 'no component is named "gest"; did you mean guest?'),
        ("", "say at what to stop: any, a cause, a trap bit, from RING, to RING"),
    ],
)
def test_a_condition_that_makes_no_sense_is_told_with_what_would(text: str, message: str) -> None:
    with pytest.raises(ConditionError) as told:
        parse_condition(text, ("hyper", "guest"))
    assert str(told.value) == message


def test_hits_are_counted_for_each_trap_bit() -> None:
    session = session_of(Part("keeper", KEEPER), Part("user", SPY, 0x8001_0000, "user"), cpu="legacy")
    session.break_at("user::end")
    session.resume()
    hits = {cell.name: cell.hits for cell in session.snapshot().cells if cell.hits}
    assert hits == {"rdstatus": 1, "wrint": 1}


@pytest.mark.parametrize(
    ("cpu", "told"),
    [("classic", "trap: illegal"), ("legacy", "ignored: csrr"), ("pentium", "leaked: csrr")],
)
def test_a_trap_bit_alone_stops_at_its_instructions_whatever_becomes_of_them(
    cpu: str, told: str
) -> None:
    session = session_of(Part("keeper", KEEPER), Part("user", SPY, 0x8001_0000, "user"), cpu=cpu)
    session.break_on_trap("rdstatus")
    assert session.resume().text.startswith(told)


def test_a_condition_that_is_set_already_is_not_set_twice_but_switched_on() -> None:
    session = virtualized()
    first = session.break_on_trap("any in program")
    session.enable_breakpoint(first.number, enabled=False)
    assert session.break_on_trap("any  in program") is first
    assert first.enabled
    assert len(session.breakpoints) == 1


def test_toggling_a_trap_bit_sets_and_removes() -> None:
    session = session_of(Part("keeper", KEEPER), Part("user", SPY, 0x8001_0000, "user"), cpu="legacy")
    assert session.toggle_on_bit(TrapBit.WRINT) is not None
    assert session.resume().text.startswith("ignored: csrw mie, zero")
    assert [view.bit for view in session.snapshot().breakpoints] == [TrapBit.WRINT]
    assert session.toggle_on_bit(TrapBit.WRINT) is None
    assert not session.snapshot().breakpoints


def test_a_bit_whose_instruction_was_just_met_is_marked() -> None:
    session = session_of(Part("keeper", KEEPER), Part("user", SPY, 0x8001_0000, "user"))
    session.break_on_trap("any")
    session.resume()
    assert [cell.name for cell in session.snapshot().cells if cell.changed] == ["rdstatus"]
    session.step_instruction()
    assert not any(cell.changed for cell in session.snapshot().cells)
