"""The trap bitmap where there is a lot of room: what each bit is for, and a legend."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from asm.isa.trapbits import TRAP_BITS
from tests.support.debugged import KEEPER, Part, system_of
from tests.support.screens import press, running, screen_text

SPY = "_start: csrr t0, mstatus\n j _start\n"


def spy() -> tuple[Part, Part]:
    return Part("keeper", KEEPER), Part("user", SPY, 0x8001_0000, "user", believes=3)


@pytest.mark.parametrize(
    "size", [(80, 24), (120, 40), (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}"
)
async def test_the_bitmap_alone_on_the_screen(
    size: tuple[int, int], golden: Callable[[str, list[str]], None]
) -> None:
    async with running(system_of(*spy(), cpu="vt"), size) as pilot:
        await press(pilot, "3", "down", "b", "x", "z")
        golden(f"bitmap-{size[0]}x{size[1]}", screen_text(pilot))


async def test_each_bit_says_what_it_covers_and_what_x86_calls_it() -> None:
    async with running(system_of(*spy(), cpu="vt")) as pilot:
        await press(pilot, "3", "z")
        text = screen_text(pilot)
        for bit, info in TRAP_BITS.items():
            (line,) = (known for known in text if f" {int(bit):>2} {bit.key}" in known)
            assert info.covers in line
            assert info.x86 in line


async def test_a_click_on_a_bit_of_the_long_list_sets_a_breakpoint() -> None:
    async with running(system_of(*spy(), cpu="vt")) as pilot:
        await press(pilot, "3", "z")
        await pilot.click("#bitmap", offset=(6, 18))
        snapshot = await press(pilot, "z")
        assert [view.text for view in snapshot.breakpoints] == ["mret"]
