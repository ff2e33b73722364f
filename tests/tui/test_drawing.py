"""What panes and bars draw of a snapshot made by hand, as text and as named styles."""

from __future__ import annotations

import pytest

from asm.isa.trapbits import TrapBit
from hvtui.debugger.snapshot import BreakpointView, StopKind, Stopped
from hvtui.machine.privilege import Privilege
from hvtui.tui.bars import head_row
from hvtui.tui.looks import LOOKS
from hvtui.tui.panes.bitmap import bitmap_rows, summary
from hvtui.tui.panes.console import console_rows
from hvtui.tui.panes.registers import registers_rows
from hvtui.tui.panes.rings import ring_rows
from hvtui.tui.panes.stack import stack_rows
from hvtui.tui.rows import Row, fit, printable, row, shorten, spread
from hvtui.tui.status import status_rows
from tests.support.snapshots import HOST, place, snapshot


def text(rows: tuple[Row, ...]) -> list[str]:
    return [line.text.rstrip() for line in rows]


def styles(rows: tuple[Row, ...]) -> set[str]:
    return {name for line in rows for span in line.spans for name in span.style.split()}


def test_a_changed_register_has_a_sign_beside_it() -> None:
    rows = text(registers_rows(snapshot(), 80, 7))
    assert rows[0] == "pc   80010000     t1 00000060     a3 000000d0     s4  00000140     s11 000001b0"
    assert rows[2].startswith("ra   80010004*")
    assert len(rows) == 7


def test_registers_take_as_many_columns_as_fit_and_csrs_what_is_left() -> None:
    assert len(registers_rows(snapshot(), 58, 9)) == 9
    assert len(registers_rows(snapshot(), 14, 9)) == 33
    rows = text(registers_rows(snapshot(), 58, 15))
    assert rows[-1] == "mstatus 00001800     mepc 80010000*"


@pytest.mark.parametrize("width", [30, 38, 58, 100])
def test_no_pane_draws_beyond_its_edge(width: int) -> None:
    shown = snapshot()
    for rows in (
        registers_rows(shown, width, 16),
        bitmap_rows(shown, width, 11),
        ring_rows(shown, width, 7),
        stack_rows(shown.stack, width),
        console_rows(("x" * 200, ""), width),
        (head_row(shown, max(width, 60)),) if width >= 60 else (),
        status_rows(shown, width) if width >= 58 else (),
    ):
        assert max((line.width for line in rows), default=0) <= width


def test_every_style_that_is_drawn_has_a_look() -> None:
    shown = snapshot()
    for rows in (
        registers_rows(shown, 58, 16),
        bitmap_rows(shown, 58, 11),
        bitmap_rows(shown, 38, 8),
        ring_rows(shown, 58, 7),
        ring_rows(shown, 38, 3),
        stack_rows(shown.stack, 58),
        (head_row(shown, 120),),
        status_rows(shown, 120),
    ):
        assert styles(rows) <= set(LOOKS)


def test_the_bitmap_says_set_name_effect_and_hits_in_words() -> None:
    rows = text(bitmap_rows(snapshot(), 58, 11))
    assert rows[0] == "■  0 rdstatus  traps     12k  □ 11 wrcount   ignored"
    assert rows[1] == "■  1 wrstatus  traps          □ 12 rdid      leaks"
    assert rows[4] == "□  4 rdtrap    ignored        □ 15 rdsup     executes"
    assert rows[10] == "□ 10 rdcount   ignored        □□□□□□□□□□□ 21-31 reserved"


def test_a_narrow_bitmap_has_a_sign_for_each_effect() -> None:
    rows = text(bitmap_rows(snapshot(), 38, 7))
    assert rows[0] == "■T rdstatus  □∅ wrint     □∅ wrtrapmap"
    assert rows[1] == "■T wrstatus  □∅ rdvm      □· rdsup"
    assert rows[5] == "□∅ wrtrap    □! rdid      □∅ wfi"


def test_the_bitmap_is_summed_up() -> None:
    assert summary(snapshot()) == "2 trap 1 execute 17 ignored 1 leak"
    assert summary(snapshot(), with_signs=True) == "2T 1· 17∅ 1!"


