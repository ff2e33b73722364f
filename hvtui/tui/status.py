"""The two lines of status: why the machine stands still, and what the next step does."""

from __future__ import annotations

from rich.cells import cell_len

from hvtui.debugger.foretelling import Tone
from hvtui.debugger.snapshot import Snapshot, StopKind
from hvtui.machine.events import Outcome
from hvtui.tui.colouring import coloured
from hvtui.tui.rows import Row, Span, crop, elide, row, shorten
from hvtui.tui.source.beside import note_spans

_EFFECTS = {
    Outcome.TRAPPED: "traps",
    Outcome.EXECUTED: "executes",
    Outcome.IGNORED: "ignored",
    Outcome.LEAKED: "leaks",
}

_SIGNS = {
    StopKind.START: ("■ ready", "dim"),
    StopKind.STEPPED: ("■ stopped", "dim"),
    StopKind.BREAKPOINT: ("● breakpoint", "danger"),
    StopKind.TRAP: ("● trap breakpoint", "danger"),
    StopKind.WATCH: ("● watchpoint", "danger"),
    StopKind.PAUSED: ("‖ paused", "warning"),
    StopKind.WAITING: ("… waiting", "warning"),
    StopKind.LIMIT: ("‖ at the limit", "warning"),
    StopKind.ENDED: ("□ ended", "warning"),
    StopKind.STUCK: ("□ stuck", "danger"),
}

_GAP = "  "
# Fewer cells than these are not worth beginning something in.
_LEAST = 16


def status_rows(snapshot: Snapshot, width: int) -> tuple[Row, Row]:
    """Return the two lines for `width` cells.

    A long reason goes on in the second line, before what comes next, which keeps a part of it.
    """
    if snapshot.running:
        return _running(snapshot), row()
    label, style = _SIGNS[snapshot.stop.kind]
    numbers = ",".join(str(number) for number in snapshot.stop.numbers)
    start = row((f" {label}{' ' if numbers else ''}{numbers} ", style + " bold"), ("│ ", "faint"))
    first, rest = _break(snapshot.stop.text, max(width - start.width, 1))
    told = crop(Row((*start.spans, Span(first))), width)
    if not rest:
        return told, _next_row(snapshot, width)
    following = _shortest(snapshot)
    room = width - 1 - (following.width + len(_GAP) if following.width else 0)
    if room < _LEAST:
        following, room = row(), width - 1
    more = row(" ", elide(rest, room))
    if not following.width:
        return told, more
    return told, crop(Row((*more.spans, Span(_GAP), *following.spans)), width)


def _running(snapshot: Snapshot) -> Row:
    text = f"{snapshot.retired:,} instructions"
    if snapshot.speed:
        text += f", {snapshot.speed / 1e6:.2f} million a second"
    ring = snapshot.privilege.ring
    return row((" ▶ running ", f"ring{ring} bold"), text, ("   space pauses", "dim"))


def _break(text: str, room: int) -> tuple[str, str]:
    """Break a text at the last blank that leaves the first part within `room` cells."""
    if cell_len(text) <= room:
        return text, ""
    words, first = text.split(" "), ""
    while words and cell_len(f"{first} {words[0]}".strip()) <= room:
        first = f"{first} {words.pop(0)}".strip()
    return first, " ".join(words)


def _next_row(snapshot: Snapshot, width: int) -> Row:
    """Say what the next instruction does now, as much of it as there is room for."""
    if snapshot.has_ended:
        return row()
    ahead, ring = snapshot.upcoming, snapshot.privilege.ring
    notes = note_spans(ahead.notes, ahead.ring_after)
    start = row((" ▶ next ", f"ring{ring}"))
    text = coloured(ahead.text)
    if ahead.is_preempted:
        return crop(Row((*start.spans, *notes, Span(f"{_GAP}before "), *text)), width)
    for verdict in (_verdict(snapshot, ring), _short_verdict(snapshot)):
        line = Row((*start.spans, *text, *verdict))
        if _with_all(line, notes).width <= width:
            line = _with_all(line, notes)
            room = width - line.width - len(_GAP)
            if ahead.summary and room >= _LEAST:
                return Row((*line.spans, Span(_GAP), Span(shorten(ahead.summary, room), "dim")))
            return line
    for note in notes:
        room = width - line.width - len(_GAP)
        if cell_len(note.text) <= room or (note is notes[0] and room >= _LEAST):
            line = Row((*line.spans, Span(_GAP), Span(shorten(note.text, room), note.style)))
    return crop(line, width)


def _with_all(line: Row, notes: tuple[Span, ...]) -> Row:
    return Row((*line.spans, *(part for note in notes for part in (Span(_GAP), note))))


def _verdict(snapshot: Snapshot, ring: int) -> tuple[Span, ...]:
    """``kernel instruction 0 rdstatus traps in ring 3``."""
    short = _short_verdict(snapshot)
    if not short:
        return ()
    head, *rest = short
    return (
        head, Span("kernel instruction ", "dim"), *rest, Span(f" in ring {ring}", "dim"),
    )  # fmt: skip


def _short_verdict(snapshot: Snapshot) -> tuple[Span, ...]:
    """``0 rdstatus traps``."""
    spans: list[Span] = []
    ahead = snapshot.upcoming
    for bit, outcome in zip(ahead.bits, ahead.outcomes, strict=True):
        spans.append(Span(", " if spans else _GAP, "dim"))
        effect = _EFFECTS[outcome]
        spans += [Span(f"{int(bit)} {bit.key} "), Span(effect, effect)]
    return tuple(spans)


def _shortest(snapshot: Snapshot) -> Row:
    """Say what comes next in a few words: where it leads, if that is out of the ordinary."""
    ahead, ring = snapshot.upcoming, snapshot.privilege.ring
    if snapshot.has_ended or not ahead.notes or ahead.leads_to is None:
        return row()
    first = ahead.notes[0]
    where = ahead.leads_to.where
    told = {
        Tone.TRAP: f"→ traps to {where}",
        Tone.RETURN: f"↩ to ring {ahead.ring_after} at {where}",
    }.get(first.tone, first.text)
    (styled,) = note_spans((first,), ahead.ring_after)
    return row(("▶ ", f"ring{ring}"), Span(shorten(told, 2 * _LEAST), styled.style))
