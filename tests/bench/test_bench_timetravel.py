"""The benchmark of travelling in time measures what it says. No time is asserted."""

import pytest

from tests.bench import bench_timetravel as bench


def test_every_workload_runs_as_far_as_it_shall_with_and_without_a_record() -> None:
    for workload in bench.workloads(20_000):
        for recorded in (False, True):
            took, session = bench.run(workload, recorded=recorded)
            assert took > 0
            assert session.machine.instant == workload.steps
        assert session.machine.exit is None


def test_a_run_without_a_record_keeps_its_beginning_alone() -> None:
    workload = next(iter(bench.workloads(300_000)))
    assert len(bench.run(workload, recorded=False)[1]._mover.timeline.history.moments) == 1


def test_the_report_names_each_measure(capsys: pytest.CaptureFixture[str]) -> None:
    bench.measure(next(iter(bench.workloads(20_000))), 1)
    told = capsys.readouterr().out
    for measure in ("recording slows it by", "a step back at the end", "a jump to a place", "MiB"):
        assert measure in told
