"""The counts of a comparison, held against what is known of the samples and of small machines."""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import pytest

from hvtui.comparing.activities import Activity
from hvtui.comparing.choosing import same_work
from hvtui.comparing.costs import PUBLISHED, Costs, read_costs
from hvtui.comparing.measuring import Measurement, measure
from hvtui.comparing.relating import is_other_work, relate
from hvtui.machinefile.errors import BadInputError
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.samples import list_samples
from tests.support.debugged import GUEST_KERNEL, GUEST_PROGRAM, HYPERVISOR, Part, system_of

SAMPLES = Path(__file__).parents[2] / "samples"
LIMIT = 4_000


@lru_cache
def sample(name: str) -> Measurement:
    return measure(name, load_system(SAMPLES / name), threading.Event())


def test_the_same_work_is_what_runs_the_same_programs() -> None:
    first, *others = (tuple(name for name, _ in group) for group in same_work(list_samples()))
    assert first == (
        "01-native", "02-type1-classic", "03-type1-legacy", "04-type1-vt", "05-type1-svm",
        "06-type1-pentium", "09-paravirt", "10-type2-translation", "11-nested-vt", "12-split-mode",
    )  # fmt: skip
    # Each is led by what the others do without a virtual machine.
    assert others == [
        ("14-containers/eleven.toml", "07-two-vms"),
        ("13-partition/bare.toml", "08-shadow-paging", "13-partition/one.toml"),
    ]


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


def test_a_tick_that_firmware_passes_on_is_one_tick() -> None:
    bare, partition = (sample(f"13-partition/{name}.toml") for name in ("bare", "one"))
    ticks = [run.activities[Activity.TICK.value] for run in (bare, partition)]
    # Four machine timer interrupts, each handed on to a kernel as a supervisor timer interrupt; under
    # the hypervisor that is an exit, and setting the alarm anew is another one.
    assert partition.causes["int-m-timer"] == 4
    assert ticks == [{"count": 4, "exits": 0}, {"count": 4, "exits": 8}]


def test_exits_are_for_each_thing_that_the_run_itself_does() -> None:
    native, paravirt, legacy = relate(
        [sample(name) for name in ("01-native", "09-paravirt", "03-type1-legacy")], PUBLISHED
    )
    # spy lives longer on this CPU, and makes two calls more.
    assert paravirt.run.activities[Activity.CALL.value] == {"count": 41, "exits": 83}
    assert paravirt.per_call == pytest.approx(83 / 41)
    assert native.per_update == paravirt.per_update == 0
    # Its programs never run.
    assert (legacy.per_call, legacy.per_tick) == (None, None)


def test_notes_say_what_else_is_in_the_numbers() -> None:
    names = ("01-native", "04-type1-vt", "03-type1-legacy", "06-type1-pentium", "09-paravirt",
             "10-type2-translation", "15-bytecode")  # fmt: skip
    runs = {name: sample(name) for name in names}
    native = runs["01-native"]
    assert [name for name, run in runs.items() if is_other_work(run, native)] == [
        "09-paravirt", "10-type2-translation",
    ]  # fmt: skip
    there = measure(
        "01-native", replace(load_system(SAMPLES / "01-native"), cpu="legacy"), threading.Event()
    )
    related = relate(list(runs.values()), PUBLISHED, {"legacy": there})
    notes = {relation.run.name: relation.notes for relation in related}
    against = runs["09-paravirt"].instructions / there.instructions
    idle = "no program made a system call: it has not done its work"
    assert notes["01-native"] == notes["04-type1-vt"] == ()
    assert notes["03-type1-legacy"] == ("ended with code 255, 01-native with 0", idle)
    assert notes["06-type1-pentium"] == (idle,)
    assert notes["09-paravirt"] == (
        "41 system calls, not 39. On legacy, 01-native itself makes 41, with"
        f" {there.instructions:,} instructions: against these the slowdown is {against:.2f}",
    )
    assert notes["10-type2-translation"][1].startswith("its kernel runs as a translation")
    assert notes["15-bytecode"] == ("runs other programs than 01-native",)


def test_a_run_that_is_stopped_or_stuck_is_told_from_one_that_ended() -> None:
    native = sample("01-native")
    forever = measure("loop", system_of(Part("loop", "1: addi t0, t0, 1\nj 1b")), threading.Event(), 99)
    stuck = measure("stuck", system_of(Part("stuck", "j .")), threading.Event())
    _, first, second = relate([native, forever, stuck], PUBLISHED)
    assert first.notes[0] == "stopped after 99 instructions: it had not done its work"
    assert second.notes[0] == "got stuck: it has not done its work"


def test_each_exit_is_told_by_its_bits_or_by_its_cause() -> None:
    run = sample("04-type1-vt")
    assert run.classified == run.causes["illegal"]
    # mscratch and sp are exchanged: a read and a write at once.
    assert sum(run.bits.values()) - run.classified == 86


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
