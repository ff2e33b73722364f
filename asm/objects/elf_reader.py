"""ELF files, read into a `Program`: segments, symbols and DWARF lines.

The file may be a stranger's: whatever its bytes say, it is read in bounded time and memory, and
`ImageError` is all that is raised. Every address of the result is one where bytes are *loaded*: a
segment linked for one address and placed at another (`p_vaddr`, `p_paddr`) takes its symbols and
lines along.

pyelftools reads the header and knows the names of machines; the tables behind it are read here, for
their counts, sizes and offsets cannot be trusted.
"""

from __future__ import annotations

import io
import struct
import zlib
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, NamedTuple

from elftools.common.exceptions import ELFError
from elftools.construct import ConstructError
from elftools.elf.descriptions import describe_e_machine
from elftools.elf.elffile import ELFFile

from asm.isa.width import MASK, XLEN
from asm.objects import elf_attributes
from asm.objects.dwarf_reader import MAX_SECTION_SIZE, DebugSections, DwarfError, read_line_ranges
from asm.objects.image import MAX_MEMORY_SIZE, ImageError, printable, read_binary, read_file
from asm.program import LineEntry, LineTable, Place, Program, Segment, Symbol

__all__ = ["ImageError", "is_elf", "read_binary", "read_elf"]

MAGIC = b"\x7fELF"

_FLAG_COMPRESSED = 1
_PT_LOAD, _PT_INTERP = 1, 3
_PF_X, _PF_W = 1, 2
_SHF_ALLOC, _SHF_COMPRESSED = 2, 0x800
_SHT_SYMTAB, _SHT_NOBITS = 2, 8
_SHN_UNDEFINED, _SHN_RESERVED = 0, 0xFF00
_STB_LOCAL = 0
_STT_FUNCTION, _STT_SECTION, _STT_FILE = 2, 3, 4
_COMPRESSED_WITH_ZLIB = 1

_PROGRAM_HEADER = struct.Struct("<8I")
_SECTION_HEADER = struct.Struct("<10I")
_SYMBOL = struct.Struct("<IIIBBH")
_COMPRESSION_HEADER = struct.Struct("<3I")

_MAX_SEGMENTS = 256
_MAX_SYMBOLS = 1_000_000
_MAX_SYMBOL_TEXT = 64 << 20  # all names together: many symbols can share one long string
_MAX_NAME = 4096
_MAX_SECTION_NAME = 256
_MAX_SOURCES = 4096
_MAX_SOURCE_SIZE = 4 << 20
_MAX_SOURCES_SIZE = 64 << 20

_TYPE_REMEDIES = {
    "ET_REL": ("an object file that is not linked yet", "link it: ld -m elf32lriscv"),
    "ET_DYN": ("a shared object or position-independent", "link it with -static -no-pie"),
    "ET_CORE": ("a core dump", "name the program that dumped it"),
}


class _Load(NamedTuple):
    """A PT_LOAD segment: `size` bytes linked for `virtual`, loaded at `address`."""

    number: int
    virtual: int
    address: int
    offset: int
    file_size: int
    size: int
    flags: int

    def __str__(self) -> str:
        return f"segment {self.number} ({self.size:,} bytes at {self.address:#x})"


class _Section(NamedTuple):
    name: str
    kind: int
    flags: int
    address: int
    offset: int
    size: int
    link: int
    entry_size: int


def is_elf(data: bytes) -> bool:
    """Tell whether the bytes begin as an ELF file's do."""
    return data[:4] == MAGIC


def read_elf(source: Path | str | bytes, name: str | None = None) -> Program:
    """Read an executable ELF file for RV32, from a path or from its bytes.

    `name` is how the file is called (the path unless given). Lines come from DWARF where the file
    has it; `sources` then holds those source files that lie in the ELF file's own folder or below.
    Damaged debug information is treated as absent. Raises ImageError for everything else that
    stands in the way: another machine, a file cut short, segments that overlap or are huge,
    compressed instructions, a file that is not there.
    """
    if isinstance(source, bytes):
        return _Reader(source, name or "<bytes>").program(None)
    path = Path(source)
    return _Reader(read_file(path), name or str(path)).program(path.parent)


