"""What a person can do, as a table: keys, footer, help and palette are made from it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from textual.binding import Binding


class Group(Enum):
    """Under which heading the help lists an action."""

    MOVE = "Move"
    BACK = "Move back in time"
    BREAK = "Breakpoints"
    CHANGE = "Change"
    VIEW = "View"
    PROGRAM = "Program"


@dataclass(frozen=True, slots=True)
class Action:
    """One thing to do.

    `name` is the screen's method without its ``action_``; `keys` the keys, the first being the one that
    is shown. `label` is the footer's word, empty for what the footer does not show; where it is
    narrow, those of a high `rank` go first. `standing` actions need a machine that stands still,
    `running` ones a machine that runs; `alive` ones need one that has not ended.
    """

    name: str
    keys: tuple[str, ...]
    label: str
    summary: str
    group: Group
    rank: int = 0
    standing: bool = False
    running: bool = False
    alive: bool = False


ACTIONS: tuple[Action, ...] = (
    Action("step_line", ("s", "f11"), "step", "Step to the next source line, into calls and traps",
           Group.MOVE, 1, standing=True, alive=True),
    Action("step_instruction", ("i",), "instr", "Step one instruction, trap or interrupt",
           Group.MOVE, 4, standing=True, alive=True),
    Action("step_over", ("n", "f10"), "next", "Step to the next line here, over calls and traps",
           Group.MOVE, 2, standing=True, alive=True),
    Action("step_over_instruction", ("o",), "", "Step one instruction, over a call or trap",
           Group.MOVE, standing=True, alive=True),
    Action("finish", ("f",), "finish", "Run until this function returns, or this trap handler",
           Group.MOVE, 7, standing=True, alive=True),
    Action("resume", ("c", "f5"), "continue", "Run until a breakpoint, the end, or a pause",
           Group.MOVE, standing=True, alive=True),
    Action("run_to_cursor", ("u",), "", "Run until the line under the cursor",
           Group.MOVE, standing=True, alive=True),
    Action("pause", ("p", "space"), "pause", "Stop the running machine", Group.MOVE, running=True),
    Action("restart", ("r",), "restart", "Begin anew; breakpoints stay", Group.MOVE, 8, standing=True),
    Action("reverse_step_line", ("S",), "back", "Go back a source line, into calls and traps",
           Group.BACK, 6, standing=True),
    Action("reverse_step_instruction", ("I",), "", "Go back one instruction, trap or interrupt",
           Group.BACK, standing=True),
    Action("reverse_over", ("N",), "", "Go back a line here, over calls and traps",
           Group.BACK, standing=True),
    Action("reverse_over_instruction", ("O",), "", "Go back one instruction, over a call or trap",
           Group.BACK, standing=True),
    Action("reverse_finish", ("F",), "", "Go back to the call or trap that led here",
           Group.BACK, standing=True),
    Action("reverse_resume", ("C",), "", "Go back to the last breakpoint hit, or the beginning",
           Group.BACK, standing=True),
    Action("toggle_breakpoint", ("b", "f9"), "break",
           "Set or remove a breakpoint on the chosen line or trap bit", Group.BREAK, 5),
    Action("break_on_trap", ("t",), "trap", "Set breakpoints on traps: any, cause, bit, ring, ignored",
           Group.BREAK, 3),
    Action("list_breakpoints", ("B",), "list", "List the breakpoints: switch on and off, remove",
           Group.BREAK, 10),
    Action("toggle_trap_bit", ("x",), "", "Set or clear the trap bit chosen in the bitmap",
           Group.CHANGE),
    Action("type_to_guest", ("colon",), "", "Type a line for the guest", Group.CHANGE),
    Action("toggle_disassembly", ("d",), "disasm", "Change between source and disassembly",
           Group.VIEW, 9),
    Action("go_to", ("slash",), "goto", "Show a label, FILE:LINE or address in the source",
           Group.VIEW, 11),
    Action("zoom", ("z",), "", "Give the focused pane the whole screen, and back", Group.VIEW),
    Action("focus_pane('source')", ("1",), "", "Go to the source", Group.VIEW),
    Action("focus_pane('rings')", ("2",), "", "Go to the rings", Group.VIEW),
    Action("focus_pane('bitmap')", ("3",), "", "Go to the trap bitmap", Group.VIEW),
    Action("focus_pane('registers')", ("4",), "", "Go to the registers", Group.VIEW),
    Action("focus_pane('stack')", ("5",), "", "Go to the call stack", Group.VIEW),
    Action("focus_pane('console')", ("6",), "", "Go to the console", Group.VIEW),
    Action("show_help", ("question_mark", "f1"), "help", "Show this help", Group.PROGRAM),
    Action("back", ("escape",), "", "Back: from zoom, to the source, to the gallery", Group.PROGRAM),
    Action("leave", ("q",), "quit", "Leave: back to the gallery, or to the shell", Group.PROGRAM),
)  # fmt: skip

_KEY_NAMES = {
    "question_mark": "?", "colon": ":", "full_stop": ".", "slash": "/", "escape": "Esc",
}  # fmt: skip


def key_name(key: str) -> str:
    """Return a key as people write it."""
    return _KEY_NAMES.get(key, key.upper() if key.startswith("f") and key[1:].isdecimal() else key)


def bindings() -> Iterator[Binding]:
    """Return the bindings of all actions; their ids are the actions' names."""
    for action in ACTIONS:
        yield Binding(
            ",".join(action.keys),
            action.name,
            action.summary,
            show=False,
            id=action.name,
        )


def action_named(name: str) -> Action | None:
    """Return the action with that method name, its argument left off."""
    return next((action for action in ACTIONS if action.name.partition("(")[0] == name), None)


def is_available(action: Action, *, running: bool, ended: bool) -> bool:
    """Tell whether an action makes sense now."""
    if action.running and not running:
        return False
    if action.standing and running:
        return False
    return not (action.alive and ended)
