"""Reading one program from a source, an ELF file, a raw binary; and device tree blobs."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from asm.diagnostics import nearest
from asm.objects.image import ImageError, read_binary, read_file
from asm.options import Options
from asm.program import Program

SOURCE_SUFFIXES = (".s", ".asm")
ELF_MAGIC = b"\x7fELF"
_FDT_MAGIC = b"\xd0\x0d\xfe\xed"
_MAX_DTB_SIZE = 1 << 20


@dataclass(frozen=True)
class SourceOptions:
    """How to assemble: `include` are folders to search, `allowed` those that may be read besides.

    `replace` gives the file to read in place of one that the source includes, by the name it has there.
    """

    include: tuple[Path, ...] = ()
    allowed: tuple[Path, ...] = ()
    defines: Mapping[str, int] = field(default_factory=dict)
    replace: Mapping[str, Path] = field(default_factory=dict)


def kind_of_program(path: Path) -> str:
    """Tell whether a file is a ``source``, an ``elf`` or, for want of any sign, a ``binary``.

    Raises ImageError if it cannot be read.
    """
    check_file(path)
    if not path.is_file():
        raise ImageError(str(path), "this is not a regular file", "copy its bytes to a file")
    if path.suffix.lower() in SOURCE_SUFFIXES:
        return "source"
    try:
        with path.open("rb") as stream:
            return "elf" if stream.read(len(ELF_MAGIC)) == ELF_MAGIC else "binary"
    except OSError as error:
        raise ImageError(str(path), f"cannot be read: {error.strerror}") from error


def read_program(kind: str, path: Path, linked: int, options: SourceOptions) -> Program:
    """Return the program in a file of that `kind`: ``source``, ``elf`` or ``binary``.

    `linked` is the address to assemble a source for, or at which a binary believes itself; an ELF
    file says it itself. Raises ImageError, and AssemblyError for a source's mistakes.
    """
    # Each reader is imported for its own kind alone: their libraries take longer than a short run.
    check_file(path)
    if kind == "elf":
        from asm.objects.elf_reader import read_elf

        return read_elf(path)
    if kind == "binary":
        return read_binary(path, linked)
    from asm.assembler.assembly import assemble_file

    return assemble_file(
        path,
        Options(
            base=linked,
            include_dirs=options.include,
            allowed_dirs=options.allowed,
            defines=options.defines,
            replace=options.replace,
        ),
    )


def read_dtb(path: Path) -> bytes:
    """Return a device tree blob. Raises ImageError if the file is none."""
    check_file(path)
    blob = read_file(path, _MAX_DTB_SIZE)
    if blob[:4] != _FDT_MAGIC:
        raise ImageError(str(path), "this is not a device tree blob", "compile it with dtc -O dtb")
    if len(blob) < int.from_bytes(blob[4:8], "big"):
        raise ImageError(str(path), "this device tree blob is cut short")
    return blob


def files_of(path: Path, program: Program, *others: Path | None) -> tuple[Path, ...]:
    """Return the files that a program in `path` was made of, and `others` that are there, once each."""
    found = (path, *map(Path, program.files), *(other for other in others if other is not None))
    return tuple(dict.fromkeys(file.absolute() for file in found))


def check_file(path: Path) -> None:
    """Raise ImageError, with the name that was probably meant, if there is no such file."""
    try:
        missing = not path.exists()
    except (OSError, ValueError) as error:
        raise ImageError(str(path)[:200], "this cannot be a file's name") from error
    if missing:
        raise ImageError(str(path), "there is no such file", _neighbour(path))


def tidy(path: Path) -> Path:
    """Return the path without ``..`` in its middle, if it still leads to the same file."""
    shorter = Path(os.path.normpath(path))
    try:
        return shorter if shorter.samefile(path) else path
    except (OSError, ValueError):
        return path


def _neighbour(path: Path) -> str:
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return f"there is no folder {path.parent} either"
    meant = nearest(path.name, names)
    return f"did you mean {tidy(path.parent / meant)}?" if meant else ""
