"""Expressions over the real machine: what they see, why not, and that they change nothing."""

from __future__ import annotations

import pytest

from asm.isa.csrs import CSRS
from hvtui.debugger.expressions.compiling import compile_expression
from hvtui.debugger.expressions.errors import EvaluationError
from hvtui.debugger.expressions.live import LiveMachine
from hvtui.debugger.expressions.names import Scope, existing_csrs
from hvtui.debugger.expressions.readable import Readable, ReadError
from hvtui.machine.board import Machine
from hvtui.machine.generations import GENERATIONS
from hvtui.machine.privilege import Privilege
from tests.support.debugged import virtualized

RAM = 0x8000_0000
TABLE, LEAVES, DATA = RAM + 0x4000, RAM + 0x5000, RAM + 0x6000
VALID, READ, WRITE, USER, ACCESSED = 1, 2, 4, 16, 64


def word_at(machine: Machine, address: int, value: int) -> None:
    machine.write_physical(address, value.to_bytes(4, "little"))


@pytest.fixture
def paged() -> Machine:
    """A machine in S: pages 0 and 1 lead to DATA and the page after it, page 2 is the user's, page 3
    leads to the console, page 4 nowhere."""
    machine = Machine(cpu="vt", ram_size=1 << 20)
    hart = machine.hart
    hart.set_csr("pmpaddr0", 0xFFFF_FFFF)
    hart.set_csr("pmpcfg0", 0x1F)
    word_at(machine, TABLE, LEAVES >> 12 << 10 | VALID)
    for page, (target, flags) in enumerate(
        [(DATA, READ | WRITE), (DATA + 0x1000, READ), (DATA, READ | USER), (0x1000_0000, READ | WRITE)]
    ):
        word_at(machine, LEAVES + 4 * page, target >> 12 << 10 | flags | VALID)
    word_at(machine, DATA, 0x1234_5678)
    machine.write_physical(DATA + 0xFFE, b"\x11\x22\x33\x44")
    hart.set_csr("satp", 1 << 31 | TABLE >> 12)
    hart.state.privilege = Privilege.S
    hart.settle()
    return machine


def value(machine: Machine, text: str) -> int:
    readable: Readable = LiveMachine(machine)
    return compile_expression(text, Scope()).evaluate(readable)


def reason(machine: Machine, text: str) -> str:
    found = compile_expression(text, Scope()).attempt(LiveMachine(machine))
    assert isinstance(found, EvaluationError), found
    return found.message


def test_the_machines_state_can_be_read() -> None:
    session = virtualized("vt")
    session.break_at("program::ask")
    session.resume()
    machine = LiveMachine(session.machine)
    scope = Scope.of(session.system, session.here.component)
    hart = session.machine.hart
    expected = {
        "pc": hart.pc,
        "pc == ask": 1,
        "a0": hart.x[10],
        "mepc": hart.csr_value("mepc"),
        "mstatus.MPP": hart.csr_value("mstatus") >> 11 & 3,
        "ring": hart.privilege.ring,
        "mode": 0,
        "instant": session.machine.instant,
        "retired": session.machine.retired,
        "*word(pc)": 0x73,
        "*pword(at(hyper::guest_epc))": int.from_bytes(
            session.machine.read_physical(scope.components[0].program.symbols["guest_epc"].value, 4)
            or b"",
            "little",
        ),
    }
    for text, wanted in expected.items():
        assert compile_expression(text, scope).evaluate(machine) == wanted, text


@pytest.mark.parametrize("cpu", GENERATIONS)
def test_every_csr_of_a_cpu_can_be_read_in_any_mode_without_a_trace(cpu: str) -> None:
    machine = Machine(cpu=cpu, ram_size=1 << 16)
    machine.hart.state.privilege = Privilege.U
    machine.hart.settle()
    before = machine.capture()
    scope = Scope(csrs=existing_csrs(cpu), cpu=cpu)
    live = LiveMachine(machine)
    for row in CSRS:
        if row.name in scope.csrs:
            result = compile_expression(row.name, scope).evaluate(live)
            assert result == machine.hart.csr_value(row.name)
    assert scope.csrs == set(machine.hart.csrs.by_name)
    assert machine.capture() == before


