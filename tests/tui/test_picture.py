"""The README's picture: drawn by ours, telling, and sufficient in itself."""

from __future__ import annotations

import re

from tests.support.picture import PICTURE, draw


async def test_the_picture_shows_a_kernel_instruction_that_traps_and_loads_nothing() -> None:
    drawn = await draw()
    assert "fira" not in drawn.lower()
    for svg in (drawn, PICTURE.read_text(encoding="utf-8")):
        assert not re.search(r"@font-face|@import|<image|<script|href=", svg)
        assert not re.search(r"url\((?!#)", svg)
        words = re.sub(r"<[^>]*>", "", svg).replace("&#160;", " ")
        for told in ("csrr t0, mstatus (bit 0 rdstatus)", "spy.s:", "Trap bitmap", "ring 0 (M)"):
            assert told in words
