"""What a caller may choose for an assembly: folders, defined symbols, the base address, limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that keep every source, however hostile, to bounded time and memory.

    Sizes are in bytes. `output` counts everything a program fills, zeros of ``.bss`` included;
    `expanded` the statements that macros and loops produce, `expanded_text` their characters.
    """

    source: int = 8 * MEBIBYTE
    output: int = 64 * MEBIBYTE
    expanded: int = 1_000_000
    expanded_text: int = 64 * MEBIBYTE
    statement: int = 256 * 1024
    include_depth: int = 32
    macro_depth: int = 100
    diagnostics: int = 1000
    passes: int = 50


@dataclass(frozen=True, slots=True)
class Options:
    """How to assemble.

    `include_dirs` are searched by ``.include`` and ``.incbin`` after the folder of the source;
    `allowed_dirs` are folders, beside those, that an include may lead into. `defines` are symbols set
    before the first line. `base` is the address where the program is placed. `replace` gives, for
    the name of a file as ``.include`` writes it, another file to read in its place, wherever that
    lies; what this one includes is looked for beside it and then as ever.
    """

    include_dirs: tuple[Path, ...] = ()
    defines: Mapping[str, int] = field(default_factory=dict)
    base: int = 0x8000_0000
    allowed_dirs: tuple[Path, ...] = ()
    replace: Mapping[str, Path] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
