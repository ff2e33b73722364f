"""Arguments of commands that name sources: numbers, addresses, ``-I`` and ``-D``."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from asm.isa.width import MASK, SIGN_BIT

_SYMBOL = re.compile(r"[A-Za-z_.$][\w.$]*", re.ASCII)


def number(text: str) -> int:
    """Read a number as an argument has it: decimal, or with 0x, 0o or 0b; `_` may group digits.

    Raises argparse.ArgumentTypeError.
    """
    try:
        return int(text, 0)
    except ValueError:
        message = f"{text[:40]!r} is not a number; write it as 4096 or 0x1000"
        raise argparse.ArgumentTypeError(message) from None


def address(text: str) -> int:
    """Read an address within the machine's address space. Raises argparse.ArgumentTypeError."""
    value = number(text)
    if not 0 <= value <= MASK:
        message = f"{text[:40]} is no address; give 0 to {MASK:#x}"
        raise argparse.ArgumentTypeError(message)
    return value


def definition(text: str) -> tuple[str, int]:
    """Read ``NAME=VALUE``, or ``NAME`` for 1. Raises argparse.ArgumentTypeError."""
    name, equals, value = text.partition("=")
    if not _SYMBOL.fullmatch(name):
        message = f"{name[:40]!r} cannot be a symbol's name; write NAME=VALUE"
        raise argparse.ArgumentTypeError(message)
    result = number(value) if equals else 1
    if not -SIGN_BIT <= result <= MASK:
        message = f"{value[:40]} does not fit a register; give {-SIGN_BIT} to {MASK:#x}"
        raise argparse.ArgumentTypeError(message)
    return name, result


def add_include_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``-I`` (`include`), repeatable."""
    parser.add_argument(
        "-I",
        dest="include",
        action="append",
        type=Path,
        default=[],
        metavar="DIR",
        help="folder that .include and .incbin may read besides the source's own (repeatable)",
    )


def add_source_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``-I`` (`include`) and ``-D`` (`defines`), each repeatable."""
    add_include_argument(parser)
    parser.add_argument(
        "-D",
        dest="defines",
        action="append",
        type=definition,
        default=[],
        metavar="NAME=VALUE",
        help="symbol that is set before the first line (repeatable)",
    )
