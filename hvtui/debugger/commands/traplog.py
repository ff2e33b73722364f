"""Commands about the trap log: to look at it, to go from event to event, to save it in a file.

What a guest does never leads to a file being written: a person names it, and a file that is there
stays as it is unless the person says otherwise.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

from asm.isa.causes import trap_name
from hvtui.debugger.commands.completing import last_word, shifted, trap_words, with_options
from hvtui.debugger.commands.context import Context
from hvtui.debugger.commands.going import BACK
from hvtui.debugger.commands.going import GROUP as RUNNING
from hvtui.debugger.commands.table import CommandError, Group
from hvtui.debugger.expressions.completion import Completion
from hvtui.debugger.expressions.errors import shown
from hvtui.debugger.logentries import LogEntries, LogEntry
from hvtui.debugger.logfilter import FilterError, LogFilter, parse_filter
from hvtui.debugger.logsearch import LogSearch
from hvtui.debugger.logwords import as_csv, as_json, describe_entry
from hvtui.wholefiles import whole_file

GROUP = Group("Trap log")

_SHOWN = 20
_COUNT = re.compile(r"(?P<count>[\d$(]\S*)(?:\s+|\Z)")
_FORCE = {"-force": "even if the file is there already"}
_FILE = re.compile(r'"(?P<quoted>[^"]+)"(?:\s+|\Z)|(?P<plain>[^\s"]+)(?:\s+|\Z)')
_FORMATS: dict[str, Callable[[Iterable[LogEntry]], Iterator[str]]] = {
    ".csv": as_csv,
    ".json": as_json,
}
# So many characters are written together.
_BATCH = 1 << 16


def parsed_filter(context: Context, text: str) -> LogFilter | None:
    """Return the filter that a person wrote, None if nothing. Raises CommandError."""
    if not text.strip():
        return None
    try:
        return parse_filter(text, [known.name for known in context.session.system.components])
    except FilterError as error:
        raise CommandError(str(error)) from error


def filter_words(context: Context, text: str) -> Iterator[Completion]:
    """Propose the words of a filter."""
    words = {
        **trap_words(context),
        "after": "after an instant",
        "before": "before an instant",
        "or": "another filter follows",
    }
    return last_word(text, words)


def show_log(context: Context, text: str) -> None:
    """Write the last entries of the log up to now that a filter lets through, and all in numbers."""
    most, asked = _SHOWN, text
    counted = _COUNT.match(text)
    if counted is not None:
        most, asked = context.times(counted["count"]), text[counted.end() :]
    wanted, log = parsed_filter(context, asked), context.session.traplog
    entries = log.entries
    for entry in _last(entries, wanted, most):
        context.write(f"{entry.instant:>10,}  {describe_entry(entry)}")
    total = sum(log.causes.values())
    causes = ", ".join(
        f"{trap_name(cause, interrupt=is_interrupt).text} {count:,}"
        for (is_interrupt, cause), count in log.causes.most_common()
    )
    context.write(f"{total:,} traps and interrupts" + (f": {causes}" if causes else ""))


def _last(entries: LogEntries, wanted: LogFilter | None, most: int) -> Iterable[LogEntry]:
    if wanted is None:
        return islice(entries, max(len(entries) - most, 0), None)
    search, found = LogSearch(wanted), deque[LogEntry]()
    number = search.before(entries, entries.end, lambda: False)
    while number is not None and len(found) < most:
        found.appendleft(entries.entry(number))
        number = search.before(entries, number, lambda: False)
    return found


@RUNNING.command("event", usage="[FILTER]", complete=filter_words)
def to_event(context: Context, text: str) -> None:
    """Go to the next event of the trap log, or the next that a filter lets through.

    The machine stands where it is about to happen. Beyond what is known of the run, the machine runs
    until there is one. A filter says what happens, a cause, a trap bit, from or to which ring, in
    which component; after or before which instant; or text between quotes; or several of that:

      event injection in hyper or "csrw mstatus"
    """
    context.moved(context.session.to_logged(parsed_filter(context, text)))


@BACK.command("reverse-event", usage="[FILTER]", complete=filter_words)
def back_to_event(context: Context, text: str) -> None:
    """Go back to the last event of the trap log before, or the last that a filter lets through."""
    context.moved(context.session.reverse_to_logged(parsed_filter(context, text)))


def _save_words(context: Context, text: str) -> Iterable[Completion]:
    what, space, rest = text.partition(" ")
    if not space:
        return last_word(text, {"log": "the trap log"})
    return shifted(with_options(_FORCE, _after_file)(context, rest), len(what) + 1)


def _after_file(context: Context, text: str) -> Iterable[Completion]:
    file = _FILE.match(text)
    if file is None or not text[: file.end()][-1:].isspace():
        return ()
    return shifted(filter_words(context, text[file.end() :]), file.end())


@GROUP.command("save", usage="log [-force] FILE [FILTER]", complete=_save_words)
def save(context: Context, text: str) -> None:
    """Save the trap log, known future and all, or what a filter lets through of it, in a file.

    The ending of its name, .csv or .json, says in which form; a name with blanks stands between
    quotes. A file that is there already is left as it is; -force replaces it.

      save log traps.csv injection or ignored
    """
    if not context.may_write:
        raise CommandError("from a browser no file is written on the computer of the debugger")
    what, _, rest = text.partition(" ")
    rest = rest.strip()
    if what != "log":
        raise CommandError("what can be saved is the log, as in: save log traps.csv")
    forced = rest == "-force" or rest.startswith("-force ")
    rest = rest.removeprefix("-force").lstrip() if forced else rest
    file = _FILE.match(rest)
    if file is None:
        raise CommandError("in which file? as in: save log traps.csv")
    path = Path(file["quoted"] or file["plain"]).expanduser()
    written = _FORMATS.get(path.suffix.lower())
    if written is None:
        raise CommandError(f'"{shown(path.name)}" ends in neither .csv nor .json: that says the form')
    wanted = parsed_filter(context, rest[file.end() :])
    _refuse_to_harm(path, forced=forced)
    entries = context.session.traplog.known
    counted = _Counted(entries if wanted is None else LogSearch(wanted).every(entries))
    try:
        with whole_file(path) as stream:
            for part in _batches(written(counted)):
                stream.write(part.encode("utf-8", "replace"))
    except OSError as error:
        raise CommandError(
            f"{shown(str(path))} cannot be written: {error.strerror or error}"
        ) from error
    missing = f"; its first {entries.first:,} were forgotten before" if entries.first else ""
    number = "1 entry" if counted.number == 1 else f"{counted.number:,} entries"
    context.write(f"saved {number} in {shown(str(path))}{missing}")


def _refuse_to_harm(path: Path, *, forced: bool) -> None:
    if not path.exists():
        return
    if not path.is_file():
        raise CommandError(f"{shown(str(path))} is no file that can be replaced")
    if not forced:
        raise CommandError(f"{shown(str(path))} is there already: save log -force replaces it")


class _Counted:
    """Entries that are counted as they go by."""

    def __init__(self, entries: Iterable[LogEntry]) -> None:
        self._entries = entries
        self.number = 0

    def __iter__(self) -> Iterator[LogEntry]:
        for entry in self._entries:
            self.number += 1
            yield entry


def _batches(parts: Iterable[str]) -> Iterator[str]:
    waiting: list[str] = []
    length = 0
    for part in parts:
        waiting.append(part)
        length += len(part)
        if length >= _BATCH:
            yield "".join(waiting)
            waiting.clear()
            length = 0
    yield "".join(waiting)
