"""The command line on the screen: typing, history, completion, and commands beside what keys do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from textual import events
from textual.events import Key
from textual.keys import _character_to_key as character_to_key
from textual.pilot import Pilot

from hvtui.debugger.snapshot import StopKind
from hvtui.tui.messages import Execute
from hvtui.tui.panes.command import Candidates, CommandLine, CommandPane, Output
from hvtui.tui.screens.cut import CutScreen
from hvtui.tui.screens.debugger import DebuggerScreen
from hvtui.tui.transcript import LINES_KEPT, Kind, Line, Transcript
from tests.support.debugged import VIRTUALIZED, Part, system_of
from tests.support.screens import (
    debugger,
    pane_text,
    press,
    running,
    screen_text,
    settle,
    start,
    type_text,
)

CALLS = """\
_start: la      sp, stack
        li      a0, 1
        call    f
        li      a1, 2
        la      t0, counter
loop:   addi    a1, a1, 1
        sw      a1, 0(t0)
        j       loop
f:      addi    a0, a0, 1
        ret
        .space  64
stack:
counter: .word  0
"""
SPIN = "_start: addi t0, t0, 1\n j _start\n"


def calls() -> Part:
    return Part("main", CALLS)


def line(pilot: Pilot[None]) -> CommandLine:
    return debugger(pilot).query_one(CommandLine)


def told(pilot: Pilot[None]) -> list[str]:
    """Return all that was typed and told at the command line."""
    commands = debugger(pilot).commands
    commands.transcript.collect()
    return list(commands.transcript.text)


async def open_line(pilot: Pilot[None]) -> None:
    """Go to the command line while the machine runs."""
    pilot.app.simulate_key("colon")
    while pilot.app.focused is not line(pilot):
        await pilot.pause(0.01)


async def do(pilot: Pilot[None], *lines: str) -> list[str]:
    """Type lines at the command line; return what was told since."""
    before = len(told(pilot))
    if debugger(pilot).focused is not line(pilot):
        await press(pilot, "colon")
    for text in lines:
        await type_text(pilot, text)
        await press(pilot, "enter")
    await settle(pilot)
    return told(pilot)[before:]


async def paste(pilot: Pilot[None], text: str) -> None:
    """Paste a text into whatever has the focus."""
    pilot.app.post_message(events.Paste(text))
    for _ in range(3 + text.count("\n")):
        await settle(pilot)


# Typing


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_colon_opens_the_line_from_any_pane(size: tuple[int, int]) -> None:
    async with running(system_of(calls()), size) as pilot:
        for pane in ("1", "3", "4"):
            await press(pilot, pane, "colon")
            assert pilot.app.focused is line(pilot)
            assert line(pilot).region.area
            await press(pilot, "escape")
            assert pilot.app.focused is debugger(pilot).query_one("#source")


async def test_a_command_is_done_and_told_with_what_was_typed() -> None:
    async with running(system_of(calls())) as pilot:
        rows = await do(pilot, "break f")
        assert rows[0] == "(hv) break f"
        assert rows[1].startswith("Breakpoint 1 at f")
        assert [view.text for view in debugger(pilot).snapshot.breakpoints] == ["f"]
        text = "\n".join(screen_text(pilot))
        assert "(hv) break f" in text
        assert "Breakpoint 1 at f: 0x8" in text


async def test_a_command_moves_the_machine_and_the_screen_follows() -> None:
    async with running(system_of(calls())) as pilot:
        rows = await do(pilot, "break f", "c")
        snapshot = debugger(pilot).snapshot
        assert snapshot.stop.kind is StopKind.BREAKPOINT
        assert snapshot.position.label == "f"
        assert rows[-1].startswith("=> instant ")
        await do(pilot, "rs")
        assert debugger(pilot).snapshot.position.where == "main.s:3"


async def test_escape_keeps_the_line() -> None:
    async with running(system_of(calls())) as pilot:
        await press(pilot, "colon", *"print", "escape", "s", "colon", "end")
        assert line(pilot).value == "print"
        assert debugger(pilot).snapshot.position.where == "main.s:2"


async def test_w_begins_a_watch_and_a_line_that_was_begun_is_not_lost() -> None:
    async with running(system_of(calls())) as pilot:
        await press(pilot, "w")
        assert line(pilot).value == "watch "
        await type_text(pilot, "a1")
        snapshot = await press(pilot, "enter", "escape", "c")
        assert snapshot.stop.kind is StopKind.WATCH
        await press(pilot, "colon")
        await type_text(pilot, "print a0")
        await press(pilot, "escape", "w")
        assert line(pilot).value == "watch "
        await press(pilot, "escape", "w", "ctrl+c", "up")
        assert line(pilot).value == "print a0"


async def test_control_c_clears_the_line() -> None:
    async with running(system_of(calls())) as pilot:
        await press(pilot, "colon", *"nonsense", "ctrl+c")
        assert line(pilot).value == ""
        assert pilot.app.focused is line(pilot)


async def test_keys_that_step_work_while_one_types() -> None:
    async with running(system_of(calls())) as pilot:
        await press(pilot, "colon", *"print", "f11")
        assert debugger(pilot).snapshot.position.where == "main.s:2"
        assert line(pilot).value == "print"


async def test_lines_typed_ahead_are_done_in_order() -> None:
    async with running(system_of(calls())) as pilot:
        await press(pilot, "colon")
        for key in (*"si", "enter", *"si", "enter", *"p instant", "enter"):
            pilot.app.post_message(Key("enter" if key == "enter" else character_to_key(key), key))
        for _ in range(6):
            await settle(pilot)
        assert told(pilot)[-1] == "instant = 0x2 (2)"


@pytest.mark.parametrize(("opens", "text"), [(":", "print instant"), ("w", "instant if a0 == 4")])
async def test_what_is_typed_right_after_the_key_that_opens_the_line_belongs_to_it(
    opens: str, text: str
) -> None:
    async with running(system_of(calls()), (80, 24)) as pilot:
        await press(pilot, "s")
        for character in (opens, *text):
            pilot.app.post_message(Key(character_to_key(character), character))
        await settle(pilot)
        await settle(pilot)
        assert line(pilot).value == ("watch " if opens == "w" else "") + text
        assert debugger(pilot).snapshot.instant == 2


# Mistakes


@pytest.mark.parametrize(
    ("typed", "mark"),
    [
        ("print a0 + mstatuss", "               ^^^^^^^^"),
        ("break f if a0 == == 3", "                  ^^"),
        ("watch -step *word(spp)", "                      ^^^"),
    ],
)
async def test_the_mark_stands_under_what_was_typed(typed: str, mark: str) -> None:
    async with running(system_of(calls())) as pilot:
        rows = await do(pilot, typed)
        assert rows[0] == f"(hv) {typed}"
        assert rows[1] == " " + mark
        assert not rows[2].startswith(" ")


async def test_a_mistake_says_what_would_help() -> None:
    async with running(system_of(calls())) as pilot:
        assert (await do(pilot, "steep"))[1] == 'there is no command "steep"; did you mean step?'
        assert "did you mean: mstatus" in (await do(pilot, "p mstatuss"))[-1]


# History


async def test_up_and_down_go_through_the_history() -> None:
    async with running(system_of(calls())) as pilot:
        await do(pilot, "print a0", "print a1", "si")
        await press(pilot, "up", "up")
        assert line(pilot).value == "print a1"
        await press(pilot, "down")
        assert line(pilot).value == "si"
        await press(pilot, "down")
        assert line(pilot).value == ""


async def test_up_looks_for_what_begins_as_the_typed() -> None:
    async with running(system_of(calls())) as pilot:
        await do(pilot, "print a0", "si")
        await press(pilot, "p", "up")
        assert line(pilot).value == "print a0"


async def test_control_r_looks_anywhere_in_the_lines() -> None:
    async with running(system_of(calls())) as pilot:
        await do(pilot, "print a0", "info registers a0", "si")
        await type_text(pilot, "a0")
        await press(pilot, "ctrl+r")
        assert line(pilot).value == "info registers a0"
        await press(pilot, "ctrl+r")
        assert line(pilot).value == "print a0"
        await press(pilot, "ctrl+r")
        assert line(pilot).value == "print a0"
        assert "no older line has that in it" in screen_text(pilot)[-1]


async def test_the_rest_of_a_line_is_suggested_and_taken() -> None:
    async with running(system_of(calls())) as pilot:
        await do(pilot, "print a0 + a1")
        await type_text(pilot, "pr")
        await settle(pilot)
        assert pane_text(pilot, "command")[-1] == " (hv) print a0 + a1"
        await press(pilot, "right")
        assert line(pilot).value == "print a0 + a1"


async def test_the_only_way_to_go_on_is_suggested() -> None:
    async with running(system_of(calls())) as pilot:
        await press(pilot, "colon")
        await type_text(pilot, "info regi")
        await settle(pilot)
        await press(pilot, "right")
        assert line(pilot).value == "info registers"


# Completion


async def test_tab_completes_the_only_way() -> None:
    async with running(system_of(calls())) as pilot:
        await press(pilot, "colon", *"undis", "tab")
        assert line(pilot).value == "undisplay "
        assert not debugger(pilot).query_one(Candidates).display


async def test_tab_completes_in_the_middle_of_a_line() -> None:
    async with running(system_of(calls())) as pilot:
        await press(pilot, "colon")
        await type_text(pilot, "print count + a0")
        await press(pilot, *["left"] * 5, "tab")
        assert line(pilot).value == "print counter + a0"
        assert line(pilot).cursor_position == len("print counter")


async def test_tab_lists_several_ways_and_goes_through_them() -> None:
    async with running(system_of(calls())) as pilot:
        await press(pilot, "colon", *"reverse-st", "tab")
        assert line(pilot).value == "reverse-step"
        candidates = debugger(pilot).query_one(Candidates)
        assert [known.text for known in candidates.offered] == ["reverse-step", "reverse-stepi"]
        text = "\n".join(screen_text(pilot))
        assert "reverse-stepi  Undo the last instruction." in text
        await press(pilot, "tab")
        assert line(pilot).value == "reverse-step"
        await press(pilot, "tab")
        assert line(pilot).value == "reverse-stepi"
        assert any("▸ reverse-stepi" in row for row in screen_text(pilot))
        await press(pilot, "shift+tab")
        assert line(pilot).value == "reverse-step"
        await type_text(pilot, " ")
        await settle(pilot)
        assert not candidates.display
        assert line(pilot).value == "reverse-step "


async def test_escape_closes_the_list_first() -> None:
    async with running(system_of(calls())) as pilot:
        await press(pilot, "colon", "tab")
        assert debugger(pilot).query_one(Candidates).display
        await press(pilot, "escape")
        assert not debugger(pilot).query_one(Candidates).display
        assert pilot.app.focused is line(pilot)
        await press(pilot, "escape")
        assert pilot.app.focused is debugger(pilot).query_one("#source")


async def test_a_click_takes_a_candidate() -> None:
    async with running(system_of(calls())) as pilot:
        await press(pilot, "colon", *"print coun")
        await press(pilot, "ctrl+c", *"reverse-st", "tab")
        await pilot.click(Candidates, offset=(4, 1))
        await settle(pilot)
        assert line(pilot).value == "reverse-stepi"
        assert pilot.app.focused is line(pilot)


async def test_shift_tab_goes_back_to_the_panes() -> None:
    async with running(system_of(calls())) as pilot:
        await press(pilot, "colon", "shift+tab")
        assert pilot.app.focused is not line(pilot)


# Several lines


async def test_pasted_lines_are_done_in_order_and_the_last_piece_stays() -> None:
    async with running(system_of(calls())) as pilot:
        await press(pilot, "colon", *"br")
        await paste(pilot, "eak f\r\ncontinue\nprint a0\nbreak lo")
        rows = told(pilot)
        assert [row for row in rows if row.startswith("(hv)")] == [
            "(hv) break f", "(hv) continue", "(hv) print a0",
        ]  # fmt: skip
        assert rows[-1] == "a0 = 0x1 (1)"
        assert line(pilot).value == "break lo"


async def test_one_pasted_line_is_only_inserted() -> None:
    async with running(system_of(calls())) as pilot:
        await press(pilot, "colon", *"a0", "home")
        await paste(pilot, "print ")
        assert line(pilot).value == "print a0"
        assert not told(pilot)


async def test_a_block_of_commands_has_a_prompt_of_its_own() -> None:
    async with running(system_of(calls())) as pilot:
        await do(pilot, "break f", "commands 1")
        assert any(
            row.strip().startswith("> a command of the breakpoint") for row in screen_text(pilot)
        )
        rows = await do(pilot, "silent", "print a0", "end")
        assert rows == ["   > silent", "   > print a0", "   > end"]
        assert debugger(pilot).snapshot.breakpoints[0].commands == ("silent", "print a0")
        assert (await do(pilot, "c"))[-1] == "a0 = 0x1 (1)"


async def test_a_pasted_block_may_hold_what_moves_the_machine() -> None:
    async with running(system_of(calls())) as pilot:
        await press(pilot, "colon")
        await paste(pilot, "break loop\ncommands 1\nsilent\nprint a1\nnext\nend\ncontinue\n")
        assert debugger(pilot).snapshot.breakpoints[0].commands == ("silent", "print a1", "next")
        assert "a1 = 0x2 (2)" in told(pilot)
        assert debugger(pilot).snapshot.position.where == "main.s:7"


async def test_control_c_gives_up_a_block() -> None:
    async with running(system_of(calls())) as pilot:
        await do(pilot, "break f", "commands 1", "print a0")
        await press(pilot, "ctrl+c")
        assert "given up" in told(pilot)[-1]
        assert (await do(pilot, "print a0"))[0] == "(hv) print a0"


# While the machine runs


async def test_a_breakpoint_can_be_set_while_the_machine_runs() -> None:
    async with running(system_of(Part("main", SPIN))) as pilot:
        await press(pilot, "colon")
        await type_text(pilot, "c")
        pilot.app.simulate_key("enter")
        while not debugger(pilot).snapshot.running:
            await pilot.pause(0.01)
        await pilot.pause(0)
        assert "Esc or Ctrl+C pauses" in line(pilot).placeholder
        await type_text(pilot, "step")
        pilot.app.simulate_key("enter")
        await pilot.pause(0.05)
        assert told(pilot)[-1] == "the machine runs: Esc or Ctrl+C pauses it"
        assert debugger(pilot).snapshot.running
        await type_text(pilot, "break _start")
        pilot.app.simulate_key("enter")
        snapshot = await settle(pilot)
        assert snapshot.stop.kind is StopKind.BREAKPOINT
        assert "a command, as in" in line(pilot).placeholder


@pytest.mark.parametrize("key", ["escape", "ctrl+c"])
async def test_escape_and_control_c_pause_and_a_blank_does_not(key: str) -> None:
    async with running(system_of(Part("main", SPIN))) as pilot:
        await start(pilot)
        await open_line(pilot)
        await type_text(pilot, "p ")
        assert debugger(pilot).is_moving
        pilot.app.simulate_key(key)
        snapshot = await settle(pilot)
        assert snapshot.stop.kind is StopKind.PAUSED
        assert line(pilot).value == "p "
        assert pilot.app.focused is line(pilot)


async def test_lines_that_wait_are_dropped_by_a_pause() -> None:
    async with running(system_of(Part("main", SPIN))) as pilot:
        await press(pilot, "colon")
        pilot.app.post_message(events.Paste("continue\nprint t0\nprint a0\n"))
        while not debugger(pilot).snapshot.running:
            await pilot.pause(0.01)
        pilot.app.simulate_key("escape")
        await settle(pilot)
        assert "paused: 2 lines were not done" in told(pilot)
        assert "(hv) print a0" not in told(pilot)


async def test_commands_that_go_on_for_ever_leave_the_screen_alive() -> None:
    async with running(system_of(calls())) as pilot:
        await do(pilot, "break loop", "commands 1 silent; print a1; continue")
        await press(pilot, "escape")
        await start(pilot)
        first = debugger(pilot).snapshot.instant
        while debugger(pilot).snapshot.instant == first:
            await pilot.pause(0.01)
        pilot.app.simulate_key("space")
        snapshot = await settle(pilot)
        assert not snapshot.running
        rows = told(pilot)
        assert len([row for row in rows if row.startswith("a1 = ")]) > 2
        assert (await press(pilot, "i")).instant == snapshot.instant + 1


# At the stops of keys


async def test_the_commands_of_a_breakpoint_are_done_when_a_key_leads_to_it() -> None:
    async with running(system_of(calls()), (80, 24)) as pilot:
        await do(pilot, "break f", "commands 1 print a0")
        await press(pilot, "escape", "4", "c")
        assert told(pilot)[-1] == "a0 = 0x1 (1)"
        # The line of the keys says so while the pane is out of view.
        assert screen_text(pilot)[-1] == " ✓ a0 = 0x1 (1)"


async def test_what_others_send_is_echoed_and_told() -> None:
    async with running(system_of(calls()), (80, 24)) as pilot:
        debugger(pilot).post_message(Execute("break trap any"))
        await settle(pilot)
        assert told(pilot) == ["(hv) break trap any", "Breakpoint 1 on trap any"]
        assert screen_text(pilot)[-1] == " ✓ Breakpoint 1 on trap any"
        debugger(pilot).post_message(Execute("steep"))
        await settle(pilot)
        assert screen_text(pilot)[-1].startswith(' ! there is no command "steep"')
        await press(pilot, "colon", "up")
        assert line(pilot).value == "", "what was not typed is not in the history"


# In the past


async def test_a_change_in_the_past_asks_and_a_no_gives_the_line_back() -> None:
    async with running(system_of(calls())) as pilot:
        await do(pilot, "stepi 9", "goto 3")
        await do(pilot, "set a0 = 77")
        assert isinstance(pilot.app.screen, CutScreen)
        await press(pilot, "escape")
        assert isinstance(pilot.app.screen, DebuggerScreen)
        assert line(pilot).value == "set a0 = 77"
        assert debugger(pilot).snapshot.registers[10] != 77
        assert debugger(pilot).snapshot.frontier == 9
        await press(pilot, "enter", "down", "enter")
        await settle(pilot)
        assert debugger(pilot).snapshot.registers[10] == 77
        assert debugger(pilot).snapshot.frontier == 3
        assert line(pilot).value == ""


async def test_pasted_lines_go_on_after_the_question_was_agreed_to() -> None:
    async with running(system_of(calls())) as pilot:
        await do(pilot, "stepi 9", "goto 3")
        await paste(pilot, "set a0 = 77\nprint a0\n")
        assert isinstance(pilot.app.screen, CutScreen)
        await press(pilot, "down", "enter")
        for _ in range(3):
            await settle(pilot)
        assert told(pilot)[-1] == "a0 = 0x4d (77)"


async def test_commands_of_a_breakpoint_that_change_the_past_ask_too() -> None:
    async with running(system_of(calls())) as pilot:
        await do(pilot, "stepi 30", "goto 2", "break f", "commands 1 set a0 = 77; stepi")
        await press(pilot, "escape", "c")
        assert isinstance(pilot.app.screen, CutScreen)
        await press(pilot, "down", "enter")
        await settle(pilot)
        assert debugger(pilot).snapshot.registers[10] == 78


# Output


async def test_output_without_end_is_cut_off() -> None:
    async with running(system_of(calls())) as pilot:
        rows = await do(pilot, "x/4000i pc")
        assert rows[-1] == "… 3,000 more lines"
        assert len(rows) == 1002


async def test_pages_of_the_output_can_be_turned() -> None:
    async with running(system_of(calls()), (80, 24)) as pilot:
        await do(pilot, "info registers")
        output = debugger(pilot).query_one("#command-output", Output)
        assert output.scroll_offset.y == output.row_count - output.size.height
        await press(pilot, "pageup", "pageup")
        top = output.scroll_offset.y
        assert top == output.row_count - output.size.height - 2 * (output.size.height - 1)
        await press(pilot, "pagedown")
        assert output.scroll_offset.y > top
        await do(pilot, "print a0")
        assert output.scroll_offset.y == output.row_count - output.size.height
        await press(pilot, "ctrl+l")
        assert output.row_count == 0


def test_a_transcript_keeps_its_last_lines_and_breaks_long_ones() -> None:
    transcript = Transcript()
    transcript.fit(10)
    for number in range(3 * LINES_KEPT):
        transcript.add(Line(f"line {number}"))
        if number % 700 == 0:
            transcript.collect()
    transcript.collect()
    assert LINES_KEPT <= len(transcript.rows) <= LINES_KEPT + 1000
    assert transcript.rows[-1].text.startswith("line 29999"[:10])
    transcript.clear()
    transcript.add(Line("print a0 + a1", Kind.TYPED, "(hv) "))
    transcript.collect()
    assert [row.text for row in transcript.rows] == ["(hv) print", " a0 + a1"]
    transcript.fit(40)
    assert [row.text for row in transcript.rows] == ["(hv) print a0 + a1"]


def test_lines_that_are_dropped_take_their_rows_along() -> None:
    transcript = Transcript()
    transcript.fit(4)
    for _ in range(LINES_KEPT + 1):
        transcript.add(Line("12345678"))
    assert transcript.collect() == 0
    for _ in range(1500):
        transcript.add(Line("x"))
    assert transcript.collect() == 2 * 1500
    assert len(transcript.rows) == 2 * (LINES_KEPT - 1500) + 1500


# All of it


async def test_quit_leaves() -> None:
    async with running(system_of(calls())) as pilot:
        await press(pilot, "colon", *"quit")
        pilot.app.simulate_key("enter")
        for _ in range(500):
            if not pilot.app.is_running:
                break
            await asyncio.sleep(0.02)
        assert not pilot.app.is_running


async def test_the_command_line_lives_through_any_size() -> None:
    async with running(system_of(calls())) as pilot:
        await do(pilot, "info registers", "help")
        await press(pilot, "tab")
        for width, height in ((80, 24), (5, 40), (1, 1), (20, 5), (300, 80), (120, 40)):
            await pilot.resize_terminal(width, height)
            await settle(pilot)
        assert (await do(pilot, "print a0"))[-1] == "a0 = 0x0 (0)"


@pytest.mark.parametrize(
    "size", [(80, 24), (120, 40), (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}"
)
async def test_the_pane(size: tuple[int, int], golden: Callable[[str, list[str]], None]) -> None:
    async with running(system_of(*VIRTUALIZED, cpu="vt"), size) as pilot:
        await do(pilot, "break trap injection", "c", "display mcause", "print a0 + mstatuss")
        await press(pilot, *"info ", "tab", "tab", "tab")
        golden(f"command-line-{size[0]}x{size[1]}", pane_text(pilot, "command"))


TEXTS = ("si", "c", "rs", "break _start", "d", "x/8xw sp", "commands 1", "end", "print t0", "tab")
KEYS = ("tab", "up", "down", "escape", "colon", "ctrl+c", "ctrl+r", "pageup", "right", "space", "enter")
typed = st.one_of(st.sampled_from(TEXTS), st.text(max_size=12))
acts = st.lists(st.one_of(typed.map(lambda text: ("line", text)), st.sampled_from(KEYS).map(
    lambda key: ("key", key))), max_size=10)  # fmt: skip


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(acts)
def test_nothing_that_is_typed_while_the_machine_runs_ends_the_program(
    acts: list[tuple[str, str]],
) -> None:
    async def type_all() -> None:
        async with running(system_of(Part("main", SPIN)), (80, 24)) as pilot:
            await start(pilot)
            await open_line(pilot)
            for kind, text in acts:
                if not pilot.app.is_running or not isinstance(pilot.app.screen, DebuggerScreen):
                    break
                if kind == "key":
                    pilot.app.simulate_key(text)
                    await pilot.pause(0)
                elif text.partition(" ")[0] not in ("q", "quit", "exit"):
                    debugger(pilot).query_one(CommandPane).post_message(CommandLine.Lines((text,)))
                    await pilot.pause(0)
            assert pilot.app.is_running
            debugger(pilot).pause()
            await settle(pilot)

    asyncio.run(type_all())
