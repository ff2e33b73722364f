"""Filters over the trap log: their words, and searching long logs a little at a time."""

from __future__ import annotations

import pytest

from hvtui.debugger.logentries import Kind, LogEntries
from hvtui.debugger.logfilter import FilterError, parse_filter
from hvtui.debugger.logsearch import LogSearch
from hvtui.debugger.rows import CHUNK_ROWS
from hvtui.debugger.traplog import TrapLog
from tests.support.debugged import virtualized
from tests.support.logs import empty_log, fill

COMPONENTS = ("hyper", "guest", "program")
LONG = 5_000  # pairs: more than two chunks of entries


@pytest.fixture(scope="module")
def log() -> TrapLog:
    log = empty_log()
    fill(log, LONG)
    return log


def found(log: TrapLog, text: str) -> list[int]:
    search, entries = LogSearch(parse_filter(text, COMPONENTS)), log.known
    while not search.advance(entries, entries.end):
        pass
    matches = search.matches(entries, entries.end)
    assert matches.is_complete
    assert [matches[index] for index in range(len(matches))] == list(matches)
    return list(matches)


@pytest.mark.parametrize(
    "text",
    [
        "trap",
        "injection",
        "ignored",
        "leaked wrsup",
        "leaked rdsup",
        "wrstatus",
        "illegal in guest",
        "ecall-u",
        "from 1",
        "from 1 to 0",
        "in program",
        "return in hyper after 5,000 before 90_000",
        'injection or ignored or "csrw mstatus" before 400',
        '"+0x4"',
        '"GUEST.S:"',
        "after 99999999",
    ],
)
def test_a_search_finds_exactly_what_the_filter_matches(log: TrapLog, text: str) -> None:
    wanted = parse_filter(text, COMPONENTS)
    expected = [number for number, entry in enumerate(log.known) if wanted.matches(entry)]
    assert found(log, text) == expected
    assert bool(expected) == (text not in ("leaked wrsup", "after 99999999"))


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("in guest", {Kind.TRAP, Kind.IGNORED, Kind.LEAKED}),
        ("from 1", {Kind.TRAP, Kind.IGNORED, Kind.LEAKED}),
        ("any from 1", {Kind.TRAP}),
        ("to 3", {Kind.RETURN, Kind.INJECTION}),
        ("return", {Kind.RETURN, Kind.INJECTION}),
        ("illegal", {Kind.TRAP}),
        ("rdsup", {Kind.LEAKED}),
        ("before 9000", set(Kind) - {Kind.INTERRUPT}),
    ],
)
def test_a_filter_that_does_not_say_what_happens_lets_all_kinds_through(
    log: TrapLog, text: str, kinds: set[Kind]
) -> None:
    entries = log.known
    assert {entries.entry(number).kind for number in found(log, text)} == kinds


def test_instants_of_a_filter_leave_their_ends_out(log: TrapLog) -> None:
    entries = log.known
    first, last = entries.entry(10).instant, entries.entry(20).instant
    assert found(log, f"after {first} before {last}") == list(range(11, 20))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "say what to show"),
        ("trap or", '"or" stands between two filters'),
        ("wrstatsu", "did you mean wrstatus?"),
        ("in guets", "did you mean guest?"),
        ("after", '"after" needs an instant'),
        ("before noon", '"noon" is none'),
        ("illegal ecall-u", "more than one cause: give each a condition of its own"),
        ("from 2", '"from" needs a ring'),
    ],
)
def test_a_filter_that_is_not_understood_says_why(text: str, message: str) -> None:
    with pytest.raises(FilterError) as caught:
        parse_filter(text, COMPONENTS)
    assert message in str(caught.value)


def test_a_search_begins_where_the_person_looks_and_goes_on_from_there(log: TrapLog) -> None:
    entries = log.known
    search = LogSearch(parse_filter("trap", COMPONENTS))
    near = CHUNK_ROWS + 5
    assert len(search.matches(entries, near)) == 0
    assert not search.advance(entries, near, 1)
    matches = search.matches(entries, near)
    assert (matches.first, matches.end) == (CHUNK_ROWS, 2 * CHUNK_ROWS)
    assert not matches.is_complete
    assert not search.advance(entries, near, 1)
    assert search.matches(entries, near).first in (0, CHUNK_ROWS)
    assert search.advance(entries, near, 9)
    assert search.matches(entries, near).is_complete


