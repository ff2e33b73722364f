"""Every key of the debugger screen, pressed as a person would."""

from __future__ import annotations

import asyncio

import pytest
from textual.widgets import Static

from hvtui.debugger.snapshot import StopKind
from hvtui.tui.actions.everything import ACTIONS
from hvtui.tui.body import Body
from hvtui.tui.key_bar import KeyBar
from hvtui.tui.panes.source import SourcePane
from hvtui.tui.screens.debugger import DebuggerScreen
from hvtui.tui.screens.help import HelpScreen
from hvtui.tui.screens.places import PlaceScreen
from hvtui.tui.screens.traps import TrapScreen
from tests.support.debugged import GUEST_KERNEL, GUEST_PROGRAM, HYPERVISOR, KEEPER, Part, system_of
from tests.support.screens import debugger, press, running, screen_text, settle, start, type_text

CALLS = """\
_start: la      sp, stack
        li      a0, 1
        call    f
        li      a1, 2
end:    j       end
f:      addi    a0, a0, 1
        ret
        .space  64
stack:
"""
SPY = "_start: csrr t0, mstatus\n j _start\n"
SPIN = "_start: addi t0, t0, 1\n j _start\n"


def calls() -> Part:
    return Part("main", CALLS)


def user(source: str) -> tuple[Part, Part]:
    return Part("keeper", KEEPER), Part("user", source, 0x8001_0000, "user", believes=3)


@pytest.mark.parametrize("key", ["s", "f11"])
async def test_s_steps_a_line(key: str) -> None:
    async with running(system_of(calls())) as pilot:
        assert (await press(pilot, key)).position.where == "main.s:2"


async def test_i_steps_an_instruction() -> None:
    async with running(system_of(calls())) as pilot:
        snapshot = await press(pilot, "i")
        assert (snapshot.instant, snapshot.position.where) == (1, "main.s:1")


@pytest.mark.parametrize("key", ["n", "f10"])
async def test_n_steps_over_a_call(key: str) -> None:
    async with running(system_of(calls())) as pilot:
        assert (await press(pilot, "s", "s", key)).position.where == "main.s:4"


async def test_o_steps_over_a_call_by_instructions() -> None:
    async with running(system_of(calls())) as pilot:
        snapshot = await press(pilot, "s", "s", "o", "o")
        assert snapshot.position.where == "main.s:4"


async def test_f_finishes_a_function() -> None:
    async with running(system_of(calls())) as pilot:
        assert (await press(pilot, "s", "s", "s")).position.label == "f"
        assert (await press(pilot, "f")).position.where == "main.s:4"


async def test_b_sets_a_breakpoint_on_the_cursor_line_and_c_runs_to_it() -> None:
    async with running(system_of(calls())) as pilot:
        snapshot = await press(pilot, "down", "down", "down", "down", "down", "b")
        assert [view.text for view in snapshot.breakpoints] == ["main.s:6"]
        assert any("●" in line and "f:" in line for line in screen_text(pilot))
        snapshot = await press(pilot, "c")
        assert snapshot.stop.kind is StopKind.BREAKPOINT
        assert snapshot.position.where == "main.s:6"
        assert not (await press(pilot, "b")).breakpoints


async def test_the_cursor_stays_where_a_breakpoint_is_set() -> None:
    async with running(system_of(calls())) as pilot:
        assert (await press(pilot, "down", "down", "b")).breakpoints
        assert not (await press(pilot, "b")).breakpoints


async def test_u_runs_to_the_cursor() -> None:
    async with running(system_of(calls())) as pilot:
        snapshot = await press(pilot, "down", "down", "down", "u")
        assert snapshot.position.where == "main.s:4"
        assert not snapshot.breakpoints


@pytest.mark.parametrize("key", ["p", "space"])
async def test_a_running_machine_is_paused_at_once(key: str) -> None:
    async with running(system_of(Part("main", SPIN))) as pilot:
        await start(pilot)
        assert any("running" in line for line in screen_text(pilot))
        snapshot = await press(pilot, key)
        assert not snapshot.running
        assert snapshot.stop.kind is StopKind.PAUSED


