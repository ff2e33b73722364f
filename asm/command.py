"""The commands ``asm`` and ``disasm``: what ``python -m asm``, ``hvtui asm`` and ``hvtui disasm`` do.

Each has a function that adds its arguments and one that does it and returns the exit status: 0, or
2 for input that cannot be used. Messages go to the standard error, results where they were asked for.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from asm.arguments import add_source_arguments, address
from asm.assembler.assembly import assemble_file
from asm.diagnostics import AssemblyError
from asm.disassembly.dump import dump
from asm.disassembly.listing import listing, symbol_table
from asm.disassembly.source_writer import disassemble_program
from asm.objects.elf_reader import is_elf, read_elf
from asm.objects.elf_writer import write_elf
from asm.objects.image import ImageError, read_binary, read_file, write_binary
from asm.options import Options
from asm.program import Program

EXIT_BAD_INPUT = 2
DEFAULT_BASE = 0x8000_0000
SOURCE_SUFFIXES = frozenset({".s", ".asm", ".inc"})

_WRITERS: dict[str, Callable[[Program], bytes]] = {"elf": write_elf, "bin": write_binary}


def _options(arguments: argparse.Namespace, base: int) -> Options:
    return Options(include_dirs=tuple(arguments.include), defines=dict(arguments.defines), base=base)


# -- asm --------------------------------------------------------------------------------------


def add_asm_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``asm`` to a parser."""
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE", help="source to assemble (.s)")
    parser.add_argument(
        "-o",
        dest="output",
        metavar="OUT",
        help="file to write, - for the standard output; FILE with .elf or .bin unless given",
    )
    parser.add_argument(
        "--format",
        choices=sorted(_WRITERS),
        help="what to write; unless given, bin if OUT ends in .bin, else elf",
    )
    parser.add_argument(
        "--listing", action="store_true", help="print each source line with its address and bytes"
    )
    parser.add_argument("--dump-symbols", action="store_true", help="print the symbols")
    parser.add_argument(
        "--base",
        type=address,
        default=DEFAULT_BASE,
        metavar="ADDRESS",
        help=f"where the program is placed (default: {DEFAULT_BASE:#x})",
    )
    add_source_arguments(parser)


def run_asm(arguments: argparse.Namespace) -> int:
    """Assemble each file. All are tried, so that every mistake is told; returns the exit status."""
    if len(arguments.files) > 1 and arguments.output is not None:
        return _complain("asm: -o names one file, but there are several sources; assemble each alone")
    return max(_asm(Path(file), arguments) for file in arguments.files)


def _asm(file: Path, arguments: argparse.Namespace) -> int:
    try:
        program = assemble_file(file, _options(arguments, arguments.base))
        if arguments.listing:
            print(listing(program), end="")
        if arguments.dump_symbols:
            print(symbol_table(program), end="")
        printed = arguments.listing or arguments.dump_symbols
        if arguments.output is not None or not printed:
            _write_program(program, file, arguments)
    except (AssemblyError, ImageError) as error:
        return _complain(str(error))
    return 0


def _write_program(program: Program, file: Path, arguments: argparse.Namespace) -> None:
    named = arguments.output
    kind = arguments.format or ("bin" if named is not None and named.endswith(".bin") else "elf")
    data = _WRITERS[kind](program)
    if named == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    output = Path(named) if named is not None else file.with_suffix(f".{kind}")
    if output.exists() and file.exists() and output.samefile(file):
        raise ImageError(str(output), "this is the source itself", "name another file with -o")
    write_file(output, data)


def write_file(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: it takes its name when every byte is there.

    Raises ImageError if that cannot be done.
    """
    try:
        if path.is_dir():
            raise ImageError(str(path), "this is a directory", "name a file in it")
        if path.exists() and not path.is_file():
            path.write_bytes(data)  # a device or pipe cannot be replaced, only written to
            return
        target = path.resolve()
        handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
        try:
            with os.fdopen(handle, "wb") as stream:
                stream.write(data)
            Path(temporary).chmod(_mode_for(target))
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ImageError(str(path), f"cannot be written: {error.strerror}") from error


def _mode_for(path: Path) -> int:
    """The permissions of the file that is replaced, or those a new file gets."""
    if path.exists():
        return path.stat().st_mode & 0o777
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


# -- disasm -----------------------------------------------------------------------------------


def add_disasm_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``disasm`` to a parser."""
    parser.add_argument("file", type=Path, metavar="FILE", help="source (.s), ELF file or raw binary")
    parser.add_argument(
        "--at",
        type=address,
        metavar="ADDRESS",
        help=f"where a source or a raw binary is placed (default: {DEFAULT_BASE:#x})",
    )
    parser.add_argument(
        "--source",
        action="store_true",
        help="print a source that assembles to the same bytes, without addresses",
    )
    parser.add_argument(
        "--no-aliases",
        action="store_true",
        help="print no pseudo-instructions: `jalr zero, 0(ra)` for `ret`",
    )
    add_source_arguments(parser)


def run_disasm(arguments: argparse.Namespace) -> int:
    """Print a program as instructions; returns the exit status."""
    try:
        program = _load(arguments.file, arguments)
        aliases = not arguments.no_aliases
        write = disassemble_program if arguments.source else dump
        for line in write(program, aliases=aliases):
            print(line)
    except (AssemblyError, ImageError) as error:
        return _complain(str(error))
    return 0


def _load(file: Path, arguments: argparse.Namespace) -> Program:
    """Read a program of any kind: a source by its suffix, an ELF file by its first bytes, else raw.

    Raises AssemblyError or ImageError.
    """
    base = DEFAULT_BASE if arguments.at is None else arguments.at
    if file.suffix.lower() in SOURCE_SUFFIXES:
        return assemble_file(file, _options(arguments, base))
    if not is_elf(read_file(file)[:4]):
        return read_binary(file, base)
    if arguments.at is not None:
        cause = "an ELF file says itself where it is loaded"
        raise ImageError(str(file), cause, "leave out --at")
    return read_elf(file)


def _complain(message: str) -> int:
    print(message, file=sys.stderr)
    return EXIT_BAD_INPUT
