"""What a run must show, as `[expect]` of a machine file says it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hvtui.machinefile.patterns import Pattern
    from hvtui.machinefile.ranges import Range

# Stands for all trap bits and causes together where else the name of one stands.
ANY = "any"


@dataclass(frozen=True, slots=True)
class MemoryPlace:
    """A word of memory: `offset` behind a symbol of a component, or a physical address by itself.

    `text` is how the file calls it.
    """

    text: str
    offset: int
    component: str = ""
    symbol: str = ""


@dataclass(frozen=True)
class Expectation:
    """What a run must show; empty or None where nobody said.

    `ends` is how the run must end, as JSON calls it; None means that the guest ends it, whichever way.
    The counts of `traps`, `ignored` and `leaked` are by trap bit, by cause or for `ANY`; those of `ran`
    are instructions by component. `input` is typed into the console. `path` is the file that says all
    this, None if no file does, and `lines` the line of each key in it.
    """

    console: str | None = None
    exit: int | None = None
    ends: str | None = None
    console_patterns: tuple[Pattern, ...] = ()
    vm_consoles: Mapping[str, str] = field(default_factory=dict)
    vm_console_patterns: Mapping[str, tuple[Pattern, ...]] = field(default_factory=dict)
    traps: Mapping[str, Range] = field(default_factory=dict)
    ignored: Mapping[str, Range] = field(default_factory=dict)
    leaked: Mapping[str, Range] = field(default_factory=dict)
    memory: Mapping[MemoryPlace, Range] = field(default_factory=dict)
    ran: Mapping[str, Range] = field(default_factory=dict)
    not_ran: tuple[str, ...] = ()
    max_instructions: int | None = None
    input: str = ""
    path: Path | None = None
    lines: Mapping[tuple[str, ...], int] = field(default_factory=dict)

    def component_names(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Yield each component that is named, with the key that names it."""
        for name in self.ran:
            yield ("ran", name), name
        for name in self.not_ran:
            yield ("not_ran", name), name
        for place in self.memory:
            if place.component:
                yield ("memory", place.text), place.component

    def place(self, *key: str) -> str:
        """Return where a key of `[expect]` stands: ``lab.toml:41``; empty if no file says it."""
        if self.path is None:
            return ""
        line = self.lines.get(key) or self.lines.get(key[:1], 0)
        return f"{self.path}:{line}" if line else str(self.path)
