"""What each bit of the trap bitmap is needed for: the lesson of 04-type1-vt says what is found here."""

from __future__ import annotations

import re

import pytest

from asm.isa.trapbits import TrapBit
from hvtui.checks.vm_console import split_vms
from hvtui.machinefile.loading import load_system
from tests.support.trap_bits import HEAD, SAMPLE, try_without, without
from tests.support.virtualized import listen

LESSON = (SAMPLE / "LESSON.md").read_text(encoding="utf-8")
ROWS = {int(number): row for row, number in re.findall(r"^(\| (\d+) \| .*)$", LESSON, re.MULTILINE)}


def test_the_lesson_has_a_row_for_each_bit() -> None:
    assert HEAD in LESSON
    assert list(ROWS) == [int(bit) for bit in TrapBit]


@pytest.mark.parametrize("bit", TrapBit, ids=lambda bit: bit.key)
def test_the_lesson_says_what_happens_without_a_bit(bit: TrapBit) -> None:
    found = try_without(bit)
    assert found.row == ROWS[bit]
    assert not found.wrong or found.ignored, "a bit that ignores nothing cannot be missed"


def test_the_guest_does_with_the_seven_bits_alone_that_break_it() -> None:
    needed = [bit for bit, row in ROWS.items() if "**breaks**" in row]
    bitmap = sum(1 << bit for bit in needed)
    assert len(needed) == 7
    assert f"`{bitmap:#010x}`" in LESSON
    others = sum(1 << bit for bit in TrapBit) & ~bitmap
    assert f"`TRAPMAP_WITHOUT = {others:#x}`" in LESSON
    sample = load_system(SAMPLE)
    machine = without(sample, others).fresh_machine()
    console = listen(machine)
    machine.run(max_retired=3_000_000)
    assert split_vms(bytes(console))["vm1"].decode() == sample.expect.vm_consoles["vm1"]
