"""The source pane: what it says beside the lines, macros unfolded, instructions beside the source."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from hvtui.debugger.foretelling import Note, Tone
from hvtui.machinefile.system import System
from hvtui.tui.looks import LOOKS
from hvtui.tui.panes.source import SourcePane
from hvtui.tui.rows import Row, Span, crop, cut_left, elide, row
from hvtui.tui.source.beside import moved, note_spans, with_notes
from tests.support.debugged import GUEST_KERNEL, GUEST_PROGRAM, HYPERVISOR, KEEPER, Part, system_of
from tests.support.screens import debugger, press, running, screen_text, settle, type_text

MACROS = """\
        .macro inner reg
        li      \\reg, 0x12345678
        nop
        .endm
        .macro outer a, b
        inner   \\a
        add     \\a, \\a, \\b
        .endm
_start: outer   t0, t1          # a comment that is so long that it has to give way to something
        beqz    zero, leave     # always
        nop
leave:  outer   t2, t3
        j       leave
"""

LONG = "_start: li a0, 1 # " + "x" * 200 + "\n j _start\n"


def macros() -> System:
    return system_of(Part("main", MACROS))


def virtual() -> System:
    return system_of(
        Part("hyper", HYPERVISOR, 0x8000_0000, "hypervisor"),
        Part("guest", GUEST_KERNEL, 0x8001_0000, "kernel", "vm1", believes=0),
        Part("program", GUEST_PROGRAM, 0x8002_0000, "user", "vm1", believes=3),
    )


def source(pilot: Pilot[None]) -> list[str]:
    """Return the lines of the pane, as they are drawn."""
    pane = debugger(pilot).query_one(SourcePane)
    for index in range(pane.row_count):
        drawn = pane.row_at(index)
        assert {name for span in drawn.spans for name in span.style.split()} <= set(LOOKS)
    return [pane.row_at(index).text.rstrip() for index in range(pane.row_count)]


def at(pilot: Pilot[None], sign: str) -> list[str]:
    """Return the lines that have a sign in the first two cells."""
    return [line for line in source(pilot) if sign in line[:2]]


# What is said beside a line


def spans(*texts: str) -> list[Span]:
    return [Span(text, "dim") for text in texts]


LINE = (Span("add", "mnemonic"), Span(" a0"), Span("   "), Span("# what it does for us", "comment"))


@pytest.mark.parametrize(
    ("room", "expected"),
    [
        (60, "add a0   # what it does for us   first  second"),
        (40, "add a0   # what it does…   first  second"),
        (25, "add a0   first  second"),
        (20, "add a0   first"),
        (10, "add a0   # what it does for us"),
    ],
)
def test_a_comment_gives_way_to_notes_and_notes_to_the_code(room: int, expected: str) -> None:
    assert Row(with_notes(LINE, spans("first", "second"), room)).text == expected


def test_one_long_note_is_cut() -> None:
    assert Row(with_notes(LINE, spans("one that is much too long"), 27)).text == (
        "add a0   one that is much …"
    )


def test_notes_on_rings_have_the_colour_of_the_ring() -> None:
    notes = (Note("→ traps", Tone.TRAP), Note("a0=1", Tone.READ))
    assert [span.style for span in note_spans(notes, 1)] == ["ring1", "dim"]


def test_text_is_cut_at_either_edge_without_breaking_wide_characters() -> None:
    line = row("ab", ("漢字", "strong"), "cd")
    assert cut_left(line, 1).text == "b漢字cd"
    assert cut_left(line, 3).text == " 字cd"
    assert cut_left(line, 9).text == ""
    assert Row(moved(line.spans, 0)).text == line.text
    assert crop(line, 5, mark="").text == "ab漢 "
    assert crop(line, 5).text == "ab漢…"
    assert elide("one two three four", 11) == "one …e four"
    assert elide("short", 11) == "short"


# What is about to happen


async def test_what_is_about_to_happen_stands_beside_the_current_line() -> None:
    async with running(
        system_of(Part("main", "_start: li a0, 3\n li a1, 5\n bne a0, a1, b\nb: nop\n"))
    ) as pilot:
        assert at(pilot, "▶") == [" ▶   1· _start: li a0, 3   → a0 = 3"]
        await press(pilot, "s", "s")
        assert at(pilot, "▶") == [" ▶   3·  bne a0, a1, b   ⟶ taken to b  a0=3 a1=5"]


async def test_a_narrow_pane_leaves_that_to_the_status() -> None:
    async with running(system_of(Part("main", "_start: li a0, 3\n j _start\n")), (80, 24)) as pilot:
        assert at(pilot, "▶") == [" ▶   1· _start: li a0, 3"]
        assert any("next li a0, 3  → a0 = 3" in line for line in screen_text(pilot))


async def test_nothing_is_foretold_where_somebody_only_looks_or_all_is_over() -> None:
    ends = "_start: li t0, 0x100000\n li t1, 0x5555\n sw t1, 0(t0)\n nop\nother: nop\n"
    async with running(system_of(Part("main", ends))) as pilot:
        await press(pilot, "slash", *"other", "enter")
        assert at(pilot, "▷") == [" ▷   5· other: nop"]
        assert not any("→ t0" in line for line in source(pilot))
        await press(pilot, "full_stop", "c")
        assert at(pilot, "■") == [" ■   4·  nop"]


# The way here


async def test_a_trap_is_drawn_above_its_handler_and_at_the_line_that_it_came_from() -> None:
    async with running(
        system_of(Part("keeper", KEEPER), Part("user", "_start: ecall\n nop\n", 0x8001_0000, "user"))
    ) as pilot:
        await press(pilot, "t", *"ecall-u", "enter", "c")
        shown = source(pilot)
        here = next(index for index, line in enumerate(shown) if line[1:2] == "▶")
        assert shown[here].startswith(" ▶  12· handler:") or "addi    s11" in shown[here]
        assert "handler:   trap: environment call from U" in shown[here - 1]
        assert shown[here - 1][1] == "↓"
        await press(pilot, "5", "down", "enter")
        assert at(pilot, "▷")[0].startswith(" ▷   1· _start: ecall   ⇥ trap: environment call from U")


async def test_a_return_is_drawn_above_the_line_that_goes_on() -> None:
    async with running(virtual()) as pilot:
        await press(pilot, "t", *"xret", "enter", "c")
        assert at(pilot, "▶")[0].startswith(" ▶   1· _start: j")
        await press(pilot, "c")
        shown = source(pilot)
        here = next(index for index, line in enumerate(shown) if line[1:2] == "▶")
        assert "mret from hyper.s:26" in shown[here - 1]
        assert shown[here - 1][1] == "↩"


async def test_calls_that_wait_are_marked() -> None:
    code = "_start: call f\n nop\nf: mv s0, ra\n call g\n mv ra, s0\n ret\ng: ret\n"
    async with running(system_of(Part("main", code))) as pilot:
        await press(pilot, "slash", *"g", "enter", "u")
        assert [line[:20].split("·")[0].split()[1] for line in at(pilot, "▷")] == ["1", "4"]


# Macros


async def test_enter_unfolds_a_macro_and_what_it_uses_and_folds_them() -> None:
    async with running(macros()) as pilot:
        assert "in macro outer → inner, main.s:2" in screen_text(pilot)[1]
        await press(pilot, "enter", "down")
        shown = source(pilot)
        assert shown[8].startswith("     9▾ _start: outer   t0, t1")
        assert [line[2:34].rstrip() for line in shown[9:11]] == [
            "   6▸ ┊ inner   \\a   → t0 = 0x12",
            "   7· ┊ add     \\a, \\a, \\b   add",
        ]
        assert "add t0, t0, t1" in shown[10]
        await press(pilot, "enter")
        assert source(pilot)[10].startswith(" ▶   2· ┊ ┊ li      \\reg, 0x12345678   → t0 = 0x12")
        await press(pilot, "i", "i")
        assert at(pilot, "▶")[0].startswith(" ▶   3· ┊ ┊ nop")
        await press(pilot, "up", "enter")
        assert len(source(pilot)) == 15
        await press(pilot, "up", "enter")
        assert len(source(pilot)) == 13


async def test_all_macros_of_a_file_are_unfolded_and_folded_at_once() -> None:
    async with running(macros()) as pilot:
        await press(pilot, "asterisk")
        assert len(source(pilot)) == 13 + 2 * 4
        await press(pilot, "asterisk")
        assert len(source(pilot)) == 13


async def test_a_line_without_a_macro_cannot_be_unfolded() -> None:
    async with running(macros()) as pilot:
        await press(pilot, "down", "enter")
        assert any("no macro is used on this line" in line for line in screen_text(pilot))


async def test_a_breakpoint_can_be_set_on_one_row_of_an_expansion() -> None:
    async with running(macros()) as pilot:
        await press(pilot, "enter", "down", "down", "b")
        shown = debugger(pilot).snapshot
        (known,) = shown.breakpoints
        assert known.physical == {shown.position.pc + 12}
        # In the body of the macro, on the line that uses it, and on the row that was chosen.
        assert [line[2:9] for line in at(pilot, "●")] == ["   7·  ", "   9▾ _", "   7· ┊"]
        assert (await press(pilot, "c")).position.pc == 0x8000_000C


async def test_what_was_unfolded_stays_so_while_another_file_is_shown() -> None:
    system = system_of(Part("main", MACROS), Part("other", "there: nop\n", 0x8001_0000))
    async with running(system) as pilot:
        await press(pilot, "enter", "slash", *"there", "enter")
        assert len(source(pilot)) == 1
        await press(pilot, "full_stop")
        assert len(source(pilot)) == 15


# Disassembly


async def test_disassembly_comes_beside_the_source_and_then_in_its_place() -> None:
    async with running(macros(), (200, 60)) as pilot:
        await press(pilot, "z", "d")
        shown = source(pilot)
        assert shown[8].split("│")[1].split() == ["80000000", "123452b7", "lui", "t0,", "0x12345"]
        assert shown[9].split("│")[0].strip() == ""
        assert shown[9].split("│")[1].split()[:3] == ["80000004", "67828293", "addi"]
        await press(pilot, "i")
        assert at(pilot, "▶")[0].split("│")[1].split()[0] == "80000004"
        await press(pilot, "b")
        assert any(line.startswith("●▶") for line in source(pilot))
        await press(pilot, "d")
        assert source(pilot)[0].strip() == "_start:"
        await press(pilot, "d")
        assert "│" not in source(pilot)[8]


async def test_a_pane_without_room_skips_the_instructions_beside_the_source() -> None:
    async with running(macros(), (80, 24)) as pilot:
        await press(pilot, "d")
        assert source(pilot)[0].strip() == "_start:"
        await press(pilot, "d")
        assert source(pilot)[8].startswith(" ▶   9▸ _start:")


# Moving about


async def test_the_left_edge_stays_while_the_text_moves() -> None:
    async with running(system_of(Part("main", LONG))) as pilot:
        await press(pilot, "s")
        before = source(pilot)[0]
        await press(pilot, "right")
        after = source(pilot)[0]
        assert after[:8] == before[:8]
        assert after[8:].startswith("li a0, 1")
        await press(pilot, *["right"] * 60)
        assert source(pilot)[0].rstrip()[-10:].strip("x") == ""
        await press(pilot, "full_stop")
        assert source(pilot)[0] == before


async def test_keys_move_the_cursor_and_bring_it_back() -> None:
    async with running(macros()) as pilot:
        pane = debugger(pilot).query_one(SourcePane)
        for key, row_there in (
            ("end", 12), ("k", 11), ("j", 12), ("home", 0), ("down", 1), ("pagedown", 12), ("g", 0),
            ("G", 12), ("full_stop", 8), ("up", 7), ("pageup", 0),
        ):  # fmt: skip
            await press(pilot, key)
            assert pane.cursor == row_there, key
        await press(pilot, "slash", *"leave", "enter", "u")
        assert debugger(pilot).snapshot.position.symbol == "leave"


async def test_a_click_moves_the_cursor_and_a_double_click_runs_there() -> None:
    async with running(macros()) as pilot:
        pane = debugger(pilot).query_one(SourcePane)
        await pilot.click(pane, offset=(20, 10))
        await settle(pilot)
        assert pane.cursor == 9
        assert debugger(pilot).snapshot.instant == 0
        await pilot.click(pane, offset=(20, 12), times=2)
        assert (await settle(pilot)).position.symbol == "leave"


async def test_a_click_on_the_sign_of_a_macro_unfolds_it() -> None:
    async with running(macros()) as pilot:
        await pilot.click(SourcePane, offset=(6, 9))
        await settle(pilot)
        assert len(source(pilot)) == 15
        assert debugger(pilot).snapshot.breakpoints == ()


# The whole pane


@pytest.mark.parametrize(
    "size", [(80, 24), (120, 40), (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}"
)
async def test_the_source_pane(size: tuple[int, int], golden: Callable[[str, list[str]], None]) -> None:
    async with running(virtual(), size) as pilot:
        await press(pilot, "t")
        await type_text(pilot, "injection")
        await press(pilot, "enter", "c", "i", "i")
        golden(f"source-{size[0]}x{size[1]}", source(pilot))
        pane = debugger(pilot).query_one(SourcePane)
        assert all(pane.row_at(index).width <= pane.text_width for index in range(pane.row_count))


async def test_the_source_pane_over_macros_and_their_instructions(
    golden: Callable[[str, list[str]], None],
) -> None:
    async with running(macros(), (200, 60)) as pilot:
        await press(pilot, "asterisk", "i")
        golden("source-macros", source(pilot))
        await press(pilot, "z", "d")
        golden("source-macros-and-instructions", source(pilot))
