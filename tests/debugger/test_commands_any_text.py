"""Whatever is typed, a command does something or says why not; and completion always answers."""

from __future__ import annotations

from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from hvtui.debugger.commands.everything import COMMANDS
from hvtui.debugger.commands.information import TOPICS
from hvtui.debugger.commands.interpreter import Interpreter
from hvtui.debugger.commands.table import CommandError
from tests.support.debugged import virtualized

LONGEST_RUN = 600

NAMES = sorted(
    {*COMMANDS, *(alias for known in COMMANDS.values() for alias in known.aliases), "end", "#", "re"}
)
WORDS = (
    "if", "trap", "any", "wrstatus", "from", "to", "in", "guest", "hyper::handler", "program::ask",
    "guest.s:3", "hyper.s", "a0", "x0", "$sp", "pc", "mstatus.MIE", "mcause", "mtrapmap", "ring",
    "instant", "retired", "=", "==", "0", "1", "2", "-1", "3", "7", "0x80000000", "0x80010004",
    "99999999999999999999", "*", "*pc", "*word(sp + 4)", "*(a0)", "pword(0x80000000)", "(", ")", "+",
    "-", "/8xw", "/3i", "/s", "/d", "/", "/0x", "/99999b", "/zz", "-cut", "-n", "-step", "on", "off",
    "::", ";", "\\n", "\\", "'c'", '"guest"', "?", "end", "silent", "continue",
)  # fmt: skip

word = st.one_of(
    st.sampled_from(WORDS), st.sampled_from([known.name for known in TOPICS]), st.text(max_size=8)
)
line = st.one_of(
    st.builds(
        lambda name, gap, words: name + gap + " ".join(words),
        st.sampled_from(NAMES),
        st.sampled_from([" ", " ", " ", ""]),
        st.lists(word, max_size=4),
    ),
    st.text(max_size=30),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(line, min_size=1, max_size=12))
def test_no_text_makes_more_than_a_message(lines: list[str]) -> None:
    session = virtualized("vt")
    session.limit = LONGEST_RUN
    told: list[str] = []
    interpreter = Interpreter(session, told.append)
    for text in lines:
        with suppress(CommandError):
            interpreter.execute(text)
        assert session.machine.instant <= LONGEST_RUN
        assert not session.is_moving
    session.snapshot()


@settings(max_examples=100, deadline=None)
@given(line)
def test_completion_replaces_the_end_of_any_text(text: str) -> None:
    interpreter = Interpreter(virtualized("vt"), lambda _: None)
    for found in interpreter.complete(text):
        assert 0 <= found.start <= len(text)
    with suppress(CommandError):
        interpreter.execute("undisplay")
