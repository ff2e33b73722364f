"""``hvtui asm``: the same command as the assembler's own."""

from __future__ import annotations

import argparse

from asm.command import add_asm_arguments, run_asm


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the assembler's arguments."""
    add_asm_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Do it; returns the exit status."""
    return run_asm(arguments)
