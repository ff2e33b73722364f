"""Breakpoints and ears among the decoded instructions: exact, and nothing to be seen of otherwise."""

from __future__ import annotations

import pytest

from asm import assemble_text
from hvtui.machine.board import Machine, StopReason

LOOP = """\
_start: li      t0, 0
loop:   addi    t0, t0, 1
        call    f
        j       loop
f:      addi    t1, t1, 1
        ret
"""
BASE = 0x8000_0000


def machine_with(source: str) -> Machine:
    machine = Machine(ram_size=1 << 20)
    program = assemble_text(source)
    for segment in program.segments:
        machine.load(segment.address, segment.data)
    machine.reset(program.entry)
    return machine


def test_a_run_stops_before_the_instruction_with_a_breakpoint() -> None:
    machine = machine_with(LOOP)
    machine.probes.breakpoints = frozenset({BASE + 4})
    assert machine.run().reason is StopReason.BREAKPOINT
    assert (machine.hart.pc, machine.hart.x[5], machine.instant) == (BASE + 4, 0, 1)


def test_a_run_leaves_the_breakpoint_at_which_it_starts() -> None:
    machine = machine_with(LOOP)
    machine.probes.breakpoints = frozenset({BASE + 4})
    for rounds in range(3):
        assert machine.run().reason is StopReason.BREAKPOINT
        assert machine.hart.x[5] == rounds


def test_a_breakpoint_set_on_code_that_already_ran_holds() -> None:
    machine = machine_with(LOOP)
    machine.run(until_instant=100)
    machine.probes.breakpoints = frozenset({BASE + 4})
    assert machine.run(until_instant=200).reason is StopReason.BREAKPOINT
    machine.probes.breakpoints = frozenset()
    assert machine.run(until_instant=200).reason is StopReason.LIMIT


def test_a_breakpoint_stays_when_the_guest_writes_over_the_instruction() -> None:
    machine = machine_with(
        """\
_start: li      s0, 2
        la      t0, target
        lw      t1, new
again:
target: addi    a0, a0, 1
        sw      t1, 0(t0)
        fence.i
        addi    s0, s0, -1
        bnez    s0, again
end:    j       end
new:    addi    a0, a0, 16
"""
    )
    target = BASE + 4 * (1 + 2 + 2)
    machine.probes.breakpoints = frozenset({target})
    assert machine.run().reason is StopReason.BREAKPOINT
    assert machine.run().reason is StopReason.BREAKPOINT
    assert machine.hart.x[10] == 1
    machine.run(until_instant=machine.instant + 1)
    assert machine.hart.x[10] == 17


def test_calls_and_returns_are_told_with_their_places() -> None:
    machine = machine_with(LOOP)
    told: list[tuple[int | None, ...]] = []
    machine.probes.follow_calls(
        lambda pc, physical, target, link: told.append((pc, physical, target, link)),
        lambda target: told.append((target,)),
    )
    machine.run(until_instant=7)
    call, f = BASE + 12, BASE + 20
    assert told == [(call, call, f, call + 4), (call + 4,)]


def test_whoever_stops_listening_hears_no_more() -> None:
    machine = machine_with(LOOP)
    told: list[int] = []
    machine.probes.follow_calls(lambda *_: None, told.append)
    machine.run(until_instant=10)
    heard = len(told)
    machine.probes.follow_calls(None, None)
    machine.run(until_instant=50)
    assert heard
    assert len(told) == heard


@pytest.mark.parametrize("instant", [0, 1, 5, 17, 1000])
def test_probes_change_nothing_that_the_guest_could_see(instant: int) -> None:
    plain, probed = machine_with(LOOP), machine_with(LOOP)
    probed.probes.breakpoints = frozenset({BASE + 4, BASE + 20})
    probed.probes.follow_calls(lambda *_: None, lambda _: None)
    plain.run(until_instant=instant)
    while probed.run(until_instant=instant).reason is StopReason.BREAKPOINT:
        pass
    assert probed.capture() == plain.capture()
