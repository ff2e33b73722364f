"""The ring pane: where it runs, where it believes to be, and what has changed."""

from __future__ import annotations

import pytest

from hvtui.debugger.session import Session
from hvtui.debugger.snapshot import Snapshot, StackEntry
from hvtui.machine.privilege import Privilege
from hvtui.tui.looks import LOOKS
from hvtui.tui.panes.rings import ring_rows
from tests.support.debugged import virtualized
from tests.support.snapshots import GUEST, HOST, place, snapshot
from tests.support.translated import translated


def drawn(shown: Snapshot, width: int, height: int) -> list[str]:
    rows = ring_rows(shown, width, height)
    assert len(rows) <= height
    assert all(line.width <= width for line in rows)
    assert {name for line in rows for span in line.spans for name in span.style.split()} <= set(LOOKS)
    return [line.text.rstrip() for line in rows]


def hypervisor(before: Privilege = Privilege.S) -> Snapshot:
    """A hypervisor that a trap of its guest has just led to."""
    here = place(HOST, "handler", "hyper.s", 3)
    waiting = StackEntry("trap", place(GUEST, "trap", "kernel.s", 1), before)
    return snapshot(
        position=here,
        privilege=Privilege.M,
        privilege_before=before,
        stack=(StackEntry("handler", here, Privilege.M, "trap: illegal instruction"), waiting),
    )


def test_a_trap_into_the_hypervisor_is_an_arrow_inwards() -> None:
    assert drawn(hypervisor(), 58, 7) == [
        "╭───────────────────╮   RING 0  kernel mode (M)",
        "│ ╭───────────────╮ │  mode bit  1  was 0",
        "│ │ ┏━━━━━━━━━━━┓ │ │  ↘ inwards: was ring 1 (S)",
        "│ │ ┃ ◉ ring 0 ▲┃ │ │  hyper · hypervisor  ▷ vm1 waits",
        "│ │ ┗━━━━━━━━━━│┛ │ │  believes  ring 0 (M), mode bit 1",
        "│ ╰─── ring 1 ─╵──╯ │  runs in   ring 0 (M), mode bit 1",
        "╰───── ring 3 ──────╯  = it is where it thinks",
    ]


def test_the_way_out_to_a_program_is_an_arrow_outwards() -> None:
    shown = snapshot(privilege=Privilege.U, privilege_before=Privilege.M)
    assert drawn(shown, 80, 20) == [
        "┏━━━━━━━━━━━━━━━━━━━┓   RING 3  user mode (U)",
        "┃ ╭───────────────╮ ┃  mode bit  0  was 1",
        "┃ │ ╭┄┄┄┄┄┄┄┄┄┄┄╮ │ ┃  ↗ outwards: was ring 0 (M)",
        "┃ │ ┆ ◌ ring 0 ╷┆ │ ┃  vm1 · guest kernel · kernel",
        "┃ │ ╰┄┄┄┄┄┄┄┄┄┄│╯ │ ┃  believes  ring 0 (M), mode bit 1",
        "┃ ╰─── ring 1 ─│──╯ ┃  runs in   ring 3 (U), mode bit 0",
        "┗━━━━ ◉ ring 3 ▼━━━━┛  ≠ virtualized: not where it thinks",
    ]


def test_a_change_is_told_in_words_where_there_is_no_room_for_a_picture() -> None:
    assert drawn(hypervisor(), 38, 3) == [
        " RING 0  ↘ was ring 1  mode bit 0→ 1",
        "hyper · hypervisor  ▷ vm1 waits",
        "believes ring 0 = runs in ring 0",
    ]
    shown = snapshot(privilege_before=Privilege.U)
    assert drawn(shown, 38, 3)[0] == " RING 1  ↘ was ring 3  mode bit  0"


def test_nothing_is_said_of_a_change_where_there_is_none() -> None:
    shown = snapshot(privilege_before=Privilege.S)
    for size in ((58, 7), (38, 3)):
        assert drawn(shown, *size) == drawn(snapshot(), *size)
        assert not any("was" in line for line in drawn(shown, *size))


@pytest.mark.parametrize("before", Privilege)
@pytest.mark.parametrize("now", Privilege)
@pytest.mark.parametrize("size", [(24, 1), (38, 3), (44, 7), (58, 8), (200, 60)])
def test_every_change_is_drawn_within_the_pane(
    before: Privilege, now: Privilege, size: tuple[int, int]
) -> None:
    told = drawn(snapshot(privilege=now, privilege_before=before), *size)
    assert any("was ring" in line for line in told) == (before is not now)


def test_the_ring_of_the_last_stop_is_the_one_that_is_told() -> None:
    session = virtualized()
    session.break_at("guest::boot")
    session.resume()
    assert session.snapshot().privilege_before is Privilege.M
    session.step_instruction()
    shown = session.snapshot()
    assert shown.privilege_before is Privilege.S
    assert shown.privilege is Privilege.M
    assert drawn(shown, 58, 7)[2].endswith("↘ inwards: was ring 1 (S)")


# Translated code


@pytest.fixture(scope="module")
def translation_runs() -> Snapshot:
    session = Session(translated())
    session.goto(19)
    return session.snapshot()


def test_while_a_translation_runs_it_is_the_guest_that_believes(translation_runs: Snapshot) -> None:
    assert drawn(translation_runs, 58, 7)[3:] == [
        "┃ │ ┆ ◌ ring 0 ╷┆ │ ┃  vm1 · guest · translated by transl…",
        "┃ │ ╰┄┄┄┄┄┄┄┄┄┄│╯ │ ┃  believes  ring 0 (M), mode bit 1",
        "┃ ╰─── ring 1 ─│──╯ ┃  runs in   ring 3 (U), mode bit 0",
        "┗━━━━ ◉ ring 3 ▼━━━━┛  ≠ virtualized: not where it thinks",
    ]
    assert drawn(translation_runs, 38, 3)[1:] == [
        "vm1 · guest · translated by translator",
        "believes ring 0 ≠ runs in ring 3",
    ]


def test_while_a_translation_waits_for_the_hypervisor_its_virtual_machine_does() -> None:
    session = Session(translated())
    session.goto(20)
    assert drawn(session.snapshot(), 38, 3)[1:] == [
        "translator · hypervisor  ▷ vm1 waits",
        "believes ring 3 = runs in ring 3",
    ]