class _Reader:
    def __init__(self, data: bytes, name: str) -> None:
        self.data = data
        self.name = name
        header = self._header()
        self.entry: int = header["e_entry"]
        loads = self._loads(header)
        self.sections = self._sections(header)
        self._check_instruction_set(header)
        self.loads = [self._without_headers(load) for load in loads]
        self._linked = sorted(self.loads, key=lambda load: load.virtual)
        self._starts = [load.virtual for load in self._linked]

    def fail(self, cause: str, remedy: str = "") -> ImageError:
        return ImageError(self.name, cause, remedy)

    def program(self, folder: Path | None) -> Program:
        lines = LineTable(self._lines())
        return Program(
            self.name,
            self._loaded(self.entry),
            tuple(self._segment(load) for load in self.loads),
            self._symbols(),
            lines,
            _sources(lines, folder) if folder is not None else {},
        )

    # -- the header and the tables ------------------------------------------------------------

    def _header(self) -> Mapping[str, Any]:
        if not is_elf(self.data):
            raise self.fail("this is not an ELF file", "a raw binary needs the address it is loaded at")
        try:
            elf = ELFFile(io.BytesIO(self.data))
        except (ELFError, ConstructError, ValueError, KeyError, TypeError) as error:
            raise self.fail("the ELF header is damaged or cut short") from error
        header: Mapping[str, Any] = elf.header
        if header["e_machine"] != "EM_RISCV":
            machine = describe_e_machine(header["e_machine"])
            raise self.fail(f"this program is for another machine: {machine}, not RISC-V")
        if elf.elfclass != XLEN or not elf.little_endian:
            order = "little" if elf.little_endian else "big"
            raise self.fail(
                f"this program is for RV{elf.elfclass}, {order} endian; the machine is RV{XLEN}, "
                "little endian",
                "compile it with -march=rv32ima_zicsr_zifencei -mabi=ilp32",
            )
        if header["e_type"] != "ET_EXEC":
            what, remedy = _TYPE_REMEDIES.get(header["e_type"], ("of an unknown type", ""))
            raise self.fail(f"this ELF file is not an executable: it is {what}", remedy)
        return header

    def _check_instruction_set(self, header: Mapping[str, Any]) -> None:
        """Refuse a program compiled to compressed instructions.

        The header's flag alone does not say so: a test suite sets it with one ``.option rvc`` around
        an instruction that a machine without them never reaches. The attributes tell what the whole
        file was made for.
        """
        if not header["e_flags"] & _FLAG_COMPRESSED:
            return
        made_for = None
        for section in self.sections:
            if section.name == elf_attributes.SECTION:
                made_for = elf_attributes.architecture(self._bytes(section.offset, section.size))
        if made_for is None or elf_attributes.has_compressed(made_for):
            raise self.fail(
                "this program uses compressed instructions, which the machine does not have",
                "compile it with -march=rv32ima_zicsr_zifencei",
            )

    def _table(self, what: str, layout: struct.Struct, header: tuple[int, int, int]) -> list[Any]:
        offset, size, count = header
        end = offset + count * layout.size
        if count and (size != layout.size or end > len(self.data)):
            raise self.fail(f"the table of {what} is damaged or cut short")
        return list(layout.iter_unpack(self.data[offset:end])) if count else []

    def _loads(self, header: Mapping[str, Any]) -> list[_Load]:
        count: int = header["e_phnum"]
        if count > _MAX_SEGMENTS:
            raise self.fail(f"{count} segments are more than the {_MAX_SEGMENTS} that are read")
        place = (header["e_phoff"], header["e_phentsize"], count)
        rows = self._table("segments", _PROGRAM_HEADER, place)
        if any(row[0] == _PT_INTERP for row in rows):
            raise self.fail("this program needs a dynamic linker", "link it with -static")
        # Some linkers leave every physical address zero: then the linked one is meant.
        physical = any(row[3] for row in rows if row[0] == _PT_LOAD)
        loads = []
        for number, row in enumerate(rows):
            kind, offset, virtual, address, file_size, size, flags, _ = row
            if kind != _PT_LOAD or not size:
                continue
            address = address if physical else virtual
            loads.append(_Load(number, virtual, address, offset, file_size, size, flags))
        self._check_loads(loads)
        return loads

    def _check_loads(self, loads: list[_Load]) -> None:
        if not loads:
            raise self.fail("nothing in this file is to be loaded: it has no segment of that kind")
        for load in loads:
            if load.size > MAX_MEMORY_SIZE:
                raise self.fail(f"{load} is larger than {MAX_MEMORY_SIZE >> 20:,} MiB")
            if load.file_size > load.size:
                raise self.fail(f"{load} has more bytes in the file ({load.file_size:,})")
            if load.offset + load.file_size > len(self.data):
                raise self.fail(
                    f"the file is cut short: {load} needs {load.file_size:,} bytes from offset "
                    f"{load.offset:#x}, but the file ends at {len(self.data):#x}"
                )
            if max(load.address, load.virtual) + load.size > MASK + 1:
                raise self.fail(f"{load} runs past the end of the address space")
        if sum(load.size for load in loads) > MAX_MEMORY_SIZE:
            largest = max(loads, key=lambda load: load.size)
            raise self.fail(
                f"the segments need more than {MAX_MEMORY_SIZE >> 20:,} MiB together; the largest "
                f"is {largest}"
            )
        ordered = sorted(loads, key=lambda load: load.address)
        for lower, upper in pairwise(ordered):
            if lower.address + lower.size > upper.address:
                raise self.fail(f"{lower} and {upper} overlap", "give each its own addresses")

    def _sections(self, header: Mapping[str, Any]) -> list[_Section]:
        count: int = header["e_shnum"]
        rows = self._table(
            "sections", _SECTION_HEADER, (header["e_shoff"], header["e_shentsize"], count)
        )
        names = header["e_shstrndx"]
        strings = self._bytes(rows[names][4], rows[names][5]) if names < len(rows) else b""
        return [
            _Section(
                (_string(strings, name) or "")[:_MAX_SECTION_NAME],
                *(kind, flags, address, offset, size, link, entry_size),
            )
            for name, kind, flags, address, offset, size, link, _, _, entry_size in rows
        ]

    def _without_headers(self, load: _Load) -> _Load:
        """Drop the ELF headers from the front of a segment.

        A linker maps them before the first section unless told otherwise: for ``-Ttext=0x80000000``
        at 0x7ffff000, where there is no memory. No section holds them, no program misses them.
        """
        if load.offset:
            return load
        starts = (
            section.address
            for section in self.sections
            if section.flags & _SHF_ALLOC and 0 <= section.address - load.virtual < load.size
        )
        skip = min(starts, default=load.virtual) - load.virtual
        if skip > load.file_size:
            return load
        return load._replace(
            virtual=load.virtual + skip,
            address=load.address + skip,
            offset=skip,
            file_size=load.file_size - skip,
            size=load.size - skip,
        )

    def _bytes(self, offset: int, size: int) -> bytes:
        return self.data[offset : offset + size]

    # -- what the program holds ---------------------------------------------------------------

    def _load_of(self, virtual: int) -> _Load | None:
        index = bisect_right(self._starts, virtual) - 1
        if index < 0:
            return None
        load = self._linked[index]
        return load if virtual <= load.virtual + load.size else None

    def _loaded(self, virtual: int) -> int:
        """Return where the byte linked for `virtual` is loaded; an address of no segment stays."""
        load = self._load_of(virtual)
        return virtual if load is None else virtual - load.virtual + load.address

    @cached_property
    def _segment_names(self) -> Mapping[int, str]:
        """The number of a segment to the name of its first section."""
        names: dict[int, tuple[int, str]] = {}
        for section in self.sections:
            load = self._load_of(section.address)
            if not section.flags & _SHF_ALLOC or not section.name or load is None:
                continue
            if section.address < load.virtual + load.size:
                found = (section.address, section.name)
                names[load.number] = min(names.get(load.number, found), found)
        return {number: name for number, (_, name) in names.items()}

    def _segment(self, load: _Load) -> Segment:
        return Segment(
            self._segment_names.get(load.number, f"segment {load.number}"),
            load.address,
            self._bytes(load.offset, load.file_size),
            load.size,
            bool(load.flags & _PF_W),
            bool(load.flags & _PF_X),
        )

    def _symbols(self) -> dict[str, Symbol]:
        symbols: dict[str, Symbol] = {}
        tables = (section for section in self.sections if section.kind == _SHT_SYMTAB)
        table = next(tables, None)
        if table is None or table.link >= len(self.sections):
            return symbols
        count = table.size // _SYMBOL.size
        if count > _MAX_SYMBOLS:
            raise self.fail(f"{count:,} symbols are more than the {_MAX_SYMBOLS:,} that are read")
        rows = self._table("symbols", _SYMBOL, (table.offset, table.entry_size, count))
        link = self.sections[table.link]
        strings = self._bytes(link.offset, link.size)
        # Global names first: a local one of the same name must not take theirs.
        room = _MAX_SYMBOL_TEXT
        for name, value, size, info, _, index in sorted(rows, key=lambda row: row[3] >> 4 == 0):
            text = _string(strings, name) or ""
            room -= len(text)
            if room < 0:
                raise self.fail("the names of the symbols are too long")
            if not text or index == _SHN_UNDEFINED or not _is_label(text, info):
                continue
            section = self.sections[index].name if index < len(self.sections) else None
            is_address = index < _SHN_RESERVED
            symbol = Symbol(
                _free_name(text, symbols),
                self._loaded(value) if is_address else value,
                section if is_address else None,
                info >> 4 != _STB_LOCAL,
                info & 15 == _STT_FUNCTION,
                size,
            )
            symbols[symbol.name] = symbol
        return symbols

    # -- lines --------------------------------------------------------------------------------

    def _lines(self) -> Iterator[LineEntry]:
        try:
            ranges = read_line_ranges(
                DebugSections(
                    self._debug_section(".debug_line"),
                    self._debug_section(".debug_str"),
                    self._debug_section(".debug_line_str"),
                )
            )
        except DwarfError:
            return
        for start, end, file, line, column in ranges:
            # Code that the linker dropped keeps its lines, at addresses of no segment.
            while (load := self._load_of(start)) is not None:
                stop = min(end, load.virtual + load.size)
                if stop <= start:
                    break
                if load.flags & _PF_X:
                    address = start - load.virtual + load.address
                    yield LineEntry(address, stop - start, Place(file, line, column))
                start = stop

    def _debug_section(self, name: str) -> bytes:
        section = next((section for section in self.sections if section.name == name), None)
        if section is None or section.kind == _SHT_NOBITS:
            return b""
        data = self._bytes(section.offset, section.size)
        if not section.flags & _SHF_COMPRESSED:
            return data
        if len(data) < _COMPRESSION_HEADER.size:
            raise DwarfError("a compressed section is cut short")
        kind, size, _ = _COMPRESSION_HEADER.unpack_from(data)
        if kind != _COMPRESSED_WITH_ZLIB or size > MAX_SECTION_SIZE:
            raise DwarfError("a compressed section is too large, or of an unknown kind")
        try:
            return zlib.decompressobj().decompress(data[_COMPRESSION_HEADER.size :], size)
        except zlib.error as error:
            raise DwarfError("a compressed section is damaged") from error


