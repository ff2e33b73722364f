"""Grading many submissions, one after the other or several at once, each in a process of its own."""

from __future__ import annotations

import multiprocessing
import signal
import threading
from collections.abc import Generator, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess

from hvtui.checks.grading import Plan, grade
from hvtui.checks.submissions import Submission
from hvtui.checks.verdicts import Verdict, failed

# Verdicts that wait for an earlier one, for each job: bounds what is kept.
_AHEAD = 16


def grade_all(
    submissions: Sequence[Submission], plan: Plan, jobs: int, halted: threading.Event
) -> Generator[Verdict, None, None]:
    """Yield the verdicts in the order of the submissions, each as soon as its turn has come.

    With several `jobs`, a process that dies is a failed verdict, and all that still run are ended when
    the caller stops asking. Raises KeyboardInterrupt once `halted` is set.
    """
    if jobs == 1:
        for submission in submissions:
            if halted.is_set():
                raise KeyboardInterrupt
            yield grade(submission, plan, halted)
        return
    pool = _Pool(plan, jobs, halted)
    try:
        yield from pool.verdicts(submissions)
    finally:
        pool.end()


class _Pool:
    def __init__(self, plan: Plan, jobs: int, halted: threading.Event) -> None:
        self._plan = plan
        self._jobs = jobs
        self._halted = halted
        self._running: dict[Connection, tuple[int, BaseProcess]] = {}

    def verdicts(self, submissions: Sequence[Submission]) -> Iterator[Verdict]:
        done: dict[int, Verdict] = {}
        started = turn = 0
        while turn < len(submissions):
            most = min(len(submissions), turn + _AHEAD * self._jobs)
            while started < most and len(self._running) < self._jobs:
                self._start(started, submissions[started])
                started += 1
            # Python takes note of Ctrl+C between two waits.
            for ready in wait(list(self._running), timeout=0.2):
                assert isinstance(ready, Connection)
                index, verdict = self._collect(ready, submissions)
                done[index] = verdict
            if self._halted.is_set():
                raise KeyboardInterrupt
            while turn in done:
                yield done.pop(turn)
                turn += 1

    def _start(self, index: int, submission: Submission) -> None:
        receiver, sender = multiprocessing.Pipe(duplex=False)
        process = multiprocessing.Process(
            target=_work, args=(submission, self._plan, sender), daemon=True
        )
        process.start()
        # Only the worker keeps this end, so that its death is the end of what can be read.
        sender.close()
        self._running[receiver] = index, process

    def _collect(self, receiver: Connection, submissions: Sequence[Submission]) -> tuple[int, Verdict]:
        index, process = self._running.pop(receiver)
        try:
            verdict: Verdict = receiver.recv()
        except (EOFError, OSError):
            process.join()
            verdict = _died(submissions[index], process.exitcode)
        else:
            process.join()
        receiver.close()
        return index, verdict

    def end(self) -> None:
        """End what still runs."""
        for _, process in self._running.values():
            process.kill()
        for receiver, (_, process) in self._running.items():
            process.join()
            receiver.close()
        self._running.clear()


def _work(submission: Submission, plan: Plan, sender: Connection) -> None:
    """Grade one submission, in a process of its own."""
    # Ctrl+C reaches every process of the terminal; the first one ends the others.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sender.send(grade(submission, plan, threading.Event()))


def _died(submission: Submission, code: int | None) -> Verdict:
    how = f"was ended by signal {-code}" if code is not None and code < 0 else f"ended with {code}"
    seen = f"the process that graded it {how}"
    return Verdict(submission.name, (failed("runs", "a run", seen),))
