"""A lab to grade: a kernel that counts in memory and prints, and submissions that may do anything."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from pathlib import Path

import pytest

from hvtui.checks.grading import Plan, grade
from hvtui.checks.submissions import Submission
from hvtui.checks.verdicts import Verdict
from tests.support.small_guests import MACROS, USER_READS_STATUS


@dataclass(frozen=True)
class Desk:
    """Where a grader works: writes submissions into `folder` and grades them."""

    folder: Path

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def machine(self, body: str, expect: str, *, machine: str = "", name: str = "machine.toml") -> Path:
        """Write a machine of one component, called kernel, that runs `body`."""
        self.write(f"{Path(name).parent}/kernel.s", MACROS + body + "\n")
        return self.write(
            name,
            f'[machine]\n{machine}\n[[component]]\nname = "kernel"\nsource = "kernel.s"\n'
            f"[expect]\n{expect}\n",
        )

    def verdict(self, path: Path, plan: Plan | None = None) -> Verdict:
        return grade(Submission("it", path), plan or Plan(), threading.Event())

    def judge(self, body: str, expect: str, *, machine: str = "") -> Verdict:
        return self.verdict(self.machine(body, expect, machine=machine))

    def failures(self, body: str, expect: str, *, machine: str = "") -> dict[str, str]:
        """Return what failed, by the names of the checks."""
        verdict = self.judge(body, expect, machine=machine)
        return {check.name: check.failure for check in verdict.checks if not check.ok}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def in_ring_3() -> str:
    return USER_READS_STATUS
