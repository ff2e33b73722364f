"""The commands that look deeper: page walks in words, a guest's CSRs, searches."""

from __future__ import annotations

import pytest

from hvtui.debugger.commands.everything import NAMES
from hvtui.debugger.commands.information import INFO
from hvtui.debugger.commands.interpreter import Interpreter
from hvtui.debugger.commands.table import CommandError
from hvtui.debugger.session import Session
from tests.support.debugged import HYPERVISOR, Part, session_of

TEXT = """\
_start: j       _start
        .data
text:   .asciz  "one needle, two needles"
        .byte   0xde, 0xad, 0xbe, 0xef
"""

KERNEL = "_start: li a0, 0x80010100\n csrw mtvec, a0\n csrr a1, mscratch\nend: j end\n"


def told(session: Session, *lines: str) -> list[str]:
    rows: list[str] = []
    interpreter = Interpreter(session, rows.append)
    for line in lines:
        rows.clear()
        interpreter.execute(line)
    return rows


def guest() -> Session:
    session = session_of(
        Part("hyper", HYPERVISOR, 0x8000_0000, "hypervisor"),
        Part("guest", KERNEL, 0x8001_0000, vm="vm1", believes=0),
    )
    session.break_at("guest::end")
    session.resume()
    return session


def test_a_walk_is_told_in_words() -> None:
    session = session_of(Part("main", TEXT))
    assert told(session, "info pages") == [
        "fetch 0x80000000 by the hardware in ring 0 (M):",
        "  no translation: the address is physical",
        "  → 0x80000000",
        "  no PMP entry matches: M may do anything",
    ]
    assert told(session, "info pages -store 0x40000000")[-1] == (
        "  neither RAM nor a device answers → store/AMO access fault"
    )


def test_a_guests_walk_stands_beside_the_hardwares() -> None:
    rows = told(guest(), "info pages pc")
    assert rows[0] == "load 0x80010010 by the hardware in ring 1 (S):"
    assert "by vm1, in ring 0 (M) as it believes:" in rows
    assert "  the host has that at 0x80010010" in rows
    assert rows[-1] == "= the hardware goes to the same place"


def test_a_guests_csrs_are_told_with_what_became_of_the_write() -> None:
    assert told(guest(), "info guest") == [
        "vm1 as the guest wrote it:",
        "  mtvec         0x80010100  0x80010100 direct  (trapped)",
        "  mscratch                  told 0x00000000",
    ]
    assert told(session_of(Part("main", TEXT)), "info guest")[0].startswith("There are no guests")


def test_a_guest_that_has_touched_no_csr_is_told_in_words() -> None:
    """One that has not begun, that asks its hypervisor for all, or that is translated."""
    kernel = "_start: j _start\n"
    part = Part("guest", kernel, 0x8001_0000, "kernel", "vm1", believes=1)
    session = session_of(Part("hyper", "_start: j _start\n", role="hypervisor"), part)
    nothing = "  nothing: none of its own instructions has read or written a CSR"
    assert told(session, "info guest") == ["vm1 as the guest wrote it:", nothing]


def test_find_tells_every_place_and_leaves_x_there() -> None:
    session = session_of(Part("main", TEXT))
    text = session.scope.components[0].program.symbols["text"].value
    assert told(session, 'find 0x80000000, "needle"') == [
        f"{text + 4:#010x} <text+0x4>",
        f"{text + 16:#010x} <text+0x10>",
    ]
    assert told(session, 'find phys 0x80000000, 0x10, "needle"') == [f"{text + 4:#010x}"]
    assert told(session, "find text, de ad be ef") == [f"{text + 24:#010x} <text+0x18>"]
    assert told(session, 'find text, "needle"', "x/s")[0].endswith('"needle, two needles"')
    assert told(session, 'find text, "nothing of the kind"') == ["It is not there."]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("find", "say where to search"),
        ("find text", "say where to search"),
        ('find "text"', "say where to search"),
        ('find text, ""', "say what to search for"),
        ('find text, 0, "x"', "is no length"),
        ("info guest vm7", 'there is no VM "vm7": there is vm1'),
        ("info pages -jump 5", "is no option"),
    ],
)
def test_a_mistake_says_what_would_help(line: str, words: str) -> None:
    with pytest.raises(CommandError) as caught:
        told(guest() if "guest" in line else session_of(Part("main", TEXT)), line)
    assert words in str(caught.value)


def test_a_bad_address_is_pointed_at() -> None:
    with pytest.raises(CommandError) as caught:
        told(session_of(Part("main", TEXT)), 'find txet, "x"')
    assert "^^^^" in str(caught.value)


@pytest.mark.parametrize(("typed", "meant"), [("f", "finish"), ("fi", "finish"), ("fin", "finish")])
def test_older_abbreviations_mean_what_they_did(typed: str, meant: str) -> None:
    assert NAMES.find(typed).name == meant


@pytest.mark.parametrize(("typed", "meant"), [("p", "program"), ("pa", "pages"), ("g", "guest")])
def test_topics_are_found_by_their_beginnings(typed: str, meant: str) -> None:
    assert INFO.find(typed).name == meant
