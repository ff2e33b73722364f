"""``hvtui disasm``: the same command as the assembler's own."""

from __future__ import annotations

import argparse

from asm.command import add_disasm_arguments, run_disasm


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the assembler's arguments."""
    add_disasm_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Do it; returns the exit status."""
    return run_disasm(arguments)
