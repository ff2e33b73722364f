"""Going from event to event of the trap log, in both directions of time."""

from __future__ import annotations

import pytest

from hvtui.debugger.bands import Runner
from hvtui.debugger.logentries import Kind
from hvtui.debugger.logfilter import LogFilter, parse_filter
from hvtui.debugger.session import MoveError, Session
from hvtui.debugger.snapshot import StopKind
from hvtui.debugger.views.running import RunLens
from tests.support.debugged import Part, session_of, virtualized


@pytest.fixture
def session() -> Session:
    session = virtualized()
    session.limit = 2_000
    session.resume()
    return session


def instants(session: Session, *kinds: Kind) -> list[int]:
    return [entry.instant for entry in session.traplog.known if not kinds or entry.kind in kinds]


def wanted(text: str) -> LogFilter:
    return parse_filter(text, ("hyper", "guest", "program"))


def test_back_from_event_to_event(session: Session) -> None:
    whens = instants(session)
    for when in reversed(whens):
        stopped = session.reverse_to_logged()
        assert session.machine.instant == when
    assert stopped.text.startswith("before return: mret in hyper")
    with pytest.raises(MoveError, match="there is no event before this instant"):
        session.reverse_to_logged()
    assert session.machine.instant == whens[0]


def test_on_from_event_to_event_in_the_known_future(session: Session) -> None:
    whens = instants(session)
    session.goto(0)
    for when in whens:
        session.to_logged()
        assert session.machine.instant == when
    assert session.frontier == 2_000


def test_beyond_what_is_known_the_machine_runs_to_the_next_event() -> None:
    session = virtualized()
    met = []
    for _ in range(5):
        stopped = session.to_logged()
        met.append(session.machine.instant)
    assert met == instants(session)
    assert session.frontier == met[-1] + 1
    assert stopped.kind is StopKind.STEPPED
    assert session.traplog.length == len(session.traplog.known) - 1


def test_a_filter_chooses_the_events(session: Session) -> None:
    whens = instants(session, Kind.INJECTION)
    session.reverse_to_logged(wanted("injection"))
    assert session.machine.instant == whens[-1]
    session.goto(0)
    stopped = session.to_logged(wanted("injection"))
    assert session.machine.instant == whens[0]
    assert "injection" in stopped.text
    with pytest.raises(MoveError, match='no event that the filter "injection" lets through before'):
        session.reverse_to_logged(wanted("injection"))


def test_running_to_a_filtered_event_passes_the_others_by() -> None:
    session = virtualized()
    session.to_logged(wanted("ecall-u"))
    assert [entry.kind for entry in session.traplog.known][-1] is Kind.TRAP
    assert session.here.symbol == "ask"


def test_ignored_instructions_are_run_to_as_well() -> None:
    session = session_of(
        Part("keeper", "_start: csrw mtvec, t0\nli t0, -1\ncsrw pmpaddr0, t0\nli t0, 0x1f\n"
             "csrw pmpcfg0, t0\nli t0, 0x80010000\ncsrw mepc, t0\ncsrw mstatus, zero\nmret\n"),
        Part("user", "_start: nop\n csrw mie, zero\nend: j end\n", 0x8001_0000, "user"),
        cpu="pentium",
    )  # fmt: skip
    session.to_logged(wanted("ignored"))
    assert session.here.symbol == "_start+0x4"


def test_a_breakpoint_on_the_way_stops_the_machine() -> None:
    session = virtualized()
    session.break_at("guest::serve")
    stopped = session.to_logged(wanted("from 3 after 99999"))
    assert stopped.kind is StopKind.BREAKPOINT
    assert session.here.symbol == "serve"


def test_the_run_may_end_before_there_is_an_event() -> None:
    session = session_of(Part("main", "_start: nop\nend: wfi\n j end\n"))
    assert session.to_logged().kind in (StopKind.STUCK, StopKind.ENDED, StopKind.WAITING)


def test_the_lens_remembers_who_ran_at_the_frontier(session: Session) -> None:
    lens = RunLens()
    run = lens(session)
    assert (run.now, run.frontier, run.present) == (2_000, 2_000, len(run.entries))
    assert run.last == Runner(0, "hyper")
    assert session.here.owner == "hyper"
    session.goto(30)
    again = lens(session)
    assert (again.now, again.frontier, again.last) == (30, 2_000, run.last)
    assert again.present == sum(entry.instant < 30 for entry in run.entries)
    assert RunLens()(session).last == Runner(0)


def test_the_lens_tells_hits_and_what_came_from_outside(session: Session) -> None:
    session.goto(0)
    session.break_at("guest::serve")
    session.resume()
    hit = session.machine.instant
    session.send(b"x", cut=True)
    run = RunLens()(session)
    assert run.hits == (hit,)
    assert run.changes == (hit,)
