"""The ring pane: which ring is real, what the mode bit says, and what the running code believes."""

from __future__ import annotations

from hvtui.debugger.snapshot import Snapshot
from hvtui.machine.privilege import PRIVILEGE_OF_RING
from hvtui.tui.panes.pane import DrawnPane
from hvtui.tui.rows import Piece, Row, Span, crop, join, row

REAL, BELIEVED = "◉", "◌"
INWARDS, OUTWARDS = "↘", "↗"

# Corners, horizontal and vertical line of a ring, by what the ring is to the running code.
_LINES = {
    "real": ("┏", "┓", "┗", "┛", "━", "┃"),
    "believed": ("╭", "╮", "╰", "╯", "┄", "┆"),
    "other": ("╭", "╮", "╰", "╯", "─", "│"),
}
_PICTURE_WIDTH, _PICTURE_HEIGHT = 21, 7
# Where the label of each ring stands, and beside it the arrow of a change.
_LABEL_ROWS = {3: 6, 1: 5, 0: 3}
_ARROW_COLUMN = 15
_RINGS = (3, 1, 0)
_WORDS = {0: "kernel", 1: "supervisor", 3: "user"}


def ring_rows(snapshot: Snapshot, width: int, height: int) -> tuple[Row, ...]:
    """Draw the rings: as a picture where there is room, else in words."""
    if height < _PICTURE_HEIGHT or width < 44:
        return tuple(crop(line, width) for line in _in_words(snapshot)[: max(height, 1)])
    picture = _picture(snapshot)
    facts = _facts(snapshot, width - _PICTURE_WIDTH - 2)
    picture += [row(" " * _PICTURE_WIDTH)] * (len(facts) - len(picture))
    facts += [row()] * (len(picture) - len(facts))
    joined = (join((drawn, row("  "), told)) for drawn, told in zip(picture, facts, strict=True))
    return tuple(crop(line, width) for line in joined)[:height]


def _ring_before(snapshot: Snapshot) -> int | None:
    """Return the ring at the last stop, if it was another."""
    before = snapshot.privilege_before
    return None if before is None or before is snapshot.privilege else before.ring


def _kind(snapshot: Snapshot, ring: int) -> str:
    if ring == snapshot.privilege.ring:
        return "real"
    return "believed" if ring == snapshot.believes else "other"


def _picture(snapshot: Snapshot) -> list[Row]:
    """Three boxes, one in the other, each with its number in the lower edge."""
    canvas = [[Span(" ")] * _PICTURE_WIDTH for _ in range(_PICTURE_HEIGHT)]
    for depth, ring in enumerate(_RINGS):
        kind = _kind(snapshot, ring)
        style = f"ring{ring}" + (" bold" if kind == "real" else "")
        if kind == "other":
            style = "faint"
        top_left, top_right, low_left, low_right, across, down = _LINES[kind]
        left, right = 2 * depth, _PICTURE_WIDTH - 1 - 2 * depth
        top, bottom = depth, _PICTURE_HEIGHT - 1 - depth
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
        y = _LABEL_ROWS[ring]
        start = (_PICTURE_WIDTH - len(label)) // 2
        look = style if kind != "other" else "dim"
        for index, character in enumerate(label):
            canvas[y][start + index] = Span(character, look)
    _draw_change(canvas, snapshot)
    return [Row(_merged(line)) for line in canvas]


def _draw_change(canvas: list[list[Span]], snapshot: Snapshot) -> None:
    """Draw an arrow from the ring of before to the one of now, beside their labels."""
    before = _ring_before(snapshot)
    if before is None:
        return
    start, end = _LABEL_ROWS[before], _LABEL_ROWS[snapshot.privilege.ring]
    step = 1 if end > start else -1
    canvas[start][_ARROW_COLUMN] = Span("╷" if step > 0 else "╵", "changed")
    for y in range(start + step, end, step):
        canvas[y][_ARROW_COLUMN] = Span("│", "changed")
    canvas[end][_ARROW_COLUMN] = Span("▼" if step > 0 else "▲", "changed")


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
        row(("mode bit ", "dim"), (f" {privilege.mode_bit} ", f"badge{ring}"), _bit_note(snapshot)),
        row(*_change(snapshot)),
        _who(snapshot),
    ]  # fmt: skip
    if component is not None and snapshot.believes is not None:
        rows += [
            row(("believes  ", "dim"), *_ring_name(snapshot.believes)),
            row(("runs in   ", "dim"), *_ring_name(ring)),
            _verdict(snapshot),
        ]
    return rows