def test_the_rings_show_where_it_runs_and_where_it_believes_to_be() -> None:
    assert text(ring_rows(snapshot(), 58, 7)) == [
        "╭───────────────────╮   RING 1  supervisor mode (S)",
        "│ ┏━━━━━━━━━━━━━━━┓ │  mode bit  0  no kernel instructions",
        "│ ┃ ╭┄┄┄┄┄┄┄┄┄┄┄╮ ┃ │",
        "│ ┃ ┆ ◌ ring 0  ┆ ┃ │  vm1 · guest kernel · kernel",
        "│ ┃ ╰┄┄┄┄┄┄┄┄┄┄┄╯ ┃ │  believes  ring 0 (M), mode bit 1",
        "│ ┗━━ ◉ ring 1 ━━━┛ │  runs in   ring 1 (S), mode bit 0",
        "╰───── ring 3 ──────╯  ≠ virtualized: not where it thinks",
    ]


def test_rings_without_room_are_told_in_words() -> None:
    assert text(ring_rows(snapshot(), 38, 3)) == [
        " RING 1  supervisor (S)  mode bit  0",
        "vm1 · guest kernel · kernel",
        "believes ring 0 ≠ runs in ring 1",
    ]


def test_a_hypervisor_is_where_it_thinks() -> None:
    shown = snapshot(position=place(HOST, "handler", "hyper.s", 3), privilege=Privilege.M)
    assert text(ring_rows(shown, 38, 3))[2] == "believes ring 0 = runs in ring 0"


def test_the_stack_names_ring_component_function_line_and_reason() -> None:
    assert text(stack_rows(snapshot().stack, 58)) == [
        "▸▲1 guest kernel serve  kernel.s:1",
        " ▲1 guest kernel trap   kernel.s:1",
        "   ╰ injected by hyper: environment call from U \u00d73",
        " ●3 ?            _start program.s:7",
        "   ╰ switched to by hyper",
    ]


def test_the_head_says_cpu_instant_component_and_ring() -> None:
    line = head_row(snapshot(), 80).text
    assert line.startswith((" hvtui", " a guest"))
    assert line.endswith("vt  instant 1,234  guest kernel  ▲ ring 1 (S) ")


def test_the_status_says_what_the_next_instruction_does_and_what_becomes_of_it() -> None:
    first, second = status_rows(snapshot(), 120)
    assert first.text == " ■ stopped │ stepped in guest kernel at kernel.s:1"
    assert second.text == (
        " ▶ next csrr t0, mstatus  kernel instruction 0 rdstatus traps in ring 1  rd gets the CSR."
    )


def test_a_long_reason_goes_on_in_the_second_line() -> None:
    told = "trap: illegal instruction, csrr t0, mstatus (bit 0 rdstatus) in spy at spy.s:19, ring 3"
    rows = status_rows(snapshot(stop=Stopped(StopKind.TRAP, told, (1,))), 80)
    joined = " ".join(" ".join(line.text for line in rows).split())
    assert joined.startswith("● trap breakpoint 1 │ trap: illegal instruction")
    assert joined.endswith("ring 3")


def test_console_lines_are_broken_at_the_edge() -> None:
    assert text(console_rows(("abcdef", "", "g"), 4)) == ["abcd", "ef", "", "g"]
    assert text(console_rows(("done", ""), 10)) == ["done"]
    assert text(console_rows(("漢字漢字",), 5)) == ["漢字", "漢字"]


def test_a_cpu_without_a_bitmap_shows_no_bits() -> None:
    rows = text(bitmap_rows(snapshot(trapmap=None), 58, 11))
    assert rows[0].startswith("-  0 rdstatus")
    assert rows[10].endswith("----------- 21-31 reserved")


def test_a_breakpoint_on_a_trap_bit_is_marked_in_its_cell() -> None:
    views = (
        BreakpointView(1, "rdstatus", True, 0, is_trap=True, bit=TrapBit.RDSTATUS),
        BreakpointView(2, "wrstatus from 1", False, 0, is_trap=True, bit=TrapBit.WRSTATUS),
    )
    rows = text(bitmap_rows(snapshot(breakpoints=views), 58, 11))
    assert rows[0].startswith("■  0●rdstatus")
    assert rows[1].startswith("■  1○wrstatus")
    assert text(bitmap_rows(snapshot(breakpoints=views), 38, 7))[0].startswith("■T●rdstatus")


def test_rows_fit_their_cells() -> None:
    assert fit("abc", 5) == "abc  "
    assert fit("abcdef", 4) == "abc…"
    assert shorten("abc", 5) == "abc"
    assert spread(row("a"), row("b"), 5).text == "a   b"
    assert spread(row("abcd"), row("b"), 4).text == "abcd"


def test_what_would_steer_a_terminal_is_shown_as_a_sign() -> None:
    assert printable("a\x1b[31m\x7f\x9b\u202e") == "a␛[31m␡\ufffd\ufffd"
    assert printable("漢字 ü") == "漢字 ü"
