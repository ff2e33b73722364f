"""What a session has to show besides the stack: console, trap log, listings, the next instruction."""

from __future__ import annotations

import pytest

from hvtui.debugger.console import CHARACTERS_KEPT, LINES_KEPT, LONGEST_LINE, Console
from hvtui.debugger.listing import Disassembly, SourceListing
from hvtui.debugger.rows import CHUNK_ROWS
from hvtui.debugger.traplog import Kind, TrapLog
from hvtui.machine.events import Outcome, TrapTaken
from hvtui.machine.privilege import Privilege
from tests.support.debugged import KEEPER, Part, session_of, virtualized


def test_the_console_keeps_lines_and_the_open_one() -> None:
    console = Console()
    console.write(b"one\r\ntw")
    console.write(b"o\b0\x07")
    assert console.lines == ("one", "tw0")


def test_the_console_takes_characters_that_come_in_pieces_and_bytes_that_are_none() -> None:
    console = Console()
    console.write("ü".encode()[:1])
    console.write("ü".encode()[1:] + b"\xff\n")
    assert console.lines == ("ü\N{REPLACEMENT CHARACTER}", "")


def test_the_console_is_bounded() -> None:
    console = Console()
    console.write(b"line\n" * (LINES_KEPT + 10) + b"x" * 100_000)
    assert len(console.lines) == LINES_KEPT + 1
    assert len(console.lines[-1]) < 10_000
    console.write((b"y" * 4000 + b"\n") * 1000)
    assert sum(len(line) for line in console.lines) <= CHARACTERS_KEPT + LONGEST_LINE


def test_the_console_lets_nothing_through_that_would_steer_a_terminal() -> None:
    console = Console()
    console.write("a\x1b[31mb\x9b2Jc\u202ed\u200be\x7f".encode())
    assert console.lines == ("a[31mb2Jcde",)


def test_the_trap_log_tells_a_handed_on_trap_in_order() -> None:
    session = virtualized()
    session.break_at("guest::serve")
    session.resume()
    kinds = [(entry.kind, entry.position.owner) for entry in session.traplog.entries]
    assert kinds == [
        (Kind.RETURN, "hyper"),
        (Kind.TRAP, "guest"),
        (Kind.RETURN, "hyper"),
        (Kind.TRAP, "guest"),
        (Kind.RETURN, "hyper"),
        (Kind.TRAP, "program"),
        (Kind.INJECTION, "hyper"),
    ]
    instants = [entry.instant for entry in session.traplog.entries]
    assert instants == sorted(instants)
    assert session.traplog.components == {"guest": 2, "program": 1}
    assert session.traplog.causes == {(False, 2): 2, (False, 8): 1}


def test_the_trap_log_is_bounded_but_its_counts_go_on() -> None:
    session = session_of(Part("keeper", KEEPER))
    log = TrapLog(session.whereabouts.of, chunks=1)
    here = session.here
    traps = [
        TrapTaken(instant, here.pc, 8, False, 0, 0x73, Privilege.U, Privilege.M, 0x8000_0020)
        for instant in range(3 * CHUNK_ROWS)
    ]
    for event in traps:
        log.trap(event, here)
    assert [entry.event for entry in log.entries] == traps[-len(log.entries) :]
    assert CHUNK_ROWS <= len(log.entries) <= 2 * CHUNK_ROWS
    assert log.entries[-1].position == here
    assert log.causes[False, 8] == len(traps)


def test_ignored_and_leaked_instructions_are_logged_and_counted() -> None:
    session = session_of(
        Part("keeper", KEEPER),
        Part("user", "_start: csrr t0, mstatus\n csrw mie, zero\nend: j end\n", 0x8001_0000, "user"),
        cpu="pentium",
    )
    session.break_at("end")
    session.resume()
    kinds = [entry.kind for entry in session.traplog.entries]
    assert kinds == [Kind.RETURN, Kind.LEAKED, Kind.IGNORED]
    assert {outcome for _, outcome in session.traplog.outcomes} == {Outcome.LEAKED, Outcome.IGNORED}


