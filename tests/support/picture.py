"""Draws the README's picture: ``python -m tests.support.picture``.

It shows a guest kernel in a virtual machine, about to go back to its program: it writes mstatus, as
if it owned ring 0.
"""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

from hvtui.machinefile.loading import load_system
from tests.support.screens import press, running, settle

ROOT = Path(__file__).resolve().parents[2]
PICTURE = ROOT / ".assets" / "screen.svg"
SIZE = (120, 40)

# Textual's picture loads a font from the network. Ours takes what there is: the width of each piece
# of text is in the picture.
_REMOTE_FONT = re.compile(r"@font-face\s*{[^}]*}\s*")
_FONTS = 'font-family: ui-monospace, "Cascadia Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace'


async def draw() -> str:
    """Return the picture as SVG that refers to nothing outside itself."""
    async with running(load_system(ROOT / "samples" / "04-type1-vt"), SIZE) as pilot:
        await press(pilot, "slash", *"tinyos::resume", "enter", "b", "c", "c", "s")
        await settle(pilot)
        drawn = pilot.app.export_screenshot(title="hvtui samples/04-type1-vt")
    drawn = _REMOTE_FONT.sub("", drawn)
    drawn = re.sub(r"font-family: Fira Code, monospace", _FONTS, drawn)
    # Some that draw SVG would drop the blanks at the beginning of a piece of text.
    return drawn.replace("<svg ", '<svg xml:space="preserve" ', 1)


def main() -> None:
    """Write the picture to its place."""
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(asyncio.run(draw()), encoding="utf-8")


if __name__ == "__main__":
    main()
