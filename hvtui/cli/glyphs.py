"""Glyphs where they cannot be shown: an output that is not UTF-8 gets letters in their place."""

from __future__ import annotations

import codecs
import sys
from io import TextIOWrapper

_HANDLER = "hvtui.glyphs"
# What the tables and bars of the commands use beyond ASCII.
_SUBSTITUTES = {
    "█": "#",
    "░": "-",
    "▏": "|",
    "»": ">",
    "…": "...",
    "\u00d7": "x",
    "✓": "yes",
    "✗": "no",
    "∅": "holes:",
}


def spare_glyphs() -> None:
    """Have what goes to standard output written with other characters where its encoding lacks them."""
    output = sys.stdout
    if not isinstance(output, TextIOWrapper):
        return
    try:
        "".join(_SUBSTITUTES).encode(output.encoding)
    except UnicodeEncodeError:
        codecs.register_error(_HANDLER, _substitute)
        output.reconfigure(errors=_HANDLER)


def _substitute(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_SUBSTITUTES.get(character, "?") for character in lacking), error.end
