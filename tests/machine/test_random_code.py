"""Random code: no guest can crash the machine, and running, stepping and resuming always agree."""

from hypothesis import given, settings
from hypothesis import strategies as st

from hvtui.machine.board import Machine, StopReason
from hvtui.machine.events import KernelInstruction, Outcome
from hvtui.machine.privilege import Privilege
from tests.support.guest import Guest
from tests.support.random_machines import STEPS, machines


def stepped(machine: Machine, until: int) -> None:
    while machine.instant < until and machine.step() is None:
        pass


@settings(max_examples=80, deadline=None)
@given(machines(), st.integers(0, STEPS))
def test_running_stepping_and_resuming_agree_on_random_code(guest: Guest, middle: int) -> None:
    machine = guest.machine
    start = machine.capture()
    machine.run(until_instant=start.instant + STEPS)
    end = machine.capture()
    events = (list(guest.traps), list(guest.returns), list(guest.kernel), bytes(guest.output))

    machine.restore(start)
    for collected in (guest.traps, guest.returns, guest.kernel, guest.output):
        collected.clear()
    stepped(machine, start.instant + middle)
    halfway = machine.capture()
    stop = machine.run(until_instant=start.instant + STEPS)
    assert machine.capture() == end
    assert (guest.traps, guest.returns, guest.kernel, bytes(guest.output)) == events
    if machine.exit is None:
        assert stop.reason is StopReason.LIMIT
        assert machine.instant == start.instant + STEPS

    other = Machine(cpu=machine.generation.name, ram_size=machine.ram.size)
    other.restore(halfway)
    stepped(other, start.instant + STEPS)
    assert other.capture() == end


@settings(max_examples=60, deadline=None)
@given(machines())
def test_what_is_told_of_random_code_fits_together(guest: Guest) -> None:
    machine = guest.machine
    start = machine.instant
    machine.run(until_instant=start + STEPS)
    instants = [trap.instant for trap in guest.traps]
    assert instants == sorted(set(instants))
    assert len(guest.traps) == machine.hart.traps
    assert machine.instant == machine.retired + machine.hart.traps
    assert machine.hart.x[0] == 0
    assert all(0 <= value <= 0xFFFF_FFFF for value in machine.hart.x)
    refused = {event.instant for event in guest.kernel if is_trapped(event)}
    told = {trap.instant for trap in guest.traps if trap.bits}
    # Under a bad control block the refusal becomes a machine check, which is about no class.
    assert told <= refused
    for event in guest.kernel:
        assert event.privilege is not Privilege.M
        assert is_trapped(event) or event.instant not in instants


def is_trapped(event: KernelInstruction) -> bool:
    return any(outcome is Outcome.TRAPPED for _, outcome in event.outcomes)