def _bit_note(snapshot: Snapshot) -> Piece:
    """Say what the mode bit means; if it has changed, what it was."""
    before = snapshot.privilege_before
    if before is not None and before.mode_bit != snapshot.privilege.mode_bit:
        return (f" was {before.mode_bit}", "changed")
    told = "all instructions run" if snapshot.privilege.mode_bit else "no kernel instructions"
    return (f" {told}", "dim")


def _change(snapshot: Snapshot) -> tuple[Piece, ...]:
    """``↗ outwards: was ring 0 (M)``, if the ring is another one than at the last stop."""
    before = _ring_before(snapshot)
    if before is None:
        return ()
    way = f"{INWARDS} inwards" if snapshot.privilege.ring < before else f"{OUTWARDS} outwards"
    return ((f"{way}: was ring {before} ({PRIVILEGE_OF_RING[before].name})", "changed"),)


def _who(snapshot: Snapshot) -> Row:
    """``vm1 · tinyos · kernel``, or, while a guest waits, ``type1 · hypervisor  ▷ vm1 waits``.

    For translated code it is the guest: ``vm1 · tinyos · translated by type2``.
    """
    component, origin = snapshot.position.component, snapshot.position.origin
    if component is None:
        return row(("no component lies here", "dim"))
    if origin is not None and origin.component is not None:
        return row(
            (f"{origin.component.vm} · ", "dim"), (origin.owner, "strong"),
            (f" · translated by {component.name}", "dim"),
        )  # fmt: skip
    pieces: list[Piece] = [(f"{component.vm} · ", "dim")] if component.vm is not None else []
    pieces.append((component.name, "strong"))
    if component.role != component.name:
        pieces.append((f" · {component.role}", "dim"))
    return row(*pieces, *_waiting(snapshot))


def _ring_name(ring: int) -> tuple[Piece, ...]:
    mode = PRIVILEGE_OF_RING[ring]
    return ((f"ring {ring} ({mode.name})", f"ring{ring}"), (f", mode bit {mode.mode_bit}", "dim"))


def _verdict(snapshot: Snapshot) -> Row:
    if snapshot.is_deceived:
        return row(("≠ virtualized: not where it thinks", "warning"))
    return row(("= it is where it thinks", "good"))


def _waiting(snapshot: Snapshot) -> tuple[Piece, ...]:
    """Say which virtual machine waits for what runs now, if that is none itself."""
    component = snapshot.position.component
    if component is not None and component.vm is not None:
        return ()
    for entry in snapshot.stack[1:]:
        waiting = (entry.position.origin or entry.position).component
        if waiting is not None and waiting.vm is not None:
            return ((f"  ▷ {waiting.vm} waits", f"ring{entry.privilege.ring}"),)
    return ()


def _in_words(snapshot: Snapshot) -> tuple[Row, ...]:
    """Three lines: what is real, who runs, and what that believes."""
    privilege = snapshot.privilege
    ring, before = privilege.ring, _ring_before(snapshot)
    known = snapshot.privilege_before
    mode: tuple[Piece, ...] = ((f" {_WORDS[ring]} ({privilege.name})", f"ring{ring}"),)
    bit_before = ""
    if before is not None and known is not None:
        sign = INWARDS if ring < before else OUTWARDS
        mode = ((f" {sign} was ring {before}", "changed"),)
        bit_before = f"{known.mode_bit}→" if known.mode_bit != privilege.mode_bit else ""
    first = row(
        (f" RING {ring} ", f"badge{ring}"), *mode, ("  mode bit ", "dim"),
        (bit_before, "changed"), (f" {privilege.mode_bit} ", f"badge{ring}"),
    )  # fmt: skip
    second = _who(snapshot)
    if snapshot.position.component is None or snapshot.believes is None:
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
one `◌` is where the running program believes it is. When the two differ you look at virtualization.

An arrow leads from the ring of the last stop to the one of now, `↘` inwards or `↗` outwards; what was
before stands beside it. While a hypervisor works, `▷` names the virtual machine that waits for it.

While code runs that a hypervisor has translated, this is about the guest that it was made of."""

    def draw(self, snapshot: Snapshot, width: int, height: int) -> tuple[Row, ...]:
        """Return the rows."""
        return ring_rows(snapshot, width, height)
