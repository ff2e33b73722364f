"""A hostile guest changes nothing but its own memory, and a well-behaved one beside it notices nothing.

Random guests that keep no rule (random words, CSRs, tables that name everybody's memory, jumps,
devices) run as vm1 or vm2 on each CPU on which a hypervisor works. The other VM prints and leaves
in memory byte for byte what it does beside an idle VM; the hypervisor's text and constants and the
RAM that is nobody's stay as they are; and the hypervisor itself never traps.

HVTUI_HOSTILE_GUESTS says how many run in all, on the CPUs together.
"""

from __future__ import annotations

import os

import pytest

from tests.support.hostility import Ring, neighbour, wrongs_of
from tests.support.random_guests import hostile
from tests.support.virtualized import (
    CPUS,
    GUEST_RAM,
    HYPERVISOR_SIZE,
    VM_SIZE,
    base_of,
    hypervisor,
    listen,
    native,
)

GUESTS = int(os.environ.get("HVTUI_HOSTILE_GUESTS", "2000"))

# Stores a word over itself, plus one, wherever its memory begins to be data for the neighbour.
INTRUDER = bytes.fromhex(
    "b7120080"  # lui  t0, 0x80001
    "03a30200"  # lw   t1, (t0)
    "13031300"  # addi t1, t1, 1
    "23a06200"  # sw   t1, (t0)
    "6ff05fff"  # back to the load
)


@pytest.mark.parametrize("cpu", CPUS)
def test_hostile_guests_harm_nobody(cpu: str) -> None:
    first = CPUS.index(cpu) * 10_000
    wrongs = wrongs_of(cpu, range(first, first + -(-GUESTS // len(CPUS))))
    assert not wrongs, "\n".join(wrongs[:10])


def test_a_seed_always_makes_the_same_guest() -> None:
    assert [hostile(seed) for seed in range(20)] == [hostile(seed) for seed in range(20)]
    assert len({hostile(seed).image for seed in range(20)}) == 20


def test_the_neighbour_is_undisturbed_as_it_is_natively() -> None:
    ring = Ring("classic", 1)
    machine = native(neighbour()).fresh_machine()
    console = listen(machine)
    machine.run(max_retired=100_000)
    assert bytes(console).rstrip(b"\n") == ring.peace.console
    assert machine.hart.traps == 4
    assert machine.read_physical(GUEST_RAM, VM_SIZE) == ring.peace.memory


@pytest.mark.parametrize("place", [1, 2])
def test_a_hypervisor_that_gives_away_the_others_memory_is_found_out(place: int) -> None:
    ring = Ring("vt", place)
    symbols = hypervisor({"VMS": 2}).symbols
    fields = symbols["vcpus"].value + (place - 1) * symbols["VCPU_SIZE"].value
    base = fields + symbols["V_BASE"].value
    assert not ring.wrongs(INTRUDER)
    ring.machine.restore(ring.start)
    ring.machine.write_physical(base, base_of(3 - place).to_bytes(4, "little"))
    ring.start = ring.machine.capture()
    assert "the neighbour" in ring.wrongs(INTRUDER)[0]


def test_changes_of_the_hypervisor_and_of_nobodys_memory_are_found_out() -> None:
    ring = Ring("vt", 1)
    for address, found in (
        (GUEST_RAM + 0x100, "the hypervisor has changed"),
        (base_of(3) + 0x234, "RAM that is nobody's has changed at 0x80c00234"),
    ):
        before = ring.start
        ring.machine.restore(before)
        word = ring.machine.read_physical(address, 4)
        assert word is not None
        # Bytes that the boot has executed already, or never will.
        ring.machine.write_physical(address, bytes(byte ^ 1 for byte in word))
        ring.start = ring.machine.capture()
        assert any(found in wrong for wrong in ring.wrongs(INTRUDER))
        ring.start = before


def test_a_trap_of_the_hypervisor_is_found_out() -> None:
    ring = Ring("vt", 1)
    left = hypervisor({"VMS": 2}).symbols["guest_left"].value
    ring.machine.restore(ring.start)
    ring.machine.write_physical(left + 4, bytes(4))
    ring.start = ring.machine.capture()
    assert f"the hypervisor trapped at {left + 4:#x}: cause 2" in ring.wrongs(INTRUDER)[0]


def test_the_memory_of_hypervisor_and_guests_is_laid_out_as_the_tests_think() -> None:
    assert hypervisor({"VMS": 2}).end <= GUEST_RAM + HYPERVISOR_SIZE
    assert base_of(1) == GUEST_RAM + HYPERVISOR_SIZE
