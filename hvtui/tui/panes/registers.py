"""The registers pane: the pc, the integer registers and, where there is room, the trap CSRs."""

from __future__ import annotations

from asm.isa.registers import ABI_NAMES
from hvtui.debugger.snapshot import Snapshot
from hvtui.tui.panes.pane import Pane
from hvtui.tui.rows import Row, Span, join, pad, row

# name, blank, value, mark
_CELL_WIDTH = 4 + 1 + 8 + 1
_MARK = "*"


def registers_rows(snapshot: Snapshot, width: int, height: int) -> tuple[Row, ...]:
    """Draw the registers in as many columns as it takes to show all of them, if they fit."""
    cells = [
        _cell("pc", snapshot.position.pc, False),
        *(
            _cell(name, snapshot.registers[number], number in snapshot.changed)
            for number, name in enumerate(ABI_NAMES)
        ),
    ]
    rows = _columns(cells, width, height)
    room = height - len(rows) - 1
    if room >= 2:
        csrs = [
            _cell(csr.name, csr.value, csr.changed, name_width=_CSR_NAME_WIDTH) for csr in snapshot.csrs
        ]
        rows += (row(), *_columns(csrs, width, room)[:room])
    return rows


_CSR_NAME_WIDTH = 8


def _columns(cells: list[Row], width: int, height: int) -> tuple[Row, ...]:
    cell_width = max(cell.width for cell in cells)
    most = max(width // (cell_width + 1), 1) if width % (cell_width + 1) else width // (cell_width + 1)
    most = max(width // cell_width, 1)
    wanted = min(-(-len(cells) // max(height, 1)), most)
    count = -(-len(cells) // max(wanted, 1))
    gap = " " * min(max((width - wanted * cell_width) // max(wanted, 1), 0), 3)
    return tuple(
        join([pad(cell, cell_width) for cell in cells[index::count]], gap) for index in range(count)
    )


def _cell(name: str, value: int, changed: bool, *, name_width: int = 4) -> Row:
    style = "changed" if changed else ("faint" if value == 0 else "")
    return row(
        Span(f"{name:<{name_width}} ", "changed" if changed else "register"),
        Span(f"{value:08x}", style),
        Span(_MARK if changed else " ", "changed"),
    )


class RegistersPane(Pane):
    """Registers with what the last move changed marked."""

    TITLE = "Registers"
    HELP = """\
# Registers

The program counter and the 32 integer registers by their names in the calling convention.
A value that the last move changed is bright and has a `*` behind it. Where there is room,
the CSRs that a trap writes and an xRET reads stand below.
"""

    def draw(self, snapshot: Snapshot, width: int, height: int) -> tuple[Row, ...]:
        """Return the rows."""
        return registers_rows(snapshot, width, height)

    def title(self, snapshot: Snapshot) -> str:
        """Say how many have changed, for those who do not see colours."""
        count = len(snapshot.changed)
        return f"Registers  [dim]{count} changed *[/]" if count else "Registers"
