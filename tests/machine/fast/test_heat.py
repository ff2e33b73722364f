"""What is worth compiling: code that was met often, for how much of it there is."""

from __future__ import annotations

from asm.isa.decode import decode
from hvtui.machine.fast import heat
from hvtui.machine.fast.blocks import Block, Step
from hvtui.machine.fast.heat import FIRST_LOOK, WORTH, Heat
from tests.support.guest import word


def _block(*offsets: int) -> Block:
    nop = decode(word("addi"))
    assert nop is not None
    return Block(
        {offset: Step(offset, nop.word, nop.row, nop.fields, "near.addi") for offset in offsets},
        offsets[:1],
    )


def test_a_page_is_looked_at_when_it_was_met_some_times() -> None:
    found = Heat()
    assert [found.add(3, 16) for _ in range(FIRST_LOOK)] == [False] * (FIRST_LOOK - 1) + [True]
    assert not found.add(4, 16)


def test_the_hottest_place_is_the_one_most_met() -> None:
    found = Heat()
    for offset in (8, 64, 64, 32, 64, 32):
        found.add(0, offset)
    assert found.hottest(0) == 64


def test_a_block_is_worth_it_by_what_was_met_in_it_for_each_instruction() -> None:
    found = Heat()
    for _ in range(WORTH * 3):
        found.add(0, 0)
    for _ in range(50):
        found.add(0, 400)
    assert found.is_worth(0, _block(0, 4, 8), WORTH)
    assert not found.is_worth(0, _block(0, 4, 8, 12), WORTH)


def test_a_page_that_was_not_worth_it_has_to_be_twice_as_hot() -> None:
    found = Heat()
    for _ in range(FIRST_LOOK):
        found.add(0, 0)
    assert not found.is_worth(0, _block(*range(0, 400, 4)), WORTH)
    later = [found.add(0, 0) for _ in range(FIRST_LOOK)]
    assert later == [False] * (FIRST_LOOK - 1) + [True]


def test_a_page_that_is_forgotten_begins_anew() -> None:
    found = Heat()
    for _ in range(FIRST_LOOK):
        found.add(0, 0)
    found.forget(0)
    assert not found.add(0, 0)


def test_a_guest_that_is_everywhere_fills_no_memory() -> None:
    found = Heat()
    for number in range(3 * heat.MOST_PLACES):
        found.add(number >> 10, 4 * (number & 1023))
    assert found.places <= heat.MOST_PLACES
