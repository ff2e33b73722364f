"""Code as a person reads it: a source file with the places of its lines, or disassembled memory."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from asm.disassembly.disassembler import disassemble, label_finder
from asm.program import Program
from hvtui.debugger.locations import Location, line_addresses
from hvtui.machine.board import Machine
from hvtui.machinefile.system import Component


@dataclass(frozen=True)
class SourceListing:
    """A source file of `component`, line by line as it was assembled."""

    component: Component
    file: str

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The text of each line; line 1 is the first. Empty if the text is not known."""
        text = self.component.program.sources.get(self.file, "").removesuffix("\n")
        # The assembler's lines end with a newline alone, not with a form feed or the like.
        return tuple(line.removesuffix("\r") for line in text.split("\n")) if text else ()

    @cached_property
    def code_lines(self) -> frozenset[int]:
        """The numbers of lines that made instructions."""
        return frozenset(
            place.line
            for entry in self.component.program.lines
            if entry.is_code
            for place in (entry.place, entry.outermost)
            if place.file == self.file
        )

    def locations(self, line: int) -> tuple[Location, ...]:
        """Return where the code of a line, or of the next that has some, begins."""
        component = self.component
        return tuple(
            Location(linked + component.relocation, component, linked)
            for linked in line_addresses(component.program, self.file, line)
        )


@dataclass(frozen=True, slots=True)
class CodeRow:
    """A line of a disassembly: a label, or the instruction or data at an address.

    `address` is the one that the program was linked for; `word` is None for a label's line.
    """

    address: int
    physical: int
    text: str
    operands: str = ""
    word: int | None = None
    is_code: bool = True


class Disassembly:
    """The memory that `component` fills, as instructions; read anew each time, for code may change.

    Without a component it is the memory around `physical`. What a component has translated is code,
    whatever its source says of that memory.
    """

    REACH = 512  # bytes on each side of an address that belongs to nobody

    def __init__(self, machine: Machine, component: Component | None, physical: int = 0) -> None:
        self.component = component
        self._machine = machine
        if component is not None:
            self._extents = component.extents
            self._offset = component.linked - component.at
            self._symbol_of = label_finder(component.program)
            self._labels: Mapping[int, list[str]] = _labels(component.program)
        else:
            start = max(physical - self.REACH, 0) & ~3
            self._extents = ((start, (physical & ~3) + self.REACH),)
            self._offset = 0
            self._symbol_of = lambda _address: None
            self._labels = {}

    @cached_property
    def _slots(self) -> list[tuple[int, str | None]]:
        return [
            (address, label)
            for start, end in self._extents
            for address in range(start & ~3, end, 4)
            for label in (*self._labels.get(address + self._offset, ()), None)
        ]

    @cached_property
    def _starts(self) -> list[int]:
        return [address for address, _ in self._slots]

    def __len__(self) -> int:
        return len(self._slots)

    def index_of(self, physical: int) -> int | None:
        """Return the index of the row of the instruction at a physical address."""
        index = bisect_right(self._starts, physical) - 1
        return index if index >= 0 and physical < self._starts[index] + 4 else None

    def __getitem__(self, index: int) -> CodeRow:
        """Return a row."""
        physical, label = self._slots[index]
        if label is not None:
            return CodeRow(physical + self._offset, physical, f"{label}:")
        return self.instruction(physical)

    def instruction(self, physical: int) -> CodeRow:
        """Return what is at a physical address. A word that cannot be read is shown as such."""
        address = physical + self._offset
        data = self._machine.read_physical(physical, 4)
        if data is None:
            return CodeRow(address, physical, "(no memory)", is_code=False)
        word = int.from_bytes(data, "little")
        if not self._is_code(address):
            return CodeRow(address, physical, ".word", f"{word:#010x}", word, is_code=False)
        shown = disassemble(word, address, self._symbol_of)
        return CodeRow(address, physical, shown.name, shown.operands, word)

    def _is_code(self, address: int) -> bool:
        if self.component is None or self._is_translated(address):
            return True
        entry = self.component.program.lines.at(address)
        if entry is not None:
            return entry.is_code
        return any(
            segment.executable and segment.address <= address < segment.end
            for segment in self.component.program.segments
        )

    def _is_translated(self, address: int) -> bool:
        component = self.component
        translates = component.translates if component is not None else None
        if component is None or translates is None:
            return False
        if not translates.first <= address < translates.last:
            return False
        place = translates.map + (address - translates.first) + component.relocation
        return any(self._machine.read_physical(place, 4) or b"")


def _labels(program: Program) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for symbol in program.symbols.values():
        if symbol.section is not None:
            found.setdefault(symbol.value, []).append(symbol.name)
    return found
