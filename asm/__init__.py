"""asm: the language of the machine.

The instruction table, an assembler for the GNU dialect of RISC-V, its diagnostics, a disassembler,
and `Program`, the result: bytes, symbols and the way back to the source. It serves alone
(``python -m asm prog.s -o prog.elf``) and depends on nothing of hvtui.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from asm.assembler.assembly import assemble_file, assemble_text
    from asm.assembler.colouring import highlight
    from asm.diagnostics import AssemblyError, Diagnostic
    from asm.options import Limits, Options
    from asm.program import Program

__all__ = [
    "AssemblyError",
    "Diagnostic",
    "Limits",
    "Options",
    "Program",
    "assemble_file",
    "assemble_text",
    "highlight",
]

_HOMES = {
    "AssemblyError": "asm.diagnostics",
    "Diagnostic": "asm.diagnostics",
    "Limits": "asm.options",
    "Options": "asm.options",
    "Program": "asm.program",
    "assemble_file": "asm.assembler.assembly",
    "assemble_text": "asm.assembler.assembly",
    "highlight": "asm.assembler.colouring",
}


def __getattr__(name: str) -> object:
    """Import a public name on first use, so that those who want the tables alone load no parser."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
