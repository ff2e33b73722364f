"""What the debugger knows of a guest's CSRs: as its kernel wrote them, whatever became of the write."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from hvtui.debugger.session import Session
from hvtui.machine.events import Outcome
from hvtui.machinefile.loading import load_system
from tests.support.debugged import HYPERVISOR, Part, bounded, session_of

SAMPLES = Path(__file__).parents[2] / "samples"

KERNEL = """\
_start: li      a0, 0x80010100
        csrw    mtvec, a0
        li      a1, 0x1888
        csrw    mstatus, a1
        csrrci  a2, mstatus, 8
        li      a3, 2
        csrs    sstatus, a3
        csrr    a4, mscratch
        csrrw   a5, mscratch, a0
done:   j       done
"""

PROGRAM = """\
_start: li      a0, 0x1234
        csrw    mscratch, a0
end:    j       end
"""


def session_with(kernel: str, cpu: str = "classic", believes: int = 0) -> Session:
    return session_of(
        Part("hyper", HYPERVISOR, 0x8000_0000, "hypervisor"),
        Part("guest", kernel, 0x8001_0000, "kernel", "vm1", believes=believes),
        cpu=cpu,
    )


def run_to(session: Session, place: str) -> None:
    session.break_at(place, one_shot=True)
    session.resume()


@pytest.mark.parametrize(
    ("cpu", "outcome"), [("classic", Outcome.TRAPPED), ("legacy", Outcome.IGNORED)]
)
def test_a_write_counts_whether_it_trapped_or_was_lost(cpu: str, outcome: Outcome) -> None:
    session = session_with(KERNEL, cpu)
    run_to(session, "guest::done")
    guest = session.guests["vm1"]
    assert guest.value("mtvec") == 0x8001_0100
    assert guest.written["mtvec"].outcome is outcome
    assert guest.value("mscratch") == 0x8001_0100
    assert session.machine.hart.csr_value("mscratch") != 0x8001_0100


def test_bits_are_set_and_cleared_in_what_was_written_and_views_share_it() -> None:
    session = session_with(KERNEL)
    run_to(session, "guest::done")
    guest = session.guests["vm1"]
    assert guest.value("mstatus") == 0x1882
    assert guest.value("sstatus") == 0x0002
    assert set(guest.written) == {"mtvec", "mstatus", "sstatus", "mscratch"}


def test_a_write_shows_at_once_and_is_gone_before_it() -> None:
    session = session_with(KERNEL)
    run_to(session, "guest::_start")
    guest = session.guests["vm1"]
    while "mtvec" not in guest.written:
        session.step_instruction()
    instant = guest.written["mtvec"].instant
    assert session.machine.instant == instant + 1
    session.reverse_step_instruction()
    assert "mtvec" not in session.guests["vm1"].written
    assert session.guests["vm1"].value("mtvec") == 0


def test_what_a_guest_reads_is_what_the_hypervisor_left_in_its_register() -> None:
    # This hypervisor skips what it does not emulate: the register keeps what was in it.
    session = session_with("_start: li a4, 77\n csrr a4, mscratch\ndone: j done\n")
    run_to(session, "guest::done")
    told = session.guests["vm1"].told["mscratch"]
    assert (told.value, told.outcome) == (77, Outcome.TRAPPED)


def test_a_leaked_read_tells_the_hardwares_own_value() -> None:
    session = session_with("_start: csrr a4, mtvec\ndone: j done\n", cpu="pentium")
    run_to(session, "guest::done")
    told = session.guests["vm1"].told["mtvec"]
    assert told.outcome is Outcome.LEAKED
    assert told.value == session.machine.hart.csr_value("mtvec")


def test_an_ignored_read_tells_nothing() -> None:
    session = session_with("_start: csrr a4, mtvec\ndone: j done\n", cpu="legacy")
    run_to(session, "guest::done")
    assert not session.guests["vm1"].told


def test_a_program_that_may_not_write_a_csr_changes_nothing_in_its_kernels() -> None:
    session = session_with(PROGRAM, believes=3)
    run_to(session, "guest::end")
    assert not session.guests["vm1"].written


def test_a_guest_without_firmware_finds_interrupts_delegated() -> None:
    session = session_with("_start: li a0, 0x20\n csrw sie, a0\ndone: j done\n", believes=1)
    run_to(session, "guest::done")
    assert session.guests["vm1"].value("sie") == 0x20


def test_a_guests_reset_of_the_machine_forgets_all() -> None:
    session = session_with(KERNEL)
    run_to(session, "guest::done")
    session.restart()
    assert not session.guests["vm1"].written


def test_a_machine_without_virtual_machines_has_no_guests() -> None:
    assert not session_of(Part("main", "_start: csrw mscratch, a0\n")).guests


def test_two_machines_that_run_one_image_are_told_apart() -> None:
    session = bounded(Session(load_system(SAMPLES / "07-two-vms")))
    session.goto(45_000)
    first, second = (session.guests[name] for name in ("vm1", "vm2"))
    assert "pmpcfg0" in first.written
    assert not second.written
    assert first.told["mhartid"].value == 0


def test_going_back_in_time_gives_back_what_the_guests_had_written() -> None:
    session = bounded(Session(load_system(SAMPLES / "08-shadow-paging")))
    chance = random.Random(8)
    instants = sorted(chance.sample(range(20_000, 90_000), 12))
    expected = {}
    for instant in instants:
        session.goto(instant)
        expected[instant] = session._mover.follower.guests.capture()
    chance.shuffle(instants)
    for instant in instants:
        session.goto(instant)
        assert session._mover.follower.guests.capture() == expected[instant]
    assert any(states["vm1"].written for states in expected.values())
