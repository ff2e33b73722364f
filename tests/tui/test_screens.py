"""The screens as a whole: golden text, sizes, themes, the gallery, and what happens on bad input."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from textual.pilot import Pilot

from hvtui.machinefile.samples import list_samples
from hvtui.tui.app import HvtuiApp, cards
from hvtui.tui.key_bar import KeyBar
from hvtui.tui.line_pane import LinePane
from hvtui.tui.panes.bitmap import BitmapPane
from hvtui.tui.screens.debugger import DebuggerScreen
from hvtui.tui.screens.gallery import Card, GalleryScreen, first_words
from hvtui.tui.screens.help import help_content
from hvtui.tui.screens.problems import ProblemsScreen
from tests.support.debugged import VIRTUALIZED, Part, system_of
from tests.support.screens import press, running, screen_text, settle, type_text


@pytest.mark.parametrize(
    "size", [(80, 24), (120, 40), (160, 48), (200, 60)], ids=lambda size: f"{size[0]}x{size[1]}"
)
async def test_the_screen_over_a_guest_kernel(
    size: tuple[int, int], golden: Callable[[str, list[str]], None]
) -> None:
    async with running(system_of(*VIRTUALIZED), size) as pilot:
        await press(pilot, "t")
        await type_text(pilot, "injection")
        await press(pilot, "enter", "c", "s", "5")
        golden(f"guest-kernel-{size[0]}x{size[1]}", screen_text(pilot))


async def test_the_disassembly(golden: Callable[[str, list[str]], None]) -> None:
    async with running(system_of(*VIRTUALIZED), (80, 24)) as pilot:
        await press(pilot, "i", "i", "i", "down", "b", "d")
        golden("disassembly-80x24", screen_text(pilot))


async def test_resizing_never_breaks_the_screen() -> None:
    async with running(system_of(*VIRTUALIZED)) as pilot:
        for width, height in ((80, 24), (200, 60), (40, 12), (10, 4), (1, 1), (110, 36), (120, 40)):
            await pilot.resize_terminal(width, height)
            await press(pilot, "s")
        assert any("Ring and mode bit" in line for line in screen_text(pilot))


@pytest.mark.parametrize("key", ["t", "B", "question_mark", "ctrl+p"])
async def test_dialogs_live_through_any_size(key: str) -> None:
    async with running(system_of(*VIRTUALIZED)) as pilot:
        await press(pilot, "b", key)
        for width, height in ((5, 40), (1, 1), (20, 5), (6, 3), (300, 80), (120, 40)):
            await pilot.resize_terminal(width, height)
            await pilot.pause(0.3 if key == "ctrl+p" else 0)
        await pilot.press("escape")


@pytest.mark.parametrize("key", ["t", "ctrl+p"])
async def test_pages_of_an_empty_list_can_be_turned(key: str) -> None:
    async with running(system_of(*VIRTUALIZED)) as pilot:
        await press(pilot, key)
        await type_text(pilot, "zzzz")
        await pilot.pause(0.5 if key == "ctrl+p" else 0)
        for tab in ([], ["tab"] if key == "t" else []):
            await press_all(pilot, *tab, "pagedown", "pageup", "home", "end", "down", "up", "enter")
        assert pilot.app.is_running


async def test_the_gallery_lives_through_any_size() -> None:
    async with running(None, (100, 30)) as pilot:
        for width, height in ((5, 40), (1, 1), (20, 5), (4, 3), (300, 80), (100, 30)):
            await pilot.resize_terminal(width, height)
        assert any("01-native" in line for line in screen_text(pilot))


async def test_every_theme_has_the_colours_that_rows_name() -> None:
    async with running(system_of(*VIRTUALIZED)) as pilot:
        app = pilot.app
        assert isinstance(app, HvtuiApp)
        for theme in ("hvtui-light", "textual-light", "nord", "hvtui-dark"):
            app.theme = theme
            await settle(pilot)
            assert app.looks.style("badge0 strong here1").bgcolor is not None


async def test_themes_change_the_colours_on_the_screen() -> None:
    async with running(system_of(*VIRTUALIZED)) as pilot:
        dark = pilot.app.export_screenshot()
        pilot.app.theme = "hvtui-light"
        await settle(pilot)
        assert pilot.app.export_screenshot() != dark


async def test_without_colours_everything_is_still_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with running(system_of(*VIRTUALIZED)) as pilot:
        await press(pilot, "b", "t")
        await type_text(pilot, "injection")
        await press(pilot, "enter", "c", "s")
        assert pilot.app.no_color
        text = "\n".join(screen_text(pilot))
        for sign in ("▶", "●", "RING 1", "▲ ring 1 (S)", "◌ ring 0", "traps", "▲1", "≠ virtualized"):
            assert sign in text


async def test_a_screenshot_of_the_same_run_is_the_same() -> None:
    shots = []
    for _ in range(2):
        async with running(system_of(*VIRTUALIZED)) as pilot:
            await press(pilot, "s", "s")
            shots.append(screen_text(pilot))
    assert shots[0] == shots[1]


async def test_a_step_paints_only_the_lines_that_changed() -> None:
    async with running(system_of(*VIRTUALIZED)) as pilot:
        await press(pilot, "s", "s")
        drawn: list[tuple[str | None, int]] = []
        original = LinePane.render_line

        def render_line(pane: LinePane, y: int) -> object:
            drawn.append((pane.id, y))
            return original(pane, y)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(LinePane, "render_line", render_line)
            await press(pilot, "i")
        assert 0 < len([pane for pane, _ in drawn if pane == "source"]) <= 2
        assert not [pane for pane, _ in drawn if pane in ("rings", "console-output")]


async def test_the_gallery_lists_the_samples_with_cpu_and_lesson() -> None:
    known = cards()
    async with running(None, (100, 20 + 6 * len(known))) as pilot:
        text = "\n".join(screen_text(pilot))
        for card in known:
            assert card.sample.title[:40] in text
            assert f"cpu {card.cpu}" in text
            assert card.lesson[:40] in text


@pytest.mark.skipif(not list_samples(), reason="the samples' folder is not beside the package")
async def test_enter_opens_a_sample_and_q_comes_back_to_the_gallery() -> None:
    async with running(None) as pilot:
        await press_in_gallery(pilot, "enter")
        assert isinstance(pilot.app.screen, DebuggerScreen)
        await press(pilot, "s", "s")
        assert pilot.app.screen.snapshot.instant >= 2
        pilot.app.simulate_key("q")
        await pilot.pause(0.1)
        assert isinstance(pilot.app.screen, GalleryScreen)


async def test_a_sample_that_cannot_be_opened_says_why(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "prog.s").write_text("_start: add t1, t2\n")
    (broken / "machine.toml").write_text(
        '[machine]\ntitle = "Broken"\n[[component]]\nname = "a"\nrole = "kernel"\nsource = "prog.s"\n'
    )
    app = HvtuiApp()
    async with app.run_test(size=(100, 30)) as pilot:
        app.post_message(GalleryScreen.Chosen(broken / "machine.toml"))
        await pilot.pause(0.1)
        assert isinstance(app.screen, ProblemsScreen)
        text = "\n".join(screen_text(pilot))
        assert "add t1, t2" in text
        assert "^" in text
        await pilot.press("escape")
        assert isinstance(app.screen, GalleryScreen)


def test_the_first_words_of_a_lesson_skip_its_headings() -> None:
    assert first_words("# Native\n\n> quoted `code`\nmore") == "quoted code"
    assert first_words("# Only a heading\n") == ""


def test_a_card_without_a_lesson_is_no_problem() -> None:
    sample = next(iter(list_samples()), None)
    assert sample is None or Card(sample, "classic", "").lesson == ""


async def test_the_key_bar_never_hides_help_and_quit() -> None:
    for width in (80, 60, 40, 24):
        async with running(system_of(*VIRTUALIZED), (width, 24)) as pilot:
            keys = pilot.app.screen.query_one(KeyBar).row_at(0).text
            assert "? help" in keys
            assert "q quit" in keys


async def test_escape_leads_from_a_sample_back_to_the_gallery() -> None:
    async with running(None, (100, 30)) as pilot:
        await press_in_gallery(pilot, "enter")
        assert "q gallery" in pilot.app.screen.query_one(KeyBar).row_at(0).text
        pilot.app.simulate_key("escape")
        await pilot.pause(0.1)
        assert isinstance(pilot.app.screen, GalleryScreen)
        await press_in_gallery(pilot, "enter")
        assert len(pilot.app.screen_stack) == 2


async def test_sources_and_names_of_strangers_neither_steer_the_terminal_nor_break_the_screen() -> None:
    system = system_of(
        Part("[/b]", "_start: nop # \x1b[31m\x1b]0;owned\x07\n j _start\n"), title="[/x]"
    )
    async with running(system) as pilot:
        await press(pilot, "b", "s", "d", "d", "3", "B", "escape", "question_mark", "escape")
        text = "\n".join(screen_text(pilot))
        assert "\x1b" not in text
        assert "␛[31m" in text
        assert " b].s  [/b] " in text
        assert "[/x]" in text


async def test_the_gallery_says_what_it_opens_and_opens_it_once() -> None:
    async with running(None, (100, 30)) as pilot:
        pilot.app.simulate_key("enter")
        pilot.app.simulate_key("enter")
        gallery = pilot.app.screen
        assert isinstance(gallery, GalleryScreen)
        while gallery.opening is None:
            await pilot.pause(0)
        assert any("opening 01-native" in line for line in screen_text(pilot))
        while not isinstance(pilot.app.screen, DebuggerScreen):
            await pilot.pause(0.02)
        await pilot.app.workers.wait_for_complete()
        await pilot.pause(0.1)
        assert len(pilot.app.screen_stack) == 2
        assert gallery.opening is None


def test_the_help_of_panes_keeps_every_sign_that_it_explains() -> None:
    text = help_content(BitmapPane()).plain
    assert "; * marks what" in text
    assert "T traps: ring 0" in text


async def press_all(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        pilot.app.simulate_key(key)
        await pilot.pause(0)


async def press_in_gallery(pilot: Pilot[None], key: str) -> None:
    pilot.app.simulate_key(key)
    while not isinstance(pilot.app.screen, DebuggerScreen):
        await pilot.pause(0.02)
    await settle(pilot)