async def test_a_breakpoint_set_while_the_machine_runs_stops_it() -> None:
    async with running(system_of(Part("main", SPIN))) as pilot:
        await start(pilot)
        snapshot = await press(pilot, "b")
        assert snapshot.stop.kind is StopKind.BREAKPOINT


async def test_r_begins_anew() -> None:
    async with running(system_of(calls())) as pilot:
        await press(pilot, "s", "s")
        snapshot = await press(pilot, "r")
        assert (snapshot.instant, snapshot.stop.kind) == (0, StopKind.START)


async def test_an_ended_machine_does_not_step_but_can_be_restarted() -> None:
    source = "_start: li t0, 0x100000\n li t1, 0x5555\n sw t1, 0(t0)\nend: j end\n"
    async with running(system_of(Part("main", source))) as pilot:
        snapshot = await press(pilot, "c")
        assert snapshot.stop.text == "ended: the guest turned the machine off, exit status 0"
        assert (await press(pilot, "s")).instant == snapshot.instant
        assert "step" not in pilot.app.screen.query_one(KeyBar).row_at(0).text
        assert (await press(pilot, "r", "s")).instant == 1


async def test_t_sets_a_breakpoint_that_is_typed() -> None:
    async with running(system_of(*user("_start: csrr t0, mstatus\n j _start\n"))) as pilot:
        await press(pilot, "t")
        assert isinstance(pilot.app.screen, TrapScreen)
        await type_text(pilot, "rdstatus from 3")
        snapshot = await press(pilot, "enter")
        assert [view.text for view in snapshot.breakpoints] == ["rdstatus from 3"]
        snapshot = await press(pilot, "c")
        assert snapshot.stop.kind is StopKind.TRAP
        assert "bit 0 rdstatus" in snapshot.stop.text
        assert any("bit 0 rdstatus" in line for line in screen_text(pilot))


async def test_t_offers_choices_and_enter_takes_the_first() -> None:
    async with running(system_of(calls())) as pilot:
        await press(pilot, "t", "enter")
        assert [view.text for view in debugger(pilot).snapshot.breakpoints] == ["any"]


async def test_t_removes_what_is_set() -> None:
    async with running(system_of(calls())) as pilot:
        await press(pilot, "t", "enter", "t", "up", "enter")
        assert not debugger(pilot).snapshot.breakpoints


async def test_t_says_what_is_wrong_with_a_condition() -> None:
    async with running(system_of(calls())) as pilot:
        await press(pilot, "t")
        await type_text(pilot, "ilegal")
        await press(pilot, "enter")
        assert any("did you mean illegal?" in line for line in screen_text(pilot))
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, DebuggerScreen)


async def test_d_changes_to_disassembly_and_back() -> None:
    async with running(system_of(calls())) as pilot:
        await press(pilot, "d")
        text = "\n".join(screen_text(pilot))
        assert "Disassembly" in text
        assert "80000000" in text
        assert "auipc" in text
        assert "_start:" in text
        await press(pilot, "d")
        assert any("la      sp, stack" in line for line in screen_text(pilot))


async def test_a_breakpoint_can_be_set_in_the_disassembly() -> None:
    async with running(system_of(calls())) as pilot:
        snapshot = await press(pilot, "d", "down", "b")
        assert [view.text for view in snapshot.breakpoints] == ["0x80000004"]
        assert (await press(pilot, "c")).position.pc == 0x8000_0004


async def test_z_gives_a_pane_the_whole_screen() -> None:
    async with running(system_of(calls()), (80, 24)) as pilot:
        await press(pilot, "3", "z")
        assert pilot.app.screen.query_one("#bitmap").size.height == 24 - 5
        assert not pilot.app.screen.query_one("#source").display
        await press(pilot, "z")
        assert pilot.app.screen.query_one("#source").display


