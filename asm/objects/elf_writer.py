"""ELF files, written: a `Program` as a static RV32 executable for readelf, gdb, QEMU and Spike.

System V ABI, chapters 4 and 5, and the RISC-V psABI. A segment of the program is a program header
and a section of its name; symbols and line table go along. The same program gives the same bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from asm.objects.dwarf_writer import write_debug_sections
from asm.program import Program, Segment, Symbol

_IDENT = b"\x7fELF" + bytes((1, 1, 1)) + bytes(9)  # 32 bits, little endian, version 1, System V
_EXEC, _MACHINE_RISCV, _VERSION = 2, 243, 1
_HEADER = struct.Struct("<16sHHIIIIIHHHHHH")
_PROGRAM_HEADER = struct.Struct("<8I")
_SECTION_HEADER = struct.Struct("<10I")
_SYMBOL = struct.Struct("<IIIBBH")

_PT_LOAD = 1
_PF_X, _PF_W, _PF_R = 1, 2, 4
_SHT_PROGBITS, _SHT_SYMTAB, _SHT_STRTAB, _SHT_NOBITS = 1, 2, 3, 8
_SHF_WRITE, _SHF_ALLOC, _SHF_EXECUTE = 1, 2, 4
_SHN_ABSOLUTE = 0xFFF1
_STB_GLOBAL, _STT_NOTYPE, _STT_FUNCTION = 1, 0, 2
_ALIGNMENT = 4


@dataclass(frozen=True, slots=True)
class _Section:
    name: str
    kind: int
    flags: int = 0
    address: int = 0
    data: bytes = b""
    size: int = 0
    link: int = 0
    info: int = 0
    alignment: int = 1
    entry_size: int = 0


class _Strings:
    """A string table: each text once, the empty one at 0."""

    def __init__(self) -> None:
        self.data = bytearray(1)
        self._offsets = {"": 0}

    def add(self, text: str) -> int:
        if text not in self._offsets:
            self._offsets[text] = len(self.data)
            self.data += text.encode("utf-8", "replace").replace(b"\0", b"?") + b"\0"
        return self._offsets[text]


def write_elf(program: Program) -> bytes:
    """Return the ELF file for `program`."""
    filled = (segment for segment in program.segments if segment.size)
    segments = sorted(filled, key=lambda segment: segment.address)
    loaded = [section for segment in segments for section in _segment_sections(segment)]
    debug = [
        _Section(name, _SHT_PROGBITS, data=data, size=len(data))
        for name, data in write_debug_sections(program).items()
    ]
    sections = [_Section("", 0), *loaded, *debug]
    sections += _symbol_sections(program.symbols.values(), sections)
    names = _Strings()
    for section in (*sections, _Section(".shstrtab", 0)):
        names.add(section.name)
    strings = bytes(names.data)
    sections.append(_Section(".shstrtab", _SHT_STRTAB, data=strings, size=len(strings)))
    return _assemble(program.entry, segments, sections, names)


def _segment_sections(segment: Segment) -> Iterator[_Section]:
    """A section for the bytes of a segment and one for the zeros behind them."""
    flags = _SHF_ALLOC
    flags |= _SHF_WRITE if segment.writable else 0
    flags |= _SHF_EXECUTE if segment.executable else 0
    alignment = min(segment.address & -segment.address, _ALIGNMENT) or _ALIGNMENT
    filled = len(segment.data)
    if filled:
        yield _Section(
            segment.name,
            _SHT_PROGBITS,
            flags,
            segment.address,
            segment.data,
            filled,
            alignment=alignment,
        )
    if filled < segment.size:
        yield _Section(
            f"{segment.name}.zeros" if filled else segment.name,
            _SHT_NOBITS,
            flags,
            segment.address + filled,
            size=segment.size - filled,
            alignment=1 if filled else alignment,
        )


def _symbol_sections(symbols: Iterable[Symbol], sections: list[_Section]) -> list[_Section]:
    """The symbol table, local symbols first as the ABI wants them, and its names."""
    ordered = sorted(symbols, key=lambda symbol: symbol.is_global)
    names = _Strings()
    table = bytearray(_SYMBOL.size)
    for symbol in ordered:
        info = (_STB_GLOBAL if symbol.is_global else 0) << 4
        info |= _STT_FUNCTION if symbol.is_function else _STT_NOTYPE
        value = symbol.value & 0xFFFF_FFFF
        place = _section_index(symbol, value, sections)
        table += _SYMBOL.pack(names.add(symbol.name), value, symbol.size, info, 0, place)
    locals_end = 1 + sum(not symbol.is_global for symbol in ordered)
    strings = bytes(names.data)
    return [
        _Section(
            ".symtab",
            _SHT_SYMTAB,
            data=bytes(table),
            size=len(table),
            link=len(sections) + 1,
            info=locals_end,
            alignment=4,
            entry_size=_SYMBOL.size,
        ),
        _Section(".strtab", _SHT_STRTAB, data=strings, size=len(strings)),
    ]


def _section_index(symbol: Symbol, value: int, sections: list[_Section]) -> int:
    if symbol.section is None:
        return _SHN_ABSOLUTE
    loaded = [(index, section) for index, section in enumerate(sections) if section.flags & _SHF_ALLOC]
    # A label at the end of its section may be the first address of the next one.
    named = [pair for pair in loaded if pair[1].name == symbol.section]
    for index, section in (*named, *loaded):
        if section.address <= value <= section.address + section.size:
            return index
    return named[0][0] if named else _SHN_ABSOLUTE


def _assemble(entry: int, segments: list[Segment], sections: list[_Section], names: _Strings) -> bytes:
    """Lay headers, contents and the section table out, one behind the other."""
    out = bytearray(_HEADER.size + _PROGRAM_HEADER.size * len(segments))
    offsets = []
    for section in sections:
        out += bytes((section.address - len(out)) % _ALIGNMENT)
        offsets.append(len(out) if section.kind else 0)
        out += section.data
    out += bytes(-len(out) % _ALIGNMENT)
    table = len(out)
    for section, offset in zip(sections, offsets, strict=True):
        out += _SECTION_HEADER.pack(
            names.add(section.name),
            section.kind,
            section.flags,
            section.address,
            offset,
            section.size,
            section.link,
            section.info,
            section.alignment if section.kind else 0,
            section.entry_size,
        )
    by_address = {
        section.address: offset
        for section, offset in zip(sections, offsets, strict=True)
        if section.flags & _SHF_ALLOC
    }
    headers = b"".join(_program_header(segment, by_address[segment.address]) for segment in segments)
    out[_HEADER.size : _HEADER.size + len(headers)] = headers
    out[: _HEADER.size] = _HEADER.pack(
        _IDENT,
        _EXEC,
        _MACHINE_RISCV,
        _VERSION,
        entry,
        _HEADER.size if segments else 0,
        table,
        0,
        _HEADER.size,
        _PROGRAM_HEADER.size,
        len(segments),
        _SECTION_HEADER.size,
        len(sections),
        len(sections) - 1,
    )
    return bytes(out)


def _program_header(segment: Segment, offset: int) -> bytes:
    flags = _PF_R
    flags |= _PF_W if segment.writable else 0
    flags |= _PF_X if segment.executable else 0
    address = segment.address
    return _PROGRAM_HEADER.pack(
        _PT_LOAD, offset, address, address, len(segment.data), segment.size, flags, _ALIGNMENT
    )
