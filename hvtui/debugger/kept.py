"""What a person has set up to look at a machine, in a form that outlives its programs' addresses."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from hvtui.debugger.anchors import Anchor


@dataclass(frozen=True, slots=True)
class KeptBreakpoint:
    """A breakpoint with all that was said about it, but its hits.

    `anchors` are its places; of a watchpoint, the place that is watched, `size` bytes of it, none if
    its expression is computed after each step. Names in it and its `condition` belong to `component`
    first. `ignored` is how many of the next hits will not stop the machine.
    """

    kind: Literal["place", "trap", "watch"]
    text: str
    anchors: tuple[Anchor, ...] = ()
    size: int = 0
    component: str = ""
    enabled: bool = True
    one_shot: bool = False
    condition: str = ""
    ignored: int = 0
    commands: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class KeptDisplay:
    """An expression that is shown at every stop; `format` is a letter, or empty."""

    text: str
    component: str = ""
    format: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """All of it."""

    breakpoints: tuple[KeptBreakpoint, ...] = ()
    displays: tuple[KeptDisplay, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether there is anything."""
        return bool(self.breakpoints or self.displays)
