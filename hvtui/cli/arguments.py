"""The options that say which computer is meant, for every command that opens one."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from asm.arguments import add_source_arguments
from asm.diagnostics import nearest
from asm.isa.width import MASK
from hvtui.machine.engines import Engine
from hvtui.machine.generations import GENERATIONS
from hvtui.machinefile.samples import path_of_machine
from hvtui.machinefile.sizes import SizeError, parse_number, parse_ram_size
from hvtui.machinefile.system import Overrides

T = TypeVar("T")


def add_machine_arguments(parser: argparse.ArgumentParser, *, is_path_needed: bool = True) -> None:
    """Add PATH and the options that go before what a machine file says."""
    parser.add_argument(
        "path",
        metavar="PATH",
        nargs=None if is_path_needed else "?",
        type=path_of_machine,
        help="machine file (.toml) or its folder, source (.s), ELF file or raw binary; or the name of"
        " a sample",
    )
    add_computer_arguments(parser)
    parser.add_argument(
        "--at",
        type=_said(_address),
        metavar="ADDRESS",
        help="where a single program is loaded; a raw binary needs it",
    )
    add_source_arguments(parser)


def add_computer_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options for the computer itself: ``--cpu``, ``--ram``, ``--engine``, ``--dtb``."""
    parser.add_argument(
        "--cpu", type=cpu_name, metavar="NAME", help=f"CPU generation: {', '.join(GENERATIONS)}"
    )
    parser.add_argument("--ram", type=_said(parse_ram_size), metavar="SIZE", help="RAM, such as 64M")
    add_engine_argument(parser)
    parser.add_argument("--dtb", type=Path, metavar="FILE", help="device tree blob for the guest")


def add_engine_argument(parser: argparse.ArgumentParser) -> None:
    """Add the option ``--engine``."""
    parser.add_argument(
        "--engine",
        type=engine_name,
        default=Engine.AUTO,
        metavar="NAME",
        help="what runs the machine: fast, reference, or auto for the fast one where it can run (auto)",
    )


def overrides_of(arguments: argparse.Namespace) -> Overrides:
    """Return what `add_machine_arguments` read."""
    return Overrides(
        cpu=arguments.cpu,
        ram=arguments.ram,
        dtb=arguments.dtb,
        at=arguments.at,
        include=tuple(arguments.include),
        defines=dict(arguments.defines),
        engine=arguments.engine,
    )


def words_of(arguments: argparse.Namespace) -> list[str]:
    """Return the words that say the same to ``hvtui`` in another process, none without a path."""
    if arguments.path is None:
        return []
    words = ["debug", str(arguments.path.absolute())]
    for option, value in (
        ("--cpu", arguments.cpu),
        ("--ram", arguments.ram),
        ("--dtb", arguments.dtb and arguments.dtb.absolute()),
        ("--at", arguments.at),
        ("--engine", arguments.engine.value),
    ):
        words += [] if value is None else [f"{option}={value}"]
    for folder in arguments.include:
        words += ["-I", str(folder.absolute())]
    for name, number in arguments.defines:
        words += ["-D", f"{name}={number}"]
    return words


def positive_count(text: str) -> int:
    """Return a count of at least 1, as an argument's type."""
    count = _said(parse_number)(text)
    if count < 1:
        raise argparse.ArgumentTypeError(f"{text} is too small: give 1 or more")
    return count


def engine_name(text: str) -> Engine:
    """Return what shall run the machine, as an argument's type."""
    names = [engine.value for engine in Engine]
    if text not in names:
        meant = nearest(text, names)
        hint = f"; did you mean {meant}?" if meant else ""
        raise argparse.ArgumentTypeError(f"no engine {text!r}; there are {', '.join(names)}{hint}")
    return Engine(text)


def memory_size(text: str) -> int:
    """Return a size of memory in bytes, such as 512M, as an argument's type."""
    return _said(parse_ram_size)(text)


def _said(parse: Callable[[str], T]) -> Callable[[str], T]:
    """Make a parser's complaint one that argparse shows as it is."""

    def argument(text: str) -> T:
        try:
            return parse(text)
        except SizeError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return argument


def cpu_name(name: str) -> str:
    """Return the name of a CPU generation, as an argument's type."""
    if name not in GENERATIONS:
        meant = nearest(name, GENERATIONS)
        raise argparse.ArgumentTypeError(
            f"there is no CPU {name!r}"
            + (f"; did you mean {meant!r}?" if meant else "")
            + f" Give one of {', '.join(GENERATIONS)}"
        )
    return name


def _address(text: str) -> int:
    address = parse_number(text)
    if not 0 <= address <= MASK:
        raise SizeError(f"{text[:40]} is no address", f"give 0 to {MASK:#x}")
    if address % 4:
        raise SizeError(f"{text[:40]} is not on a word", "give a multiple of 4")
    return address
