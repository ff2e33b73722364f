"""DWARF line programs, written: the sections that tell gdb and objdump a program's source lines.

DWARF 4, the version that tools of every age read: a line program (section 6.2) and the one compile
unit without which readers do not look at it. Only code has rows, as with GNU `as`. Macros have no
place in DWARF: an expanded line is the line of its outermost use.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Set
from itertools import chain

from asm.program import LineEntry, Program

_VERSION = 4
_ADDRESS_SIZE = 4
_LINE_BASE, _LINE_RANGE, _OPCODE_BASE = -5, 14, 13
_OPERAND_COUNTS = bytes((0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1))

_COPY, _ADVANCE_PC, _ADVANCE_LINE, _SET_FILE, _SET_COLUMN = 1, 2, 3, 4, 5
_EXTENDED_END_SEQUENCE, _EXTENDED_SET_ADDRESS = 1, 2

_TAG_COMPILE_UNIT = 0x11
_AT_NAME, _AT_STMT_LIST, _AT_LOW_PC, _AT_HIGH_PC, _AT_LANGUAGE = 0x03, 0x10, 0x11, 0x12, 0x13
_FORM_ADDR, _FORM_DATA2, _FORM_DATA4, _FORM_STRING, _FORM_SEC_OFFSET = 0x01, 0x05, 0x06, 0x08, 0x17
_LANGUAGE_ASSEMBLER = 0x8001


def write_debug_sections(program: Program) -> dict[str, bytes]:
    """Return the contents of .debug_line, .debug_info and .debug_abbrev; none without code lines."""
    code = [entry for entry in program.lines if entry.is_code]
    if not code:
        return {}
    low, high = code[0].address, max(entry.address + entry.size for entry in code)
    return {
        ".debug_line": _line_section(code, {segment.address for segment in program.segments}),
        ".debug_info": _info_section(program.name, low, high),
        ".debug_abbrev": _abbreviations(),
    }


def _line_section(code: list[LineEntry], starts: Set[int]) -> bytes:
    names = dict.fromkeys(entry.outermost.file for entry in code)
    files = {name: number for number, name in enumerate(names, 1)}
    tables = b"\0" + b"".join(_string(name) + b"\0\0\0" for name in files) + b"\0"
    fixed = struct.pack("<BBBbBB", 1, 1, 1, _LINE_BASE, _LINE_RANGE, _OPCODE_BASE)
    header = fixed + _OPERAND_COUNTS + tables
    unit = struct.pack("<HI", _VERSION, len(header)) + header + _line_program(code, files, starts)
    return struct.pack("<I", len(unit)) + unit


def _line_program(code: Iterable[LineEntry], files: Mapping[str, int], starts: Set[int]) -> bytes:
    """One sequence for each run of code without a gap; a row where the place changes.

    A sequence lies in one segment: it ends at the `starts` of the next.
    """
    out = bytearray()
    end: int | None = None
    address, file, line, column = 0, 1, 1, 0
    for entry in code:
        place = entry.outermost
        here = (files[place.file], place.line, place.column)
        if end != entry.address or entry.address in starts:
            if end is not None:
                out += _end_sequence(end - address)
            out += _extended(_EXTENDED_SET_ADDRESS, struct.pack("<I", entry.address))
            address, file, line, column = entry.address, 1, 1, 0
        elif here == (file, line, column):
            end = entry.address + entry.size
            continue
        if here[0] != file:
            out += bytes((_SET_FILE,)) + _uleb(here[0])
        if here[2] != column:
            out += bytes((_SET_COLUMN,)) + _uleb(here[2])
        out += _row(entry.address - address, here[1] - line)
        address, (file, line, column) = entry.address, here
        end = entry.address + entry.size
    if end is not None:
        out += _end_sequence(end - address)
    return bytes(out)


def _row(advance: int, step: int) -> bytes:
    """Move address and line on and emit a row: one byte where both steps are small."""
    special = step - _LINE_BASE + _LINE_RANGE * advance + _OPCODE_BASE
    if _LINE_BASE <= step < _LINE_BASE + _LINE_RANGE and special <= 255:
        return bytes((special,))
    move = bytes((_ADVANCE_PC,)) + _uleb(advance) + bytes((_ADVANCE_LINE,)) + _sleb(step)
    return move + bytes((_COPY,))


def _end_sequence(advance: int) -> bytes:
    return bytes((_ADVANCE_PC,)) + _uleb(advance) + _extended(_EXTENDED_END_SEQUENCE, b"")


def _extended(opcode: int, operand: bytes) -> bytes:
    return b"\0" + _uleb(1 + len(operand)) + bytes((opcode,)) + operand


_UNIT_ATTRIBUTES = (
    (_AT_STMT_LIST, _FORM_SEC_OFFSET),
    (_AT_LOW_PC, _FORM_ADDR),
    (_AT_HIGH_PC, _FORM_DATA4),
    (_AT_LANGUAGE, _FORM_DATA2),
    (_AT_NAME, _FORM_STRING),
)


def _abbreviations() -> bytes:
    attributes = chain.from_iterable((*_UNIT_ATTRIBUTES, (0, 0)))
    declaration = (1, _TAG_COMPILE_UNIT, 0, *attributes, 0)
    return b"".join(map(_uleb, declaration))


def _info_section(name: str, low: int, high: int) -> bytes:
    values = struct.pack("<IIIH", 0, low, high - low, _LANGUAGE_ASSEMBLER) + _string(name)
    unit = struct.pack("<HIB", _VERSION, 0, _ADDRESS_SIZE) + _uleb(1) + values
    return struct.pack("<I", len(unit)) + unit


def _string(text: str) -> bytes:
    return text.encode("utf-8", "replace").replace(b"\0", b"?") + b"\0"


def _uleb(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _sleb(value: int) -> bytes:
    out = bytearray()
    while not -0x40 <= value < 0x40:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value & 0x7F)
    return bytes(out)
