"""Watchpoints at work: what is looked at before and after the machine moves.

A watchpoint at a place in RAM costs nothing but where it is: the store that changes the place stops
the machine. Any other expression is evaluated after every step, and the machine runs far slower.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from asm.isa.decode import decode
from asm.isa.width import MASK
from hvtui.debugger.breakpoints import Breakpoints, WatchBreakpoint
from hvtui.debugger.expressions.errors import EvaluationError
from hvtui.debugger.expressions.live import LiveMachine
from hvtui.debugger.hitting import Meeting
from hvtui.debugger.narration import instruction_text
from hvtui.debugger.positions import Position, Whereabouts
from hvtui.debugger.snapshot import StopKind
from hvtui.machine.board import Machine
from hvtui.machine.privilege import Privilege

_LENGTH = 4


class Watching:
    """Watches one `machine` for the watchpoints among `breakpoints`.

    A change is what differs between `begin`, before the machine moves, and `met`, after it.
    """

    def __init__(self, machine: Machine, breakpoints: Breakpoints, whereabouts: Whereabouts) -> None:
        self._machine = machine
        self._live = LiveMachine(machine)
        self._breakpoints = breakpoints
        self._whereabouts = whereabouts
        self._watches: tuple[WatchBreakpoint, ...] = ()
        self._before: dict[int, int | None] = {}
        self._origin: tuple[int, Privilege] | None = None
        self._held: list[Meeting] = []
        self.needs_steps = False

    def place(self) -> None:
        """Take up the enabled watchpoints."""
        ram = self._machine.ram
        ram.unwatch(self._stored)
        self._watches = self._breakpoints.watches
        self.needs_steps = any(watch.watched is None for watch in self._watches)
        for watch in self._watches:
            if watch.watched is not None:
                ram.watch(*watch.watched, self._stored)

    def begin(self) -> None:
        """Look at everything that is watched: the machine is about to move."""
        if self._watches:
            hart = self._machine.hart
            self._held = []
            self._origin = (hart.pc, hart.privilege) if self.needs_steps else None
            self._look()

    @contextmanager
    def changing(self) -> Iterator[None]:
        """Leave out what a person changes meanwhile: it is not the machine's doing."""
        self._held = self.met()
        yield
        self._look()

    def _look(self) -> None:
        self._before = {watch.number: self._value(watch) for watch in self._watches}

    def met(self) -> list[Meeting]:
        """Return the watchpoints whose values differ since `begin`."""
        found = list(self._held)
        for watch in self._watches:
            if watch.number in self._before:
                before, after = self._before[watch.number], self._value(watch)
                if before != after:
                    change = f"{_shown(before)} → {_shown(after)}"
                    text = f"watchpoint {watch.number}, {watch.words}: {change}"
                    found.append(Meeting(watch, StopKind.WATCH, text))
        return found

    def doer(self) -> str:
        """Say which instruction made the change, as far as one did: for after a step that did."""
        if self._origin is not None:
            position = self._whereabouts.at(*self._origin)
            return self._told(position, stores_only=False)
        hart = self._machine.hart
        # No store changes the pc or the mode: it stands just before.
        return self._told(
            self._whereabouts.at(hart.pc - _LENGTH & MASK, hart.privilege), stores_only=True
        )

    def _told(self, position: Position, *, stores_only: bool) -> str:
        data = None
        if position.physical is not None:
            data = self._machine.read_physical(position.physical, _LENGTH)
        word = int.from_bytes(data or b"", "little")
        decoded = decode(word)
        if decoded is None or (stores_only and not _stores(decoded.row.name)):
            return "by the hardware" if stores_only else ""
        linked = position.linked if position.component else position.pc
        return f"by {instruction_text(word, linked)} {position}"

    def _stored(self, address: int, size: int) -> None:
        machine = self._machine
        if not machine.probes.armed:
            return
        for watch in self._watches:
            if watch.watched is not None:
                low, length = watch.watched
                touched = low < address + size and address < low + length
                if touched and self._value(watch) != self._before.get(watch.number):
                    machine.request_stop()

    def _value(self, watch: WatchBreakpoint) -> int | None:
        """Return what is watched; None if it has no value now."""
        if watch.watched is not None:
            data = self._machine.read_physical(*watch.watched)
            return None if data is None else int.from_bytes(data, "little")
        try:
            return watch.expression.evaluate(self._live)
        except EvaluationError:
            return None


def _shown(value: int | None) -> str:
    return "no value" if value is None else f"{value:#x}"


def _stores(name: str) -> bool:
    return name in ("sb", "sh", "sw") or name.startswith(("sc.", "amo"))
