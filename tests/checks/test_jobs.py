"""Many at once: the order stays, and a process that dies is one failed verdict."""

import multiprocessing
import os
import signal
import threading

import pytest

from hvtui.checks import jobs
from hvtui.checks.grading import Plan
from hvtui.checks.jobs import grade_all
from hvtui.checks.submissions import Submission
from hvtui.checks.verdicts import Check, Verdict


def _verdicts(desk, count: int, jobs_at_once: int) -> list[Verdict]:
    # The first ones take the longest.
    submissions = []
    for number in range(count):
        rounds = (count - number) * 2000
        body = f"li s0, {rounds}\n1: addi s0, s0, -1\nbnez s0, 1b\nfinish {number}"
        path = desk.machine(body, "exit = 3", name=f"{number}/machine.toml")
        submissions.append(Submission(str(number), path))
    return list(grade_all(submissions, Plan(), jobs_at_once, threading.Event()))


def test_the_order_is_that_of_the_paths_whatever_the_jobs(desk) -> None:
    one = _verdicts(desk, 5, 1)
    assert [verdict.name for verdict in one] == ["0", "1", "2", "3", "4"]
    assert [verdict.ok for verdict in one] == [False, False, False, True, False]
    assert _verdicts(desk, 5, 3) == one


def _fork_only() -> None:
    if multiprocessing.get_start_method() != "fork":
        pytest.skip("a worker inherits what a test changed only where processes are forked")


def test_a_worker_that_dies_has_failed_and_the_others_go_on(
    desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    _fork_only()
    plain = jobs.grade

    def deadly(submission: Submission, plan: Plan, halted: threading.Event) -> Verdict:
        if submission.name == "1":
            os.kill(os.getpid(), signal.SIGKILL)
        if submission.name == "2":
            os._exit(7)
        return plain(submission, plan, halted)

    monkeypatch.setattr(jobs, "grade", deadly)
    verdicts = _verdicts(desk, 4, 2)
    seen = [[check.seen for check in verdict.checks if check.name == "runs"] for verdict in verdicts]
    assert seen == [
        [],
        ["the process that graded it was ended by signal 9"],
        ["the process that graded it ended with 7"],
        [],
    ]
    assert [verdict.ok for verdict in verdicts] == [False, False, False, True]


def test_whoever_stops_asking_leaves_no_process_behind(desk, monkeypatch: pytest.MonkeyPatch) -> None:
    _fork_only()

    def endless(submission: Submission, plan: Plan, halted: threading.Event) -> Verdict:
        if submission.name != "0":
            threading.Event().wait()
        return Verdict(submission.name, (Check("ends", True, "", ""),))

    monkeypatch.setattr(jobs, "grade", endless)
    path = desk.machine("finish 0", "")
    submissions = [Submission(str(number), path) for number in range(4)]
    grading = grade_all(submissions, Plan(), 2, threading.Event())
    assert next(grading).name == "0"
    grading.close()
    assert multiprocessing.active_children() == []


def test_halting_ends_it(desk) -> None:
    halted = threading.Event()
    halted.set()
    submissions = [Submission("0", desk.machine("1: addi t0, t0, 1\nj 1b", ""))]
    for jobs_at_once in (1, 2):
        with pytest.raises(KeyboardInterrupt):
            list(grade_all(submissions, Plan(), jobs_at_once, halted))
