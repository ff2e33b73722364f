"""The directives, one table of all: what each does to the unit.

A handler gets the unit, the statement and its parsed form, and raises SourceError. Directives that
decide about the flow of statements (``.macro``, ``.if``, ``.include``, …) are in
`asm.assembler.expansion`.
"""

from __future__ import annotations

from collections.abc import Mapping

from asm.assembler.directives import custom, data, files, placement, remarks, sections, symbols
from asm.assembler.directives.arguments import Handler

DIRECTIVES: Mapping[str, Handler] = {
    **custom.DIRECTIVES,
    **data.DIRECTIVES,
    **files.DIRECTIVES,
    **placement.DIRECTIVES,
    **remarks.DIRECTIVES,
    **sections.DIRECTIVES,
    **symbols.DIRECTIVES,
}

# Directives whose operands mean nothing here and are not even parsed.
IGNORED = remarks.IGNORED
# Directives that are known and refused: what is wrong with them, and what to write instead.
UNSUPPORTED = remarks.UNSUPPORTED
