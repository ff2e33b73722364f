"""The pane of CSRs: what it draws of the hardware and of guests, and its keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from hvtui.debugger.session import Session
from hvtui.debugger.views.csrs import view_csrs
from hvtui.machinefile.loading import load_system
from hvtui.tui.looks import LOOKS
from hvtui.tui.panes.csrs import CsrsPane, csrs_rows
from tests.support.debugged import bounded, session_of, system_of
from tests.support.paging import GUESTS, NATIVE
from tests.support.screens import debugger, press, running, screen_text

SAMPLES = Path(__file__).parents[2] / "samples"
SIZES = ((80, 24), (120, 40), (200, 60))


def stopped(session: Session, place: str) -> Session:
    session.break_at(place)
    session.resume()
    return session


def pane(pilot: Pilot[None]) -> CsrsPane:
    return debugger(pilot).query_one(CsrsPane)


def shown(pilot: Pilot[None]) -> list[str]:
    return [row.text.rstrip() for row in pane(pilot).rows]


@pytest.mark.parametrize("width", [38, 58, 98])
def test_the_hardwares_csrs(width: int, golden: Callable[[str, list[str]], None]) -> None:
    session = stopped(session_of(*NATIVE, cpu="vt"), "on")
    opened = frozenset({"satp", "mie"})
    rows = csrs_rows(view_csrs(session), width, opened=opened).rows
    golden(f"csrs-hardware-{width}", [row.text.rstrip() for row in rows])


@pytest.mark.parametrize("width", [38, 78])
def test_a_guests_csrs(width: int, golden: Callable[[str, list[str]], None]) -> None:
    for cpu in ("classic", "legacy"):
        session = stopped(session_of(*GUESTS, cpu=cpu), "guest::on")
        rows = csrs_rows(view_csrs(session, "vm1"), width, opened=frozenset({"satp", "sscratch"})).rows
        golden(f"csrs-guest-{cpu}-{width}", [row.text.rstrip() for row in rows])


@pytest.mark.parametrize("width", [10, 38, 150])
def test_nothing_is_drawn_beyond_the_edge_or_in_a_style_without_a_look(width: int) -> None:
    session = bounded(Session(load_system(SAMPLES / "08-shadow-paging")))
    for instant in (0, 50_000, 400_000):
        session.goto(instant)
        for source in ("", "vm1"):
            view = view_csrs(session, source)
            names = frozenset(line.name for group in view.groups for line in group.lines)
            drawn = csrs_rows(view, width, "mstatus", names)
            assert len(drawn.rows) == len(drawn.owners)
            assert max(row.width for row in drawn.rows) <= width
            styles = {name for row in drawn.rows for span in row.spans for name in span.style.split()}
            assert styles <= set(LOOKS)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_pane_in_every_size(
    size: tuple[int, int], golden: Callable[[str, list[str]], None]
) -> None:
    async with running(system_of(*NATIVE, cpu="vt"), size) as pilot:
        debugger(pilot).session.break_at("on")
        await press(pilot, "c", "0", "down", "enter")
        region = pane(pilot).region
        lines = screen_text(pilot)[region.y : region.bottom]
        golden(f"csrs-{size[0]}x{size[1]}", [line[region.x : region.right].rstrip() for line in lines])


async def test_enter_opens_the_chosen_register_and_closes_it() -> None:
    async with running(system_of(*NATIVE)) as pilot:
        await press(pilot, "0", "z", "down", "down")
        assert pane(pilot).chosen == "mstatush"
        await press(pilot, "up", "enter")
        assert any(
            "MPP" in line and "the mode that a trap to M came from" in line for line in shown(pilot)
        )
        await press(pilot, "enter")
        assert not any("the mode that a trap" in line for line in shown(pilot))


async def test_the_chosen_register_is_in_view_wherever_it_is() -> None:
    async with running(system_of(*NATIVE), (80, 24)) as pilot:
        await press(pilot, "0", "end")
        widget = pane(pilot)
        assert widget.chosen == "mconfigptr"
        line = next(i for i, text in enumerate(shown(pilot)) if "mconfigptr" in text)
        assert widget.scroll_offset.y <= line < widget.scroll_offset.y + widget.size.height
        await press(pilot, "home", "home")
        assert widget.scroll_offset.y <= 1


async def test_g_goes_to_the_guests_and_back() -> None:
    async with running(system_of(*GUESTS)) as pilot:
        debugger(pilot).session.break_at("guest::on")
        await press(pilot, "c", "0", "g")
        assert shown(pilot)[0].startswith("vm1 as the guest wrote it")
        assert any(line.startswith("▸ satp") and "Sv32" in line for line in shown(pilot))
        await press(pilot, "g")
        assert shown(pilot)[0].startswith("─ Status")


async def test_a_step_marks_what_it_changed() -> None:
    async with running(system_of(*NATIVE)) as pilot:
        await press(pilot, "0", "s", "s")
        marked = [line.split()[1] for line in shown(pilot) if "*" in line[:26]]
        assert "pmpaddr0" in marked
        assert "mtvec" not in marked


async def test_a_click_chooses_and_opens() -> None:
    async with running(system_of(*NATIVE)) as pilot:
        await press(pilot, "0")
        widget = pane(pilot)
        line = next(i for i, text in enumerate(shown(pilot)) if "misa" in text)
        await pilot.click(CsrsPane, offset=(4, line - widget.scroll_offset.y))
        assert widget.chosen == "misa"
        await pilot.click(CsrsPane, offset=(4, line - widget.scroll_offset.y))
        assert widget.opened == {"misa"}
