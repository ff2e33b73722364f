"""Runs in relation to one that did the same work: slowdown, and exits for each thing done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from hvtui.comparing.activities import Activity
from hvtui.comparing.costs import Costs
from hvtui.comparing.measuring import Measurement


@dataclass(frozen=True)
class Relation:
    """A run beside the `baseline`.

    `per_call`, `per_tick` and `per_update` are exits for each system call, each tick of the clock and
    each change of what addresses mean that the baseline has; None where it has none.
    """

    run: Measurement
    slowdown: float
    overhead: float
    per_call: float | None
    per_tick: float | None
    per_update: float | None
    cycles: Mapping[str, int]

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
            "slowdown": self.slowdown,
            "overhead_share": self.overhead,
            "exits_per_system_call": self.per_call,
            "exits_per_timer_tick": self.per_tick,
            "exits_per_update": self.per_update,
            "cycles": dict(self.cycles),
        }


def relate(runs: Sequence[Measurement], costs: Mapping[str, Costs]) -> tuple[Relation, ...]:
    """Set each run in relation to the first one."""
    return tuple(_relation(run, runs[0], costs) for run in runs)


def _relation(run: Measurement, baseline: Measurement, costs: Mapping[str, Costs]) -> Relation:
    updating = run.bits.get("wrvm", 0) + run.bits.get("sfence", 0)
    return Relation(
        run,
        run.instructions / max(baseline.instructions, 1),
        run.overhead / max(run.instructions, 1),
        _per(run.activities[Activity.CALL.value]["exits"], baseline, Activity.CALL),
        _per(run.activities[Activity.TICK.value]["exits"], baseline, Activity.TICK),
        updating / baseline.updates if baseline.updates else None,
        {name: table.of(run) for name, table in costs.items()},
    )


def _per(exits: int, baseline: Measurement, activity: Activity) -> float | None:
    count = baseline.activities[activity.value]["count"]
    return exits / count if count else None
