"""The command line's pane: what was typed and what came of it, and a line to type into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, Static

from hvtui.debugger.commands.history import Recall
from hvtui.debugger.expressions.completion import Completion
from hvtui.debugger.snapshot import Snapshot
from hvtui.tui.commanding import Commands
from hvtui.tui.input_line import InputLine
from hvtui.tui.line_pane import LinePane
from hvtui.tui.messages import Do, Say
from hvtui.tui.panes.pane import Pane
from hvtui.tui.rows import Row, fit, row, shorten
from hvtui.tui.transcript import Transcript

_STANDING = "a command, as in: break main, x/8xw sp, rc; help lists all"
_RUNNING = "the machine runs: Esc or Ctrl+C pauses; break, print, info work meanwhile"
_IN_BLOCK = "a command of the breakpoint; end ends them"

# The most candidates that are in view at once, and the width of their names.
_MOST_CANDIDATES = 10
_WIDEST_CANDIDATE = 32


class Output(Pane):
    """The lines so far; it stays at the end unless somebody scrolled up."""

    HELP = ""

    def __init__(self) -> None:
        super().__init__(id="command-output")
        self.remove_class("pane")
        self.can_focus = False
        self.transcript = Transcript()

    @property
    def row_count(self) -> int:
        """How many lines there are."""
        return len(self.transcript.rows)

    def row_at(self, index: int) -> Row:
        """Return line `index`."""
        return self.transcript.rows[index]

    def show(self, snapshot: Snapshot) -> None:
        """Nothing here is of the machine, but whether it runs."""
        self.snapshot = snapshot
        if isinstance(self.parent, CommandPane):
            self.parent.show_running(is_running=snapshot.running)

    def take(self) -> None:
        """Draw what came, and follow it."""
        at_end = self._is_at_end
        dropped = self.transcript.collect()
        self.repaint()
        if at_end:
            self.to_end()
        elif dropped:
            self._scroll(self.scroll_offset.y - dropped)

    def resized(self) -> None:
        """Break the lines anew, and show the last ones."""
        self.transcript.fit(self.size.width)
        self.repaint()
        self.to_end()

    def turn_page(self, by: int) -> None:
        """Scroll by pages."""
        self._scroll(self.scroll_offset.y + by * max(self.size.height - 1, 1))

    def to_end(self) -> None:
        """Show the last lines."""
        self._scroll(self.row_count)

    @property
    def _is_at_end(self) -> bool:
        return self.scroll_offset.y >= self.row_count - self.size.height

    def _scroll(self, top: int) -> None:
        highest = max(self.row_count - self.size.height, 0)
        self.scroll_to(y=min(max(top, 0), highest), animate=False, force=True, immediate=True)


class Candidates(LinePane, can_focus=False):
    """What the word before the cursor could become, each with what it is. A click takes one."""

    @dataclass
    class Taken(Message):
        """The person clicked on a candidate."""

        index: int

    def __init__(self) -> None:
        super().__init__(id="command-candidates")
        self.offered: tuple[Completion, ...] = ()
        self.chosen: int | None = None
        self.display = False

    @property
    def row_count(self) -> int:
        """How many candidates there are."""
        return len(self.offered)

    def row_at(self, index: int) -> Row:
        """Return a candidate's line."""
        known, width = self.offered[index], self.size.width
        is_chosen = index == self.chosen
        name = fit(known.text, self._name_width)
        summary = shorten(known.summary, max(width - self._name_width - 5, 0))
        return row(
            ("▸ " if is_chosen else "  ", "strong"), (name, "strong" if is_chosen else "label"),
            ("  " + summary, "dim"), line="cursor",
        )  # fmt: skip

    def offer(self, offered: tuple[Completion, ...], room: int) -> None:
        """Show candidates, in `room` lines at most; with none, nothing at all."""
        self.offered, self.chosen = offered, None
        self.display = bool(offered)
        self.styles.height = min(len(offered), max(room, 1), _MOST_CANDIDATES)
        self._shown.clear()
        self.repaint()
        self.scroll_to(y=0, animate=False, force=True, immediate=True)

    def choose(self, index: int) -> None:
        """Mark a candidate."""
        self.chosen = index
        self.repaint()
        self.show_line(index, margin=0)

    def on_click(self, event: events.Click) -> None:
        """Take the candidate that was clicked on."""
        index = event.y + self.scroll_offset.y
        if index < len(self.offered):
            self.post_message(self.Taken(index))

    @property
    def _name_width(self) -> int:
        widest = max((cell_len(known.text) for known in self.offered), default=0)
        return max(min(widest, _WIDEST_CANDIDATE, self.size.width - 4), 1)


