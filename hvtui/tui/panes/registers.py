"""The registers pane: the pc, the integer registers and, where there is room, the trap CSRs."""

from __future__ import annotations

from dataclasses import dataclass

from asm.isa.registers import ABI_NAMES
from hvtui.debugger.snapshot import Snapshot
from hvtui.tui.panes.pane import DrawnPane
from hvtui.tui.rows import Row, Span, join, row

_MARK = "*"
_MOST_COLUMNS = 5


def registers_rows(snapshot: Snapshot, width: int, height: int) -> tuple[Row, ...]:
    """Draw the registers in as many columns as it takes to show all of them, if they fit."""
    cells = [
        _Cell("pc", snapshot.position.pc, False),
        *(
            _Cell(name, snapshot.registers[number], number in snapshot.changed)
            for number, name in enumerate(ABI_NAMES)
        ),
    ]
    rows = _columns(cells, width)
    room = height - len(rows) - 1
    if room >= 2:
        csrs = [_Cell(csr.name, csr.value, csr.changed) for csr in snapshot.csrs]
        rows += (row(), *_columns(csrs, width)[:room])
    return rows


def _columns(cells: list[_Cell], width: int) -> tuple[Row, ...]:
    """Set cells in columns, read downwards: as many as fit, each as wide as it must be."""
    for count in range(min(_MOST_COLUMNS, len(cells)), 0, -1):
        lines = -(-len(cells) // count)
        columns = [cells[start : start + lines] for start in range(0, len(cells), lines)]
        names = [max(len(cell.name) for cell in column) for column in columns]
        used = sum(names) + len(columns) * _VALUE_WIDTH
        if used + len(columns) - 1 <= width or count == 1:
            break
    gap = " " * min((width - used) // max(len(columns) - 1, 1), 4)
    return tuple(
        join(
            [
                column[line].row(name)
                for column, name in zip(columns, names, strict=True)
                if line < len(column)
            ],
            gap,
        )
        for line in range(lines)
    )


# blank, eight digits, mark
_VALUE_WIDTH = 1 + 8 + 1


@dataclass(frozen=True, slots=True)
class _Cell:
    name: str
    value: int
    changed: bool

    def row(self, name_width: int) -> Row:
        style = "changed" if self.changed else ("faint" if self.value == 0 else "")
        return row(
            Span(f"{self.name:<{name_width}} ", "changed" if self.changed else "register"),
            Span(f"{self.value:08x}", style),
            Span(_MARK if self.changed else " ", "changed"),
        )


class RegistersPane(DrawnPane):
    """Registers with what the last move changed marked."""

    TITLE = "Registers"
    HELP = """\
# Registers

The program counter and the 32 integer registers by their names in the calling convention.
A value that the last move changed is bright and has a `*` behind it. Where there is room,
the CSRs that a trap writes and an xRET reads stand below."""

    def draw(self, snapshot: Snapshot, width: int, height: int) -> tuple[Row, ...]:
        """Return the rows."""
        return registers_rows(snapshot, width, height)

    def title(self, snapshot: Snapshot) -> tuple[str, str]:
        """Say how many have changed, for those who do not see colours."""
        count = len(snapshot.changed)
        return "Registers", f"{count} changed *" if count else ""
