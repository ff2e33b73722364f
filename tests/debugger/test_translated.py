"""Code that a hypervisor has translated: where it came from in the guest."""

from __future__ import annotations

from pathlib import Path

import pytest

from hvtui.debugger.commands.interpreter import Interpreter
from hvtui.debugger.session import Session
from hvtui.machinefile.errors import BadInputError
from hvtui.machinefile.loading import load_system
from tests.support.translated import translated

MACHINE = """
[machine]
cpu = "legacy"
[[component]]
name = "translator"
role = "hypervisor"
source = "translator.s"
at = 0x80000000
translates = { vm = "vm1", cache = "cache", end = "cache_end", map = "cache_map" }
[[component]]
name = "guest"
source = "guest.s"
vm = "vm1"
at = 0x80400000
linked = 0x80000000
"""
# Its cache holds a nop of the guest's, a part of it, and something of nobody's.
TRANSLATOR = """
_start:
        j       cache
cache:
        nop
        nop
        nop
cache_end:
        nop
cache_map:
        .word   0x80000004, 0x80000005, 0
"""


# Steps to the first instruction of the translation in `translated`, and which is beside a store.
BEGINS, STORES = 18, 27


def gdb() -> tuple[Interpreter, list[str]]:
    """Return a prompt before the first translated instruction, and what it writes."""
    told: list[str] = []
    interpreter = Interpreter(Session(translated()), told.append)
    interpreter.execute(f"goto {BEGINS}")
    return interpreter, told


def answer(line: str, *before: str) -> list[str]:
    """Return what a command answers after others."""
    interpreter, told = gdb()
    for each in before:
        interpreter.execute(each)
    told.clear()
    interpreter.execute(line)
    return told


def opened(folder: Path, machine: str = MACHINE) -> Session:
    (folder / "machine.toml").write_text(machine)
    (folder / "translator.s").write_text(TRANSLATOR)
    (folder / "guest.s").write_text("_start:\n        nop\nwork:   nop\n")
    return Session(load_system(folder))


def test_a_position_in_the_cache_tells_where_it_came_from(tmp_path: Path) -> None:
    session = opened(tmp_path)
    assert session.here.origin is None
    origins: list[tuple[str, int, str, str] | None] = []
    for _ in range(4):
        session.step_instruction()
        origin = session.here.origin
        told = origin and (origin.owner, origin.pc, origin.symbol, origin.where)
        origins.append(told)
    assert origins == [("guest", 0x8000_0004, "work", "guest.s:3")] * 2 + [None, None]


def test_it_is_told_together_with_the_translation(tmp_path: Path) -> None:
    told: list[str] = []
    interpreter = Interpreter(opened(tmp_path), told.append)
    interpreter.execute("stepi")
    assert told[-2:] == [
        "stepped in translator, translated from guest at guest.s:3",
        "=> instant 1, ring 0 (M), 0x80000004 <cache> from 0x80000004 <work>: nop",
    ]


def test_the_call_stack_names_the_guest_s_function(tmp_path: Path) -> None:
    told: list[str] = []
    interpreter = Interpreter(opened(tmp_path), told.append)
    interpreter.execute("stepi")
    interpreter.execute("backtrace")
    assert told[-1] == (
        "#0   ring 0 (M) in translator: guest::work at guest.s:3, 0x80000004 from 0x80000004 <work>"
        "  [reset]"
    )


def test_a_map_that_is_filled_anew_is_read_anew(tmp_path: Path) -> None:
    interpreter = Interpreter(session := opened(tmp_path), lambda text: None)
    interpreter.execute("stepi")
    interpreter.execute("set *cache_map = 0x80000000")
    assert session.here.origin is not None
    assert session.here.origin.pc == 0x8000_0000


