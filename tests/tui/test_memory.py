"""The memory pane: what it draws, how it follows, searches and changes memory."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from textual.pilot import Pilot

from hvtui.debugger.session import Session
from hvtui.debugger.views.memory import Space, window
from hvtui.debugger.views.memorylook import edits
from hvtui.tui.looks import LOOKS
from hvtui.tui.panes.memory import MemoryPane
from hvtui.tui.panes.memory_rows import Marks, byte_at, cursor_row, memory_rows, width_for
from hvtui.tui.panes.memory_view import MemoryView
from hvtui.tui.screens.cut import CutScreen
from tests.support.debugged import Part, session_of, system_of
from tests.support.paging import NATIVE
from tests.support.screens import debugger, press, running, screen_text, settle, type_text

SIZES = ((80, 24), (120, 40), (200, 60))

CODE = """\
_start: la      sp, stack
        li      t1, 0x11223344
loop:   addi    sp, sp, -8
        sw      t1, 4(sp)
        addi    t1, t1, 1
        j       loop
        .data
        .balign 256
        .zero   192
stack:  .word   0x00636261, 0
text:   .asciz  "a needle in a haystack, and a needle"
"""
PARTS = (Part("main", CODE),)


def ready() -> Session:
    session = session_of(*PARTS)
    session.break_at("loop")
    for _ in range(3):
        session.resume()
    return session


def address(session: Session, symbol: str) -> int:
    return session.system.components[0].program.symbols[symbol].value


def view(pilot: Pilot[None]) -> MemoryView:
    return debugger(pilot).query_one(MemoryView)


def shown(pilot: Pilot[None]) -> list[str]:
    """Return the lines below the heading that stands there under a row of tabs."""
    lines = [row.text.rstrip() for row in view(pilot).rows]
    return lines[lines[0].startswith("Memory ") :]


def byte(pilot: Pilot[None], place: int) -> int:
    data = debugger(pilot).session.machine.read_physical(place, 1)
    assert data is not None
    return data[0]


async def at_text(pilot: Pilot[None], place: str = "text") -> int:
    """Show the memory at a place, and return its address."""
    await press(pilot, "8", "a")
    await type_text(pilot, place)
    await press(pilot, "enter")
    value = view(pilot).value
    assert value is not None
    return value


# Drawing


@pytest.mark.parametrize("width", [38, 58, 78, 100, 150, 200])
def test_lines_of_bytes(width: int, golden: Callable[[str, list[str]], None]) -> None:
    session = ready()
    stack = address(session, "stack")
    count = width_for(width)
    near = window(session, Space.VIRTUAL, stack - 32, count, 96 // count)
    far = window(session, Space.VIRTUAL, 0x1000_0000, count, 1)
    rows = [
        *memory_rows(near, width, Marks(stack - 7)),
        cursor_row(near, stack - 4, width),
        *memory_rows(far, width, Marks()),
        cursor_row(far, 0x1000_0001, width),
    ]
    golden(f"memory-{width}", [row.text.rstrip() for row in rows])


@pytest.mark.parametrize("cells", range(20, 220, 7))
def test_no_line_is_drawn_beyond_the_edge_or_in_a_style_without_a_look(cells: int) -> None:
    session = ready()
    count = width_for(cells)
    stack = address(session, "stack")
    for start in (stack - 64, 0x1000_0000, 0xFFFF_FF00):
        seen = window(session, Space.VIRTUAL, start, count, 4)
        for cursor in range(start, start + 2 * count):
            marks = Marks(cursor, {cursor + 1: 0x41}, is_half=cursor % 2 == 0)
            rows = (*memory_rows(seen, cells, marks), cursor_row(seen, cursor, cells))
            if count + 12 < cells:
                assert max(row.width for row in rows) <= cells
            styles = {name for row in rows for span in row.spans for name in span.style.split()}
            assert styles <= set(LOOKS)


def test_a_byte_is_found_where_it_is_drawn() -> None:
    session = ready()
    for count in (4, 8, 16, 32):
        seen = window(session, Space.VIRTUAL, address(session, "text") & -32, count, 1)
        (line,) = seen.lines
        assert line.data is not None
        (drawn,) = memory_rows(seen, 200, Marks())
        found = [byte_at(x, count) for x in range(drawn.width)]
        for index, value in enumerate(line.data):
            columns = [x for x, place in enumerate(found) if place == index]
            assert drawn.text[columns[0] : columns[0] + 2] == f"{value:02x}"
            assert len(columns) == 3


def test_bytes_to_be_written_are_put_together() -> None:
    changes = edits({0x102: 3, 0x100: 1, 0x101: 2, 0x110: 9})
    assert [(change.address, change.data) for change in changes] == [
        (0x100, b"\1\2\3"),
        (0x110, b"\x09"),
    ]


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_pane_in_every_size(
    size: tuple[int, int], golden: Callable[[str, list[str]], None]
) -> None:
    async with running(system_of(*PARTS), size) as pilot:
        debugger(pilot).session.break_at("loop")
        await press(pilot, "c", "c", "c", "8", "right")
        region = view(pilot).region
        lines = screen_text(pilot)[region.y : region.bottom]
        golden(
            f"memory-{size[0]}x{size[1]}",
            [line[region.x : region.right].rstrip() for line in lines],
        )


# Addresses


async def test_the_view_follows_the_stack_pointer() -> None:
    async with running(system_of(*PARTS)) as pilot:
        debugger(pilot).session.break_at("loop")
        await press(pilot, "c", "8")
        sp = debugger(pilot).snapshot.registers[2]
        assert shown(pilot)[0].startswith(f"{sp & -8:08x}[")
        await press(pilot, "c")
        assert shown(pilot)[0].startswith(f"{sp - 8 & -8:08x}[")
        assert "*" in shown(pilot)[0]


async def test_what_is_scrolled_to_stays_in_view_while_its_address_is_the_same() -> None:
    async with running(system_of(*PARTS)) as pilot:
        start = await at_text(pilot)
        await press(pilot, "pagedown", "i", "i")
        assert not shown(pilot)[0].startswith(f"{start & -8:08x}")
        await press(pilot, "home")
        assert shown(pilot)[0].startswith(f"{start & -8:08x}")


async def test_a_bad_address_is_pointed_at_and_can_be_mended() -> None:
    async with running(system_of(*PARTS)) as pilot:
        await press(pilot, "8", "a")
        await type_text(pilot, "txt")
        await press(pilot, "enter")
        assert shown(pilot)[0] == '! no register, CSR or symbol is named "txt"'
        assert shown(pilot)[2].strip() == "^^^"
        await press(pilot, "left")
        await type_text(pilot, "e")
        # The mistake stands there until the next try.
        assert shown(pilot)[0].startswith("!")
        await press(pilot, "left", "left", "right")
        await press(pilot, "backspace")
        await press(pilot, "escape")
        assert not shown(pilot)[0].startswith("!")
        assert view(pilot).place == "sp"
        assert view(pilot).has_focus


async def test_an_address_can_be_given_from_elsewhere() -> None:
    async with running(system_of(*PARTS)) as pilot:
        debugger(pilot).query_one(MemoryPane).inspect("phys text + 2")
        await press(pilot, "8")
        value = view(pilot).value
        assert value is not None
        assert byte(pilot, value) == ord("n")


async def test_sixteen_mebibytes_are_scrolled_to_their_end_and_beyond() -> None:
    async with running(system_of(*PARTS)) as pilot:
        await at_text(pilot, "0xfffffff0")
        await press(pilot, "pagedown", "down", "right", "pageup", "pagedown")
        assert view(pilot).cursor == 0xFFFF_FFFF
        await at_text(pilot, "0")
        await press(pilot, "pageup", "left", "up")
        assert view(pilot).cursor == 0


async def test_a_click_puts_the_cursor_on_a_byte() -> None:
    async with running(system_of(*PARTS)) as pilot:
        start = await at_text(pilot)
        line = shown(pilot)[1]
        await pilot.click(MemoryView, offset=(line.index(" ") + 2 + 6, 2))
        assert view(pilot).cursor == (start & -8) + 8 + 2


# Searching


async def test_a_search_goes_from_place_to_place() -> None:
    async with running(system_of(*PARTS)) as pilot:
        start = await at_text(pilot)
        await press(pilot, "slash")
        await type_text(pilot, "needle")
        await press(pilot, "enter")
        await settle(pilot)
        assert view(pilot).cursor == start + 2
        assert view(pilot).has_focus
        await press(pilot, "full_stop")
        assert view(pilot).cursor == start + 30
        await press(pilot, "comma")
        assert view(pilot).cursor == start + 2


async def test_what_is_not_there_is_said_not_to_be() -> None:
    async with running(system_of(*PARTS)) as pilot:
        await at_text(pilot)
        await press(pilot, "slash")
        await type_text(pilot, "de ad be ef 77")
        await press(pilot, "enter")
        await settle(pilot)
        assert any("not found after the cursor" in line for line in screen_text(pilot))
        assert view(pilot).search is None


# Changing


async def test_digits_change_bytes_when_enter_writes_them() -> None:
    async with running(system_of(*PARTS)) as pilot:
        start = await at_text(pilot)
        await press(pilot, "e", "4", "2", "a")
        assert any("EDITING" in line for line in screen_text(pilot))
        assert "a_" in shown(pilot)[0] + shown(pilot)[1]
        assert byte(pilot, start) == ord("a")
        await press(pilot, "f", "enter")
        assert (byte(pilot, start), byte(pilot, start + 1)) == (0x42, 0xAF)
        changes = debugger(pilot).session._mover.timeline.history.changes
        assert [str(known.change) for known in changes] == [f"2 bytes changed at {start:#010x}"]


async def test_escape_leaves_the_bytes_as_they_were() -> None:
    async with running(system_of(*PARTS)) as pilot:
        start = await at_text(pilot)
        await press(pilot, "e", "4", "2", "backspace", "4", "3", "escape")
        assert byte(pilot, start) == ord("a")
        assert not view(pilot).typed
        before = debugger(pilot).snapshot.instant
        await press(pilot, "i")
        assert debugger(pilot).snapshot.instant == before + 1


async def test_a_change_in_the_past_asks_before_it_cuts() -> None:
    async with running(system_of(*PARTS)) as pilot:
        await press(pilot, "i", "i", "i", "I")
        start = await at_text(pilot)
        await press(pilot, "e", "4", "2", "enter")
        assert isinstance(pilot.app.screen, CutScreen)
        await press(pilot, "escape")
        assert byte(pilot, start) == ord("a")


async def test_what_cannot_be_read_cannot_be_changed() -> None:
    async with running(system_of(*NATIVE)) as pilot:
        await at_text(pilot, "0x10000000")
        await press(pilot, "e")
        assert not view(pilot).is_editing
        assert any("no byte to change" in line for line in screen_text(pilot))
