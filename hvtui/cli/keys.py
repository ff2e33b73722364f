"""``hvtui keys``: print which keys do what, in the form of the file that changes it."""

from __future__ import annotations

import argparse
import sys

_EPILOG = """\
To begin a key map of your own, write this to the file that is named in it, and leave in it what you
want to change. What is wrong with that file now is told on stderr.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command takes none."""
    parser.epilog = _EPILOG


def run(arguments: argparse.Namespace) -> int:
    """Print the keys. Returns 0, or 1 if the person's file has mistakes."""
    # The table of actions knows the screen, whose import takes a while.
    from hvtui.remembering.folders import key_map_file
    from hvtui.tui.actions.keys import Keys
    from hvtui.tui.keymap import key_map_text, read_key_map

    path = key_map_file()
    key_map = read_key_map(path)
    for line in key_map_text(Keys(key_map.changed), path):
        print(line)
    for problem in key_map.problems:
        print(_shown(str(problem)), file=sys.stderr)
    return 1 if key_map.problems else 0


def _shown(text: str) -> str:
    return "".join(
        letter if letter.isprintable() or letter == "\n" else "\N{REPLACEMENT CHARACTER}"
        for letter in text
    )
