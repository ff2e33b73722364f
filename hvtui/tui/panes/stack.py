"""The call stack pane: functions within activations, and why each activation was entered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.message import Message

from hvtui.debugger.positions import Position
from hvtui.debugger.snapshot import Snapshot, StackEntry
from hvtui.tui.panes.pane import DrawnPane
from hvtui.tui.rows import Row, Span, fit, row, shorten

# A sign for each ring beside its number, for those who do not see its colour.
RING_SIGNS = {0: "◆", 1: "▲", 3: "●"}


def stack_rows(stack: tuple[StackEntry, ...], width: int) -> tuple[Row, ...]:
    """Draw the stack, the innermost function first, a line for each and one between activations."""
    return tuple(line for entry in stack for line in _entry_rows(stack, entry, width))


def entry_lines(stack: tuple[StackEntry, ...]) -> tuple[StackEntry, ...]:
    """Return, for each row of `stack_rows`, the entry that it belongs to."""
    return tuple(entry for entry in stack for _ in range(2 if entry.reason else 1))


def _entry_rows(stack: tuple[StackEntry, ...], entry: StackEntry, width: int) -> list[Row]:
    ring = entry.privilege.ring
    owners = max(cell_len(other.position.owner) for other in stack)
    functions = max(cell_len(other.function) for other in stack)
    owner = min(owners, 12)
    function = min(functions, max(width - owner - 4 - 18, 8))
    is_first = entry is stack[0]
    rows = [
        row(
            Span("▸" if is_first else " ", "strong"),
            Span(f"{RING_SIGNS[ring]}{ring} ", f"ring{ring}"),
            Span(fit(entry.position.owner or "?", owner) + " ", "dim"),
            Span(fit(entry.function, function) + " ", "strong" if is_first else ""),
            Span(shorten(entry.position.where, max(width - owner - function - 6, 0)), "address"),
        )
    ]
    if entry.reason:
        times = f" \u00d7{entry.times:,}" if entry.times > 1 else ""
        told = shorten(entry.reason, max(width - 5 - len(times), 0))
        rows.append(row(Span("   ╰ ", f"ring{ring}"), Span(told, "dim"), Span(times, "changed")))
    return rows


class StackPane(DrawnPane):
    """The call stack. Enter shows in the source where an entry waits."""

    TITLE = "Call stack"
    HELP = """\
# Call stack

The innermost function first. A line that begins with `╰` says why the code above it runs: a trap,
an interrupt, a switch by a scheduler, a trap that a hypervisor injected. What waits below is
the code that was interrupted. The last number counts how often such an activation was entered.

Up and Down choose an entry, Enter shows it in the source."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "choose(-1)", "Up", show=False),
        Binding("down,j", "choose(1)", "Down", show=False),
        Binding("enter", "open", "Show in source", show=False),
    ]

    @dataclass
    class Chosen(Message):
        """The person wants to see where an entry stands."""

        position: Position

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.chosen = 0

    def show(self, snapshot: Snapshot) -> None:
        """Draw `snapshot`, with the innermost entry chosen."""
        self.chosen = 0
        super().show(snapshot)

    def draw(self, snapshot: Snapshot, width: int, height: int) -> tuple[Row, ...]:
        """Return the rows, the chosen entry's marked while the pane has the focus."""
        rows = stack_rows(snapshot.stack, width)
        if not self.has_focus or self.chosen >= len(snapshot.stack):
            return rows
        chosen = snapshot.stack[self.chosen]
        return tuple(
            Row(line.spans, "cursor") if entry is chosen else line
            for line, entry in zip(rows, entry_lines(snapshot.stack), strict=True)
        )

    def title(self, snapshot: Snapshot) -> tuple[str, str]:
        """Say how deep it is."""
        levels = sum(1 for entry in snapshot.stack if entry.reason)
        return "Call stack", f"{levels} activation{'s' if levels != 1 else ''}"

    def action_choose(self, by: int) -> None:
        """Choose another entry."""
        if self.snapshot is None or not self.snapshot.stack:
            return
        self.chosen = min(max(self.chosen + by, 0), len(self.snapshot.stack) - 1)
        self.redraw()
        lines = entry_lines(self.snapshot.stack)
        self.show_line(lines.index(self.snapshot.stack[self.chosen]), margin=1)

    def action_open(self) -> None:
        """Show the chosen entry in the source."""
        if self.snapshot is not None and self.chosen < len(self.snapshot.stack):
            self.post_message(self.Chosen(self.snapshot.stack[self.chosen].position))

    def on_focus(self) -> None:
        """Mark the chosen entry."""
        self.redraw()

    def on_blur(self) -> None:
        """Take the mark away."""
        self.redraw()
