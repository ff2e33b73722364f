"""Both engines make the same of random machines: every state, at random instants, and every event.

Runs of nightly size: ``python -m tests.support.engine_agreement --machines 1000 --steps 20000``, and
the same with ``tests.support.looping_machines``.
"""

import pytest

from hvtui.machine.engines import Engine, why_not_fast
from hvtui.machine.events import NOTHING_URGENT
from tests.support.engine_agreement import Ears, compared, disagreement, random_subject
from tests.support.looping_machines import LOOPS

pytestmark = pytest.mark.skipif(bool(why_not_fast()), reason=f"no fast engine: {why_not_fast()}")

STEPS = 4_000


@pytest.mark.parametrize("seed", range(18))
def test_random_machines_run_alike_when_nobody_listens(seed: int) -> None:
    assert not disagreement(seed, STEPS, Ears.NOBODY)


@pytest.mark.parametrize("seed", range(18, 28))
def test_random_machines_tell_the_same_events(seed: int) -> None:
    assert not disagreement(seed, STEPS, Ears.LISTENER)


@pytest.mark.parametrize("ears", [Ears.LATE_LISTENER, Ears.DETACHED])
@pytest.mark.parametrize("first", range(40, 60, 4))
def test_who_may_hear_of_events_late_hears_the_same_and_of_what_was_there(
    first: int, ears: Ears
) -> None:
    late = 0
    for seed in range(first, first + 4):
        comparison = compared(seed, STEPS, ears)
        assert not comparison.found
        late += comparison.fast.late
    assert late


@pytest.mark.parametrize("seed", range(28, 40))
def test_random_machines_are_counted_alike(seed: int) -> None:
    assert not disagreement(seed, STEPS, Ears.COUNTER)


@pytest.mark.parametrize("seed", range(16))
def test_machines_that_run_in_blocks_run_alike_whoever_listens(seed: int) -> None:
    comparison = compared(seed, 3 * STEPS, list(Ears)[seed % len(Ears)], LOOPS)
    assert not comparison.found
    assert comparison.fast.blocks


@pytest.mark.parametrize("seed", range(60, 64))
def test_who_looks_at_the_machine_and_who_does_not_hear_the_same_beside_each_other(seed: int) -> None:
    subjects = [random_subject(seed, engine) for engine in (Engine.REFERENCE, Engine.FAST)]
    for subject in subjects:
        subject.listen_detached(NOTHING_URGENT)
        subject.listen_late(NOTHING_URGENT)
        subject.machine.run(until_instant=STEPS)
    assert subjects[0].heard
    assert subjects[0].heard == subjects[1].heard
