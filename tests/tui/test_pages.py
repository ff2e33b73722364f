"""The pane of page tables: walks as they are drawn, and the keys that choose them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from hvtui.debugger.session import Session
from hvtui.debugger.views.pageslook import PagesRequest, look
from hvtui.machine.translation import Access
from hvtui.machinefile.loading import load_system
from hvtui.tui.looks import LOOKS
from hvtui.tui.panes.pages import PagesPane, PagesView
from hvtui.tui.panes.pages_rows import pages_rows
from hvtui.tui.rows import Row
from tests.support.debugged import bounded, session_of, system_of
from tests.support.paging import GUESTS, NATIVE
from tests.support.screens import debugger, press, running, screen_text, settle, type_text

SAMPLES = Path(__file__).parents[2] / "samples"
SIZES = ((80, 24), (120, 40), (200, 60))


def drawn(
    session: Session, place: str, access: Access, width: int, *, whole: bool = False
) -> list[str]:
    seen = look(session, PagesRequest(place, access, whole=whole))
    return [line.text.rstrip() for line in pages_rows(seen, width)]


def at(session: Session, place: str) -> Session:
    session.break_at(place)
    session.resume()
    return session


def view(pilot: Pilot[None]) -> PagesView:
    return debugger(pilot).query_one(PagesView)


def shown(pilot: Pilot[None]) -> list[str]:
    return [row.text.rstrip() for row in view(pilot).rows]


@pytest.mark.parametrize("width", [38, 58, 78, 100])
def test_a_native_walk(width: int, golden: Callable[[str, list[str]], None]) -> None:
    session = at(session_of(*NATIVE), "on")
    parts = [
        drawn(session, "0x40003123", Access.STORE, width, whole=True),
        drawn(session, "0x40001000", Access.STORE, width),
        drawn(session, "pc", Access.FETCH, width),
    ]
    golden(f"pages-native-{width}", [line for part in parts for line in (*part, "")])


@pytest.mark.parametrize("width", [38, 58, 78, 100])
def test_a_guests_walk_beside_the_hardwares(
    width: int, golden: Callable[[str, list[str]], None]
) -> None:
    session = at(session_of(*GUESTS), "guest::on")
    parts = [
        drawn(session, "0x40002123", Access.LOAD, width, whole=True),
        drawn(session, "0x80010000", Access.FETCH, width),
    ]
    golden(f"pages-guest-{width}", [line for part in parts for line in (*part, "")])


@pytest.mark.parametrize("width", [20, 38, 58, 91, 92, 150])
def test_no_walk_is_drawn_beyond_the_edge_or_in_a_style_without_a_look(width: int) -> None:
    session = bounded(Session(load_system(SAMPLES / "08-shadow-paging")))
    for instant in (100, 40_000, 120_000, 400_000):
        session.goto(instant)
        for access in Access:
            for place in ("pc", "mepc", "0x40000000", "0x10000000"):
                seen = look(session, PagesRequest(place, access, whole=True))
                rows: tuple[Row, ...] = pages_rows(seen, width)
                assert max(row.width for row in rows) <= width
                styles = {name for row in rows for span in row.spans for name in span.style.split()}
                assert styles <= set(LOOKS)


def test_the_pc_of_a_hypervisor_is_not_taken_for_its_guests() -> None:
    session = bounded(Session(load_system(SAMPLES / "08-shadow-paging")))
    session.goto(400_000)
    here = session.here.component
    assert here is not None
    assert here.role == "hypervisor"
    rows = drawn(session, "pc", Access.FETCH, 78)
    assert rows[-1] == "vm1 waits: . goes to its addresses"
    assert "vm1's own table, believes ring 0 (M)" in drawn(session, "mepc", Access.FETCH, 78)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_pane_in_every_size(
    size: tuple[int, int], golden: Callable[[str, list[str]], None]
) -> None:
    async with running(system_of(*NATIVE), size) as pilot:
        debugger(pilot).session.break_at("on")
        await press(pilot, "c", "9")
        debugger(pilot).query_one(PagesPane).inspect("0x40001000")
        await settle(pilot)
        await press(pilot, "right", "right")
        region = view(pilot).region
        lines = screen_text(pilot)[region.y : region.bottom]
        golden(
            f"pages-{size[0]}x{size[1]}",
            [line[region.x : region.right].rstrip() for line in lines],
        )


async def test_arrows_choose_what_is_done_and_dots_the_address() -> None:
    async with running(system_of(*NATIVE)) as pilot:
        debugger(pilot).session.break_at("on")
        await press(pilot, "c", "9")
        assert shown(pilot)[0].startswith("fetch 80000044 = pc  the next instruction")
        await press(pilot, "right")
        assert shown(pilot)[0].startswith("load 80000044 = pc")
        await press(pilot, "left", "left")
        assert shown(pilot)[0].startswith("store 80000044 = pc")
        await press(pilot, "full_stop")
        assert shown(pilot)[0].startswith("load 00000000 = sp  the stack")
        await press(pilot, "comma")
        assert shown(pilot)[0].startswith("fetch 80000044 = pc")


async def test_an_address_is_asked_for_and_a_mistake_can_be_mended() -> None:
    async with running(system_of(*NATIVE)) as pilot:
        await press(pilot, "9", "a")
        await type_text(pilot, "rooot + 4")
        await press(pilot, "enter")
        assert shown(pilot)[0].startswith('! no register, CSR or symbol is named "rooot"')
        assert shown(pilot)[2].strip() == "^^^^^"
        assert any("= pc" in line for line in shown(pilot))
        await press(pilot, "home", "delete", "delete")
        await type_text(pilot, "r")
        await press(pilot, "enter")
        assert shown(pilot)[0].startswith("fetch 80001004 = root + 4")
        assert view(pilot).has_focus


async def test_escape_leaves_the_question_and_the_mistake() -> None:
    async with running(system_of(*NATIVE)) as pilot:
        await press(pilot, "9", "enter")
        await type_text(pilot, "1 +")
        await press(pilot, "enter", "escape")
        assert shown(pilot)[0].startswith("fetch 80000000 = pc")
        assert view(pilot).has_focus


async def test_the_walk_follows_every_step() -> None:
    async with running(system_of(*NATIVE)) as pilot:
        await press(pilot, "9", "i", "i")
        assert shown(pilot)[0].startswith("fetch 80000008 = pc")
        await press(pilot, "equals_sign")
        assert shown(pilot)[-1] == "the table in satp: none, no translation"
