"""Where the panes stand, on every size of screen, whatever a person has hidden, moved or opened."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.geometry import Region

from hvtui.tui.arrangement import (
    AREAS,
    BITMAP,
    BREAKPOINTS,
    COMMAND,
    CONSOLE,
    CSRS,
    LESSON,
    LOG,
    MEMORY,
    PAGES,
    REGISTERS,
    RINGS,
    SOURCE,
    STACK,
    TIMELINE,
    Arrangement,
    Layout,
    arrange,
)
from hvtui.tui.panes.catalogue import PANES_BY_NAME
from hvtui.tui.screens.debugger import BARS_HEIGHT
from hvtui.tui.tab_row import tabs_for

EVERY = (
    SOURCE, RINGS, BITMAP, REGISTERS, CSRS, STACK, CONSOLE, COMMAND, LOG, TIMELINE, MEMORY, PAGES,
    BREAKPOINTS, LESSON,
)  # fmt: skip

layouts = st.builds(
    Layout,
    recent=st.permutations(EVERY).map(lambda names: tuple(names[:6])),
    hidden=st.sets(st.sampled_from(EVERY[1:])).map(frozenset),
    zoomed=st.one_of(st.none(), st.sampled_from(EVERY)),
    right=st.integers(-100, 100),
    low=st.integers(-60, 60),
)


def body(width: int, height: int, layout: Layout | None = None) -> Arrangement:
    return arrange(width, height - BARS_HEIGHT, layout or Layout(), EVERY)


@given(width=st.integers(0, 260), height=st.integers(0, 80), layout=layouts)
def test_panes_never_overlap_nor_leave_the_screen(width: int, height: int, layout: Layout) -> None:
    regions = list(arrange(width, height, layout, EVERY).regions.values())
    for region in regions:
        assert 0 <= region.x <= region.right <= width
        assert 0 <= region.y <= region.bottom <= height
    for index, region in enumerate(regions):
        assert not any(region.overlaps(other) for other in regions[index + 1 :])


@given(width=st.integers(80, 260), height=st.integers(24, 80), layout=layouts)
def test_every_pane_is_in_view_or_on_a_tab_unless_it_is_hidden(
    width: int, height: int, layout: Layout
) -> None:
    arranged = body(width, height, replace(layout, zoomed=None))
    reachable = {name for name in arranged.regions if name not in AREAS}
    reachable |= {name for panes in arranged.tabs.values() for name in panes}
    assert reachable == set(EVERY) - layout.hidden


@given(width=st.integers(80, 260), height=st.integers(24, 80), layout=layouts)
def test_a_pane_that_one_goes_to_is_in_view(width: int, height: int, layout: Layout) -> None:
    for name in EVERY:
        assert name in body(width, height, layout.gone_to(name)).regions


@pytest.mark.parametrize(("width", "height"), [(120, 40), (160, 48), (200, 60)])
def test_large_screens_show_what_one_always_wants_to_see(width: int, height: int) -> None:
    regions = body(width, height).regions
    for name in (SOURCE, RINGS, BITMAP, REGISTERS, STACK, CONSOLE, TIMELINE):
        assert regions[name].height >= 4
    assert regions[SOURCE].height >= 15
    assert regions[SOURCE].width >= 60


def test_a_small_screen_shows_source_ring_bitmap_and_one_tab() -> None:
    arranged = body(80, 24, Layout().gone_to(STACK))
    assert set(arranged.regions) == {SOURCE, RINGS, BITMAP, "tabs-low", STACK}
    assert arranged.regions[SOURCE].width >= 40
    assert arranged.is_tabbed(STACK)


def test_all_tabs_of_a_small_screen_fit_in_their_row() -> None:
    arranged = arrange(80, 20, Layout(), PANES_BY_NAME)
    panes = arranged.tabs["tabs-low"]
    for opened in panes:
        assert [tab.pane for tab in tabs_for(panes, opened, 80)] == list(panes)


@given(width=st.integers(0, 120), opened=st.sampled_from((REGISTERS, STACK, CONSOLE)))
def test_the_open_tab_is_named_however_narrow_the_row_is(width: int, opened: str) -> None:
    tabs = tabs_for((REGISTERS, STACK, CONSOLE), opened, width)
    assert all(tab.end < width for tab in tabs)
    if width > 12:
        assert opened in [tab.pane for tab in tabs]


def test_hiding_the_rings_and_the_bitmap_gives_their_room_to_the_source() -> None:
    layout = Layout().without(RINGS).without(BITMAP)
    assert body(80, 24, layout).regions[SOURCE].width == 80


def test_the_source_cannot_be_hidden() -> None:
    assert Layout().without(SOURCE) == Layout()


def test_boundaries_move_as_far_as_the_panes_stay_usable() -> None:
    wider = body(120, 40, Layout(right=8)).regions
    assert wider[RINGS].width == body(120, 40).regions[RINGS].width + 8
    extreme = body(120, 40, Layout(right=500, low=500)).regions
    assert extreme[SOURCE].width >= 20
    assert extreme[SOURCE].height >= 3


def test_a_zoomed_pane_has_all_the_room() -> None:
    assert body(80, 24, Layout(zoomed=RINGS)).regions == {RINGS: Region(0, 0, 80, 20)}
