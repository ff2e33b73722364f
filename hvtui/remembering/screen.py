"""How the person wants the screen to look, whichever machine is on it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from hvtui.remembering.folders import state_folder
from hvtui.remembering.records import Content, Record

_MOST_PANES = 100
_MOST_CELLS = 1000

_Cells = Annotated[int, Field(ge=-_MOST_CELLS, le=_MOST_CELLS)]


class ScreenLook(Content):
    """The theme's name, and the panes' places: `hvtui.tui.arrangement` knows what they mean."""

    theme: str = ""
    recent: Annotated[tuple[str, ...], Field(max_length=_MOST_PANES)] = ()
    hidden: Annotated[tuple[str, ...], Field(max_length=_MOST_PANES)] = ()
    right: _Cells = 0
    low: _Cells = 0


def screen_record() -> Record[ScreenLook]:
    """Return the file that holds it."""
    return Record(state_folder() / "screen.json", ScreenLook, "the look of the screen")
