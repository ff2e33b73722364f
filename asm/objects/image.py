"""Files of bytes that a machine can load: read within bounds, refused in words."""

from __future__ import annotations

from pathlib import Path

from asm.isa.width import MASK
from asm.program import Program, Segment

# No program of the machine is near this; more is a mistake, or somebody who wants the memory.
MAX_FILE_SIZE = 512 << 20
MAX_MEMORY_SIZE = 1 << 30
MAX_BINARY_SIZE = 256 << 20


class ImageError(ValueError):
    """A file cannot be loaded: `file`, the `cause`, and a `remedy` (empty if there is none)."""

    def __init__(self, file: str, cause: str, remedy: str = "") -> None:
        self.file = file
        self.cause = cause
        self.remedy = remedy
        super().__init__(f"{file}: {cause}" + (f"; {remedy}" if remedy else ""))


def printable(text: str) -> str:
    """Return `text` with a sign for each character that could disturb a terminal or a line."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in text)


def read_file(path: Path, limit: int = MAX_FILE_SIZE) -> bytes:
    """Return the bytes of a regular file.

    Raises ImageError if it is missing, not a file, not readable or longer than `limit` bytes.
    """
    try:
        if path.is_dir():
            raise ImageError(str(path), "this is a directory", "name a file in it")
        if not path.exists():
            raise ImageError(str(path), "there is no such file")
        if not path.is_file():
            raise ImageError(str(path), "this is not a regular file", "copy its bytes to a file")
        if path.stat().st_size > limit:
            raise ImageError(str(path), f"the file is longer than {limit:,} bytes")
        with path.open("rb") as stream:
            return stream.read(limit)
    except OSError as error:
        raise ImageError(str(path), f"cannot be read: {error.strerror}") from error


def read_binary(path: Path | str, address: int) -> Program:
    """Return the bytes of a raw binary as a program at `address`, entered at its first byte.

    Raises ImageError for a file that cannot be read or is empty, and for an address that is negative
    or from which the bytes run past the end of the address space.
    """
    path = Path(path)
    data = read_file(path, MAX_MEMORY_SIZE)
    name = str(path)
    if not data:
        raise ImageError(name, "the file is empty: there is nothing to load")
    if not 0 <= address <= MASK or address + len(data) > MASK + 1:
        raise ImageError(
            name,
            f"{len(data):,} bytes at {address:#x} do not lie within the addresses 0 to {MASK:#x}",
            "give another address",
        )
    segment = Segment(path.name, address, data, len(data))
    return Program(name, address, (segment,))


def write_binary(program: Program) -> bytes:
    """Return the bytes of a program from its lowest address on, gaps as zeros.

    Zeros behind the last byte that is given are left out, as objcopy does; `Program.base` is where the
    bytes belong. Raises ImageError if they would be more than MAX_BINARY_SIZE.
    """
    filled = [segment for segment in program.segments if segment.data]
    base = program.base
    size = max((segment.address + len(segment.data) for segment in filled), default=base) - base
    if size > MAX_BINARY_SIZE:
        raise ImageError(
            program.name,
            f"its segments lie {size >> 20:,} MiB apart, too far for a raw binary",
            "write an ELF file",
        )
    out = bytearray(size)
    for segment in filled:
        start = segment.address - base
        out[start : start + len(segment.data)] = segment.data
    return bytes(out)
