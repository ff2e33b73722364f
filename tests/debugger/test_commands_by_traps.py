"""The commands that go to traps, to changes of the ring, out of handlers and through guests alone."""

from __future__ import annotations

import pytest

from hvtui.debugger.commands.everything import NAMES
from hvtui.debugger.commands.interpreter import Interpreter
from hvtui.debugger.commands.table import CommandError
from tests.support.debugged import virtualized


class Prompt:
    """A debugger of a virtual machine; a line that is typed gives where it led."""

    def __init__(self) -> None:
        self.session = virtualized()
        self.told: list[str] = []
        self.interpreter = Interpreter(self.session, self.told.append)

    def __call__(self, line: str) -> str:
        self.told.clear()
        self.interpreter.execute(line)
        return self.session.here.where


def test_one_goes_to_rings_traps_and_guests_and_back() -> None:
    gdb = Prompt()
    assert gdb("guest") == "guest.s:1"
    assert gdb("guest 2") == "guest.s:7"
    assert gdb("reverse-guest 2") == "guest.s:1"
    assert gdb("trap") == gdb.session.here.where
    assert gdb.told[0].startswith("trap: illegal instruction, csrw mscratch, zero")
    assert gdb("finish-trap") == "guest.s:7"
    assert gdb("ring 2") == "program.s:1"
    assert gdb.told[0].startswith("switch by guest: mret in hyper")
    gdb("reverse-ring")
    assert gdb.told[0].startswith("trap: illegal instruction, mret")
    gdb("reverse-trap")
    assert gdb.told[0].startswith("trap: illegal instruction, csrw mscratch, zero")
    assert gdb("rft") == "guest.s:6"
    with pytest.raises(CommandError, match="no trap handler runs"):
        gdb("ft")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("r", "run"), ("t", None), ("tr", "trapbit"), ("tra", "trapbit"), ("trapb", "trapbit"),
        ("trap", "trap"), ("g", "goto"), ("gu", "guest"), ("ri", "ring"), ("f", "finish"),
        ("fini", "finish"), ("finish-", "finish-trap"), ("ste", "step"), ("nex", "next"),
        ("reverse-f", "reverse-finish"), ("reverse-s", "reverse-step"), ("reverse-t", "reverse-trap"),
        ("rev", None), ("re", None), ("tb", "tbreak"),
    ],
)  # fmt: skip
def test_beginnings_of_names_still_mean_what_they_meant(typed: str, meant: str | None) -> None:
    if meant is None:
        with pytest.raises(CommandError, match="could be"):
            NAMES.find(typed)
    else:
        assert NAMES.find(typed).name == meant


def test_the_new_commands_are_completed() -> None:
    found = {known.text for known in Prompt().interpreter.complete("reverse-")}
    assert {"reverse-trap", "reverse-ring", "reverse-guest", "reverse-finish-trap"} <= found