@pytest.mark.parametrize(
    ("key", "pane"),
    [("1", "source"), ("2", "rings"), ("3", "bitmap"), ("4", "registers"), ("5", "stack")],
)
@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_digits_go_to_panes_and_open_their_tabs(
    key: str, pane: str, size: tuple[int, int]
) -> None:
    async with running(system_of(calls()), size) as pilot:
        await press(pilot, key)
        focused = pilot.app.focused
        assert focused is not None
        assert focused.id == pane
        assert focused.region.area


async def test_tab_goes_from_pane_to_pane() -> None:
    async with running(system_of(calls())) as pilot:
        seen = []
        for _ in range(6):
            await press(pilot, "tab")
            focused = pilot.app.focused
            seen.append(focused.id if focused else None)
        assert len(set(seen)) == 6
        await press(pilot, "shift+tab")
        assert pilot.app.focused is not None
        assert pilot.app.focused.id == seen[-2]


async def test_a_line_typed_on_the_console_reaches_the_guest() -> None:
    echo = """\
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
    async with running(system_of(Part("main", echo)), (80, 24)) as pilot:
        await press(pilot, "greater_than_sign")
        await type_text(pilot, "hello s")
        await press(pilot, "enter", "escape")
        snapshot = await press(pilot, "c")
        assert snapshot.stop.kind is StopKind.ENDED
        assert snapshot.console == ("hello s", "")
        assert any(line.strip() == "hello s" for line in screen_text(pilot))
        assert pilot.app.focused is pilot.app.screen.query_one("#source")


async def test_lines_typed_ahead_of_a_slow_screen_reach_the_guest_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[bytes] = []
    async with running(system_of(calls())) as pilot:
        monkeypatch.setattr(debugger(pilot).session, "send", lambda data, *, cut: sent.append(data))
        await press(pilot, "greater_than_sign")
        for key in ("o", "n", "e", "enter", "t", "w", "o", "enter"):
            pilot.app.simulate_key(key)
        await settle(pilot)
        assert sent == [b"one\n", b"two\n"]


async def test_slash_goes_to_what_was_typed_before_enter() -> None:
    async with running(system_of(*user("_start: nop\nmiddle: nop\n j _start\n"))) as pilot:
        await press(pilot, "slash")
        for key in (*"middle", "enter", "b"):
            pilot.app.simulate_key(key)
        await settle(pilot)
        assert any("▷" in line and "middle:" in line for line in screen_text(pilot))


async def test_a_guest_that_waits_for_input_goes_on_when_it_is_typed() -> None:
    waits = """\
_start: li      s0, 0x10000000
        li      t0, 1
        sb      t0, 1(s0)
        li      t0, 0x0c000028
        li      t1, 1
        sw      t1, 0(t0)
        li      t0, 0x0c002000
        li      t1, 1 << 10
        sw      t1, 0(t0)
        li      t0, 1 << 11
        csrw    mie, t0
        wfi
        li      t0, 0x100000
        li      t1, 0x5555
        sw      t1, 0(t0)
