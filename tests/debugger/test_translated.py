"""Code that a hypervisor has translated: where it came from in the guest."""

from __future__ import annotations

from pathlib import Path

import pytest

from hvtui.debugger.commands.interpreter import Interpreter
from hvtui.debugger.session import Session
from hvtui.machinefile.errors import BadInputError
from hvtui.machinefile.loading import load_system

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
    assert told[-1] == "#0   ring 0 (M) in translator: guest::work at guest.s:3  [reset]"


def test_a_map_that_is_filled_anew_is_read_anew(tmp_path: Path) -> None:
    interpreter = Interpreter(session := opened(tmp_path), lambda text: None)
    interpreter.execute("stepi")
    interpreter.execute("set *cache_map = 0x80000000")
    assert session.here.origin is not None
    assert session.here.origin.pc == 0x8000_0000


def test_a_label_that_does_not_exist_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(BadInputError) as refusal:
        opened(tmp_path, MACHINE.replace('"cache_map"', '"cache_mop"'))
    (problem,) = refusal.value.problems
    assert problem.line == 9
    assert "no symbol 'cache_mop'; did you mean 'cache_map'?" in problem.message
