"""A source that is edited while one looks at the machine is taken up where that stands."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from hvtui.debugger.reloading import Reloading
from hvtui.debugger.snapshot import Snapshot, StopKind, Stopped
from hvtui.machinefile.loading import load_system
from hvtui.tui import reloading
from hvtui.tui.app import HvtuiApp
from hvtui.tui.reloading import SourcesRead
from tests.support.screens import debugger, press, screen_text, settle, start

PROGRAM = """\
_start: li      a0, 0
loop:   addi    a0, a0, 1
        call    work
        j       loop
work:   addi    a1, a1, 2
        ret
"""
MACHINE = '[[component]]\nname = "prog"\nsource = "prog.s"\n'

PATIENCE = 60  # seconds for a slow machine; nothing is asserted about the time


@pytest.fixture(autouse=True)
def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reloading, "LOOKING_TIME", 0.02)
    monkeypatch.setattr(reloading, "SETTLING_TIME", 0.01)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "prog.s"
    path.write_text(PROGRAM)
    (tmp_path / "machine.toml").write_text(MACHINE)
    return path


@asynccontextmanager
async def opened(source: Path, size: tuple[int, int] = (120, 40)) -> AsyncIterator[Pilot[None]]:
    app = HvtuiApp(load_system(source.parent))
    async with app.run_test(size=size, notifications=True) as pilot:
        await settle(pilot)
        yield pilot


async def wait_for(pilot: Pilot[None], holds: Callable[[Snapshot], object]) -> Snapshot:
    """Wait until the screen shows something; the files are looked at by a thread."""
    deadline = time.monotonic() + PATIENCE
    while not holds(debugger(pilot).snapshot):
        assert time.monotonic() < deadline, "\n".join(screen_text(pilot))
        await pilot.pause(0.02)
    return await settle(pilot)


async def wait_for_text(pilot: Pilot[None], text: str) -> str:
    await wait_for(pilot, lambda _: text in "\n".join(screen_text(pilot)))
    return "\n".join(screen_text(pilot))


def edit(path: Path, *edits: tuple[str, str]) -> None:
    text = path.read_text()
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text)


MORE = ("_start:", "_start: nop\n")


async def test_an_edited_source_is_taken_up_at_the_same_place(source: Path) -> None:
    async with opened(source) as pilot:
        debugger(pilot).commands.want("break work")
        await press(pilot, "c", "c", "c")
        edit(source, MORE, ("a1, a1, 2", "a1, a1, 7"))
        shot = await wait_for(pilot, lambda shot: shot.stop.text.startswith("reloaded"))
        assert shot.stop.text == "reloaded: back in prog at prog.s:6, come by 3 times"
        assert (shot.registers[10], shot.registers[11]) == (3, 14)
        assert [view.text for view in shot.breakpoints] == ["work"]
        text = "\n".join(screen_text(pilot))
        assert "a1, a1, 7" in text
        await press(pilot, "c")
        assert debugger(pilot).snapshot.stop.kind is StopKind.BREAKPOINT
        assert debugger(pilot).snapshot.registers[10] == 4
        await press(pilot, "C")
        assert debugger(pilot).snapshot.registers[10] == 3


async def test_a_source_that_was_only_touched_changes_nothing(source: Path) -> None:
    async with opened(source) as pilot:
        await press(pilot, "s", "s")
        stop = debugger(pilot).snapshot.stop
        source.write_text(PROGRAM)
        await pilot.pause(0.2)
        assert debugger(pilot).snapshot.stop is stop


async def test_mistakes_stand_in_the_place_of_the_source_until_they_are_mended(source: Path) -> None:
    async with opened(source) as pilot:
        await press(pilot, "s", "s")
        edit(source, ("addi    a0", "adi     a0"))
        text = await wait_for_text(pilot, "Cannot reload")
        assert "prog.s:2:9: error: " in text
        assert "    2 | loop:   adi     a0, a0, 1" in text
        assert "        ^^^" in text
        assert "did you mean: addi" in text
        assert "1 error" in text
        # All else goes on as before.
        await press(pilot, "s")
        assert debugger(pilot).snapshot.instant == 4
        assert "Cannot reload" in "\n".join(screen_text(pilot))
        await press(pilot, "5", "1", "4", "question_mark", "escape")
        source.write_text(PROGRAM.replace("a1, a1, 2", "a1, a1, 9"))
        await wait_for(pilot, lambda shot: shot.stop.text.startswith("reloaded"))
        text = "\n".join(screen_text(pilot))
        assert "Cannot reload" not in text
        assert "a1, a1, 9" in text


async def test_the_old_source_can_be_looked_at_meanwhile(source: Path) -> None:
    async with opened(source, size=(80, 24)) as pilot:
        edit(source, ("addi    a0", "adi     a0"))
        await wait_for_text(pilot, "Cannot reload")
        await press(pilot, "escape")
        text = "\n".join(screen_text(pilot))
        assert "Cannot reload" not in text
        assert "addi" in text
        await press(pilot, "down", "b")
        assert [view.text for view in debugger(pilot).snapshot.breakpoints] == ["prog.s:2"]
        await press(pilot, "R")
        await wait_for_text(pilot, "Cannot reload")
        source.write_text(PROGRAM)
        await wait_for(pilot, lambda _: "Cannot reload" not in "\n".join(screen_text(pilot)))
        await press(pilot, "z")


async def test_a_source_that_vanishes_and_comes_back(source: Path) -> None:
    async with opened(source) as pilot:
        await press(pilot, "s")
        aside = source.rename(source.with_name("aside.s"))
        text = await wait_for_text(pilot, "Cannot reload")
        assert "there is no such file" in text
        aside.rename(source)
        await wait_for(pilot, lambda _: "Cannot reload" not in "\n".join(screen_text(pilot)))
        assert debugger(pilot).snapshot.instant == 1


async def test_an_included_file_that_comes_later(source: Path) -> None:
    async with opened(source) as pilot:
        edit(source, ("        ret\n", '        ret\n        .include "later.s"\n'))
        await wait_for_text(pilot, 'there is no file "later.s"')
        source.with_name("later.s").write_text("later: nop\n")
        await wait_for(pilot, lambda _: "Cannot reload" not in "\n".join(screen_text(pilot)))
        assert "later" in debugger(pilot).session.system.components[0].program.symbols
        edit(source.with_name("later.s"), ("nop", "nope"))
        await wait_for_text(pilot, "later.s:1:8: error:")


@pytest.mark.parametrize(
    "text",
    ["", "[[component]", '[[component]]\nname = "prog"\nsource = "gone.s"\n', "\0", "[machine]\n"],
)
async def test_a_machine_file_that_is_broken_meanwhile(source: Path, text: str) -> None:
    async with opened(source) as pilot:
        await press(pilot, "s")
        machine = source.with_name("machine.toml")
        machine.write_text(text)
        shown = await wait_for_text(pilot, "Cannot reload")
        assert "machine.toml" in shown
        await press(pilot, "s", "down", "pagedown", "right")
        machine.write_text(MACHINE)
        await wait_for(pilot, lambda _: "Cannot reload" not in "\n".join(screen_text(pilot)))


async def test_a_component_that_is_renamed_keeps_its_breakpoints(source: Path) -> None:
    async with opened(source) as pilot:
        debugger(pilot).commands.want("break work")
        debugger(pilot).commands.want("break trap any in prog")
        await press(pilot, "c")
        source.with_name("machine.toml").write_text(MACHINE.replace("prog", "renamed", 1))
        shot = await wait_for(pilot, lambda shot: shot.stop.text.startswith("reloaded"))
        assert shot.position.owner == "renamed"
        assert [bool(view.lost) for view in shot.breakpoints] == [False, True]
        notices = [notification.message for notification in pilot.app._notifications]
        assert notices == [
            'breakpoint 2, any in prog, is lost: no component is named "prog"; there is renamed'
        ]


async def test_a_machine_that_runs_goes_on_running_the_new_program(source: Path) -> None:
    async with opened(source) as pilot:
        await start(pilot)
        edit(source, ("a1, a1, 2", "a2, a2, 2"))
        deadline = time.monotonic() + PATIENCE
        while not (debugger(pilot).snapshot.running and debugger(pilot).snapshot.registers[12]):
            assert time.monotonic() < deadline
            await pilot.pause(0.02)
        assert debugger(pilot).snapshot.registers[11] == 0
        pilot.app.simulate_key("space")
        shot = await settle(pilot)
        # It may not quite have begun to run on.
        assert shot.stop.kind is StopKind.PAUSED or shot.stop.text.startswith("reloaded")


async def test_a_pause_holds_that_comes_while_a_running_machine_is_reloaded(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reloaded = Reloading.reload
    async with opened(source) as pilot:

        def reload(*arguments: Any) -> Stopped:
            stopped = reloaded(*arguments)
            pilot.app.call_from_thread(debugger(pilot).pause)
            return stopped

        monkeypatch.setattr(Reloading, "reload", reload)
        await start(pilot)
        edit(source, MORE)
        shot = await wait_for(pilot, lambda shot: "nop" in "\n".join(screen_text(pilot)))
        assert not shot.running
        assert shot.stop.kind is StopKind.STEPPED


async def test_a_pause_holds_that_comes_before_a_running_machine_is_reloaded(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reloading, "LOOKING_TIME", 3600)
    async with opened(source) as pilot:
        screen = debugger(pilot)
        await start(pilot)
        edit(source, MORE)
        for _ in range(2):
            # A file that is written in two parts is read twice.
            screen.reloader.take(SourcesRead(load_system(source.parent), asked=False, from_start=False))
            screen.pause()
        shot = await wait_for(pilot, lambda shot: "nop" in "\n".join(screen_text(pilot)))
        assert not shot.running
        assert shot.stop.kind is StopKind.STEPPED


async def test_a_restart_takes_the_sources_as_they_are(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reloading, "LOOKING_TIME", 3600)
    async with opened(source) as pilot:
        await press(pilot, "s", "s")
        edit(source, MORE)
        await press(pilot, "r")
        shot = await wait_for(pilot, lambda shot: shot.stop.text.startswith("reloaded"))
        assert (shot.instant, shot.stop.kind) == (0, StopKind.START)
        await press(pilot, "s", "r")
        assert debugger(pilot).snapshot.stop.text.startswith("ready")


async def test_a_restart_over_a_broken_source_begins_the_old_program_anew(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reloading, "LOOKING_TIME", 3600)
    async with opened(source) as pilot:
        await press(pilot, "s", "s")
        edit(source, ("addi    a0", "adi     a0"))
        await press(pilot, "r")
        await wait_for_text(pilot, "Cannot reload")
        shot = await wait_for(pilot, lambda shot: shot.instant == 0)
        assert shot.stop.kind is StopKind.START


async def test_the_key_reads_the_sources_at_once(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reloading, "LOOKING_TIME", 3600)
    async with opened(source) as pilot:
        await press(pilot, "s", "R")
        await wait_for_text(pilot, "nothing has changed")
        edit(source, MORE)
        await press(pilot, "R")
        await wait_for(pilot, lambda shot: shot.stop.text.startswith("reloaded"))


async def test_the_command_does_it_too(source: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reloading, "LOOKING_TIME", 3600)
    async with opened(source) as pilot:
        await press(pilot, "s")
        edit(source, MORE)
        debugger(pilot).commands.want("reload")
        await wait_for(pilot, lambda shot: shot.stop.text.startswith("reloaded"))
        assert "nop" in "\n".join(screen_text(pilot))
        assert debugger(pilot).reloader.has_changed()


async def test_many_edits_in_a_row(source: Path) -> None:
    """Somebody saves again and again, sometimes in the middle of a word, and steps meanwhile."""
    async with opened(source) as pilot:
        for number in range(12):
            source.write_text(PROGRAM.replace("a1, a1, 2", f"a1, a1, {number}")[: 40 + 20 * number])
            pilot.app.simulate_key("snSc"[number % 4])
            await pilot.pause(0.03)
            pilot.app.simulate_key("space")
        source.write_text(PROGRAM.replace("a1, a1, 2", "a1, a1, 100"))
        await wait_for(
            pilot,
            lambda _: (
                "100" in debugger(pilot).session.system.components[0].program.sources[str(source)]
            ),
        )
        pilot.app.simulate_key("space")
        await settle(pilot)
        assert "Cannot reload" not in "\n".join(screen_text(pilot))
