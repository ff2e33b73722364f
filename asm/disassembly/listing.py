"""The listing of a program: each source line with the address and bytes that it became.

Lines stand in the order of their files. What a macro or a loop produced follows the line that used
it, indented, as the body has it. Long data is cut short.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from asm.isa.width import MASK
from asm.program import LineEntry, Place, Program, Segment

_BYTES_PER_ROW = 8
_MAX_DATA_ROWS = 8
_INSTRUCTION = 4
_INDENT = "  "


def listing(program: Program) -> str:
    """Return the listing of `program`, its symbols at the end.

    Files that the program has no text of are left out; so are, with a count, most bytes of long data.
    """
    by_line = _entries_by_line(program)
    texts = {file: text.split("\n") for file, text in program.sources.items()}
    lister = _Lister(program, texts)
    rows: list[str] = []
    for file, lines in texts.items():
        rows.append(f"{file}:")
        # What stands after the last newline is no line.
        for number, line in enumerate(lines if lines[-1] else lines[:-1], 1):
            rows += lister.line(number, line, by_line.get((file, number), []))
        rows.append("")
    return "".join(f"{row}\n" for row in rows) + symbol_table(program)


def _entries_by_line(program: Program) -> Mapping[tuple[str, int], list[LineEntry]]:
    """Line entries by the line that a person wrote: the outermost use of a macro."""
    found: dict[tuple[str, int], list[LineEntry]] = {}
    for entry in program.lines:
        place = entry.outermost
        found.setdefault((place.file, place.line), []).append(entry)
    return found


@dataclass(frozen=True, slots=True)
class _Lister:
    program: Program
    texts: Mapping[str, list[str]]

    def line(self, number: int, text: str, entries: list[LineEntry]) -> Iterator[str]:
        """The rows of one source line: what it became itself, then what it expanded to."""
        own = [entry for entry in entries if not entry.expansions]
        if not own:
            yield _row(str(number), "", "", text)
        for entry in own:
            yield from self.entry(entry, str(number), text if entry is own[0] else "")
        yield from self.expanded([entry for entry in entries if entry.expansions])

    def expanded(self, entries: Sequence[LineEntry]) -> Iterator[str]:
        """The rows of a macro's use: the uses within it as they come, and the lines of the bodies."""
        before: tuple[Place, ...] = ()
        for entry in entries:
            uses = tuple(step.place for step in entry.expansions[1:])
            for depth, use in enumerate(uses):
                if uses[: depth + 1] != before[: depth + 1]:
                    yield _row(f"+{use.line}", "", "", self.indented(use, depth + 1))
            before = uses
            text = self.indented(entry.place, len(entry.expansions))
            yield from self.entry(entry, f"+{entry.place.line}", text)

    def indented(self, place: Place, depth: int) -> str:
        lines = self.texts.get(place.file, [])
        text = lines[place.line - 1].strip() if place.line <= len(lines) else str(place)
        return _INDENT * depth + text

    def entry(self, entry: LineEntry, number: str, text: str) -> Iterator[str]:
        """An instruction or eight bytes of data a row, number and text in the first."""
        segment = self.segment_at(entry.address)
        if segment is None or entry.address - segment.address >= len(segment.data):
            yield _row(number, f"{entry.address:08x}", f"({entry.size:,} zeros)", text)
            return
        start = entry.address - segment.address
        data = segment.data[start : start + entry.size]
        step = _INSTRUCTION if entry.is_code else _BYTES_PER_ROW
        limit = len(data) if entry.is_code else _MAX_DATA_ROWS * _BYTES_PER_ROW
        for offset in range(0, min(len(data), limit), step):
            part = data[offset : offset + step]
            shown = part[::-1].hex() if entry.is_code else part.hex(" ", -4)
            first = (number, text) if offset == 0 else ("", "")
            yield _row(first[0], f"{entry.address + offset:08x}", shown, first[1])
        if len(data) > limit:
            yield _row("", "", f"(+{len(data) - limit:,} bytes)", "")

    def segment_at(self, address: int) -> Segment | None:
        segments = self.program.segments
        return next((part for part in segments if part.address <= address < part.end), None)


def _row(number: str, address: str, data: str, text: str) -> str:
    return f"{number:>6}  {address:8}  {data:17}  {text}".rstrip()


def symbol_table(program: Program) -> str:
    """Return the symbols of a program by value, one a line: value, g for global, section, name."""
    ordered = sorted(program.symbols.values(), key=lambda symbol: (symbol.value, symbol.name))
    return "".join(
        f"{symbol.value & MASK:08x} {'g' if symbol.is_global else ' '} "
        f"{symbol.section or '(number)':12} {symbol.name}\n"
        for symbol in ordered
    )
