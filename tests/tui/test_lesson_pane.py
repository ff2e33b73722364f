"""The lesson pane: reading, following links, other lessons, and staying where one was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from textual.geometry import Offset
from textual.pilot import Pilot

from hvtui.debugger.breakpoints import Breakpoint, TrapBreakpoint
from hvtui.machinefile.loading import load_system
from hvtui.machinefile.samples import list_samples, samples_folder
from hvtui.machinefile.system import System
from hvtui.tui.panes.lesson import LessonPane
from tests.support.debugged import GUEST_KERNEL, HYPERVISOR, Part, system_of
from tests.support.screens import debugger, press, running, screen_text, settle

PARTS = (
    Part("hyper", HYPERVISOR, 0x8000_0000, "hypervisor", believes=0),
    Part("guest", GUEST_KERNEL, 0x8001_0000, "kernel", "vm1", believes=0),
)
PARAGRAPHS = [f"Paragraph {number} says `{number}`, and goes on a while." for number in range(2, 40)]
LESSON = f"""\
# A guest, and who runs it

The **guest** believes to own the machine. Its `csrw mtvec, t0` traps, and the hypervisor gets
control: that is *trap and emulate*.

## 1. Stop at a trap

Press `t`, type `illegal`, Enter; then `c`. ([set it](<hv:break trap illegal>), [go on](hv:continue))

| who | believes | runs in | what it is told when it asks for its hart |
| --- | --- | --: | --- |
| hypervisor | ring 0 | 0 | the truth |
| guest | ring 0 | 1 | what the hypervisor finds right |

- Look at the rings ([here](<hv:pane rings>)).
- Look at the stack ([there](<hv:memory sp>)).

