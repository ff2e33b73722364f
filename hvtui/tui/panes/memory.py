"""The memory pane: bytes at any address, in hexadecimal and as characters, to be found and changed."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType

from hvtui.debugger.views.finding import PatternError, parse_pattern
from hvtui.tui.messages import Say
from hvtui.tui.panes.asking import AskingPane
from hvtui.tui.panes.memory_view import MemoryView

_ADDRESS, _SEARCH = "address", "search"


class MemoryPane(AskingPane):
    """Memory at an address: physical, as the current mode sees it, or as a guest does."""

    HELP = """\
# Memory

Bytes at an address, as loads of the current mode see them: `a` or Enter asks for another. That is any
expression: `sp`, `tinyos::processes`, `*word(a0)`. `phys` before it takes the address for a physical
one, `guest` leads through the guest's own page table. A symbol is shown where it lies, if it is not
where the present translation leads. A view of what changes, such as `sp`, follows it.

`*` behind a byte marks what the last move changed. `··` cannot be read; the end of the line says why.

The arrows move the cursor `[ ]`, PgUp and PgDn by pages; the lowest line tells of what is under it.

`/` searches for text, or for bytes such as `de ad be ef`; `.` finds the next one, `,` the one before.

`e` lets hexadecimal digits change bytes: Enter writes them, Esc leaves all as it was. The change is
recorded, so that the run can be gone through again with it."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,a", "address", "Address", show=False),
        Binding("slash", "search", "Search", show=False),
        Binding("full_stop", "again(False)", "The next one", show=False),
        Binding("comma", "again(True)", "The one before", show=False),
        Binding("e", "edit", "Change bytes", show=False),
        Binding("escape", "leave", "End a search", show=False),
        Binding("left", "move(-1, 0, 0)", "Left", show=False),
        Binding("right", "move(1, 0, 0)", "Right", show=False),
        Binding("up,k", "move(0, -1, 0)", "Up", show=False),
        Binding("down,j", "move(0, 1, 0)", "Down", show=False),
        Binding("pageup", "move(0, 0, -1)", "A page up", show=False),
        Binding("pagedown", "move(0, 0, 1)", "A page down", show=False),
        Binding("home,g", "back_to_address", "To the address", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        self.memory = MemoryView()
        super().__init__(self.memory, id=id)

    def inspect(self, text: str) -> None:
        """Show the memory where an expression says."""
        self.memory.go_to(text)

    def entered(self, purpose: str, text: str) -> None:
        """Go to an address, or search."""
        if not text:
            self.accept()
        elif purpose == _ADDRESS:
            self.memory.go_to(text)
        else:
            try:
                pattern = parse_pattern(text)
            except PatternError as error:
                self.post_message(Say(str(error), is_problem=True))
            else:
                self.memory.find(pattern, backwards=False)

    def given_up(self, purpose: str) -> None:
        """Search no longer, and forget what is wrong with an address."""
        self.memory.leave()
        self.memory.problem, self.memory.tried = "", None
        self.memory.look_again()

    def on_memory_view_found(self) -> None:
        """Close the line."""
        self.accept()

    def action_address(self) -> None:
        """Ask for an address."""
        self.ask(
            _ADDRESS, "address", self.memory.place, "sp, tinyos::processes, phys 0x80000000, guest pc"
        )

    def action_search(self) -> None:
        """Ask what to search for."""
        self.ask(_SEARCH, "search", "", '"text", or bytes as in de ad be ef')

    def action_again(self, backwards: bool) -> None:
        """Search for the same once more."""
        if self.memory.pattern:
            self.memory.find(self.memory.pattern, backwards=backwards)
        else:
            self.action_search()

    def action_edit(self) -> None:
        """Change bytes."""
        self.memory.edit()

    def action_leave(self) -> None:
        """End a search."""
        self.memory.leave()

    def action_move(self, bytes_by: int, lines: int, pages: int) -> None:
        """Move the cursor."""
        seen = self.memory.seen
        width = seen.window.width if seen is not None else 0
        by = bytes_by + lines * width + pages * width * self.memory.line_count
        self.memory.move(by, page=pages != 0)

    def action_back_to_address(self) -> None:
        """Go to where the expression says."""
        self.memory.start = None
        self.memory.look_again()
