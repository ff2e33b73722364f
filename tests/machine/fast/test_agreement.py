"""Both engines make the same of random machines: every state, at random instants, and every event.

A run of nightly size: ``python -m tests.support.engine_agreement --machines 1000 --steps 20000``.
"""

import pytest

from tests.support.engine_agreement import disagreement

pytest.importorskip("llvmlite", reason="the fast engine needs llvmlite")

STEPS = 4_000


@pytest.mark.parametrize("seed", range(24))
def test_random_machines_that_nobody_listens_to_run_alike(seed: int) -> None:
    assert not disagreement(seed, STEPS, listens=False)


@pytest.mark.parametrize("seed", range(24, 36))
def test_random_machines_tell_the_same_events(seed: int) -> None:
    assert not disagreement(seed, STEPS, listens=True)
