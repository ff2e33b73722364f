"""The functions of expressions: what each reads or makes of its argument."""

from __future__ import annotations

from collections.abc import Mapping

# Functions that read memory: how many bytes, and whether the address is physical.
READS: Mapping[str, tuple[int, bool]] = {
    "word": (4, False),
    "half": (2, False),
    "byte": (1, False),
    "pword": (4, True),
    "phalf": (2, True),
    "pbyte": (1, True),
}

# Functions that see a number in another way: how many of its low bits (None: all), and signed or not.
CASTS: Mapping[str, tuple[int | None, bool]] = {
    "int": (None, True),
    "int16": (16, True),
    "int8": (8, True),
    "uint": (None, False),
}

FUNCTIONS: Mapping[str, str] = {
    "word": "4 bytes of memory, as the current mode sees it",
    "half": "2 bytes of memory, as the current mode sees it",
    "byte": "1 byte of memory, as the current mode sees it",
    "pword": "4 bytes at a physical address",
    "phalf": "2 bytes at a physical address",
    "pbyte": "1 byte at a physical address",
    "phys": "the physical address where a load arrives in the current mode",
    "at": "the physical address of a symbol",
    "int": "the number with a sign",
    "int16": "the low 16 bits with a sign",
    "int8": "the low 8 bits with a sign",
    "uint": "the number without a sign",
}
