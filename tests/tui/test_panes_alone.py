"""Registers, call stack and console, each with the whole screen for itself."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.support.debugged import VIRTUALIZED, Part, system_of
from tests.support.screens import press, running, screen_text, type_text

PRINTS = """\
_start: la      s1, text
        li      s0, 0x10000000
1:      lbu     a0, 0(s1)
        beqz    a0, end
        sb      a0, 0(s0)
        addi    s1, s1, 1
        j       1b
end:    j       end
text:   .ascii  "first line\\n\\na line that is rather long, so long that it does not fit into "
        .asciz  "a narrow pane at all, and goes on\\nlast"
"""
SIZES = pytest.mark.parametrize(
    "size", [(80, 24), (120, 40), (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}"
)


@SIZES
@pytest.mark.parametrize(("key", "pane"), [("4", "registers"), ("5", "stack")])
async def test_what_a_guests_kernel_has(
    key: str, pane: str, size: tuple[int, int], golden: Callable[[str, list[str]], None]
) -> None:
    async with running(system_of(*VIRTUALIZED), size) as pilot:
        await press(pilot, "t")
        await type_text(pilot, "injection")
        await press(pilot, "enter", "c", "s", key, "z")
        golden(f"{pane}-{size[0]}x{size[1]}", screen_text(pilot))


@SIZES
async def test_what_a_guest_has_printed(
    size: tuple[int, int], golden: Callable[[str, list[str]], None]
) -> None:
    async with running(system_of(Part("main", PRINTS)), size) as pilot:
        await press(pilot, "c", "6", "z")
        golden(f"console-{size[0]}x{size[1]}", screen_text(pilot))
