"""The README's picture: drawn by ours, telling, and sufficient in itself."""

from __future__ import annotations

import re

from tests.support.picture import PICTURE, draw


async def test_the_picture_shows_a_guest_kernel_before_a_trap_and_loads_nothing() -> None:
    drawn = await draw()
    assert "fira" not in drawn.lower()
    for svg in (drawn, PICTURE.read_text(encoding="utf-8")):
        assert not re.search(r"@font-face|@import|<image|<script|href=", svg)
        assert not re.search(r"url\((?!#)", svg)
        words = re.sub(r"<[^>]*>", "", svg).replace("&#160;", " ")
        for told in ("virtualized: not where it thinks", "1 wrstatus traps", "trap.s", "ring 1 (S)"):
            assert told in words
