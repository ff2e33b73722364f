"""One submission graded: whatever is handed in, a verdict comes out."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

from asm.diagnostics import AssemblyError
from asm.objects.image import ImageError
from hvtui.checks.judging import judge
from hvtui.checks.observing import observe
from hvtui.checks.submissions import Submission
from hvtui.checks.verdicts import Check, Verdict, failed
from hvtui.machinefile.errors import BadInputError
from hvtui.machinefile.expectation import Expectation
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.sizes import describe_size
from hvtui.machinefile.system import Overrides, System

# A run that nobody gave a limit stops here.
DEFAULT_LIMIT = 10_000_000
# More RAM than this only on request: a submission must not take the grader's memory.
MAX_RAM = 256 << 20

_MOST_DETAIL = 40
_MOST_CONSOLE = 4000


@dataclass(frozen=True)
class Plan:
    """How all submissions are graded.

    `lab` is the machine file in which each submission takes the place of `component`; without one, a
    submission is a machine of its own. `expect` goes before what the machine file expects, and
    `max_instructions` before every other limit.
    """

    lab: Path | None = None
    component: str = ""
    expect: Expectation | None = None
    overrides: Overrides = field(default_factory=Overrides)
    max_instructions: int | None = None


def grade(submission: Submission, plan: Plan, halted: threading.Event) -> Verdict:
    """Load, run and judge. Raises nothing but KeyboardInterrupt, once `halted` is set."""
    started = time.perf_counter()
    verdict = _grade(submission, plan, halted)
    return replace(verdict, seconds=time.perf_counter() - started)


def _grade(submission: Submission, plan: Plan, halted: threading.Event) -> Verdict:
    name = submission.name
    if submission.path is None:
        return Verdict(name, (failed("loads", "a program", submission.problem),))
    try:
        system = _load(submission.path, plan)
    except (BadInputError, AssemblyError, ImageError) as error:
        return Verdict(name, (_not_loaded(error),))
    except (OSError, ValueError) as error:
        return Verdict(name, (failed("loads", "a machine", str(error)),))
    except (MemoryError, RecursionError) as error:
        return Verdict(name, (failed("loads", "a machine", _exhausted(error)),))
    except Exception as error:  # one submission must not end the grading of all
        return Verdict(name, (_own_fault(error),))
    expect = plan.expect or system.expect
    if expect.path is None:
        remedy = "add an [expect] to it, or give one with --expect FILE"
        seen = f"none in {system.path}"
        check = failed("expect", "a table that says what is right", seen, remedy=remedy)
        return Verdict(name, (check,), system.cpu)
    try:
        return _judged(name, system, expect, _limit(plan, system, expect), halted)
    except (MemoryError, RecursionError) as error:
        return Verdict(name, (failed("runs", "a run", _exhausted(error)),), system.cpu)
    except Exception as error:
        return Verdict(name, (_own_fault(error),), system.cpu)


def _load(path: Path, plan: Plan) -> System:
    if plan.lab is None:
        system = load_system(path, plan.overrides)
    else:
        overrides = replace(plan.overrides, substitutes={plan.component: path})
        system = load_system(plan.lab, overrides)
    if system.ram_size > MAX_RAM and plan.overrides.ram is None:
        raise ValueError(
            f"a machine with {describe_size(system.ram_size)} of RAM: a check gives "
            f"{describe_size(MAX_RAM)} at most, unless --ram says more"
        )
    return system


def _limit(plan: Plan, system: System, expect: Expectation) -> int:
    """Return the instructions a run may take. Who owns the expectations owns the limit too."""
    if plan.max_instructions or expect.max_instructions:
        return plan.max_instructions or expect.max_instructions or DEFAULT_LIMIT
    is_trusted = plan.expect is None or plan.lab is not None
    return (system.max_instructions if is_trusted else None) or DEFAULT_LIMIT


def _judged(
    name: str, system: System, expect: Expectation, limit: int, halted: threading.Event
) -> Verdict:
    seen = observe(system, limit, expect.input, halted)
    first = seen.lost.first
    return Verdict(
        name,
        judge(expect, seen),
        cpu=system.cpu,
        exit={"reason": seen.ending.reason, "code": seen.ending.code},
        instructions=seen.machine.retired,
        lost=f"{first}; {seen.lost.summary()}" if first is not None else "",
        first_lost=first.as_json() if first is not None else None,
        console=seen.console[-_MOST_CONSOLE:].decode("utf-8", "replace"),
    )


def _not_loaded(error: BadInputError | AssemblyError | ImageError) -> Check:
    """The mistakes of a file: the first line in the verdict, all of them below."""
    lines = str(error).splitlines() or ["it cannot be read"]
    if isinstance(error, AssemblyError):
        count = sum(not diagnostic.is_warning for diagnostic in error.diagnostics)
        seen = f"{count} error{'s' if count != 1 else ''}, the first: {lines[0]}"
    else:
        seen = lines[0]
    detail = lines[:_MOST_DETAIL]
    if len(lines) > _MOST_DETAIL:
        detail.append(f"... {len(lines) - _MOST_DETAIL} lines more")
    return Check("loads", False, "a program without mistakes", seen, detail="\n".join(detail))


def _exhausted(error: MemoryError | RecursionError) -> str:
    what = "memory" if isinstance(error, MemoryError) else "depth"
    return f"more {what} needed than this computer gives"


def _own_fault(error: Exception) -> Check:
    told = f"{type(error).__name__}: {error}".splitlines()[0]
    remedy = "this is a mistake in hvtui itself: please report it with the file"
    return failed("hvtui", "a verdict", f"an internal error, {told}", remedy=remedy)
