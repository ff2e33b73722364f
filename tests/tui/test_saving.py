"""Copying a pane's text, and saving a picture of the screen."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from hvtui.machinefile.loading import load_system
from hvtui.tui.actions import saving
from hvtui.tui.app import HvtuiApp
from hvtui.tui.key_bar import KeyBar
from hvtui.tui.panes.pane import Pane
from tests.support.debugged import GUEST_KERNEL, HYPERVISOR, Part, system_of
from tests.support.screens import debugger, press, running, screen_text, settle

SYSTEM = (
    Part("hyper", HYPERVISOR, 0x8000_0000, "hypervisor", believes=0),
    Part("guest", GUEST_KERNEL, 0x8001_0000, "kernel", "vm1", believes=0),
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(lines: list[str]) -> str:
    """Return the last line, in which the screen says something."""
    return lines[-1].strip().lstrip("✓✗! ")


async def test_y_copies_all_of_the_focused_pane_also_what_is_out_of_view() -> None:
    async with running(system_of(*SYSTEM), (80, 24)) as pilot:
        await press(pilot, "1", "y")
        pane = debugger(pilot).query_one("#source", Pane)
        copied = pilot.app.clipboard.splitlines()
        assert len(copied) == pane.row_count > pane.size.height
        assert any("mret" in line for line in copied)
        assert told(screen_text(pilot)) == f"{len(copied)} lines copied to the clipboard"


async def test_the_console_is_copied_from_its_output() -> None:
    async with running(system_of(*SYSTEM)) as pilot:
        await press(pilot, "6", "y")
        assert "copied to the clipboard" in told(screen_text(pilot))


async def test_of_a_very_long_pane_what_is_in_view_is_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(saving, "MOST_LINES", 10)
    async with running(system_of(*SYSTEM)) as pilot:
        await press(pilot, "1", "y")
        pane = debugger(pilot).query_one("#source", Pane)
        assert len(pilot.app.clipboard.splitlines()) == min(pane.size.height, pane.row_count)
        assert f"in view, of {pane.row_count}, copied" in told(screen_text(pilot))


async def test_ctrl_s_saves_pictures_and_overwrites_none(folder: Path) -> None:
    async with running(system_of(*SYSTEM)) as pilot:
        await press(pilot, "s", "ctrl+s", "ctrl+s")
        names = sorted(path.name for path in folder.iterdir())
        instant = debugger(pilot).snapshot.instant
        assert names == [f"hvtui-test-{instant}-2.svg", f"hvtui-test-{instant}.svg"]
        shown = pilot.app.query_one(KeyBar).size.width
        assert told(screen_text(pilot)).startswith(f"saved {folder}/hvtui-test"[: shown - 2])
        text = (folder / names[1]).read_text(encoding="utf-8")
        assert "Registers" in text.replace("&#160;", " ")
        assert not re.search(r"@font-face|@import|<image|<script|href=|url\((?!#)", text)


async def test_a_picture_that_cannot_be_saved_is_a_message(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(saving, "write_new", full)
    async with running(system_of(*SYSTEM)) as pilot:
        await press(pilot, "ctrl+s")
        assert told(screen_text(pilot)) == "hvtui-test-0.svg cannot be saved: No space left on device"


async def test_in_a_browser_the_picture_goes_there_and_no_file_is_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivered: dict[str, Any] = {}

    def deliver(_: HvtuiApp, file: Any, **options: Any) -> None:
        delivered.update(options, text=file.read())

    monkeypatch.setattr(HvtuiApp, "deliver_text", deliver)
    monkeypatch.setattr(HvtuiApp, "is_web", True)
    async with running(system_of(*SYSTEM)) as pilot:
        await press(pilot, "ctrl+s")
        assert told(screen_text(pilot)) == "hvtui-test-0.svg goes to your browser"
    assert delivered["save_filename"] == "hvtui-test-0.svg"
    assert delivered["text"].startswith("<svg ")
    assert not list(folder.iterdir())


async def test_from_a_browser_no_command_writes_a_file(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HvtuiApp, "is_web", True)
    async with running(system_of(*SYSTEM)) as pilot:
        debugger(pilot).commands.want("save log x.csv", is_typed=False)
        for _ in range(1000):
            if "no file is written" in told(screen_text(pilot)):
                break
            await settle(pilot)
            await pilot.pause(0.01)
        assert "from a browser no file is written" in told(screen_text(pilot))
    assert not list(folder.iterdir())


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("lab/machine.toml", "hvtui-lab-0"),
        ("lab/step-1.toml", "hvtui-step-1-0"),
        ("../a b/../c;d/x y$(z).s", "hvtui-x-y-z-0"),
        ("machine.toml/.toml", "hvtui-toml-0"),
        ("日本.s", "hvtui-machine-0"),
        ("x" * 500 + ".s", "hvtui-" + "x" * 60 + "-0"),
    ],
)
def test_names_of_pictures_are_harmless(path: str, name: str) -> None:
    from hvtui.debugger.session import Session

    snapshot = Session(system_of(*SYSTEM)).snapshot()
    assert saving.name_for(Path(path), snapshot) == name


def test_a_sample_gives_the_picture_its_name() -> None:
    from hvtui.debugger.session import Session

    system = load_system(Path("samples/01-native"))
    assert saving.name_for(system.path, Session(system).snapshot()) == "hvtui-01-native-0"
