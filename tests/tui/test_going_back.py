"""The keys that go back in time, and what they ask before a change in the past."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from hvtui.debugger.snapshot import Snapshot, StopKind
from hvtui.tui.key_bar import KeyBar
from hvtui.tui.screens.cut import CutScreen
from hvtui.tui.screens.debugger import DebuggerScreen
from tests.support.debugged import KEEPER, Part, system_of
from tests.support.screens import debugger, press, running, screen_text, settle, start, type_text

CALLS = """\
_start: la      sp, stack
        li      s0, 0x10000000
        li      a0, 'a'
        call    write
        li      a0, 'b'
        call    write
        li      t0, 0x100000
        li      t1, 0x5555
        sw      t1, 0(t0)
end:    j       end
write:  sb      a0, 0(s0)
        ret
        .space  64
stack:
"""
ECHO = """\
_start: li      s0, 0x10000000
wait:   lbu     t0, 5(s0)
        andi    t0, t0, 1
        beqz    t0, wait
        lbu     a0, 0(s0)
        sb      a0, 0(s0)
        li      t0, 10
        bne     a0, t0, wait
        li      t0, 0x100000
        li      t1, 0x5555
        sw      t1, 0(t0)
"""
SPY = "_start: csrr t0, mstatus\n nop\n j _start\n"
SPIN = "_start: addi t0, t0, 1\n j _start\n"


def calls() -> Part:
    return Part("main", CALLS)


def user(source: str) -> tuple[Part, Part]:
    return Part("keeper", KEEPER), Part("user", source, 0x8001_0000, "user", believes=3)


def state(snapshot: Snapshot) -> tuple[object, ...]:
    """Return what a person sees of an instant."""
    return (
        snapshot.instant,
        snapshot.registers,
        snapshot.position,
        snapshot.privilege,
        [(csr.name, csr.value) for csr in snapshot.csrs],
        snapshot.console,
        [(entry.function, entry.position) for entry in snapshot.stack],
    )


@pytest.mark.parametrize(
    ("before", "forwards", "back"),
    [
        ("sss", "s", "S"),
        ("ssssss", "s", "S"),
        ("iiiiii", "i", "I"),
        ("sss", "n", "N"),
        ("sss", "o", "O"),
    ],
)
async def test_a_capital_undoes_what_its_small_letter_does(
    before: str, forwards: str, back: str
) -> None:
    async with running(system_of(calls())) as pilot:
        seen = await press(pilot, *before)
        later = await press(pilot, forwards)
        assert later.instant > seen.instant
        assert state(await press(pilot, back)) == state(seen)
        assert state(await press(pilot, forwards)) == state(later)


async def test_n_back_over_a_call_takes_back_what_it_wrote_on_the_console() -> None:
    async with running(system_of(calls())) as pilot:
        seen = await press(pilot, "s", "s", "s", "n", "s")
        assert (await press(pilot, "n")).console == ("ab",)
        assert any("ab" in line.split() for line in screen_text(pilot))
        snapshot = await press(pilot, "N")
        assert state(snapshot) == state(seen)
        assert snapshot.console == ("a",)
        assert not any("ab" in line.split() for line in screen_text(pilot))
        head = screen_text(pilot)[0]
        assert f"instant {snapshot.instant:,} of {snapshot.frontier:,}" in head
        assert snapshot.frontier > snapshot.instant


async def test_f_goes_back_to_the_call_of_a_function() -> None:
    async with running(system_of(calls())) as pilot:
        seen = await press(pilot, "s", "s", "s")
        assert (await press(pilot, "s", "s")).position.where == "main.s:12"
        snapshot = await press(pilot, "F")
        assert snapshot.position.where == "main.s:4"
        assert snapshot.registers[10] == seen.registers[10]
        assert "back at the call" in snapshot.stop.text


async def test_f_goes_back_to_the_trap_that_entered_a_handler() -> None:
    async with running(system_of(*user(SPY))) as pilot:
        assert (await press(pilot, *14 * "i")).privilege.ring == 0
        snapshot = await press(pilot, "F")
        assert snapshot.position.where == "user.s:1"
        assert snapshot.privilege.ring == 3
        assert "back before the trap" in snapshot.stop.text


async def test_c_goes_back_to_the_trap_breakpoint_that_was_met_last_and_then_to_the_beginning() -> None:
    async with running(system_of(*user(SPY))) as pilot:
        await press(pilot, "t")
        await type_text(pilot, "from 3")
        seen = await press(pilot, "enter", "c")
        assert seen.stop.kind is StopKind.TRAP
        await press(pilot, "i", "i", "i")
        snapshot = await press(pilot, "C")
        assert state(snapshot) == state(seen)
        assert (snapshot.stop.kind, snapshot.stop.text) == (StopKind.TRAP, seen.stop.text)
        assert any("● trap breakpoint 1" in line for line in screen_text(pilot))
        assert (await press(pilot, "C")).instant == 0


@pytest.mark.parametrize("key", ["S", "I", "N", "O", "F", "C"])
async def test_at_the_beginning_a_key_back_says_so(key: str) -> None:
    async with running(system_of(calls())) as pilot:
        assert (await press(pilot, key)).instant == 0
        assert screen_text(pilot)[-1] == " ! this is the beginning of the run"


async def test_a_run_that_has_ended_lives_again_after_a_step_back() -> None:
    async with running(system_of(calls())) as pilot:
        end = await press(pilot, "c")
        assert end.stop.kind is StopKind.ENDED
        assert "S back" in pilot.app.screen.query_one(KeyBar).row_at(0).text
        snapshot = await press(pilot, "S")
        assert not snapshot.has_ended
        assert snapshot.position.where == "main.s:9"
        assert "s step" in pilot.app.screen.query_one(KeyBar).row_at(0).text
        again = await press(pilot, "s")
        assert state(again) == state(end)
        assert again.stop == end.stop


async def test_going_back_waits_until_the_machine_stands_still() -> None:
    async with running(system_of(Part("main", SPIN))) as pilot:
        await start(pilot)
        pilot.app.simulate_key("C")
        await pilot.pause(0.05)
        assert debugger(pilot).is_moving
        paused = await press(pilot, "p")
        assert paused.instant > 0
        assert (await press(pilot, "I")).instant == paused.instant - 1


async def typed_after_a_step_back(pilot: Pilot[None]) -> Snapshot:
    """Have ``old`` echoed to the end, go back to the beginning, and type ``new``."""
    await press(pilot, "i", "greater_than_sign")
    await type_text(pilot, "old")
    assert (await press(pilot, "enter", "escape", "c")).console == ("old", "")
    assert (await press(pilot, "C")).console == ("",)
    await press(pilot, "greater_than_sign")
    await type_text(pilot, "new")
    return await press(pilot, "enter")


async def test_input_in_the_past_is_asked_about_and_goes_to_the_guest_if_the_future_may_go() -> None:
    async with running(system_of(Part("main", ECHO)), (80, 24)) as pilot:
        snapshot = await typed_after_a_step_back(pilot)
        assert isinstance(pilot.app.screen, CutScreen)
        text = " ".join(" ".join(screen_text(pilot)).split())
        assert f"from instant {snapshot.instant:,} to {snapshot.frontier:,}" in text
        snapshot = await press(pilot, "down", "enter")
        assert isinstance(pilot.app.screen, DebuggerScreen)
        assert snapshot.frontier == snapshot.instant
        assert (await press(pilot, "escape", "c")).console == ("new", "")


@pytest.mark.parametrize("key", ["escape", "enter"])
async def test_input_in_the_past_that_would_cut_the_future_can_be_taken_back(key: str) -> None:
    async with running(system_of(Part("main", ECHO)), (80, 24)) as pilot:
        asked = await typed_after_a_step_back(pilot)
        snapshot = await press(pilot, key)
        assert isinstance(pilot.app.screen, DebuggerScreen)
        assert screen_text(pilot)[-1] == " ✓ nothing was changed: the known future stays"
        assert snapshot.frontier == asked.frontier
        assert (await press(pilot, "escape", "c")).console == ("old", "")


async def test_a_trap_bit_changed_in_the_past_is_asked_about() -> None:
    async with running(system_of(*user(SPY), cpu="vt")) as pilot:
        await press(pilot, "i", "i", "i", "I", "3")
        assert (await press(pilot, "x")).trapmap == 0
        assert isinstance(pilot.app.screen, CutScreen)
        assert (await press(pilot, "j", "enter")).trapmap == 1


async def test_a_change_while_the_past_runs_again_pauses_there_and_then_goes_on() -> None:
    async with running(system_of(Part("main", SPIN), cpu="vt")) as pilot:
        await start(pilot)
        while debugger(pilot).snapshot.instant < 1_000_000:
            await pilot.pause(0.01)
        frontier = (await press(pilot, "p", "3")).instant
        await press(pilot, "C")
        pilot.app.simulate_key("c")
        pilot.app.simulate_key("x")
        asked = await settle(pilot)
        assert isinstance(pilot.app.screen, CutScreen)
        assert not asked.running
        assert asked.instant < frontier
        pilot.app.simulate_key("down")
        pilot.app.simulate_key("enter")
        while not debugger(pilot).snapshot.running:
            await pilot.pause(0.01)
        assert (await press(pilot, "p")).trapmap == 1