def test_a_source_listing_knows_which_lines_make_code() -> None:
    session = session_of(
        Part("main", "# comment\n_start: nop\nlabel:\n li a0, 5\n .data\nd: .word 1\n")
    )
    (component,) = session.system.components
    listing = SourceListing(component, "main.s")
    assert listing.code_lines == {2, 4}
    assert listing.lines[1] == "_start: nop"
    assert [location.physical for location in listing.locations(3)] == [0x8000_0004]
    assert listing.locations(6) == ()


def test_a_form_feed_ends_no_line_of_a_source() -> None:
    session = session_of(Part("main", "_start: nop # one\x0cpage\r\n\x0c\n nop\n"))
    listing = SourceListing(session.system.components[0], "main.s")
    assert listing.lines == ("_start: nop # one\x0cpage", "\x0c", " nop")
    assert listing.code_lines == {1, 3}


def test_a_disassembly_shows_labels_instructions_and_data_as_memory_has_them_now() -> None:
    session = session_of(
        Part("main", "_start: li a0, 5\nnext: ret\n .data\nd: .word 0x1234\n", linked=0x4000_0000)
    )
    (component,) = session.system.components
    code = Disassembly(session.machine, component)
    rows = [code[index] for index in range(len(code))]
    assert [(row.text, row.operands) for row in rows[:4]] == [
        ("_start:", ""), ("li", "a0, 5"), ("next:", ""), ("ret", ""),
    ]  # fmt: skip
    assert rows[1].address == 0x4000_0000
    assert any((row.text, row.operands) == (".word", "0x00001234") for row in rows)
    assert code.index_of(0x8000_0004) == 3
    assert code.index_of(0x8008_0000) is None
    session.machine.write_physical(0x8000_0004, (0x13).to_bytes(4, "little"))
    assert code[3].text == "nop"


def test_memory_that_belongs_to_nobody_can_be_disassembled() -> None:
    session = session_of(Part("main", "_start: nop\n"))
    code = Disassembly(session.machine, None, 0x8008_0000)
    index = code.index_of(0x8008_0000)
    assert index is not None
    assert code[index].text == ".word"
    outside = Disassembly(session.machine, None, 0x4000_0000)
    assert outside[0].text == "(no memory)"


@pytest.mark.parametrize(
    ("instruction", "cpu", "expected"),
    [
        ("csrr t0, mstatus", "classic", [("rdstatus", "trapped")]),
        ("csrw mstatus, t0", "legacy", [("wrstatus", "ignored")]),
        ("csrrw t0, mstatus, t1", "pentium", [("rdstatus", "leaked"), ("wrstatus", "ignored")]),
        ("csrs mie, t0", "classic", [("wrint", "trapped")]),
        ("csrrs t0, mie, t1", "legacy", [("rdint", "ignored"), ("wrint", "ignored")]),
        ("mret", "pentium", [("mret", "ignored")]),
        ("wfi", "legacy", [("wfi", "ignored")]),
        ("ecall", "classic", []),
        ("add a0, a1, a2", "classic", []),
    ],
)
def test_the_next_instruction_is_told_with_what_becomes_of_it(
    instruction: str, cpu: str, expected: list[tuple[str, str]]
) -> None:
    session = session_of(
        Part("keeper", KEEPER), Part("user", f"_start: {instruction}\n", 0x8001_0000, "user"), cpu=cpu
    )
    session.break_at("user::_start")
    session.resume()
    ahead = session.snapshot().upcoming
    found = [(bit.key, outcome.value) for bit, outcome in zip(ahead.bits, ahead.outcomes, strict=True)]
    assert found == expected
    # What was told is what happens.
    session.step_instruction()
    hits = {bit.key for bit in session.traplog.hits}
    assert hits == {name for name, _ in expected}
    assert {(bit.key, outcome.value) for bit, outcome in session.traplog.outcomes} == set(expected)


def test_an_address_without_an_instruction_is_told_as_one() -> None:
    session = session_of(Part("main", "_start: li t0, 0x40000000\n jr t0\n"))
    session.step_instruction()
    session.step_instruction()
    assert session.snapshot().upcoming.text == "(no instruction)"
    assert session.snapshot().position.component is None
