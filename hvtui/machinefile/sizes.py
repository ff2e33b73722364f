"""Sizes and addresses as people write them: ``16M``, ``64K``, ``0x80000000``."""

from __future__ import annotations

import re

from hvtui.machine.memory import MAX_RAM_SIZE, PAGE_SIZE

MIN_RAM = PAGE_SIZE
MAX_RAM = MAX_RAM_SIZE

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30}
_SIZE = re.compile(r"(0x[0-9a-f]+|[0-9]+)\s*(?:([kmg])(?:i?b)?)?", re.IGNORECASE | re.ASCII)


class SizeError(ValueError):
    """A size or number that cannot be taken: the `message` and the `remedy`."""

    def __init__(self, message: str, remedy: str) -> None:
        self.message = message
        self.remedy = remedy
        super().__init__(f"{message}: {remedy}")


def parse_ram_size(value: int | str) -> int:
    """Return a RAM size in bytes from ``"16M"``, ``"64K"`` or a number of bytes.

    Raises SizeError unless it is a multiple of 4 KiB between 4 KiB and 2 GiB.
    """
    size = value if isinstance(value, int) else _parse(value)
    if not MIN_RAM <= size <= MAX_RAM:
        raise SizeError(
            f"{describe_size(size)} of RAM is too {'little' if size < MIN_RAM else 'much'}",
            "give 4K to 2G",
        )
    if size % PAGE_SIZE:
        raise SizeError(f"{size:,} bytes of RAM are not whole pages", "give a multiple of 4K")
    return size


def parse_number(text: str) -> int:
    """Return the number that ``0x80000000``, ``0b1``, ``0o7`` or ``128`` stands for.

    Raises SizeError for anything else; a sign is allowed.
    """
    try:
        # A bound on the length: Python takes very long over very long decimal numbers.
        return int(text if len(text) <= 80 else "", 0)
    except ValueError:
        raise SizeError(f"{text[:40]!r} is not a number", "write it as 128 or 0x80") from None


def describe_size(size: int) -> str:
    """Return a size in bytes in words: ``16 MiB``, ``4,097 bytes``."""
    for shift, unit in ((30, "GiB"), (20, "MiB"), (10, "KiB")):
        if size and size % (1 << shift) == 0:
            return f"{size >> shift:,} {unit}"
    return f"{size:,} bytes"


def describe_range(start: int, end: int) -> str:
    """Return a range of addresses, first and last: ``0x80000000 to 0x80000fff``."""
    return f"{start:#010x} to {max(end - 1, start):#010x}"


def _parse(text: str) -> int:
    found = _SIZE.fullmatch(text.strip()[:40])
    if found is None:
        raise SizeError(f"{text[:40]!r} is not a size", "write it as 16M, 64K or 1048576")
    number, unit = found.groups()
    is_hexadecimal = number[:2] in ("0x", "0X")
    return int(number, 16 if is_hexadecimal else 10) * _UNITS[(unit or "").upper()]