def test_both_pcs_stand_together_wherever_the_pc_is_told() -> None:
    assert answer("info registers pc", "stepi") == [
        "pc    0x40000064 <cache+0x4> from 0x80000000 <_start>"
    ]
    assert answer("info line", "stepi") == [
        "0x80000064, 0x40000064 as it was linked: translator.s:31 in translator,"
        " translated from 0x80000000 in guest at guest.s:1"
    ]
    assert answer("where", "stepi 2")[-1] == (
        "#1   ring 3 (U) in translator: guest::_start at guest.s:1, 0x40000064 from 0x80000000 <_start>"
        "  [switched to by translator]"
    )


def test_translated_code_is_disassembled_below_what_it_came_from() -> None:
    assert answer("disassemble/8", "stepi") == [
        "from 0x80000000 <_start>, guest.s:1: csrr t0, mhartid",
        "=> 0x40000064  fe5ff0ef  jal 0x40000048 <callout>",
        "   0x40000068  00008093  mv ra, ra",
        "from 0x80000004 <_start+0x4>, guest.s:2: auipc sp, 0x0",
        "   0x4000006c  80000137  lui sp, 0x80000",
        "   0x40000070  00810113  addi sp, sp, 8",
        "from 0x80000008 <_start+0x8>, guest.s:2: addi sp, sp, 28",
        "   0x40000074  02410113  addi sp, sp, 36",
        "from 0x8000000c <work>, guest.s:3: li a0, 5",
        "   0x40000078  00500513  li a0, 5",
        "from 0x80000010 <work+0x4>, guest.s:4: sw a0, 0(zero)",
        "   0x4000007c  00a02023  sw a0, 0(zero)",
        "from 0x80000014 <work+0x8>, guest.s:5: j 0x80000014 <work+0x8>",
        "   0x40000080  fc9ff0ef  jal 0x40000048 <callout>",
    ]


def test_what_the_program_has_in_the_cache_is_code_whatever_its_source_says(tmp_path: Path) -> None:
    told: list[str] = []
    (tmp_path / "machine.toml").write_text(MACHINE)
    words = TRANSLATOR.replace("nop\n        nop\n        nop", ".word 0x13, 0x13, 0x13")
    (tmp_path / "translator.s").write_text(words)
    (tmp_path / "guest.s").write_text("_start:\n        nop\nwork:   nop\n")
    interpreter = Interpreter(Session(load_system(tmp_path)), told.append)
    interpreter.execute("disassemble/3 cache")
    assert told == [
        "cache:",
        "from 0x80000004 <work>, guest.s:3: nop",
        "   0x80000004  00000013  nop",
        "   0x80000008  00000013  nop",
        "   0x8000000c  00000013  .word 0x00000013",
    ]


def test_memory_as_instructions_tells_what_they_came_from() -> None:
    assert answer("x/4i cache", "stepi") == [
        "   0x40000060 <cache>: mv ra, ra   # from 0x80000000 <_start>",
        "=> 0x40000064 <cache+0x4>: jal 0x40000048 <callout>",
        "   0x40000068 <cache+0x8>: mv ra, ra",
        "   0x4000006c <cache+0xc>: lui sp, 0x80000   # from 0x80000004 <_start+0x4>",
    ]


def test_the_source_is_the_guests_while_a_translation_of_it_runs() -> None:
    assert answer("list")[:2] == [
        "~>    1  _start: csrr    t0, mhartid             # which hart is it?",
        " ·    2          la      sp, top",
    ]
    assert answer("list cache")[5].startswith("=>   30          mv      ra, ra")


# What an address means.


def test_an_address_to_look_at_is_one_as_the_current_mode_sees_it() -> None:
    assert answer("disassemble/2 0x80000000") == [
        "0x80000000 in ring 3 (U) is physical 0x80400000:",
        "_start:",
        "~> 0x80000000  f14022f3  csrr t0, mhartid",
        "   0x80000004  00000117  auipc sp, 0x0",
    ]
    assert answer("info line 0x8000000c") == [
        "0x8000000c in ring 3 (U) is physical 0x8040000c:",
        "0x8040000c, 0x8000000c as it was linked: guest.s:3 in guest",
    ]
    assert answer("list 0x8000000c")[1].startswith("~>    1  _start: csrr")


