"""What counts as an update of what addresses mean, under each technique, and the exits it takes."""

from __future__ import annotations

import threading
from functools import lru_cache
from pathlib import Path

import pytest

from hvtui.comparing.measuring import Measurement, measure
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.system import Overrides, System
from tests.support.debugged import GUEST_KERNEL, GUEST_PROGRAM, HYPERVISOR, Part, system_of

SAMPLES = Path(__file__).parents[2] / "samples"


@lru_cache
def sample(name: str) -> Measurement:
    return measure(name, load_system(SAMPLES / name), threading.Event())


@pytest.mark.parametrize(
    ("name", "updates", "exits"),
    [
        # Natively a kernel in ring 0 just does it, and in a partition one in ring 1.
        ("01-native", 36, 0),
        ("13-partition/bare.toml", 101, 0),
        ("13-partition/one.toml", 97, 0),
        # Trap and emulate: each is an exit, wherever the hypervisor is.
        ("04-type1-vt", 36, 36),
        ("08-shadow-paging", 101, 101),
        ("12-split-mode", 36, 36),
        # What the CPU ignores is no exit. What traps before the kernel goes astray is one.
        ("03-type1-legacy", 4, 0),
        ("06-type1-pentium", 16, 16),
        # Stores to the shared page; there is nothing in place of a sfence.vma.
        ("09-paravirt", 19, 0),
    ],
)
def test_updates_and_their_exits(name: str, updates: int, exits: int) -> None:
    run = sample(name)
    assert (run.updates, run.update_exits) == (updates, exits)


def test_of_two_hypervisors_all_the_exits_that_serve_an_update_count() -> None:
    run = sample("11-nested-vt/one.toml")
    assert run.updates is not None
    # The trap, and nineteen of the inner hypervisor; its own writes of satp are no updates.
    assert run.update_exits == 20 * run.updates
    assert run.bits["wrvm"] > run.updates


def test_an_update_by_hypercall_is_an_exit(tmp_path: Path) -> None:
    folder = SAMPLES / "09-paravirt"
    text = (folder / "machine.toml").read_text(encoding="utf-8").replace("../", f"{SAMPLES}/")
    text = text.replace("[component.replace]", "defines = { UNBATCHED = 1 }\n[component.replace]")
    (tmp_path / "machine.toml").write_text(text, encoding="utf-8")
    system = load_system(tmp_path, Overrides(include=(folder,)))
    run = measure("unbatched", system, threading.Event())
    assert (run.updates, run.update_exits) == (19, 19)


def test_what_is_translated_is_not_counted() -> None:
    assert sample("10-type2-translation").updates is None


def test_a_machine_without_a_kernel_has_nobody_who_updates() -> None:
    program = Part("alone", "li t0, 0x100000\nli t1, 0x5555\nsw t1, 0(t0)", role="user")
    assert measure("alone", system_of(program), threading.Event()).updates is None


def test_a_macro_of_another_name_is_no_update() -> None:
    kernel = GUEST_KERNEL.replace("_start:", ".macro walls\nnop\n.endm\n_start: walls\n", 1)
    assert "walls" in kernel
    plain, with_macro = (
        measure("own", _virtual(source), threading.Event(), 4_000) for source in (GUEST_KERNEL, kernel)
    )
    assert with_macro.updates == plain.updates


def _virtual(kernel: str) -> System:
    return system_of(
        Part("hyper", HYPERVISOR, 0x8000_0000, "hypervisor"),
        Part("guest", kernel, 0x8001_0000, "kernel", "vm1", believes=0),
        Part("program", GUEST_PROGRAM, 0x8002_0000, "user", "vm1", believes=3),
    )
