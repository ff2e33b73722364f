"""``python -m asm FILE...``: the assembler on its own."""

from __future__ import annotations

import argparse
import io
import os
import sys
from collections.abc import Sequence

from asm.command import add_asm_arguments, run_asm


def main(arguments: Sequence[str] | None = None) -> int:
    """Assemble the files of the command line; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m asm", description="Assemble RISC-V sources into ELF files or raw binaries."
    )
    add_asm_arguments(parser)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A name that the terminal's encoding lacks is shown by its code.
            stream.reconfigure(errors="backslashreplace")
    try:
        status = run_asm(parser.parse_args(arguments))
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever read the output has seen enough; nothing more can be said there.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return status


if __name__ == "__main__":
    sys.exit(main())
