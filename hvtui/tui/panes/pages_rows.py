"""How the pane of page tables draws a walk: stage by stage, with arrows, and whole tables as ranges."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap

from asm.isa.causes import trap_name
from hvtui.debugger.views.guestmemory import device_at
from hvtui.debugger.views.pageslook import PagesSeen, TableSeen
from hvtui.debugger.views.pagewalk import ACCESS_NAMES, Agreement, Entry, GuestWalk, Stage, flags
from hvtui.debugger.views.ranges import Range
from hvtui.tui.rows import Piece, Row, crop, join, pad, row, shorten, spread

# From this width on the guest's walk and the hardware's stand side by side.
_SIDE_BY_SIDE = 92
# From these widths on an entry says its number, and where it really lies, and a range how large it is.
_WITH_INDEX, _WITH_HOST, _WITH_SIZES = 40, 74, 54
_GAP = "  "
_LEAST_WIDTH = 20

_PERMITTED, _REFUSED = "✓", "✗"
_STYLES = {
    Agreement.SAME: "good",
    Agreement.REFUSED: "dim",
    Agreement.MISSING: "warning",
    Agreement.STRICTER: "warning",
    Agreement.EMULATED: "dim",
    Agreement.LAXER: "danger",
    Agreement.ELSEWHERE: "danger",
    Agreement.OTHERS: "dim",
    Agreement.UNKNOWN: "warning",
}


def pages_rows(seen: PagesSeen, width: int) -> tuple[Row, ...]:
    """Draw a walk, and below it the whole tables if they were asked for."""
    rows = list(_walk_rows(seen, width)) if seen.walk is not None else []
    for table in seen.tables:
        rows += [row(), *_table_rows(table, width)]
    return tuple(crop(known, width) for known in rows)


def _walk_rows(seen: PagesSeen, width: int) -> Iterator[Row]:
    walk = seen.walk
    assert walk is not None
    yield from _head(seen, width)
    guest = walk.guest
    if guest is None:
        now = walk.hardware.space.privilege.label
        yield from stage_rows(f"the hardware, {now}", walk.hardware, width)
        if seen.waiting:
            yield row((f"{seen.waiting} waits: . goes to its addresses", "dim"))
        return
    yield from _wrapped(
        f"{guest.agreement.sign} {guest.agreement.words}", width, f"{_STYLES[guest.agreement]} bold"
    )
    if guest.place.waits:
        mode = walk.hardware.space.privilege.label
        yield row((f"{mode} runs now, and for it ", "dim"), *_outcome(walk.hardware))
        yield row((f"for {guest.place.vm}, which waits in {guest.place.privilege.label}:", "dim"))
    if width >= _SIDE_BY_SIDE:
        half = (width - len(_GAP)) // 2
        yield from _beside(tuple(_guest_rows(guest, half)), tuple(_shadow_rows(guest, half)), half)
    else:
        yield from _guest_rows(guest, width)
        yield row()
        yield from _shadow_rows(guest, width)


def _wrapped(text: str, width: int, style: str) -> Iterator[Row]:
    """Break a sentence into lines; those after the first are indented."""
    for line in wrap(text, max(width - 2, _LEAST_WIDTH), subsequent_indent="  "):
        yield row(("  " + line, style))


def _head(seen: PagesSeen, width: int) -> Iterator[Row]:
    """Say what is looked at, and how its bits are split."""
    walk = seen.walk
    assert walk is not None
    address = walk.address
    place = "" if seen.place == f"{address:#x}" else f" = {shorten(seen.place, max(width - 24, 8))}"
    what = row(
        (ACCESS_NAMES[walk.access], "strong"), " ", (f"{address:08x}", "number"), (place, "dim"),
        (f"  {seen.why}" if seen.why else "", "dim"),
    )  # fmt: skip
    split = row(
        ("page ", "dim"), f"{address >> 22}", (" · ", "faint"), f"{address >> 12 & 0x3FF}",
        (" offset ", "dim"), f"{address & 0xFFF:#x}",
    )  # fmt: skip
    if what.width + split.width + len(_GAP) <= width:
        yield spread(what, split, width)
    else:
        yield from (what, split)


def _guest_rows(guest: GuestWalk, width: int) -> Iterator[Row]:
    place = guest.place
    believed = f"believes {place.believed.label}"
    yield from stage_rows(f"{place.vm}'s own table, {believed}", guest.walk, width, is_guest=True)
    if guest.walk.target is None or not guest.walk.permitted:
        return
    if guest.device:
        yield row(("  ╰─▶ ", "faint"), ("host      ", "dim"), "emulated: no memory at all")
    elif guest.host is not None and guest.relocation is not None:
        sign = "+" if guest.relocation >= 0 else "-"
        distance = f"{sign}{abs(guest.relocation):#x}" if guest.relocation else "at the same addresses"
        yield row(("  │   ", "faint"), (f"{place.vm} lies {distance}", "dim"))
        yield row(("  ╰─▶ ", "faint"), ("host      ", "dim"), (f"{guest.host:08x}", "number"))


def _shadow_rows(guest: GuestWalk, width: int) -> Iterator[Row]:
    name = f"the hardware's table, {guest.place.privilege.label}"
    yield from stage_rows(name, guest.shadow, width)


def stage_rows(name: str, stage: Stage, width: int, *, is_guest: bool = False) -> Iterator[Row]:
    """Draw the walk of one table: a heading, each entry, where it leads or which entry refused."""
    root = stage.space.root
    yield row((name, "title"))
    if root is None:
        yield row(("  │ ", "faint"), "no translation", (": addresses are physical", "dim"))
    else:
        bits = "".join(
            f" {bit}" for bit, is_on in (("SUM", stage.space.sum), ("MXR", stage.space.mxr)) if is_on
        )
        yield row(("  │ ", "faint"), f"Sv32, root {root:08x}", (bits, "dim"))
    for entry in stage.entries:
        is_last = entry is stage.entries[-1] and stage.target is None
        yield from _entry_rows(entry, width, is_refusal=is_last)
    physical = "physical " if not is_guest else "guest's   "
    if stage.target is not None:
        device = device_at(stage.target)
        line = "├" if is_guest and stage.permitted else "╰"
        yield row(
            (f"  {line}─▶ ", "faint"), (f"{physical:<10}", "dim"), (f"{stage.target:08x}", "number"),
            (f"  {device}" if device else "", "label"),
        )  # fmt: skip
    yield from _verdict_rows(stage, width)


def _entry_rows(entry: Entry, width: int, *, is_refusal: bool) -> Iterator[Row]:
    mark, style = (_REFUSED, "danger") if is_refusal else ("│", "faint")
    host = f" (host {entry.host:08x})" if entry.host != entry.address and width >= _WITH_HOST else ""
    index = f"{entry.index:>4}"
    pieces: list[Piece] = [(f"  {mark} ", style), (f"L{entry.level}", "strong")]
    pieces += [("[", "faint"), index, ("]", "faint")] if width >= _WITH_INDEX else []
    pieces += [(f" @{entry.address:08x}", "address"), (host, "address"), " "]
    if entry.pte is None:
        pieces.append(("unreadable", "danger"))
    else:
        pieces += [f"{entry.pte:08x} ", (flags(entry.pte), "register")]
    left = row(*pieces)
    verdict = "danger" if is_refusal else "dim"
    if left.width + len(entry.verdict) + 2 <= width:
        yield row(*left.spans, "  ", (entry.verdict, verdict))
        return
    yield left
    margin = "      " if is_refusal else "  │   "
    for line in wrap(entry.verdict, max(width - len(margin), _LEAST_WIDTH)):
        yield row((margin, "faint"), (line, verdict))


def _verdict_rows(stage: Stage, width: int) -> Iterator[Row]:
    """Draw what is decided in the end."""
    if stage.cause is None:
        why = f": {stage.verdict}" if stage.verdict and stage.verdict != "permitted" else ""
        yield from _wrapped(f"{_PERMITTED} permitted{why}", width, "good")
        return
    name = trap_name(stage.cause, interrupt=False).text
    where = f" (level {stage.refused_at} refuses)" if stage.refused_at is not None else ""
    why = f": {stage.verdict}" if stage.target is not None else where
    yield from _wrapped(f"{_REFUSED} {name}{why}", width, "danger")


def _outcome(stage: Stage) -> Iterator[Piece]:
    """Tell a walk in a few words."""
    if stage.permitted and stage.target is not None:
        yield f"{_PERMITTED} {stage.target:08x}", "good"
        return
    name = trap_name(int(stage.cause or 0), interrupt=False).text
    yield f"{_REFUSED} {name}: {stage.verdict}", "danger"


def _beside(left: tuple[Row, ...], right: tuple[Row, ...], width: int) -> Iterator[Row]:
    for index in range(max(len(left), len(right))):
        one = left[index] if index < len(left) else row()
        other = right[index] if index < len(right) else row()
        yield join((pad(crop(one, width), width), crop(other, width)), _GAP)


# Whole tables


def _table_rows(table: TableSeen, width: int) -> Iterator[Row]:
    name = f"{table.owner}'s own table" if table.owner else "the table in satp"
    if table.ranges is None:
        yield row((name, "title"), (": none, no translation", "dim"))
        return
    count = len(table.ranges.found)
    more = "" if table.ranges.is_whole else " and more"
    ranges = f"{count} range{'s' if count != 1 else ''}{more}"
    yield row((name, "title"), (f" at {table.ranges.root:08x}: {ranges}", "dim"))
    for known in table.ranges.found:
        yield row(*_range(known, width))


def _range(known: Range, width: int) -> Iterator[Piece]:
    yield f"  {known.start:08x}-{known.end - 1:08x}", "address"
    yield " ▶ ", "faint"
    yield f"{known.target:08x} ", "number"
    yield known.letters, "register"
    if width < _WITH_SIZES:
        return
    size = (known.end - known.start) >> 10
    yield f" {size >> 10} MiB" if size >= 1024 and size % 1024 == 0 else f" {size} KiB", ""
    for bit, count in (("A", known.accessed), ("D", known.dirty)):
        told = f" {bit}" if count == known.pages else f" {bit} {count}/{known.pages}" if count else ""
        yield told, "dim"
