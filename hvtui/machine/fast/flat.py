"""Machine code without a linker: one piece of bytes that runs wherever it is put.

An object file for x86-64 whose references all go from one of its own places to another, relative to
where they stand, can be laid out once and for all. Such a piece is loaded in a millisecond, without
LLVM, whose libraries alone take longer to load than a short run lasts.
"""

from __future__ import annotations

import ctypes
import io
import json
import mmap
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_RELATIVE_32 = frozenset({2, 4})  # R_X86_64_PC32, R_X86_64_PLT32
_X86_64 = 62
_ALLOCATED, _WRITABLE = 2, 1
_HEAD = struct.Struct("<I")


class NotFlatError(Exception):
    """An object file needs a real linker."""


@dataclass(frozen=True, slots=True)
class Flat:
    """`code`, and where in it the functions begin that were asked for."""

    code: bytes
    entries: Mapping[str, int]

    def packed(self) -> bytes:
        """Return all of it as bytes."""
        head = json.dumps(dict(self.entries)).encode()
        return _HEAD.pack(len(head)) + head + self.code

    @classmethod
    def unpack(cls, data: bytes) -> Flat:
        """Return what was packed. Raises ValueError for anything else."""
        try:
            (size,) = _HEAD.unpack_from(data)
            entries = json.loads(data[_HEAD.size : _HEAD.size + size])
        except (struct.error, UnicodeDecodeError) as error:
            raise ValueError(f"not packed code: {error}") from error
        return cls(
            data[_HEAD.size + size :], {str(name): int(place) for name, place in entries.items()}
        )


def flatten(data: bytes, functions: Sequence[str]) -> Flat:
    """Lay out an object file. Raises NotFlatError if that is not so simple."""
    from elftools.elf.elffile import ELFFile

    elf: Any = ELFFile(io.BytesIO(data))
    if elf.header["e_machine"] != "EM_X86_64":
        raise NotFlatError(f"code for {elf.header['e_machine']}")
    places: dict[int, int] = {}
    code = bytearray()
    sections = list(elf.iter_sections())
    for index, section in enumerate(sections):
        flags = section["sh_flags"]
        if flags & _ALLOCATED and section["sh_size"]:
            if flags & _WRITABLE or section["sh_type"] != "SHT_PROGBITS":
                raise NotFlatError(f"a section {section.name}")
            code += bytes(-len(code) % max(section["sh_addralign"], 16))
            places[index] = len(code)
            code += section.data()
    symbols = elf.get_section_by_name(".symtab")
    for section in sections:
        if section["sh_type"] == "SHT_RELA" and section["sh_info"] in places:
            for relocation in section.iter_relocations():
                _relocate(code, places, places[section["sh_info"]], relocation, symbols)
    entries = {}
    for name in functions:
        found = symbols.get_symbol_by_name(name)
        if not found or found[0]["st_shndx"] not in places:
            raise NotFlatError(f"no function {name}")
        entries[name] = places[found[0]["st_shndx"]] + found[0]["st_value"]
    return Flat(bytes(code), entries)


def _relocate(
    code: bytearray, places: Mapping[int, int], start: int, relocation: Any, symbols: Any
) -> None:
    symbol = symbols.get_symbol(relocation["r_info_sym"])
    if relocation["r_info_type"] not in _RELATIVE_32 or symbol["st_shndx"] not in places:
        raise NotFlatError(f"a relocation of type {relocation['r_info_type']} to {symbol.name!r}")
    place = start + relocation["r_offset"]
    target = places[symbol["st_shndx"]] + symbol["st_value"]
    struct.pack_into("<i", code, place, target + relocation["r_addend"] - place)


def place(flat: Flat) -> tuple[mmap.mmap, Mapping[str, int]]:
    """Put the code where it can run; returns that memory and the functions' addresses.

    Raises OSError where the host gives no memory that may be executed.
    """
    memory = mmap.mmap(-1, len(flat.code), prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    memory[:] = flat.code
    start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
    return memory, {name: start + offset for name, offset in flat.entries.items()}
