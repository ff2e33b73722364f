"""Random guests are the same natively and virtualized: memory, registers at every trap, console, end.

The virtual CPU is a classic hart with an exact clock, so a guest cannot tell: this holds for programs
of random kernel instructions, with devices, timer interrupts, address spaces and memory protection.
Each guest is made from its seed; HVTUI_RANDOM_GUESTS says how many are tried on each CPU.
"""

from __future__ import annotations

import os

import pytest

from hvtui.machine.board import StopReason
from tests.support import random_guests
from tests.support.agreement import disagreement, run_native
from tests.support.random_guests import LOG, STATE, hostile, structured
from tests.support.virtualized import CPUS, GUEST_RAM, Guest
from tests.support.walker import walk

GUESTS = int(os.environ.get("HVTUI_RANDOM_GUESTS", "24"))
RECORD = 36
TYPED = bytes(range(1, 100))


def guest_for(cpu: str, seed: int) -> Guest:
    """Return the guest of a seed, such that a hypervisor can hide itself on that CPU."""
    return structured(seed, supervisor_traps=cpu != "classic").guest


def records(seed: int) -> list[tuple[int, ...]]:
    """Run a guest natively and return the traps it wrote down: slot, cause, pc, value and so on."""
    memory = run_native(structured(seed).guest).memory
    used = int.from_bytes(memory[STATE : STATE + 4], "little") - GUEST_RAM
    return [
        tuple(int.from_bytes(memory[n + k : n + k + 4], "little") for k in range(0, RECORD, 4))
        for n in range(LOG, used, RECORD)
    ]


def test_a_seed_always_makes_the_same_guest() -> None:
    assert structured(7) == structured(7)
    assert structured(7).image != structured(8).image


def test_the_guests_meet_every_cause_of_traps_and_mostly_end() -> None:
    causes = {record[1] for seed in range(40) for record in records(seed)}
    exceptions = {0, 1, 2, 3, 5, 6, 7, 8, 9, 11, 12, 13, 15}
    interrupts = {1 << 31 | number for number in (1, 3, 5, 7, 9)}
    assert exceptions | interrupts <= causes
    ends = [run_native(structured(seed).guest) for seed in range(40)]
    assert sum(end.code == 0 for end in ends) > 30


def test_a_guest_of_which_a_word_changes_is_told_from_the_other() -> None:
    guest = structured(3)
    place = random_guests.PROGRAM + 0x20
    image = guest.image[:place] + (0x0000_0073).to_bytes(4, "little") + guest.image[place + 4 :]
    one, other = run_native(guest.guest), run_native(random_guests.RandomGuest(3, image).guest)
    assert one.memory != other.memory


@pytest.mark.parametrize("cpu", CPUS)
def test_random_guests_end_alike(cpu: str) -> None:
    for seed in range(GUESTS):
        found = disagreement(guest_for(cpu, seed), cpu, TYPED if seed % 2 else b"")
        assert found is None, f"seed {seed} on {cpu}:\n{found}"


@pytest.mark.parametrize("cpu", CPUS)
def test_random_guests_issue_the_same_instructions(cpu: str) -> None:
    for seed in range(1000, 1000 + GUESTS // 8):
        result = walk(guest_for(cpu, seed), cpu, most=20_000)
        assert result.divergence is None, f"seed {seed} on {cpu}:\n{result.divergence}"
        assert result.native_stop is None or result.native_stop.reason is not StopReason.LIMIT


@pytest.mark.parametrize("cpu", ["vt", "svm"])
def test_guests_that_keep_no_rule_issue_the_same_instructions(cpu: str) -> None:
    for seed in range(2000, 2000 + 2 * GUESTS):
        result = walk(hostile(seed).guest, cpu, most=2000, limit=3_000_000)
        assert result.divergence is None, f"seed {seed} on {cpu}:\n{result.divergence}"
