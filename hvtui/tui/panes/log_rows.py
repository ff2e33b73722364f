"""An entry of the trap log as a line, in whatever width there is."""

from __future__ import annotations

from dataclasses import dataclass

from rich.cells import cell_len

from asm.isa.causes import Cause, trap_name
from hvtui.debugger.logentries import LogEntry
from hvtui.debugger.narration import ADDRESS_CAUSES, instruction_text
from hvtui.machine.events import KernelInstruction, TrapTaken
from hvtui.tui.panes.event_signs import EVENT_SIGNS
from hvtui.tui.panes.stack import RING_SIGNS
from hvtui.tui.rows import Row, Span, fit, row, shorten

HERE, AHEAD = "▶", "┊"

# Beyond this width what happened would stand too far from where.
_WIDEST = 68
_WORD_WIDTH = max(len(known.word) for known in EVENT_SIGNS.values())


@dataclass(frozen=True, slots=True)
class LogColumns:
    """How many cells each column has, blanks between them not counted; 0 for what is left out."""

    instant: int
    word: int
    owner: int
    what: int
    where: int
    function: int

    @classmethod
    def of(cls, width: int, largest: int, owners: tuple[str, ...]) -> LogColumns:
        """Share out `width` cells; `largest` is the largest instant, `owners` the components' names."""
        instant = max(len(f"{largest:,}"), 3)
        # The mark, the sign, both rings, and blanks.
        left = width - 2 - (instant + 1) - 2 - 6
        word = _WORD_WIDTH if left >= 44 else 0
        left -= word + 1 if word else 0
        longest = max((cell_len(name) for name in owners), default=0)
        owner = min(longest, 16 if width >= 110 else 10) if left >= 30 else 0
        left -= owner + 1 if owner else 0
        where = (24 if left >= 80 else 15) if left >= 36 else 0
        left -= where + 1 if where else 0
        function = min(left - 44, 24) if left >= 60 else 0
        left -= function + 1 if function else 0
        return cls(instant, word, owner, min(max(left, 0), _WIDEST), where, function)


def log_row(entry: LogEntry, columns: LogColumns, *, is_here: bool, is_ahead: bool) -> Row:
    """Draw an entry; `is_here` marks the present, `is_ahead` the known future."""
    known = EVENT_SIGNS[entry.kind]
    position = entry.position
    mark = HERE if is_here else AHEAD if is_ahead else " "

    def style(name: str) -> str:
        return "dim" if is_ahead else name

    pieces = [
        Span(mark + " ", "strong" if is_here else "faint"),
        Span(f"{entry.instant:>{columns.instant},} ", style("strong" if is_here else "address")),
        Span(known.sign + " ", style(known.style)),
    ]
    if columns.word:
        pieces.append(Span(fit(known.word, columns.word) + " ", style(known.style)))
    pieces += _rings(entry, is_ahead=is_ahead)
    if columns.owner:
        pieces.append(Span(fit(position.owner or "?", columns.owner) + " ", style("dim")))
    pieces.append(Span(fit(what_happened(entry, columns.what), columns.what), style("")))
    if columns.where:
        pieces.append(Span(" " + fit(position.where, columns.where), style("address")))
    if columns.function:
        pieces.append(Span(" " + shorten(position.symbol, columns.function), style("label")))
    return row(*pieces)


def _rings(entry: LogEntry, *, is_ahead: bool) -> list[Span]:
    origin, target = entry.origin.ring, entry.target.ring
    first = Span(f"{RING_SIGNS[origin]}{origin}", "dim" if is_ahead else f"ring{origin}")
    if isinstance(entry.event, KernelInstruction):
        return [first, Span("    ")]
    second = Span(f"{RING_SIGNS[target]}{target} ", "dim" if is_ahead else f"ring{target}")
    return [first, Span("→", "dim"), second]


def what_happened(entry: LogEntry, room: int) -> str:
    """Say what happened, all of it where there is `room` for that, else what matters most."""
    event = entry.event
    if isinstance(event, KernelInstruction):
        bits = " ".join(dict.fromkeys(bit.key for bit, _ in event.outcomes))
        return _first_fitting(room, f"{instruction_text(event.word, event.pc)}  ({bits})", bits)
    if not isinstance(event, TrapTaken):
        return f"{event.name} to {event.resumed:#010x}"
    cause = trap_name(event.cause, interrupt=event.is_interrupt).text
    if event.is_interrupt or not event.word or event.cause in _SAYS_ALL:
        return cause
    text = instruction_text(event.word, event.pc)
    if event.bits:
        bits = " ".join(bit.key for bit in event.bits)
        return _first_fitting(room, f"{text}  ({bits})  {cause}", f"{text}  ({bits})", text)
    if event.cause in ADDRESS_CAUSES:
        at = f"{cause}, {event.tval:#010x}"
        return _first_fitting(room, f"{at}: {text}", at, cause)
    return _first_fitting(room, f"{cause}: {text}", cause)


def _first_fitting(room: int, *texts: str) -> str:
    return next((text for text in texts if cell_len(text) <= room), texts[-1])


_SAYS_ALL = frozenset({Cause.ECALL_FROM_U, Cause.ECALL_FROM_S, Cause.ECALL_FROM_M, Cause.BREAKPOINT})
