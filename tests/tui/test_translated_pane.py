"""The source pane over translated code: the guest's pc and the translated one together."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from hvtui.debugger.session import Session
from hvtui.debugger.translations import Translation, is_translated
from hvtui.tui.looks import LOOKS
from hvtui.tui.panes.source import SourcePane
from hvtui.tui.source.translated_view import TranslatedView
from tests.support.screens import debugger, pane_text, press, running, settle
from tests.support.translated import translated

SIZES = pytest.mark.parametrize(
    "size", [(80, 24), (120, 40), (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}"
)
BEGINS = 18
"""How many steps lead to the first translated instruction."""


async def goes(pilot: Pilot[None], steps: int) -> None:
    """Let the machine go that many steps from its beginning."""
    session = debugger(pilot).session
    debugger(pilot).move(lambda: session.goto(steps))
    await settle(pilot)


def rows(pilot: Pilot[None]) -> list[str]:
    """Return the lines of the pane, as they are drawn."""
    pane = debugger(pilot).query_one(SourcePane)
    for index in range(pane.row_count):
        drawn = pane.row_at(index)
        assert {name for span in drawn.spans for name in span.style.split()} <= set(LOOKS)
    return [pane.row_at(index).text.rstrip() for index in range(pane.row_count)]


def fits(pilot: Pilot[None]) -> None:
    """See that no line is wider than the pane."""
    pane = debugger(pilot).query_one(SourcePane)
    assert all(pane.row_at(index).width <= pane.text_width for index in range(pane.row_count))


def marked(pilot: Pilot[None], sign: str) -> list[str]:
    """Return the lines with a sign."""
    return [line for line in rows(pilot) if sign in line]


@SIZES
async def test_the_pane_over_translated_code(
    size: tuple[int, int], golden: Callable[[str, list[str]], None]
) -> None:
    async with running(translated(), size) as pilot:
        await goes(pilot, BEGINS + 1)
        fits(pilot)
        golden(f"translated-{size[0]}x{size[1]}", pane_text(pilot, "source"))


@SIZES
async def test_the_guest_and_its_translation_side_by_side(
    size: tuple[int, int], golden: Callable[[str, list[str]], None]
) -> None:
    async with running(translated(), size) as pilot:
        await goes(pilot, BEGINS + 1)
        await press(pilot, "z", "d")
        fits(pilot)
        golden(f"translated-beside-{size[0]}x{size[1]}", pane_text(pilot, "source"))


async def test_both_places_are_marked_and_only_these() -> None:
    async with running(translated()) as pilot:
        await goes(pilot, BEGINS + 6)
        assert marked(pilot, "◌") == [" ◌80000004    2  la      sp, top"]
        assert marked(pilot, "▶") == [" ▶┊ 40000070  addi    sp, sp, 8   → sp = 0x80000008"]


async def test_the_ground_of_each_is_that_of_its_ring() -> None:
    async with running(translated()) as pilot:
        await goes(pilot, BEGINS + 6)
        pane = debugger(pilot).query_one(SourcePane)
        drawn = [pane.row_at(index) for index in range(pane.row_count)]
        grounds = {row.line: row.text.strip()[0] for row in drawn if row.line.startswith("here")}
        assert grounds == {"here0": "◌", "here3": "▶"}


async def test_a_line_that_makes_several_instructions_stands_there_once() -> None:
    async with running(translated()) as pilot:
        await goes(pilot, BEGINS)
        assert len(marked(pilot, "la      sp, top")) == 1
        assert marked(pilot, "80000008")[0] == "  80000008       ┊ addi    sp, sp, 28"


async def test_code_of_no_instruction_is_told_as_such() -> None:
    async with running(translated()) as pilot:
        await goes(pilot, BEGINS)
        session = debugger(pilot).session
        place = session.resolve("cache_map")[0].physical
        session.machine.write_physical(place + 4, bytes(4))
        await press(pilot, "i")
        assert marked(pilot, "◌") == [" ◌of no instruction of the guest's"]
        assert len(marked(pilot, "▶")) == 1


async def test_what_is_translated_meanwhile_is_seen_at_the_next_stop() -> None:
    system = translated()
    session = Session(system)
    component = system.components[0]
    place = session.resolve("cache_map")[0].physical
    whole = session.machine.read_physical(place, 48)
    assert whole is not None
    session.machine.write_physical(place + 12, bytes(36))
    translation = Translation(session.machine, session.whereabouts, component)
    view = TranslatedView(translation)
    assert (view.count, len(translation)) == (4, 3)
    session.machine.write_physical(place, whole)
    assert (view.count, len(translation)) == (4, 3)
    view.look()
    assert (view.count, len(translation)) == (19, 12)


async def test_enter_shows_the_guests_source_and_full_stop_the_translation_again() -> None:
    async with running(translated()) as pilot:
        await goes(pilot, BEGINS + 1)
        await press(pilot, "enter")
        assert marked(pilot, "▷") == [" ▷   1· _start: csrr    t0, mhartid   ◌ translated at cache+…"]
        await press(pilot, "full_stop")
        assert marked(pilot, "▶")[0].startswith(" ▶┊ 40000064")


async def test_a_place_in_the_cache_to_look_at_is_marked_and_named_like_the_present_one() -> None:
    async with running(translated()) as pilot:
        await goes(pilot, BEGINS + 1)
        await press(pilot, "slash", *"cache+0x10", "enter")
        assert marked(pilot, "▷") == [" ▷┊ 40000070  addi    sp, sp, 8"]
        assert marked(pilot, "◌") == [" ◌80000004    2  la      sp, top"]
        assert "0x80000004 → 0x40000070" in pane_text(pilot, "source")[0]


async def test_a_caller_in_the_cache_is_shown_where_it_waits() -> None:
    async with running(translated()) as pilot:
        await goes(pilot, BEGINS + 2)
        await press(pilot, "5", "down", "enter")
        assert marked(pilot, "▷") == [" ▷┊ 40000064  jal     callout"]
        assert marked(pilot, "◌")[0].startswith(" ◌80000000    1  _start: csrr")


async def test_side_by_side_ends_where_there_is_no_room_for_it() -> None:
    async with running(translated(), (80, 24)) as pilot:
        await goes(pilot, BEGINS + 1)
        await press(pilot, "z", "d")
        assert marked(pilot, "▶")[0].index("▶") > 20
        await press(pilot, "z")
        assert marked(pilot, "▶") == [" ▶┊ 40000064  jal     callout"]
        await press(pilot, "z")
        assert marked(pilot, "▶")[0].index("▶") > 20


async def test_the_guests_source_marks_the_line_whose_translation_runs() -> None:
    async with running(translated(), (200, 60)) as pilot:
        await goes(pilot, BEGINS + 2)
        await press(pilot, "slash", *"guest::work", "enter")
        assert any(line.startswith(" ▷   1·") and "translated" in line for line in rows(pilot))


async def test_a_breakpoint_on_the_guests_line_is_one_on_its_translation() -> None:
    async with running(translated()) as pilot:
        await goes(pilot, BEGINS + 1)
        pane = debugger(pilot).query_one(SourcePane)
        there = rows(pilot).index(marked(pilot, "work:   li")[0])
        for _ in range(abs(there - pane.cursor)):
            await press(pilot, "down")
        shown = await press(pilot, "b", "c")
        assert (shown.position.symbol, shown.breakpoints[0].text) == ("cache+0x18", "cache+0x18")
        assert marked(pilot, "●▶")[0].startswith("●▶┊ 40000078  li      a0, 5")


async def test_where_nothing_has_been_translated_there_is_memory() -> None:
    async with running(translated()) as pilot:
        await goes(pilot, BEGINS)
        session = debugger(pilot).session
        session.machine.write_physical(session.resolve("cache_map")[0].physical, bytes(48))
        await press(pilot, "i")
        assert is_translated(session.here)
        assert pane_text(pilot, "source")[0].startswith("━ Disassembly  translator, cache+0x4")


async def test_memory_alone_is_still_to_be_had() -> None:
    async with running(translated()) as pilot:
        await goes(pilot, BEGINS + 1)
        await press(pilot, "d")
        assert pane_text(pilot, "source")[0].startswith("━ Disassembly  translator, cache+0x4")
