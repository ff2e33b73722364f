"""The pane of breakpoints, watchpoints and displays: what it shows, and what its keys and clicks do."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from hvtui.debugger.commands.displays import DisplayView
from hvtui.debugger.snapshot import BreakpointView, StopKind
from hvtui.tui.panes.breakpoints import (
    BreakpointsPane,
    breakpoint_row,
    display_row,
    heading_row,
)
from hvtui.tui.panes.command import CommandLine
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
end:    j       _start
f:      addi    a0, a0, 1
        ret
        .space  64
stack:
"""
SPIN = "_start: addi t0, t0, 1\n j _start\n"
SIZES = pytest.mark.parametrize(
    "size", [(80, 24), (120, 40), (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}"
)


def calls() -> Part:
    return Part("main", CALLS)


def rows(pilot: Pilot[None]) -> list[str]:
    """Return what the pane shows, its title and blanks left off."""
    pane = debugger(pilot).query_one(BreakpointsPane)
    return [pane.row_at(index).text.strip() for index in range(pane.row_count)]


def typed(pilot: Pilot[None]) -> str:
    return debugger(pilot).query_one(CommandLine).value


async def do(pilot: Pilot[None], *lines: str) -> None:
    """Do lines of the command language, and go to the pane."""
    debugger(pilot).commands.want(*lines)
    for _ in range(len(lines) + 2):
        await settle(pilot)
    await press(pilot, "B")


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_capital_b_goes_to_the_pane(size: tuple[int, int]) -> None:
    async with running(system_of(calls()), size) as pilot:
        await press(pilot, "B")
        pane = debugger(pilot).query_one(BreakpointsPane)
        assert pilot.app.focused is pane
        assert pane.region.area
        assert any("No breakpoints. b sets one on a line" in line for line in screen_text(pilot))
        await press(pilot, "escape")
        assert pilot.app.focused is debugger(pilot).query_one("#source")


async def test_the_list_of_breakpoints_switches_and_removes_them() -> None:
    async with running(system_of(calls())) as pilot:
        await press(pilot, "down", "b", "t", "enter", "B")
        assert [" ".join(row.split()) for row in rows(pilot)] == [
            "●▸1 at main.s:2 in main 0 hits", "● 2 trap any 0 hits",
        ]  # fmt: skip
        snapshot = await press(pilot, "enter")
        assert [view.enabled for view in snapshot.breakpoints] == [False, True]
        assert " ".join(rows(pilot)[0].split()) == "○▸1 at main.s:2 in main off, 0 hits"
        snapshot = await press(pilot, "enter")
        assert [view.enabled for view in snapshot.breakpoints] == [True, True]
        snapshot = await press(pilot, "down", "delete")
        assert [view.text for view in snapshot.breakpoints] == ["main.s:2"]
        snapshot = await press(pilot, "backspace")
        assert not snapshot.breakpoints
        assert any("No breakpoints" in line for line in screen_text(pilot))
        await press(pilot, "enter", "delete", "right", "equals_sign")


async def test_space_switches_one_that_is_chosen_but_pauses_a_machine_that_runs() -> None:
    async with running(system_of(Part("main", SPIN))) as pilot:
        await do(pilot, "break trap any")
        assert not (await press(pilot, "space")).breakpoints[0].enabled
        await start(pilot)
        pilot.app.simulate_key("space")
        snapshot = await settle(pilot)
        assert snapshot.stop.kind is StopKind.PAUSED
        assert not snapshot.breakpoints[0].enabled


async def test_a_breakpoint_switched_on_while_the_machine_runs_stops_it() -> None:
    async with running(system_of(Part("main", SPIN))) as pilot:
        await do(pilot, "break _start", "disable 1")
        await start(pilot)
        pilot.app.simulate_key("enter")
        assert (await settle(pilot)).stop.kind is StopKind.BREAKPOINT


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("equals_sign", "condition 2 a0 == 3"),
        ("plus", "ignore 2 4"),
        ("semicolon", "commands 2 print a0; info line"),
    ],
)
async def test_what_belongs_to_a_breakpoint_is_changed_at_the_command_line(key: str, line: str) -> None:
    async with running(system_of(calls())) as pilot:
        await do(
            pilot, "break end", "break f if a0 == 3", "ignore 2 4", "commands 2 print a0; info line"
        )
        await press(pilot, "down", key)
        assert typed(pilot) == line
        assert pilot.app.focused is debugger(pilot).query_one(CommandLine)
        await press(pilot, "ctrl+c", "escape", "B", "up", key)
        assert typed(pilot) == line.split()[0] + " 1 "


async def test_a_condition_typed_after_the_key_is_the_breakpoints() -> None:
    async with running(system_of(calls())) as pilot:
        await do(pilot, "break f")
        await press(pilot, "equals_sign")
        await type_text(pilot, "a0 > 0")
        await press(pilot, "enter")
        assert debugger(pilot).snapshot.breakpoints[0].condition == "a0 > 0"


async def test_right_shows_the_place_in_the_source() -> None:
    async with running(system_of(calls())) as pilot:
        await do(pilot, "break f", "break trap any")
        await press(pilot, "right")
        assert any("▷" in line and "f:" in line for line in screen_text(pilot))
        await press(pilot, "down", "right")
        assert "at no place in the source" in screen_text(pilot)[-1]


