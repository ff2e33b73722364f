"""What is foretold of the next step is what the step then does."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings

from hvtui.debugger.rehearsal import Rehearsal
from hvtui.machine.board import Machine
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.samples import Sample, list_samples
from tests.support.foretelling import Witness
from tests.support.guest import Guest
from tests.support.random_machines import STEPS, machines

# How far a sample's run is followed, and how much of it is looked at: stretches anywhere of some
# steps each, and the steps around some of the traps, returns and kernel instructions.
END = 150_000
STRETCHES, LENGTH = 40, 25
EVENTS = 300


@pytest.mark.parametrize("sample", list_samples(), ids=lambda sample: sample.name)
def test_all_comes_as_foretold_in_every_sample(sample: Sample) -> None:
    system = load_system(sample.path)
    chance = random.Random(sample.name)
    machine = system.fresh_machine()
    eventful = instants_of_events(machine)
    looked_at = {(chance.randrange(machine.instant), LENGTH) for _ in range(STRETCHES)}
    events = chance.sample(eventful, min(EVENTS, len(eventful)))
    looked_at |= {(max(instant - 1, 0), 4) for instant in events}
    witness = Witness(system.fresh_machine())
    for start, length in sorted(looked_at):
        if start > witness.machine.instant:
            witness.machine.run(until_instant=start)
        for _ in range(length):
            if witness.step() is not None:
                break
    assert witness.seen["written"] > 300
    assert witness.seen["LOAD"] > 20
    kinds = ("trap", "interrupt", "xret", "kernel")
    seen = sum(count for kind, count in witness.seen.items() if kind.startswith(kinds))
    assert seen >= len(events) > 0


def instants_of_events(machine: Machine) -> list[int]:
    """Run the machine for a while, and return when something happened in it that has a name."""
    found: set[int] = set()
    observers = machine.observers
    for listeners in (observers.trap, observers.trap_return, observers.kernel):
        listeners.append(lambda event: found.add(event.instant))
    machine.run(until_instant=END)
    return sorted(found)


@settings(max_examples=150, deadline=None)
@given(machines())
def test_all_comes_as_foretold_in_random_code(guest: Guest) -> None:
    witness = Witness(guest.machine)
    for _ in range(STEPS):
        if witness.step() is not None:
            break


@settings(max_examples=60, deadline=None)
@given(machines())
def test_foretelling_changes_nothing(guest: Guest) -> None:
    rehearsal = Rehearsal(guest.machine)
    for _ in range(STEPS // 10):
        before = guest.machine.capture()
        rehearsal.foretell()
        assert guest.machine.capture() == before
        assert (guest.traps, guest.returns, guest.kernel, bytes(guest.output)) == ([], [], [], b"")
        guest.machine.step()
        for heard in (guest.traps, guest.returns, guest.kernel, guest.output):
            heard.clear()
