"""The counts of a comparison, held against what is known of the samples and of small machines."""

from __future__ import annotations

import threading
from functools import lru_cache
from pathlib import Path

import pytest

from hvtui.comparing.activities import Activity
from hvtui.comparing.choosing import same_work
from hvtui.comparing.costs import PUBLISHED, Costs, read_costs
from hvtui.comparing.measuring import Measurement, measure
from hvtui.comparing.relating import relate
from hvtui.machinefile.errors import BadInputError
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.samples import list_samples
from tests.support.debugged import GUEST_KERNEL, GUEST_PROGRAM, HYPERVISOR, Part, system_of

SAMPLES = Path(__file__).parents[2] / "samples"
LIMIT = 4_000


@lru_cache
def sample(name: str) -> Measurement:
    return measure(name, load_system(SAMPLES / name / "machine.toml"), threading.Event())


def test_the_same_work_is_what_runs_the_same_programs() -> None:
    names = [name for name, _ in same_work(list_samples())]
    assert names[:6] == [
        "01-native", "02-type1-classic", "03-type1-legacy", "04-type1-vt", "05-type1-svm",
        "06-type1-pentium",
    ]  # fmt: skip
    assert "07-two-vms" not in names
    assert "08-shadow-paging" not in names


def test_natively_there_are_no_exits_and_no_overhead() -> None:
    run = sample("01-native")
    assert (run.exits, run.overhead) == (0, 0)
    assert sum(share.instructions for share in run.components.values()) == run.instructions
    assert run.activities[Activity.CALL.value] == {"count": 39, "exits": 0}
    assert run.activities[Activity.TICK.value]["count"] == 2
    assert run.crossings == {(3, 0): 43, (0, 3): 43}
    assert run.updates == 36


def test_every_exit_of_a_virtual_machine_is_counted_once_and_belongs_to_an_activity() -> None:
    run = sample("04-type1-vt")
    assert run.exits == sum(run.causes.values()) == 1886
    assert sum(share.exits for share in run.components.values()) == run.exits
    assert sum(activity["exits"] for activity in run.activities.values()) == run.exits
    assert run.activities[Activity.CALL.value]["count"] == 39


def test_a_host_s_own_clock_is_no_tick_of_its_guest() -> None:
    alone, beside = relate([sample("04-type1-vt"), sample("12-split-mode")], PUBLISHED)
    assert beside.run.causes["int-m-timer"] == alone.run.causes["int-m-timer"] + 42
    assert beside.run.activities[Activity.INTERRUPT.value] == {"count": 42, "exits": 42}
    assert beside.run.activities[Activity.TICK.value] == alone.run.activities[Activity.TICK.value]
    assert (beside.per_call, beside.per_tick) == (alone.per_call, alone.per_tick)


def test_programs_and_kernel_do_the_same_under_a_hypervisor() -> None:
    native, virtual = sample("01-native"), sample("04-type1-vt")
    guest = [share for share in virtual.components.values() if share.vm is not None]
    kernel_instructions = 43 + sum(virtual.bits.values())
    assert virtual.console.count("greeter: hello") == native.console.count("greeter: hello") == 1
    assert sum(share.instructions for share in guest) < native.instructions
    assert native.instructions - sum(share.instructions for share in guest) < kernel_instructions + 1886


def test_a_run_beside_the_native_one() -> None:
    native, virtual = relate([sample("01-native"), sample("04-type1-vt")], PUBLISHED)
    assert (native.slowdown, native.per_call, native.per_update) == (1, 0, 0)
    assert 23 < virtual.slowdown < 24
    assert virtual.per_call == pytest.approx(1318 / 39)
    assert virtual.per_tick == pytest.approx(42 / 2)
    assert virtual.per_update == 1
    assert virtual.cycles["x86"] > virtual.cycles["arm"] > virtual.run.instructions


def test_cycles_are_counts_times_costs() -> None:
    run = sample("01-native")
    assert Costs(2, 10, 100, "").of(run) == 2 * run.instructions + 10 * 43 + 100 * 43


def test_a_machine_of_ones_own_can_stand_beside_the_samples() -> None:
    parts = (
        Part("hyper", HYPERVISOR, 0x8000_0000, "hypervisor"),
        Part("guest", GUEST_KERNEL, 0x8001_0000, "kernel", "vm1", believes=0),
        Part("program", GUEST_PROGRAM, 0x8002_0000, "user", "vm1", believes=3),
    )
    run = measure("own", system_of(*parts), _after(LIMIT))
    assert run.exits > 0
    assert run.components["hyper"].exits == 0
    assert run.activities[Activity.CALL.value]["count"] > 0


def _after(_: int) -> threading.Event:
    """Return an event that is set already: the run ends after its first stretch."""
    event = threading.Event()
    event.set()
    return event


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("instruction = 1\ntrap = 2\n", "xret is missing"),
        ("instruction = 1\ntrap = 2\nxret = -1\n", "xret is missing, or no number"),
        ("instruction = 1\ntrap = 2\nxret = true\n", "xret is missing, or no number"),
        ("instruction = 1\ntrap = 2\nxret = 3\nhalt = 1\n", 'there is no cost "halt"'),
        ("instruction =", "no table of costs"),
    ],
)
def test_a_table_of_costs_that_is_none_is_refused_in_words(
    text: str, told: str, tmp_path: Path
) -> None:
    path = tmp_path / "costs.toml"
    path.write_text(text)
    with pytest.raises(BadInputError, match=told):
        read_costs(path)


def test_a_table_of_costs(tmp_path: Path) -> None:
    path = tmp_path / "costs.toml"
    path.write_text('instruction = 0.5\ntrap = 20\nxret = 30\nsource = "my board"\n')
    assert read_costs(path) == Costs(0.5, 20, 30, "my board")
