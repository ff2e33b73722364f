"""The counters: what they count, what software writes to them, and how they are stopped."""

import pytest

from tests.support.guest import Guest

COUNTERS = ("mcycle", "minstret")
INHIBIT = {"mcycle": 1, "minstret": 4}


@pytest.mark.parametrize("name", COUNTERS)
def test_a_counter_counts_the_instructions_that_retired_before_it_is_read(name: str) -> None:
    guest = Guest()
    retired = guest.machine.retired
    assert guest.read(name) == retired
    assert guest.read(name) == retired + 1
    assert guest.read({"mcycle": "cycle", "minstret": "instret"}[name]) == retired + 2


@pytest.mark.parametrize("name", COUNTERS)
def test_an_instruction_that_traps_is_not_counted(name: str) -> None:
    guest = Guest()
    before = guest.read(name)
    guest.execute("ecall")
    assert guest.read(name) == before + 1


@pytest.mark.parametrize("name", COUNTERS)
def test_the_instruction_after_a_write_reads_what_was_written(name: str) -> None:
    guest = Guest()
    guest.write(name, 1000)
    assert guest.read(name) == 1000
    assert guest.read(name) == 1001


@pytest.mark.parametrize("name", COUNTERS)
def test_the_halves_of_a_counter_are_written_apart(name: str) -> None:
    guest = Guest()
    guest.write(f"{name}h", 7)
    assert guest.read(f"{name}h") == 7
    guest.write(name, 0xFFFF_FFFF)
    assert guest.read(f"{name}h") == 7
    assert guest.read(f"{name}h") == 8  # the low half ran over


@pytest.mark.parametrize("name", COUNTERS)
def test_an_inhibited_counter_stands_still(name: str) -> None:
    guest = Guest()
    guest.write("mcountinhibit", INHIBIT[name])
    stopped = guest.read(name)
    guest.execute("addi")
    assert guest.read(name) == stopped
    other = "minstret" if name == "mcycle" else "mcycle"
    before = guest.read(other)
    assert guest.read(other) == before + 1
    guest.write(name, 5000)
    assert guest.read(name) == 5000
    guest.write("mcountinhibit", 0)
    assert guest.read(name) == 5001  # the instruction that let it go on counts


@pytest.mark.parametrize("name", COUNTERS)
def test_a_debugger_sets_a_counter_to_what_the_next_instruction_reads(name: str) -> None:
    guest = Guest()
    guest.hart.set_csr(name, 77)
    assert guest.hart.csr_value(name) == 77
    assert guest.read(name) == 77


def test_a_counter_goes_round_after_64_bits() -> None:
    guest = Guest()
    guest.write("minstreth", 0xFFFF_FFFF)
    guest.write("minstret", 0xFFFF_FFFF)
    assert guest.read("minstreth") == 0xFFFF_FFFF
    assert guest.read("minstreth") == 0


@pytest.mark.parametrize("timebase", [1, 10])
def test_time_is_that_of_the_clint(timebase: int) -> None:
    guest = Guest(timebase=timebase)
    guest.machine.clint.mtime = (3 << 32) + 0x100
    assert guest.read("timeh") == 3
    for _ in range(20):
        guest.execute("addi")
    expected = guest.machine.clint.mtime
    assert guest.read("time") == expected & 0xFFFF_FFFF
    assert expected - (3 << 32) - 0x100 in ((21,) if timebase == 1 else (2, 3))
