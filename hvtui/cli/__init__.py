"""The command line: ``hvtui run``, ``hvtui debug`` and the others, one file a command."""

from hvtui.cli.entry import main

__all__ = ["main"]
