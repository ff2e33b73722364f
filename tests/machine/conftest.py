"""Tests of what a machine does hold for both engines: those in the files named here run with each."""

from __future__ import annotations

import pytest

from hvtui.machine.board import Machine
from hvtui.machine.engines import Engine, why_not_fast

_FOR_BOTH = frozenset(
    {
        "test_counters", "test_csrs", "test_host_interface", "test_interpreter", "test_interrupts",
        "test_probes", "test_random_code", "test_regions", "test_running", "test_svm",
        "test_trap_classes", "test_trapmap", "test_traps",
    }
)  # fmt: skip


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run the tests of some files twice."""
    if metafunc.module.__name__.rpartition(".")[2] in _FOR_BOTH:
        engines = (Engine.REFERENCE, Engine.FAST)
        metafunc.parametrize("engine", engines, indirect=True, ids=lambda each: each.value)


@pytest.fixture(autouse=True)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Have machines run by an engine, if the test does not say by which."""
    chosen: Engine = getattr(request, "param", Engine.REFERENCE)
    if chosen is Engine.FAST and (why := why_not_fast()):
        pytest.skip(f"no fast engine: {why}")
    defaults = Machine.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "engine", chosen)
    return chosen