def test_an_address_that_leads_nowhere_in_the_current_mode_is_physical() -> None:
    assert answer("disassemble/1 0x80800000") == [
        "0x80800000 leads nowhere in ring 3 (U); this is physical memory:",
        "   0x80800000    (no memory)",
    ]


def test_an_address_after_a_star_is_physical() -> None:
    assert answer("disassemble/1 *0x80000000") == ["_start:", "   0x40000000  fff00293  li t0, -1"]


def test_nothing_is_said_of_an_address_where_there_is_no_doubt() -> None:
    assert answer("disassemble/1 0x80400000", "goto 3") == [
        "_start:",
        "   0x80000000  f14022f3  csrr t0, mhartid",
    ]


def test_instructions_have_the_labels_of_the_program_that_they_belong_to() -> None:
    assert answer("x/i 0x80000014") == ["   0x80000014 <work+0x8>: j 0x80000014 <work+0x8>"]
    assert answer("xp/i 0x80400014") == ["   0x80400014 <work+0x8>: j 0x80400014 <work+0x8>"]


# The guest, while its translation runs.


def test_it_is_the_guest_that_believes() -> None:
    session = Session(translated())
    session.goto(BEGINS)
    assert (session.snapshot().believes, session.snapshot().is_deceived) == (0, True)
    session.step_instruction()
    session.step_instruction()
    assert session.here.symbol == "callout"
    assert (session.snapshot().believes, session.snapshot().is_deceived) == (3, False)


@pytest.mark.parametrize("steps", [0, 2], ids=["in the cache", "in a call of the hypervisor"])
def test_the_guests_memory_is_there_to_look_at(steps: int) -> None:
    before = [f"stepi {steps}"] if steps else []
    assert answer("find guest 0x80000000, 0x20, 13 05 50 00", *before) == ["0x8000000c"]
    told = answer("info pages 0x80000000", *before)
    assert told[-1] == "= the hardware goes to the same place"


@pytest.mark.parametrize("steps", [0, 2], ids=["in the cache", "in a call of the hypervisor"])
def test_what_the_hypervisor_has_for_itself_is_not_walked_for_the_guest(steps: int) -> None:
    before = [f"stepi {steps}"] if steps else []
    assert not any("by vm1" in line for line in answer("info pages", *before))


def test_the_log_tells_where_in_the_guest_it_was() -> None:
    told = answer("info log 1", f"goto {STORES + 1}")
    assert told[0].endswith(
        "trap: store/AMO page fault, sw a0, 0(zero) (address 0x00000000)"
        " in translator, translated from guest at guest.s:4, ring 3 → ring 0"
    )


def test_the_log_tells_so_when_the_cache_has_been_filled_anew() -> None:
    told = answer("info log 2", f"goto {STORES + 5}", "set *(cache_map + 28) = 0x80000000")
    assert "translated from guest at guest.s:4" in told[0]


def test_a_label_that_does_not_exist_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(BadInputError) as refusal:
        opened(tmp_path, MACHINE.replace('"cache_map"', '"cache_mop"'))
    (problem,) = refusal.value.problems
    assert problem.line == 9
    assert "no symbol 'cache_mop'; did you mean 'cache_map'?" in problem.message


def test_a_step_goes_by_the_guests_lines() -> None:
    interpreter, told = gdb()
    for line in (2, 3, 4):
        interpreter.execute("next")
        assert f"translated from guest at guest.s:{line}" in told[-2]
    interpreter.execute("reverse-next")
    assert "translated from guest at guest.s:3" in told[-2]


def test_a_breakpoint_in_code_that_only_runs_translated_says_so() -> None:
    told = answer("break guest::_start")
    assert told[1] == (
        "  translator runs a translation of guest, not the code there: to stop in that, break at"
        " translator::cache plus its distance (see disassemble cache)"
    )
    assert len(answer("break translator::cache")) == 1
