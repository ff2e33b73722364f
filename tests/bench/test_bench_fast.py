"""The comparison of simulators compares what it says. No time is asserted."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from hvtui.machine.engines import Engine, why_not_fast
from tests.bench.bench_fast import Ours, Ran, by_ours, rate
from tests.bench.fast_workloads import Workload, workloads

pytestmark = pytest.mark.skipif(bool(why_not_fast()), reason=f"no fast engine: {why_not_fast()}")

_WORKLOADS = {each.name: each for each in workloads()}


@pytest.mark.parametrize("workload", _WORKLOADS.values(), ids=_WORKLOADS)
def test_more_rounds_are_more_steps_and_the_run_ends(workload: Workload) -> None:
    few, many = (by_ours(workload, rounds)[0] for rounds in (2, 4))
    assert many > few > 2


@dataclass
class _Sloppy(Ours):
    """A simulator that leaves out what it pleases."""

    left_out: bytes = b""

    def run(self, elf: bytes, workload: Workload) -> Ran:
        ran = super().run(elf, workload)
        return Ran(ran.seconds, ran.console.replace(self.left_out, b""))


def test_a_simulator_that_does_other_work_has_no_rate() -> None:
    workload = replace(_WORKLOADS["guest under type1.s"], rounds=2)
    # What the hypervisor says of the CPU may differ; what the guest says may not.
    assert rate(_Sloppy(Engine.FAST, "other words", 1, left_out=b"CPU classic"), workload) > 0
    with pytest.raises(RuntimeError, match=r"other work, guest under type1\.s: it prints .*worker 2"):
        rate(_Sloppy(Engine.FAST, "other work", 1, left_out=b"worker 1"), workload)
