"""A program shown as memory: addresses, bytes, and the instructions or text that they are."""

from __future__ import annotations

from collections.abc import Iterator

from asm.disassembly.disassembler import SymbolOf, disassemble, label_finder, value_of_pair
from asm.disassembly.pieces import Kind, Piece, pieces_of
from asm.program import Program, Segment


def dump(program: Program, *, aliases: bool = True) -> Iterator[str]:
    """Yield the lines that show every segment of `program`; `aliases` as in `disassemble`."""
    labels = label_finder(program)
    entry = labels(program.entry)
    yield f"{program.name}: entry {program.entry:#x}" + (f" <{entry}>" if entry else "")
    for segment in program.segments:
        yield ""
        yield _heading(segment)
        previous = 0
        for piece in pieces_of(program, segment):
            for label in piece.labels:
                yield f"{piece.address:08x} <{label}>:"
            if piece.kind is Kind.INSTRUCTION:
                word = int.from_bytes(piece.data, "little")
                shown = disassemble(word, piece.address, labels, aliases)
                text = f"{shown.name:<7} {shown.operands}".rstrip()
                made = _made(value_of_pair(previous, word, piece.address), labels)
                yield f"{piece.address:08x}:  {word:08x}  {text}{made}"
                previous = word
            else:
                previous = 0
                yield from _data(piece)


def _heading(segment: Segment) -> str:
    rights = ["read"]
    rights += ["write"] * segment.writable + ["execute"] * segment.executable
    return f"{segment.name}: {segment.address:#x} to {segment.end - 1:#x}, {', '.join(rights)}"


def _data(piece: Piece) -> Iterator[str]:
    if piece.kind is Kind.ZEROS:
        yield f"{piece.address:08x}:  ({piece.size:,} zeros)"
        return
    text = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in piece.data)
    yield f"{piece.address:08x}:  {piece.data.hex(' '):47}  |{text}|"


def _made(value: int | None, labels: SymbolOf) -> str:
    """What a pair of instructions made, as a remark behind the second one."""
    if value is None:
        return ""
    label = labels(value)
    return f"  # {value:#x}" + (f" <{label}>" if label else "")
