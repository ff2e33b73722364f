"""The pane of page tables: what becomes of an address, from stage to stage, and which level refused."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message

from hvtui.debugger.session import Lens
from hvtui.debugger.snapshot import Snapshot
from hvtui.debugger.views.pageslook import PagesRequest, PagesSeen, look
from hvtui.debugger.views.pagewalk import ACCESS_NAMES
from hvtui.machine.translation import Access
from hvtui.tui.messages import Refresh
from hvtui.tui.panes.asking import AskingPane
from hvtui.tui.panes.memory_rows import problem_rows
from hvtui.tui.panes.pages_rows import pages_rows
from hvtui.tui.panes.pane import DrawnPane
from hvtui.tui.rows import Row, shorten

_ACCESSES = tuple(Access)


class PagesView(DrawnPane):
    """The walk. It shows what was seen last until it has seen what is wanted now."""

    HELP = ""

    class Found(Message):
        """What was tried as an address is one."""

    def __init__(self) -> None:
        super().__init__(id="pages-view")
        self.place = "pc"
        self.access = Access.FETCH
        self.tried: str | None = None
        self.whole = False
        self.problem = ""
        self._number = 0

    @property
    def seen(self) -> PagesSeen | None:
        """What was seen last."""
        found = self.snapshot.seen.get(self.id or "") if self.snapshot is not None else None
        return found if isinstance(found, PagesSeen) else None

    def lens(self) -> Lens | None:
        """Return what walks the tables."""
        request = PagesRequest(self.place, self.access, self.tried, self.whole, self._number)
        return lambda session: look(session, request)

    def look_again(self) -> None:
        """Ask for another look."""
        self._number += 1
        self.screen.post_message(Refresh())

    def go_to(self, text: str) -> None:
        """Walk to what an expression says, if it can be read."""
        self.tried = text
        self.look_again()

    def show(self, snapshot: Snapshot) -> None:
        """Draw what was seen."""
        self.snapshot = snapshot
        seen = self.seen
        if seen is not None and seen.request.number == self._number:
            tried, self.tried, self.place = self.tried, None, seen.place
            if tried is not None:
                self.problem = seen.problem
                if not seen.problem:
                    self.post_message(self.Found())
        self.redraw()

    def draw(self, snapshot: Snapshot, width: int, height: int) -> tuple[Row, ...]:
        """Return the rows."""
        seen = self.seen
        if seen is None:
            return ()
        problem = self.problem or (seen.problem if self.tried is None else "")
        return (*problem_rows(problem, width), *pages_rows(seen, width))

    def title(self, snapshot: Snapshot) -> tuple[str, str]:
        """Say the address, and what is done with it."""
        seen = self.seen
        if seen is None:
            return "Page tables", ""
        name = f"Pages {ACCESS_NAMES[self.access]} {seen.place}"
        others = ", ".join(preset.text for preset in seen.presets if preset.text != seen.place)
        return shorten(name, 40), shorten(f". for {others}", max(self.size.width - len(name) - 6, 0))

    def next_access(self, by: int) -> None:
        """Look at the same address for something else that is done with it."""
        self.access = _ACCESSES[(_ACCESSES.index(self.access) + by) % len(_ACCESSES)]
        self.look_again()

    def next_preset(self, by: int) -> None:
        """Go to the next address that the machine offers."""
        seen = self.seen
        if seen is None:
            return
        texts = [preset.text for preset in seen.presets]
        at = texts.index(self.place) + by if self.place in texts else 0
        preset = seen.presets[at % len(texts)]
        self.access = preset.access
        self.go_to(preset.text)


class PagesPane(AskingPane):
    """Walks of page tables: the hardware's, a guest's, and how they fit together."""

    HELP = """\
# Page tables

What becomes of an address when it is fetched from, loaded from or stored to: each page-table entry on
the way with its flags, where it leads, and which level refused and why. `a` or Enter asks for an
address, ← and → choose what is done with it, `.` and `,` go through the addresses that matter now:
`pc`, `sp`, what the last fault was about, what a trap interrupted.

Flags are `vrwxugad`: valid, read, write, execute, user, global, accessed, dirty.

While a guest runs, or waits for its hypervisor, there are two walks. Its own table, in the `satp` that
it wrote, leads from what it calls virtual to what it calls physical, and its place in RAM from there to
the host's memory. The hardware walks the hypervisor's table instead, its shadow. A line says how they
fit: `=` the same place, `…` not filled yet, `<` the shadow permits less, `>` it permits more, `!` it
leads elsewhere.

`=` shows the whole tables as ranges of addresses."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,a", "address", "Address", show=False),
        Binding("right", "access(1)", "Fetch, load, store", show=False),
        Binding("left", "access(-1)", "Fetch, load, store", show=False),
        Binding("full_stop", "preset(1)", "The next address that matters", show=False),
        Binding("comma", "preset(-1)", "The one before", show=False),
        Binding("equals_sign", "whole", "Whole tables", show=False),
    ]

    def __init__(self, *, id: str | None = None) -> None:
        self.pages = PagesView()
        super().__init__(self.pages, id=id)

    def inspect(self, text: str) -> None:
        """Walk to where an expression says."""
        self.pages.go_to(text)

    def entered(self, purpose: str, text: str) -> None:
        """Go to an address."""
        if text:
            self.pages.go_to(text)
        else:
            self.accept()

    def given_up(self, purpose: str) -> None:
        """Forget what is wrong with an address."""
        self.pages.problem, self.pages.tried = "", None
        self.pages.look_again()

    def on_pages_view_found(self) -> None:
        """Close the line."""
        self.accept()

    def action_address(self) -> None:
        """Ask for an address."""
        self.ask("address", "address", self.pages.place, "pc, sp, stval, 0x40000000, tinyos::processes")

    def action_access(self, by: int) -> None:
        """Choose what is done with the address."""
        self.pages.next_access(by)

    def action_preset(self, by: int) -> None:
        """Go through the addresses that matter now."""
        self.pages.next_preset(by)

    def action_whole(self) -> None:
        """Show whole tables, or no longer."""
        self.pages.whole = not self.pages.whole
        self.pages.look_again()