Read [the second part](second.md), or [this](https://example.org/virtual).

    hvtui run machine.toml --max-instructions 100000

{chr(10).join(f"{paragraph}{chr(10)}" for paragraph in PARAGRAPHS)}
"""


@pytest.fixture
def system(tmp_path: Path) -> System:
    """A small system with a lesson, and another one beside it."""
    lesson = tmp_path / "LESSON.md"
    lesson.write_text(LESSON, encoding="utf-8")
    (tmp_path / "second.md").write_text(
        "# The second part\n\n[not here](hv:step), [back](LESSON.md), [away](../outside.md)\n"
    )
    (tmp_path.parent / "outside.md").write_text("# Outside\n")
    return replace(system_of(*PARTS), lesson=lesson)


def lesson_pane(pilot: Pilot[None]) -> LessonPane:
    return debugger(pilot).query_one(LessonPane)


def shown(pilot: Pilot[None]) -> list[str]:
    """Return the lines of the pane that are in view."""
    pane = lesson_pane(pilot)
    return [pane.render_line(y).text.rstrip() for y in range(pane.size.height)]


async def scroll(pilot: Pilot[None], *keys: str) -> None:
    """Press keys that scroll, each when the movement before has ended."""
    for key in keys:
        await press(pilot, key)
        await pilot.wait_for_animation()


async def until(pilot: Pilot[None], holds: Callable[[], bool]) -> None:
    """Wait until something holds that a command leads to: it may have to wait for its turn."""
    for _ in range(1000):
        await settle(pilot)
        if holds():
            return
        await pilot.pause(0.02)
    raise AssertionError(f"it never came to hold: {screen_text(pilot)}")


def known(pilot: Pilot[None]) -> list[Breakpoint]:
    return list(debugger(pilot).session.breakpoints)


def said(pilot: Pilot[None]) -> str:
    return screen_text(pilot)[-1].strip()


@pytest.mark.parametrize(
    "size", [(80, 24), (120, 40), (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}"
)
async def test_the_pane_in_each_size(
    size: tuple[int, int], system: System, golden: Callable[[str, list[str]], None]
) -> None:
    async with running(system, size) as pilot:
        await press(pilot, "l", "tab")
        golden(f"lesson-{size[0]}x{size[1]}", shown(pilot))
        await press(pilot, "z")
        golden(f"lesson-zoomed-{size[0]}x{size[1]}", shown(pilot))


async def test_a_link_is_chosen_by_tab_and_followed_by_enter(system: System) -> None:
    async with running(system) as pilot:
        await press(pilot, "l", "tab")
        assert any("▶set it" in line for line in shown(pilot))
        await press(pilot, "enter")
        await until(pilot, lambda: bool(known(pilot)))
        (added,) = known(pilot)
        assert isinstance(added, TrapBreakpoint)
        assert added.text == "illegal"
        await press(pilot, "l", "right", "enter")
        await until(pilot, lambda: "illegal instruction" in debugger(pilot).snapshot.stop.text)


async def test_a_click_follows_a_link_and_beside_it_does_nothing(system: System) -> None:
    async with running(system) as pilot:
        await press(pilot, "l")
        lines = shown(pilot)
        y = next(index for index, line in enumerate(lines) if "▸set it" in line)
        x = lines[y].index("▸set it")
        pane = lesson_pane(pilot)
        await pilot.click(pane, offset=Offset(x + pane.gutter.left - 2, y + pane.gutter.top))
        await press(pilot)
        assert not known(pilot)
        await pilot.click(pane, offset=Offset(x + pane.gutter.left + 3, y + pane.gutter.top))
        await until(pilot, lambda: len(known(pilot)) == 1)


async def test_links_to_panes_lead_there(system: System) -> None:
    async with running(system) as pilot:
        await press(pilot, "l", "tab", "tab", "tab", "enter")
        assert debugger(pilot).focused_pane == "rings"


async def test_the_debuggers_keys_work_while_one_reads(system: System) -> None:
    async with running(system) as pilot:
        before = debugger(pilot).snapshot.instant
        await press(pilot, "l", "n")
        assert debugger(pilot).snapshot.instant > before
        assert debugger(pilot).focused_pane == "lesson"


async def test_behind_the_last_link_lies_the_next_pane(system: System) -> None:
    async with running(system) as pilot:
        await press(pilot, "l", *["tab"] * 6)
        assert debugger(pilot).focused_pane != "lesson"


async def test_scrolling_and_the_nearest_link(system: System) -> None:
    async with running(system) as pilot:
        await press(pilot, "l")
        await scroll(pilot, "end")
        assert "Paragraph 39" in "\n".join(shown(pilot))
        await press(pilot, "shift+tab")
        assert any("▶the second part" in line for line in shown(pilot))


async def test_another_lesson_opens_in_its_place_and_drives_nothing(system: System) -> None:
    async with running(system) as pilot:
        await press(pilot, "l", *["tab"] * 5, "enter")
        assert shown(pilot)[0] == "The second part"
        assert "another machine" in said(pilot)
        await press(pilot, "tab")
        assert any("▶back" in line for line in shown(pilot))
        await press(pilot, "tab", "enter")
        assert "no lesson of this collection" in said(pilot)
        await press(pilot, "backspace")
        assert any("the second part" in line for line in shown(pilot))
        await press(pilot, "backspace")
        assert "no lesson before" in said(pilot)


async def test_the_way_back_to_the_own_lesson_drives_again(system: System) -> None:
    async with running(system) as pilot:
        await press(pilot, "l", *["tab"] * 5, "enter", "tab", "enter")
        assert shown(pilot)[0] == "A guest, and who runs it"
        await press(pilot, "tab", "enter")
        await until(pilot, lambda: len(known(pilot)) == 1)


async def test_the_place_is_kept_when_the_pane_is_hidden_and_at_other_sizes(system: System) -> None:
    async with running(system, (80, 24)) as pilot:
        await press(pilot, "l")
        await scroll(pilot, *["pagedown"] * 8, "down")
        before = shown(pilot)
        (top, *_) = [line for line in before if "Paragraph" in line]
        await press(pilot, "4", "l")
        assert shown(pilot) == before
        await press(pilot, "Z", "s", "l")
        assert shown(pilot) == before
        await pilot.resize_terminal(200, 60)
        await press(pilot, "s")
        assert top in shown(pilot)[:3]
        await pilot.resize_terminal(80, 24)
        await press(pilot, "l")
        assert top in shown(pilot)[:3]


async def test_an_edited_lesson_is_read_anew_at_the_same_place(system: System) -> None:
    assert system.lesson is not None
    async with running(system, (80, 24)) as pilot:
        await press(pilot, "l")
        await scroll(pilot, *["pagedown"] * 8)
        (top, *_) = [line for line in shown(pilot) if "Paragraph" in line]
        system.lesson.write_text(LESSON.replace(", and goes on", ", edited, and goes on"))
        await press(pilot, "s")
        assert top.replace(", and", ", edited, and") in shown(pilot)[:3]


async def test_without_a_lesson_the_pane_tells_how_to_make_one() -> None:
    async with running(system_of(*PARTS)) as pilot:
        await press(pilot, "l")
        text = "\n".join(shown(pilot))
        assert "No lesson" in text
        assert "LESSON.md" in text


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xfe\x00" * 1000,
        b"# " + b"x" * 200_000,
        b"\x1b[2J\x07[a](hv:step)\x9b",
        b"[" * 50_000,
        b"- " * 30_000,
        b"<script>alert(1)</script><!-- ",
        b"[a](<hv:step\x1b[2J>) [b](<hv:%0astep>)",
    ],
    ids=range(8),
)
async def test_hostile_lessons_do_not_break_the_screen(data: bytes, system: System) -> None:
    assert system.lesson is not None
    system.lesson.write_bytes(data)
    async with running(system, (80, 24)) as pilot:
        await press(pilot, "l", "tab", "enter", "end", "z", "pagedown", "home")
        assert all(line.isprintable() for line in screen_text(pilot))


async def test_a_lesson_that_went_away_says_so(system: System) -> None:
    assert system.lesson is not None
    system.lesson.unlink()
    async with running(system) as pilot:
        await press(pilot, "l")
        assert shown(pilot)[0] == "This lesson cannot be read"


@pytest.mark.parametrize("theme", ["hvtui-dark", "hvtui-light"])
async def test_the_lesson_follows_the_theme(theme: str, system: System) -> None:
    async with running(system) as pilot:
        await press(pilot, "l")
        pilot.app.theme = theme
        await press(pilot, "tab")
        assert any("▶set it" in line for line in shown(pilot))


async def test_the_samples_lessons_lead_to_each_other() -> None:
    folder = samples_folder()
    assert folder is not None
    sample = next(sample for sample in list_samples() if sample.name == "bugs/crashing-programs")
    async with running(load_system(sample.path)) as pilot:
        await press(pilot, "l", "tab", "enter")
        assert shown(pilot)[0] == "Native: who may do what"
