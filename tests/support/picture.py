"""Draws the README's picture: ``python -m tests.support.picture``.

It shows a guest kernel in a virtual machine, about to go back to its program: it writes mstatus, as
if it owned ring 0.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from hvtui.machinefile.loading import load_system
from hvtui.tui.picture import picture
from tests.support.screens import press, running, settle

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / ".assets" / "screen.svg"
SIZE = (120, 40)


async def draw() -> str:
    """Return the picture as SVG that refers to nothing outside itself."""
    async with running(load_system(ROOT / "samples" / "04-type1-vt"), SIZE) as pilot:
        await press(pilot, "slash", *"tinyos::resume", "enter", "b", "c", "c", "s")
        await settle(pilot)
        return picture(pilot.app, "hvtui samples/04-type1-vt")


def main() -> None:
    """Write the picture to its place."""
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(asyncio.run(draw()), encoding="utf-8")


if __name__ == "__main__":
    main()
