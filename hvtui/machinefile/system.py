"""A computer with its programs: what the debugger and the command line work on."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from asm.program import Program
from hvtui.machine.engines import Engine
from hvtui.machinefile.expectation import Expectation
from hvtui.machinefile.sizes import describe_range

if TYPE_CHECKING:
    from hvtui.machine.board import Machine

TOHOST = "tohost"


def is_end_of_path(name: str, path: str) -> bool:
    """Tell whether a file's `path` ends with `name`, in whole parts."""
    wanted, parts = name.split("/"), path.replace("\\", "/").split("/")
    return parts[-len(wanted) :] == wanted


@dataclass(frozen=True, slots=True)
class Translates:
    """Code that a component makes of a guest's while it runs, and its record of what came from where.

    The words from `first` up to `last` (linked addresses) are translations. The word as far behind
    `map` as one of them is behind `first` is the address of the instruction that it came from, as the
    virtual machine `vm` calls it. Its lowest bit is set in the midst of a translation; 0 is nothing.
    """

    vm: str
    first: int
    last: int
    map: int


@dataclass(frozen=True, eq=False)
class Component:
    """A program in the machine's memory.

    What was linked for the address `linked` lies at the physical address `at`; `program` speaks of
    linked addresses throughout. `believes` is the ring the component thinks it runs in, None if
    nobody said; `believes_in` gives another ring for the code of single source files, by the ends of
    their names. `vm` is the virtual machine it belongs to. `translates` tells of code that it makes.
    """

    name: str
    role: str
    program: Program
    at: int
    linked: int
    vm: str | None = None
    believes: int | None = None
    believes_in: Mapping[str, int] = field(default_factory=dict)
    translates: Translates | None = None

    def belief_in(self, file: str | None) -> int | None:
        """Return the ring that the code of a source file thinks it runs in, None if nobody said."""
        for name, ring in self.believes_in.items():
            if file is not None and is_end_of_path(name, file):
                return ring
        return self.believes

    @property
    def relocation(self) -> int:
        """What to add to a linked address to get the physical one."""
        return self.at - self.linked

    @cached_property
    def extents(self) -> tuple[tuple[int, int], ...]:
        """The physical ranges it fills, in order: first address, first address after."""
        return tuple(
            sorted(
                (segment.address + self.relocation, segment.end + self.relocation)
                for segment in self.program.segments
                if segment.size
            )
        )

    @property
    def size(self) -> int:
        """The bytes it fills, zeros included."""
        return sum(end - start for start, end in self.extents)

    def __str__(self) -> str:
        ranges = " and ".join(describe_range(start, end) for start, end in self.extents[:4])
        return f'"{self.name}" ({ranges})'


@dataclass(frozen=True)
class Overrides:
    """What a person asked for beside the path: it goes before what the machine file says.

    `at` and `defines` are for a single program, not for a machine file. `include` names folders for
    ``.include`` and ``.incbin``, which may then be read like the source's own. `substitutes` are files
    that take the place of components' own, by component: handed-in programs, which may read nothing
    but their own folder and the machine file's ``include``. `engine` is what runs the machine,
    `history` how many bytes a debugger may keep of the past (None: as it likes).
    """

    cpu: str | None = None
    ram: int | None = None
    dtb: Path | None = None
    at: int | None = None
    include: tuple[Path, ...] = ()
    defines: Mapping[str, int] = field(default_factory=dict)
    substitutes: Mapping[str, Path] = field(default_factory=dict)
    engine: Engine = Engine.AUTO
    history: int | None = None


@dataclass(frozen=True, eq=False)
class System:
    """A computer, its programs and where they came from.

    `path` is the file that was loaded, `files` are all that it was made of. `ram_size` is in bytes.
    `timebase` is the number of retired instructions to a tick of `mtime`. `dtb` is the device tree
    blob, if there is one; `lesson` the Markdown that goes with the machine.
    """

    path: Path
    title: str
    cpu: str
    ram_size: int
    timebase: int
    components: tuple[Component, ...]
    dtb: bytes | None = None
    lesson: Path | None = None
    max_instructions: int | None = None
    expect: Expectation = field(default_factory=Expectation)
    overrides: Overrides = field(default_factory=Overrides)
    files: tuple[Path, ...] = ()

    @cached_property
    def machine(self) -> Machine:
        """The machine, loaded and reset. It is built once; `fresh_machine` builds others."""
        return self.fresh_machine()

    @property
    def entry(self) -> int:
        """The physical address at which the machine starts: the entry of the first component."""
        first = self.components[0]
        return first.program.entry + first.relocation

    @property
    def tohost(self) -> int | None:
        """The physical address of the first symbol `tohost`; a store there ends the run."""
        for component in self.components:
            symbol = component.program.symbols.get(TOHOST)
            if symbol is not None and symbol.section is not None:
                return symbol.value + component.relocation
        return None

    def fresh_machine(self) -> Machine:
        """Return a new machine in the state that a run starts from."""
        # Whoever only asks what a file says need not wait for the hardware's import.
        from hvtui.machine.board import Machine

        machine = Machine(
            cpu=self.cpu,
            ram_size=self.ram_size,
            timebase=self.timebase,
            engine=self.overrides.engine,
        )
        for component in self.components:
            for segment in component.program.segments:
                machine.load(segment.address + component.relocation, segment.data)
        if self.dtb is not None:
            machine.place_dtb(self.dtb)
        machine.tohost = self.tohost
        machine.reset(self.entry)
        return machine

    def component_at(self, physical: int) -> Component | None:
        """Return the component whose bytes hold that physical address, or None."""
        starts, extents = self._extents
        index = bisect_right(starts, physical) - 1
        if index < 0:
            return None
        end, component = extents[index]
        return component if physical < end else None

    @cached_property
    def _extents(self) -> tuple[list[int], list[tuple[int, Component]]]:
        found = sorted(
            (
                (start, end, component)
                for component in self.components
                for start, end in component.extents
            ),
            key=lambda extent: extent[0],
        )
        return [start for start, _, _ in found], [(end, component) for _, end, component in found]
