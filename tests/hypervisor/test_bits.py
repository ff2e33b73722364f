"""What each bit of the trap bitmap is good for: the sample kernel on `vt` with one bit left out.

Without a bit that the guest depends on it goes wrong, and the first instruction that the CPU ignored
is named; without one that it does not use nothing happens.
"""

from __future__ import annotations

import pytest

from asm.isa.trapbits import TrapBit
from tests.support.single_bits import HEAD, LIMIT, SAMPLE, run_without, table
from tests.support.virtualized import SAMPLES, guest_of_sample, listen, spoken_by, virtualized

LESSON = (SAMPLES / "04-type1-vt" / "LESSON.md").read_text(encoding="utf-8")

# Without these the sample kernel's console or exit code is another.
BREAKS = {"rdstatus", "wrtvec", "rdtrap", "wrtrap", "wrint", "wrvm", "mret"}
# Without these the console is right by luck, but the guest does not do what it does natively.
GOES_ASTRAY = {"wrstatus", "wfi"}
# These the guest uses, but what it gets is what it had, or what it asks for is not needed.
IDLE = {"wrcount", "rdid", "sfence"}


@pytest.mark.parametrize("bit", list(TrapBit), ids=lambda bit: bit.key)
def test_what_becomes_of_the_guest_without_a_bit(bit: TrapBit) -> None:
    run = run_without(bit)
    assert run.is_right == (bit.key not in BREAKS)
    assert (run.issued_alike is None) == (bit.key not in BREAKS | GOES_ASTRAY)
    assert (run.met > 0) == (bit.key in BREAKS | GOES_ASTRAY | IDLE)


@pytest.mark.parametrize("bit", list(TrapBit), ids=lambda bit: bit.key)
def test_the_first_instruction_that_is_lost_is_named(bit: TrapBit) -> None:
    run = run_without(bit)
    first = run.lost.first
    if not run.met:
        assert first is None
        return
    assert first is not None
    assert bit in [kind for kind, _ in first.event.outcomes]
    assert first.owner == "vm1 tinyos"
    assert ".s:" in run.place


def test_with_all_bits_nothing_is_lost() -> None:
    run = run_without(None)
    assert run.lost.first is None
    assert run.code == 0
    assert run.issued_alike is None


def test_the_lesson_shows_the_table_as_it_is_found_here() -> None:
    head, *rows = LESSON.partition(HEAD[0])[1:]
    told = (head + rows[0]).partition("\n\n")[0].splitlines()
    assert told == list(table())


def test_the_guest_does_with_those_bits_alone_that_break_it() -> None:
    bitmap = sum(1 << bit for bit in TrapBit if bit.key in BREAKS)
    others = sum(1 << bit for bit in TrapBit) & ~bitmap
    assert f"`{bitmap:#010x}`" in LESSON
    assert f"`TRAPMAP_WITHOUT = {others:#x}`" in LESSON
    guest = guest_of_sample(SAMPLE)
    machine = virtualized(guest, cpu="vt", defines={"TRAPMAP_WITHOUT": others}).fresh_machine()
    console = listen(machine)
    machine.run(max_retired=LIMIT)
    assert spoken_by(1, bytes(console)) == run_without(None).console