def _string(strings: bytes, start: int) -> str | None:
    end = strings.find(b"\0", start, start + _MAX_NAME)
    return printable(strings[start:end].decode("utf-8", "replace")) if end >= 0 else None


def _is_label(name: str, info: int) -> bool:
    if info & 15 in (_STT_SECTION, _STT_FILE) or name.startswith("$"):
        return False  # `$x` and `$d` tell a disassembler code from data
    return not (name.startswith(".L") and info >> 4 == _STB_LOCAL)


def _free_name(name: str, taken: Mapping[str, Symbol]) -> str:
    """Tell apart the static functions of one name: the second `init` is called ``init@2``."""
    if name not in taken:
        return name
    # Doubling, then halving, finds a free number in few steps however many share the name.
    high = 2
    while f"{name}@{high}" in taken:
        high *= 2
    low = high // 2 + 1 if high > 2 else 2
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if f"{name}@{middle}" in taken else (low, middle)
    return f"{name}@{low}"


def _sources(lines: LineTable, folder: Path) -> dict[str, str]:
    """Read the source files that lie in `folder` or below: an ELF file may name any file at all."""
    found: dict[str, str] = {}
    room = _MAX_SOURCES_SIZE
    names = dict.fromkeys(entry.place.file for entry in lines)
    for name in islice(names, _MAX_SOURCES):
        text = _source(folder, name)
        if text is not None and len(text) <= room:
            room -= len(text)
            found[name] = text
    return found


def _source(folder: Path, name: str) -> str | None:
    try:
        path = (folder / name).resolve(strict=True)
        if not path.is_relative_to(folder.resolve(strict=True)):
            return None
        return read_file(path, _MAX_SOURCE_SIZE).decode("utf-8")
    except (OSError, ValueError, RuntimeError):
        # Not there, not readable, not text, or links in a circle: lines without their source.
        return None
