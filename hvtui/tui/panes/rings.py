"""The ring pane: which ring is real, what the mode bit says, and what the running code believes."""

from __future__ import annotations

from hvtui.debugger.snapshot import Snapshot
from hvtui.machine.privilege import PRIVILEGE_OF_RING
from hvtui.machinefile.system import Component
from hvtui.tui.panes.pane import DrawnPane
from hvtui.tui.rows import Piece, Row, Span, crop, join, row

REAL, BELIEVED, OTHER = "◉", "◌", "○"

# Corners, horizontal and vertical line of a ring, by what the ring is to the running code.
_LINES = {
    "real": ("┏", "┓", "┗", "┛", "━", "┃"),
    "believed": ("╭", "╮", "╰", "╯", "┄", "┆"),
    "other": ("╭", "╮", "╰", "╯", "─", "│"),
}
_PICTURE_WIDTH = 21
_RINGS = (3, 1, 0)
_WORDS = {0: "kernel", 1: "supervisor", 3: "user"}


def ring_rows(snapshot: Snapshot, width: int, height: int) -> tuple[Row, ...]:
    """Draw the rings: as a picture where there is room, else in words."""
    if height >= 7 and width >= 44:
        picture = _picture(snapshot)
        facts = _facts(snapshot, width - _PICTURE_WIDTH - 2)
        return tuple(
            crop(join((picture[line], row("  "), facts[line] if line < len(facts) else row())), width)
            for line in range(7)
        )
    return tuple(crop(line, width) for line in _in_words(snapshot))


def _kind(snapshot: Snapshot, ring: int) -> str:
    if ring == snapshot.privilege.ring:
        return "real"
    return "believed" if ring == snapshot.believes else "other"


def _picture(snapshot: Snapshot) -> list[Row]:
    """Three boxes, one in the other, each with its number in the lower edge."""
    canvas = [[Span(" ")] * _PICTURE_WIDTH for _ in range(7)]
    for depth, ring in enumerate(_RINGS):
        kind = _kind(snapshot, ring)
        style = f"ring{ring}" + (" bold" if kind == "real" else "")
        if kind == "other":
            style = "faint"
        top_left, top_right, low_left, low_right, across, down = _LINES[kind]
        left, right = 2 * depth, _PICTURE_WIDTH - 1 - 2 * depth
        top, bottom = depth, 6 - depth
        for x in range(left, right + 1):
            for y in range(top, bottom + 1):
                if y in (top, bottom):
                    canvas[y][x] = Span(across, style)
                elif x in (left, right):
                    canvas[y][x] = Span(down, style)
        canvas[top][left], canvas[top][right] = Span(top_left, style), Span(top_right, style)
        canvas[bottom][left], canvas[bottom][right] = Span(low_left, style), Span(low_right, style)
        sign = {"real": REAL, "believed": BELIEVED, "other": ""}[kind]
        label = f" {sign}{' ' if sign else ''}ring {ring} "
        y = 3 if ring == 0 else bottom
        start = (_PICTURE_WIDTH - len(label)) // 2
        look = style if kind != "other" else "dim"
        for index, character in enumerate(label):
            canvas[y][start + index] = Span(character, look)
    return [Row(_merged(line)) for line in canvas]


def _merged(line: list[Span]) -> tuple[Span, ...]:
    merged: list[Span] = []
    for span in line:
        if merged and merged[-1].style == span.style:
            merged[-1] = Span(merged[-1].text + span.text, span.style)
        else:
            merged.append(span)
    return tuple(merged)


def _facts(snapshot: Snapshot, width: int) -> list[Row]:
    privilege, component = snapshot.privilege, snapshot.position.component
    ring = privilege.ring
    rows = [
        row((f" RING {ring} ", f"badge{ring}"),
            (f" {_WORDS[ring]} mode ({privilege.name})", f"ring{ring}")),
        row(("mode bit ", "dim"), (f" {privilege.mode_bit} ", f"badge{ring}"),
            (" all instructions run" if privilege.mode_bit else " no kernel instructions", "dim")),
        row(),
    ]  # fmt: skip
    if component is None:
        return [*rows, row(("no component lies here", "dim"))]
    role = _role(component)
    rows.append(
        row(
            (component.name[:width], "strong"),
            (f"  {role}"[: max(width - len(component.name), 0)], "dim"),
        )
    )
    if snapshot.believes is None:
        return rows
    rows.append(row(("believes  ", "dim"), *_ring_name(snapshot.believes)))
    rows.append(row(("runs in   ", "dim"), *_ring_name(ring)))
    rows.append(_verdict(snapshot))
    return rows


def _role(component: Component) -> str:
    """Return what the component is, unless its name says that already."""
    if component.vm is not None:
        return f"{component.role} of {component.vm}"
    return "" if component.role == component.name else component.role


def _ring_name(ring: int) -> tuple[Piece, ...]:
    return ((f"ring {ring} ({PRIVILEGE_OF_RING[ring].name})", f"ring{ring}"),)


def _verdict(snapshot: Snapshot) -> Row:
    if snapshot.is_deceived:
        return row(("≠ virtualized: not where it thinks", "warning"))
    return row(("= it is where it thinks", "good"))


def _in_words(snapshot: Snapshot) -> tuple[Row, ...]:
    privilege, component = snapshot.privilege, snapshot.position.component
    ring = privilege.ring
    first = row(
        (f" RING {ring} ", f"badge{ring}"),
        (f" {_WORDS[ring]} ({privilege.name})", f"ring{ring}"),
        ("  mode bit ", "dim"),
        (f" {privilege.mode_bit} ", f"badge{ring}"),
    )
    if component is None:
        return (first, row(("no component lies here", "dim")))
    role = _role(component)
    second = row((component.name, "strong"), (f"  {role}", "dim"))
    if snapshot.believes is None:
        return (first, second)
    sign, style = ("≠", "warning") if snapshot.is_deceived else ("=", "good")
    third = row(
        ("believes ", "dim"), (f"ring {snapshot.believes}", f"ring{snapshot.believes}"),
        (f" {sign} ", style), ("runs in ", "dim"), (f"ring {ring}", f"ring{ring}"),
    )  # fmt: skip
    return (first, second, third)


class RingsPane(DrawnPane):
    """The real ring, the mode bit and the believed ring."""

    TITLE = "Ring and mode bit"
    HELP = """\
# Ring and mode bit

Ring 0 is machine mode (M), with the mode bit 1; ring 1 is supervisor mode (S) and ring 3 user
mode (U), with the mode bit 0. The heavy line `◉` is the ring that the CPU is really in; the dashed
one `◌` is where the running program believes it is. When the two differ you look at virtualization."""

    def draw(self, snapshot: Snapshot, width: int, height: int) -> tuple[Row, ...]:
        """Return the rows."""
        return ring_rows(snapshot, width, height)
