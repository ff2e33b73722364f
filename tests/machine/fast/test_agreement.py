"""Both engines make the same of random machines: every state, at random instants, and every event.

A run of nightly size: ``python -m tests.support.engine_agreement --machines 1000 --steps 20000``.
"""

import pytest

from hvtui.machine.engines import why_not_fast
from tests.support.engine_agreement import Ears, disagreement

pytestmark = pytest.mark.skipif(bool(why_not_fast()), reason=f"no fast engine: {why_not_fast()}")

STEPS = 4_000


@pytest.mark.parametrize("seed", range(18))
def test_random_machines_run_alike_when_nobody_listens(seed: int) -> None:
    assert not disagreement(seed, STEPS, Ears.NOBODY)


@pytest.mark.parametrize("seed", range(18, 28))
def test_random_machines_tell_the_same_events(seed: int) -> None:
    assert not disagreement(seed, STEPS, Ears.LISTENER)


@pytest.mark.parametrize("seed", range(28, 40))
def test_random_machines_are_counted_alike(seed: int) -> None:
    assert not disagreement(seed, STEPS, Ears.COUNTER)
