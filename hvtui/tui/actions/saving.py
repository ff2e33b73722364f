"""What leaves the screen: a pane's text for the clipboard, a picture of everything for a file."""

from __future__ import annotations

import io
import re
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from textual.widget import Widget

from hvtui.tui.actions.table import Group
from hvtui.tui.line_pane import LinePane
from hvtui.tui.picture import picture
from hvtui.tui.rows import printable

if TYPE_CHECKING:
    from hvtui.debugger.snapshot import Snapshot
    from hvtui.tui.screens.debugger import DebuggerScreen

GROUP = Group("Copy and save")

# Of a pane with more lines than this only those in view are copied: terminals take no more at once.
MOST_LINES = 2_000
_MOST_FILES = 1_000
_NO_NAME = re.compile(r"[^A-Za-z0-9_.]+")
_LONGEST_NAME = 60


@GROUP.action("copy_pane", "y")
def copy_pane(screen: DebuggerScreen) -> None:
    """Copy the focused pane's text to the clipboard."""
    pane = _lines_of(screen)
    if pane is None:
        screen.say("go to a pane first: its text is copied then", is_problem=True)
        return
    total = pane.row_count
    if total <= MOST_LINES:
        first, last = 0, total
    else:
        first = pane.scroll_offset.y
        last = min(first + pane.size.height, total)
    rows = [printable(pane.row_at(index).text).rstrip() for index in range(first, last)]
    screen.app.copy_to_clipboard("".join(row + "\n" for row in rows))
    in_view = "" if total <= MOST_LINES else f" in view, of {total:,},"
    screen.say(f"{len(rows):,} line{'s' if len(rows) != 1 else ''}{in_view} copied to the clipboard")


def _lines_of(screen: DebuggerScreen) -> LinePane | None:
    """Return what has the lines of the focused pane."""
    if isinstance(screen.focused, LinePane):
        return screen.focused
    name = screen.focused_pane
    if name is None:
        return None
    widget = screen.query_one(f"#{name}", Widget)
    return widget if isinstance(widget, LinePane) else next(iter(widget.query(LinePane)), None)


@GROUP.action("save_picture", "ctrl+s")
def save_picture(screen: DebuggerScreen) -> None:
    """Save a picture of the screen, as SVG."""
    drawn = picture(screen.app, f"hvtui {screen.snapshot.title}")
    save(screen, ".svg", drawn, mime_type="image/svg+xml")


def save(screen: DebuggerScreen, suffix: str, text: str, *, mime_type: str) -> None:
    """Save what was taken from the screen, under a name that says of what, and say where.

    Whoever looks from a browser gets it there: they are not to write files on this computer.
    """
    name = name_for(screen.session.system.path, screen.snapshot)
    if screen.app.is_web:
        screen.app.deliver_text(
            io.StringIO(text), save_filename=name + suffix, mime_type=mime_type, name="saved"
        )
        screen.say(f"{name}{suffix} goes to your browser")
        return
    try:
        path = write_new(Path.cwd(), name, suffix, text)
    except OSError as error:
        screen.say(f"{name}{suffix} cannot be saved: {error.strerror or error}", is_problem=True)
    else:
        screen.say(f"saved {printable(str(path))}")


def name_for(machine: Path, snapshot: Snapshot) -> str:
    """Return a file's name, without its ending, for what is saved of a machine at an instant."""
    stem = machine.stem if machine.stem != "machine" else machine.absolute().parent.name
    named = _NO_NAME.sub("-", stem)[:_LONGEST_NAME].strip("-.") or "machine"
    return f"hvtui-{named}-{snapshot.instant}"


def write_new(folder: Path, name: str, suffix: str, text: str) -> Path:
    """Write a file that was not there, and return its path. Raises OSError.

    If the name is taken, ``-2``, ``-3`` and so on follow it.
    """
    for number in count(1):
        path = folder / (f"{name}{suffix}" if number == 1 else f"{name}-{number}{suffix}")
        try:
            file = path.open("x", encoding="utf-8")
        except FileExistsError:
            if number == _MOST_FILES:
                raise
            continue
        try:
            with file:
                file.write(text)
        except OSError:
            path.unlink(missing_ok=True)
            raise
        return path
    raise AssertionError("counting does not end")