"""
    async with running(system_of(Part("main", waits))) as pilot:
        assert (await press(pilot, "c")).stop.kind is StopKind.WAITING
        await press(pilot, "greater_than_sign", "x", "enter")
        assert (await settle(pilot)).stop.kind is StopKind.ENDED


async def test_the_help_lists_every_action_and_the_focused_pane() -> None:
    async with running(system_of(calls()), (120, 80)) as pilot:
        await press(pilot, "3", "question_mark")
        assert isinstance(pilot.app.screen, HelpScreen)
        told = str(pilot.app.screen.query_one(Static).content)
        assert "Trap bitmap" in told
        for action in ACTIONS:
            assert action.summary in told
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, DebuggerScreen)


async def test_the_palette_offers_the_actions() -> None:
    async with running(system_of(calls())) as pilot:
        await press(pilot, "ctrl+p")
        await type_text(pilot, "Step one instruction, trap")
        await pilot.pause(0.3)
        await pilot.press("enter")
        await pilot.pause()
        assert (await settle(pilot)).instant == 1


async def test_a_click_on_a_key_does_what_the_key_does() -> None:
    async with running(system_of(calls())) as pilot:
        await pilot.click(KeyBar, offset=(2, 0))
        assert (await settle(pilot)).instant == 2


async def test_a_click_into_the_gutter_toggles_a_breakpoint() -> None:
    async with running(system_of(calls())) as pilot:
        await pilot.click(SourcePane, offset=(1, 3))
        assert [view.text for view in (await settle(pilot)).breakpoints] == ["main.s:3"]


async def test_a_click_on_a_tab_opens_it() -> None:
    async with running(system_of(calls()), (80, 24)) as pilot:
        assert not pilot.app.screen.query_one("#stack").display
        await pilot.click("#tabs-low", offset=(18, 0))
        await settle(pilot)
        assert pilot.app.screen.query_one("#stack").display
        assert not pilot.app.screen.query_one("#registers").display


async def test_enter_in_the_call_stack_shows_where_an_entry_waits() -> None:
    parts = (
        Part("hyper", HYPERVISOR, 0x8000_0000, "hypervisor"),
        Part("guest", GUEST_KERNEL, 0x8001_0000, "kernel", "vm1", believes=0),
        Part("program", GUEST_PROGRAM, 0x8002_0000, "user", "vm1", believes=3),
    )
    async with running(system_of(*parts)) as pilot:
        await press(pilot, "t")
        await type_text(pilot, "injection")
        await press(pilot, "enter", "c", "5", "down", "enter")
        assert any("▷" in line and "ecall" in line for line in screen_text(pilot))
        await press(pilot, "s")
        assert not any("ecall" in line for line in screen_text(pilot))


async def test_a_move_that_makes_no_sense_is_refused_in_words() -> None:
    async with running(system_of(*user("_start: j _start\n")), notifications=True) as pilot:
        await press(pilot, "t")
        await type_text(pilot, "to 3")
        await press(pilot, "enter", "c", "f")
        await pilot.pause(0.1)
        assert any("nothing to finish" in line for line in screen_text(pilot))


async def test_q_leaves() -> None:
    async with running(system_of(Part("main", SPIN))) as pilot:
        await start(pilot)
        pilot.app.simulate_key("q")
        for _ in range(500):
            if not pilot.app.is_running:
                break
            await asyncio.sleep(0.02)
        assert not pilot.app.is_running


async def test_enter_on_a_trap_bit_sets_a_breakpoint_there_and_removes_it() -> None:
    async with running(system_of(*user(SPY), cpu="legacy")) as pilot:
        snapshot = await press(pilot, "3", "right", "enter")
        assert [view.text for view in snapshot.breakpoints] == ["wrcount"]
        snapshot = await press(pilot, "enter", "left", "b")
        assert [view.text for view in snapshot.breakpoints] == ["rdstatus"]
        assert any("□  0●rdstatus" in line for line in screen_text(pilot))
        snapshot = await press(pilot, "c")
        assert snapshot.stop.text.startswith("ignored: csrr t0, mstatus")
        assert any("□  0●rdstatus *ignored" in line for line in screen_text(pilot))


@pytest.mark.parametrize(("size", "offset"), [((120, 40), (6, 2)), ((80, 24), (4, 2))])
async def test_a_click_on_a_trap_bit_does_what_enter_does(
    size: tuple[int, int], offset: tuple[int, int]
) -> None:
    async with running(system_of(calls()), size) as pilot:
        await pilot.click("#bitmap", offset=offset)
        assert [view.text for view in (await settle(pilot)).breakpoints] == ["wrstatus"]
        await pilot.click("#bitmap", offset=offset)
        assert not (await settle(pilot)).breakpoints


async def test_x_on_a_trap_bit_sets_it_and_the_next_instruction_of_its_class_traps() -> None:
    async with running(system_of(*user(SPY), cpu="vt")) as pilot:
        snapshot = await press(pilot, "x")
        assert snapshot.trapmap == 0
        assert any("choose a bit in the trap bitmap first" in line for line in screen_text(pilot))
        await press(pilot, "3", "b", "c")
        assert "ignored: csrr t0, mstatus" in debugger(pilot).snapshot.stop.text
        snapshot = await press(pilot, "x")
        assert snapshot.trapmap == 1
        assert any("■  0●rdstatus *traps" in line for line in screen_text(pilot))
        assert "trap: illegal instruction, csrr t0, mstatus" in (await press(pilot, "c")).stop.text
        assert (await press(pilot, "x")).trapmap == 0


async def test_a_click_on_the_box_of_a_trap_bit_changes_the_bit() -> None:
    async with running(system_of(*user(SPY), cpu="vt")) as pilot:
        await pilot.click("#bitmap", offset=(0, 2))
        snapshot = await settle(pilot)
        assert snapshot.trapmap == 2
        assert not snapshot.breakpoints


async def test_a_cpu_whose_bits_are_fixed_says_so() -> None:
    async with running(system_of(*user(SPY))) as pilot:
        await press(pilot, "3", "x")
        assert any("classic has no trap bitmap" in line for line in screen_text(pilot))


async def test_what_is_said_hides_nothing_of_the_machine_and_goes_with_the_next_move() -> None:
    async with running(system_of(calls())) as pilot:
        await press(pilot, "t", "enter")
        assert screen_text(pilot)[-1] == " ✓ stops at: any"
        await press(pilot, "s")
        assert screen_text(pilot)[-1].startswith(" s step")


async def test_escape_goes_back_step_by_step() -> None:
    async with running(system_of(calls())) as pilot:
        await press(pilot, "3", "z", "escape")
        assert pilot.app.screen.query_one(Body).arranged.zoomed is None
        await press(pilot, "escape")
        assert pilot.app.focused is pilot.app.screen.query_one("#source")
        await press(pilot, "escape")
        assert screen_text(pilot)[-1] == " ✓ q quits"


async def test_a_machine_that_is_stuck_says_so_and_marks_the_line() -> None:
    async with running(system_of(Part("main", "_start: nop\nend: j end\n"))) as pilot:
        snapshot = await press(pilot, "c")
        assert snapshot.stop.kind is StopKind.STUCK
        text = "\n".join(screen_text(pilot))
        assert "□ stuck" in text
        assert " ■   2· end: j end" in text


async def test_slash_leads_to_a_label_of_another_file_where_a_breakpoint_can_be_set() -> None:
    async with running(system_of(*user("_start: nop\nmiddle: nop\n j _start\n"))) as pilot:
        await press(pilot, "slash")
        assert isinstance(pilot.app.screen, PlaceScreen)
        await type_text(pilot, "midd")
        snapshot = await press(pilot, "enter", "b")
        assert any("▷" in line and "middle:" in line for line in screen_text(pilot))
        assert [view.text for view in snapshot.breakpoints] == ["user.s:2"]
        snapshot = await press(pilot, "c")
        assert snapshot.position.where == "user.s:2"


@pytest.mark.parametrize("text", ["keeper.s:12", "0x8000002c", "keeper::handler", "handler"])
async def test_slash_takes_what_a_breakpoint_takes(text: str) -> None:
    async with running(system_of(*user("_start: nop\n"))) as pilot:
        await press(pilot, "slash")
        await type_text(pilot, text)
        await press(pilot, "enter")
        assert any("▷" in line and "addi    s11" in line for line in screen_text(pilot))


async def test_slash_says_what_is_not_there() -> None:
    async with running(system_of(calls())) as pilot:
        await press(pilot, "slash")
        await type_text(pilot, "stak:")
        await press(pilot, "enter")
        assert any("no label is named" in line for line in screen_text(pilot))
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, DebuggerScreen)