def test_an_expression_of_another_cpu_says_what_is_missing() -> None:
    with pytest.raises(ReadError, match="classic has no CSR mtrapmap"):
        LiveMachine(Machine(cpu="classic", ram_size=1 << 16)).csr("mtrapmap")


def test_memory_is_seen_through_the_page_tables(paged: Machine) -> None:
    assert value(paged, "word(0)") == 0x1234_5678
    assert value(paged, "half(2)") == 0x1234
    assert value(paged, "phys(0x1004)") == DATA + 0x1004
    assert value(paged, "word(0xffe)") == 0x4433_2211
    assert value(paged, f"pword({DATA})") == 0x1234_5678


def test_reading_leaves_no_trace_in_the_page_tables(paged: Machine) -> None:
    before = paged.capture()
    for text in ("word(0)", "word(0xffe)", "phys(0)"):
        value(paged, text)
    for text in ("word(0x2000)", "byte(0x3000)", "word(0x4000)"):
        reason(paged, text)
    assert paged.capture() == before


def test_what_loads_have_used_before_is_read_alike(paged: Machine) -> None:
    live = LiveMachine(paged)
    first = live.memory(0, 4)
    paged.hart.access.load4(0)
    assert live.memory(0, 4) == first
    word_at(paged, DATA, 99)
    assert live.memory(0, 4) == 99
    word_at(paged, LEAVES, 0)
    assert "not valid" in reason(paged, "word(0)")


def test_a_refusal_tells_the_cause_and_the_entry_that_decided(paged: Machine) -> None:
    assert reason(paged, "word(0x4000)") == (
        "0x00004000 cannot be read in ring 1 (S): load page fault: not valid: V is clear"
        f" (page-table entry at {LEAVES + 16:#010x}, level 0)"
    )
    assert "a user page: S may not use it while SUM is clear" in reason(paged, "word(0x2000)")
    assert f"entry at {TABLE + 4:#010x}, level 1" in reason(paged, "word(0x400000)")
    assert "0x00002000" in reason(paged, "word(0x1ffe)")


def test_another_mode_sees_other_memory(paged: Machine) -> None:
    assert value(paged, f"pword({DATA})") == 0x1234_5678
    paged.hart.state.privilege = Privilege.U
    paged.hart.settle()
    assert value(paged, "word(0x2000)") == 0x1234_5678
    assert "S may not" not in reason(paged, "word(0)")
    paged.hart.state.privilege = Privilege.M
    paged.hart.settle()
    assert value(paged, f"word({DATA})") == 0x1234_5678


def test_a_mode_without_leave_of_the_pmp_is_told_so() -> None:
    machine = Machine(ram_size=1 << 16)
    machine.hart.state.privilege = Privilege.U
    machine.hart.settle()
    assert "no PMP entry matches" in reason(machine, f"word({RAM})")
    assert value(machine, f"pword({RAM})") == 0


def test_registers_of_devices_are_not_read(paged: Machine) -> None:
    paged.uart.input_open = True
    paged.uart.feed(b"x")
    before = paged.capture()
    for text in ("byte(0x3000)", "pbyte(0x10000000)", "*pword(0x0200bff8)", "pword(0x0c200004)"):
        assert "register of the" in reason(paged, text)
    assert paged.capture() == before
    assert value(paged, "phys(0x3000)") == 0x1000_0000


def test_addresses_without_memory_are_told_where_ram_is(paged: Machine) -> None:
    assert reason(paged, "pword(0x90000000)") == (
        "0x90000000 is not in RAM, which is 0x80000000 to 0x800fffff"
    )
    assert "not in RAM" in reason(paged, "pword(0x800ffffe)")
