"""The timeline: what it draws in any size, zooming, choosing and travelling, live growth and cuts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from textual.pilot import Pilot

from hvtui.debugger.bands import Bands, Column, Run, Runner
from hvtui.debugger.logentries import Kind
from hvtui.tui.panes.timeline import TimelinePane, whole_scale
from hvtui.tui.panes.timeline_rows import LANES_FROM, Scale, Strip, strip_rows
from tests.support.debugged import virtualized
from tests.support.logs import empty_log, fill, long_log
from tests.support.panes import calm, pane_text
from tests.support.screens import debugger, press, running
from tests.support.snapshots import snapshot

Golden = Callable[[str, list[str]], None]
LIMIT = 3_000
NAMES = ("hyper", "guest", "program")


@asynccontextmanager
async def timed(size: tuple[int, int] = (120, 40), limit: int = LIMIT) -> AsyncIterator[Pilot[None]]:
    """Show the timeline of a hypervisor that has run for a while."""
    async with running(virtualized().system, size) as pilot:
        debugger(pilot).session.limit = limit
        await press(pilot, "c", "T")
        await calm(pilot)
        yield pilot


def pane(pilot: Pilot[None]) -> TimelinePane:
    return pilot.app.screen.query_one(TimelinePane)


def now(pilot: Pilot[None]) -> int:
    return debugger(pilot).session.machine.instant


def title(pilot: Pilot[None]) -> str:
    return str(pane(pilot).border_title)


def scale_of(pilot: Pilot[None]) -> Scale:
    drawn = pane(pilot)._drawn
    assert drawn is not None
    return drawn.scale


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
@pytest.mark.parametrize("zoomed", [False, True])
async def test_the_timeline_looks_right(size: tuple[int, int], zoomed: bool, golden: Golden) -> None:
    async with timed(size) as pilot:
        await press(pilot, *("comma",) * 3, "enter", *(("z",) if zoomed else ()))
        await calm(pilot)
        name = f"timeline-{'zoomed-' if zoomed else ''}{size[0]}x{size[1]}"
        golden(name, pane_text(pilot, "#timeline"))


async def test_it_is_in_view_from_the_beginning_and_grows() -> None:
    async with running(virtualized().system, (120, 40)) as pilot:
        await calm(pilot)
        assert "▲" in pane_text(pilot, "#timeline")[3]
        assert "hyper" not in pane_text(pilot, "#timeline")[1]
        await press(pilot, *("i",) * 12)
        await calm(pilot)
        assert pane_text(pilot, "#timeline")[1].startswith("◆0 hyper")


async def test_a_chosen_column_is_told_and_travelled_to() -> None:
    async with timed() as pilot:
        await press(pilot, "left", "left")
        assert "◇" in pane_text(pilot, "#timeline")[3]
        steps = scale_of(pilot).steps
        chosen = pane(pilot).chosen
        assert chosen is not None
        assert chosen % steps == 0
        assert f"{chosen:,} to {chosen + steps - 1:,}" in title(pilot)
        assert "◆0 hyper" in title(pilot)
        await press(pilot, "enter")
        await calm(pilot)
        assert chosen <= now(pilot) < chosen + steps
        assert now(pilot) in [entry.instant for entry in debugger(pilot).session.traplog.known]
        assert pane(pilot).chosen is None
        assert f"known up to {LIMIT:,}" in title(pilot)


async def test_a_click_travels_to_the_first_event_in_a_column() -> None:
    async with timed() as pilot:
        scale = scale_of(pilot)
        await pilot.click(TimelinePane, offset=(40, 2))
        await calm(pilot)
        start = scale.instant_at(40)
        events = [entry.instant for entry in debugger(pilot).session.traplog.known]
        assert now(pilot) == next(when for when in events if when >= start)


async def test_a_click_beyond_the_run_travels_to_its_end() -> None:
    async with timed() as pilot:
        await press(pilot, "comma", "enter")
        await calm(pilot)
        assert now(pilot) < LIMIT
        await pilot.click(TimelinePane, offset=(119, 1))
        await calm(pilot)
        assert now(pilot) == LIMIT


async def test_zooming_in_shows_ever_fewer_steps_around_what_is_chosen() -> None:
    async with timed() as pilot:
        await press(pilot, "comma", "comma")
        chosen = pane(pilot).chosen
        assert chosen is not None
        widths = [scale_of(pilot).steps]
        while scale_of(pilot).steps > 1:
            await press(pilot, "plus")
            widths.append(scale_of(pilot).steps)
            cell = scale_of(pilot).cell_of(chosen)
            assert 0 <= cell < 120
        assert widths == sorted(widths, reverse=True)
        await press(pilot, "plus", "plus")
        assert scale_of(pilot).cells == 4
        await press(pilot, *("minus",) * 20)
        assert pane(pilot)._zoomed is None
        assert scale_of(pilot) == whole_scale(LIMIT, 120)


@pytest.mark.parametrize("key", ["0", "home"])
async def test_the_whole_run_is_a_key_away(key: str) -> None:
    async with timed() as pilot:
        await press(pilot, "plus", "plus")
        assert scale_of(pilot) != whole_scale(LIMIT, 120)
        await press(pilot, key)
        assert scale_of(pilot) == whole_scale(LIMIT, 120)


async def test_a_zoomed_timeline_moves_with_what_is_chosen_and_with_the_present() -> None:
    async with timed() as pilot:
        await press(pilot, *("plus",) * 6)
        first = scale_of(pilot).start
        await press(pilot, *("comma",) * 14)
        assert scale_of(pilot).start < first
        await press(pilot, "escape")
        assert pane(pilot).chosen is None
        assert 0 <= scale_of(pilot).cell_of(LIMIT) < 120
        await press(pilot, "1", "left_square_bracket", *("S",) * 3)
        await calm(pilot)
        assert 0 <= scale_of(pilot).cell_of(now(pilot)) < 120


async def test_a_cut_future_disappears() -> None:
    async with timed() as pilot:
        await press(pilot, *("comma",) * 3, "enter")
        await calm(pilot)
        assert "│" in pane_text(pilot, "#timeline")[3]
        session = debugger(pilot).session
        debugger(pilot).edit(lambda cut: session.send(b"x", cut=cut), cut=True)
        await calm(pilot)
        axis = pane_text(pilot, "#timeline")[3]
        assert "┄" not in axis
        assert "│" not in axis
        assert "✎" in pane_text(pilot, "#timeline")[2]


def drawn(run: Run, width: int, height: int, scale: Scale | None = None) -> list[str]:
    scale = scale or whole_scale(run.frontier, width)
    bands, columns = Bands(), None
    while columns is None or not columns.exact:
        columns = bands.stretch(run, scale.edges(width))
    rows = strip_rows(Strip(run, scale, columns.columns), width, height)
    assert all(row.width <= width for row in rows)
    return [row.text for row in rows]


def run_of(pairs: int, hits: tuple[int, ...] = (), changes: tuple[int, ...] = ()) -> Run:
    log = empty_log()
    end = fill(log, pairs)
    last = Runner(3, "program")
    return Run(log.known, log.length, end, end, last, hits, changes, NAMES)


@pytest.mark.parametrize("width", [3, 20, 38, 78, 200])
@pytest.mark.parametrize("height", [1, 2, 3, 4, 6, 7, 8, 12, 56])
@pytest.mark.parametrize("pairs", [0, 1, 300])
def test_the_strip_fits_into_any_size(width: int, height: int, pairs: int) -> None:
    lines = drawn(run_of(pairs), width, height)
    assert len(lines) <= height


def test_with_room_every_component_has_a_lane() -> None:
    lines = drawn(run_of(300), 100, LANES_FROM)
    assert [line.split()[:2] for line in lines[:3]] == [
        ["◆0", "hyper"],
        ["▲1", "guest"],
        ["●3", "program"],
    ]
    assert "▼ trap" in lines[-1]
    assert len(drawn(run_of(300), 100, 40)) == 3 * 3 + 3


def test_where_lanes_are_too_many_there_is_one_for_each_ring() -> None:
    run = run_of(5)
    shares = tuple((Runner(ring, f"part {index}"), 10) for index in range(5) for ring in (0, 3))
    rows = strip_rows(Strip(run, Scale(0, 100), [Column(0, 100, shares)] * 60), 80, LANES_FROM)
    named = [row.text.split()[:2] for row in rows if row.text[:1] in ("◆", "▲", "●")]
    assert named == [["◆0", "all"], ["●3", "all"]]


def test_a_band_names_its_ring_by_a_number_and_the_component_if_it_fits() -> None:
    run = run_of(0)
    ran = [Runner(0, "hyper")] * 12 + [Runner(1, "guest")] * 3 + [Runner(3, "program")] * 20
    columns = [Column(n, n + 1, ((runner, 1),)) for n, runner in enumerate(ran)]
    (line, *_) = strip_rows(Strip(run, Scale(0, 1), columns), 40, 3)
    assert line.text == "◆0 hyper ▅▅▅1▅▅●3 program ▅▅▅▅▅▅▅▅▅"


@pytest.mark.parametrize(
    ("kinds", "sign"),
    [
        ({Kind.TRAP: 1}, "▾"),
        ({Kind.TRAP: 2}, "▼"),
        ({Kind.TRAP: 9, Kind.INTERRUPT: 1}, "↯"),
        ({Kind.TRAP: 9, Kind.INJECTION: 1, Kind.INTERRUPT: 1}, "⤴"),
        ({Kind.TRAP: 9, Kind.LEAKED: 1, Kind.INJECTION: 1}, "◎"),
        ({Kind.IGNORED: 1, Kind.LEAKED: 1}, "∅"),
        ({Kind.RETURN: 5}, " "),
    ],
)
def test_the_rarest_event_of_a_column_is_marked(kinds: dict[Kind, int], sign: str) -> None:
    column = Column(0, 10, ((Runner(0, "hyper"), 10),), kinds)
    rows = strip_rows(Strip(run_of(0), Scale(0, 10), [column]), 1, 3)
    assert rows[1].text == sign


def test_breakpoint_hits_and_what_came_from_outside_are_marked() -> None:
    run = run_of(0, hits=(15, 35), changes=(35,))
    columns = [Column(start, start + 10) for start in range(0, 50, 10)]
    rows = strip_rows(Strip(run, Scale(0, 10), columns), 5, 4)
    assert rows[1].text == " ● ✎ "
    assert "● breakpoint" in strip_rows(Strip(run, Scale(0, 10), columns), 40, 4)[3].text


@pytest.mark.parametrize("frontier", [0, 1, 7, 99, 100, 101, 12_345, 10**7 + 3, 10**12])
@pytest.mark.parametrize("room", [1, 20, 118, 200])
def test_the_whole_run_has_room_and_makes_use_of_it(frontier: int, room: int) -> None:
    scale = whole_scale(frontier, room)
    assert 0 <= scale.cell_of(frontier) < room
    if frontier >= 4 * room > 4:
        assert scale.cell_of(frontier) >= room * 0.6


async def test_a_million_events_are_summed_up_in_slices() -> None:
    log, end = long_log()
    run = Run(log.known, log.length, end, end, Runner(0, "hyper"), components=NAMES)
    assert len(run.entries) == 1_000_000
    async with running(virtualized().system, (120, 40)) as pilot:
        shown = pane(pilot)
        shown.show(snapshot(instant=end, seen={"timeline": run}))
        for _ in range(100):
            await pilot.pause(0.02)
            if not shown.is_reading:
                break
        assert not shown.is_reading
        # Nothing is left unknown, and every column but the one that grows is settled.
        assert "?" not in "".join(row.text for row in shown.rows)
        assert len(shown._bands._columns) == scale_of(pilot).cell_of(end)
