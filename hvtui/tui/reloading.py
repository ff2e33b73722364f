"""Edit and reload: sources that change on disk are taken up while one looks at the machine.

A thread of its own looks at the files, and reads them when they have changed and come to rest. What
comes of it is a message to the screen: a new system, or what is wrong with the files.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

from asm.diagnostics import AssemblyError
from asm.objects.image import ImageError
from hvtui.debugger.filewatch import FileWatch
from hvtui.debugger.keeping import losses
from hvtui.debugger.reloading import is_same
from hvtui.debugger.snapshot import StopKind, Stopped
from hvtui.machinefile.errors import BadInputError
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.system import System

if TYPE_CHECKING:
    from hvtui.tui.screens.debugger import DebuggerScreen

# How often (seconds) the files are looked at, and how soon again after a change.
LOOKING_TIME = 1.0
SETTLING_TIME = 0.25


@dataclass
class SourcesRead(Message):
    """The files of the machine were read anew; the person `asked` for it, perhaps `from_start`."""

    system: System
    asked: bool
    from_start: bool


@dataclass
class SourcesWrong(Message):
    """The files of the machine cannot be used as they are."""

    error: Exception
    asked: bool
    from_start: bool


class Reloader:
    """Looks after the files of the machine on a screen.

    The screen calls `start`, `stop`, `stay` when somebody pauses the machine, `stood` whenever a move
    has ended, and hands over the messages that come from here.
    """

    def __init__(self, screen: DebuggerScreen) -> None:
        self._screen = screen
        self._system = screen.session.system
        self._watch = FileWatch(self._system.files)
        # Held by whoever looks at files or reads them.
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._pending: SourcesRead | None = None
        # Whether a machine that was stopped for the reload shall run on; and whether a person wants
        # it to stand still from the present move on.
        self._resumes = False
        self._stays = False
        self._lost: tuple[str, ...] = ()

    def start(self) -> None:
        """Begin to look at the files, if there are any."""
        if self._system.files:
            threading.Thread(target=self._look_again_and_again, daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._stopped.set()

    def read_now(self, *, from_start: bool = False) -> None:
        """Read the files at once, and say so even if nothing has changed."""
        threading.Thread(target=self._read, args=(True, from_start), daemon=True).start()

    def has_changed(self) -> bool:
        """Tell whether the files are not those that the machine is made of."""
        return self._watch.has_changed()

    # In threads

    def _look_again_and_again(self) -> None:
        while not self._stopped.wait(SETTLING_TIME if self._watch.is_restless else LOOKING_TIME):
            with self._lock:
                has_changed = self._watch.look()
            if has_changed:
                self._read(False, False)

    def _read(self, asked: bool, from_start: bool) -> None:
        with self._lock:
            system = self._system
            self._watch.forget()
            try:
                found = load_system(system.path, system.overrides)
            except (BadInputError, ImageError, AssemblyError, OSError, MemoryError) as error:
                # What is missing may come: somebody would see that in the folders.
                self._watch.watch(_with_folders(system.files, error))
                self._tell(SourcesWrong(error, asked, from_start))
            else:
                self._watch.watch(found.files)
                self._tell(SourcesRead(found, asked, from_start))

    def _tell(self, message: Message) -> None:
        if not self._stopped.is_set() and self._screen.is_attached:
            self._screen.post_message(message)

    # In the thread that draws

    def take(self, message: SourcesRead) -> None:
        """Take up what was read as soon as the machine stands still."""
        self._screen.uncover_source()
        self._pending = message
        self._go_on()

    def refuse(self, message: SourcesWrong) -> None:
        """Show what is wrong; who wants to begin anew can do so with the old program."""
        self._screen.cover_source(message.error)
        if message.from_start:
            self._screen.move(self._screen.session.restart)
        elif message.asked:
            self._screen.say("the files have mistakes: the machine stays as it is", is_problem=True)

    def stood(self) -> None:
        """The machine stands still after a move."""
        self._system = self._screen.session.system
        self._stays = False
        if self._lost:
            lost, self._lost = self._lost, ()
            for loss in lost:
                self._screen.notice(loss)
        self._go_on()

    def stay(self) -> None:
        """Somebody pauses the machine: it does not run on after a reload that is under way."""
        self._resumes, self._stays = False, self._screen.is_moving

    def _go_on(self) -> None:
        pending, screen = self._pending, self._screen
        if pending is None:
            return
        if screen.is_moving:
            self._resumes |= screen.snapshot.running and not self._stays
            screen.pause_between()
            return
        self._pending = None
        resumes, self._resumes = self._resumes, False
        if not pending.from_start and is_same(screen.session.system, pending.system):
            if pending.asked:
                screen.say("nothing has changed")
            if resumes:
                screen.move(screen.session.resume)
            return
        screen.move(lambda: self._take_up(pending, resumes=resumes))

    def _take_up(self, read: SourcesRead, *, resumes: bool) -> Stopped:
        """Run the new program to where the old one stood, and on, if that ran. In the worker."""
        session = self._screen.session
        before = set(losses(session.breakpoints))
        with session.chained() as goes_on:
            stopped = session.reload(read.system, from_start=read.from_start)
            lost = losses(session.breakpoints)
            self._lost = tuple(loss for loss in lost if loss not in before)
            if resumes and goes_on() and stopped.kind in (StopKind.START, StopKind.STEPPED):
                return session.resume()
        return stopped


def _with_folders(files: Iterable[Path], error: Exception) -> tuple[Path, ...]:
    """Return files that a mended system may be made of, as far as they are known, and their folders."""
    named = []
    if isinstance(error, AssemblyError):
        named = [Path(diagnostic.place.file).absolute() for diagnostic in error.diagnostics]
    known = (*files, *named)
    return (*known, *dict.fromkeys(file.parent for file in known))
