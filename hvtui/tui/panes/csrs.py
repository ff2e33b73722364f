"""The pane of CSRs: those of the hardware, or of a virtual machine as its guest wrote them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.binding import Binding, BindingType

from hvtui.debugger.session import Lens
from hvtui.debugger.snapshot import Snapshot
from hvtui.debugger.views.csrfields import FieldValue, fields_of
from hvtui.debugger.views.csrs import HARDWARE, CsrLine, CsrsView, view_csrs
from hvtui.machine.events import Outcome
from hvtui.tui.messages import Refresh
from hvtui.tui.panes.pane import DrawnPane
from hvtui.tui.rows import Piece, Row, crop, fit, row

_OPEN, _CLOSED, _CHANGED = "▾", "▸", "*"
_NAME = 13
_FATES = {
    Outcome.TRAPPED: ("trapped", "traps"),
    Outcome.EXECUTED: ("executed", "dim"),
    Outcome.IGNORED: ("ignored: the hardware knows nothing of it", "ignored"),
    Outcome.LEAKED: ("the hardware's own value", "leaks"),
}


@dataclass(frozen=True, slots=True)
class Drawn:
    """The rows, and which of them belong to which CSR: its index for each row, None for headings."""

    rows: tuple[Row, ...]
    owners: tuple[int | None, ...]


def csrs_rows(
    view: CsrsView, width: int, chosen: str | None = None, opened: frozenset[str] = frozenset()
) -> Drawn:
    """Draw all CSRs in their groups, the `chosen` one marked, those that are `opened` with fields."""
    rows: list[Row] = []
    owners: list[int | None] = []
    index = 0
    if view.source != HARDWARE:
        rows.append(row((view.source, "strong"), " as the guest wrote it", ("  g goes on", "dim")))
        owners.append(None)
    for group in view.groups:
        rows.append(_heading(group.title, width))
        owners.append(None)
        for line in group.lines:
            is_open = line.name in opened
            for drawn in _line_rows(line, width, is_open=is_open):
                rows.append(Row(drawn.spans, "cursor") if line.name == chosen else drawn)
                owners.append(index)
            index += 1
        if group.zeros:
            rows.append(row((f"  {group.zeros} more are 0: off", "dim")))
            owners.append(None)
    if view.constants:
        rows.append(_heading("Always 0", width))
        owners.append(None)
    for names, why in view.constants:
        rows.append(row(("  ", ""), (f"{names}: ", "register"), (why, "dim")))
        owners.append(None)
    if not view.groups:
        rows.append(row((f" {view.source} has written and read no CSR yet.", "dim")))
        owners.append(None)
    return Drawn(tuple(crop(known, width) for known in rows), tuple(owners))


def _heading(title: str, width: int) -> Row:
    return row((f"─ {title} ".ljust(width, "─")[:width], "faint"))


def _line_rows(line: CsrLine, width: int, *, is_open: bool) -> Iterator[Row]:
    is_told = line.written is not None or line.read is None
    value = f"{line.value:08x}" if is_told else "········"
    style = "changed" if line.changed else "" if line.value else "faint"
    pieces: list[Piece] = [
        (f"{_OPEN if is_open else _CLOSED} ", "faint"),
        (f"{line.name:<{_NAME}} ", "changed" if line.changed else "register"),
        (value, style),
        (_CHANGED if line.changed else " ", "changed"),
        " ",
        (line.told, "" if line.value else "dim"),
    ]
    yield row(*pieces, *_history(line, is_open=is_open))
    if not is_open:
        return
    yield from _opened(line, width)


def _history(line: CsrLine, *, is_open: bool) -> Iterator[Piece]:
    """Tell of a guest's CSR what became of the last write, and what it was told."""
    if line.written is not None and not is_open:
        words, style = _FATES[line.written.outcome]
        yield ("  " if line.told else "") + words.partition(":")[0], style
    if line.read is not None and not is_open:
        yield f"  told {line.read.value:08x}", "dim"


