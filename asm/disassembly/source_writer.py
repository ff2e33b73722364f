"""A program written back as a source: assembling the text gives the same bytes at the same addresses.

Labels keep their names where a source can have them; branches to places without one lead to
``.L`` and the address. Bits that no instruction's notation gives are a ``.word``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from asm.assembler.layout import section_order
from asm.assembler.sections import Section
from asm.disassembly.disassembler import describe
from asm.disassembly.pieces import Kind, Piece, pieces_of
from asm.isa.registers import REGISTER_NUMBERS
from asm.objects.image import ImageError
from asm.options import Limits
from asm.program import Program, Segment, Symbol

MAX_SIZE = 8 << 20

# What the assembler takes a section of that name to be, whatever its directive says.
_USUAL_FLAGS = {".text": "ax", ".rodata": "a", ".data": "aw", ".bss": "aw"}
_SECTION_NAME = re.compile(r"\.[A-Za-z0-9_.]+", re.ASCII)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.$]*", re.ASCII)
_INDENT = "        "
_WORD = 4


def disassemble_program(program: Program, *, aliases: bool = True) -> Iterator[str]:
    """Yield the lines of a source for `program`; `aliases` as in `disassemble`.

    It has to be assembled with the base that the first line names. What lies between segments is
    filled with zeros; segments in an order that the assembler would not keep become one section.
    Raises ImageError if there is more than MAX_SIZE to write, or more to fill than an assembly may.
    """
    _check_size(program)
    base = program.base - program.base % _WORD
    yield f"# {program.name}: assemble it with --base {base:#x}"
    writer = _Writer(program, aliases=aliases)
    yield from writer.numbers()
    sections = _sections(program)
    end = base
    for segment, section in sections:
        opening = f'{_INDENT}.section {section.name}, "{section.flags}"'
        directive = opening + (", @nobits" if section.nobits else ", @progbits")
        gap = segment.address - end
        # The first section takes the zeros before it, any other gap the section it follows.
        if end != base and gap:
            yield f"{_INDENT}.zero   {gap}"
        yield ""
        yield directive
        if end == base and gap:
            yield f"{_INDENT}.zero   {gap}"
        yield from writer.segment(segment)
        end = segment.end
    yield from writer.labels(end)


def _check_size(program: Program) -> None:
    size = sum(len(segment.data) for segment in program.segments)
    limit = Limits().output
    if size > MAX_SIZE:
        cause = f"{size >> 20:,} MiB are too much for a source"
    elif program.end - program.base >= limit:
        cause = (
            f"it reaches from {program.base:#x} to {program.end - 1:#x}: a source would fill what "
            f"lies between, more than {limit >> 20} MiB"
        )
    else:
        return
    raise ImageError(program.name, cause, "leave out --source")


def _sections(program: Program) -> list[tuple[Segment, Section]]:
    """Give each segment a section, such that the assembler places them in the order of addresses."""
    segments = sorted(
        (segment for segment in program.segments if segment.size), key=lambda part: part.address
    )
    taken: set[str] = set()
    sections = []
    for number, segment in enumerate(segments):
        flags = "a" + "w" * segment.writable + "x" * segment.executable
        name = segment.name
        # .text begins and ends at a multiple of the word, the zeros up to the next one included.
        end = segments[number + 1].address if number + 1 < len(segments) else segment.end
        aligned = name != ".text" or segment.address % _WORD == end % _WORD == 0
        usual = _USUAL_FLAGS.get(name, flags) == flags and (name != ".bss" or not segment.data)
        if not (_SECTION_NAME.fullmatch(name) and usual and aligned) or name in taken:
            name = f".part{number}"
        taken.add(name)
        sections.append(Section(name, flags, nobits=not segment.data))
    if section_order(sections) != sections:
        sections = [Section(".memory", "awx")] * len(segments)
    return list(zip(segments, sections, strict=True))


class _Writer:
    def __init__(self, program: Program, *, aliases: bool) -> None:
        self.program = program
        self.aliases = aliases
        self.names = _names(program)
        self.at: dict[int, list[str]] = {}
        self.pieces = {segment: list(pieces_of(program, segment)) for segment in program.segments}
        self.starts = {piece.address for pieces in self.pieces.values() for piece in pieces}
        self.starts.add(max((segment.end for segment in program.segments), default=0))
        self._place_labels()
        self._place_targets()

    def _place_labels(self) -> None:
        for symbol in self.program.symbols.values():
            if self._is_placed(symbol):
                self.at.setdefault(symbol.value, []).append(self.names[symbol.name])
        entry = self.program.entry
        if "_start" not in self.names.values() and entry in self.starts:
            self.at.setdefault(entry, []).append("_start")

    def _is_placed(self, symbol: Symbol) -> bool:
        return symbol.section is not None and symbol.value in self.starts

    def _place_targets(self) -> None:
        for pieces in self.pieces.values():
            for piece in pieces:
                if piece.kind is Kind.INSTRUCTION:
                    target = describe(_word(piece), piece.address, hex).target
                    if target in self.starts and target not in self.at:
                        self.at[target] = [f".L{target:x}"]

    def numbers(self) -> Iterator[str]:
        """The symbols that are numbers, or addresses outside the program."""
        for symbol in self.program.symbols.values():
            name = self.names[symbol.name]
            if symbol.is_global:
                yield f"{_INDENT}.globl  {name}"
            if not self._is_placed(symbol):
                yield f"{_INDENT}.equ    {name}, {symbol.value:#x}"

    def labels(self, address: int) -> Iterator[str]:
        for name in self.at.get(address, ()):
            yield f"{name}:"

    def segment(self, segment: Segment) -> Iterator[str]:
        for piece in self.pieces[segment]:
            yield from self.labels(piece.address)
            if piece.kind is Kind.INSTRUCTION:
                yield _INDENT + self.instruction(piece)
            elif piece.kind is Kind.ZEROS:
                yield f"{_INDENT}.zero   {piece.size}"
            else:
                yield from _data(piece)

    def instruction(self, piece: Piece) -> str:
        word, pc = _word(piece), piece.address

        def show(target: int) -> str:
            names = self.at.get(target)
            return names[0] if names else f". {(target - pc + (1 << 31)) % (1 << 32) - (1 << 31):+d}"

        shown = describe(word, pc, show, aliases=self.aliases)
        if not shown.exact:
            return f".word   {word:#010x}  # {shown}"
        return f"{shown.name:<7} {shown.operands}".rstrip()


def _word(piece: Piece) -> int:
    return int.from_bytes(piece.data, "little")


def _data(piece: Piece) -> Iterator[str]:
    """Words where the address allows them, bytes before and behind."""
    front = min(-piece.address % _WORD, piece.size)
    back = front + (piece.size - front) // _WORD * _WORD
    if front:
        yield _bytes(piece.data[:front])
    if back > front:
        words = (piece.data[at : at + _WORD] for at in range(front, back, _WORD))
        shown = ", ".join(f"{int.from_bytes(word, 'little'):#010x}" for word in words)
        yield f"{_INDENT}.word   {shown}"
    if back < piece.size:
        yield _bytes(piece.data[back:])


def _bytes(data: bytes) -> str:
    return f"{_INDENT}.byte   " + ", ".join(f"{byte:#04x}" for byte in data)


def _names(program: Program) -> Mapping[str, str]:
    """A name that a source can have for each symbol: its own, or one made from it."""
    names: dict[str, str] = {}
    taken = {name for name in program.symbols if _is_name(name)}
    counts: dict[str, int] = {}
    for name in program.symbols:
        if name in taken:
            names[name] = name
            continue
        plain = "_" + re.sub(r"[^A-Za-z0-9_]", "_", name)
        number = counts.get(plain, 0)
        while (made := f"{plain}_{number}" if number else plain) in taken:
            number += 1
        counts[plain] = number + 1
        taken.add(made)
        names[name] = made
    return names


def _is_name(name: str) -> bool:
    return _NAME.fullmatch(name) is not None and name not in REGISTER_NUMBERS
