"""What a grader hears: a check that held or failed, and the verdict on one machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: `expected` and `seen` in words, one line each.

    `place` is where the expectation stands (``lab.toml:41``). `remedy` says what to do if the check
    itself is wrong, and `detail` holds further lines, such as all the mistakes of a source.
    """

    name: str
    ok: bool
    expected: str
    seen: str
    place: str = ""
    remedy: str = ""
    detail: str = ""

    @property
    def failure(self) -> str:
        """Expected and seen in one line."""
        told = f"expected {self.expected}, seen {self.seen}"
        if not self.remedy:
            return told
        return f"{told} ({self.place}: {self.remedy})" if self.place else f"{told} ({self.remedy})"

    def as_json(self) -> Mapping[str, object]:
        """The check for programs."""
        return {
            "name": self.name,
            "ok": self.ok,
            "expected": self.expected,
            "seen": self.seen,
            "place": self.place,
            "remedy": self.remedy,
            "detail": self.detail,
        }


@dataclass(frozen=True)
class Verdict:
    """All checks of one machine, called `name`; a machine without any failed check is `ok`.

    Of a machine that did not load or whose run broke off, `exit` and `instructions` are None.
    `lost` tells the first kernel instruction that the CPU ignored or leaked, `console` the end of what
    the guest printed; `seconds` is how long all that took.
    """

    name: str
    checks: tuple[Check, ...]
    cpu: str = ""
    exit: Mapping[str, object] | None = None
    instructions: int | None = None
    lost: str = ""
    first_lost: Mapping[str, object] | None = None
    console: str = ""
    seconds: float = field(default=0.0, compare=False)

    @property
    def ok(self) -> bool:
        """Tell whether every check held; nothing that was not checked is right."""
        return bool(self.checks) and all(check.ok for check in self.checks)

    def as_json(self) -> Mapping[str, object]:
        """The verdict for programs: the same for the same files, so without the time it took."""
        return {
            "name": self.name,
            "ok": self.ok,
            "cpu": self.cpu or None,
            "exit": self.exit,
            "instructions": self.instructions,
            "first_lost": self.first_lost,
            "console": self.console,
            "checks": [check.as_json() for check in self.checks],
        }


def failed(name: str, expected: str, seen: str, *, place: str = "", remedy: str = "") -> Check:
    """Return a check that failed."""
    return Check(name, False, expected, seen, place, remedy)