def test_what_came_since_is_searched_alone() -> None:
    log = empty_log()
    end = fill(log, 100)
    search = LogSearch(parse_filter("trap", COMPONENTS))
    assert search.advance(log.known, 0)
    fill(log, 100, since=end)
    entries = log.known
    before = search.matches(entries, 0)
    assert not before.is_complete
    assert search.advance(entries, 0)
    assert len(search.matches(entries, 0)) == 200


def test_a_cut_log_is_searched_anew_from_the_cut_on() -> None:
    log = empty_log()
    end = fill(log, 3000)
    mark = log.capture()
    fill(log, 2000, since=end)
    old = log.known
    search = LogSearch(parse_filter("in guest", COMPONENTS))
    search.advance(old, 0, 99)
    before = list(search.matches(old, 0))
    log.restore(mark)
    log.cut()
    fill(log, 2000, seed=2, since=end)
    new = log.known
    assert search.advance(new, 0, 99)
    wanted = parse_filter("in guest", COMPONENTS)
    assert list(search.matches(new, 0)) == [n for n, entry in enumerate(new) if wanted.matches(entry)]
    assert list(search.matches(old, 0)) == before


def test_the_event_before_and_after_is_found() -> None:
    log = empty_log()
    fill(log, LONG)
    entries = log.known
    search = LogSearch(parse_filter("injection", COMPONENTS))
    numbers = [n for n, entry in enumerate(entries) if entry.kind is Kind.INJECTION]
    somewhere = numbers[len(numbers) // 2]
    assert search.before(entries, somewhere, never) == numbers[len(numbers) // 2 - 1]
    assert search.after(entries, somewhere, never) == somewhere
    assert search.after(entries, somewhere + 1, never) == numbers[len(numbers) // 2 + 1]
    assert search.before(entries, numbers[0], never) is None
    assert search.after(entries, numbers[-1] + 1, never) is None
    assert [entry.instant for entry in search.every(entries)] == [
        entries.entry(number).instant for number in numbers
    ]


def test_what_was_found_in_a_log_that_is_gone_is_not_kept() -> None:
    """A run that is begun anew has another log; whoever searches goes on with the same search."""
    search = LogSearch(parse_filter("injection", COMPONENTS))
    for seed in range(80):
        log = empty_log()
        fill(log, 30, seed=seed)
        entries = log.known
        found = search.after(entries, 0, never)
        assert found is None or entries.entry(found).kind is Kind.INJECTION
        search.before(entries, entries.end, never)
    assert len(search._found) <= 20


def test_an_interrupted_search_finds_nothing(log: TrapLog) -> None:
    search = LogSearch(parse_filter("trap", COMPONENTS))
    assert search.before(log.known, 1000, lambda: True) is None
    assert search.after(log.known, 1000, lambda: True) is None


def test_an_instant_leads_to_the_entry_that_is_not_before_it(log: TrapLog) -> None:
    entries = log.known
    whens = [entry.instant for entry in entries]
    for instant in (0, whens[0], whens[CHUNK_ROWS], whens[CHUNK_ROWS] + 1, whens[-1], whens[-1] + 1):
        assert entries.number_at(instant) == sum(when < instant for when in whens)


def test_the_log_shows_the_known_future_until_it_is_cut() -> None:
    session = virtualized()
    session.break_at("guest::serve")
    session.resume()
    log, furthest = session.traplog, session.machine.instant
    whole: LogEntries = log.known
    session.goto(furthest // 2)
    assert log.length == len(log.entries) < len(log.known) == len(whole)
    assert list(log.known) == list(whole)
    session.send(b"x", cut=True)
    assert len(log.known) == log.length
    assert list(whole)[: log.length] == list(log.known)


def never() -> bool:
    return False
