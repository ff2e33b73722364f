"""``hvtui debug``: open a machine in the terminal debugger; the gallery of samples without a path."""

from __future__ import annotations

import argparse
import sys

from hvtui.cli.arguments import add_machine_arguments, overrides_of
from hvtui.machinefile.errors import BadInputError, Problem
from hvtui.machinefile.images import check_file


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what says which machine to open."""
    add_machine_arguments(parser)


def run(arguments: argparse.Namespace) -> int:
    """Open the debugger; returns when the person leaves it."""
    check_file(arguments.path)
    _need_terminal(str(arguments.path))
    # Everything of the screen is imported here and nowhere else, so that no other command waits.
    from hvtui.tui.app import run_debugger

    run_debugger(arguments.path, overrides_of(arguments))
    return 0


def open_gallery() -> int:
    """Let a person choose among the samples."""
    _need_terminal("hvtui")
    from hvtui.tui.app import run_gallery

    run_gallery()
    return 0


def _need_terminal(called: str) -> None:
    # The screen is drawn on stderr; without a terminal its control sequences would fill a file.
    if not all(stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        raise BadInputError(
            Problem(
                called,
                "the debugger needs a terminal, and here input or output is none",
                remedy="without a terminal: hvtui run PATH",
            )
        )