class _Rest(Suggester):
    """Suggests how the line goes on: as it did the last time, or in the only way it can."""

    def __init__(self, line: CommandLine) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._line = line

    async def get_suggestion(self, value: str) -> str | None:
        """Return the whole line."""
        commands = self._line.commands
        if commands is None or not value.strip():
            return None
        known = commands.history.latest(value)
        if known:
            return known
        found = commands.interpreter.complete(value) if not value[-1].isspace() else ()
        if len(found) != 1:
            return None
        whole = value[: found[0].start] + found[0].text
        return whole if whole.startswith(value) else None


class CommandLine(InputLine):
    """The line itself: history, completion, and what becomes of several lines that are pasted."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "older", "The line before", show=False),
        Binding("down", "newer", "The line after", show=False),
        Binding("ctrl+r", "search", "Find in history", show=False),
        Binding("tab", "complete(1)", "Complete", show=False),
        Binding("shift+tab", "complete(-1)", "Complete, the other way", show=False),
        Binding("escape", "leave", "Pause, or back to the panes", show=False),
        Binding("ctrl+c", "cancel", "Pause, or clear the line", show=False),
        Binding("ctrl+l", "clear_output", "Clear the output", show=False),
        Binding("pageup", "turn(-1)", "Scroll up", show=False),
        Binding("pagedown", "turn(1)", "Scroll down", show=False),
    ]

    @dataclass
    class Lines(Message):
        """The person entered lines."""

        lines: tuple[str, ...]

    @dataclass
    class Offers(Message):
        """There are several ways to go on; none closes the list."""

        offered: tuple[Completion, ...]
        chosen: int | None = None

    class Paused(Message):
        """The person wants the machine to stand still."""

    @dataclass
    class Turned(Message):
        """The person turns the pages of the output."""

        by: int

    class Cleared(Message):
        """The person wants to see no more of what was told."""

    class Dropped(Message):
        """The person gives up the block of lines that was begun."""

    def __init__(self) -> None:
        super().__init__(compact=True, id="command-input", placeholder=_STANDING, select_on_focus=False)
        self.commands: Commands | None = None
        self.machine_runs = False
        self._recall: Recall | None = None
        self._offered: tuple[Completion, ...] = ()
        self._chosen: int | None = None
        self._expected = ""
        self._typed = ("", "")
        self.suggester = _Rest(self)

    def attach(self, commands: Commands) -> None:
        """Do what is typed by `commands`."""
        self.commands = commands
        self._recall = Recall(commands.history)

    # Entering

    async def action_submit(self) -> None:
        """Have the line done, and begin the next."""
        self._enter((self.value,))

    def _enter(self, lines: tuple[str, ...]) -> None:
        self._close()
        if self._recall is not None:
            self._recall.forget()
        self.value = ""
        self.post_message(self.Lines(lines))

    def _on_paste(self, event: events.Paste) -> None:
        """Insert a text; of several lines, do all that are complete."""
        event.stop()
        event.prevent_default()
        first, *rest = event.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        self.replace(first, *self.selection)
        if not rest:
            return
        lines = (self.value, *rest[:-1])
        self._enter(lines)
        self.value = rest[-1]
        self.cursor_position = len(self.value)

    # History

    def _put(self, line: str | None) -> None:
        if line is not None:
            self._close()
            self.value = line
            self.cursor_position = len(line)

    def action_older(self) -> None:
        """Go to an older line that begins as what was typed does."""
        if self._recall is not None:
            self._put(self._recall.older(self.value))

    def action_newer(self) -> None:
        """Go to a newer one."""
        if self._recall is not None:
            self._put(self._recall.newer(self.value))

    def action_search(self) -> None:
        """Go to an older line that has what was typed in it."""
        if self._recall is None:
            return
        found = self._recall.search(self.value)
        if found is None:
            self.post_message(Say("no older line has that in it", is_problem=True))
        self._put(found)

    # Completion

    def action_complete(self, by: int) -> None:
        """Complete the word before the cursor; where there are several ways, go through them."""
        if self.commands is None:
            return
        if self._offered:
            count = len(self._offered)
            start = -1 if by > 0 else 0
            self.choose(((start if self._chosen is None else self._chosen) + by) % count)
            return
        if by < 0:
            self.screen.focus_previous()
            return
        head, tail = self.value[: self.cursor_position], self.value[self.cursor_position :]
        found = self.commands.interpreter.complete(head)
        if len(found) == 1:
            text = head[: found[0].start] + found[0].text
            self._replace(text + _gap(text, tail), tail)
        elif found:
            starts = {known.start for known in found}
            common = _beginning([known.text for known in found])
            start = min(starts)
            if len(starts) == 1 and len(common) > len(head) - start and common.startswith(head[start:]):
                head = head[:start] + common
                self._replace(head, tail)
            self._offered, self._typed = found, (head, tail)
            self.post_message(self.Offers(found))

    def choose(self, index: int) -> None:
        """Take one of the candidates, while the others stay in view."""
        if index >= len(self._offered):
            return
        known, (head, tail) = self._offered[index], self._typed
        self._chosen = index
        self._replace(head[: known.start] + known.text, tail)
        self.post_message(self.Offers(self._offered, index))

    def _replace(self, head: str, tail: str) -> None:
        self._expected = self.value = head + tail
        self.cursor_position = len(head)

    def _watch_value(self, value: str) -> None:
        """Close the list when somebody types on."""
        super()._watch_value(value)
        if self._offered and value != self._expected:
            self._close()

    def _close(self) -> None:
        if self._offered:
            self._offered, self._chosen = (), None
            self.post_message(self.Offers(()))

    # Leaving

    def action_leave(self) -> None:
        """Close the list; else pause the machine; else give the keys back to the panes."""
        if self._offered:
            self._close()
        elif self.machine_runs:
            self.post_message(self.Paused())
        else:
            self.post_message(Do("back"))

    def action_cancel(self) -> None:
        """Copy what is selected; else pause the machine; else clear the line."""
        if not self.selection.is_empty:
            self.action_copy()
        elif self.machine_runs:
            self.post_message(self.Paused())
        elif self.value:
            self._close()
            self.value = ""
        else:
            self.post_message(self.Dropped())

    def action_turn(self, by: int) -> None:
        """Turn the pages of the output."""
        self.post_message(self.Turned(by))

    def action_clear_output(self) -> None:
        """Clear the output."""
        self.post_message(self.Cleared())


def _beginning(texts: list[str]) -> str:
    """Return what all texts begin with."""
    first, last = min(texts), max(texts)
    length = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), len(first))
    return first[:length]


def _gap(head: str, tail: str) -> str:
    """Return the blank after a command's name, which something follows mostly."""
    return " " if not tail and head[-1:].isalnum() and " " not in head.strip() else ""


