"""The benchmark of the reference interpreter compares like with like. No time is asserted."""

import dataclasses

import pytest

from tests.bench import bench_reference as bench


@pytest.mark.parametrize("simulator", bench.SIMULATORS, ids=lambda each: each.name)
def test_every_simulator_comes_to_the_same_result(simulator: bench.Simulator) -> None:
    reason = simulator.missing()
    if reason:
        pytest.skip(reason)
    _, primes = simulator.run(bench.sieve(1))
    assert primes == 1028


def test_instructions_are_counted_for_any_number_of_repeats() -> None:
    machine = bench.machine_with(bench.sieve(3))
    machine.run()
    assert machine.retired == bench.instructions_of(3)


def test_a_missing_simulator_is_named_and_the_others_are_measured() -> None:
    class Absent(bench.Ours):
        name = "Absent"

        def missing(self) -> str | None:
            return "it was never built"

    lines = list(bench.table(bench.measure(1, (bench.Ours(), Absent()))))
    assert lines[1].startswith("hvtui")
    assert lines[1].endswith("1.00x")
    assert lines[2] == "Absent     missing: it was never built"


def test_a_simulator_that_counts_wrongly_is_an_error() -> None:
    class Wrong(bench.Ours):
        name = "Wrong"

        def run(self, program: object) -> tuple[float, int]:
            return 1.0, 1027

    with pytest.raises(ValueError, match="Wrong counts 1027 primes"):
        bench.measure(1, (Wrong(),))


def test_the_report_shows_medians_and_ratios() -> None:
    ours = bench.Result("hvtui", [2e6, 4e6, 3e6])
    other = dataclasses.replace(ours, name="other", rates=[9e6])
    lines = list(bench.table([ours, other]))
    assert lines[1].split() == ["hvtui", "3.00", "2.00", "4.00", "1.00x"]
    assert lines[2].split() == ["other", "9.00", "9.00", "9.00", "3.00x"]


def test_the_trap_benchmark_takes_traps() -> None:
    assert bench.round_trips(1, count=500) > 0
