"""Random code: no guest can crash the machine, and running, stepping and resuming always agree."""

from hypothesis import given, settings
from hypothesis import strategies as st

from asm.isa.csrs import CSRS
from asm.isa.rows import INSTRUCTIONS
from hvtui.machine.board import Machine, StopReason
from hvtui.machine.events import KernelInstruction, Outcome
from hvtui.machine.generations import GENERATIONS
from hvtui.machine.privilege import Privilege
from tests.support.guest import START, Guest, code

STEPS = 300

# Values that lead somewhere: into the code, to devices, to tables, to flags and corners.
_interesting = st.sampled_from(
    [0, 1, 4, 0x80, 0x1F, START, START + 0x100, START + 0x801, 0x8000_1000, 0x8008_0001,
     0x0200_0000, 0x0200_4000, 0x0C00_2000, 0x1000_0000, 0x0010_0000, 0x2000_00CF, 0xFFFF_FFFF]
)  # fmt: skip
_value = st.one_of(_interesting, st.integers(0, 0xFFFF_FFFF))
_register = st.integers(0, 7)


@st.composite
def _instruction(draw: st.DrawFn) -> int:
    """Draw a word: mostly instructions, often about CSRs and modes, on few registers."""
    if draw(st.integers(0, 20)) == 0:
        return draw(st.integers(0, 0xFFFF_FFFF))
    row = draw(st.sampled_from(INSTRUCTIONS))
    fields = {}
    for name, field in row.encoding.fields.items():
        if name in ("rd", "rs1", "rs2"):
            fields[name] = draw(_register)
        elif name == "csr":
            fields[name] = draw(st.sampled_from(CSRS)).number
        elif name == "target":
            fields[name] = draw(st.integers(-20, 20)) * 4
        else:
            fields[name] = draw(st.integers(field.minimum, field.maximum)) & -field.alignment
    return row.encoding.encode(fields)


@st.composite
def _machines(draw: st.DrawFn) -> Guest:
    """Draw a machine full of random code, some of it in its handlers, in any mode."""
    guest = Guest(draw(st.sampled_from(list(GENERATIONS))))
    hart = guest.hart
    for address in (START, START + 0x100, START + 0x800):
        words = draw(st.lists(_instruction(), min_size=8, max_size=24))
        guest.machine.load(address, code(words))
    for number in range(1, 8):
        hart.set_x(number, draw(_value))
    hart.set_csr("mtvec", START + 0x100)
    hart.set_csr("stvec", START + 0x800)
    for name in (
        "medeleg",
        "mideleg",
        "mie",
        "mtrapmap",
        "mvmcb",
        "mcounteren",
        "satp",
        "mepc",
        "sepc",
    ):
        if name in hart.csrs.by_name and draw(st.booleans()):
            hart.set_csr(name, draw(_value))
    guest.machine.clint.mtimecmp = draw(st.integers(0, 2 * STEPS))
    hart.state.csr["mstatus"] |= draw(_value) & 0x007E_79AA & ~(3 << 11)
    hart.state.pc = START
    hart.state.privilege = draw(st.sampled_from(Privilege))
    hart.settle()
    return guest


def stepped(machine: Machine, until: int) -> None:
    while machine.instant < until and machine.step() is None:
        pass


@settings(max_examples=80, deadline=None)
@given(_machines(), st.integers(0, STEPS))
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
@given(_machines())
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