def _opened(line: CsrLine, width: int) -> Iterator[Row]:
    if line.written is not None:
        words, style = _FATES[line.written.outcome]
        yield row(("    written at instant ", "dim"), f"{line.written.instant:,}: ", (words, style))
    if line.read is not None:
        words, style = _READ_FATES.get(line.read.outcome, ("", ""))
        yield row(
            ("    read at instant ", "dim"), f"{line.read.instant:,}: {line.read.value:08x}",
            (f" {words}", style),
        )  # fmt: skip
        if line.written is None:
            return
    fields = [(field, _value(field)) for field in fields_of(line.name, line.value)]
    widest = min(max((cell_len(value) for _, value in fields), default=0), max(width // 2 - 8, 8))
    for field, value in fields:
        yield row(
            (f"    {field.bits:>5} ", "address"), (f"{field.name:<10} ", "register"),
            (fit(value, widest) + "  ", "" if field.value else "faint"), (field.meaning, "dim"),
        )  # fmt: skip


def _value(field: FieldValue) -> str:
    number = f"{field.value:#x}" if field.high > field.low else str(field.value)
    return f"{number} {field.word}".rstrip()


_READ_FATES = {
    Outcome.TRAPPED: ("from the hypervisor", "traps"),
    Outcome.EXECUTED: ("from the hardware", "dim"),
    Outcome.LEAKED: ("leaked by the hardware", "leaks"),
}


class CsrsPane(DrawnPane):
    """CSRs with their fields in words."""

    TITLE = "CSRs"
    HELP = """\
# Control and status registers

All CSRs of this CPU: what each holds, and its fields in words. `*` marks what the last move changed.
Enter opens one: every field with its bits, its value and what it means.

`g` goes from the hardware's registers to those of each virtual machine **as the guest wrote them**: its
kernel's writes, whether they trapped, were ignored or executed, kept as a CPU of its own would. What
traps and xRETs would change is not counted in. Beside it stands what the guest was **told** when it
read the register last: by the hypervisor, or by the hardware itself."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "choose(-1)", "Up", show=False),
        Binding("down,j", "choose(1)", "Down", show=False),
        Binding("pageup", "choose(-10)", "Up", show=False),
        Binding("pagedown", "choose(10)", "Down", show=False),
        Binding("home", "choose(-1000)", "First", show=False),
        Binding("end,G", "choose(1000)", "Last", show=False),
        Binding("enter", "open", "Open or close", show=False),
        Binding("g", "source", "Hardware or a guest", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.source = HARDWARE
        self.chosen: str | None = None
        self.opened: frozenset[str] = frozenset()
        self._owners: tuple[int | None, ...] = ()

    def lens(self) -> Lens | None:
        """Return what reads the CSRs."""
        source = self.source
        return lambda session: view_csrs(session, source)

    @property
    def view(self) -> CsrsView | None:
        """What was read last."""
        found = self.snapshot.seen.get(self.id or "") if self.snapshot is not None else None
        return found if isinstance(found, CsrsView) else None

    def draw(self, snapshot: Snapshot, width: int, height: int) -> tuple[Row, ...]:
        """Return the rows, the chosen one marked while the pane has the focus."""
        view = self.view
        if view is None:
            return ()
        drawn = csrs_rows(view, width, self.chosen if self.has_focus else None, self.opened)
        self._owners = drawn.owners
        return drawn.rows

    def title(self, snapshot: Snapshot) -> tuple[str, str]:
        """Say whose registers these are."""
        view = self.view
        if view is None or view.source == HARDWARE:
            vms = ", ".join(view.sources[1:]) if view is not None else ""
            return "CSRs", f"g for {vms} as it wrote them" if vms else ""
        return f"CSRs of {view.source}", "as the guest wrote them"

    def _names(self) -> list[str]:
        view = self.view
        return [line.name for group in view.groups for line in group.lines] if view is not None else []

    def action_choose(self, by: int) -> None:
        """Choose another register."""
        names = self._names()
        if not names:
            return
        before = names.index(self.chosen) if self.chosen in names else -1 if by > 0 else 0
        at = before + by
        self._choose(min(max(at, 0), len(names) - 1))

    def _choose(self, index: int) -> None:
        self.chosen = self._names()[index]
        self.redraw()
        lines = [line for line, owner in enumerate(self._owners) if owner == index]
        if lines:
            self.show_line(lines[-1], margin=0)
            # The first register brings the heading into view, too.
            self.show_line(max(lines[0] - 1, 0), margin=0)

    def action_open(self) -> None:
        """Open the chosen register, or close it."""
        if self.chosen in self._names():
            self.opened ^= {self.chosen}
            self._choose(self._names().index(self.chosen))

    def action_source(self) -> None:
        """Go to the registers of the next virtual machine, or back to the hardware's."""
        view = self.view
        if view is not None:
            at = view.sources.index(view.source)
            self.source = view.sources[(at + 1) % len(view.sources)]
            self.screen.post_message(Refresh())

    def on_click(self, event: events.Click) -> None:
        """Choose the register that was clicked on; again, and it opens."""
        offset = event.get_content_offset(self)
        line = offset.y + self.scroll_offset.y if offset is not None else -1
        owner = self._owners[line] if 0 <= line < len(self._owners) else None
        if owner is None:
            return
        was = self.chosen
        self._choose(owner)
        if self.chosen == was:
            self.action_open()

    def on_focus(self) -> None:
        """Mark the chosen register."""
        self.redraw()

    def on_blur(self) -> None:
        """Take the mark away."""
        self.redraw()
