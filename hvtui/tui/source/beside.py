"""What is said beside a line of code, and how it gets room there."""

from __future__ import annotations

from collections.abc import Sequence

from hvtui.debugger.foretelling import Note, Tone
from hvtui.tui.rows import Row, Span, cut_left, shorten

# The style of a note by what it is about. Traps and returns have the colour of the ring that they
# lead to.
_STYLES = {
    Tone.LOST: "ignored",
    Tone.WAIT: "warning",
    Tone.JUMP: "label",
}
_GAP = "   "
_BETWEEN = "  "
# Less of a comment than this is not worth its room (cells).
_LEAST_COMMENT = 10
# A note may be cut to this many cells, if it is the only one.
_LEAST_NOTE = 16


def note_spans(notes: Sequence[Note], ring: int) -> tuple[Span, ...]:
    """Return notes on the next step, which leads to `ring`, in their colours."""
    return tuple(Span(note.text, _style(note.tone, ring)) for note in notes)


def _style(tone: Tone, ring: int) -> str:
    return f"ring{ring}" if tone in (Tone.TRAP, Tone.RETURN) else _STYLES.get(tone, "dim")


def moved(spans: Sequence[Span], left: int) -> tuple[Span, ...]:
    """Return the text of a line that is scrolled by `left` cells."""
    return cut_left(Row(tuple(spans)), left).spans if left else tuple(spans)


def with_notes(text: Sequence[Span], notes: Sequence[Span], room: int) -> tuple[Span, ...]:
    """Put `notes` behind the `text` of a line, in `room` cells.

    A comment gives way to them. Notes give way to the code, the last of them first; if there is not
    even room for the first, it is cut, or left out.
    """
    if not notes:
        return tuple(text)
    code = _without_comment(text)
    for count in range(len(notes), 0, -1):
        said = _said(notes[:count])
        wanted = Row(said).width + len(_GAP)
        if Row(tuple(text)).width + wanted <= room:
            return (*text, Span(_GAP), *said)
        if Row(code).width + wanted <= room:
            kept = _cut_comment(text, code, room - wanted)
            return (*kept, Span(_GAP), *said)
    left = room - Row(code).width - len(_GAP)
    if left < _LEAST_NOTE:
        return tuple(text)
    return (*code, Span(_GAP), Span(shorten(notes[0].text, left), notes[0].style))


def _said(notes: Sequence[Span]) -> tuple[Span, ...]:
    said: list[Span] = []
    for note in notes:
        said += [Span(_BETWEEN), note] if said else [note]
    return tuple(said)


def _without_comment(text: Sequence[Span]) -> tuple[Span, ...]:
    """Return a line of source without the comment at its end, and the blanks before that."""
    spans = list(text)
    while spans and (spans[-1].style == "comment" or not spans[-1].text.strip()):
        spans.pop()
    return tuple(spans)


def _cut_comment(text: Sequence[Span], code: Sequence[Span], room: int) -> tuple[Span, ...]:
    """Return the line with as much of its comment as fits into `room` cells, if that says anything."""
    kept = list(code)
    left = room - Row(tuple(code)).width
    for span in text[len(code) :]:
        if span.style == "comment":
            if left < _LEAST_COMMENT:
                return tuple(code)
            kept.append(Span(shorten(span.text, left), span.style))
            return tuple(kept)
        kept.append(span)
        left -= Row((span,)).width
    return tuple(code)
