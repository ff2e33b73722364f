"""The panes, as a table: their names, keys and tabs, and the widgets that draw them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from textual.widget import Widget

from hvtui.tui.panes.bitmap import BitmapPane
from hvtui.tui.panes.breakpoints import BreakpointsPane
from hvtui.tui.panes.command import CommandPane
from hvtui.tui.panes.console import ConsolePane
from hvtui.tui.panes.csrs import CsrsPane
from hvtui.tui.panes.lesson import LessonPane
from hvtui.tui.panes.log import LogPane
from hvtui.tui.panes.memory import MemoryPane
from hvtui.tui.panes.pages import PagesPane
from hvtui.tui.panes.registers import RegistersPane
from hvtui.tui.panes.rings import RingsPane
from hvtui.tui.panes.source import SourcePane
from hvtui.tui.panes.stack import StackPane
from hvtui.tui.panes.timeline import TimelinePane


@dataclass(frozen=True, slots=True)
class PaneInfo:
    """A pane: `name` is the widget's id, `key` leads to it, `make` makes the widget.

    `title` and `short` stand on its tab, where it has one. `inside` selects what gets the focus, if
    that is not the pane itself.
    """

    name: str
    key: str
    title: str
    short: str
    make: Callable[[str], Widget]
    inside: str = ""


PANES: tuple[PaneInfo, ...] = (
    PaneInfo("source", "1", "Source", "Src", lambda name: SourcePane(id=name)),
    PaneInfo("rings", "2", "Rings", "Ring", lambda name: RingsPane(id=name)),
    PaneInfo("bitmap", "3", "Trap bitmap", "Bits", lambda name: BitmapPane(id=name)),
    PaneInfo("registers", "4", "Registers", "Regs", lambda name: RegistersPane(id=name)),
    PaneInfo("stack", "5", "Call stack", "Stack", lambda name: StackPane(id=name)),
    PaneInfo("console", "6", "Console", "Cons", lambda name: ConsolePane(id=name), "#console-output"),
    PaneInfo(
        "command", "colon", "Command line", "Cmd", lambda name: CommandPane(id=name), "#command-input"
    ),
    PaneInfo("log", "7", "Trap log", "Log", lambda name: LogPane(id=name), "#log-rows"),
    PaneInfo("timeline", "T", "Timeline", "Time", lambda name: TimelinePane(id=name)),
    PaneInfo("breakpoints", "B", "Breakpoints", "Brk", lambda name: BreakpointsPane(id=name)),
    PaneInfo("lesson", "l", "Lesson", "Less", lambda name: LessonPane(id=name)),
    PaneInfo("csrs", "0", "CSRs", "CSR", lambda name: CsrsPane(id=name)),
    PaneInfo("memory", "8", "Memory", "Mem", lambda name: MemoryPane(id=name), "#memory-view"),
    PaneInfo("pages", "9", "Page tables", "Page", lambda name: PagesPane(id=name), "#pages-view"),
)  # fmt: skip

PANES_BY_NAME = {pane.name: pane for pane in PANES}