async def test_clicks_switch_and_show() -> None:
    async with running(system_of(calls())) as pilot:
        await do(pilot, "break end", "break f", "display a0")
        await pilot.click(BreakpointsPane, offset=(2, 1))
        snapshot = await settle(pilot)
        assert [view.enabled for view in snapshot.breakpoints] == [True, False]
        await pilot.click(BreakpointsPane, offset=(12, 1))
        await settle(pilot)
        assert any("▷" in line and "f:" in line for line in screen_text(pilot))
        # The heading is nothing to choose, what stands below it is.
        await pilot.click(BreakpointsPane, offset=(2, 2))
        await pilot.click(BreakpointsPane, offset=(12, 3))
        await settle(pilot)
        assert debugger(pilot).query_one(BreakpointsPane).chosen == 2
        await press(pilot, "delete")
        assert not any("a0 = " in row for row in rows(pilot))


async def test_the_keys_that_step_do_so_here() -> None:
    async with running(system_of(calls())) as pilot:
        await do(pilot, "break f")
        assert (await press(pilot, "i")).instant == 1
        assert (await press(pilot, "c")).position.label == "f"
        assert rows(pilot)[0].startswith("▶●▸1")
        assert (await press(pilot, "S")).position.where == "main.s:3"


async def test_displays_are_shown_with_what_they_were() -> None:
    async with running(system_of(calls())) as pilot:
        await do(pilot, "display a0", "display/x *word(0)")
        assert "display" not in "".join(rows(pilot))
        assert rows(pilot)[0].startswith("── shown at every stop")
        assert rows(pilot)[1] == "▸1  shows a0 = 0x0 (0)"
        assert rows(pilot)[2].startswith("2  shows *word(0)  no value: 0x00000000 cannot be read")
        await press(pilot, "s", "s")
        assert rows(pilot)[1] == "▸1  shows a0 = 0x1 (1)*  was 0x0 (0)"
        await press(pilot, "s")
        assert rows(pilot)[1] == "▸1  shows a0 = 0x1 (1)"
        await press(pilot, "S", "S")
        assert rows(pilot)[1] == "▸1  shows a0 = 0x0 (0)*  was 0x1 (1)"
        await press(pilot, "delete")
        assert rows(pilot)[1].startswith("▸2  shows *word(0)")


async def test_the_title_counts() -> None:
    async with running(system_of(calls()), (120, 40)) as pilot:
        await do(pilot, "break f", "watch a0", "disable 1", "display a0")
        await press(pilot, "z")
        assert any(line.startswith("━ Breakpoints  2, 1 off, 1 shown ") for line in screen_text(pilot))


def test_a_row_says_everything_and_gives_way_where_it_is_narrow() -> None:
    view = BreakpointView(
        12, "tinyos.s:88", enabled=True, hits=1234, condition="a0 == 3", ignored=5,
        one_shot=True, commands=("print a0", "c"), lines=frozenset({("tinyos", "tinyos.s", 88)}),
    )  # fmt: skip
    text = breakpoint_row(view, 120).text
    assert text.startswith(" ● 12 at    tinyos.s:88 if a0 == 3 in tinyos  ")
    assert text.endswith("  1,234 hits, passes 5 more, once, 2 commands ")
    assert len(text) == 120
    for width in range(1, 120):
        row = breakpoint_row(view, width)
        assert "● 12 at" in row.text
        assert row.width <= max(width, 40)


def test_a_lost_breakpoint_says_why() -> None:
    view = BreakpointView(3, "gone", enabled=True, hits=0, lost="there is no gone any more")
    assert breakpoint_row(view, 80).text.startswith(" ? 3  at    gone  lost: there is no gone")


def test_a_display_that_had_no_value_before_says_so() -> None:
    view = DisplayView(1, "a0", "0x1", changed=True)
    assert display_row(view, 80).text == "   1  shows a0 = 0x1*  was without a value"


@pytest.mark.parametrize("width", [0, 1, 5, 30, 200])
def test_rows_are_drawn_in_any_width(width: int) -> None:
    assert heading_row(width).width <= width
    assert display_row(DisplayView(1, "a0", "", problem="no such thing"), width).width <= max(width, 1)


@SIZES
async def test_the_pane(size: tuple[int, int], golden: Callable[[str, list[str]], None]) -> None:
    async with running(system_of(*VIRTUALIZED), size) as pilot:
        await do(
            pilot,
            "break trap injection",
            "tbreak program::ask",
            "break guest.s:3 if mcause == 2",
            "watch mstatus.MIE",
            "disable 3",
            "ignore 4 5",
            "commands 1 info line",
            "display mcause",
            "display/x *word(0)",
            "delete 2",
            "c",
        )
        await press(pilot, "down")
        golden(f"breakpoints-{size[0]}x{size[1]}", pane_text(pilot, "breakpoints"))


async def test_the_pane_lives_through_any_size() -> None:
    async with running(system_of(calls())) as pilot:
        await do(pilot, "break f", "display a0")
        for width, height in ((80, 24), (5, 40), (1, 1), (20, 5), (300, 80), (120, 40)):
            await pilot.resize_terminal(width, height)
            await press(pilot, "B", "s")
        assert rows(pilot)[0].startswith("●▸1")
