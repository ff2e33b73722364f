"""The two lines of status: nothing overflows, and nothing that matters is lost."""

from __future__ import annotations

import pytest

from asm.isa.trapbits import TrapBit
from hvtui.debugger.foretelling import Note, Tone
from hvtui.debugger.snapshot import Snapshot, StopKind, Stopped
from hvtui.debugger.upcoming import Upcoming
from hvtui.machine.events import Outcome
from hvtui.tui.looks import LOOKS
from hvtui.tui.status import status_rows
from tests.support.snapshots import GUEST, place, snapshot

TRAPS = Upcoming(
    "csrrw t0, mstatus, t1",
    "Swap: rd gets the CSR, the CSR gets rs1.",
    (TrapBit.RDSTATUS, TrapBit.WRSTATUS),
    (Outcome.TRAPPED, Outcome.TRAPPED),
    notes=(
        Note("→ traps to type1.s:40 (ring 0): illegal instruction", Tone.TRAP),
        Note("t1=0x1800", Tone.READ),
    ),
    leads_to=place(GUEST, "handler", "type1.s", 40),
)
LONG = (
    "trap: illegal instruction, csrrw t0, mstatus, t1 (bits 0 rdstatus, 1 wrstatus) in guest kernel at"
    " scheduler.s:188, ring 1 → ring 0"
)


def told(shown: Snapshot, width: int) -> list[str]:
    rows = status_rows(shown, width)
    assert len(rows) == 2
    assert all(line.width <= width for line in rows)
    assert {name for line in rows for span in line.spans for name in span.style.split()} <= set(LOOKS)
    return [line.text.rstrip() for line in rows]


def test_all_is_said_where_there_is_room() -> None:
    assert told(snapshot(upcoming=TRAPS), 200)[1] == (
        " ▶ next csrrw t0, mstatus, t1  kernel instruction 0 rdstatus traps, 1 wrstatus traps in ring 1"
        "  → traps to type1.s:40 (ring 0): illegal instruction  t1=0x1800"
        "  Swap: rd gets the CSR, the CSR gets rs1."
    )


def test_what_happens_comes_before_what_it_is_called() -> None:
    assert told(snapshot(upcoming=TRAPS), 100)[1] == (
        " ▶ next csrrw t0, mstatus, t1  0 rdstatus traps, 1 wrstatus traps"
        "  → traps to type1.s:40 (ring 0): …"
    )


def test_a_long_reason_keeps_its_end_and_what_comes_next() -> None:
    shown = snapshot(upcoming=TRAPS, stop=Stopped(StopKind.TRAP, LONG, (1,)))
    first, second = told(shown, 80)
    assert first == " ● trap breakpoint 1 │ trap: illegal instruction, csrrw t0, mstatus, t1 (bits 0"
    assert second == " rdstatus, 1 wrstat…at scheduler.s:188, ring 1 → ring 0  ▶ → traps to type1.s:40"


def test_an_interrupt_that_comes_first_is_said_first() -> None:
    coming = Upcoming(
        "nop",
        notes=(Note("↯ machine timer interrupt first: to t.s:7 (ring 0)", Tone.TRAP),),
        is_preempted=True,
    )
    assert told(snapshot(upcoming=coming), 80)[1] == (
        " ▶ next ↯ machine timer interrupt first: to t.s:7 (ring 0)  before nop"
    )


def test_nothing_is_next_after_the_end() -> None:
    assert told(snapshot(stop=Stopped(StopKind.ENDED, "ended")), 80)[1] == ""


@pytest.mark.parametrize("width", [24, 40, 58, 80, 120, 200])
@pytest.mark.parametrize("reason", ["", "short", LONG, "x" * 300])
def test_no_width_is_too_small(width: int, reason: str) -> None:
    told(snapshot(upcoming=TRAPS, stop=Stopped(StopKind.STEPPED, reason)), width)
