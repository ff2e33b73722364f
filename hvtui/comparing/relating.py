"""Runs in relation to one that did the same work: slowdown, exits for each thing done, differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from hvtui.comparing.activities import Activity
from hvtui.comparing.costs import Costs
from hvtui.comparing.measuring import Measurement


@dataclass(frozen=True)
class Relation:
    """A run beside the one that is called `baseline`.

    `per_call`, `per_tick` and `per_update` are its exits for each system call, each tick of the clock
    and each change of what addresses mean that it has itself; None where it has none. `notes` say in
    words why its numbers are not quite those of the baseline's work.
    """

    run: Measurement
    baseline: str
    slowdown: float
    overhead: float
    per_call: float | None
    per_tick: float | None
    per_update: float | None
    cycles: Mapping[str, int]
    notes: tuple[str, ...] = ()

    def as_json(self) -> Mapping[str, object]:
        """All of it; crossings between rings as ``from→to``."""
        run = asdict(self.run)
        run["ending"] = {"reason": self.run.ending.reason, "code": self.run.ending.code}
        run["crossings"] = {
            f"{origin}→{target}": count for (origin, target), count in self.run.crossings.items()
        }
        run["overhead"] = self.run.overhead
        return {
            **run,
            "baseline": self.baseline,
            "slowdown": self.slowdown,
            "overhead_share": self.overhead,
            "exits_per_system_call": self.per_call,
            "exits_per_timer_tick": self.per_tick,
            "exits_per_update": self.per_update,
            "cycles": dict(self.cycles),
            "notes": list(self.notes),
        }


def relate(
    runs: Sequence[Measurement],
    costs: Mapping[str, Costs],
    elsewhere: Mapping[str, Measurement] | None = None,
) -> tuple[Relation, ...]:
    """Set each run in relation to the first one.

    `elsewhere` are runs of that first machine on other CPUs, by their names: see `is_other_work`.
    """
    return tuple(_relation(run, runs[0], costs, elsewhere or {}) for run in runs)


def is_other_work(run: Measurement, baseline: Measurement) -> bool:
    """Tell whether a run did other work, maybe because its CPU is another one.

    A program that is killed on one CPU for an instruction lives on where that is ignored. Then the
    baseline on that CPU tells what the technique costs.
    """
    return (
        run.cpu != baseline.cpu
        and run.programs == baseline.programs
        and run.ending == baseline.ending
        and 0 < _count(run, Activity.CALL) != _count(baseline, Activity.CALL)
    )


def _relation(
    run: Measurement,
    baseline: Measurement,
    costs: Mapping[str, Costs],
    elsewhere: Mapping[str, Measurement],
) -> Relation:
    return Relation(
        run,
        baseline.name,
        _slowdown(run, baseline),
        run.overhead / max(run.instructions, 1),
        _per(run, Activity.CALL),
        _per(run, Activity.TICK),
        run.update_exits / run.updates if run.updates else None,
        {name: table.of(run) for name, table in costs.items()},
        tuple(_notes(run, baseline, elsewhere.get(run.cpu))),
    )


def _slowdown(run: Measurement, baseline: Measurement) -> float:
    return run.instructions / max(baseline.instructions, 1)


def _count(run: Measurement, activity: Activity) -> int:
    return run.activities[activity.value]["count"]


def _per(run: Measurement, activity: Activity) -> float | None:
    count = _count(run, activity)
    return run.activities[activity.value]["exits"] / count if count else None


def _notes(run: Measurement, baseline: Measurement, there: Measurement | None) -> list[str]:
    """Say what else than the technique is in the numbers of a run, or why one is missing."""
    found = []
    if run.ending.reason == "limit":
        found.append(f"stopped after {run.instructions:,} instructions: it had not done its work")
    elif run.ending.reason == "stuck":
        found.append("got stuck: it has not done its work")
    elif run.ending != baseline.ending:
        found.append(f"ended with code {run.ending.code}, {baseline.name} with {baseline.ending.code}")
    if run.programs != baseline.programs:
        found.append(f"runs other programs than {baseline.name}")
    elif run.ending.is_of_guest and baseline.ending.is_of_guest:
        found += _about_calls(run, baseline, there)
    if run.updates is None:
        has_kernel = any(share.role == "kernel" for share in run.components.values())
        found.append(
            "its kernel runs as a translation, in which an update is a call and no exit"
            if has_kernel
            else "there is no kernel whose updates could be counted"
        )
    return found


def _about_calls(run: Measurement, baseline: Measurement, there: Measurement | None) -> list[str]:
    calls, wanted = _count(run, Activity.CALL), _count(baseline, Activity.CALL)
    if calls == wanted:
        return []
    if not calls:
        return ["no program made a system call: it has not done its work"]
    told = f"{calls:,} system calls, not {wanted:,}"
    if there is None:
        return [told]
    return [
        f"{told}. On {run.cpu}, {baseline.name} itself makes {_count(there, Activity.CALL):,}, with"
        f" {there.instructions:,} instructions:"
        f" against these the slowdown is {_slowdown(run, there):.2f}"
    ]