class CommandPane(Vertical):
    """Output above, the line below, and between them what could be typed next."""

    HELP = """\
# Command line

The debugger's commands in gdb's words: `break main if a0 == 3`, `x/8xw sp`, `reverse-continue`. `help`
lists them, `help COMMAND` tells of one. `:` comes here from anywhere, Esc goes back, and the line
stays as it is.

| key | |
| --- | --- |
| Tab | completes; where there are several ways, it lists them and goes through them |
| → | takes the rest that is shown dim |
| ↑ ↓ | earlier lines that begin as what is typed |
| Ctrl+R | earlier lines that have what is typed in them |
| PgUp PgDn | scroll the output |
| Ctrl+C | clears the line |
| Ctrl+L | clears the output |

While the machine runs, Esc or Ctrl+C pauses it, and commands that do not move it are done all the same:
a breakpoint can be set on the run."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id, classes="pane")
        self.border_title = " Command line "
        self._commands: Commands | None = None

    def compose(self) -> ComposeResult:
        """Yield output, candidates and the line."""
        yield Output()
        yield Candidates()
        with Horizontal(id="command-entry"):
            yield Static("(hv) ", id="command-prompt", markup=False)
            yield CommandLine()

    def attach(self, commands: Commands) -> None:
        """Show what `commands` does, and have it do what is typed."""
        self._commands = commands
        self.query_one(Output).transcript = commands.transcript
        self.query_one(CommandLine).attach(commands)
        self.take()

    def show_running(self, *, is_running: bool) -> None:
        """Say in the empty line what can be typed now."""
        line = self.query_one(CommandLine)
        line.machine_runs = is_running
        in_block = self._commands is not None and self._commands.interpreter.is_in_block
        wanted = _IN_BLOCK if in_block else _RUNNING if is_running else _STANDING
        if line.placeholder != wanted:
            line.placeholder = wanted

    def take(self) -> None:
        """Draw what was told."""
        self.query_one(Output).take()
        if self._commands is not None:
            self.query_one("#command-prompt", Static).update(self._commands.prompt, layout=False)
            self.show_running(is_running=self.query_one(CommandLine).machine_runs)

    def begin(self, text: str) -> None:
        """Let the person go on from `text`. What was in the line can be had again from the history."""
        line = self.query_one(CommandLine)
        if self._commands is not None and line.value.strip() and not line.value.startswith(text):
            self._commands.history.add(line.value)
        if not line.value.startswith(text):
            line.value = text
        line.cursor_position = len(line.value)
        line.focus()

    def put_back(self, text: str) -> None:
        """Give a line back that was not done, if nothing else has been typed since."""
        line = self.query_one(CommandLine)
        if not line.value:
            line.value = text
            line.cursor_position = len(text)

    # What comes from the line

    def on_command_line_lines(self, message: CommandLine.Lines) -> None:
        """Do lines."""
        message.stop()
        self.query_one(Output).to_end()
        if self._commands is not None:
            self._commands.want(*message.lines)

    def on_command_line_offers(self, message: CommandLine.Offers) -> None:
        """Show the candidates, or mark one."""
        message.stop()
        candidates = self.query_one(Candidates)
        if message.chosen is not None and candidates.offered == message.offered:
            candidates.choose(message.chosen)
        else:
            candidates.offer(message.offered, self.size.height - 2)

    def on_candidates_taken(self, message: Candidates.Taken) -> None:
        """Take the candidate that was clicked on."""
        message.stop()
        line = self.query_one(CommandLine)
        line.choose(message.index)
        line.focus()

    def on_command_line_paused(self, message: CommandLine.Paused) -> None:
        """Pause the machine."""
        message.stop()
        self.post_message(Do("pause"))

    def on_command_line_turned(self, message: CommandLine.Turned) -> None:
        """Turn pages."""
        message.stop()
        self.query_one(Output).turn_page(message.by)

    def on_command_line_cleared(self, message: CommandLine.Cleared) -> None:
        """Clear the output."""
        message.stop()
        self.query_one(Output).transcript.clear()
        self.take()

    def on_command_line_dropped(self, message: CommandLine.Dropped) -> None:
        """Give up a block of lines."""
        message.stop()
        if self._commands is not None:
            self._commands.drop_block()
            self.take()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Nothing above this pane needs to know."""
        event.stop()
