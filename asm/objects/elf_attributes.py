"""The build attributes of a RISC-V ELF file: for which instruction set its code was made.

The section ``.riscv.attributes`` is version ``A``, then for each vendor a length, the vendor's name
and parts of (tag, length, attributes); an attribute with an odd tag is a string, with an even one a
number, as the RISC-V ELF specification says. The file may be a stranger's: whatever does not read is
as good as absent.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

SECTION = ".riscv.attributes"

_VERSION = b"A"
_VENDOR = b"riscv"
_WHOLE_FILE = 1
_ARCHITECTURE = 5
_LENGTH_SIZE = 4
_MAX_NUMBER_SIZE = 5  # bytes of 7 bits that hold a word

_LETTER = re.compile(r"([a-z])(?:\d+(?:p\d+)?)?")


def architecture(section: bytes) -> str | None:
    """Return the instruction set as the section names it, such as ``rv32i2p1_m2p0``, or None."""
    if section[:1] != _VERSION:
        return None
    for vendor in _blocks(section, 1):
        name, separator, parts = vendor[_LENGTH_SIZE:].partition(b"\0")
        if name != _VENDOR or not separator:
            continue
        at = 0
        while at < len(parts):
            size = int.from_bytes(parts[at + 1 : at + 1 + _LENGTH_SIZE], "little")
            if parts[at] == _WHOLE_FILE:
                return _string_attribute(parts[at + 1 + _LENGTH_SIZE : at + size], _ARCHITECTURE)
            if size <= _LENGTH_SIZE:
                break
            at += size
    return None


def has_compressed(name: str) -> bool:
    """Tell whether an instruction set such as ``rv32imac_zicsr`` includes compressed instructions."""
    extensions = name.lower().removeprefix("rv32").removeprefix("rv64").split("_")
    for extension in extensions:
        if extension.startswith("zc"):
            return True
        single = "" if extension[:1] in ("z", "s", "x") else extension
        if any(match[1] == "c" for match in _LETTER.finditer(single)):
            return True
    return False


def _blocks(data: bytes, at: int) -> Iterator[bytes]:
    """Yield the blocks that begin with their own length."""
    while at + _LENGTH_SIZE <= len(data):
        size = int.from_bytes(data[at : at + _LENGTH_SIZE], "little")
        if size <= _LENGTH_SIZE:
            return
        yield data[at : at + size]
        at += size


def _string_attribute(attributes: bytes, wanted: int) -> str | None:
    """Return the string that the tag `wanted` has, if these attributes are whole that far."""
    at = 0
    while at < len(attributes):
        tag, at = _number(attributes, at)
        if tag % 2 == 0:
            _, at = _number(attributes, at)
            continue
        end = attributes.find(b"\0", at)
        if end < 0:
            return None
        if tag == wanted:
            return attributes[at:end].decode("ascii", "replace")
        at = end + 1
    return None


def _number(data: bytes, at: int) -> tuple[int, int]:
    """Read an unsigned LEB128 number; returns it and the offset after it."""
    value = 0
    for position, byte in enumerate(data[at : at + _MAX_NUMBER_SIZE]):
        value |= (byte & 0x7F) << 7 * position
        if byte < 0x80:
            return value, at + position + 1
    return value, len(data)
