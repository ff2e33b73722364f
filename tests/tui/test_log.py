"""The trap log's pane: what it draws, how it filters, and travels by keys and clicks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from textual.pilot import Pilot

from hvtui.debugger.bands import Run, Runner
from hvtui.debugger.logentries import Kind, LogEntry
from hvtui.tui.panes import log as log_pane
from hvtui.tui.panes.log import LogPane
from hvtui.tui.panes.log_rows import LogColumns, log_row
from hvtui.tui.panes.log_view import LogRows
from tests.support.debugged import virtualized
from tests.support.logs import empty_log, fill, long_log
from tests.support.panes import calm, pane_text
from tests.support.screens import debugger, press, running, screen_text, type_text
from tests.support.snapshots import snapshot

Golden = Callable[[str, list[str]], None]
LIMIT = 200


@asynccontextmanager
async def logged(size: tuple[int, int] = (120, 40)) -> AsyncIterator[Pilot[None]]:
    """Show the log of a hypervisor that has run for a while."""
    async with running(virtualized().system, size) as pilot:
        debugger(pilot).session.limit = LIMIT
        await press(pilot, "c", "7")
        await calm(pilot)
        yield pilot


def rows_of(pilot: Pilot[None]) -> LogRows:
    return pilot.app.screen.query_one(LogRows)


def instants(pilot: Pilot[None]) -> list[int]:
    return [entry.instant for entry in debugger(pilot).session.traplog.known]


def now(pilot: Pilot[None]) -> int:
    return debugger(pilot).session.machine.instant


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60)])
@pytest.mark.parametrize("zoomed", [False, True])
async def test_the_log_looks_right(size: tuple[int, int], zoomed: bool, golden: Golden) -> None:
    async with logged(size) as pilot:
        await press(pilot, *("up",) * 7, "enter", *(("z",) if zoomed else ()))
        await calm(pilot)
        name = f"log-{'zoomed-' if zoomed else ''}{size[0]}x{size[1]}"
        golden(name, pane_text(pilot, "#log"))


async def test_the_present_is_marked_and_the_future_too() -> None:
    async with logged() as pilot:
        assert not any("┊" in line for line in pane_text(pilot, "#log"))
        await press(pilot, *("left_square_bracket",) * 4)
        await calm(pilot)
        lines = pane_text(pilot, "#log-rows")
        here = next(index for index, line in enumerate(lines) if "▶" in line)
        assert lines[here].split()[:2] == ["▶", f"{now(pilot):,}"]
        assert ["┊" in line for line in lines[here + 1 :] if line] == [True] * 3
        assert not any("┊" in line for line in lines[:here])


async def test_up_and_enter_travel_to_an_event() -> None:
    async with logged() as pilot:
        await press(pilot, "up", "up", "enter")
        await calm(pilot)
        assert now(pilot) == instants(pilot)[-3]
        await press(pilot, "home", "enter")
        await calm(pilot)
        assert now(pilot) == instants(pilot)[0]
        await press(pilot, "end", "enter")
        await calm(pilot)
        assert now(pilot) == instants(pilot)[-1]


async def test_escape_goes_back_to_the_present() -> None:
    async with logged((80, 24)) as pilot:
        await press(pilot, "home")
        assert "16 ↩" in pane_text(pilot, "#log-rows")[0]
        await press(pilot, "escape")
        assert any("▶" in line for line in pane_text(pilot, "#log-rows"))


async def test_a_click_travels_to_an_event() -> None:
    async with logged() as pilot:
        rows = rows_of(pilot)
        row = pane_text(pilot, "#log-rows")[2]
        await pilot.click(LogRows, offset=(12, 2))
        await calm(pilot)
        assert f"{now(pilot):,} " in row
        assert rows.chosen is None


async def test_brackets_travel_from_event_to_event_from_any_pane() -> None:
    async with logged() as pilot:
        await press(pilot, "1", "left_square_bracket")
        await calm(pilot)
        assert now(pilot) == instants(pilot)[-1]
        await press(pilot, "left_square_bracket", "left_square_bracket", "right_square_bracket")
        await calm(pilot)
        assert now(pilot) == instants(pilot)[-2]


async def test_a_filter_is_written_counted_and_cleared() -> None:
    async with logged() as pilot:
        total = len(instants(pilot))
        await press(pilot, "slash")
        await type_text(pilot, "injection")
        await press(pilot, "enter")
        await calm(pilot)
        assert f"{total} events, 1 shown" in str(rows_of(pilot).border_title)
        shown = [line for line in pane_text(pilot, "#log-rows") if "→" in line]
        assert len(shown) == 1
        assert pane_text(pilot, "#log")[-1].split() == ["/", "injection", "1", "of", str(total)]
        await press(pilot, "left_square_bracket")
        await calm(pilot)
        assert [entry.kind for entry in debugger(pilot).session.traplog.known
                if entry.instant == now(pilot)] == [Kind.INJECTION]  # fmt: skip
        await press(pilot, "f", "escape")
        await calm(pilot)
        assert f"{total} events" in str(rows_of(pilot).border_title)
        assert "shown" not in str(rows_of(pilot).border_title)
        assert not any("injection " in line for line in pane_text(pilot, "#log")[-1:])


async def test_a_filter_that_is_wrong_says_why_and_changes_nothing() -> None:
    async with logged() as pilot:
        await press(pilot, "f")
        await type_text(pilot, "injecton")
        await press(pilot, "enter")
        assert "did you mean injection?" in "\n".join(screen_text(pilot))
        assert pilot.app.screen.query_one(LogPane).wanted is None
        assert "shown" not in str(rows_of(pilot).border_title)


async def test_nothing_that_is_let_through_is_told() -> None:
    async with logged() as pilot:
        await press(pilot, "f")
        await type_text(pilot, "ignored")
        await press(pilot, "enter")
        await calm(pilot)
        lines = pane_text(pilot, "#log-rows")
        assert any("is let through by the filter" in line for line in lines)
        await press(pilot, "up", "down", "enter", "home", "end")
        assert now(pilot) == LIMIT


async def test_a_cut_future_disappears() -> None:
    async with logged() as pilot:
        await press(pilot, *("up",) * 9, "enter")
        await calm(pilot)
        session = debugger(pilot).session
        before = len(session.traplog.known)
        debugger(pilot).edit(lambda cut: session.send(b"x", cut=cut), cut=True)
        await calm(pilot)
        assert len(session.traplog.known) < before
        assert not any("┊" in line for line in pane_text(pilot, "#log-rows"))


@pytest.mark.parametrize("width", [20, 30, 38, 46, 57, 78, 100, 118, 160, 200])
def test_no_line_is_wider_than_the_pane(width: int) -> None:
    log = empty_log()
    end = fill(log, 300)
    for owners in ((), ("hyper", "guest", "program"), ("a component with a very long name",)):
        columns = LogColumns.of(width, end, owners)
        for number, entry in enumerate(log.known):
            drawn = log_row(entry, columns, is_here=number == 7, is_ahead=number > 7)
            assert drawn.width <= max(width, 26)


class Counting(LogRows):
    """Counts what it unpacks."""

    unpacked = 0

    def _entry(self, run: Run, number: int) -> LogEntry:
        self.unpacked += 1
        return super()._entry(run, number)


async def test_of_a_million_events_only_those_in_view_are_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(log_pane, "LogRows", Counting)
    log, end = long_log()
    entries = log.known
    assert len(entries) == 1_000_000
    async with running(virtualized().system, (120, 40)) as pilot:
        await press(pilot, "7")
        rows = pilot.app.screen.query_one(Counting)
        run = Run(entries, entries.end, end, end, Runner(0), components=("hyper", "guest", "program"))
        rows.show(snapshot(instant=end, seen={"log-rows": run}))
        await pilot.pause(0)
        height = rows.size.height
        assert rows.row_count == len(entries)
        rows.unpacked = 0
        rows.show(snapshot(instant=end, seen={"log-rows": replace(run, now=end + 1)}))
        rows.action_choose_first()
        await pilot.pause(0)
        rows.action_choose_last()
        await pilot.pause(0)
        # A line is asked for when it is looked at and when it is painted.
        assert rows.unpacked <= 12 * height
        assert len(rows._entries) <= 4 * height
